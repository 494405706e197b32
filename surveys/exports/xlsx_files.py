"""Workbooks: text is always text, never a formula, a link or a number.

Two files of the same result are equal, byte by byte: nothing in them tells when they were made.
"""

import io
import re
from collections.abc import Iterable, Sequence

import xlsxwriter
from django.utils.translation import gettext as _

from surveys.consensus import rule_sentence
from surveys.consensus.stopping import stopping_phrase
from surveys.exports.columns import (
    Value,
    headings,
    lineage_cells,
    lineage_headings,
    meeting_cells,
    meeting_headings,
    option_headings,
    option_rows,
    statement_rows,
    table_3_cells,
    table_3_headings,
    table_4_cells,
    table_4_headings,
)
from surveys.exports.deviations import deviation_cells, deviation_headings
from surveys.exports.groups import group_headings, group_rows
from surveys.exports.rows import RoundExport, StudyExport, declared_facts
from surveys.exports.sensitivity import sensitivity_cells, sensitivity_headings
from surveys.exports.tables import Table3Row, Table4Row
from surveys.exports.text import plain
from surveys.workbooks.writing import NEUTRAL_DATE, TEXT_ALONE

LONGEST_CELL = 32_767
LONGEST_SHEET_NAME = 31
WIDEST = 60
MEAN_COLUMN = 3
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\']")


class _Book:
    """A workbook that is filled sheet by sheet, row by row."""

    def __init__(self, title: str) -> None:
        self._file = io.BytesIO()
        self._book = xlsxwriter.Workbook(self._file, TEXT_ALONE)
        self._book.set_properties({"title": _text(title), "created": NEUTRAL_DATE})
        self._bold = self._book.add_format({"bold": True})
        self._two_decimals = self._book.add_format({"num_format": "0.00"})

    def sheet(
        self,
        name: str,
        heading: Sequence[str],
        rows: Iterable[Sequence[Value]],
        *,
        two_decimals: Sequence[int] = (),
    ) -> None:
        """Add a sheet. Columns named in `two_decimals` hold numbers that are printed so."""
        sheet = self._book.add_worksheet(_NOT_IN_SHEET_NAMES.sub(" ", plain(name))[:LONGEST_SHEET_NAME].strip())
        for column, text in enumerate(heading):
            sheet.set_column(column, column, min(WIDEST, max(10, len(text) + 2)))
        sheet.freeze_panes(1, 0)
        for column, text in enumerate(heading):
            sheet.write_string(0, column, _text(text), self._bold)
        for line, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                self._write(sheet, line, column, value, column in two_decimals)

    def _write(self, sheet: xlsxwriter.worksheet.Worksheet, line: int, column: int, value: Value, exact: bool) -> None:
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_boolean(line, column, value)
        elif isinstance(value, int | float):
            sheet.write_number(line, column, value)
        elif exact:
            sheet.write_number(line, column, float(value), self._two_decimals)
        else:
            sheet.write_string(line, column, _text(value))

    def content(self) -> bytes:
        """Close the workbook and return its bytes."""
        self._book.close()
        return self._file.getvalue()


def _text(value: str) -> str:
    return plain(value)[:LONGEST_CELL]


def study_xlsx(export: StudyExport) -> bytes:
    """A sheet of facts, one for each round and what it asks, one each for tables, the lineage and the meetings."""
    study, book = export.study, _Book(export.study.title)
    book.sheet(_("Study"), [_("Fact"), _("Value")], _facts(export))
    for one in export.rounds:
        _add_round(book, export, one)
    first: list[list[Value]] = [[row.number, row.vignette, row.variation] for row in export.table_1]
    book.sheet(_("Table 1"), [_("Number"), _("Vignette"), _("Variation")], first)
    second = [[row.option, row.category, row.explanation] for row in export.table_2]
    book.sheet(_("Table 2"), [_("Option"), _("Category"), _("In full")], second)
    _add_table_3(book, export.table_3)
    if export.table_4:
        book.sheet(_("Table 4"), table_4_headings(), map(table_4_cells, export.table_4))
    if any(one.results for one in export.rounds):
        book.sheet(_("Sensitivity"), sensitivity_headings(), sensitivity_cells(export))
    if export.amendments:
        book.sheet(
            _("Deviations"), deviation_headings(study.time_zone), deviation_cells(export.amendments, export.zone)
        )
    if export.lineage:
        book.sheet(_("Lineage"), lineage_headings(export), lineage_cells(export))
    if export.meetings:
        book.sheet(_("Meetings"), meeting_headings(export), meeting_cells(export))
    book.sheet(_("Verification"), [_("Of"), _("What"), _("Value")], _checkable(export))
    return book.content()


def _checkable(export: StudyExport) -> list[list[Value]]:
    """By what anybody can check the results: hashes, receipts, and the head of the audit chain."""
    study = export.study
    rows: list[list[Value]] = [
        [_("Study"), _("Head of the audit chain"), export.head],
        [_("Study"), _("Entries of the audit chain"), len(export.chain)],
        [_("Study"), _("Version of the notice"), export.notice_version],
        [_("Study"), _("SHA-256 of the notice"), study.protocol.notice_digest or None],
    ]
    for one in export.rounds:
        name = str(one.round)
        rows.append([name, _("SHA-256 of the result"), one.participation.digest])
        rows.append([name, _("Withdrew"), one.participation.withdrew])
        rows += [[name, _("Receipt"), receipt] for receipt in export.receipts[one.round.pk]]
    return rows


def _add_round(book: _Book, export: StudyExport, one: RoundExport) -> None:
    """The statements of a rating round, the options of an option survey; groups and a rating round's options apart."""
    name = str(one.round)
    if one.round.is_rating:
        book.sheet(name, headings(export), statement_rows(export, one))
        if any(result.groups for result in one.results):
            book.sheet(_("%(round)s, groups") % {"round": one.round}, group_headings(), group_rows(export, one))
        name = _("%(round)s, options") % {"round": one.round}
    if one.surveys:
        book.sheet(name, option_headings(export), option_rows(export, one))


def table_3_xlsx(title: str, rows: Sequence[Table3Row], notes: Sequence[str] = ()) -> bytes:
    """Table 3 alone; notes stand in rows of their own below."""
    book = _Book(title)
    _add_table_3(book, rows, notes)
    return book.content()


def table_4_xlsx(title: str, rows: Sequence[Table4Row], notes: Sequence[str] = ()) -> bytes:
    """Table 4 alone; notes stand in rows of their own below."""
    book = _Book(title)
    book.sheet(_("Table 4"), table_4_headings(), [*map(table_4_cells, rows), *([note] for note in notes)])
    return book.content()


def _add_table_3(book: _Book, rows: Sequence[Table3Row], notes: Sequence[str] = ()) -> None:
    cells: list[Sequence[Value]] = [*map(table_3_cells, rows), *([note] for note in notes)]
    book.sheet(_("Table 3"), table_3_headings(), cells, two_decimals=[MEAN_COLUMN])


def _facts(export: StudyExport) -> list[list[Value]]:
    study = export.study
    digests = [(_("SHA-256 of %(round)s") % {"round": one.round}, one.participation.digest) for one in export.rounds]
    facts: list[tuple[str, str | None]] = [
        (_("Title"), study.title),
        (_("Short name"), study.slug),
        (_("Time zone"), study.time_zone),
        (_("Consensus rule"), export.rule_sentence),
        (_("Stopping rule"), str(stopping_phrase(export.rules.stopping))),
        (_("Deviations from the protocol"), str(len(export.amendments))),
        *_judged_by(export),
        (_("SHA-256 of the protocol"), study.protocol.digest or None),
        *digests,
        *declared_facts(export.declarations),
        *((_("Note"), note) for note in export.notes),
    ]
    return [list(fact) for fact in facts]


def _judged_by(export: StudyExport) -> list[tuple[str, str]]:
    """By which rule and with which quantiles each round was judged."""
    facts = []
    for one in export.rounds:
        if one.rule is not None:
            name = {"round": one.round}
            facts.append((_("Rule of %(round)s") % name, rule_sentence(one.rule)))
            kind = _("type %(number)d of Hyndman and Fan (1996)") % {"number": one.rule.quantile}
            facts.append((_("Quantiles of %(round)s") % name, kind))
    return facts
