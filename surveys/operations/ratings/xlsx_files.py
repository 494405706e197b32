"""XLSX workbooks: the first sheet, whose rows and columns are named as the spreadsheet program shows them."""

import zipfile
from array import array
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from defusedxml import DefusedXmlException
from openpyxl.utils import get_column_letter

from surveys.operations.ratings.faults import InputFault, quoted
from surveys.operations.ratings.layouts import Heading, layout_of
from surveys.operations.ratings.tables import Table, coded

_ROWS_AT_ONCE = 50_000
_DAMAGED = (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError, ParseError, DefusedXmlException)


def read_xlsx(path: Path, ignored: Sequence[str]) -> tuple[Table, bool]:
    """Return the table of the first sheet and whether it is long; blank rows are skipped.

    A number is read as it is meant, 8.0 as 8. Raises InputFault for a file that is no workbook, and for a cell under no
    heading. Raises OSError where the file cannot be read.
    """
    numbers = array("q")
    rows = _filled_rows(path)
    _, header = next(rows, (0, []))
    if not header:
        raise InputFault("The first sheet is empty.")
    layout = layout_of(header, ignored, lambda place: get_column_letter(place + 1))

    def chunks() -> Iterator[list[list[str]]]:
        while chunk := list(islice(rows, _ROWS_AT_ONCE)):
            numbers.extend(number for number, _ in chunk)
            yield [_as_wide(cells, len(header), number) for number, cells in chunk]

    def place(row: int, heading: Heading) -> str:
        return f"Row {numbers[row]}, column {get_column_letter(heading.place + 1)} ({quoted(heading.name)})"

    return Table(coded(layout.headings, chunks()), layout.left_out, place), layout.is_long


def _filled_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, by their number, without the blank cells at their end."""
    try:
        with path.open("rb") as file, closing(openpyxl.load_workbook(file, read_only=True, data_only=True)) as book:
            for sheet in book.worksheets[:1]:
                # What the file says of its size is not believed.
                sheet.reset_dimensions()
                for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
                    cells = [_text(value) for value in values]
                    while cells and not cells[-1]:
                        cells.pop()
                    if cells:
                        yield number, cells
    except _DAMAGED:
        raise InputFault("The file is no XLSX workbook that can be read.") from None


def _as_wide(cells: list[str], width: int, number: int) -> list[str]:
    if len(cells) > width:
        place = next(place for place, cell in enumerate(cells) if place >= width and cell)
        letter = get_column_letter(place + 1)
        raise InputFault(f"Row {number}, column {letter}: there is a value, and the column has no name in the header.")
    return cells + [""] * (width - len(cells))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
