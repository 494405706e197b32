from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.consensus import agreement_of_rankings, kendalls_w, mean_rank, median_rank, named_by, proposed
from surveys.consensus.rankings import borda, first_choices, in_top

rankings = st.integers(2, 6).flatmap(lambda n: st.lists(st.permutations(range(n)), min_size=2, max_size=8))


def table_of(orders: list[list[int]]) -> list[list[int]]:
    """A row an option, a column a rank, of rankings that list options from first to last."""
    return [[sum(order[rank] == option for order in orders) for rank in range(len(orders[0]))] for option in orders[0]]


def test_the_mean_and_the_median_rank_are_exact() -> None:
    assert (mean_rank([1, 1, 0, 1]), median_rank([1, 1, 0, 1])) == (Fraction(7, 3), 2)
    assert (mean_rank([0, 0]), median_rank([0, 0])) == (None, None)


def test_borda_gives_the_first_of_four_three_points_and_the_last_none() -> None:
    assert borda([1, 1, 0, 1]) == 5
    assert borda([0, 0, 0, 7]) == borda([0, 0, 0, 0]) == 0


def test_shares_of_first_and_of_top_places_are_exact() -> None:
    counts = [2, 1, 0, 4]
    assert (first_choices(counts), in_top(counts, 2), in_top(counts, 9)) == (Fraction(2, 7), Fraction(3, 7), 1)
    assert (first_choices([0, 0]), in_top([0, 0], 2)) == (None, None)


def test_the_top_holds_at_least_one_option() -> None:
    with pytest.raises(ValueError, match="1 option or more, not 0"):
        in_top([1, 0], 0)


@given(rankings)
def test_borda_points_follow_the_mean_rank_and_are_shared_out_whole(orders: list[list[int]]) -> None:
    table, n = table_of(orders), len(orders[0])
    assert [borda(row) for row in table] == [len(orders) * (n - (mean_rank(row) or 0)) for row in table]
    assert sum(map(borda, table)) == len(orders) * n * (n - 1) // 2


@given(rankings)
def test_k_options_stand_in_the_top_k_of_every_ranking(orders: list[list[int]]) -> None:
    for k in range(1, len(orders[0]) + 1):
        assert sum(in_top(row, k) or 0 for row in table_of(orders)) == k


def test_rankings_that_are_all_alike_agree_wholly_and_opposite_ones_not_at_all() -> None:
    assert agreement_of_rankings([[3, 0, 0], [0, 3, 0], [0, 0, 3]]) == 1
    assert agreement_of_rankings([[1, 0, 1], [0, 2, 0], [1, 0, 1]]) == 0


def test_one_ranking_has_nobody_to_agree_with() -> None:
    assert agreement_of_rankings([[1, 0], [0, 1]]) is None
    assert agreement_of_rankings([]) is None


def test_a_table_whose_rows_do_not_sum_alike_is_refused() -> None:
    with pytest.raises(ValueError, match="as many ranks"):
        agreement_of_rankings([[2, 0], [1, 0]])


@given(rankings)
def test_agreement_of_rankings_is_kendalls_w_of_the_ranks(orders: list[list[int]]) -> None:
    options = sorted(orders[0])
    ranks = np.array([[order.index(option) + 1 for option in options] for order in orders])
    table = [[int((ranks[:, place] == rank).sum()) for rank in range(1, len(options) + 1)] for place in options]
    assert float(agreement_of_rankings(table) or 0) == pytest.approx(kendalls_w(ranks))


def test_half_of_those_who_answered_is_included() -> None:
    assert named_by([5, 4, 10, 0], 10) == (2, 0)
    assert named_by([5, 4], 10, Fraction(2, 5)) == (0, 1)
    assert named_by([0, 0], 0) == ()


def test_the_proposal_is_what_at_least_half_named_the_most_named_first() -> None:
    assert proposed([9, 1, 6, 8], 10, most=3) == (0, 3, 2)


def test_where_none_reached_half_the_most_named_is_proposed_and_level_ones_together() -> None:
    assert proposed([4, 1, 3], 10, most=3) == (0,)
    assert proposed([4, 4, 1], 10, most=3) == (0, 1)
    assert proposed([0, 0], 10, most=3) == ()


def test_a_proposal_never_cuts_between_options_that_are_level() -> None:
    assert proposed([9, 6, 6, 6], 10, most=3) == (0,)
    assert proposed([9, 6, 6, 5], 10, most=3) == (0, 1, 2)


@given(st.lists(st.integers(0, 10), min_size=1, max_size=8), st.integers(1, 4))
def test_a_proposal_holds_no_option_that_fewer_named_than_one_left_out(votes: list[int], most: int) -> None:
    found = proposed(votes, 10, most)
    left = [votes[place] for place in range(len(votes)) if place not in found]
    assert len(found) <= most
    assert all(votes[place] > max(left, default=-1) for place in found)
