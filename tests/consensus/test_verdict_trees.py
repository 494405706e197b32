"""Trees of conditions: all, any and not, in, out and near, quorums, and what cannot be judged."""

from fractions import Fraction

import pytest

from surveys.consensus import AllOf, AnyOf, Clause, Not, Outcome, Rule, assess, assess_counts, judge, tally_of

HIGH, LOW = Clause("mean", ">", Fraction(7)), Clause("mean", "<", Fraction(3))
WIDE, SPREAD = Clause("iqr", ">", Fraction(2)), Clause("sd", "<", Fraction(1))
MOSTLY = Clause("share", ">=", Fraction(7, 10), band=(7, 9))


@pytest.mark.parametrize(
    ("rule", "ratings", "outcome"),
    [
        (Rule("r", AnyOf((HIGH, LOW))), [8, 8], "in"),
        (Rule("r", AnyOf((HIGH, LOW))), [1, 2], "in"),
        (Rule("r", AnyOf((HIGH, LOW))), [5, 5], "none"),
        (Rule("r", Not(HIGH)), [7, 7], "in"),
        (Rule("r", Not(HIGH)), [7, 8], "none"),
        (Rule("r", Not(AllOf((HIGH, MOSTLY)))), [9, 9, 9, 6], "none"),
        (Rule("r", Not(AllOf((HIGH, MOSTLY)))), [9, 9, 9, 6, 6], "in"),
        (Rule("r", AllOf((Not(Not(HIGH)), AnyOf((WIDE, MOSTLY))))), [8, 8, 8], "in"),
        (Rule("r", HIGH, out=LOW, near=Clause("mean", ">", Fraction(6))), [8], "in"),
        (Rule("r", HIGH, out=LOW, near=Clause("mean", ">", Fraction(6))), [2], "out"),
        (Rule("r", HIGH, out=LOW, near=Clause("mean", ">", Fraction(6))), [7], "near"),
        (Rule("r", HIGH, out=LOW, near=Clause("mean", ">", Fraction(6))), [6], "none"),
        # In comes first, then out, then near.
        (Rule("r", HIGH, out=HIGH, near=HIGH), [8], "in"),
        (Rule("r", LOW, out=HIGH, near=HIGH), [8], "out"),
    ],
)
def test_conditions_nest_and_are_asked_in_order(rule: Rule, ratings: list[int], outcome: str) -> None:
    verdict = assess(ratings, rule)
    assert verdict.outcome == outcome
    assert verdict.consensus is (outcome == "in")


@pytest.mark.parametrize(
    ("rule", "ratings", "outcome", "said"),
    [
        # One rating has no standard deviation.
        (Rule("r", SPREAD), [9], "not evaluable", "It cannot be said whether the standard deviation is below 1."),
        (
            Rule("r", Not(SPREAD)),
            [9],
            "not evaluable",
            "It cannot be said whether the standard deviation is at least 1.",
        ),
        (Rule("r", AllOf((HIGH, SPREAD))), [9], "not evaluable", "It cannot be said"),
        (Rule("r", AllOf((HIGH, SPREAD))), [5], "none", "The mean is 5.00 and must be above 7."),
        (Rule("r", AnyOf((HIGH, SPREAD))), [9], "in", "The mean, 9.00, is above 7."),
        (Rule("r", AnyOf((HIGH, SPREAD))), [5], "not evaluable", "It cannot be said"),
        (Rule("r", HIGH, out=SPREAD), [9], "in", "The mean, 9.00, is above 7."),
        (
            Rule("r", HIGH, out=SPREAD),
            [5],
            "not evaluable",
            "It cannot be said whether the standard deviation is below 1.",
        ),
        (
            Rule("r", HIGH, near=SPREAD),
            [5],
            "not evaluable",
            "It cannot be said whether the standard deviation is below 1.",
        ),
        (Rule("r", HIGH, out=LOW, near=SPREAD), [2], "out", "The mean, 2.00, is below 3."),
    ],
)
def test_what_is_not_known_decides_nothing_and_nothing_hides_behind_it(
    rule: Rule, ratings: list[int], outcome: str, said: str
) -> None:
    verdict = assess(ratings, rule)
    assert verdict.outcome == outcome
    assert verdict.consensus is {"in": True, "not evaluable": None}.get(outcome, False)
    assert any(reason.startswith(said) for reason in verdict.reasons)


QUORUM = Clause("quorum", ">=", Fraction(3, 4), denominator="invited")


@pytest.mark.parametrize(
    ("rule", "invited", "outcome", "said"),
    [
        (Rule("r", AllOf((QUORUM, MOSTLY))), 12, "in", "9 of 12 who were invited have rated: 75%, at least 75%."),
        (
            Rule("r", AllOf((QUORUM, MOSTLY))),
            13,
            "not evaluable",
            "9 of 13 who were invited have rated: 69.2%, and it must be at least 75%.",
        ),
        (
            Rule("r", AllOf((QUORUM, MOSTLY))),
            None,
            "not evaluable",
            "It cannot be said whether at least 75% of all who were invited have rated.",
        ),
        # Wherever it stands, nothing is judged below it.
        (Rule("r", AnyOf((MOSTLY, QUORUM))), 13, "not evaluable", "9 of 13 who were invited have rated"),
        (
            Rule("r", LOW, out=AllOf((QUORUM, MOSTLY))),
            13,
            "not evaluable",
            "9 of 13 who were invited have rated: 69.2%, and it must be at least 75%.",
        ),
        (Rule("r", LOW, out=AllOf((QUORUM, MOSTLY))), 12, "out", "9 of 12 who were invited have rated: 75%"),
    ],
)
def test_below_a_share_of_the_panel_nothing_is_judged(rule: Rule, invited: int | None, outcome: str, said: str) -> None:
    verdict = judge(tally_of([0] * 7 + [9, 0], invited=invited), rule)
    assert verdict.outcome == outcome
    assert [reason for reason in verdict.reasons if reason.startswith(said)]


def test_a_quorum_of_those_who_took_part_counts_abstentions_and_gaps() -> None:
    rule = Rule("r", AllOf((Clause("quorum", ">", Fraction(1, 2), denominator="asked"), HIGH)))
    assert assess_counts([0] * 8 + [5], rule, abstained=2, missing=2).consensus is True
    assert assess_counts([0] * 8 + [5], rule, abstained=2, missing=3).consensus is None


def test_of_alternatives_those_that_hold_are_told() -> None:
    rule = Rule("r", AnyOf((HIGH, LOW, MOSTLY)))
    assert assess([8, 8], rule).reasons == (
        "The mean, 8.00, is above 7.",
        "2 of 2 ratings are from 7 to 9: 100%, at least 70%.",
    )
    assert len(assess([5, 5], rule).reasons) == 3


def test_out_and_near_tell_their_own_clauses() -> None:
    rule = Rule("r", HIGH, out=LOW, near=MOSTLY)
    assert assess([1, 1], rule).reasons == ("The mean, 1.00, is below 3.",)
    assert assess([7, 7], rule).reasons == ("2 of 2 ratings are from 7 to 9: 100%, at least 70%.",)
    assert assess([5, 5], rule).reasons == ("The mean is 5.00 and must be above 7.",)


def test_a_label_is_the_word_of_its_outcome_alone() -> None:
    rule = Rule("r", HIGH, out=LOW, labels={Outcome.IN: "good", Outcome.NOT_EVALUABLE: "unknown"})
    assert [assess(ratings, rule).classification for ratings in ([8], [1], [5], [])] == ["good", None, None, "unknown"]


@pytest.mark.parametrize(
    ("ratings", "met"),
    [
        ([6, 7, 8, 9], [True, False, True, False]),
        ([5, 9], [False] * 4),
        ([7, 7], [True, False, True, False]),
        ([8, 9], [True] * 4),
    ],
)
def test_above_and_at_least_differ_where_they_should(ratings: list[int], met: list[bool]) -> None:
    rules = [
        Rule("least", Clause("least", ">", Fraction(5))),
        Rule("mean", Clause("mean", ">", Fraction("7.5"))),
        Rule("median", AllOf((Clause("median", ">=", Fraction(7)), Clause("least", ">=", Fraction(6))))),
        Rule("most", AllOf((Clause("most", ">=", Fraction(9)), Clause("least", ">=", Fraction(8))))),
    ]
    assert [assess(ratings, rule).consensus for rule in rules] == met
