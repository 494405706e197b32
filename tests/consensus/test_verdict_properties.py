"""What must hold of verdicts for any rule and any ratings, against a second engine that was written otherwise."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from surveys.consensus import (
    FULL_CONSENSUS,
    NAMED_RULES,
    AllOf,
    AnyOf,
    Clause,
    Not,
    Outcome,
    Rule,
    assess,
    assess_counts,
    count_ratings,
    judge,
)
from surveys.consensus.rules import Condition, without_not
from surveys.consensus.verdicts import outcome_of
from tests.consensus.rule_trees import (
    bands,
    conditions,
    groupings,
    outcome_by_hand,
    points,
    ratings_lists,
    rules,
    shares,
    some_ratings,
    tally,
)

PLAIN = [name for name, rule in NAMED_RULES.items() if name != "super-majority" and not rule.hangs_on_all]


@given(ratings_lists.filter(bool))
def test_the_verdict_of_the_papers_rule_is_that_of_exact_arithmetic(ratings: list[int]) -> None:
    expected = min(ratings) > 5 and Fraction(sum(ratings), len(ratings)) > 7
    assert assess(ratings, FULL_CONSENSUS).consensus is expected


@given(rules, ratings_lists, st.integers(0, 3), st.integers(0, 3), groupings)
def test_two_engines_agree(
    rule: Rule, ratings: list[int], abstained: int, missing: int, groups: dict[str, list[int] | None]
) -> None:
    found = judge(tally(ratings, abstained, missing, groups), rule)
    assert found.outcome == outcome_by_hand(rule, ratings, abstained, missing, groups)
    assert outcome_of(tally(ratings, abstained, missing, groups), rule) == found.outcome


@pytest.mark.parametrize("name", PLAIN)
@given(ratings=ratings_lists, groups=groupings)
@example(ratings=[1, 1, 1, 3, 6, 6, 6, 6, 7, 7, 7, 7], groups={})
@example(ratings=[7] * 14 + [2] * 3 + [5] * 3, groups={"Nurses": [7] * 7 + [2] * 2})
def test_two_engines_agree_on_every_built_in_rule(
    name: str, ratings: list[int], groups: dict[str, list[int] | None]
) -> None:
    rule = NAMED_RULES[name]
    assert judge(tally(ratings, groups=groups), rule).outcome == outcome_by_hand(rule, ratings, groups=groups)


@given(rules, ratings_lists, st.randoms())
def test_the_order_of_panelists_never_matters(rule: Rule, ratings: list[int], random: Any) -> None:
    shuffled = list(ratings)
    random.shuffle(shuffled)
    assert assess(shuffled, rule) == assess(ratings, rule)


@given(rules, ratings_lists, st.randoms())
def test_the_order_of_groups_never_matters(rule: Rule, ratings: list[int], random: Any) -> None:
    groups = [("A", ratings[::2]), ("B", ratings[1::2]), ("C", None)]
    shuffled = list(groups)
    random.shuffle(shuffled)
    found = [judge(tally(ratings, groups=dict(some)), rule) for some in (groups, shuffled)]
    assert found[0].outcome == found[1].outcome
    assert {(one.clause, one.group, one.met) for one in found[0].clauses} == {
        (one.clause, one.group, one.met) for one in found[1].clauses
    }


@given(rules, ratings_lists)
def test_counts_and_ratings_give_the_same_verdict(rule: Rule, ratings: list[int]) -> None:
    assert assess_counts(count_ratings(ratings), rule) == assess(ratings, rule)


@given(conditions, some_ratings, groupings)
def test_not_turns_a_verdict_round_and_leaves_what_is_unknown(
    condition: Condition, ratings: list[int], groups: dict[str, list[int] | None]
) -> None:
    straight, turned, twice = (
        judge(tally(ratings, groups=groups), Rule("r", one)).consensus
        for one in (condition, Not(condition), Not(Not(condition)))
    )
    assert turned is (None if straight is None else not straight)
    assert twice is straight


@given(st.lists(conditions, min_size=1, max_size=3), some_ratings, groupings)
def test_de_morgan(parts: list[Condition], ratings: list[int], groups: dict[str, list[int] | None]) -> None:
    not_all, not_any = Not(AllOf(tuple(parts))), Not(AnyOf(tuple(parts)))
    any_not, all_not = AnyOf(tuple(map(Not, parts))), AllOf(tuple(map(Not, parts)))
    for one, other in ((not_all, any_not), (not_any, all_not), (not_all, without_not(not_all))):
        seen = tally(ratings, groups=groups)
        assert outcome_of(seen, Rule("r", one)) == outcome_of(seen, Rule("r", other))


RISING = st.one_of(
    st.builds(Clause, st.sampled_from(["least", "most", "mean", "median"]), st.sampled_from([">", ">="]), points),
    st.builds(
        Clause, st.just("share"), st.sampled_from([">", ">="]), shares, band=bands.map(lambda band: (band[0], 9))
    ),
)
RISING_RULES: st.SearchStrategy[Rule] = st.builds(
    Rule,
    st.just("Rising"),
    st.recursive(
        RISING,
        lambda parts: st.one_of(
            st.builds(AllOf, st.lists(parts, min_size=1, max_size=3).map(tuple)),
            st.builds(AnyOf, st.lists(parts, min_size=1, max_size=3).map(tuple)),
        ),
        max_leaves=4,
    ),
)


@given(st.just(FULL_CONSENSUS) | RISING_RULES, some_ratings, st.data())
def test_raising_a_rating_never_breaks_a_rule_that_only_rises(rule: Rule, ratings: list[int], data: Any) -> None:
    place = data.draw(st.integers(0, len(ratings) - 1))
    raised = list(ratings)
    raised[place] = data.draw(st.integers(ratings[place], 9))
    assert assess(raised, rule).consensus or not assess(ratings, rule).consensus


@pytest.mark.parametrize("name", ["cos-70-15", "percent-agreement", "grade-importance", "strong-consensus"])
@given(ratings=some_ratings, data=st.data())
def test_raising_a_rating_never_turns_in_into_anything_else(name: str, ratings: list[int], data: Any) -> None:
    place = data.draw(st.integers(0, len(ratings) - 1))
    raised = list(ratings)
    raised[place] = data.draw(st.integers(ratings[place], 9))
    before, after = (assess(some, NAMED_RULES[name]).outcome for some in (ratings, raised))
    assert after is Outcome.IN or before is not Outcome.IN
    assert after is not Outcome.OUT or before is Outcome.OUT


@given(conditions, some_ratings, groupings)
def test_a_statement_that_is_in_says_why(
    condition: Condition, ratings: list[int], groups: dict[str, list[int] | None]
) -> None:
    verdict = judge(tally(ratings, groups=groups), Rule("r", condition))
    assert verdict.reasons
    if verdict.consensus:
        of_everyone = [one for one in verdict.clauses if one.clause and one.clause.population != "any group"]
        assert all(one.met for one in of_everyone)
        assert verdict.clauses


@given(rules, ratings_lists, groupings)
def test_nothing_is_true_of_no_ratings(rule: Rule, ratings: list[int], groups: dict[str, list[int] | None]) -> None:
    verdict = judge(tally([], 2, 3, groups), rule)
    assert (verdict.outcome, verdict.clauses, verdict.reasons) == (
        Outcome.NOT_EVALUABLE,
        (),
        ("There are no ratings.",),
    )
    if len(ratings) < rule.quorum:
        assert assess(ratings, rule).outcome is Outcome.NOT_EVALUABLE


@given(rules, ratings_lists, groupings)
def test_a_reason_is_a_sentence(rule: Rule, ratings: list[int], groups: Any) -> None:
    verdict = judge(tally(ratings, groups=groups), rule)
    for reason in verdict.reasons:
        assert reason[0].isupper() or reason[0].isdigit()
        assert reason.endswith(".")
        assert "%(" not in reason
        assert "None" not in reason
