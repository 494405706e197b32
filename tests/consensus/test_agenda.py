"""The agenda made from the last results: which order, and whose minutes."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.consensus.agenda import LEAST_MINUTES, AgendaSlot, Discussed, plan_agenda, polarisation

ITEMS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 12)),
        st.one_of(st.none(), st.fractions(0, 1, max_denominator=40)),
    ),
    max_size=30,
).map(lambda rows: [Discussed(str(place), short, split) for place, (short, split) in enumerate(rows)])


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([0, 0, 0, 0, 0, 0, 0, 5, 5], 0),
        ([5, 0, 0, 0, 0, 0, 0, 0, 5], 1),
        ([0, 0, 0, 2, 4, 2, 0, 0, 0], Fraction(1, 4)),
        ([0, 0, 0, 1, 0, 0, 0, 0, 3], Fraction(3, 4)),
        ([0, 0, 0, 0, 6, 0, 0, 0, 0], 0),
        ([0] * 9, None),
    ],
)
def test_polarisation_is_one_where_half_stand_on_each_side_and_nothing_where_all_stand_on_one(
    counts: list[int], expected: Fraction | None
) -> None:
    assert polarisation(counts) == expected


def test_the_nearest_come_first_then_the_divided_then_what_is_not_known_then_the_resolved_together() -> None:
    items = [
        Discussed("far", 3, Fraction(0)),
        Discussed("hidden", None),
        Discussed("resolved", 0, Fraction(0)),
        Discussed("near", 1, Fraction(0)),
        Discussed("near and divided", 1, Fraction(1, 2)),
        Discussed("resolved too", 0, Fraction(0)),
    ]
    slots = plan_agenda(items, 60)
    assert [slot.keys for slot in slots] == [
        ("near and divided",),
        ("near",),
        ("far",),
        ("hidden",),
        ("resolved", "resolved too"),
    ]
    # Weights 5/2, 2, 4/3, 1 and 1 share the 45 minutes beyond 3 each: 14.4, 11.5, 7.7, 5.7 and 5.7.
    assert [slot.minutes for slot in slots] == [17, 14, 11, 9, 9]
    assert [slot.is_resolved for slot in slots] == [False, False, False, False, True]


def test_where_there_is_no_time_for_each_the_last_share_a_slot() -> None:
    items = [Discussed("a", 1), Discussed("b", 2), Discussed("c", 3), Discussed("d", 0)]
    assert plan_agenda(items, 9) == [
        AgendaSlot(("a",), 3),
        AgendaSlot(("b", "c"), 3),
        AgendaSlot(("d",), 3, is_resolved=True),
    ]
    assert plan_agenda(items, 5) == [AgendaSlot(("a", "b", "c"), 5)]


def test_with_everything_resolved_there_is_one_item_and_with_nothing_none() -> None:
    assert plan_agenda([Discussed("a", 0), Discussed("b", 0)], 30) == [AgendaSlot(("a", "b"), 30, is_resolved=True)]
    assert plan_agenda([], 30) == []


def test_less_than_three_minutes_are_no_meeting() -> None:
    with pytest.raises(ValueError, match="at least 3 minutes, not 2"):
        plan_agenda([Discussed("a", 1)], 2)


@given(ITEMS, st.integers(LEAST_MINUTES, 600))
def test_minutes_sum_up_and_none_has_fewer_than_three(items: list[Discussed], minutes: int) -> None:
    slots = plan_agenda(items, minutes)
    assert sum(slot.minutes for slot in slots) == (minutes if items else 0)
    assert all(slot.minutes >= LEAST_MINUTES for slot in slots)


@given(ITEMS, st.integers(LEAST_MINUTES, 600))
def test_every_unresolved_statement_stands_in_one_slot_and_twice_the_same_agenda_comes_out(
    items: list[Discussed], minutes: int
) -> None:
    slots = plan_agenda(items, minutes)
    spoken = [key for slot in slots if not slot.is_resolved for key in slot.keys]
    assert sorted(spoken) == sorted(item.key for item in items if item.short != 0)
    assert plan_agenda(list(items), minutes) == slots
