"""Each round keeps the rule by which it was judged, every threshold a number, and says the same ever after."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.consensus import (
    NAMED_RULES,
    Choices,
    Outcome,
    Rule,
    built_in_rule,
    plain_number,
    rule_from_json,
    rule_to_json,
)
from surveys.feedback.models import GroupResult, Result, RoundResult
from surveys.feedback.queries import results_of, rules_by_round
from surveys.feedback.services.checking import broken_promise
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.studies.models import AuditEntry, Protocol, Study
from surveys.studies.queries import database_now
from surveys.studies.services import amend_protocol, record
from tests import factories
from tests.grouping import grouped_study

pytestmark = pytest.mark.django_db

FULL, STRONG = NAMED_RULES["full-consensus"], NAMED_RULES["strong-consensus"]


def with_rule(rule: Rule, statements: int = 1, panelists: int = 10) -> Study:
    study = factories.make_study(statements=statements, panelists=panelists)
    Protocol.objects.filter(study=study).update(rule=rule_to_json(rule))
    return study


def outcomes(round: Round) -> list[str]:
    return [str(result.shown.outcome) for result in results_of(round)]


def put_back(result: RoundResult, **changed: Any) -> None:
    """Replace what was frozen with a round: the database lets nobody change it in its place."""
    RoundResult.objects.filter(pk=result.pk).delete()
    for name, value in changed.items():
        setattr(result, name, value)
    result.save(force_insert=True)


def test_a_super_majority_falls_from_round_to_round() -> None:
    study = with_rule(NAMED_RULES["super-majority"])
    ratings: Sequence[int | str] = [8] * 7 + [5] * 3
    rounds = [factories.hold_round(study, [ratings]) for _number in range(4)]
    assert [outcomes(round) for round in rounds] == [["none"], ["in"], ["in"], ["in"]]
    frozen = [rule_from_json(RoundResult.objects.get(round=round).rule) for round in rounds]
    assert [plain_number(rule.clauses[0].thresholds[0]) for rule in frozen] == ["0.75", "0.67", "0.5", "0.5"]
    assert results_of(rounds[0])[0].shown.verdict is not None
    assert results_of(rounds[1])[0].shown.verdict.reasons == (  # type: ignore[union-attr]
        "7 of 10 ratings are from 7 to 9: 70%, at least 67%.",
    )


def test_rounds_by_which_a_super_majority_falls_are_rating_rounds() -> None:
    study = with_rule(NAMED_RULES["super-majority"])
    for _option in range(2):
        factories.make_option(study)
    survey = factories.hold_survey(study, [{"v1-against": "none"}] * 10, [Round.Question.AGAINST])
    assert (survey.number, survey.kind_number) == (1, 1)
    assert outcomes(factories.hold_round(study, [[8] * 7 + [5] * 3])) == ["none"]


@pytest.mark.parametrize(
    ("denominator", "threshold", "expected"),
    [("rated", "0.5", ["in", "none", "none"]), ("asked", "0.5", ["in", "none", "none"])],
)
def test_majority_opinions_are_those_of_the_whole_round(denominator: Any, threshold: str, expected: list[str]) -> None:
    study = with_rule(built_in_rule("apmo", Choices(denominator=denominator)), statements=3)
    agreed = [([8] * 9, [2]), ([8] * 4, [2] * 6), ([8] * 5, [2] * 3, [5] * 2)]
    round = factories.hold_round(study, [[rating for part in parts for rating in part] for parts in agreed])
    assert outcomes(round) == expected
    rule = rule_from_json(RoundResult.objects.get(round=round).rule)
    assert plain_number(rule.clauses[0].thresholds[0]) == threshold
    assert broken_promise(study) is None


def test_abstentions_and_gaps_lower_the_average_of_those_who_were_asked() -> None:
    study = with_rule(built_in_rule("apmo", Choices(denominator="asked")), statements=2)
    round = factories.hold_round(study, [[*[8] * 6, "abstain", "abstain", "", ""], [8] * 5 + [2] * 5])
    # 6 of 10 who were asked agree, a majority; nothing else is one: 6 of 20.
    assert rule_from_json(RoundResult.objects.get(round=round).rule).clauses[0].thresholds == (Fraction(6, 20),)
    assert outcomes(round) == ["in", "in"]


def test_a_statement_that_too_few_rated_tells_nothing_of_itself_by_the_average() -> None:
    study = with_rule(NAMED_RULES["apmo"], statements=2)
    round = factories.hold_round(study, [[8] * 6 + [2] * 4, [9] * 4 + ["abstain"] * 6])
    # Without the second statement, of whose four nobody learns anything: 6 of 10, not 10 of 14.
    assert rule_from_json(RoundResult.objects.get(round=round).rule).clauses[0].thresholds == (Fraction(6, 10),)
    assert [result.shown.is_hidden for result in results_of(round)] == [False, True]


def test_a_threshold_with_many_decimals_is_kept_and_read_back() -> None:
    study = with_rule(NAMED_RULES["apmo"], statements=2, panelists=7)
    round = factories.hold_round(study, [[8] * 6 + [2], [8] * 5 + [2] * 2])
    rule = rule_from_json(RoundResult.objects.get(round=round).rule)
    assert rule.clauses[0].thresholds == (Fraction(11, 14),)
    assert outcomes(round) == ["in", "none"]


def test_rounds_that_were_frozen_before_rules_were_kept_have_that_of_their_time() -> None:
    study = factories.make_study(statements=1)
    rounds = [factories.hold_round(study, [[8] * 10])]
    for number, rule in ((2, STRONG), (3, NAMED_RULES["cos-70-15"])):
        amend_protocol(
            study=study,
            actor=factories.facilitator_of(study),
            rule=rule_to_json(rule),
            stable_percent=15,
            most_rounds=None,
            reason="Why not.",
            from_round=number,
            now=database_now(),
        )
        rounds.append(factories.hold_round(study, [[8] * 10]))
    for round in rounds[:2]:
        put_back(RoundResult.objects.get(round=round), rule=None)
    study = Study.objects.get(pk=study.pk)
    assert list(rules_by_round(study).values()) == [FULL, STRONG, NAMED_RULES["cos-70-15"]]
    assert [outcomes(round) for round in rounds] == [["in"], ["none"], ["in"]]


def test_without_amendments_an_old_round_has_the_rule_of_the_protocol() -> None:
    study = factories.make_study(statements=1)
    round = factories.hold_round(study, [[8] * 10])
    put_back(RoundResult.objects.get(round=round), rule=None, groups=None)
    assert rules_by_round(study) == {round.pk: FULL}
    assert outcomes(round) == ["in"]


@pytest.mark.parametrize(
    "changed",
    [{"rule": rule_to_json(STRONG)}, {"rule": None}, {"groups": ["Nurses"]}, {"invited": 11}],
    ids=["rule", "no rule", "groups", "invited"],
)
def test_a_frozen_rule_that_was_changed_is_found(changed: dict[str, Any]) -> None:
    study = factories.make_study(statements=1)
    round = factories.hold_round(study, [[8] * 10])
    assert broken_promise(study) is None
    put_back(RoundResult.objects.get(round=round), **changed)
    assert broken_promise(study) == "The rule by which Rating round 1 was judged is not the one that was frozen."


def test_an_entry_of_the_chain_from_before_says_nothing_of_the_rule() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study, [[8] * 10], released=False)
    entry = AuditEntry.objects.filter(study=study).latest("number")
    assert entry.action == "result frozen"
    entry.delete()
    del entry.detail["judged_sha256"]
    record(study=study, actor=entry.actor, action=entry.action, now=entry.at, detail=entry.detail)
    assert broken_promise(study) is None


def test_what_was_hashed_is_not_read_with_every_statement() -> None:
    study = factories.make_study(statements=3)
    round = factories.hold_round(study)
    with CaptureQueriesContext(connection) as queries:
        results_of(round)
    assert queries.captured_queries
    assert not [query for query in queries.captured_queries if "hashed" in query["sql"]]


RULES = [
    *(rule for name, rule in NAMED_RULES.items() if name != "cos-70-15-every-group"),
    built_in_rule("cos-70-15", Choices(denominator="asked")),
    built_in_rule("percent-agreement", Choices(denominator="invited")),
]
answers = st.sampled_from(["", "abstain", 1, 3, 5, 6, 7, 7, 8, 8, 9])


@pytest.mark.parametrize("rule", [*RULES, NAMED_RULES["cos-70-15-every-group"]], ids=lambda rule: rule.name)
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.lists(st.lists(answers, min_size=12, max_size=12), min_size=2, max_size=2))
def test_what_is_judged_again_is_what_was_frozen(rule: Rule, table: list[list[int | str]]) -> None:
    study = grouped_study({"Nurses": 6, "Physicians": 6}, "panel")
    factories.make_statement(factories.make_vignette(study))
    Protocol.objects.filter(study=study).update(rule=rule_to_json(rule))
    round = factories.open_round(study)
    for place, panelist in enumerate(panel_of(study)):
        factories.fill_sheet(panelist, round, [row[place] for row in table])
    closed = factories.close_and_freeze(round)
    frozen = Result.objects.filter(asked__round=round).order_by("asked__number")
    for row, result in zip(frozen, results_of(closed), strict=True):
        assert row.consensus is result.shown.consensus
        if not result.shown.is_hidden and rule.asks_groups:
            known = set(GroupResult.objects.filter(asked=row.asked).values_list("group", flat=True))
            if known != {"Nurses", "Physicians"} and result.shown.outcome is not Outcome.NONE:
                assert result.shown.outcome is Outcome.NOT_EVALUABLE
    assert broken_promise(study) is None
