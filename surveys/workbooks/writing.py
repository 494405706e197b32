"""Workbooks as they are handed out: an empty one, and a study's. Every cell is text, never a formula or a link.

Two files of the same content are equal, byte by byte.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence

import xlsxwriter
from django.utils.translation import gettext as _

from surveys.vignettes.services.steps import plain_text
from surveys.workbooks.content import Content
from surveys.workbooks.layout import EXPLANATION, OPTIONS, PANEL, SHEETS, STATEMENTS, STUDY, VIGNETTES, Sheet

WIDE, NARROW = 60, 24
# Text stays text, however it is written: never a formula, a link or a number.
TEXT_ALONE = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
# The time that stands in every file, so that two of the same content are equal.
NEUTRAL_DATE = dt.datetime(2000, 1, 1)  # noqa: DTZ001  a property of the file, which has no zone
# The two signs that a study may hold and XML may not.
_NOT_IN_XML = dict.fromkeys((0xFFFE, 0xFFFF))


def empty_workbook() -> bytes:
    """The template: every sheet with its headings, and a sheet that explains them."""
    book = _Book()
    for sheet in SHEETS:
        book.sheet(sheet, ())
    book.explanation()
    return book.content()


def study_workbook(content: Content, *, with_panel: bool) -> bytes:
    """The workbook of a study; without the sheet of its panel for those who do not see it."""
    titles = [vignette.title for vignette in content.vignettes]
    names = [option.name for option in content.options]
    study = content.study
    book = _Book()
    book.sheet(STUDY, [(study.title, study.question_stem, study.time_zone, study.about)])
    book.sheet(VIGNETTES, [(one.title, one.aspect, one.text) for one in content.vignettes])
    book.sheet(OPTIONS, [(one.name, one.category, one.explanation) for one in content.options])
    statements = [
        (titles[one.vignette], joined_names([names[place] for place in one.options]), one.wording)
        for one in content.statements
    ]
    book.sheet(STATEMENTS, statements)
    if with_panel:
        book.sheet(PANEL, [(one.name, one.email, one.group) for one in content.panelists])
    book.explanation()
    return book.content()


def joined_names(names: Iterable[str]) -> str:
    """The names as one cell holds them: `surveys.workbooks.reading.split_names` parts them again."""
    return "; ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="").writerow([name])
    return out.getvalue()


class _Book:
    """A workbook that is filled sheet by sheet, row by row."""

    def __init__(self) -> None:
        self._file = io.BytesIO()
        self._book = xlsxwriter.Workbook(self._file, TEXT_ALONE)
        self._book.set_properties({"created": NEUTRAL_DATE})
        self._bold = self._book.add_format({"bold": True, "num_format": "@"})
        # Whatever is typed into such a cell stays as it is typed, "3-5" and "1.10" included.
        self._plain = self._book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})

    def sheet(self, sheet: Sheet, rows: Sequence[Sequence[str]]) -> None:
        """Add one of the layout's sheets."""
        widths = [WIDE if column.longest >= 200 else NARROW for column in sheet.columns]
        self._add(sheet.name, [column.heading for column in sheet.columns], widths, rows)

    def explanation(self) -> None:
        """Add the sheet that says what stands where; it is not read."""
        rows: list[Sequence[str]] = []
        for sheet in SHEETS:
            rows.append((sheet.name, "", str(sheet.explanation)))
            for column in sheet.columns:
                must = _("Needed.") if column.is_needed else _("May be empty.")
                most = _("At most %(most)d characters.") % {"most": column.longest}
                rows.append((sheet.name, column.heading, f"{column.explanation} {must} {most}"))
        rows.append((EXPLANATION, "", _("This sheet is not read.")))
        self._add(EXPLANATION, (_("Sheet"), _("Column"), _("What stands there")), (NARROW, NARROW, 2 * WIDE), rows)

    def _add(self, name: str, headings: Sequence[str], widths: Sequence[int], rows: Sequence[Sequence[str]]) -> None:
        sheet = self._book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width, self._plain)
        sheet.freeze_panes(1, 0)
        for line, row in enumerate([headings, *rows]):
            for column, text in enumerate(row):
                if text:
                    sheet.write_string(line, column, _text(text), self._plain if line else self._bold)

    def content(self) -> bytes:
        """Close the workbook and return its bytes."""
        self._book.close()
        return self._file.getvalue()


def _text(value: str) -> str:
    return plain_text(value).translate(_NOT_IN_XML)
