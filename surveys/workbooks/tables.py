"""The sheets of a parsed workbook as rows of texts by heading, and the faults that can be seen in one cell."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from xlsxwriter.utility import xl_col_to_name

from surveys.vignettes.services.steps import plain_line, plain_text
from surveys.workbooks.layout import EXPLANATION, SHEETS, Column, Sheet

_NO_VALUE: Mapping[str, Promise] = {
    "f": gettext_lazy("this is a formula. Put its value here as text."),
    "d": gettext_lazy("this is a date or a time. Format the cell as text and type it again."),
    "e": gettext_lazy("this is the error of a formula. Put a text here."),
}


@dataclass(frozen=True)
class Fault:
    """What is wrong, as a sentence, and where: without a row the sheet as a whole, without a column the row."""

    sheet: str
    sentence: str
    row: int = 0
    column: int = 0
    heading: str = ""

    def __str__(self) -> str:
        words = {"sheet": self.sheet, "row": self.row, "letter": "", "heading": self.heading, "fault": self.sentence}
        if not self.row:
            return _("%(sheet)s: %(fault)s") % words
        if not self.column:
            return _("%(sheet)s, row %(row)d: %(fault)s") % words
        words["letter"] = xl_col_to_name(self.column - 1)
        if not self.heading:
            return _("%(sheet)s, row %(row)d, column %(letter)s: %(fault)s") % words
        return _("%(sheet)s, row %(row)d, column %(letter)s (%(heading)s): %(fault)s") % words


@dataclass
class Row:
    """One row: its number, and its texts by heading; None where the cell is at fault, "" where it is empty."""

    number: int
    texts: dict[str, str | None] = field(default_factory=dict)

    def text(self, heading: str) -> str:
        """The text of a cell; "" for one that is at fault as for one that is empty."""
        return self.texts.get(heading) or ""

    def is_sound(self, *headings: str) -> bool:
        """Whether none of these cells is at fault."""
        return all(self.texts.get(heading) is not None for heading in headings)


@dataclass
class Table:
    """One sheet: its rows, where its columns stand, and its faults."""

    sheet: Sheet
    rows: list[Row] = field(default_factory=list)
    columns: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_readable(self) -> bool:
        """Whether every column was found, so that the rows could be read."""
        return len(self.columns) == len(self.sheet.columns)

    def refuse(self, sentence: str, row: int = 0, heading: str = "") -> None:
        """Note a fault of the sheet, of a row of it, or of a cell."""
        self.faults.append(Fault(self.sheet.name, sentence, row, self.columns.get(heading, 0), heading))


def key_of(text: str) -> str:
    """What two spellings of one name have in common: capitals and forms of the same letters do not count."""
    return unicodedata.normalize("NFKC", plain_line(text)).casefold()


def shown(text: str) -> str:
    """The text in a sentence: one line, not too long."""
    line = plain_line(text)
    return line if len(line) <= 60 else f"{line[:59]}…"


def tables_of(cells: Mapping[str, Any]) -> tuple[dict[str, Table], list[Fault]]:
    """Each sheet of the layout as a table, and the faults of sheets that are none of it."""
    found: dict[str, Mapping[str, Any]] = {}
    faults = []
    known = {key_of(sheet.name) for sheet in SHEETS}
    for sheet in cells["sheets"]:
        key = key_of(sheet["name"])
        if sheet["state"] != "visible":
            faults.append(Fault(shown(sheet["name"]), _("this sheet is hidden. Show it, or delete it.")))
        elif key not in known and key != key_of(EXPLANATION):
            faults.append(Fault(shown(sheet["name"]), _("this is none of the template's sheets. Delete it.")))
        if key in found:
            faults.append(Fault(shown(sheet["name"]), _("this sheet is there twice.")))
        found[key] = sheet
    return {sheet.name: _table(sheet, found.get(key_of(sheet.name))) for sheet in SHEETS}, faults


def _table(sheet: Sheet, cells: Mapping[str, Any] | None) -> Table:
    table = Table(sheet)
    if cells is None:
        if sheet.is_needed:
            table.refuse(_("this sheet is missing."))
        return table
    rows = dict(cells["rows"])
    _find_columns(table, rows.pop(1, []))
    _refuse_marks(table, cells, [1, *rows])
    if len(rows) > sheet.most:
        table.refuse(_("there are more rows than the %(most)d that can be taken over.") % {"most": sheet.most})
    if table.is_readable:
        table.rows = [_row(table, number, row) for number, row in list(rows.items())[: sheet.most]]
    return table


def _find_columns(table: Table, headings: Sequence[Sequence[Any]]) -> None:
    names = {key_of(column.heading): column.heading for column in table.sheet.columns}
    for place, _kind, text in headings:
        heading = names.get(key_of(text))
        if heading is None:
            sentence = _("“%(heading)s” is no column of this sheet. Delete it.") % {"heading": shown(text)}
            table.faults.append(Fault(table.sheet.name, sentence, 1, place))
        elif heading in table.columns:
            table.faults.append(Fault(table.sheet.name, _("this column is there twice."), 1, place, heading))
        else:
            table.columns[heading] = place
    for column in table.sheet.columns:
        if column.heading not in table.columns:
            table.refuse(_("the column “%(heading)s” is missing from row 1.") % {"heading": column.heading})


def _refuse_marks(table: Table, cells: Mapping[str, Any], filled: Sequence[int]) -> None:
    """Refuse what a reader of the sheet does not see as it is: merged cells, and hidden rows or columns in use."""
    for merged, row, column in cells.get("merged", ()):
        sentence = _("the cells %(range)s are merged. Unmerge them.") % {"range": merged}
        table.faults.append(Fault(table.sheet.name, sentence, row, column))
    for number in sorted(set(cells.get("hidden_rows", ())) & set(filled)):
        table.refuse(_("this row is hidden. Show it, or delete it."), number)
    for first_column, last_column in cells.get("hidden_columns", ()):
        for heading, place in table.columns.items():
            if first_column <= place <= last_column:
                table.refuse(_("this column is hidden. Show it."), 1, heading)


def _row(table: Table, number: int, cells: Sequence[Sequence[Any]]) -> Row:
    headings = {place: heading for heading, place in table.columns.items()}
    row = Row(number, dict.fromkeys(table.columns, ""))
    for place, kind, text in cells:
        heading = headings.get(place)
        if heading is None:
            sentence = _("there is something in a column without a heading.")
            table.faults.append(Fault(table.sheet.name, sentence, number, place))
        else:
            row.texts[heading] = _text(table, row, table.sheet.column(heading), kind, text)
    for column in table.sheet.columns:
        if column.is_needed and row.texts[column.heading] == "":
            table.refuse(_("this is empty. Fill it in."), number, column.heading)
            row.texts[column.heading] = None
    return row


def _text(table: Table, row: Row, column: Column, kind: str, text: str) -> str | None:
    """The text as a study keeps it; None, and a fault, for what is no text or too long."""
    if kind in _NO_VALUE:
        table.refuse(str(_NO_VALUE[kind]), row.number, column.heading)
        return None
    clean = plain_text(text) if column.has_lines else plain_line(text)
    if len(clean) > column.longest:
        sentence = _("this is longer than %(most)d characters.") % {"most": column.longest}
        table.refuse(sentence, row.number, column.heading)
        return None
    return clean
