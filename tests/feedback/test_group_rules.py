"""Rules that judge by group: what is written of groups, what is told, and where too little is known of one."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import pytest

from surveys.consensus import NAMED_RULES, AllOf, Clause, Rule, rule_to_json
from surveys.feedback.models import GroupResult, Result, RoundResult
from surveys.feedback.own_feedback import released_feedback
from surveys.feedback.queries import results_of
from surveys.feedback.services.checking import broken_promise
from surveys.panels.queries import panel_of
from surveys.panels.services import remove_panelist
from surveys.rounds.models import Round
from surveys.studies.models import Protocol, Study
from surveys.studies.queries import database_now
from tests import factories
from tests.grouping import grouped_study

pytestmark = pytest.mark.django_db

COS = NAMED_RULES["cos-70-15-every-group"]
ANY_MEAN = Rule("Any mean", Clause("mean", ">", Fraction(7), population="any group"))
EVERY_MEAN = Rule("Every mean", Clause("mean", ">", Fraction(7), population="every group"))
ALL_ABOVE = Rule("All above", AllOf((Clause("least", ">", Fraction(5)), *EVERY_MEAN.clauses)))


def judged_by(rule: Rule, sizes: Mapping[str, int]) -> Study:
    study = grouped_study(sizes, Protocol.Groups.PANEL)
    Protocol.objects.filter(study=study).update(rule=rule_to_json(rule))
    return Study.objects.get(pk=study.pk)


def held(study: Study, ratings: Sequence[int | str]) -> Round:
    """A round with these ratings; "" submits nothing."""
    round = factories.open_round(study)
    for panelist, rating in zip(panel_of(study), ratings, strict=True):
        if rating:
            factories.fill_sheet(panelist, round, [rating])
    return factories.release_round(factories.close_and_freeze(round))


def told(round: Round) -> tuple[str, tuple[str, ...]]:
    shown = results_of(round)[0].shown
    assert shown.verdict is not None
    return str(shown.outcome), shown.verdict.reasons


def test_a_rule_by_group_is_judged_in_each() -> None:
    study = judged_by(COS, {"Nurses": 5, "Physicians": 5})
    round = held(study, [8] * 9 + [5])
    assert told(round) == (
        "in",
        (
            "Nurses: 5 of 5 ratings are from 7 to 9: 100%, at least 70%.",
            "Physicians: 4 of 5 ratings are from 7 to 9: 80%, at least 70%.",
            "Nurses: 0 of 5 ratings are from 1 to 3: 0%, below 15%.",
            "Physicians: 0 of 5 ratings are from 1 to 3: 0%, below 15%.",
        ),
    )
    assert Result.objects.get().consensus is True
    assert RoundResult.objects.get().groups == ["Nurses", "Physicians"]


def test_a_group_in_which_too_few_rated_leaves_the_verdict_open_and_nothing_of_it_behind() -> None:
    study = judged_by(COS, {"Nurses": 6, "Physicians": 6})
    round = held(study, [8] * 6 + [2] * 4 + ["abstain", ""])
    outcome, reasons = told(round)
    assert outcome == "not evaluable"
    unsaid = "It cannot be said whether in every group {}: too little is known of Nurses, Physicians."
    assert reasons == (
        unsaid.format("at least 70% of all ratings are from 7 to 9"),
        unsaid.format("fewer than 15% of all ratings are from 1 to 3"),
    )
    # Not even of the six: what is left of a subtraction would be the four.
    assert not GroupResult.objects.exists()
    assert Result.objects.get().consensus is None
    assert broken_promise(study) is None


def test_a_group_that_is_kept_back_beside_a_small_one_is_not_told_by_a_verdict() -> None:
    study = judged_by(EVERY_MEAN, {"Nurses": 8, "Physicians": 7, "Pharmacists": 5})
    round = held(study, [8] * 8 + [9] * 7 + [1] + [""] * 4)
    outcome, (unsaid, nurses) = told(round)
    assert (outcome, nurses) == ("not evaluable", "Nurses: The mean, 8.00, is above 7.")
    assert unsaid.endswith("the mean is above 7: too little is known of Pharmacists, Physicians.")
    assert [row.group for row in GroupResult.objects.all()] == ["Nurses"]


@pytest.mark.parametrize(
    ("rule", "nurses", "expected"),
    [(EVERY_MEAN, 5, "none"), (EVERY_MEAN, 8, "not evaluable"), (ANY_MEAN, 8, "in"), (ANY_MEAN, 5, "not evaluable")],
    ids=["every-low", "every-high", "any-high", "any-low"],
)
def test_one_known_group_may_decide_without_the_others(rule: Rule, nurses: int, expected: str) -> None:
    study = judged_by(rule, {"Nurses": 8, "Physicians": 7, "Pharmacists": 5})
    outcome, _reasons = told(held(study, [nurses] * 8 + [9] * 7 + [9] + [""] * 4))
    assert outcome == expected


def test_those_in_no_group_count_with_everyone_and_are_no_group() -> None:
    study = judged_by(ALL_ABOVE, {"Nurses": 6, "": 6})
    outcome, reasons = told(held(study, [8] * 6 + [6] * 6))
    assert (outcome, reasons) == ("in", ("All ratings are 6 or higher.", "Nurses: The mean, 8.00, is above 7."))
    assert RoundResult.objects.get().groups == ["Nurses"]


def test_groups_are_those_of_the_freeze_whoever_leaves_later() -> None:
    study = judged_by(EVERY_MEAN, {"Nurses": 5, "Physicians": 5, "Pharmacists": 5})
    round = held(study, [8] * 15)
    before = told(round)
    assert before[0] == "in"
    for panelist in panel_of(study)[10:]:
        remove_panelist(panelist=panelist, actor=factories.facilitator_of(study), now=database_now())
    assert told(round) == before
    later = held(study, [8] * 10)
    assert RoundResult.objects.get(round=later).groups == ["Nurses", "Physicians"]
    assert told(later)[0] == "in"
    assert broken_promise(study) is None


def test_the_panel_reads_the_groups_of_a_rule_that_judges_by_them() -> None:
    study = judged_by(EVERY_MEAN, {"Nurses": 5, "Physicians": 5})
    round = held(study, [8] * 10)
    feedback = released_feedback(factories.holder_of(panel_of(study)[0]), round)[1]
    assert [group.group for group in feedback.result.groups] == ["Nurses", "Physicians"]
    assert feedback.result.shown.verdict == results_of(round)[0].shown.verdict
