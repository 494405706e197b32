"""From the cells of a workbook to its content, or to every fault that keeps it from being one. No database."""

import csv
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from surveys.panels.services import NewPanelist
from surveys.vignettes.queries import composed_text
from surveys.vignettes.services.steps import plain_line
from surveys.workbooks.content import Content, OptionRow, StatementRow, StudyRow, VignetteRow
from surveys.workbooks.layout import OPTIONS, PANEL, SHEETS, STATEMENTS, STUDY, VIGNETTES
from surveys.workbooks.tables import Fault, Row, Table, key_of, shown, tables_of


@dataclass(frozen=True)
class Reading:
    """What a workbook holds, or every fault in it in the order of its sheets; with a fault there is no content."""

    content: Content | None
    faults: tuple[Fault, ...] = ()


def read_workbook(cells: Mapping[str, Any], *, staff: Sequence[str] = ()) -> Reading:
    """The content of these cells. `staff` are the addresses of those who will run the study and so cannot rate."""
    tables, faults = tables_of(cells)
    study = _study(tables[STUDY.name])
    vignettes = _vignettes(tables[VIGNETTES.name])
    options = _options(tables[OPTIONS.name])
    statements = _Statements(tables, study.question_stem, [option.name for option in options]).read()
    panelists = _panelists(tables[PANEL.name], staff)
    for sheet in SHEETS:
        faults += sorted(tables[sheet.name].faults, key=lambda fault: (fault.row, fault.column))
    if faults:
        return Reading(None, tuple(faults))
    return Reading(Content(study, vignettes, options, statements, panelists))


def _study(table: Table) -> StudyRow:
    if table.is_readable and not table.rows:
        table.refuse(_("row 2 is empty. Fill in what the study is called."))
    row = table.rows[0] if table.rows else Row(2)
    zones = {key_of(zone): zone for zone in zoneinfo.available_timezones()}
    zone = zones.get(key_of(row.text("time zone") or "UTC"))
    if zone is None:
        words = _("“%(zone)s” is no time zone. Write one such as America/Chicago, or leave the cell empty for UTC.")
        table.refuse(words % {"zone": shown(row.text("time zone"))}, row.number, "time zone")
    return StudyRow(row.text("title"), row.text("question stem"), zone or "UTC", row.text("about"))


def _vignettes(table: Table) -> tuple[VignetteRow, ...]:
    if table.is_readable and not table.rows:
        table.refuse(_("there is no vignette. Write the base case in row 2."))
    _refuse_doubles(table, "title")
    for place, row in enumerate(table.rows):
        if place == 0 and row.text("aspect"):
            table.refuse(
                _("the first vignette is the base case, which changes nothing. Empty this cell."), row.number, "aspect"
            )
        if place and row.texts["aspect"] == "":
            table.refuse(_("say what is changed from the base case."), row.number, "aspect")
    return tuple(VignetteRow(row.text("title"), row.text("aspect"), row.text("text")) for row in table.rows)


def _options(table: Table) -> tuple[OptionRow, ...]:
    _refuse_doubles(table, "name")
    return tuple(OptionRow(row.text("name"), row.text("category"), row.text("explanation")) for row in table.rows)


def _refuse_doubles(table: Table, heading: str) -> None:
    seen: dict[str, int] = {}
    for row in table.rows:
        key = key_of(row.text(heading))
        if key and seen.setdefault(key, row.number) != row.number:
            words = {"text": shown(row.text(heading)), "row": seen[key]}
            table.refuse(_("“%(text)s” stands in row %(row)d already.") % words, row.number, heading)


class _Statements:
    """The reading of the statements, which name vignettes and options of the other sheets."""

    def __init__(self, tables: Mapping[str, Table], stem: str, names: Sequence[str]) -> None:
        self.table, self.stem, self.names = tables[STATEMENTS.name], stem, names
        self.vignettes = _places(tables[VIGNETTES.name], "title")
        self.options = _places(tables[OPTIONS.name], "name")
        # Where a sheet's columns are not found, its names are not known, and nothing is said of those named here.
        self.knows_vignettes = tables[VIGNETTES.name].is_readable
        self.knows_options = tables[OPTIONS.name].is_readable

    def read(self) -> tuple[StatementRow, ...]:
        return tuple(self._statement(row) for row in self.table.rows)

    def _statement(self, row: Row) -> StatementRow:
        title = row.text("vignette title")
        vignette = self.vignettes.get(key_of(title))
        if vignette is None and title and self.knows_vignettes:
            words = _("there is no vignette “%(title)s” in the sheet Vignettes.") % {"title": shown(title)}
            self.table.refuse(words, row.number, "vignette title")
        options = self._named(row)
        wording = row.text("wording")
        if row.is_sound("options", "wording") and not wording:
            wording = self._composed(row, options)
        return StatementRow(vignette or 0, options, wording)

    def _named(self, row: Row) -> tuple[int, ...]:
        found: dict[int, str] = {}
        for name in split_names(row.text("options")):
            place = self.options.get(key_of(name))
            if place is None and self.knows_options:
                words = _("there is no option “%(name)s” in the sheet Options.") % {"name": shown(name)}
                self.table.refuse(words, row.number, "options")
            elif place in found:
                words = _("“%(name)s” is named twice.") % {"name": shown(name)}
                self.table.refuse(words, row.number, "options")
            elif place is not None:
                found[place] = name
        return tuple(found)

    def _composed(self, row: Row, options: Sequence[int]) -> str:
        if not row.text("options"):
            self.table.refuse(_("name options, or write a wording."), row.number, "wording")
        wording = plain_line(composed_text([self.names[place] for place in options], self.stem))
        most = self.table.sheet.column("wording").longest
        if len(wording) > most:
            words = _("composed from these options the statement has more than %(most)d characters. Word it here.")
            self.table.refuse(words % {"most": most}, row.number, "wording")
        return wording


def _places(table: Table, heading: str) -> dict[str, int]:
    """Where each name stands in its sheet, from 0; of a name that stands there twice, the first."""
    places: dict[str, int] = {}
    for place, row in enumerate(table.rows):
        if row.text(heading):
            places.setdefault(key_of(row.text(heading)), place)
    return places


def split_names(text: str) -> list[str]:
    """The names in a cell: between semicolons, and in quotation marks where a name has a semicolon of its own."""
    rows = csv.reader([text], delimiter=";", skipinitialspace=True)
    return [name.strip() for row in rows for name in row if name.strip()]


def _panelists(table: Table, staff: Sequence[str]) -> tuple[NewPanelist, ...]:
    _refuse_doubles(table, "email")
    busy = set(map(key_of, staff))
    for row in table.rows:
        email = row.text("email")
        if not email:
            continue
        try:
            validate_email(email)
        except ValidationError:
            words = _("“%(email)s” is not an e-mail address.") % {"email": shown(email)}
            table.refuse(words, row.number, "email")
        if key_of(email) in busy:
            words = _("%(email)s works on this study and cannot be one of its panelists.") % {"email": email}
            table.refuse(words, row.number, "email")
    return tuple(NewPanelist(row.text("name"), row.text("email"), row.text("group")) for row in table.rows)
