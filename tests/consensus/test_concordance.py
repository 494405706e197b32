"""Kendall's W against published examples and SciPy."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import friedmanchisquare

from surveys.consensus import concordance, kendalls_w
from tests.consensus.published_ratings import ANXIETY, ROUNDING_TIMES, SHROUT_FLEISS

tables = arrays(np.int8, st.tuples(st.integers(2, 6), st.integers(2, 6)), elements=st.integers(1, 9))


@pytest.mark.parametrize(
    ("ratings", "w", "chi_squared", "degrees_of_freedom", "p"),
    [
        (ANXIETY, 0.5396569, 30.76, 19, 0.0429),
        (SHROUT_FLEISS, 0.8870370, 17.74, 5, 0.0033),
        (ROUNDING_TIMES, 0.2532468, 11.143, 2, 0.0038),
    ],
    ids=["anxiety", "shrout-fleiss", "rounding-times"],
)
def test_published_examples(
    ratings: "np.ndarray[tuple[int, int], np.dtype[np.int64]]",
    w: float,
    chi_squared: float,
    degrees_of_freedom: int,
    p: float,
) -> None:
    found = concordance(ratings)
    assert found is not None
    assert found.w == kendalls_w(ratings) == pytest.approx(w, abs=5e-8)
    assert found.chi_squared == pytest.approx(chi_squared, abs=5e-3)
    assert found.degrees_of_freedom == degrees_of_freedom
    assert found.p == pytest.approx(p, abs=5e-5)


@pytest.mark.parametrize("seed", range(20))
def test_friedmans_test_in_scipy_gives_the_same(seed: int) -> None:
    ratings = np.random.default_rng(seed).integers(1, 10, size=(12, 7))
    friedman, found = friedmanchisquare(*ratings.T), concordance(ratings)
    assert found is not None
    assert found.w == pytest.approx(friedman.statistic / (12 * 6))
    assert (found.chi_squared, found.p) == pytest.approx((friedman.statistic, friedman.pvalue))


def test_the_same_order_everywhere_is_one_and_opposite_orders_are_zero() -> None:
    assert kendalls_w(np.array([[1, 5, 9], [2, 3, 4]])) == 1.0
    assert kendalls_w(np.array([[1, 5, 9], [9, 5, 1]])) == 0.0


@pytest.mark.parametrize(
    "ratings", [np.full((4, 3), 8), np.array([[1, 2, 3]]), np.array([[1], [2]]), np.empty((0, 3), int)]
)
def test_undefined_is_none(ratings: "np.ndarray[tuple[int, int], np.dtype[np.int64]]") -> None:
    assert kendalls_w(ratings) is None
    assert concordance(ratings) is None


def test_a_table_is_needed() -> None:
    with pytest.raises(ValueError, match="needs a table"):
        kendalls_w(np.array([1, 2, 3]))


def test_the_same_panel_many_times_over_is_of_the_same_order() -> None:
    # 60,000 panelists go through in several blocks.
    assert kendalls_w(np.tile(ANXIETY.astype(np.int8), (20_000, 1))) == kendalls_w(ANXIETY)


@given(tables, st.randoms(use_true_random=False))
def test_neither_names_nor_order_nor_the_scale_matter(
    ratings: "np.ndarray[tuple[int, int], np.dtype[np.int8]]", random: Random
) -> None:
    w = kendalls_w(ratings)
    rows, columns = list(range(ratings.shape[0])), list(range(ratings.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    assert kendalls_w(ratings[rows][:, columns]) == w
    assert kendalls_w(ratings.astype(np.int64) ** 3) == w
    assert kendalls_w(10 - ratings) == w
    assert w is None or 0 <= w <= 1


@given(tables)
def test_copies_of_one_panelist_agree_entirely(ratings: "np.ndarray[tuple[int, int], np.dtype[np.int8]]") -> None:
    copies = np.tile(ratings[:1], (3, 1))
    assert kendalls_w(copies) == (None if len(np.unique(copies)) == 1 else 1)
