"""Kendall's W against published examples and SciPy."""

import numpy as np
import pytest
from scipy.stats import friedmanchisquare

from surveys.consensus import kendalls_w

# Shrout and Fleiss 1979, table 2: six targets, four judges; here a row a judge.
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]).T

# Hollander and Wolfe 1973, table 7.1: times to first base of 22 players by three ways, in 1/100 s.
ROUNDING_TIMES = np.array(
    [
        [540, 550, 555],
        [585, 570, 575],
        [520, 560, 550],
        [555, 550, 540],
        [590, 585, 570],
        [545, 555, 560],
        [540, 540, 535],
        [545, 550, 535],
        [525, 515, 500],
        [585, 580, 570],
        [525, 520, 510],
        [565, 555, 545],
        [560, 535, 545],
        [505, 500, 495],
        [550, 550, 540],
        [545, 555, 550],
        [555, 555, 535],
        [545, 550, 555],
        [550, 545, 525],
        [565, 560, 540],
        [570, 565, 555],
        [630, 630, 625],
    ]
)


@pytest.mark.parametrize(("ratings", "w"), [(SHROUT_FLEISS, 0.8870370), (ROUNDING_TIMES, 0.2532468)])
def test_published_examples(ratings: "np.ndarray[tuple[int, int], np.dtype[np.int64]]", w: float) -> None:
    assert kendalls_w(ratings) == pytest.approx(w, abs=5e-8)


@pytest.mark.parametrize("seed", range(20))
def test_friedmans_test_in_scipy_gives_the_same(seed: int) -> None:
    ratings = np.random.default_rng(seed).integers(1, 10, size=(12, 7))
    chi_squared = friedmanchisquare(*ratings.T).statistic
    assert kendalls_w(ratings) == pytest.approx(chi_squared / (12 * 6))


def test_the_same_order_everywhere_is_one_and_opposite_orders_are_zero() -> None:
    assert kendalls_w(np.array([[1, 5, 9], [2, 3, 4]])) == 1.0
    assert kendalls_w(np.array([[1, 5, 9], [9, 5, 1]])) == 0.0


@pytest.mark.parametrize(
    "ratings", [np.full((4, 3), 8), np.array([[1, 2, 3]]), np.array([[1], [2]]), np.empty((0, 3), int)]
)
def test_undefined_is_none(ratings: "np.ndarray[tuple[int, int], np.dtype[np.int64]]") -> None:
    assert kendalls_w(ratings) is None


def test_a_table_is_needed() -> None:
    with pytest.raises(ValueError, match="needs a table"):
        kendalls_w(np.array([1, 2, 3]))
