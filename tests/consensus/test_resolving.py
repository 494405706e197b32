"""Thresholds by round and the average percent of majority opinions: what they are in a round."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.consensus import (
    NAMED_RULES,
    AllOf,
    AnyOf,
    ByRound,
    Choices,
    Clause,
    Derived,
    Not,
    Outcome,
    Rule,
    Scale,
    Tally,
    assess,
    built_in_rule,
    count_ratings,
    judge,
    majority_average,
    rule_in_round,
    rule_to_json,
)

HIGH = (7, 9)
SUPER_MAJORITY, APMO = NAMED_RULES["super-majority"], NAMED_RULES["apmo"]


def opinions(agree: int, disagree: int, neither: int = 0, *, abstained: int = 0, missing: int = 0) -> Tally:
    return Tally(count_ratings([8] * agree + [2] * disagree + [5] * neither), abstained, missing)


# Three statements, ten raters each: agreed 9, 4 and 5, disagreed 1, 6 and 3.
WORKED = [opinions(9, 1), opinions(4, 6), opinions(5, 3, 2)]


def test_the_worked_example_of_majority_opinions() -> None:
    assert majority_average(WORKED, HIGH) == Fraction(15, 30)


def test_half_is_no_majority_and_one_more_is() -> None:
    assert majority_average([opinions(5, 5)], HIGH) == 0
    assert majority_average([opinions(6, 5)], HIGH) == Fraction(6, 11)
    assert majority_average([opinions(5, 6)], HIGH) == Fraction(6, 11)


def test_all_opinions_are_those_given_or_those_asked_for() -> None:
    asked = [opinions(9, 1, abstained=2, missing=3), opinions(4, 6, abstained=4), opinions(5, 3, 2, missing=1)]
    assert majority_average(asked, HIGH) == Fraction(15, 30)
    # 9 of 15 are a majority, 6 of 14 and 5 of 11 are none.
    assert majority_average(asked, HIGH, denominator="asked") == Fraction(9, 40)
    invited = [replace(tally, invited=12) for tally in WORKED]
    # 9 of 12 are a majority, and so few as 6 or 5 of 12 are none.
    assert majority_average(invited, HIGH, denominator="invited") == Fraction(9, 36)


def test_without_opinions_there_is_no_average() -> None:
    assert majority_average([], HIGH) is None
    assert majority_average([Tally((0,) * 9, abstained=3)], HIGH) is None
    assert majority_average([Tally((0,) * 9, abstained=3)], HIGH, denominator="asked") == 0
    assert majority_average([opinions(9, 1)], HIGH, denominator="invited") is None


def test_disagreement_is_the_mirror_image_of_the_band() -> None:
    five = Scale(1, 5)
    tallies = [Tally((0, 6, 0, 4, 0)), Tally((1, 0, 9, 0, 0))]
    assert majority_average(tallies, (4, 5), five) == Fraction(6, 20)
    # A band in the middle is its own mirror image, and its majority is counted once.
    assert majority_average(tallies, (3, 3), five) == Fraction(9, 20)


@pytest.mark.parametrize(("denominator", "outcomes"), [("rated", "in none none"), ("asked", "in in none")])
def test_a_statement_is_in_above_the_average(denominator: str, outcomes: str) -> None:
    rule = built_in_rule("apmo", Choices(denominator=denominator))  # type: ignore[arg-type]
    tallies = [opinions(9, 1), opinions(4, 6), opinions(5, 3, 2)]
    if denominator == "asked":
        tallies = [opinions(9, 1, abstained=5), opinions(4, 6, abstained=3), opinions(2, 1, abstained=9)]
        # 9 of 15 agree; nothing else is a majority of the 40 who were asked: 22.5%.
    resolved = rule_in_round(rule, 1, tallies)
    assert [str(judge(tally, resolved).outcome) for tally in tallies] == outcomes.split()


def test_exactly_the_average_is_not_above_it() -> None:
    resolved = rule_in_round(APMO, 1, WORKED)
    verdict = judge(WORKED[2], resolved)
    assert (verdict.outcome, verdict.reasons) == (
        Outcome.NONE,
        ("5 of 10 ratings are from 7 to 9: 50%, and it must be above 50%.",),
    )
    assert judge(opinions(51, 49), resolved).consensus is True


def test_where_nobody_has_an_opinion_the_average_is_nothing() -> None:
    assert rule_in_round(APMO, 1, []) == APMO
    assert judge(Tally((0,) * 9), rule_in_round(APMO, 1, [])).outcome == Outcome.NOT_EVALUABLE


@pytest.mark.parametrize(("number", "least"), [(1, 75), (2, 67), (3, 50), (4, 50), (20, 50)])
def test_a_super_majority_falls_by_round(number: int, least: int) -> None:
    resolved = rule_in_round(SUPER_MAJORITY, number, [])
    assert resolved.clauses[0].threshold == Fraction(least, 100)
    assert assess([7] * least + [6] * (100 - least), resolved).consensus is True
    assert assess([7] * (least - 1) + [6] * (101 - least), resolved).consensus is False


def test_a_core_outcome_rule_that_grows_stricter() -> None:
    rising = ByRound((Fraction(1, 2), Fraction(7, 10)))
    rule = Rule(
        "COS by round",
        AllOf((Clause("share", ">=", rising, band=HIGH), Clause("share", "<", Fraction(15, 100), band=(1, 3)))),
    )
    ratings = [7] * 6 + [5] * 4
    assert [assess(ratings, rule_in_round(rule, number, [])).consensus for number in (1, 2, 3)] == [True, False, False]


def test_every_part_of_a_rule_is_resolved_and_nothing_else_changes() -> None:
    by_round = Clause("mean", ">", ByRound((Fraction(6), Fraction(7))))
    apmo = Clause("share", ">", Derived.APMO, band=HIGH)
    by_size = Clause("each_extreme", "<", Derived.PANEL_SIZE)
    rule = Rule(
        "All", Not(AnyOf((by_round, AllOf((apmo, by_size))))), quorum=3, out=by_round, near=Not(apmo), quantile=6
    )
    resolved = rule_in_round(rule, 2, WORKED)
    mean, share = replace(by_round, threshold=Fraction(7)), replace(apmo, threshold=Fraction(1, 2))
    assert resolved == replace(rule, condition=Not(AnyOf((mean, AllOf((share, by_size))))), out=mean, near=Not(share))
    assert not resolved.hangs_on_all
    assert rule_in_round(resolved, 9, []) == resolved


@pytest.mark.parametrize("name", [name for name in NAMED_RULES if name not in ("apmo", "super-majority")])
def test_a_rule_whose_thresholds_are_numbers_stays_as_it_is(name: str) -> None:
    assert rule_in_round(NAMED_RULES[name], 2, WORKED) == NAMED_RULES[name]


def test_a_threshold_by_round_judges_nothing_until_the_round_is_known() -> None:
    with pytest.raises(ValueError, match="resolve the rule with rule_in_round first"):
        assess([8] * 9, SUPER_MAJORITY)
    assert assess([8] * 9, APMO).consensus is None


@pytest.mark.parametrize("rule", [SUPER_MAJORITY, APMO], ids=lambda rule: rule.name)
def test_a_rule_is_not_changed_by_being_resolved(rule: Rule) -> None:
    before = rule_to_json(rule)
    rule_in_round(rule, 1, WORKED)
    assert rule_to_json(rule) == before


def test_rounds_are_counted_from_one() -> None:
    with pytest.raises(ValueError, match="counted from 1"):
        rule_in_round(SUPER_MAJORITY, 0, [])


@given(st.lists(st.lists(st.integers(1, 9), max_size=12), max_size=5), st.randoms())
def test_the_average_is_a_share_and_no_order_matters(statements: list[list[int]], random: object) -> None:
    tallies: Sequence[Tally] = [Tally(count_ratings(ratings)) for ratings in statements]
    average = majority_average(tallies, HIGH)
    shuffled = list(tallies)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert majority_average(shuffled, HIGH) == average
    by_hand = 0
    for ratings in statements:
        sides = [sum(rating >= 7 for rating in ratings), sum(rating <= 3 for rating in ratings)]
        by_hand += sum(count for count in sides if count > len(ratings) / 2)
    everything = sum(map(len, statements))
    assert average == (Fraction(by_hand, everything) if everything else None)
