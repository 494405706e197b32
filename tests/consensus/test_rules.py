"""Rules as trees: which clauses make sense, and what a rule says of itself."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given

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
)
from surveys.consensus.rules import Condition, leaves, without_not
from tests.consensus.rule_trees import conditions

MEAN = Clause("mean", ">", Fraction(7))
LEAST = Clause("least", ">=", Fraction(6))
HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ({"statistic": "share"}, "A clause about 'share' needs a band."),
        ({"statistic": "outside"}, "A clause about 'outside' needs a band."),
        ({"statistic": "mean", "band": (7, 9)}, "A clause about 'mean' has no band."),
        ({"statistic": "mean", "denominator": "asked"}, "A clause about 'mean' has no denominator."),
        ({"statistic": "quorum"}, "A quorum is a share of all who were asked or invited."),
        (
            {"statistic": "quorum", "denominator": "asked", "population": "every group"},
            "A quorum is a share of all who were asked or invited.",
        ),
        (
            {"statistic": "quorum", "denominator": "asked", "operator": "<"},
            "A quorum is a least share: its operator is '>' or '>='.",
        ),
        (
            {"statistic": "quorum", "denominator": "invited", "threshold": Fraction(2)},
            "The threshold of a share is at most 1.",
        ),
        (
            {"statistic": "mean", "threshold": Derived.PANEL_SIZE},
            "A clause about 'mean' has no threshold by the size of the panel.",
        ),
        (
            {"statistic": "median", "threshold": Derived.APMO},
            "The average percent of majority opinions is a threshold for the share of everyone's ratings alone.",
        ),
        (
            {"statistic": "share", "band": (7, 9), "threshold": Derived.APMO, "population": "every group"},
            "The average percent of majority opinions is a threshold for the share of everyone's ratings alone.",
        ),
        (
            {"statistic": "share", "band": (7, 9), "threshold": ByRound((HALF, Fraction(3, 2)))},
            "The threshold of a share is at most 1.",
        ),
    ],
)
def test_parts_that_do_not_go_together_make_no_clause(parts: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError) as caught:
        Clause(**{"operator": ">", "threshold": HALF, **parts})
    assert str(caught.value) == fault


@pytest.mark.parametrize(
    ("clause", "scale", "fault"),
    [
        (
            Clause("disagreement_index", "<=", Fraction(1)),
            Scale(1, 7),
            "A clause about 'disagreement_index' is made for the scale 1-9, not 1-7.",
        ),
        (
            Clause("outside", "<=", Derived.PANEL_SIZE, band=(4, 5)),
            Scale(1, 5),
            "A clause about 'outside' is made for the scale 1-9, not 1-5.",
        ),
        (
            Clause("cv", "<=", HALF),
            Scale(0, 10),
            "The coefficient of variation says nothing on a scale that begins at 0, as 0-10 does.",
        ),
        (Clause("share", ">", HALF, band=(4, 6)), Scale(1, 5), "The band 4-6 is not on the scale 1-5."),
        (Clause("share", ">", HALF, band=(0, 1)), Scale(1, 5), "The band 0-1 is not on the scale 1-5."),
        (
            Clause("share", ">", Derived.APMO, band=(3, 5)),
            Scale(1, 5),
            "With the band 3-5 some ratings would be in both majorities.",
        ),
        (
            Clause("share", ">", Derived.APMO, band=(1, 6)),
            Scale(1, 9),
            "With the band 1-6 some ratings would be in both majorities.",
        ),
    ],
)
def test_a_clause_that_cannot_be_judged_on_a_scale_makes_no_rule(clause: Clause, scale: Scale, fault: str) -> None:
    for rule in ({"condition": clause}, {"condition": MEAN, "out": Not(clause)}, {"condition": MEAN, "near": clause}):
        with pytest.raises(ValueError) as caught:
            Rule("One", scale=scale, **rule)
        assert str(caught.value) == fault


@pytest.mark.parametrize("kind", [AllOf, AnyOf])
def test_no_condition_is_empty(kind: type[AllOf | AnyOf]) -> None:
    with pytest.raises(ValueError, match=r"^A rule needs at least one clause\.$"):
        kind(())


def test_a_quorum_is_never_negated_however_deep_it_lies() -> None:
    quorum = Clause("quorum", ">=", HALF, denominator="invited")
    with pytest.raises(ValueError, match=r"^A quorum cannot be negated\.$"):
        Not(AllOf((MEAN, AnyOf((quorum,)))))


def test_thresholds_by_round_end_with_the_last() -> None:
    by_round = ByRound((Fraction(3, 4), Fraction(2, 3), HALF))
    assert [by_round.at(number) for number in (1, 2, 3, 4, 9)] == [Fraction(3, 4), Fraction(2, 3), HALF, HALF, HALF]
    for number in (0, -1):
        with pytest.raises(ValueError, match="counted from 1"):
            by_round.at(number)
    with pytest.raises(ValueError, match="at least one"):
        ByRound(())


def test_a_rule_lists_its_clauses_in_reading_order() -> None:
    share = Clause("share", ">", HALF, band=(1, 3), population="any group")
    rule = Rule("One", AnyOf((MEAN, Not(AllOf((LEAST, share))))), near=share, out=LEAST)
    assert rule.clauses == (MEAN, LEAST, share, LEAST, share)
    assert list(rule.conditions) == [Outcome.IN, Outcome.OUT, Outcome.NEAR]
    assert (rule.asks_groups, FULL_CONSENSUS.asks_groups) == (True, False)


def test_which_built_in_rules_ask_groups_or_hang_on_all_statements() -> None:
    assert [name for name, rule in NAMED_RULES.items() if rule.asks_groups] == ["cos-70-15-every-group"]
    assert [name for name, rule in NAMED_RULES.items() if rule.hangs_on_all] == ["apmo"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Not(MEAN), Clause("mean", "<=", Fraction(7))),
        (Not(LEAST), Clause("least", "<", Fraction(6))),
        (Not(Not(MEAN)), MEAN),
        (Not(AllOf((MEAN, Not(LEAST)))), AnyOf((Clause("mean", "<=", Fraction(7)), LEAST))),
        (
            AllOf((MEAN, Not(AnyOf((LEAST, MEAN))))),
            AllOf((MEAN, AllOf((Clause("least", "<", Fraction(6)), Clause("mean", "<=", Fraction(7)))))),
        ),
        (
            Not(Clause("share", ">", HALF, band=(7, 9), denominator="asked", population="every group")),
            Clause("share", "<=", HALF, band=(7, 9), denominator="asked", population="any group"),
        ),
    ],
    ids=["above", "at-least", "twice", "all", "within", "groups"],
)
def test_not_is_carried_down_into_the_operators(condition: Condition, expected: Condition) -> None:
    assert without_not(condition) == expected


@given(conditions)
def test_twice_not_is_nothing(condition: Condition) -> None:
    assert without_not(Not(Not(condition))) == without_not(condition)
    assert [clause.statistic for clause in leaves(without_not(Not(condition)))] == [
        clause.statistic for clause in leaves(condition)
    ]


@pytest.mark.parametrize(
    ("clauses", "told"),
    [
        ([Clause("least", ">", Fraction(5))], {(1, 5)}),
        ([Clause("least", ">=", Fraction("5.5"))], {(1, 5)}),
        ([Clause("most", "<", Fraction(4))], {(1, 3)}),
        # Where only the lowest rating itself is named nothing is counted.
        ([Clause("least", "<", Fraction(5))], set()),
        ([Clause("share", ">", HALF, band=(7, 9)), Clause("outside", "<=", HALF, band=(1, 6))], {(1, 6)}),
        ([Clause("share", ">", HALF, band=(6, 9)), Clause("least", ">", Fraction(5))], {(1, 5)}),
        ([Clause("share", ">", HALF, band=(4, 6)), Clause("share", ">", HALF, band=(1, 9))], {(4, 6)}),
        ([Clause("each_extreme", "<", Derived.PANEL_SIZE)], {(1, 3), (1, 6)}),
        ([Clause("least", ">", ByRound((Fraction(4), Fraction(5))))], {(1, 4), (1, 5)}),
        ([Clause("most", "<=", Fraction(9)), MEAN], set()),
        ([Clause("least", ">", Fraction(point)) for point in range(1, 9)], {(1, point) for point in range(1, 9)}),
    ],
)
def test_a_rule_knows_of_which_bands_its_reasons_tell(clauses: list[Clause], told: set[tuple[int, int]]) -> None:
    assert Rule("One", AllOf(tuple(clauses))).bands_told == told


def test_no_built_in_rule_tells_of_more_than_two_bands() -> None:
    assert {len(rule.bands_told) for rule in NAMED_RULES.values()} == {0, 1, 2}
