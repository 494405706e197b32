"""From a table, long or wide, to ratings: one cell for each pair of panelist and statement."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from surveys.consensus import Scale
from surveys.operations.ratings.faults import quoted
from surveys.operations.ratings.labels import ABSTAINED, MISSING, point_of
from surveys.operations.ratings.layouts import GROUP, PANELIST, RATING, ROUND, STATEMENT
from surveys.operations.ratings.tables import Codes, Column, Table

__all__ = ["ABSTAINED", "MISSING", "NO_GROUP", "Ratings", "ratings_of"]

NO_GROUP = -1

_ROUND_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
# Up to this many places for each cell, a place is marked; beyond, sorting takes less room.
_PLACES_A_CELL = 16


@dataclass(frozen=True)
class Ratings:
    """All cells of a file, flat: one element for each pair of panelist and statement given.

    `statement` and `panelist` index `statements` and the panelists, `rating` is a point of the scale, MISSING or
    ABSTAINED. `round` indexes `rounds`, the numbers of the rounds, and is None where the file has none. `group` indexes
    `groups`, NO_GROUP where the cell is empty, and is None where the file has no groups. `left_out` names the columns
    that were not read as statements.
    """

    statements: tuple[str, ...]
    statement: Codes
    panelist: Codes
    rating: Codes
    rounds: tuple[int, ...] = ()
    round: Codes | None = None
    groups: tuple[str, ...] = ()
    group: Codes | None = None
    left_out: tuple[str, ...] = ()


def ratings_of(table: Table, is_long: bool, scale: Scale, abstentions: AbstractSet[str]) -> Ratings:
    """Return the ratings of a table; raise InputFault, naming row and column, where a cell is not as it should be."""
    return _long(table, scale, abstentions) if is_long else _wide(table, scale, abstentions)


def _long(table: Table, scale: Scale, abstentions: AbstractSet[str]) -> Ratings:
    statement, panelist = _filled(table, STATEMENT), _filled(table, PANELIST)
    rating = [column for column in table.columns if column.heading.role == RATING]
    rounds, in_round = _rounds(table)
    groups, group = _groups(table, panelist.codes, in_round)
    ratings = Ratings(
        statements=statement.texts,
        statement=statement.codes,
        panelist=panelist.codes,
        rating=_points(table, rating, scale, abstentions)[:, 0],
        rounds=rounds,
        round=in_round,
        groups=groups,
        group=group,
        left_out=table.left_out,
    )
    row = _first_repeated(ratings)
    if row is not None:
        who, what = panelist.texts[panelist.codes[row]], statement.texts[statement.codes[row]]
        raise table.fault(row, panelist, f"{quoted(who)} has a second row for {quoted(what)}")
    return ratings


def _wide(table: Table, scale: Scale, abstentions: AbstractSet[str]) -> Ratings:
    columns = [column for column in table.columns if column.heading.role == RATING]
    points = _points(table, columns, scale, abstentions)
    rows, width = points.shape
    named = _filled(table, PANELIST) if table.of(PANELIST) else None
    panelist = named.codes if named else np.arange(rows, dtype=np.int32)
    rounds, in_round = _rounds(table)
    groups, group = _groups(table, panelist, in_round)
    ratings = Ratings(
        statements=tuple(column.heading.name for column in columns),
        statement=np.tile(np.arange(width, dtype=np.int32), rows),
        panelist=np.repeat(panelist, width),
        rating=points.ravel(),
        rounds=rounds,
        round=None if in_round is None else np.repeat(in_round, width),
        groups=groups,
        group=None if group is None else np.repeat(group, width),
        left_out=table.left_out,
    )
    position = _first_repeated(ratings) if named else None
    if named and position is not None:
        row = position // width
        raise table.fault(row, named, f"{quoted(named.texts[named.codes[row]])} has a second row")
    return ratings


def _filled(table: Table, role: str) -> Column:
    """Return the column of this role, which the layout knows to be there, after a check that no cell is empty."""
    column = next(column for column in table.columns if column.heading.role == role)
    if "" in column.texts:
        raise table.fault(column.first_row(column.texts.index("")), column, "the cell is empty")
    return column


def _points(table: Table, columns: Sequence[Column], scale: Scale, abstentions: AbstractSet[str]) -> Codes:
    """Return the points as a table, a column for each of `columns`."""
    read = [[point_of(text, scale, abstentions) for text in column.texts] for column in columns]
    faults = [
        (column.first_row(code), index, column.texts[code])
        for index, (column, points) in enumerate(zip(columns, read, strict=True))
        for code, point in enumerate(points)
        if point is None
    ]
    if faults:
        row, index, text = min(faults)
        what = f"{quoted(text)} is not a whole number from {scale.low} to {scale.high}"
        is_comment = len(columns) > 1 and len(text.split()) > 1
        raise table.fault(row, columns[index], f"{what}; --ignore leaves a column out" if is_comment else what)
    found = np.empty((table.rows, len(columns)), dtype=np.int16)
    for index, (column, points) in enumerate(zip(columns, read, strict=True)):
        found[:, index] = np.array(points, dtype=np.int16)[column.codes]
    return found


def _rounds(table: Table) -> tuple[tuple[int, ...], Codes | None]:
    column = table.of(ROUND)
    if column is None:
        return (), None
    wrong = [(column.first_row(code), text) for code, text in enumerate(column.texts) if not _is_round(text)]
    if wrong:
        row, text = min(wrong)
        raise table.fault(row, column, f"{quoted(text)} is not the number of a round" if text else "the cell is empty")
    return tuple(map(int, column.texts)), column.codes


def _is_round(text: str) -> bool:
    return _ROUND_NUMBER.fullmatch(text) is not None


def _groups(table: Table, panelist: Codes, in_round: Codes | None) -> tuple[tuple[str, ...], Codes | None]:
    """Return the groups and each row's; a panelist is in one group, or in none, throughout a round."""
    column = table.of(GROUP)
    if column is None:
        return (), None
    key = _by_round(panelist.astype(np.int64), in_round)
    first = np.zeros(int(key.max()) + 1, dtype=column.codes.dtype)
    # Of several values for one place the last one stays: from the end, that is the first row.
    first[key[::-1]] = column.codes[::-1]
    differs = first[key] != column.codes
    if differs.any():
        row = int(differs.argmax())
        text = column.texts[column.codes[row]]
        before = column.texts[first[key[row]]]
        was = f"is in {quoted(before)}" if before else "is in no group"
        raise table.fault(row, column, f"this panelist {was} in another row, not in {quoted(text)}")
    names = tuple(text for text in column.texts if text)
    codes = {text: code for code, text in enumerate(names)} | {"": NO_GROUP}
    return names, np.array([codes[text] for text in column.texts], dtype=column.codes.dtype)[column.codes]


def _first_repeated(ratings: Ratings) -> int | None:
    """Return where a pair of panelist and statement comes for the second time in a round."""
    key = ratings.panelist.astype(np.int64)
    key *= len(ratings.statements)
    key += ratings.statement
    key = _by_round(key, ratings.round)
    places = int(key.max()) + 1
    if places <= _PLACES_A_CELL * len(key):
        taken = np.zeros(places, dtype=bool)
        taken[key] = True
        if np.count_nonzero(taken) == len(key):
            return None
    first = np.unique(key, return_index=True)[1]
    if len(first) == len(key):
        return None
    repeated = np.ones(len(key), dtype=bool)
    repeated[first] = False
    return int(repeated.argmax())


def _by_round(key: npt.NDArray[np.int64], in_round: Codes | None) -> npt.NDArray[np.int64]:
    """Return keys that differ between rounds."""
    if in_round is None:
        return key
    keys = in_round.astype(np.int64)
    keys *= int(key.max()) + 1
    keys += key
    return keys
