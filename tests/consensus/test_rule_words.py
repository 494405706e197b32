"""Rules as sentences: every clause, every operator, and brackets where they are needed."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given

from surveys.consensus import FULL_CONSENSUS, AllOf, AnyOf, ByRound, Clause, Derived, Not, Rule, Scale, rule_sentence
from surveys.consensus.rule_words import clause_phrase, condition_phrase
from surveys.consensus.rules import Condition, without_not
from tests.consensus.rule_trees import conditions

HALF = Fraction(1, 2)
HIGH, LOW = Clause("mean", ">", Fraction(7)), Clause("mean", "<", Fraction(3))
WIDE = Clause("iqr", ">", Fraction(2))


def share(operator: Any = ">=", threshold: Any = HALF, **parts: Any) -> Clause:
    return Clause("share", operator, threshold, **{"band": (7, 9), **parts})


@pytest.mark.parametrize(
    ("clause", "words"),
    [
        (Clause("least", ">", Fraction(5)), "every rating is above 5"),
        (Clause("least", ">=", Fraction(6)), "every rating is at least 6"),
        (Clause("least", "<", Fraction(9)), "the lowest rating is below 9"),
        (Clause("most", "<=", Fraction(3)), "every rating is at most 3"),
        (Clause("most", "<", Fraction(3)), "every rating is below 3"),
        (Clause("most", ">=", Fraction(3)), "the highest rating is at least 3"),
        (Clause("mean", ">", Fraction(20, 3)), "the mean is above 20/3"),
        (Clause("median", ">=", Fraction("6.5")), "the median is at least 6.5"),
        (Clause("iqr", "<=", Fraction(1)), "the interquartile range is at most 1"),
        (Clause("disagreement_index", ">", Fraction(1)), "the disagreement index is above 1"),
        (Clause("sd", "<", Fraction("1.5")), "the standard deviation is below 1.5"),
        (Clause("cv", "<=", HALF), "the coefficient of variation is at most 0.5"),
        (share(), "at least 50% of all ratings are from 7 to 9"),
        (share(">"), "more than 50% of all ratings are from 7 to 9"),
        (share("<"), "fewer than 50% of all ratings are from 7 to 9"),
        (share("<="), "at most 50% of all ratings are from 7 to 9"),
        (share(threshold=Fraction(2, 3)), "at least 2/3 of all ratings are from 7 to 9"),
        (share(band=(9, 9)), "at least 50% of all ratings are 9"),
        (share(denominator="asked"), "at least 50% of all who took part rated from 7 to 9"),
        (share(denominator="invited"), "at least 50% of all who were invited rated from 7 to 9"),
        (share(population="every group"), "in every group at least 50% of all ratings are from 7 to 9"),
        (share(population="any group"), "in at least one group at least 50% of all ratings are from 7 to 9"),
        (
            share(">", Derived.APMO),
            "the share of all ratings from 7 to 9 is above the average percent of majority opinions",
        ),
        (
            share(threshold=ByRound((Fraction(3, 4), HALF))),
            "at least 75% (in round 1) and 50% (from round 2 on) of all ratings are from 7 to 9",
        ),
        (share(threshold=ByRound((HALF,))), "at least 50% (from round 1 on) of all ratings are from 7 to 9"),
        (
            Clause("mean", ">", ByRound((Fraction(6), Fraction(7), Fraction("7.5")))),
            "the mean is above 6 (in round 1), 7 (in round 2) and 7.5 (from round 3 on)",
        ),
        (
            Clause("outside", "<=", Fraction(2), band=(7, 9)),
            "the number of ratings that are not from 7 to 9 is at most 2",
        ),
        (
            Clause("outside_window", "<=", Derived.PANEL_SIZE),
            (
                "the number of ratings outside the best three points around the median is at most what the RAND/UCLA"
                " table sets for the size of the panel"
            ),
        ),
        (
            Clause("each_extreme", "<", Fraction(3)),
            "of the ratings from 1 to 3 and those from 7 to 9 the lesser number is below 3",
        ),
        (
            Clause("quorum", ">=", Fraction(3, 4), denominator="invited"),
            "at least 75% of all who were invited have rated",
        ),
        (Clause("quorum", ">", HALF, denominator="asked"), "more than 50% of all who took part have rated"),
    ],
)
def test_a_clause_in_words(clause: Clause, words: str) -> None:
    assert str(clause_phrase(clause)) == words


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (AllOf((HIGH, WIDE)), "the mean is above 7 and the interquartile range is above 2"),
        (AllOf((HIGH, LOW, WIDE)), "the mean is above 7, the mean is below 3 and the interquartile range is above 2"),
        (AnyOf((HIGH, WIDE)), "the mean is above 7 or the interquartile range is above 2"),
        (
            AllOf((AnyOf((HIGH, LOW)), WIDE)),
            "(the mean is above 7 or the mean is below 3) and the interquartile range is above 2",
        ),
        (
            AnyOf((HIGH, AllOf((LOW, WIDE)))),
            "the mean is above 7 or (the mean is below 3 and the interquartile range is above 2)",
        ),
        (
            AllOf((AllOf((HIGH, LOW)), WIDE)),
            "the mean is above 7 and the mean is below 3 and the interquartile range is above 2",
        ),
        (AllOf((AnyOf((HIGH,)), WIDE)), "the mean is above 7 and the interquartile range is above 2"),
        (Not(HIGH), "the mean is at most 7"),
        (Not(AllOf((HIGH, Not(WIDE)))), "the mean is at most 7 or the interquartile range is above 2"),
        (Not(share(population="every group")), "in at least one group fewer than 50% of all ratings are from 7 to 9"),
    ],
)
def test_what_belongs_together_stands_in_brackets(condition: Condition, words: str) -> None:
    assert str(condition_phrase(condition)) == words


@given(conditions)
def test_a_condition_and_what_it_is_without_not_read_alike(condition: Condition) -> None:
    assert str(condition_phrase(condition)) == str(condition_phrase(without_not(condition)))
    assert "not:" not in str(condition_phrase(condition))


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


def test_a_sentence_has_everything_that_a_rule_says() -> None:
    rule = Rule("All", HIGH, Scale(1, 9), quorum=5, out=LOW, near=WIDE, quantile=6)
    assert rule_sentence(rule) == (
        "All: the mean is above 7, judged from 5 ratings up; out where the mean is below 3; near where the"
        " interquartile range is above 2 (quantiles of type 6)."
    )


def test_a_name_stands_as_it_is() -> None:
    assert rule_sentence(Rule("100% of %(those)s", HIGH)) == "100% of %(those)s: the mean is above 7."
    assert rule_sentence(FULL_CONSENSUS).startswith("Full consensus: ")
