"""What the cells of a round add up to: counts by statement, the table of who rated everything, and paired ratings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from surveys.consensus import Scale, Tally, tally_of
from surveys.operations.ratings.cells import ABSTAINED, NO_GROUP, Ratings
from surveys.operations.ratings.tables import Codes


@dataclass(frozen=True)
class Paired:
    """One statement's ratings of those who rated it in an earlier round and now, as a table of counts.

    `matrix[before - low][now - low]` panelists rated `before` in the round `earlier`.
    """

    earlier: int
    matrix: tuple[tuple[int, ...], ...]


def in_round(ratings: Ratings, number: int) -> Ratings:
    """The cells of one of the file's rounds; all cells where it has none."""
    return ratings if ratings.round is None else _chosen(ratings, ratings.round == ratings.rounds.index(number))


def asked_in(cells: Ratings) -> list[int]:
    """The statements that have a cell, in the order of the file."""
    return np.flatnonzero(np.bincount(cells.statement)).tolist()


def without_group(cells: Ratings) -> int:
    """How many panelists are in no group."""
    if cells.group is None:
        return _panelists(cells)
    return _panelists(_chosen(cells, cells.group == NO_GROUP))


def tallies_of(cells: Ratings, scale: Scale, *, by_group: bool) -> Mapping[int, Tally]:
    """Return the tally of each statement asked; its groups too, where `by_group` and the file has any.

    Panelists without any cell do not take part; those with a cell for another statement are missing.
    """
    asked = asked_in(cells)
    groups: dict[str, Sequence[Tally]] = {}
    if by_group and cells.group is not None:
        for code in np.unique(cells.group[cells.group != NO_GROUP]).tolist():
            groups[cells.groups[code]] = _tallies(_chosen(cells, cells.group == code), asked, scale)
    return {
        statement: replace(tally, groups={name: of_group[index] for name, of_group in groups.items()})
        for index, (statement, tally) in enumerate(zip(asked, _tallies(cells, asked, scale), strict=True))
    }


def complete_table(cells: Ratings, scale: Scale) -> Codes:
    """Return the ratings of those who rated every statement asked: a row a panelist, a column a statement."""
    asked = asked_in(cells)
    usable = cells.rating >= scale.low
    complete = np.bincount(cells.panelist[usable], minlength=int(cells.panelist.max()) + 1) == len(asked)
    chosen = usable & complete[cells.panelist]
    row = np.cumsum(complete) - 1
    column = np.zeros(len(cells.statements), dtype=np.int32)
    column[asked] = np.arange(len(asked))
    table = np.zeros((int(complete.sum()), len(asked)), dtype=cells.rating.dtype)
    table[row[cells.panelist[chosen]], column[cells.statement[chosen]]] = cells.rating[chosen]
    return table


def paired_with_earlier(ratings: Ratings, number: int, scale: Scale) -> Mapping[int, Paired]:
    """Return, for each statement of the round that an earlier round asked too, the last of these and the pairs."""
    if ratings.round is None:
        return {}
    last = np.full(len(ratings.statements), -1)
    for earlier in sorted(ratings.rounds):
        if earlier < number:
            code = ratings.rounds.index(earlier)
            last[ratings.statement[ratings.round == code]] = code
    usable = ratings.rating >= scale.low
    before = _chosen(ratings, usable & (ratings.round == last[ratings.statement]))
    now = _chosen(ratings, usable & (ratings.round == ratings.rounds.index(number)))
    _, at_before, at_now = np.intersect1d(_pair(before), _pair(now), assume_unique=True, return_indices=True)
    place = now.statement[at_now].astype(np.int64)
    for rated in (before.rating[at_before], now.rating[at_now]):
        place = place * scale.size + rated - scale.low
    tables = np.bincount(place, minlength=len(last) * scale.size**2).reshape(-1, scale.size, scale.size).tolist()
    return {
        statement: Paired(ratings.rounds[last[statement]], tuple(map(tuple, tables[statement])))
        for statement in asked_in(in_round(ratings, number))
        if last[statement] >= 0
    }


def _chosen(ratings: Ratings, chosen: npt.NDArray[np.bool_]) -> Ratings:
    """These cells, of which it is no longer known in which round they were."""
    return replace(
        ratings,
        statement=ratings.statement[chosen],
        panelist=ratings.panelist[chosen],
        rating=ratings.rating[chosen],
        rounds=(),
        round=None,
        group=None if ratings.group is None else ratings.group[chosen],
    )


def _panelists(cells: Ratings) -> int:
    return int(np.count_nonzero(np.bincount(cells.panelist)))


def _pair(cells: Ratings) -> Codes:
    return cells.panelist.astype(np.int64) * len(cells.statements) + cells.statement


def _tallies(cells: Ratings, asked: Sequence[int], scale: Scale) -> list[Tally]:
    size, statements = scale.size, len(cells.statements)
    usable = cells.rating >= scale.low
    place = cells.statement[usable] * np.int64(size) + cells.rating[usable] - scale.low
    counts = np.bincount(place, minlength=statements * size).reshape(statements, size)
    abstained = np.bincount(cells.statement[cells.rating == ABSTAINED], minlength=statements)
    panelists = _panelists(cells)
    return [
        tally_of(
            counts[statement].tolist(),
            scale,
            abstained=int(abstained[statement]),
            missing=panelists - int(counts[statement].sum()) - int(abstained[statement]),
        )
        for statement in asked
    ]
