"""Rules as JSON: what is stored and hashed, and what is refused."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.consensus import (
    FULL_CONSENSUS,
    NAMED_RULES,
    AllOf,
    AnyOf,
    ByRound,
    Clause,
    Derived,
    Not,
    Outcome,
    Rule,
    Scale,
    rule_digest,
    rule_from_json,
    rule_to_json,
)
from tests.consensus.rule_trees import rules

FULL_CONSENSUS_JSON: dict[str, Any] = {
    "name": "Full consensus",
    "scale": {"low": 1, "high": 9},
    "quorum": 1,
    "all": [
        {"statistic": "least", "operator": ">", "threshold": "5"},
        {"statistic": "mean", "operator": ">", "threshold": "7"},
    ],
}
LEAST: dict[str, Any] = FULL_CONSENSUS_JSON["all"][0]
SHARE: dict[str, Any] = {"statistic": "share", "operator": ">=", "threshold": "0.7", "band": [7, 9]}
SHAPES = 'A rule holds "all" or "any" with a list, "not" with a clause, or "statistic", "operator" and "threshold".'


def test_full_consensus_is_stored_as_it_always_was() -> None:
    # To the letter, and in this order: studies keep it, and hash it.
    assert json.dumps(rule_to_json(FULL_CONSENSUS)) == json.dumps(FULL_CONSENSUS_JSON)
    assert rule_from_json(FULL_CONSENSUS_JSON) == FULL_CONSENSUS


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("full-consensus", "b9123d940662570dd78792d12badb3d5dba48eeedeccd8f50ec3bc8670d4c92a"),
        ("strong-consensus", "f067c20e0c72"),
        ("rand-ucla", "f01af197fff9"),
        ("rand-ucla-strict", "b56404f8a096"),
        ("rand-ucla-relaxed", "a5a5aec2984d"),
        ("rand-ucla-ipras", "287ea5b75895"),
        ("cos-70-15", "fe4647a27fa0"),
        ("cos-70-15-every-group", "83d279b519d9"),
        ("percent-agreement", "4df6893c59d4"),
        ("median-iqr", "a7a1f1e42750"),
        ("grade-importance", "c7cc132e1ad6"),
        ("super-majority", "1b7b3cef27fd"),
        ("apmo", "107a0fa9564d"),
    ],
)
def test_a_digest_is_a_fixed_fact_of_its_rule(name: str, digest: str) -> None:
    # Studies store these: if one changes, rules that were locked no longer match.
    assert rule_digest(NAMED_RULES[name]).startswith(digest)


@pytest.mark.parametrize("name", NAMED_RULES)
def test_every_built_in_rule_survives_the_way_through_json(name: str) -> None:
    assert rule_from_json(json.loads(json.dumps(rule_to_json(NAMED_RULES[name])))) == NAMED_RULES[name]


@given(rules)
def test_every_rule_survives_the_way_through_json(rule: Rule) -> None:
    read = rule_from_json(json.loads(json.dumps(rule_to_json(rule))))
    assert read == rule
    assert rule_digest(read) == rule_digest(rule)


@given(
    st.sampled_from([Scale(0, 10), Scale(1, 5), Scale(1, 7)]),
    st.sampled_from(["rated", "asked", "invited"]),
    st.lists(st.fractions(0, 1, max_denominator=4096), min_size=1, max_size=4),
)
def test_scales_denominators_and_thresholds_by_round_survive_too(
    scale: Scale, denominator: Any, thresholds: list[Fraction]
) -> None:
    clause = Clause("share", ">=", ByRound(tuple(thresholds)), band=(2, 4), denominator=denominator)
    rule = Rule("One", AllOf((Clause("quorum", ">", Fraction(2, 3), denominator="invited"), clause)), scale)
    assert rule_from_json(json.loads(json.dumps(rule_to_json(rule)))) == rule


@pytest.mark.parametrize("thousandths", [Fraction(617, 1024), Fraction(1, 2048), Fraction(999, 1000000)])
def test_a_threshold_that_follows_from_many_ratings_survives(thousandths: Fraction) -> None:
    rule = Rule("APMO of 1,024 opinions", Clause("share", ">", thousandths, band=(7, 9)))
    assert rule_from_json(rule_to_json(rule)) == rule


@pytest.mark.parametrize(
    "other",
    [
        Rule("One", Clause("mean", ">=", Fraction(7))),
        Rule("One", Clause("mean", ">", Fraction(7)), quorum=2),
        Rule("One", Clause("mean", ">", Fraction(7)), Scale(0, 10)),
        Rule("One", Clause("mean", ">", Fraction(7)), quantile=6),
        Rule("One", Clause("mean", ">", Fraction(7), population="any group")),
        Rule("One", Clause("median", ">", Fraction(7))),
        Rule("One", Clause("mean", ">", Fraction(7)), out=Clause("mean", "<", Fraction(3))),
        Rule("One", Clause("mean", ">", Fraction(7)), near=Clause("mean", "<", Fraction(3))),
        Rule("One", Clause("mean", ">", Fraction(7)), labels={Outcome.IN: "good"}),
        Rule("One", Not(Clause("mean", ">", Fraction(7)))),
        Rule("One", AnyOf((Clause("mean", ">", Fraction(7)),))),
    ],
    ids=["operator", "quorum", "scale", "quantile", "group", "statistic", "out", "near", "labels", "not", "any"],
)
def test_the_digest_tells_rules_apart(other: Rule) -> None:
    assert rule_digest(other) != rule_digest(Rule("One", Clause("mean", ">", Fraction(7))))


def test_what_is_as_usual_may_be_left_out() -> None:
    data = {"name": "One", "statistic": "mean", "operator": ">", "threshold": "7.50"}
    assert rule_from_json(data) == Rule("One", Clause("mean", ">", Fraction(15, 2)))


def test_a_rule_with_everything_is_read() -> None:
    data = {
        "name": "All of it",
        "quorum": 5,
        "quantile": 6,
        "any": [{"not": SHARE}, {"all": [{**LEAST, "population": "every group"}]}],
        "out": {"statistic": "each_extreme", "operator": ">=", "threshold": {"from": "panel size"}},
        "near": {**SHARE, "denominator": "asked", "threshold": {"rounds": ["0.75", "2/3"]}},
        "labels": {"in": "good"},
    }
    least = Clause("least", ">", Fraction(5), population="every group")
    rounds = ByRound((Fraction(3, 4), Fraction(2, 3)))
    assert rule_from_json(data) == Rule(
        "All of it",
        AnyOf((Not(Clause("share", ">=", Fraction(7, 10), band=(7, 9))), AllOf((least,)))),
        quorum=5,
        out=Clause("each_extreme", ">=", Derived.PANEL_SIZE),
        near=Clause("share", ">=", rounds, band=(7, 9), denominator="asked"),
        quantile=6,
        labels={Outcome.IN: "good"},
    )


def _changed(**changes: Any) -> dict[str, Any]:
    return {**FULL_CONSENSUS_JSON, **changes}


def _clause(**changes: Any) -> dict[str, Any]:
    return _changed(all=[{**LEAST, **changes}])


def _share(**changes: Any) -> dict[str, Any]:
    return _changed(all=[{**SHARE, **changes}])


def _nested(levels: int) -> dict[str, Any]:
    data = dict(LEAST)
    for level in range(levels):
        data = {"not": data} if level % 2 else {"all": [data]}
    return {"name": "Deep", **data}


def test_five_levels_are_deep_enough() -> None:
    assert rule_from_json(_nested(5)).clauses == (Clause("least", ">", Fraction(5)),)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([], "A rule is a JSON object."),
        (_changed(name=" "), "A rule needs a name of 1 to 100 characters."),
        (_changed(name=None), "A rule needs a name of 1 to 100 characters."),
        (_changed(all=[]), "A rule needs at least one clause."),
        (_changed(all=[3]), "A clause of a rule is a JSON object."),
        (_changed(any=[]), SHAPES),
        ({"name": "Nothing"}, SHAPES),
        (_clause(weight=2), SHAPES),
        (_changed(out={}), SHAPES),
        (_changed(near={"all": {}}), SHAPES),
        (_clause(statistic="mode"), "There is no statistic 'mode'."),
        (_clause(statistic=[]), "There is no statistic []."),
        (_clause(operator="=="), "There is no operator '=='."),
        (_clause(threshold=7), "A threshold is text such as '7', not 7."),
        (_clause(threshold="1e9"), "'1e9' is not a number such as 7, 7.5 or 2/3."),
        (_clause(threshold="1/0"), "'1/0' is not a number such as 7, 7.5 or 2/3."),
        (_clause(threshold="٧"), "'٧' is not a number such as 7, 7.5 or 2/3."),
        (_clause(threshold={"rounds": []}), "Thresholds by round need at least one."),
        (_clause(threshold={"rounds": [7]}), "A threshold is text such as '7', not 7."),
        (_clause(threshold={"rounds": ["1"] * 21}), "Thresholds by round are at most 20."),
        (
            _clause(threshold={"from": "panel size"}),
            "A clause about 'least' has no threshold by the size of the panel.",
        ),
        (_clause(threshold="-1"), "A threshold is 0 or more."),
        (_clause(band=[1, 3]), "A clause about 'least' has no band."),
        (_clause(denominator="asked"), "A clause about 'least' has no denominator."),
        (_clause(population="nobody"), "There is no population 'nobody'."),
        (_share(denominator="everyone"), "There is no denominator 'everyone'."),
        (_share(band=[7]), "A band is a list of two whole numbers, such as [7, 9]."),
        (_share(band=[7, 9.0]), "A band is a list of two whole numbers, such as [7, 9]."),
        (_share(band=[9, 7]), "A band rises, and 9-7 does not."),
        (_share(band=[7, 10]), "The band 7-10 is not on the scale 1-9."),
        (_share(threshold="70"), "The threshold of a share is at most 1."),
        (
            _share(denominator="invited", population="any group"),
            "A clause by group counts those who rated or who were asked, not those who were invited.",
        ),
        (_changed(scale=9), 'A scale holds "low" and "high".'),
        (_changed(scale={"low": 1, "high": True}), "The ends of a scale are whole numbers."),
        (_changed(scale={"low": 9, "high": 1}), "A scale rises from 0 or more to at most 100."),
        (_changed(scale={"low": 1, "high": 101}), "A scale rises from 0 or more to at most 100."),
        (_changed(quorum=0), "A quorum is a whole number of 1 or more, not 0."),
        (_changed(quorum="5"), "A quorum is a whole number of 1 or more, not '5'."),
        (_changed(quantile=5), "Quantiles are of type 7, 6 or 2, not 5."),
        (_changed(quantile=7.0), "Quantiles are of type 7, 6 or 2, not 7.0."),
        (_changed(labels=["good"]), "The labels of a rule are a JSON object."),
        (_changed(labels={"maybe": "good"}), "There is no outcome 'maybe'."),
        (_changed(labels={"in": " "}), "A label is text of 1 to 60 characters."),
        (_changed(all=[LEAST] * 21), "A rule has at most 20 clauses."),
        (_nested(6), "A rule is at most 5 levels deep."),
        (
            {"name": "No", "not": {"statistic": "quorum", "operator": ">", "threshold": "0.5", "denominator": "asked"}},
            "A quorum cannot be negated.",
        ),
    ],
)
def test_what_is_no_rule_is_refused_in_one_sentence(data: object, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        rule_from_json(data)
    assert str(caught.value) == sentence
