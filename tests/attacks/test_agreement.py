"""Whoever knows the counts of a round must not learn by its figures of agreement how one person rated.

Each attack is made twice: on what the first version of these figures showed, to four decimals wherever eight rated
everything, which must give people away; and on what is shown now, which must not.
"""

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from surveys.consensus import CompleteRaters, complete_raters, concordance_of, count_ratings, intraclass_of
from surveys.feedback.agreement import COMPLETE_FROM, OF_COMPLETE, PLACES_OF_COMPLETE, STATEMENTS_FROM
from surveys.feedback.models import Result
from surveys.feedback.services.agreeing import agreement_of

K = 5
Table = npt.NDArray[np.int64]
"""A row a panelist, a column a statement; 0 is no rating."""
Figures = tuple[float | int | None, ...]
Told = Callable[[Table], Figures | None]


def figures_of(complete: CompleteRaters, places: int) -> Figures:
    w, icc = concordance_of(complete), intraclass_of(complete)
    found = [w.w if w else None, *(vars(icc).values() if icc else ())]
    return (complete.raters, *(None if one is None else round(one, places) for one in found))


def told_at_first(table: Table) -> Figures | None:
    complete = table[(table > 0).all(axis=1)]
    return figures_of(complete_raters(complete), 4) if len(complete) >= 8 else None


def told_now(table: Table) -> Figures | None:
    results = [Result(counts=list(count_ratings([int(one) for one in column if one]))) for column in table.T]
    complete = table[(table > 0).all(axis=1)]
    kept: dict[str, Any] | None = agreement_of(results, complete_raters(complete), least_answers=K)
    return tuple(kept[name] for name in OF_COMPLETE) if kept and kept["complete_raters"] else None


def rated_at_random(chance: random.Random, raters: int, statements: int) -> Table:
    """Ratings near a mean that each statement has, and a little higher or lower by panelist."""
    means = [chance.uniform(3, 8) for _ in range(statements)]
    lean = [chance.gauss(0, 0.5) for _ in range(raters)]
    rows = [[round(mean + bias + chance.gauss(0, 1.5)) for mean in means] for bias in lean]
    table: Table = np.clip(np.array(rows), 1, 9)
    return table


def guesses(table: Table, told: Told) -> set[tuple[int, ...]]:
    """What the last panelist, who alone left something out, may have rated, as far as counts and figures say.

    Counts less a guess are those of the complete raters: all that the intraclass correlations are made of, but for one
    whole number, the sum of each one's squared total.
    """
    seen = told(table)
    places = [place for place in range(table.shape[1]) if table[-1, place]]
    possible = itertools.product(*(sorted(set(table[:, place].tolist())) for place in places))
    if seen is None:
        return set(possible)
    found = set()
    for guess in possible:
        totals, squares = table.sum(axis=0), int((table**2).sum()) - sum(one**2 for one in guess)
        totals[places] -= guess
        if _fits(totals.tolist(), squares, seen):
            found.add(guess)
    return found


def _fits(totals: Sequence[int], squares: int, seen: Figures) -> bool:
    raters = int(seen[0] or 0)
    least, most = -(-(sum(totals) ** 2) // raters), squares * len(totals)
    for rater_squares in range(least, most + 1):
        sums = CompleteRaters(tuple(totals), (0,) * len(totals), raters, 0, squares, rater_squares)
        icc = intraclass_of(sums)
        if icc and tuple(None if one is None else round(one, 4) for one in vars(icc).values()) == seen[2:]:
            return True
    return False


def left_out_once(trials: int, raters: int, statements: int) -> Iterator[Table]:
    chance = random.Random(20261123)
    for _ in range(trials):
        table = rated_at_random(chance, raters, statements)
        table[-1, chance.sample(range(statements), statements - 2)] = 0
        yield table


@pytest.mark.parametrize(("raters", "statements"), [(10, 3), (13, 5)])
def test_whoever_alone_left_something_out_is_not_told_by_subtraction(raters: int, statements: int) -> None:
    tables = list(left_out_once(8, raters, statements))
    own = [tuple(int(one) for one in table[-1] if one) for table in tables]
    at_first = [guesses(table, told_at_first) for table in tables]
    assert all(rated in found for rated, found in zip(own, at_first, strict=True))
    assert sum(len(found) == 1 for found in at_first) >= 4
    assert not any(len(guesses(table, told_now)) == 1 for table in tables)


def tables_with_the_same_counts(table: Table, chance: random.Random, number: int) -> Iterator[Table]:
    """Tables that keep the first row and the counts of every statement: others' ratings change hands, many or few."""
    rows = range(1, len(table))
    for trial in range(number):
        other = table.copy()
        for place in range(table.shape[1]) if trial % 3 == 0 else ():
            other[1:, place] = chance.sample(other[1:, place].tolist(), len(rows))
        for _ in range(chance.randint(1, 4)):
            (one, another), place = chance.sample(rows, 2), chance.randrange(table.shape[1])
            other[one, place], other[another, place] = table[another, place], table[one, place]
        yield other


def learned(table: Table, places: int | None, chance: random.Random, number: int) -> float:
    """How often the first panelist, who knows one rating of another, can tell a further one of theirs.

    Told are the figures to so many decimals, or none. Of all tables that fit only a sample is drawn, so that rather
    too much counts as learned than too little.
    """
    seen = None if places is None else figures_of(complete_raters(table), places)
    alike = tables_with_the_same_counts(table, chance, number)
    fitting = [one[1:] for one in alike if places is None or figures_of(complete_raters(one), places) == seen]
    others = np.concatenate([table[1:], *fitting])
    pairs = list(itertools.permutations(range(table.shape[1]), 2))
    asked = [(row, known, sought) for row in table[1:] for known, sought in chance.sample(pairs, 2)]
    follows = [len(set(others[others[:, known] == row[known], sought].tolist())) == 1 for row, known, sought in asked]
    return sum(follows) / len(follows)


def rates_of_learning(raters: int, statements: int, number: int) -> tuple[float, ...]:
    """By the counts alone, by what was told at first, and by what is told now."""
    chance = random.Random(20261124)
    tables = [rated_at_random(chance, raters, statements) for _ in range(10)]
    now = PLACES_OF_COMPLETE if told_now(tables[0]) else None
    return tuple(
        sum(learned(table, places, random.Random(7), number) for table in tables) / len(tables)
        for places in (None, 4, now)
    )


@pytest.mark.parametrize(
    ("raters", "statements", "number"), [(8, 2, 600), (10, 2, 600), (COMPLETE_FROM, STATEMENTS_FROM, 3000)]
)
def test_who_knows_their_own_row_and_one_rating_of_another_learns_no_more_of_that_one(
    raters: int, statements: int, number: int
) -> None:
    by_counts, at_first, now = rates_of_learning(raters, statements, number)
    assert at_first > by_counts + 0.05
    assert now <= by_counts + 0.02


def test_there_is_something_to_attack_where_all_are_complete() -> None:
    table = rated_at_random(random.Random(1), COMPLETE_FROM, STATEMENTS_FROM)
    assert told_now(table) is not None
    assert told_now(table[:-1]) is None
    assert told_now(table[:, :-1]) is None
