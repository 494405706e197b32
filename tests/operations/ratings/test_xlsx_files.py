"""Ratings in XLSX workbooks."""

import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from surveys.consensus import NINE_POINTS
from surveys.operations.ratings import ABSTAINED, MISSING, InputFault, Ratings, read_ratings

LONG = [["statement", "panelist", "rating"], ["A", 1, 8], ["A", 2, 9.0], ["B", 1, "5"], ["B", 2, None]]


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Return a function that writes rows to a workbook and reads them."""

    def read_rows(rows: list[list[Any]], **options: Any) -> Ratings:
        book = openpyxl.Workbook()
        sheet: Any = book.active
        for row in rows:
            sheet.append(row)
        book.create_sheet("Notes").append(["nothing", "of", "this"])
        # Named otherwise: a workbook is known by what it holds.
        book.save(tmp_path / "ratings.dat")
        return read_ratings(tmp_path / "ratings.dat", NINE_POINTS, **options)

    return read_rows


def test_a_long_sheet(read: Any) -> None:
    ratings = read(LONG)
    assert ratings.statements == ("A", "B")
    assert ratings.panelist.tolist() == [0, 1, 0, 1]
    assert ratings.rating.tolist() == [8, 9, 5, MISSING]


def test_a_wide_sheet_with_blank_rows_columns_and_titles_in_capitals(read: Any) -> None:
    rows = [
        [],
        ["Panelist", " A\xa0", "B", "round", None],
        [],
        ["p1", 8, "9 - agree", 2.0, None],
        [" "],
        ["p2", "X", 7, 2],
    ]
    ratings = read(rows, abstentions={"X"})
    assert ratings.statements == ("A", "B")
    assert ratings.rating.tolist() == [8, 9, ABSTAINED, 7]
    assert (ratings.rounds, ratings.round.tolist()) == ((2,), [0, 0, 0, 0])


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([["A", "B"], [8, 9], [8, 8.5]], 'Row 3, column B ("B"): "8.5" is not a whole number from 1 to 9.'),
        ([["A", "B"], [], [8, "8.0"]], 'Row 3, column B ("B"): "8.0" is not a whole number from 1 to 9.'),
        ([["A"], [True]], 'Row 2, column A ("A"): "TRUE" is not a whole number from 1 to 9.'),
        (
            [["A"], [datetime.date(2026, 9, 8)]],
            'Row 2, column A ("A"): "2026-09-08 00:00:00" is not a whole number from 1 to 9.',
        ),
        ([*LONG, ["A", None, 3]], 'Row 6, column B ("panelist"): the cell is empty.'),
        ([*LONG, ["A", 2, 3]], 'Row 6, column B ("panelist"): "2" has a second row for "A".'),
        ([["A", None, "C"], [8, 9, 7]], "Column B has no name in the header."),
        (
            [["A"], [8], [8, None, 7]],
            "Row 3, column C: there is a value, and the column has no name in the header.",
        ),
        ([["A"]], "The file has a header and no ratings."),
        ([], "The first sheet is empty."),
    ],
    ids=["half", "text", "truth", "date", "empty", "twice", "no name", "beyond", "header alone", "blank"],
)
def test_a_fault_is_named_as_the_spreadsheet_shows_it(read: Any, rows: list[list[Any]], sentence: str) -> None:
    with pytest.raises(InputFault) as caught:
        read(rows)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04 and no more", "The file is no XLSX workbook that can be read."),
        (b"\xd0\xcf\x11\xe0", "The file is an old .xls workbook or has a password; save it as .xlsx without one."),
    ],
    ids=["damaged", "xls"],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "ratings.xlsx").write_bytes(content)
    with pytest.raises(InputFault) as caught:
        read_ratings(tmp_path / "ratings.xlsx", NINE_POINTS)
    assert str(caught.value) == sentence
