"""Rules that a study may lock, and their amendment once it has begun: a recorded deviation from the next round on."""

from contextlib import nullcontext
from fractions import Fraction
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from surveys.consensus import (
    NAMED_RULES,
    AllOf,
    Choices,
    Clause,
    Rule,
    Scale,
    StoppingRule,
    built_in_rule,
    rule_from_json,
    rule_to_json,
)
from surveys.consensus.rules import StatisticName
from surveys.feedback.queries import results_of, rule_of, rules_by_round
from surveys.feedback.services.checking import broken_promise
from surveys.feedback.services.closing import close_round, finish_closing
from surveys.rounds.services.opening import cancel_round
from surveys.studies.models import AuditEntry, Protocol, Study
from surveys.studies.queries import amendments_of, broken_link, database_now, rules_of, sha256_of
from surveys.studies.services import (
    NoAmendment,
    ProtocolLocked,
    StudyError,
    amend_protocol,
    protocol_facts,
    update_protocol,
)
from tests import factories

pytestmark = pytest.mark.django_db

FULL, STRONG, COS = (NAMED_RULES[name] for name in ("full-consensus", "strong-consensus", "cos-70-15"))
BY_GROUP = NAMED_RULES["cos-70-15-every-group"]


def fresh(study: Study) -> Study:
    return Study.objects.select_related("protocol").get(pk=study.pk)


def amend(study: Study, rule: Rule = STRONG, **changes: Any) -> None:
    """Amend the rule, from the next round on."""
    given: dict[str, Any] = {
        "stable_percent": 15,
        "most_rounds": None,
        "reason": "Reviewers asked for it.",
        "from_round": 2,
    }
    actor = factories.facilitator_of(study)
    amend_protocol(study=study, actor=actor, rule=rule_to_json(rule), now=database_now(), **{**given, **changes})


def update(study: Study, rule: Rule, groups: str = "nobody", **changes: Any) -> None:
    """Set the rule of a study that has not begun."""
    given: dict[str, Any] = {
        "stable_percent": 15,
        "most_rounds": None,
        "settled": "ask_again",
        "least_answers": 5,
        "shows_comments": True,
        "releases_rows": False,
        "notice": "",
    }
    actor = factories.facilitator_of(study)
    update_protocol(
        study=study, actor=actor, rule=rule_to_json(rule), groups=groups, now=database_now(), **{**given, **changes}
    )


def three_bands() -> Rule:
    shares = [Clause("share", ">", Fraction(1, 2), band=band) for band in ((1, 3), (4, 6), (8, 9))]
    return Rule("Three bands", AllOf(tuple(shares)))


def all_cuts() -> Rule:
    """A rule whose reasons would tell the counts of every point."""
    return Rule("All cuts", AllOf(tuple(Clause("least", ">", Fraction(point)) for point in range(1, 9))))


SEVEN_POINTS = built_in_rule("percent-agreement", Choices(scale=Scale(1, 7)))


@pytest.mark.parametrize("name", [name for name in NAMED_RULES if name != "cos-70-15-every-group"])
def test_every_built_in_rule_can_be_locked(name: str) -> None:
    study = factories.make_study(statements=1)
    update(study, NAMED_RULES[name], stable_percent=None, most_rounds=4)
    factories.open_round(study)
    rules = rules_of(fresh(study).protocol)
    assert rules.rule == NAMED_RULES[name]
    assert rules.stopping == StoppingRule(None, 5, 4)


@pytest.mark.parametrize("groups", ["nobody", "facilitators"])
def test_a_rule_by_group_is_for_panels_that_see_groups(groups: str) -> None:
    study = factories.make_study(statements=1)
    with pytest.raises(StudyError, match="so the panel must see results by group too"):
        update(study, BY_GROUP, groups)
    update(study, BY_GROUP, "panel")
    assert rule_of(fresh(study)) == BY_GROUP


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        (SEVEN_POINTS, "Studies rate from 1 to 9"),
        (three_bands(), "at most 2 different bands"),
        (all_cuts(), "at most 2 different bands"),
    ],
    ids=lambda value: value.name if isinstance(value, Rule) else None,
)
def test_a_rule_that_a_study_could_not_keep_is_refused_at_any_time(rule: Rule, fault: str) -> None:
    study = factories.make_study(statements=1)
    with pytest.raises(StudyError, match=fault):
        update(study, rule)
    factories.hold_round(study)
    with pytest.raises(StudyError, match=fault):
        amend(study, rule)
    assert rule_of(fresh(study)) == FULL


@pytest.mark.parametrize(("name", "value"), [("stable_percent", 51), ("most_rounds", 0)])
def test_limits_that_make_no_sense_are_refused(name: str, value: int) -> None:
    study = factories.make_study(statements=1)
    given: dict[str, Any] = {name: value}
    with pytest.raises(ValidationError):
        update(study, STRONG, **given)
    factories.hold_round(study)
    with pytest.raises(ValidationError):
        amend(study, **given)
    assert rule_of(fresh(study)) == FULL
    assert not amendments_of(fresh(study))


def test_a_protocol_that_is_not_locked_is_changed_and_not_amended() -> None:
    study = factories.make_study(statements=1)
    with pytest.raises(NoAmendment, match="not locked yet"):
        amend(study, from_round=1)
    factories.open_round(study)
    with pytest.raises(ProtocolLocked):
        update(study, STRONG)


def test_while_a_round_is_open_or_closing_nothing_is_amended() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    factories.agree(round)
    with pytest.raises(NoAmendment, match="A round is open"):
        amend(study)
    close_round(round_id=round.pk, actor=factories.facilitator_of(study))
    with pytest.raises(NoAmendment, match="A round is open"):
        amend(study)
    finish_closing(round_id=round.pk)
    amend(study)
    assert rule_of(fresh(study)) == STRONG


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"reason": " \n"}, "Give the reason"),
        ({"rule": FULL}, "Nothing changes"),
        ({"rule": BY_GROUP}, "so the panel must see results by group too"),
    ],
    ids=["no reason", "no change", "groups"],
)
def test_an_amendment_that_is_none_is_refused(changes: dict[str, Any], fault: str) -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    before = AuditEntry.objects.filter(study=study).count()
    with pytest.raises(StudyError, match=fault):
        amend(study, **changes)
    assert (rule_of(fresh(study)), AuditEntry.objects.filter(study=study).count()) == (FULL, before)


def test_what_is_no_rule_is_no_amendment() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    with pytest.raises(ValueError, match="name"):
        amend_protocol(
            study=study,
            actor=factories.facilitator_of(study),
            rule={"all": []},
            stable_percent=15,
            most_rounds=None,
            reason="Why not.",
            from_round=2,
            now=database_now(),
        )


@pytest.mark.parametrize("status", ["finished", "sealed"])
def test_a_finished_study_is_not_amended(status: str) -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    Study.objects.filter(pk=study.pk).update(status=status)
    with pytest.raises(StudyError, match="finished"):
        amend(study)


def test_after_a_cancelled_round_the_rule_can_be_amended() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    cancel_round(round=round, actor=factories.facilitator_of(study), reason="A mistake.", now=database_now())
    amend(study, from_round=1)
    assert rules_by_round(fresh(study)) == {}
    assert results_of(factories.hold_round(study))[0].rule == STRONG


def test_an_amendment_is_written_with_what_was_before_and_why() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    locked = Protocol.objects.get(study=study)
    amend(study, COS, stable_percent=10, most_rounds=5, reason="  Too few abstained. ")
    amend(study, FULL, stable_percent=None, reason="Back again.", from_round=3)
    first, second = amendments_of(fresh(study))
    assert (first.reason, first.from_round, first.actor) == (
        "Too few abstained.",
        2,
        factories.facilitator_of(study).email,
    )
    assert (first.before.rule, first.after.rule) == (FULL, COS)
    assert first.after.stopping == second.before.stopping == StoppingRule(Fraction(1, 10), 5, 5)
    assert second.after.stopping == StoppingRule(None, 5, None)
    assert second.before == first.after
    assert second.after == rules_of(Protocol.objects.get(study=study))
    entries = AuditEntry.objects.filter(study=study, action="protocol amended").order_by("number")
    now = Protocol.objects.get(study=study)
    assert entries[1].detail["sha256"] == sha256_of(protocol_facts(now))
    # What panelists agreed to, and the hash of what was locked, stay.
    assert (now.digest, now.notice_digest, now.locked_at) == (locked.digest, locked.notice_digest, locked.locked_at)
    assert broken_link(study.pk) is None


def test_a_limit_of_rounds_can_be_amended_alone() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    amend(study, FULL, most_rounds=3)
    [amendment] = amendments_of(fresh(study))
    assert amendment.before.rule == amendment.after.rule == FULL
    assert (amendment.before.stopping.most_rounds, amendment.after.stopping.most_rounds) == (None, 3)


def test_rounds_keep_the_rule_and_the_verdicts_that_they_were_frozen_with() -> None:
    study = factories.make_study(statements=1)
    first = factories.hold_round(study, [[8] * 10])
    before = results_of(first)[0]
    amend(study, STRONG)
    second = factories.hold_round(fresh(study), [[8] * 10])
    after = results_of(first)[0]
    assert (after.rule, after.shown, after.is_settled) == (FULL, before.shown, True)
    changed = results_of(second)[0]
    assert (changed.rule, changed.is_settled) == (STRONG, False)
    assert rules_by_round(fresh(study)) == {first.pk: FULL, second.pk: STRONG}
    assert broken_promise(fresh(study)) is None


def test_an_amendment_that_is_taken_out_of_the_chain_is_missed() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    amend(study)
    factories.hold_round(fresh(study), [[9] * 10])
    AuditEntry.objects.get(study=study, action="protocol amended").delete()
    assert broken_link(study.pk) is not None


def test_the_rule_in_the_chain_is_read_back_as_it_was_locked() -> None:
    study = factories.make_study(statements=1)
    update(study, NAMED_RULES["super-majority"])
    factories.hold_round(study)
    facts = AuditEntry.objects.get(study=study, action="protocol locked").detail["facts"]
    assert rule_from_json(facts["rule"]) == NAMED_RULES["super-majority"]
    assert (facts["stable_percent"], facts["most_rounds"]) == (15, None)


@pytest.mark.parametrize(
    ("statistics", "least_answers", "is_kept"),
    [
        (("mean", "iqr"), 5, True),
        (("mean", "iqr", "disagreement_index"), 5, False),
        (("mean", "sd"), 6, False),
        (("sd",), 5, True),
        (("mean", "sd", "iqr"), 7, True),
        (("median", "mean", "iqr"), 5, True),
    ],
    ids=str,
)
def test_a_rule_tells_few_figures_where_five_or_six_ratings_are_shown(
    statistics: tuple[StatisticName, ...], least_answers: int, is_kept: bool
) -> None:
    study = factories.make_study(panelists=0, statements=0)
    rule = Rule("Much told", AllOf(tuple(Clause(name, ">=", Fraction(1)) for name in statistics)))
    facts = {**protocol_facts(study.protocol), "rule": rule_to_json(rule), "least_answers": least_answers}
    with nullcontext() if is_kept else pytest.raises(StudyError, match="Set the fewest answers for a result to 7"):
        update_protocol(study=study, actor=factories.facilitator_of(study), now=database_now(), **facts)
