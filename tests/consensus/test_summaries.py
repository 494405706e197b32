"""Statistics of one statement, against published worked examples and other implementations."""

import statistics
from fractions import Fraction
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.consensus import (
    Scale,
    Summary,
    count_between,
    count_ratings,
    quantile,
    round_half_up,
    share,
    summarize,
)
from surveys.consensus.location import DEFAULT_QUANTILE, QUANTILE_TYPES, QuantileType, median

NUMPYS_NAMES: dict[QuantileType, Literal["linear", "weibull", "averaged_inverted_cdf"]] = {
    7: "linear",
    6: "weibull",
    2: "averaged_inverted_cdf",
}
ratings_lists = st.lists(st.integers(1, 9), min_size=1, max_size=40)


def test_fifteen_ratings_of_a_worked_example() -> None:
    summary = summarize(count_ratings([4, 5, 6] + [7] * 5 + [8] * 5 + [9, 9]))
    assert (summary.n, summary.mean, summary.median) == (15, Fraction(36, 5), Fraction(7))
    assert (summary.q1, summary.q3, summary.iqr) == tuple(map(Fraction, (7, 8, 1)))
    assert (summary.minimum, summary.maximum) == (4, 9)
    assert summary.sd == pytest.approx(1.3732, abs=5e-5)
    assert share(summary.counts, 7, 9) == Fraction(4, 5)


@pytest.mark.parametrize(
    ("ratings", "mean", "sd", "iqr"),
    [
        ([6] * 6 + [8, 9, 9, 9], Fraction(71, 10), 1.4491, Fraction(11, 4)),
        ([8] * 6 + [9] * 4, Fraction(42, 5), 0.5164, Fraction(1)),
        ([7] * 7 + [3, 3, 9], Fraction(32, 5), 1.8974, Fraction(0)),
        ([7] * 10, Fraction(7), 0.0, Fraction(0)),
    ],
)
def test_mean_sd_and_iqr_of_type_7(ratings: list[int], mean: Fraction, sd: float, iqr: Fraction) -> None:
    summary = summarize(count_ratings(ratings))
    assert (summary.mean, summary.iqr) == (mean, iqr)
    assert summary.sd == pytest.approx(sd, abs=5e-5)


@pytest.mark.parametrize(
    ("ratings", "p30", "p70"),
    [
        ([1, 1, 1, 5, 5, 5, 9, 9, 9], Fraction("2.6"), Fraction("7.4")),
        ([2, 3, 3, 5, 6, 7, 7, 8, 9], Fraction("3.8"), Fraction(7)),
        ([7, 7, 8, 8, 8, 8, 9, 9, 9], Fraction(8), Fraction("8.6")),
        ([1, 2, 4, 5, 6, 8, 9], Fraction("3.6"), Fraction("6.4")),
        ([1, 1, 1, 3, 6, 6, 6, 6, 7, 7, 7, 7], Fraction("3.9"), Fraction("6.7")),
    ],
)
def test_quantiles_are_exact(ratings: list[int], p30: Fraction, p70: Fraction) -> None:
    counts = count_ratings(ratings)
    assert quantile(counts, Fraction(3, 10)) == p30
    assert quantile(counts, Fraction(7, 10)) == p70


def test_one_rating_has_no_sd_and_no_spread() -> None:
    summary = summarize(count_ratings([7]))
    assert (summary.sd, summary.iqr, summary.median) == (None, Fraction(0), Fraction(7))


def test_without_ratings_nothing_is_defined() -> None:
    assert summarize([0] * 9) == Summary((0,) * 9, 0, *[None] * 8, 7, *[None] * 6)
    assert share([0] * 9, 7, 9) is None


def test_a_median_may_lie_between_two_points() -> None:
    assert summarize(count_ratings([3, 8])).median == Fraction(11, 2)


def test_bands_count_both_ends() -> None:
    counts = count_ratings([1, 3, 4, 7, 9])
    assert [count_between(counts, *band) for band in ((1, 3), (4, 6), (7, 9))] == [2, 1, 2]


def test_another_scale_shifts_the_counts() -> None:
    summary = summarize([1, 0, 1], Scale(0, 2))
    assert (summary.mean, summary.minimum, summary.maximum) == (Fraction(1), 0, 2)


def test_a_scale_needs_two_points() -> None:
    with pytest.raises(ValueError, match="fewer than two points"):
        Scale(3, 3)


@given(ratings_lists)
def test_the_standard_library_agrees(ratings: list[int]) -> None:
    summary = summarize(count_ratings(ratings))
    assert summary.mean == statistics.mean(map(Fraction, ratings))
    assert summary.median == statistics.median(map(Fraction, ratings))
    assert (summary.minimum, summary.maximum) == (min(ratings), max(ratings))
    if len(ratings) > 1:
        assert summary.sd == pytest.approx(statistics.stdev(ratings))


@given(ratings_lists, st.integers(0, 64), st.sampled_from(list(NUMPYS_NAMES)))
def test_numpys_quantiles_agree(ratings: list[int], sixty_fourths: int, kind: QuantileType) -> None:
    # In sixty-fourths n p is exact as a float too; type 2 jumps where n p is whole.
    p = Fraction(sixty_fourths, 64)
    exact = quantile(count_ratings(ratings), p, kind=kind)
    assert exact is not None
    assert float(exact) == pytest.approx(float(np.quantile(ratings, float(p), method=NUMPYS_NAMES[kind])))


@pytest.mark.parametrize(
    ("ratings", "p", "values"),
    [
        ([1, 2, 4, 5, 6, 8, 9], Fraction(3, 10), {7: "3.6", 6: "2.8", 2: "4"}),
        ([1, 1, 1, 5, 5, 5, 9, 9, 9], Fraction(7, 10), {7: "7.4", 6: "9", 2: "9"}),
        ([1, 2, 3, 4, 5, 6, 7, 8, 9, 9], Fraction(3, 10), {7: "3.7", 6: "3.3", 2: "3.5"}),
        ([3, 8], Fraction(1, 10), {7: "3.5", 6: "3", 2: "3"}),
        ([3, 8], Fraction(9, 10), {7: "7.5", 6: "8", 2: "8"}),
        ([3, 8], Fraction(0), {7: "3", 6: "3", 2: "3"}),
        ([3, 8], Fraction(1), {7: "8", 6: "8", 2: "8"}),
        ([7], Fraction(1, 2), {7: "7", 6: "7", 2: "7"}),
    ],
)
def test_quantiles_of_every_type(ratings: list[int], p: Fraction, values: dict[QuantileType, str]) -> None:
    counts = count_ratings(ratings)
    assert {kind: quantile(counts, p, kind=kind) for kind in QUANTILE_TYPES} == {
        kind: Fraction(value) for kind, value in values.items()
    }


@given(ratings_lists)
def test_every_type_has_the_same_median(ratings: list[int]) -> None:
    counts = count_ratings(ratings)
    assert {quantile(counts, Fraction(1, 2), kind=kind) for kind in QUANTILE_TYPES} == {median(counts)}


def test_other_types_and_shares_beyond_the_whole_are_refused() -> None:
    with pytest.raises(ValueError, match="of type 7, 6 or 2, not 5"):
        quantile([1] * 9, Fraction(1, 2), kind=5)
    for p in (Fraction(-1, 10), Fraction(11, 10)):
        with pytest.raises(ValueError, match="from 0 to 1"):
            quantile([1] * 9, p)


def test_a_summary_is_made_with_the_type_that_it_names() -> None:
    ratings = [1, 2, 4, 5, 6, 8, 9]
    seven, six = (summarize(count_ratings(ratings), quantile_type=kind) for kind in (DEFAULT_QUANTILE, 6))
    assert (seven.quantile_type, seven.q1, seven.q3, seven.iqr) == (7, 3, 7, 4)
    assert (seven.ipr, seven.ipras) == (Fraction("2.8"), Fraction("2.35"))
    assert seven.disagreement_index == Fraction(56, 47)
    assert (six.quantile_type, six.q1, six.q3, six.iqr) == (6, 2, 8, 6)
    assert six.disagreement_index == Fraction("4.4") / Fraction("2.35")


def test_a_summary_has_the_statistics_of_a_worked_example() -> None:
    summary = summarize(count_ratings([4, 5, 6] + [7] * 5 + [8] * 5 + [9, 9]))
    assert (summary.ipr, summary.ipras, summary.disagreement_index) == (1, Fraction("6.1"), Fraction(10, 61))
    assert summary.cv == pytest.approx(0.1907, abs=5e-5)
    assert summary.mad_median == 1
    assert summary.tastle_wierman == pytest.approx(0.7924342, abs=5e-8)


def test_a_summary_off_nine_points_has_no_disagreement_index() -> None:
    summary = summarize([1, 2, 3, 4, 5], Scale(1, 5))
    assert (summary.ipr, summary.ipras, summary.disagreement_index) == (None, None, None)
    assert (summary.iqr, summary.cv is None, summary.tastle_wierman is None) == (2, False, False)


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (Fraction(76, 9), 2, "8.44"),
        (Fraction(42, 5), 2, "8.40"),
        (Fraction(1, 8), 2, "0.13"),
        (Fraction(-1, 8), 2, "-0.13"),
        (Fraction("2.675"), 2, "2.68"),
        (Fraction(-1, 1000), 2, "0.00"),
        (Fraction(5, 2), 0, "3"),
        (Fraction(-5, 2), 0, "-3"),
        (Fraction("9.999"), 2, "10.00"),
        (7, 2, "7.00"),
    ],
)
def test_rounding_is_half_up_from_the_exact_fraction(value: Fraction | int, places: int, text: str) -> None:
    assert round_half_up(value, places) == text


@given(st.fractions(), st.integers(0, 6))
def test_rounding_is_never_off_by_more_than_a_half(value: Fraction, places: int) -> None:
    off = abs(Fraction(round_half_up(value, places)) - value)
    assert off <= Fraction(1, 2 * 10**places)
