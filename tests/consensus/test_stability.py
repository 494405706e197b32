"""Moves between two rounds."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from surveys.consensus import Scale, changes
from surveys.consensus.stability import (
    chi_square,
    mcnemar_p,
    mcnemar_statistic,
    predictive_lambda,
    stability,
    wilcoxon_p,
)

Pair = tuple[int, int]

# Chaffin and Talley, Technol Forecast Soc Change 1980;16:67-73, tables 2a and 3a.
ALIKE = [[26, 0, 0], [7, 62, 2], [0, 0, 25]]
SWAPPED = [[8, 13, 5], [20, 38, 13], [5, 11, 9]]

points = st.integers(1, 9)
pairs = st.lists(st.tuples(points, points), max_size=40)


def _table(*pairs: Pair, size: int = 9) -> list[list[int]]:
    table = [[0] * size for _ in range(size)]
    for earlier, now in pairs:
        table[earlier - 1][now - 1] += 1
    return table


def _transposed(table: list[list[int]]) -> list[list[int]]:
    return [list(column) for column in zip(*table, strict=True)]


def _scipys(differences: list[int], method: Any) -> float:
    return float(stats.wilcoxon(differences, zero_method="wilcox", correction=False, method=method).pvalue)


def test_moves_are_counted_by_direction_and_by_thirds() -> None:
    moves = changes(_table((5, 8), (5, 5), (7, 9), (9, 3), (3, 4), (4, 3), (8, 8)))
    assert (moves.n, moves.raised, moves.kept, moves.lowered) == (7, 3, 2, 2)
    assert moves.bands == ((0, 1, 0), (1, 1, 1), (1, 0, 2))
    assert moves.changed_band == 4
    assert moves.share_kept == Fraction(2, 7)


def test_without_pairs_nothing_moved() -> None:
    moves = changes(_table())
    assert (moves.n, moves.raised, moves.kept, moves.lowered) == (0, 0, 0, 0)
    assert moves.share_kept is None


@pytest.mark.parametrize("table", [[[0] * 9] * 8, [[0] * 8] * 9, [[-1] * 9] * 9], ids=["rows", "columns", "negative"])
def test_a_table_of_another_shape_is_refused(table: list[list[int]]) -> None:
    for read in (changes, stability):
        with pytest.raises(ValueError, match=r"needs 9|0 or more"):
            read(table)


def test_another_scale_has_no_bands_but_those_it_is_given() -> None:
    seven, table = Scale(1, 7), _table((1, 2), (2, 3), (5, 7), (7, 7), size=7)
    assert (changes(table, seven).bands, changes(table, seven).changed_band) == ((), None)
    moves = changes(table, seven, bands=((1, 2), (3, 5), (6, 7)))
    assert moves.bands == ((1, 1, 0), (0, 0, 1), (0, 0, 1))
    assert moves.changed_band == 2
    assert stability(table, seven).moved_band is None
    assert stability(table, seven, bands=((1, 2), (3, 5), (6, 7))).moved_band == Fraction(1, 2)


@pytest.mark.parametrize(
    "bands",
    [(), ((1, 3), (4, 6)), ((1, 3), (3, 6), (7, 9)), ((4, 9), (1, 3))],
    ids=["none", "short", "overlapping", "out of order"],
)
def test_bands_hold_each_point_once(bands: tuple[Pair, ...]) -> None:
    with pytest.raises(ValueError, match="each point from 1 to 9 once"):
        changes(_table(), bands=bands)


def test_everything_about_stability_is_undefined_without_pairs() -> None:
    found = stability(_table())
    assert found.paired == 0
    assert {value for name, value in vars(found).items() if name != "paired"} == {None}


def test_shares_of_those_who_moved_are_exact() -> None:
    found = stability(_table((5, 8), (5, 5), (7, 9), (9, 3), (3, 4), (4, 3), (8, 8)))
    assert (found.paired, found.changed, found.moved_band) == (7, Fraction(5, 7), Fraction(4, 7))


def test_the_change_of_the_coefficient_of_variation() -> None:
    found = stability(_table((6, 7), (7, 7), (8, 8)))
    assert found.cv_change == pytest.approx(0.078730 - 0.142857, abs=1e-6)


def test_one_pair_and_a_mean_of_zero_have_no_coefficient_of_variation() -> None:
    assert stability(_table((6, 7))).cv_change is None
    assert stability([[2, 0], [0, 0]], Scale(0, 1)).cv_change is None


def test_scheibes_net_change_misses_those_who_swapped() -> None:
    found = stability(SWAPPED, Scale(1, 3))
    assert (found.scheibe, found.changed) == (Fraction(9, 122), Fraction(122 - 55, 122))


def test_the_signed_rank_test_of_the_nine_depressed_patients() -> None:
    # Hollander and Wolfe (1973), table 3.1, in thousandths: V = 40 before minus after.
    before = (1830, 500, 1620, 2480, 1680, 1880, 1550, 3060, 1300)
    after = (878, 647, 598, 2050, 1060, 1290, 1060, 3140, 1290)
    assert wilcoxon_p(Counter(x - y for x, y in zip(before, after, strict=True))) == 0.0390625


def test_ties_and_zeros_in_the_signed_rank_test() -> None:
    # Ranks 2, 2, 2 and 4, the one of 2 falling: V = 8, mean 5, variance 7.5 - 24 / 48 = 7, z = 3 / sqrt 7.
    expected = 2 * stats.norm.sf(3 / 7**0.5)
    assert wilcoxon_p({0: 90, 1: 2, -1: 1, 3: 1}) == pytest.approx(expected)
    assert wilcoxon_p({0: 90, 4: 0}) is None
    assert wilcoxon_p({0: 90, 4: 1}) == 1


def test_weighted_kappa_is_one_if_all_kept_and_nought_by_chance() -> None:
    assert stability(_table((2, 2), (5, 5), (9, 9))).weighted_kappa == 1
    assert stability(_table((2, 2), (2, 9), (9, 2), (9, 9))).weighted_kappa == 0
    assert stability(_table((2, 9), (9, 2))).weighted_kappa == -1
    assert stability(_table((8, 8), (8, 8))).weighted_kappa is None


@given(pairs)
def test_weighted_kappa_sets_squared_moves_against_those_of_strangers(found: list[Pair]) -> None:
    moved = sum((earlier - now) ** 2 for earlier, now in found) * len(found)
    strangers = sum((earlier - now) ** 2 for earlier, _ in found for _, now in found)
    expected = float(1 - Fraction(moved, strangers)) if strangers else None
    assert stability(_table(*found)).weighted_kappa == expected


def test_five_differences_cannot_reach_five_in_a_hundred() -> None:
    assert wilcoxon_p({1: 1, 2: 1, 3: 1, 4: 1, 5: 1}) == 0.0625


def test_200_000_pairs_are_no_more_work_than_nine() -> None:
    found = stability([[200_000 // 81] * 9 for _ in range(9)])
    assert (found.paired, found.wilcoxon_p, found.mcnemar_p, found.cv_change) == (199_989, 1, 1, 0)


def test_mcnemars_test() -> None:
    assert mcnemar_statistic(150, 86) == Fraction(64**2, 236)
    assert float(mcnemar_statistic(150, 86) or 0) == pytest.approx(17.3559, abs=5e-5)
    assert mcnemar_p(1, 8) == pytest.approx(0.0390625)
    assert mcnemar_p(4, 4) == 1


def test_where_nobody_began_or_ceased_to_agree_mcnemars_test_has_nothing_to_go_by() -> None:
    assert (mcnemar_p(0, 0), mcnemar_statistic(0, 0)) == (None, None)
    assert stability(_table((7, 9), (9, 8), (1, 5))).mcnemar_p is None


def test_agreeing_is_a_rating_in_the_band_that_is_given() -> None:
    table = _table(*[(6, 7)] * 8, (7, 6))
    assert stability(table).mcnemar_p == pytest.approx(0.0390625)
    assert stability(table, agree=(6, 9)).mcnemar_p is None
    assert stability(table, agree=(4, 6)).mcnemar_p == pytest.approx(0.0390625)


@pytest.mark.parametrize(
    ("table", "expected", "within"),
    [
        ([[6, 5, 10], [5, 5, 11]], 0.1385281, 5e-8),
        ([[26, 71, 25], [33, 62, 27]], 1.516, 5e-4),
        (ALIKE, 196.43, 5e-3),
        (SWAPPED, 3.70, 5e-3),
    ],
    ids=["Dajani 3", "Chaffin-Talley 1", "Chaffin-Talley 2a", "Chaffin-Talley 3a"],
)
def test_published_chi_squares(table: list[list[int]], expected: float, within: float) -> None:
    assert float(chi_square(table) or 0) == pytest.approx(expected, abs=within)


def test_empty_rows_and_columns_are_left_out_of_chi_square() -> None:
    assert chi_square([[3, 0, 1], [0, 0, 0], [1, 0, 3]]) == chi_square([[3, 1], [1, 3]]) == 2
    assert chi_square([[3, 1], [0, 0]]) is None
    assert chi_square([[3, 0], [1, 0]]) is None
    assert chi_square([]) is None


def test_lambda_says_what_the_earlier_rating_tells_of_the_later() -> None:
    assert (predictive_lambda(ALIKE), predictive_lambda(SWAPPED)) == (Fraction(17, 20), Fraction(0))
    assert predictive_lambda([[0, 3], [0, 4]]) is None
    assert predictive_lambda([]) is None


@given(pairs)
def test_the_signed_rank_test_is_scipys(found: list[Pair]) -> None:
    differences = [now - earlier for earlier, now in found if now != earlier]
    p = stability(_table(*found)).wilcoxon_p
    if not differences:
        assert p is None
        return
    tied = len(set(map(abs, differences))) < len(differences)
    assert p == pytest.approx(_scipys(differences, "asymptotic" if tied else "exact"), abs=1e-12)


@given(st.lists(st.integers(1, 9), unique=True, min_size=1), st.data())
def test_the_exact_signed_rank_test_is_scipys(sizes: list[int], data: st.DataObject) -> None:
    differences = [size * data.draw(st.sampled_from((-1, 1))) for size in sizes]
    assert wilcoxon_p(Counter(differences)) == pytest.approx(_scipys(differences, "exact"), abs=1e-12)


@given(pairs, st.tuples(points, points).map(lambda ends: (min(ends), max(ends))))
def test_mcnemars_test_is_scipys_binomial_test(found: list[Pair], agree: Pair) -> None:
    left = sum(agree[0] <= earlier <= agree[1] and not agree[0] <= now <= agree[1] for earlier, now in found)
    joined = sum(agree[0] <= now <= agree[1] and not agree[0] <= earlier <= agree[1] for earlier, now in found)
    p = stability(_table(*found), agree=agree).mcnemar_p
    expected = stats.binomtest(left, left + joined).pvalue if left + joined else None
    assert p == (None if expected is None else pytest.approx(expected))


@given(pairs)
def test_the_coefficient_of_variation_is_numpys(found: list[Pair]) -> None:
    change = stability(_table(*found)).cv_change
    if len(found) < 2:
        assert change is None
        return
    earlier, now = np.array(found).T
    assert change == pytest.approx(now.std(ddof=1) / now.mean() - earlier.std(ddof=1) / earlier.mean(), abs=1e-12)


@given(pairs)
def test_seen_backwards_in_time_moves_are_as_many(found: list[Pair]) -> None:
    table = _table(*found)
    forth, back = stability(table), stability(_transposed(table))
    assert replace(forth, cv_change=None) == replace(back, cv_change=None)
    assert (forth.cv_change is None) == (back.cv_change is None)
    assert (forth.cv_change or 0) == -(back.cv_change or 0)


@given(pairs)
def test_net_changes_and_moves_between_bands_are_at_most_the_changes(found: list[Pair]) -> None:
    seen = stability(_table(*found))
    if found:
        assert (seen.scheibe or 0) <= (seen.changed or 0)
        assert (seen.moved_band or 0) <= (seen.changed or 0) == Fraction(sum(a != b for a, b in found), len(found))
