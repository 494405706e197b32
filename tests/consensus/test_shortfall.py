"""How many ratings stand between a statement and consensus, checked against brute force."""

from fractions import Fraction
from itertools import combinations, combinations_with_replacement, product

import pytest

from surveys.consensus import (
    FULL_CONSENSUS,
    Clause,
    Rule,
    assess,
    count_ratings,
    near_miss,
    short_of,
)


@pytest.mark.parametrize(
    ("ratings", "short"),
    [
        ([8] * 6 + [9] * 4, 0),
        ([5] + [9] * 9, 1),
        ([5, 5] + [9] * 8, 2),
        ([7] * 10, 1),
        ([6] * 10, 4),
        ([1] * 10, 10),
        ([7] * 7 + [3, 3, 9], 2),
        ([], None),
    ],
)
def test_short_is_the_least_number_of_changes(ratings: list[int], short: int | None) -> None:
    assert short_of(count_ratings(ratings), FULL_CONSENSUS) == short


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_short_is_what_trying_every_change_finds(n: int) -> None:
    # Whatever is changed to 9 helps most, but the search does not presume it.
    targets = (1, 5, 6, 7, 8, 9)
    for ratings in combinations_with_replacement((1, 4, 5, 6, 7, 8, 9), n):
        tried = (
            k
            for k in range(n + 1)
            for positions in combinations(range(n), k)
            for values in product(targets, repeat=k)
            if assess(_replaced(ratings, positions, values), FULL_CONSENSUS).consensus
        )
        assert short_of(count_ratings(ratings), FULL_CONSENSUS) == next(tried, None)


def _replaced(ratings: tuple[int, ...], positions: tuple[int, ...], values: tuple[int, ...]) -> list[int]:
    changed = dict(zip(positions, values, strict=True))
    return [changed.get(index, rating) for index, rating in enumerate(ratings)]


def test_below_the_quorum_nothing_is_short() -> None:
    rule = Rule("Five", FULL_CONSENSUS.condition, quorum=5)
    assert short_of(count_ratings([5, 9, 9, 9]), rule) is None


def test_a_rule_that_cannot_be_met_is_never_short_by_a_number() -> None:
    rule = Rule("Impossible", Clause("mean", ">", Fraction(9)))
    assert short_of(count_ratings([9, 9]), rule) is None


def test_rules_with_an_upper_bound_are_left_out() -> None:
    rule = Rule("Low", Clause("mean", "<", Fraction(3)))
    assert short_of(count_ratings([9, 9]), rule) is None


def test_a_large_panel_is_answered_at_once() -> None:
    counts = [500_000, 0, 0, 0, 0, 0, 0, 0, 500_000]
    assert short_of(counts, FULL_CONSENSUS) == 500_000


@pytest.mark.parametrize(
    ("ratings", "sentence"),
    [
        ([5] + [9] * 9, "If that one rating were 6 or higher, this would be full consensus."),
        ([5, 7, 7, 7], "If that one rating were 8 or higher, this would be full consensus."),
        ([4, 6, 6, 8], "If that one rating were 9, this would be full consensus."),
        ([7] * 10, "If one rating of 7 were 8 or higher, this would be full consensus."),
        ([6, 7, 7, 8], "If the rating of 6 were 7 or higher, this would be full consensus."),
    ],
)
def test_a_near_miss_says_what_one_rating_would_do(ratings: list[int], sentence: str) -> None:
    miss = near_miss(count_ratings(ratings), FULL_CONSENSUS)
    assert miss is not None
    assert miss.sentence == sentence
    assert assess([*sorted(ratings)[1:], miss.needed], FULL_CONSENSUS).consensus is True
    assert assess([*sorted(ratings)[1:], miss.needed - 1], FULL_CONSENSUS).consensus is False


@pytest.mark.parametrize("ratings", [[], [9, 9], [5, 5, 9, 9]])
def test_only_one_missing_rating_is_a_near_miss(ratings: list[int]) -> None:
    assert near_miss(count_ratings(ratings), FULL_CONSENSUS) is None


def test_a_near_miss_keeps_the_capitals_of_a_rules_name() -> None:
    rule = Rule("COS", Clause("least", ">", Fraction(5)))
    miss = near_miss(count_ratings([5, 9]), rule)
    assert miss is not None
    assert miss.sentence == "If that one rating were 6 or higher, this would be COS."
