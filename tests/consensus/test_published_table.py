"""Table 3 of the published study, reconstructed from its printed means."""

from fractions import Fraction
from itertools import combinations_with_replacement

import pytest

from surveys.consensus import FULL_CONSENSUS, assess, count_ratings, round_half_up, summarize

TABLE = [
    # printed mean, n, sum, sets of ratings from 6 to 9, a tight set, a set with a 6
    ("8.40", 10, 84, 7, [8] * 6 + [9] * 4, [6, 6] + [9] * 8),
    ("8.30", 10, 83, 8, [8] * 7 + [9] * 3, [6, 6, 8] + [9] * 7),
    ("8.30", 10, 83, 8, [8] * 7 + [9] * 3, [6, 6, 8] + [9] * 7),
    ("8.44", 9, 76, 5, [8] * 5 + [9] * 4, [6, 7] + [9] * 7),
    ("8.50", 10, 85, 5, [8] * 5 + [9] * 5, [6, 7] + [9] * 8),
    ("8.40", 10, 84, 7, [8] * 6 + [9] * 4, [6, 6] + [9] * 8),
    ("8.70", 10, 87, 3, [8] * 3 + [9] * 7, [6] + [9] * 9),
]


@pytest.mark.parametrize(("printed", "n", "total", "sets", "tight", "with_a_six"), TABLE)
def test_each_row_prints_its_mean_and_has_full_consensus(
    printed: str, n: int, total: int, sets: int, tight: list[int], with_a_six: list[int]
) -> None:
    for ratings in (tight, with_a_six):
        assert (len(ratings), sum(ratings)) == (n, total)
        assert round_half_up(summarize(count_ratings(ratings)).mean or 0, 2) == printed
        assert assess(ratings, FULL_CONSENSUS).consensus is True


@pytest.mark.parametrize(("printed", "n", "total", "sets", "tight", "with_a_six"), TABLE)
def test_every_set_of_ratings_with_the_rows_sum_has_full_consensus(
    printed: str, n: int, total: int, sets: int, tight: list[int], with_a_six: list[int]
) -> None:
    found = [r for r in combinations_with_replacement(range(6, 10), n) if sum(r) == total]
    assert len(found) == sets
    assert all(assess(ratings, FULL_CONSENSUS).consensus is True for ratings in found)


def test_only_nine_of_up_to_ten_panelists_can_give_8_44() -> None:
    feasible = [
        (n, total)
        for n in range(1, 11)
        for total in range(6 * n, 9 * n + 1)
        if round_half_up(Fraction(total, n), 2) == "8.44"
    ]
    assert feasible == [(9, 76)]


@pytest.mark.parametrize(("total", "consensus"), [(70, False), (71, True)])
def test_ten_panelists_at_6_or_higher_need_a_sum_of_71(total: int, consensus: bool) -> None:
    sets = [r for r in combinations_with_replacement(range(6, 10), 10) if sum(r) == total]
    assert {assess(ratings, FULL_CONSENSUS).consensus for ratings in sets} == {consensus}
