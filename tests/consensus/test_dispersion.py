"""How far apart ratings lie, against published worked examples and NumPy."""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.consensus import Scale, count_ratings
from surveys.consensus.dispersion import (
    coefficient_of_variation,
    coefficient_of_variation_squared,
    disagreement_index,
    interpercentile_range,
    interquartile_range,
    ipras,
    mean_absolute_deviation,
    standard_deviation,
    tastle_wierman,
    variance,
)
from surveys.consensus.location import QUANTILE_TYPES, QuantileType

NINE = Scale(1, 9)
FIVE = Scale(1, 5)
NOBODY = (0,) * 9
# BMJ Open 2012;2:e001431, table 1: 15 ratings, 1, 1, 1, 5, 5 and 2 of them from 4 to 9.
WORKED = (0, 0, 0, 1, 1, 1, 5, 5, 2)

ratings_lists = st.lists(st.integers(1, 9), min_size=1, max_size=40)
types = st.sampled_from(QUANTILE_TYPES)


@pytest.mark.parametrize("kind", QUANTILE_TYPES)
def test_the_published_example_of_ipras_is_alike_in_every_type(kind: QuantileType) -> None:
    assert interpercentile_range(WORKED, NINE, kind) == 1
    assert ipras(WORKED, NINE, kind) == Fraction("6.1")
    assert disagreement_index(WORKED, NINE, kind) == Fraction(10, 61)


@pytest.mark.parametrize(
    ("ratings", "kind", "ipr", "adjusted"),
    [
        ([1, 1, 1, 5, 5, 5, 9, 9, 9], 7, "4.8", "2.35"),
        ([1, 1, 1, 5, 5, 5, 9, 9, 9], 6, "8", "2.35"),
        ([2, 3, 3, 5, 6, 7, 7, 8, 9], 7, "3.2", "2.95"),
        ([2, 3, 3, 5, 6, 7, 7, 8, 9], 6, "4", "2.35"),
        ([7, 7, 8, 8, 8, 8, 9, 9, 9], 7, "0.6", "7.3"),
        ([7, 7, 8, 8, 8, 8, 9, 9, 9], 6, "1", "7.6"),
        ([1, 2, 4, 5, 6, 8, 9], 7, "2.8", "2.35"),
        ([1, 2, 4, 5, 6, 8, 9], 6, "4.4", "2.35"),
        ([1, 2, 4, 5, 6, 8, 9], 2, "2", "2.35"),
        ([1, 1, 2, 7, 7, 7, 7, 7, 7], 7, "3", "3.1"),
        ([1, 1, 2, 7, 7, 7, 7, 7, 7], 6, "5", "3.1"),
        ([1, 1, 1, 6, 6, 8, 8, 8, 8, 8], 7, "3.5", "4.225"),
        ([1, 1, 1, 6, 6, 8, 8, 8, 8, 8], 6, "5.5", "2.725"),
        ([1, 1, 3, 3, 6, 6, 6], 7, "3.4", "3.4"),
        ([1, 1, 1, 3, 6, 6, 6, 6, 7, 7, 7, 7], 7, "2.8", "2.8"),
        ([7], 7, "0", "5.35"),
    ],
)
def test_ipr_and_ipras_are_exact(ratings: list[int], kind: QuantileType, ipr: str, adjusted: str) -> None:
    counts = count_ratings(ratings)
    assert interpercentile_range(counts, NINE, kind) == Fraction(ipr)
    assert ipras(counts, NINE, kind) == Fraction(adjusted)
    assert disagreement_index(counts, NINE, kind) == Fraction(ipr) / Fraction(adjusted)


@pytest.mark.parametrize(
    ("ratings", "kind", "index"),
    [
        ([1, 1, 1, 5, 5, 5, 9, 9, 9], 7, 2.0426),
        ([1, 1, 1, 5, 5, 5, 9, 9, 9], 6, 3.4043),
        ([2, 3, 3, 5, 6, 7, 7, 8, 9], 7, 1.0847),
        ([2, 3, 3, 5, 6, 7, 7, 8, 9], 6, 1.7021),
        ([7, 7, 8, 8, 8, 8, 9, 9, 9], 7, 0.0822),
        ([7, 7, 8, 8, 8, 8, 9, 9, 9], 6, 0.1316),
        ([1, 2, 4, 5, 6, 8, 9], 7, 1.1915),
        ([1, 2, 4, 5, 6, 8, 9], 6, 1.8723),
        ([1, 2, 4, 5, 6, 8, 9], 2, 0.8511),
        ([3, 8], 7, 0.6452),
        ([3, 8], 6, 1.6129),
        ([7], 6, 0.0),
    ],
)
def test_the_disagreement_index(ratings: list[int], kind: QuantileType, index: float) -> None:
    assert float(disagreement_index(count_ratings(ratings), NINE, kind) or 0) == pytest.approx(index, abs=5e-5)


def test_floats_would_call_a_tie_disagreement() -> None:
    ratings = [1, 1, 1, 3, 6, 6, 6, 6, 7, 7, 7, 7]
    p30, p70 = np.percentile(ratings, [30, 70])
    assert p70 - p30 > 2.35 + 1.5 * abs(5 - (p30 + p70) / 2)
    assert disagreement_index(count_ratings(ratings)) == 1


@pytest.mark.parametrize("of", [interpercentile_range, ipras, disagreement_index], ids=lambda of: of.__name__)
@pytest.mark.parametrize("scale", [FIVE, Scale(0, 8), Scale(0, 10)], ids=["1-5", "0-8", "0-10"])
def test_what_was_made_for_nine_points_is_refused_on_others(of: Callable[..., object], scale: Scale) -> None:
    with pytest.raises(ValueError, match=f"not from {scale.low} to {scale.high}"):
        of([1] * scale.size, scale)


@pytest.mark.parametrize(
    ("ratings", "kind", "iqr"),
    [
        ([4, 5, 6] + [7] * 5 + [8] * 5 + [9, 9], 7, "1"),
        ([6] * 6 + [8, 9, 9, 9], 7, "2.75"),
        ([6] * 6 + [8, 9, 9, 9], 6, "3"),
        ([8] * 6 + [9] * 4, 7, "1"),
        ([7], 6, "0"),
        ([7] * 7 + [3, 3, 9], 7, "0"),
    ],
)
def test_the_interquartile_range(ratings: list[int], kind: QuantileType, iqr: str) -> None:
    assert interquartile_range(count_ratings(ratings), NINE, kind) == Fraction(iqr)


@pytest.mark.parametrize(
    ("ratings", "cv", "mad"),
    [
        ([4, 5, 6] + [7] * 5 + [8] * 5 + [9, 9], 0.1907, Fraction(1)),
        ([6] * 6 + [8, 9, 9, 9], 0.2041, Fraction(11, 10)),
        ([8] * 6 + [9] * 4, 0.0615, Fraction(2, 5)),
        ([7] * 10, 0.0, Fraction(0)),
    ],
)
def test_the_coefficient_of_variation_and_the_deviation_from_the_median(
    ratings: list[int], cv: float, mad: Fraction
) -> None:
    counts = count_ratings(ratings)
    assert coefficient_of_variation(counts) == pytest.approx(cv, abs=5e-5)
    assert mean_absolute_deviation(counts) == mad


@pytest.mark.parametrize("scale", [Scale(0, 8), Scale(-4, 4)], ids=["0-8", "minus 4-4"])
def test_a_scale_that_begins_at_0_or_below_has_no_coefficient_of_variation(scale: Scale) -> None:
    assert coefficient_of_variation_squared([0] * 7 + [1, 1], scale) is None
    assert coefficient_of_variation([0] * 7 + [1, 1], scale) is None
    assert variance([0] * 7 + [1, 1], scale) == Fraction(1, 2)


@pytest.mark.parametrize("counts", [NOBODY, (0, 0, 0, 0, 0, 0, 1, 0, 0)], ids=["no ratings", "one rating"])
def test_below_two_ratings_n_minus_1_divides_nothing(counts: tuple[int, ...]) -> None:
    assert (variance(counts), standard_deviation(counts)) == (None, None)
    assert (coefficient_of_variation_squared(counts), coefficient_of_variation(counts)) == (None, None)


@pytest.mark.parametrize(
    "of",
    [
        interquartile_range,
        interpercentile_range,
        ipras,
        disagreement_index,
        mean_absolute_deviation,
        tastle_wierman,
    ],
    ids=lambda of: of.__name__,
)
def test_nobody_is_not_spread(of: Callable[..., object]) -> None:
    assert of(NOBODY) is None


@pytest.mark.parametrize(
    ("counts", "scale", "consensus"),
    [
        ((0, 0, 0, 0, 0, 0, 5, 7, 8), NINE, 0.8696457),
        (WORKED, NINE, 0.7924342),
        ((5, 0, 0, 0, 5), FIVE, 0.0),
        ((0, 0, 0, 6, 0), FIVE, 1.0),
    ],
    ids=["of nine points", "the worked example", "half at each end", "unanimous"],
)
def test_the_consensus_of_tastle_and_wierman(counts: tuple[int, ...], scale: Scale, consensus: float) -> None:
    assert tastle_wierman(counts, scale) == pytest.approx(consensus, abs=5e-8)


@given(ratings_lists)
def test_tastle_and_wierman_runs_from_0_to_1_and_is_the_same_read_backwards(ratings: list[int]) -> None:
    counts = count_ratings(ratings)
    found = tastle_wierman(counts)
    assert found is not None
    assert 0 <= found <= 1
    assert (found == 1) == (len(set(ratings)) == 1)
    assert tastle_wierman(counts[::-1]) == pytest.approx(found)


@given(ratings_lists.filter(lambda ratings: len(ratings) > 1))
def test_numpys_variance_agrees(ratings: list[int]) -> None:
    counts = count_ratings(ratings)
    sd, centre = float(np.std(ratings, ddof=1)), float(np.mean(ratings))
    assert float(variance(counts) or 0) == pytest.approx(sd**2)
    assert coefficient_of_variation(counts) == pytest.approx(sd / centre)
    assert math.sqrt(coefficient_of_variation_squared(counts) or 0) == pytest.approx(sd / centre)


@given(ratings_lists)
def test_no_point_is_nearer_on_average_than_the_median(ratings: list[int]) -> None:
    found = mean_absolute_deviation(count_ratings(ratings))
    assert found == min(Fraction(sum(abs(x - point) for x in ratings), len(ratings)) for point in NINE.points)


@given(ratings_lists, types)
def test_a_scale_read_backwards_is_as_wide(ratings: list[int], kind: QuantileType) -> None:
    counts = count_ratings(ratings)
    backwards = counts[::-1]
    assert interquartile_range(counts, NINE, kind) == interquartile_range(backwards, NINE, kind)
    assert disagreement_index(counts, NINE, kind) == disagreement_index(backwards, NINE, kind)
    assert variance(counts) == variance(backwards)
