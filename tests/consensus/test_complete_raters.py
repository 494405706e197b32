"""Sums over complete raters add up, whatever parts the panel is cut into."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.consensus import complete_raters, concordance, concordance_of, intraclass, intraclass_of, nobody

tables = st.integers(1, 6).flatmap(
    lambda statements: st.lists(
        st.lists(st.integers(1, 9), min_size=statements, max_size=statements), min_size=1, max_size=12
    )
)


@given(table=tables, cut=st.integers(0, 12))
def test_two_parts_of_a_panel_add_up(table: list[list[int]], cut: int) -> None:
    parts = [complete_raters(part) if part else nobody(len(table[0])) for part in (table[:cut], table[cut:])]
    assert parts[0] + parts[1] == complete_raters(table)


@given(table=tables)
def test_sums_say_what_the_ratings_say(table: list[list[int]]) -> None:
    sums, ratings = complete_raters(table), np.array(table)
    assert sums.raters == len(table)
    assert sums.totals == tuple(ratings.sum(axis=0))
    assert sums.squares == (ratings**2).sum()
    assert sums.rater_squares == (ratings.sum(axis=1) ** 2).sum()
    # Each panelist's ranks add up to n (n + 1) / 2, ties or not.
    assert sum(sums.doubled_ranks) == len(table) * sums.statements * (sums.statements + 1)
    assert concordance_of(sums) == concordance(ratings)
    assert intraclass_of(sums) == intraclass(ratings)


def test_parts_of_different_questionnaires_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="argument 2 is longer"):
        nobody(2) + nobody(3)
