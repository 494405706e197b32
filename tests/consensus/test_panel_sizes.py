"""The panel-size table of the RAND/UCLA classical definitions, within it and beyond."""

from fractions import Fraction

import pytest

from surveys.consensus.panel_sizes import is_in_table, least_in_each_extreme, most_outside

TABLE = {8: (2, 3), 9: (2, 3), 10: (2, 3), 11: (3, 4), 12: (3, 4), 13: (3, 4), 14: (4, 5), 15: (4, 5), 16: (4, 5)}


@pytest.mark.parametrize("n", TABLE)
def test_the_table_as_printed(n: int) -> None:
    assert (most_outside(n), least_in_each_extreme(n)) == TABLE[n]


def test_the_table_has_panels_of_8_to_16() -> None:
    assert [n for n in range(40) if is_in_table(n)] == list(TABLE)


@pytest.mark.parametrize(
    ("n", "outside", "each"),
    [(17, 5, 6), (19, 5, 6), (20, 6, 7), (22, 6, 7), (23, 7, 8), (25, 7, 8), (100, 32, 33)],
)
def test_above_the_table_the_steps_of_three_go_on(n: int, outside: int, each: int) -> None:
    assert (most_outside(n), least_in_each_extreme(n)) == (outside, each)


@pytest.mark.parametrize(
    ("n", "outside", "each"), [(1, 0, 1), (2, 0, 1), (3, 0, 1), (4, 0, 2), (5, 1, 2), (6, 1, 2), (7, 1, 3)]
)
def test_below_the_table_the_formula_goes_on_and_an_extreme_is_a_third(n: int, outside: int, each: int) -> None:
    assert (most_outside(n), least_in_each_extreme(n)) == (outside, each)


@pytest.mark.parametrize("n", range(1, 60))
def test_no_panel_agrees_and_disagrees_and_none_may_have_a_third_outside(n: int) -> None:
    assert most_outside(n) < least_in_each_extreme(n)
    assert Fraction(most_outside(n), n) < Fraction(1, 3)


@pytest.mark.parametrize("n", [0, -1])
def test_without_ratings_there_is_no_threshold(n: int) -> None:
    with pytest.raises(ValueError, match=f"1 rating or more, not {n}"):
        most_outside(n)
    with pytest.raises(ValueError, match=f"1 rating or more, not {n}"):
        least_in_each_extreme(n)
