"""Clauses that are judged by group: in every group, in any group, and where too little is known of one."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest

from surveys.consensus import NAMED_RULES, AllOf, AnyOf, Clause, Not, Outcome, Rule, Tally, judge
from tests.consensus.rule_trees import Groups, tally

HIGH, LOW = [8] * 5, [2] * 5
EVERY = Clause("mean", ">", Fraction(7), population="every group")
ANY = Clause("mean", ">", Fraction(7), population="any group")


def outcome(rule: Rule, groups: Groups, ratings: Sequence[int] = (*HIGH, *HIGH)) -> str:
    return str(judge(tally(ratings, groups=groups), rule).outcome)


@pytest.mark.parametrize(
    ("clause", "groups", "expected"),
    [
        (EVERY, {"A": HIGH, "B": HIGH}, "in"),
        (EVERY, {"A": HIGH, "B": LOW}, "none"),
        (EVERY, {"A": HIGH, "B": None}, "not evaluable"),
        (EVERY, {"A": HIGH, "B": []}, "not evaluable"),
        (EVERY, {"A": LOW, "B": None}, "none"),
        (EVERY, {}, "not evaluable"),
        (ANY, {"A": LOW, "B": HIGH}, "in"),
        (ANY, {"A": LOW, "B": LOW}, "none"),
        (ANY, {"A": HIGH, "B": None}, "in"),
        (ANY, {"A": LOW, "B": None}, "not evaluable"),
        (ANY, {}, "not evaluable"),
    ],
)
def test_one_group_decides_or_all_must_be_known(clause: Clause, groups: dict[str, Any], expected: str) -> None:
    assert outcome(Rule("r", clause), groups) == expected


@pytest.mark.parametrize(
    ("clause", "groups", "expected"),
    [
        (EVERY, {"A": HIGH, "B": HIGH}, "none"),
        (EVERY, {"A": LOW, "B": None}, "in"),
        (EVERY, {"A": HIGH, "B": None}, "not evaluable"),
        (ANY, {"A": LOW, "B": LOW}, "in"),
        (ANY, {"A": LOW, "B": None}, "not evaluable"),
        (ANY, {}, "not evaluable"),
    ],
)
def test_not_in_every_group_is_in_any_group_not(clause: Clause, groups: dict[str, Any], expected: str) -> None:
    assert outcome(Rule("r", Not(clause)), groups) == expected


def test_a_quorum_holds_in_each_group_too() -> None:
    rule = Rule("r", EVERY, quorum=5)
    assert outcome(rule, {"A": HIGH, "B": HIGH}) == "in"
    assert outcome(rule, {"A": HIGH, "B": [8] * 4}) == "not evaluable"
    assert outcome(rule, {"A": LOW, "B": [8] * 4}) == "none"


def test_whoever_is_in_no_group_counts_with_everyone_alone() -> None:
    rule = Rule("r", AllOf((EVERY, Clause("least", ">", Fraction(5)))))
    assert outcome(rule, {"A": HIGH}, [*HIGH, 6]) == "in"
    assert outcome(rule, {"A": HIGH}, [*HIGH, 5]) == "none"


def test_a_group_without_standard_deviation_is_unknown() -> None:
    narrow = Clause("sd", "<", Fraction(1), population="every group")
    assert outcome(Rule("r", narrow), {"A": HIGH, "B": [8]}) == "not evaluable"
    assert outcome(Rule("r", narrow), {"A": [1, 9], "B": [8]}) == "none"


def test_abstentions_of_a_group_count_in_its_share() -> None:
    clause = Clause("share", ">=", Fraction(7, 10), band=(7, 9), denominator="asked", population="every group")
    groups = {"A": Tally((0,) * 6 + (7, 0, 0), abstained=3), "B": Tally((0,) * 6 + (7, 0, 0), abstained=3, missing=1)}
    verdict = judge(Tally((0,) * 6 + (14, 0, 0), groups=groups), Rule("r", clause))
    assert verdict.reasons == (
        "A: 7 of 10 who took part rated from 7 to 9: 70%, at least 70%.",
        "B: 7 of 11 who took part rated from 7 to 9: 63.6%, and it must be at least 70%.",
    )


def test_core_outcomes_must_hold_in_every_group() -> None:
    rule = NAMED_RULES["cos-70-15-every-group"]
    seven_of_ten, six_of_ten = [7] * 7 + [5] * 3, [7] * 6 + [5] * 4
    together = [*seven_of_ten, *six_of_ten]
    # 13 of 20 would not do for the whole either; 7 of 10 and 14 of 20 do.
    assert outcome(rule, {"A": seven_of_ten, "B": six_of_ten}, together) == "none"
    assert outcome(rule, {"A": seven_of_ten, "B": seven_of_ten}, [*seven_of_ten, *seven_of_ten]) == "in"
    # Enough of the whole, but not of one group.
    assert outcome(rule, {"A": [7] * 10, "B": six_of_ten}, [*[7] * 10, *six_of_ten]) == "none"
    assert outcome(NAMED_RULES["cos-70-15"], {}, [*[7] * 10, *six_of_ten]) == "in"
    assert outcome(rule, {"A": LOW, "B": LOW}, [*LOW, *LOW]) == "out"
    assert outcome(rule, {"A": LOW, "B": None}, [*LOW, *LOW]) == "not evaluable"


def test_reasons_name_their_groups_and_those_of_which_too_little_is_known() -> None:
    verdict = judge(tally([*HIGH, *HIGH], groups={"Nurses": HIGH, "GPs": None, "UK panel": []}), Rule("r", EVERY))
    assert verdict.outcome is Outcome.NOT_EVALUABLE
    assert verdict.reasons == (
        "It cannot be said whether in every group the mean is above 7: too little is known of GPs, UK panel.",
        "Nurses: The mean, 8.00, is above 7.",
    )
    assert judge(tally(HIGH), Rule("r", EVERY)).reasons == (
        "It cannot be said whether in every group the mean is above 7: no groups are known.",
    )


def test_joined_reasons_keep_the_names_of_groups() -> None:
    rule = Rule("r", AllOf((Clause("mean", ">", Fraction(7)), EVERY)))
    verdict = judge(tally(HIGH, groups={"Nurses": HIGH, "UK panel": HIGH}), rule)
    assert verdict.sentence == (
        "The mean, 8.00, is above 7; Nurses: The mean, 8.00, is above 7; UK panel: The mean, 8.00, is above 7."
    )


def test_findings_name_their_group_and_the_clause() -> None:
    found = judge(tally(HIGH, groups={"A": HIGH, "B": LOW}), Rule("r", AnyOf((ANY, EVERY)))).clauses
    assert [(one.group, one.met, one.n, one.clause) for one in found] == [("A", True, 5, ANY), ("B", False, 5, ANY)]
