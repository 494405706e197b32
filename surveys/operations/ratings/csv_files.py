"""CSV files, separated by commas, semicolons or tabs: cells may be padded with blanks, and blank lines are skipped."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from surveys.operations.ratings.csv_blocks import read_blocks
from surveys.operations.ratings.faults import InputFault, quoted
from surveys.operations.ratings.layouts import Heading, Layout, layout_of
from surveys.operations.ratings.tables import Column, Table, coded, trimmed

_SEPARATORS = (",", ";", "\t")
_ROWS_AT_ONCE = 50_000


def read_csv(path: Path, ignored: Sequence[str]) -> tuple[Table, bool]:
    """Return the table of a file and whether it is long; raise InputFault for a line that is no row of the table.

    Raises OSError and UnicodeDecodeError where the file cannot be read.
    """
    separator = max(_SEPARATORS, key=lambda candidate: _columns(path, candidate))
    with _rows(path, separator) as (reader, rows):
        cells = next(rows, None)
        if cells is None:
            raise InputFault("The file is empty.")
        header = [trimmed(cell) for cell in cells]
        layout = layout_of(header, ignored, lambda place: str(place + 1))
        columns = read_blocks(path, reader.line_num, separator, len(header), layout.headings)
        if columns is None:
            columns = _read_rows(path, separator, len(header), layout, rows)

    def place(row: int, heading: Heading) -> str:
        return f"Line {_line_of(path, separator, row)}, column {quoted(heading.name)}"

    return Table(columns, layout.left_out, place), layout.is_long


def encoding_fault(path: Path) -> str:
    """Return the sentence that names the first line that is not UTF-8."""
    raw = path.read_bytes()
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return f"Line {line} is not UTF-8."
    return "The file is not UTF-8."


@contextmanager
def _rows(path: Path, separator: str) -> Iterator[tuple[Any, Iterator[list[str]]]]:
    """The reader and the lines that are not blank; a fault names the line on which the CSV breaks."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True, delimiter=separator)
        try:
            yield reader, filter(None, reader)
        except csv.Error as error:
            raise InputFault(f"Line {reader.line_num} is not valid CSV: {error}.") from None


def _columns(path: Path, separator: str) -> tuple[bool, int]:
    """Whether this separator gives the first two rows as many columns, more than one; and how many the header has.

    Where the row that follows is not separated by it at all, the header counts as one column.
    """
    header: list[str] = []
    try:
        with _rows(path, separator) as (_, rows):
            header = next(rows, [])
            first = next(rows, header)
    except InputFault:
        return False, len(header)
    return len(first) == len(header) > 1, 1 if len(first) == 1 else len(header)


def _read_rows(path: Path, separator: str, width: int, layout: Layout, rows: Iterator[list[str]]) -> tuple[Column, ...]:
    def chunks() -> Iterator[list[list[str]]]:
        done = 0
        while chunk := list(islice(rows, _ROWS_AT_ONCE)):
            if set(map(len, chunk)) != {width}:
                index = next(index for index, row in enumerate(chunk) if len(row) != width)
                has = f"{len(chunk[index])} cell{'' if len(chunk[index]) == 1 else 's'}"
                line = _line_of(path, separator, done + index)
                raise InputFault(f"Line {line} has {has} and the header has {width}.")
            done += len(chunk)
            yield chunk

    return coded(layout.headings, chunks())


def _line_of(path: Path, separator: str, row: int) -> int:
    """Return the line of the file, from 1, on which a row of data starts, from 0."""
    with _rows(path, separator) as (reader, _):
        seen, start = -1, 1
        for cells in reader:
            if cells:
                if seen == row:
                    return start
                seen += 1
            start = reader.line_num + 1
    raise IndexError(row)
