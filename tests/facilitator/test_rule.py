"""The rule in lines: every published rule can be said, tried out and kept; a locked one is amended for a reason."""

import re

import pytest
from django.http import QueryDict
from django.urls import reverse

from surveys.consensus import (
    FULL_CONSENSUS,
    NAMED_RULES,
    AllOf,
    AnyOf,
    Clause,
    Not,
    Rule,
    rule_from_json,
    rule_sentence,
    rule_to_json,
)
from surveys.consensus.rules import Outcome
from surveys.facilitator.forms.rule import RuleForm
from surveys.feedback.queries import results_of
from surveys.rounds.models import Round
from surveys.studies.models import AuditEntry, Protocol, Study
from surveys.studies.queries import amendments_of
from tests.factories import facilitator_of, hold_round, make_study, open_round, signed_in

pytestmark = pytest.mark.django_db
SEVEN = Clause("mean", ">", rule_from_json(rule_to_json(FULL_CONSENSUS)).clauses[1].thresholds[0])


def address(name: str, study: Study) -> str:
    return reverse(f"facilitator:{name}", args=[study.slug])


def sent(rule: Rule, **more: str) -> dict[str, str]:
    """What a browser sends of the form that shows this rule."""
    form = RuleForm.of_lines(rule)
    data = {"name": rule.name, "quorum": str(rule.quorum), "quantile": str(rule.quantile), "action": "save"}
    for section in form.sections:
        data[f"{section.outcome}-count"] = str(len(section.lines))
        for line in section.lines:
            data.update({line.add_prefix(name): str(line[name].value()) for name in line.fields})
    data.update({f"label-{outcome}": label for outcome, label in rule.labels.items()})
    return {**data, **more}


def as_posted(data: dict[str, str]) -> QueryDict:
    posted = QueryDict(mutable=True)
    posted.update(data)
    return posted


@pytest.mark.parametrize("name", NAMED_RULES)
def test_every_published_rule_comes_back_from_its_lines_as_it_was(name: str) -> None:
    form = RuleForm.posted(as_posted(sent(NAMED_RULES[name])))
    assert form.is_settled, form.errors
    # One clause alone comes back as a list of one, which says the same.
    assert rule_sentence(form.rule()) == rule_sentence(NAMED_RULES[name])
    assert form.rule().clauses == NAMED_RULES[name].clauses
    assert form.rule().labels == NAMED_RULES[name].labels


def test_lines_say_alternatives_and_near() -> None:
    either = AnyOf((SEVEN, NAMED_RULES["cos-70-15"].clauses[0]))
    rule = Rule("Either", AllOf((either, Clause("sd", "<=", SEVEN.thresholds[0]))), near=SEVEN)
    form = RuleForm.posted(as_posted(sent(rule)))
    assert form.is_settled
    assert form.rule().condition == rule.condition
    assert set(form.rule().conditions) == {Outcome.IN, Outcome.NEAR}


def test_what_lines_cannot_say_is_not_taken_for_something_else() -> None:
    deep = Rule("Deep", AnyOf((AllOf((SEVEN, NAMED_RULES["cos-70-15"].clauses[0])), SEVEN)))
    assert RuleForm.of(deep) is None
    turned = Rule("Turned", Not(AnyOf((SEVEN, NAMED_RULES["cos-70-15"].clauses[0]))))
    assert RuleForm.of(turned) is not None


def test_the_paper_s_rule_stays_what_it_was_when_nothing_is_changed() -> None:
    study = make_study(panelists=0, statements=0)
    response = signed_in(facilitator_of(study)).post(address("rule", study), sent(FULL_CONSENSUS))
    assert response.status_code == 302
    assert Protocol.objects.get(study=study).rule == rule_to_json(FULL_CONSENSUS)


def test_a_published_rule_is_taken_tried_out_and_kept() -> None:
    study = make_study(panelists=0, statements=0)
    client = signed_in(facilitator_of(study))
    page = client.get(address("rule", study), {"from": "cos-70-15"}).content.decode()
    assert rule_sentence(NAMED_RULES["cos-70-15"]) in page
    # Eight of ten ratings of the first statement are from 7 to 9 in the first round, and one of ten from 1 to 3.
    assert "8 of 10 ratings are from 7 to 9: 80%, at least 70%." in page
    assert "which are simulated" in page
    assert client.post(address("rule", study), sent(NAMED_RULES["cos-70-15"])).status_code == 302
    assert rule_from_json(Protocol.objects.get(study=study).rule) == NAMED_RULES["cos-70-15"]
    assert AuditEntry.objects.filter(study=study, action="protocol changed").count() == 1
    assert client.get(address("rule", study), {"from": "nonsense"}).status_code == 404


def test_a_clause_is_added_and_removed_without_scripts_and_nothing_is_lost() -> None:
    study = make_study(panelists=0, statements=0)
    client = signed_in(facilitator_of(study))
    typed = sent(FULL_CONSENSUS, **{"name": "Mine", "in-0-threshold": "abc", "action": "add out"})
    page = client.post(address("rule", study), typed).content.decode()
    assert 'value="abc"' in page
    assert 'value="Mine"' in page
    assert 'name="out-0-statistic"' in page
    assert "There is a problem" not in page
    page = client.post(address("rule", study), {**typed, "action": "remove in-0"}).content.decode()
    assert 'name="in-1-statistic"' not in page
    assert re.search(r'name="in-0-statistic".*?value="mean" selected', page, re.DOTALL)
    assert Protocol.objects.get(study=study).rule == rule_to_json(FULL_CONSENSUS)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"in-1-threshold": "10"}, "Enter a number from 1 to 9"),
        ({"in-1-threshold": "9"}, "Nothing lies beyond the end of the scale"),
        ({"in-1-threshold": ""}, "Fill in the bound."),
        ({"in-1-threshold": "high"}, "“high” is not a number such as 7 or 7.5."),
        ({"in-1-threshold": "75%"}, "“75%” is not a number such as 7 or 7.5."),
        ({"in-1-statistic": "share", "in-1-threshold": "70%"}, "Fill in the band"),
        ({"in-1-statistic": "share", "in-1-band": "7-9", "in-1-threshold": "0.7"}, "give percent, such as 75%"),
        ({"in-1-statistic": "share", "in-1-band": "9-7", "in-1-threshold": "70%"}, "A band rises"),
        ({"in-1-statistic": "share", "in-1-band": "7-10", "in-1-threshold": "70%"}, "is not on the scale 1-9"),
        ({"in-1-statistic": "quorum", "in-1-threshold": "70%"}, "A quorum is a share of all who took part"),
        ({"in-1-statistic": "each_extreme", "in-1-threshold": "few"}, "“few” is no number of ratings"),
        ({"in-1-statistic": "shoe size"}, "Select a valid choice"),
        ({"in-1-population": "every group"}, "This rule judges by group"),
        ({"in-count": "0"}, "A rule needs at least one clause"),
        ({"name": " "}, "Fill this in."),
        ({"quorum": "0"}, "Enter a whole number from 1 to 1000."),
        ({"quantile": "3"}, "Select a valid choice"),
    ],
    ids=lambda value: "-".join(f"{name}={text}" for name, text in value.items()) if isinstance(value, dict) else "",
)
def test_what_is_no_rule_is_refused_in_one_sentence_and_kept_as_typed(changed: dict[str, str], sentence: str) -> None:
    study = make_study(panelists=0, statements=0)
    response = signed_in(facilitator_of(study)).post(address("rule", study), sent(FULL_CONSENSUS, **changed))
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page.replace("&#x27;", "'")
    assert "There is a problem" in page
    assert Protocol.objects.get(study=study).rule == rule_to_json(FULL_CONSENSUS)


def test_htmx_gets_the_sentence_alone() -> None:
    study = make_study(panelists=0, statements=0)
    client = signed_in(facilitator_of(study))
    data = sent(FULL_CONSENSUS, **{"in-1-threshold": "6.5", "action": "try"})
    page = client.post(address("rule", study), data, headers={"HX-Request": "true"}).content.decode()
    assert "every rating is above 5 and the mean is above 6.5." in page
    assert "<form" not in page
    page = client.post(
        address("rule", study), {**data, "in-1-threshold": ""}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "The rule is not whole yet." in page


def test_a_name_of_markup_is_text() -> None:
    study = make_study(panelists=0, statements=0)
    client = signed_in(facilitator_of(study))
    named = sent(FULL_CONSENSUS, name="<b>100%</b> %(name)s", action="try")
    page = client.post(address("rule", study), named).content.decode()
    assert "&lt;b&gt;100%&lt;/b&gt; %(name)s: every rating is above 5" in page


AMENDED = {"stable_percent": "20", "most_rounds": "", "reason": "The pilot showed that 7 is too strict."}


def test_a_locked_rule_is_amended_and_earlier_rounds_keep_their_verdicts() -> None:
    study = make_study(statements=1)
    first = hold_round(study, [[7] * 10])
    study.refresh_from_db()
    client = signed_in(facilitator_of(study))
    assert client.get(address("rule", study)).url == address("amend", study)
    page = client.get(address("amend", study)).content.decode()
    assert "vote number 2 on" in page
    looser = sent(FULL_CONSENSUS, **{"in-1-operator": ">=", **AMENDED})
    assert client.post(address("amend", study), looser).status_code == 302
    (amendment,) = amendments_of(study)
    assert (amendment.from_round, amendment.reason) == (2, AMENDED["reason"])
    second = hold_round(study, [[7] * 10])
    assert [results_of(round)[0].shown.consensus for round in (first, second)] == [False, True]
    page = client.get(address("protocol", study)).content.decode()
    assert AMENDED["reason"] in page
    assert "the mean is above 7." in page
    assert "the mean is at least 7." in page


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"reason": " "}, "Fill this in."),
        ({}, "Nothing changes by this amendment."),
        ({"in-1-threshold": "70%"}, "is not a number such as 7 or 7.5."),
    ],
    ids=["no reason", "nothing", "no bound"],
)
def test_an_amendment_that_is_none_is_refused(changed: dict[str, str], sentence: str) -> None:
    study = make_study(statements=1)
    hold_round(study)
    kept = {**AMENDED, "stable_percent": "15"}
    data = sent(FULL_CONSENSUS, **{**kept, **changed})
    response = signed_in(facilitator_of(study)).post(address("amend", study), data)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert amendments_of(study) == []


def test_nothing_is_amended_while_a_round_is_open_or_before_the_first() -> None:
    study = make_study(statements=1)
    client = signed_in(facilitator_of(study))
    assert client.post(address("amend", study), sent(FULL_CONSENSUS, **AMENDED)).url == address("rule", study)
    open_round(study)
    response = client.post(address("amend", study), sent(FULL_CONSENSUS, **AMENDED))
    assert response.status_code == 422
    assert "A round is open. The rule can be amended when it has closed." in response.content.decode()
    assert Round.objects.filter(study=study, status=Round.Status.OPEN).exists()
    assert amendments_of(study) == []


def test_reasons_to_stop_are_told_with_their_numbers_and_decide_nothing() -> None:
    study = make_study(statements=2)
    Protocol.objects.filter(study=study).update(most_rounds=2)
    table: list[list[int | str]] = [[5] * 10, [8] * 10]
    hold_round(study, table)
    client = signed_in(facilitator_of(study))
    assert "limit" not in client.get(address("study", study)).content.decode()
    moved = [[5] * 9 + [7], [8] * 10]
    hold_round(study, moved)
    page = client.get(address("study", study)).content.decode()
    assert "1 of 2 statements lacks consensus; in it ratings moved little since the last round: 1 of 10" in page
    assert "2 rounds were held; the limit is 2." in page
    assert "Whether it is reason enough is for you to decide." in page
    assert "2 rounds were held; the limit is 2." in client.get(address("finish", study)).content.decode()


@pytest.mark.parametrize(("name", "is_said"), [("full-consensus", True), ("cos-70-15", False)])
def test_ratings_are_said_to_be_short_where_the_rule_lets_them_be_counted(name: str, is_said: bool) -> None:
    study = make_study(statements=1)
    Protocol.objects.filter(study=study).update(rule=rule_to_json(NAMED_RULES[name]))
    hold_round(study, [[8] * 6 + [5] * 4])
    page = signed_in(facilitator_of(study)).get(address("study", study)).content.decode()
    assert ("3 or more short" in page) == is_said


@pytest.mark.parametrize("sends", [{"action": "remove in-" + "1" * 5000}, {"in-count": "9" * 5000}, {"in-count": "-1"}])
def test_numbers_that_no_button_sends_change_no_line(sends: dict[str, str]) -> None:
    study = make_study(statements=1)
    answer = signed_in(facilitator_of(study)).post(address("rule", study), sent(FULL_CONSENSUS, **sends))
    assert answer.status_code in (200, 422)
    assert Protocol.objects.get(study=study).rule == rule_to_json(FULL_CONSENSUS)


def test_a_label_keeps_nothing_that_cannot_be_printed() -> None:
    study = make_study(statements=1)
    data = sent(NAMED_RULES["rand-ucla"], **{"label-in": "fine\x00\u202e"})
    assert signed_in(facilitator_of(study)).post(address("rule", study), data).status_code == 302
    assert Protocol.objects.get(study=study).rule["labels"]["in"] == "fine"
