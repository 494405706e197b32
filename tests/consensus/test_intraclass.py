"""Intraclass correlations against published examples and an analysis of variance done cell by cell."""

from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from surveys.consensus import Intraclass, intraclass
from tests.consensus.published_ratings import ANXIETY, SHROUT_FLEISS

Table = npt.NDArray[np.integer]

tables = arrays(np.int8, st.tuples(st.integers(2, 6), st.integers(2, 6)), elements=st.integers(1, 9))


def by_analysis_of_variance(ratings: Table) -> list[float | None]:
    table = ratings.astype(float)
    k, n = table.shape
    statements, panelists = table.mean(axis=0), table.mean(axis=1)
    left = table - statements[None, :] - panelists[:, None] + table.mean()
    between = k * statements.var(ddof=1)
    judges = n * panelists.var(ddof=1)
    rest = (left**2).sum() / ((n - 1) * (k - 1))
    wholes = [
        between + (k - 1) * rest + k * (judges - rest) / n,
        between + (judges - rest) / n,
        between + (k - 1) * rest,
        between,
    ]
    return [(between - rest) / whole if abs(whole) > 1e-9 else None for whole in wholes]


def values(found: Intraclass) -> list[float | None]:
    return [found.agreement, found.agreement_of_means, found.consistency, found.consistency_of_means]


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [(SHROUT_FLEISS, (0.2898, 0.6201, 0.7148, 0.9093)), (ANXIETY, (0.1980, 0.4255, 0.2160, 0.4526))],
    ids=["shrout-fleiss", "anxiety"],
)
def test_published_examples(ratings: Table, expected: tuple[float, ...]) -> None:
    found = intraclass(ratings)
    assert found is not None
    assert values(found) == pytest.approx(expected, abs=5e-5)


@given(tables)
def test_an_analysis_of_variance_gives_the_same(ratings: Table) -> None:
    found = intraclass(ratings)
    if found is None:
        assert len(np.unique(ratings)) == 1
        return
    for value, expected in zip(values(found), by_analysis_of_variance(ratings), strict=True):
        assert value == (None if expected is None else pytest.approx(expected, rel=1e-6))


@given(tables, st.randoms(use_true_random=False))
def test_neither_order_nor_the_origin_of_the_scale_matter(ratings: Table, random: Random) -> None:
    rows, columns = list(range(ratings.shape[0])), list(range(ratings.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    assert intraclass(ratings[rows][:, columns]) == intraclass(ratings) == intraclass(10 - ratings)


def test_a_panelist_who_rates_all_higher_is_consistent_and_disagrees() -> None:
    found = intraclass(np.array([[1, 3, 5], [3, 5, 7]]))
    assert found is not None
    assert (found.consistency, found.consistency_of_means) == (1, 1)
    assert found.agreement == pytest.approx(2 / 3)
    assert found.agreement_of_means == pytest.approx(4 / 5)


def test_the_same_ratings_from_everyone_are_one() -> None:
    assert intraclass(np.array([[1, 5, 9], [1, 5, 9]])) == Intraclass(1, 1, 1, 1)


def test_statements_that_all_rate_alike_agree_on_nothing() -> None:
    assert intraclass(np.array([[1, 1, 1], [9, 9, 9]])) == Intraclass(0, 0, None, None)


def test_a_divisor_of_zero_leaves_a_correlation_undefined_and_one_below_gives_what_arithmetic_gives() -> None:
    assert intraclass(np.array([[1, 2], [2, 1]])) == Intraclass(None, 2, -1, None)


@pytest.mark.parametrize(
    "ratings",
    [np.full((4, 3), 8), np.array([[1, 2, 3]]), np.array([[1], [2]]), np.empty((0, 3), int)],
    ids=["one rating", "one panelist", "one statement", "nobody"],
)
def test_undefined_is_none(ratings: Table) -> None:
    assert intraclass(ratings) is None


def test_small_integers_do_not_overflow() -> None:
    ratings = np.random.default_rng(5).integers(0, 101, size=(2_000, 10))
    assert intraclass(ratings.astype(np.int8)) == intraclass(ratings)


def test_a_table_is_needed() -> None:
    with pytest.raises(ValueError, match="needs a table"):
        intraclass(np.array([1, 2, 3]))
