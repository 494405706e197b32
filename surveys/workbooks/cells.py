"""A program of its own, `python -m surveys.workbooks.cells`: a workbook on standard input, its cells as JSON.

It runs within limits of memory and time and knows neither Django nor any secret, so that a hostile file harms nothing
but this process. Exit status 1: the file cannot be read; TOO_MUCH: its cells hold more text than any study needs, such
as one long text that a small file names in every cell.
"""

import io
import json
import re
import resource
import sys
from typing import Any

import openpyxl
from defusedxml.ElementTree import iterparse
from openpyxl.chartsheet import Chartsheet
from openpyxl.utils import range_boundaries

from surveys.workbooks.endings import TOO_MUCH, UNREADABLE

MOST_MEMORY = 1024**3
MOST_SECONDS = 10
MOST_SHEETS = 20
MOST_ROWS = 2100
MOST_CELLS = 30
MOST_MARKS = 50
LONGEST_TEXT = 33_000
MOST_TEXT = 2_000_000

# Of the signs that a cell writes by their number, those that stand for themselves: the underscore and the carriage
# return. The rest is invisible and would be removed in any case.
_ESCAPED = re.compile("_x(005F|000D)_")
_SIGNS = {"005F": "_", "000D": "\r"}


def cells_of(content: bytes) -> dict[str, Any]:
    """The sheets: name, state, rows as [number, [[column, kind, text], …]], and what is merged or hidden.

    Columns and rows count from 1. A kind is openpyxl's: `s` text, `n` number, `b` truth, `f` formula, `d` date,
    `e` error. Raises whatever is wrong with the file.
    """
    if not openpyxl.DEFUSEDXML:
        raise RuntimeError("openpyxl reads spreadsheets without defusedxml")
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    return {"sheets": [_sheet(book[name]) for name in book.sheetnames[:MOST_SHEETS]]}


def _sheet(sheet: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"name": sheet.title[:100], "state": sheet.sheet_state, "rows": []}
    if isinstance(sheet, Chartsheet):
        return found
    # What the file says of its size is not believed: rows are counted as they come.
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(min_row=1), start=1):
        cells = [_cell(cell) for cell in row if cell.value is not None and str(cell.value).strip()]
        if cells:
            found["rows"].append([number, cells[:MOST_CELLS]])
        if len(found["rows"]) >= MOST_ROWS:
            break
    return found | _marks(sheet)


def _cell(cell: Any) -> list[Any]:
    return [cell.column, cell.data_type, _text(cell.value)[:LONGEST_TEXT]]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return _ESCAPED.sub(lambda found: _SIGNS[found[1]], str(value))


def _marks(sheet: Any) -> dict[str, Any]:
    """Merged cells with row and column of the first, hidden rows and columns: openpyxl passes over them all."""
    merged: list[list[Any]] = []
    rows: list[int] = []
    columns: list[list[int]] = []
    with sheet._get_source() as source:
        for place, (_event, element) in enumerate(iterparse(source), start=1):
            tag = element.tag.rpartition("}")[2]
            hides = element.get("hidden") in {"1", "true"}
            if tag == "mergeCell":
                first_column, first_row, *_last = range_boundaries(element.get("ref"))
                merged.append([element.get("ref"), first_row or 1, first_column or 1])
            elif tag == "row" and hides:
                rows.append(int(element.get("r", place)))
            elif tag == "col" and hides:
                columns.append([int(element.get("min")), int(element.get("max"))])
            if tag in {"row", "mergeCell", "col"}:
                element.clear()
    return {"merged": merged[:MOST_MARKS], "hidden_rows": rows[:MOST_ROWS], "hidden_columns": columns[:MOST_MARKS]}


def main() -> int:
    """Read, print, and say by the exit status whether that went well."""
    content = sys.stdin.buffer.read()
    for what, most in (
        (resource.RLIMIT_AS, MOST_MEMORY),
        (resource.RLIMIT_CPU, MOST_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    try:
        cells = cells_of(content)
    except Exception:
        return UNREADABLE
    if sum(len(text) for sheet in cells["sheets"] for _row, row in sheet["rows"] for *_place, text in row) > MOST_TEXT:
        return TOO_MUCH
    sys.stdout.write(json.dumps(cells))
    return 0


if __name__ == "__main__":
    sys.exit(main())
