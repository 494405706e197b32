"""Rules as data: JSON, digest and the sentence that the notice prints."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.consensus import (
    FULL_CONSENSUS,
    AllOf,
    Clause,
    Rule,
    Scale,
    rule_digest,
    rule_from_json,
    rule_sentence,
    rule_to_json,
)

FULL_CONSENSUS_JSON: dict[str, Any] = {
    "name": "Full consensus",
    "scale": {"low": 1, "high": 9},
    "quorum": 1,
    "all": [
        {"statistic": "least", "operator": ">", "threshold": "5"},
        {"statistic": "mean", "operator": ">", "threshold": "7"},
    ],
}

clauses = st.builds(
    Clause,
    st.sampled_from(["least", "mean"]),
    st.sampled_from([">", ">=", "<", "<="]),
    st.fractions(min_value=1, max_value=9, max_denominator=12),
)
conditions = st.recursive(
    clauses,
    lambda parts: st.builds(AllOf, st.lists(parts, min_size=1, max_size=3).map(tuple)),
    max_leaves=4,
)
rules = st.builds(
    Rule,
    name=st.text(min_size=1, max_size=20).filter(str.strip),
    condition=conditions.filter(lambda condition: _depth(condition) <= 5),
    scale=st.sampled_from([Scale(1, 9), Scale(0, 10), Scale(1, 5)]),
    quorum=st.integers(1, 12),
)


def _depth(condition: Clause | AllOf) -> int:
    return 0 if isinstance(condition, Clause) else 1 + max(map(_depth, condition.parts))


def test_full_consensus_as_json() -> None:
    assert rule_to_json(FULL_CONSENSUS) == FULL_CONSENSUS_JSON
    assert rule_from_json(FULL_CONSENSUS_JSON) == FULL_CONSENSUS


def test_full_consensus_as_a_sentence() -> None:
    assert rule_sentence(FULL_CONSENSUS) == ("Full consensus: every rating is above 5 and the mean is above 7.")


def test_a_sentence_names_operators_and_quorum() -> None:
    parts = (
        Clause("least", ">=", Fraction(6)),
        Clause("least", "<", Fraction(9)),
        Clause("mean", "<=", Fraction("8.5")),
    )
    assert rule_sentence(Rule("Odd", AllOf(parts), quorum=5)) == (
        "Odd: every rating is at least 6, the lowest rating is below 9 and the mean is at most 8.5,"
        " judged from 5 ratings up."
    )


def test_the_digest_is_a_fixed_fact_of_the_rule() -> None:
    # Studies store this digest: if it changes, rules that were locked no longer match.
    assert rule_digest(FULL_CONSENSUS) == ("b9123d940662570dd78792d12badb3d5dba48eeedeccd8f50ec3bc8670d4c92a")


def test_the_digest_tells_above_from_at_least() -> None:
    strict = Rule("One", Clause("mean", ">", Fraction(7)))
    loose = Rule("One", Clause("mean", ">=", Fraction(7)))
    assert rule_digest(strict) != rule_digest(loose)


def test_scale_and_quorum_may_be_left_out() -> None:
    data = {"name": "One", "statistic": "mean", "operator": ">", "threshold": "7.50"}
    assert rule_from_json(data) == Rule("One", Clause("mean", ">", Fraction(15, 2)))


@given(rules)
def test_every_rule_survives_the_way_through_json(rule: Rule) -> None:
    read = rule_from_json(json.loads(json.dumps(rule_to_json(rule))))
    assert read == rule
    assert rule_digest(read) == rule_digest(rule)


def _changed(**changes: Any) -> dict[str, Any]:
    return {**FULL_CONSENSUS_JSON, **changes}


def _clause(**changes: Any) -> dict[str, Any]:
    return _changed(all=[{**FULL_CONSENSUS_JSON["all"][0], **changes}])


def _nested(levels: int) -> dict[str, Any]:
    data = dict(FULL_CONSENSUS_JSON["all"][0])
    for _ in range(levels):
        data = {"all": [data]}
    return {"name": "Deep", **data}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([], "A rule is a JSON object."),
        (_changed(name=" "), "A rule needs a name of 1 to 100 characters."),
        (_changed(name=None), "A rule needs a name of 1 to 100 characters."),
        (_changed(all=[]), "A rule needs at least one clause."),
        (_changed(all=[3]), "A clause of a rule is a JSON object."),
        (
            _changed(any=[]),
            'A rule holds "all" or "any" with a list, "not" with a clause, or "statistic", "operator" and "threshold".',
        ),
        (_clause(statistic="mode"), "There is no statistic 'mode'."),
        (_clause(statistic=[]), "There is no statistic []."),
        (_clause(operator="=="), "There is no operator '=='."),
        (_clause(threshold=7), "A threshold is text such as '7', not 7."),
        (_clause(threshold="1e9"), "'1e9' is not a number such as 7, 7.5 or 2/3."),
        (_clause(threshold="1/0"), "'1/0' is not a number such as 7, 7.5 or 2/3."),
        (_clause(threshold="٧"), "'٧' is not a number such as 7, 7.5 or 2/3."),
        (_changed(scale=9), 'A scale holds "low" and "high".'),
        (_changed(scale={"low": 1, "high": True}), "The ends of a scale are whole numbers."),
        (_changed(scale={"low": 9, "high": 1}), "A scale rises from 0 or more to at most 100."),
        (_changed(scale={"low": 1, "high": 101}), "A scale rises from 0 or more to at most 100."),
        (_changed(quorum=0), "A quorum is a whole number of 1 or more, not 0."),
        (_changed(quorum="5"), "A quorum is a whole number of 1 or more, not '5'."),
        (_nested(6), "A rule is at most 5 levels deep."),
    ],
)
def test_what_is_no_rule_is_refused_in_one_sentence(data: object, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        rule_from_json(data)
    assert str(caught.value) == sentence
