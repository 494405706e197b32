"""Reading files of ratings that came from anywhere: CSV, long or wide.

Long: columns `statement`, `panelist`, `rating`, optionally `round`; others are ignored. Wide: a row
a panelist, a column a statement; columns `panelist`, `round` and `group` are optional and no
statements. A file is long when it has a column `statement` or `rating`. Names of columns may be
written in capitals, cells may be padded with blanks, and blank lines are skipped.

Texts are turned into codes while the file is read, so that ten million ratings fit into memory and
every check looks at the few distinct texts instead of the many rows.
"""

import csv
import json
import re
from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from surveys.consensus import Scale

Codes = npt.NDArray[np.int64]

MISSING = -1
ABSTAINED = -2

STATEMENT, PANELIST, RATING, ROUND, GROUP = "statement", "panelist", "rating", "round", "group"
LONG_COLUMNS = (STATEMENT, PANELIST, RATING)

_ROWS_AT_ONCE = 50_000
_LONGEST_QUOTE = 40
_ROUND_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


class InputFault(ValueError):
    """What is wrong with the input, in one sentence."""


@dataclass(frozen=True)
class Ratings:
    """All cells of a file, flat: one element for each pair of panelist and statement given.

    `statement` and `panelist` index `statements` and the panelists, `rating` is a point of the
    scale, MISSING or ABSTAINED, and `rounds` is None where the file has no rounds.
    """

    statements: tuple[str, ...]
    statement: Codes
    panelist: Codes
    rating: Codes
    rounds: Codes | None


@dataclass(frozen=True)
class _Column:
    """One column: `texts[codes[row]]` is the cell of a row, texts being in order of appearance."""

    name: str
    texts: tuple[str, ...]
    codes: Codes

    def first_row(self, code: int) -> int:
        return int(np.flatnonzero(self.codes == code)[0])


@dataclass(frozen=True)
class _Sheet:
    path: Path
    columns: tuple[_Column, ...]

    def named(self, name: str) -> _Column | None:
        return next((column for column in self.columns if column.name.casefold() == name), None)

    def fault(self, row: int, column: str, what: str) -> InputFault:
        return InputFault(f"Line {_line_of(self.path, row)}, column {quoted(column)}: {what}.")


def read_ratings(path: Path, scale: Scale, abstentions: AbstractSet[str]) -> Ratings:
    """Return the ratings of a CSV file; `abstentions` are the texts that count as abstaining.

    Raises InputFault, naming line and column, where anything in the file is not as it should be.
    """
    try:
        sheet = _read_sheet(path)
    except UnicodeDecodeError:
        raise InputFault(_encoding_fault(path)) from None
    except OSError as error:
        raise InputFault(f"{path} cannot be read: {error.strerror}.") from None
    if not len(sheet.columns[0].codes):
        raise InputFault("The file has a header and no ratings.")
    if sheet.named(STATEMENT) or sheet.named(RATING):
        return _read_long(sheet, scale, abstentions)
    return _read_wide(sheet, scale, abstentions)


def quoted(text: str) -> str:
    """Return the text in double quotes, on one line, long ones shortened."""
    short = text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"
    return json.dumps(short, ensure_ascii=False)


def _read_long(sheet: _Sheet, scale: Scale, abstentions: AbstractSet[str]) -> Ratings:
    missing = [name for name in LONG_COLUMNS if not sheet.named(name)]
    if missing:
        raise InputFault(f"The column {quoted(missing[0])} is missing from the header.")
    statement, panelist, rating = (_filled(sheet, name) for name in LONG_COLUMNS)
    ratings = Ratings(
        statements=statement.texts,
        statement=statement.codes,
        panelist=panelist.codes,
        rating=_points(sheet, [rating], scale, abstentions)[:, 0],
        rounds=_rounds(sheet),
    )
    row = _first_repeated(ratings)
    if row is not None:
        who, what = panelist.texts[panelist.codes[row]], statement.texts[statement.codes[row]]
        raise sheet.fault(row, PANELIST, f"{quoted(who)} has a second row for {quoted(what)}")
    return ratings


def _read_wide(sheet: _Sheet, scale: Scale, abstentions: AbstractSet[str]) -> Ratings:
    columns = [column for column in sheet.columns if column.name.casefold() not in (PANELIST, ROUND, GROUP)]
    if not columns:
        raise InputFault("The header has no column for a statement.")
    points = _points(sheet, columns, scale, abstentions)
    rows, width = points.shape
    named = sheet.named(PANELIST)
    panelist = _filled(sheet, PANELIST).codes if named else np.arange(rows)
    rounds = _rounds(sheet)
    ratings = Ratings(
        statements=tuple(column.name for column in columns),
        statement=np.tile(np.arange(width), rows),
        panelist=np.repeat(panelist, width),
        rating=points.ravel(),
        rounds=None if rounds is None else np.repeat(rounds, width),
    )
    position = _first_repeated(ratings)
    if named and position is not None:
        row = position // width
        raise sheet.fault(row, PANELIST, f"{quoted(named.texts[named.codes[row]])} has a second row")
    return ratings


def _filled(sheet: _Sheet, name: str) -> _Column:
    """Return the named column, after a check that no cell of it is empty; ratings may be."""
    column = sheet.named(name)
    if column is None:
        raise InputFault(f"The column {quoted(name)} is missing from the header.")
    if name != RATING and "" in column.texts:
        raise sheet.fault(column.first_row(column.texts.index("")), name, "the cell is empty")
    return column


def _points(sheet: _Sheet, columns: Sequence[_Column], scale: Scale, abstentions: AbstractSet[str]) -> Codes:
    """Return the points as a table, a column for each of `columns`."""
    # Only these very texts are ratings: no 08, no 8.0, no digit of another script.
    known = {str(point): point for point in scale.points}
    known |= {"": MISSING} | dict.fromkeys(abstentions, ABSTAINED)
    faults = [
        (column.first_row(code), index, text)
        for index, column in enumerate(columns)
        for code, text in enumerate(column.texts)
        if text not in known
    ]
    if faults:
        row, index, text = min(faults)
        what = f"{quoted(text)} is not a whole number from {scale.low} to {scale.high}"
        raise sheet.fault(row, columns[index].name, what)
    points = [np.array([known[text] for text in column.texts])[column.codes] for column in columns]
    return np.stack(points, axis=1)


def _rounds(sheet: _Sheet) -> Codes | None:
    column = sheet.named(ROUND)
    if column is None:
        return None
    for code, text in enumerate(column.texts):
        if not _ROUND_NUMBER.fullmatch(text):
            what = f"{quoted(text)} is not the number of a round" if text else "the cell is empty"
            raise sheet.fault(column.first_row(code), ROUND, what)
    return np.array([int(text) for text in column.texts])[column.codes]


def _first_repeated(ratings: Ratings) -> int | None:
    """Return where a pair of panelist and statement comes for the second time in a round."""
    key = ratings.panelist * len(ratings.statements) + ratings.statement
    if ratings.rounds is not None:
        key += np.unique(ratings.rounds, return_inverse=True)[1] * (int(key.max()) + 1)
    unique, first = np.unique(key, return_index=True)
    if len(unique) == len(key):
        return None
    repeated = np.ones(len(key), dtype=bool)
    repeated[first] = False
    return int(repeated.argmax())


def _read_sheet(path: Path) -> _Sheet:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        rows = filter(None, reader)
        try:
            header = _header(next(rows, None))
            return _Sheet(path, _columns(path, header, rows))
        except csv.Error as error:
            raise InputFault(f"Line {reader.line_num} is not valid CSV: {error}.") from None


def _header(cells: list[str] | None) -> list[str]:
    if cells is None:
        raise InputFault("The file is empty.")
    pieces = re.split("[;\t]", cells[0].casefold())
    if len(cells) == 1 and len(pieces) > 1 and {STATEMENT, PANELIST} & set(pieces):
        raise InputFault("The cells of the header are not separated by commas.")
    header = [_trimmed(cell) for cell in cells]
    if "" in header:
        raise InputFault(f"Column {header.index('') + 1} has no name in the header.")
    names: set[str] = set()
    for name in header:
        reserved = name.casefold() in (*LONG_COLUMNS, ROUND, GROUP)
        key = name.casefold() if reserved else name
        if key in names:
            raise InputFault(f"The header names the column {quoted(name)} twice.")
        names.add(key)
    return header


def _columns(path: Path, header: list[str], rows: Iterator[list[str]]) -> tuple[_Column, ...]:
    coders = [_Coder() for _ in header]
    done = 0
    while chunk := list(islice(rows, _ROWS_AT_ONCE)):
        if set(map(len, chunk)) != {len(header)}:
            index = next(index for index, row in enumerate(chunk) if len(row) != len(header))
            has = f"{len(chunk[index])} cell{'' if len(chunk[index]) == 1 else 's'}"
            line = _line_of(path, done + index)
            raise InputFault(f"Line {line} has {has} and the header has {len(header)}.")
        for coder, cells in zip(coders, zip(*chunk, strict=True), strict=True):
            coder.add(cells)
        done += len(chunk)
    return tuple(coder.column(name) for coder, name in zip(coders, header, strict=True))


class _Coder:
    """Turns the cells of one column into codes, in the order in which texts appear."""

    def __init__(self) -> None:
        self._codes: defaultdict[str, int] = defaultdict()
        self._codes.default_factory = self._codes.__len__
        self._rows = array("q")

    def add(self, cells: Sequence[str]) -> None:
        self._rows.extend(map(self._codes.__getitem__, cells))

    def column(self, name: str) -> _Column:
        # Two texts that differ in padding alone are one.
        trimmed: dict[str, int] = {}
        merged = [trimmed.setdefault(_trimmed(text), len(trimmed)) for text in self._codes]
        rows = np.frombuffer(self._rows, dtype=np.int64) if self._rows else np.empty(0, np.int64)
        return _Column(name, tuple(trimmed), np.array(merged, dtype=np.int64)[rows])


def _trimmed(cell: str) -> str:
    return cell.strip(" \t")


def _line_of(path: Path, row: int) -> int:
    """Return the line of the file, from 1, on which a row of data starts, from 0."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        seen, start = -1, 1
        for cells in reader:
            if cells:
                if seen == row:
                    return start
                seen += 1
            start = reader.line_num + 1
    raise IndexError(row)


def _encoding_fault(path: Path) -> str:
    raw = path.read_bytes()
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return f"Line {line} is not UTF-8."
    return "The file is not UTF-8."
