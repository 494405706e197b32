"""Results by group: shown only where no subtraction leaves fewer than five people alone with their ratings."""

import itertools
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.consensus import Tally
from surveys.feedback.models import GroupResult, Result
from surveys.feedback.own_feedback import released_feedback
from surveys.feedback.queries import results_of
from surveys.feedback.thresholds import (
    COUNTS_FROM,
    GroupRaters,
    GroupsBefore,
    groups_to_show,
    hides_group_counts,
    one_apart_from_groups,
    shown_group,
)
from surveys.panels.queries import panel_of
from surveys.panels.services import GroupsFixed, correct_panelist, remove_panelist
from surveys.rounds.models import Round
from surveys.studies.models import Protocol, Study
from surveys.studies.queries import database_now
from tests import factories
from tests.grouping import grouped_study

K = 5
NAMES = ("", "A", "B", "C", "D")

pytestmark = pytest.mark.django_db


def groups_after(study: Study, ratings: Sequence[int | str]) -> list[tuple[str, int, bool]]:
    """Which groups a round with these ratings shows, with how many rated and whether with counts; "" rates nothing."""
    round = factories.open_round(study)
    for panelist, rating in zip(panel_of(study), ratings, strict=True):
        if rating:
            factories.fill_sheet(panelist, round, [rating])
    result = results_of(factories.release_round(factories.close_and_freeze(round)))[0]
    return [(group.group, group.n, group.counts is not None) for group in result.groups]


@pytest.mark.parametrize(
    ("rated", "expected"),
    [
        ({"A": 5, "B": 5}, ["A", "B"]),
        ({"A": 4, "B": 9}, []),
        ({"A": 9}, []),
        ({"A": 5, "": 4}, []),
        ({"A": 5, "": 5}, ["A"]),
        ({"A": 6, "B": 5, "": 1}, ["A"]),
        ({"A": 6, "B": 5, "C": 4, "": 1}, ["A", "B"]),
        ({"A": 6, "B": 5, "C": 4}, ["A"]),
        ({"A": 5, "B": 5, "": 0}, ["A", "B"]),
        ({}, []),
    ],
)
def test_a_group_is_shown_where_it_the_others_and_those_not_shown_are_enough(
    rated: dict[str, int], expected: list[str]
) -> None:
    assert groups_to_show(rated, K) == expected


def parts_of(rated: Mapping[str, int], shown: Sequence[str]) -> list[frozenset[str]]:
    """What can be told apart: each shown group, and all others together."""
    rest = frozenset(name for name, n in rated.items() if name not in shown and n)
    return [frozenset([name]) for name in shown] + ([rest] if rest else [])


@given(st.dictionaries(st.sampled_from(NAMES), st.integers(0, 12)))
def test_no_subtraction_within_a_round_leaves_fewer_than_five(rated: dict[str, int]) -> None:
    shown = groups_to_show(rated, K)
    parts = parts_of(rated, shown)
    for size in range(1, len(parts) + 1):
        for some in itertools.combinations(parts, size):
            if shown:
                assert sum(rated[name] for part in some for name in part) >= K


People = dict[str, frozenset[int]]


@st.composite
def two_rounds(draw: st.DrawFn) -> tuple[People, People]:
    """Who rated, by group, in two rounds: people keep their group, and most of them rate again."""
    then: People = {}
    now: People = {}
    for place, name in enumerate(NAMES):
        people = range(place * 100, place * 100 + draw(st.integers(0, 10)))
        absent_then = draw(st.sets(st.sampled_from(people), max_size=2)) if people else set()
        absent_now = draw(st.sets(st.sampled_from(people), max_size=3)) if people else set()
        then[name], now[name] = frozenset(people) - absent_then, frozenset(people) - absent_now
    return then, now


def told_apart(people: People, shown: Sequence[str]) -> list[frozenset[int]]:
    """Every set of people whose counts a reader can work out from the whole and the shown groups."""
    parts = [people[name] for name in shown]
    parts.append(frozenset().union(*(people[name] for name in people if name not in shown)))
    return [
        frozenset().union(*some) for size in range(1, len(parts) + 1) for some in itertools.combinations(parts, size)
    ]


@given(two_rounds(), st.sampled_from(["", "A", "B"]), st.booleans())
def test_no_subtraction_of_rounds_leaves_one_person(
    rounds: tuple[People, People], group: str, somebody_left: bool
) -> None:
    then, now = rounds
    gone: frozenset[int] = frozenset(list(then[group] - now[group])[:1]) if somebody_left else frozenset()
    shown_then = groups_to_show({name: len(people) for name, people in then.items()}, K)
    shown_now = groups_to_show({name: len(people) for name, people in now.items()}, K)
    raters = {
        name: GroupRaters(len(now[name]), (len(then[name] - gone),), (len(then[name] & now[name]),)) for name in NAMES
    }
    everybody_then, everybody_now = frozenset().union(*then.values()), frozenset().union(*now.values())
    before = GroupsBefore(len(everybody_then), {name: len(then[name]) for name in shown_then})
    if not shown_now or hides_group_counts(raters, shown_now, [before]) or len(everybody_then ^ everybody_now) == 1:
        return
    for one in told_apart(now, shown_now):
        assert len(one) in (0, *range(COUNTS_FROM, 99))
        assert all(len(one ^ other) != 1 for other in told_apart(then, shown_then))


@given(two_rounds())
def test_the_whole_is_hidden_exactly_where_groups_of_then_would_leave_one_person(rounds: tuple[People, People]) -> None:
    then, now = rounds
    shown_then = groups_to_show({name: len(people) for name, people in then.items()}, K)
    everybody_then, everybody_now = frozenset().union(*then.values()), frozenset().union(*now.values())
    before = GroupsBefore(len(everybody_then), {name: len(then[name]) for name in shown_then})
    both = {name: len(then[name] & now[name]) for name in NAMES}
    leaves_one = any(len(everybody_now ^ other) == 1 for other in told_apart(then, shown_then))
    if len(everybody_now) >= K:
        assert one_apart_from_groups(len(everybody_now), before, both) == leaves_one


def test_a_group_of_seven_shows_counts_and_one_of_eight_its_mean() -> None:
    six, seven, eight = (shown_group("A", Tally((*[0] * 7, n, 0), 1, 2)) for n in (6, 7, 8))
    assert (six.n, six.median, six.share_high, six.counts, six.mean) == (6, 8, 1, None, None)
    assert (seven.counts, seven.mean, seven.suppressed) == ((0,) * 7 + (7, 0), None, ("mean",))
    assert (eight.mean, eight.suppressed) == (8, ())
    hidden = shown_group("A", Tally((*[0] * 7, 8, 0)), hides_counts=True)
    assert (hidden.counts, hidden.mean, hidden.suppressed) == (None, None, ("counts", "mean"))


def test_what_may_not_be_shown_of_a_group_is_not_written() -> None:
    study = grouped_study({"Nurses": 7, "Physicians": 7, "Pharmacists": 1})
    assert groups_after(study, [8] * 7 + [2] * 7 + [5]) == [("Nurses", 7, True)]
    assert GroupResult.objects.get().counts == [0, 0, 0, 0, 0, 0, 0, 7, 0]


def test_the_groups_counts_their_abstentions_and_their_gaps_are_counted() -> None:
    study = grouped_study({"Nurses": 9, "Physicians": 8})
    round = factories.open_round(study)
    ratings: list[int | str] = [8] * 7 + ["abstain", ""] + [2] * 8
    for panelist, rating in zip(panel_of(study), ratings, strict=True):
        factories.fill_sheet(panelist, round, [rating])
    nurses, physicians = results_of(factories.close_and_freeze(round))[0].groups
    assert (nurses.group, nurses.n, nurses.abstained, nurses.missing) == ("Nurses", 7, 1, 1)
    assert (nurses.counts, physicians.counts) == ((0,) * 7 + (7, 0), (0, 8, *[0] * 7))
    assert (physicians.mean, physicians.median, physicians.share_high) == (2, 2, 0)


def test_with_groups_seen_by_nobody_nothing_is_counted_by_group() -> None:
    study = grouped_study({"Nurses": 7, "Physicians": 7}, Protocol.Groups.NOBODY)
    assert groups_after(study, [8] * 14) == []
    assert not GroupResult.objects.exists()


def test_where_one_of_a_group_left_and_one_of_another_came_no_groups_counts_are_shown() -> None:
    study = grouped_study({"Nurses": 8, "Physicians": 8})
    assert groups_after(study, [*[8] * 8, *[8] * 7, ""]) == [("Nurses", 8, True), ("Physicians", 7, True)]
    assert groups_after(study, [*[8] * 7, "", *[8] * 8]) == [("Nurses", 7, False), ("Physicians", 8, False)]
    assert [result.one_joined_or_left for result in Result.objects.all()] == [False, False]


def test_somebody_who_was_taken_off_the_panel_has_left_their_group_too() -> None:
    study = grouped_study({"Nurses": 9, "Physicians": 9})
    assert groups_after(study, [*[8] * 9, *[8] * 8, ""]) == [("Nurses", 9, True), ("Physicians", 8, True)]
    remove_panelist(panelist=panel_of(study)[0], actor=factories.facilitator_of(study), now=database_now())
    assert groups_after(study, [8] * 17) == [("Nurses", 8, False), ("Physicians", 9, False)]


@pytest.mark.parametrize(("others", "is_hidden"), [(1, True), (2, False)])
def test_who_alone_rates_beside_a_group_that_was_shown_before_is_not_subtracted_from_the_whole(
    others: int, is_hidden: bool
) -> None:
    study = grouped_study({"Nurses": 7, "Physicians": 7})
    assert groups_after(study, [8] * 14) == [("Nurses", 7, True), ("Physicians", 7, True)]
    assert groups_after(study, [*[8] * 7, *[5] * others, *[""] * (7 - others)]) == []
    whole = Result.objects.order_by("asked__round__number")
    assert [result.one_joined_or_left for result in whole] == [False, is_hidden]


@pytest.mark.parametrize(("stayed", "with_bands"), [(1, False), (2, True)])
def test_moves_of_a_group_and_one_beside_it_are_not_told_by_bands(stayed: int, with_bands: bool) -> None:
    study = grouped_study({"Nurses": 7, "Physicians": 14})
    groups_after(study, [*[8] * 7, *[2] * 7, *[""] * 7])
    came = 7 - stayed
    groups_after(study, [*[8] * 7, *[2] * stayed, *[""] * (7 - stayed), *[2] * came, *[""] * (7 - came)])
    changes = Result.objects.get(asked__round__number=2).changes
    assert changes is not None
    assert changes["paired"] == 7 + stayed
    assert (changes["bands"] is not None) == with_bands


def test_the_panel_is_given_groups_only_where_the_protocol_says_so() -> None:
    for seen_by, expected in ((Protocol.Groups.FACILITATORS, 0), (Protocol.Groups.PANEL, 2)):
        study = grouped_study({"Nurses": 7, "Physicians": 7}, seen_by)
        round: Round = factories.hold_round(study)
        feedback = released_feedback(factories.holder_of(panel_of(study)[0]), round)
        assert len(feedback[1].result.groups) == expected
        assert len(results_of(round)[0].groups) == 2


def test_a_group_changes_before_the_first_round_opens_and_never_after() -> None:
    study = grouped_study({"Nurses": 7, "Physicians": 7})
    nurse, changed = panel_of(study)[0], {"actor": factories.facilitator_of(study), "now": database_now()}
    correct_panelist(panelist=nurse, name=nurse.name, group="Physicians", **changed)
    factories.hold_round(study)
    with pytest.raises(GroupsFixed):
        correct_panelist(panelist=nurse, name=nurse.name, group="Nurses", **changed)
    correct_panelist(panelist=nurse, name="Anna Berg", group="Physicians", **changed)
    assert set(panel_of(study).filter(pk=nurse.pk).values_list("name", "group")) == {("Anna Berg", "Physicians")}
