"""When a study may stop, and why."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.consensus.stopping import (
    Standing,
    StopKind,
    StoppingRule,
    judge_stopping,
    stopping_from_json,
    stopping_phrase,
    stopping_to_json,
)

REACHED = Standing(consensus=True, paired=9, moved_band=4)
SETTLED = Standing(consensus=False, paired=9, moved_band=1)
MOVING = Standing(consensus=False, paired=9, moved_band=2)

standings = st.lists(
    st.builds(Standing, st.sampled_from((True, False, None)), st.none() | st.just(9), st.none() | st.integers(0, 9)),
    max_size=5,
)


def sentences(*found: Standing, held: int = 2, rule: StoppingRule | None = None) -> list[str]:
    return [reason.sentence for reason in judge_stopping(found, held, rule or StoppingRule())]


def test_consensus_everywhere_is_a_reason() -> None:
    assert sentences(*[REACHED] * 7) == ["All 7 statements have consensus."]
    assert sentences(REACHED) == ["The only statement has consensus."]


def test_nothing_is_a_reason_for_no_statements() -> None:
    assert sentences() == []


LITTLE = "ratings moved little since the last round:"
THIRD = "moved to another third of the scale"


def test_ratings_that_moved_little_are_a_reason_without_consensus() -> None:
    still = Standing(consensus=False, paired=12, moved_band=0)
    several = "3 of 7 statements lack consensus; in each of them"
    assert sentences(*[REACHED] * 4, still, SETTLED, still) == [
        f"{several} {LITTLE} at most 1 of 9 panelists {THIRD} (15% is the most)."
    ]
    one = "1 of 2 statements lacks consensus; in it"
    assert sentences(REACHED, SETTLED) == [f"{one} {LITTLE} 1 of 9 panelists {THIRD} (15% is the most)."]
    only = "The only statement lacks consensus; in it"
    assert sentences(still, rule=StoppingRule(Fraction(1, 8))) == [
        f"{only} {LITTLE} no panelist {THIRD} (12.5% is the most)."
    ]


@pytest.mark.parametrize(
    "unsettled",
    [
        MOVING,
        Standing(consensus=False, paired=4, moved_band=0),
        Standing(consensus=False, paired=None, moved_band=None),
        Standing(consensus=False, paired=9, moved_band=None),
        Standing(consensus=None, paired=0, moved_band=0),
    ],
    ids=["moving", "too few pairs", "not rated before", "no bands", "nobody left"],
)
def test_one_statement_that_may_have_moved_speaks_against_stability(unsettled: Standing) -> None:
    assert sentences(SETTLED, unsettled, REACHED) == []


def test_a_statement_that_cannot_be_judged_lacks_consensus() -> None:
    unjudged = Standing(consensus=None, paired=9, moved_band=0)
    (reason,) = judge_stopping([REACHED, unjudged], 2, StoppingRule())
    assert (reason.kind, reason.sentence[:6]) == (StopKind.STABILITY, "1 of 2")


def test_the_share_that_may_move_is_met_exactly() -> None:
    edge = Standing(consensus=False, paired=20, moved_band=3)
    assert len(sentences(edge)) == 1
    assert sentences(edge, rule=StoppingRule(Fraction(149999, 1000000))) == []
    assert sentences(SETTLED, rule=StoppingRule(stable_share=None)) == []


def test_the_fewest_pairs_are_the_rules() -> None:
    four = Standing(consensus=False, paired=4, moved_band=0)
    assert len(sentences(four, rule=StoppingRule(least_pairs=4))) == 1


def test_a_limit_of_rounds_is_a_reason_beside_others() -> None:
    rule = StoppingRule(most_rounds=3)
    assert sentences(MOVING, held=2, rule=rule) == []
    assert sentences(MOVING, held=3, rule=rule) == ["3 rounds were held; the limit is 3."]
    assert sentences(MOVING, held=1, rule=StoppingRule(most_rounds=1)) == ["1 round was held; the limit is 1."]
    kinds = [reason.kind for reason in judge_stopping([REACHED], 4, rule)]
    assert kinds == [StopKind.CONSENSUS, StopKind.ROUNDS]


@given(standings)
def test_consensus_and_stability_without_it_exclude_each_other(found: list[Standing]) -> None:
    kinds = {reason.kind for reason in judge_stopping(found, 2, StoppingRule())}
    assert len(kinds) <= 1
    assert (StopKind.CONSENSUS in kinds) == ({one.consensus for one in found} == {True})


@given(standings, st.integers(0, 100), st.integers(0, 100))
def test_what_is_stable_by_a_stricter_rule_is_by_a_laxer_one(found: list[Standing], one: int, other: int) -> None:
    strict, lax = (StoppingRule(Fraction(share, 100)) for share in sorted((one, other)))
    strictly = {reason.kind for reason in judge_stopping(found, 2, strict)}
    assert strictly <= {reason.kind for reason in judge_stopping(found, 2, lax)}


@given(
    st.builds(
        StoppingRule,
        st.none() | st.fractions(0, 1, max_denominator=1000),
        st.integers(1, 50),
        st.none() | st.integers(1, 9),
    )
)
def test_a_stopping_rule_is_read_back_as_it_was_written(rule: StoppingRule) -> None:
    assert stopping_from_json(stopping_to_json(rule)) == rule


def test_a_stopping_rule_reads_as_a_sentence() -> None:
    little = "when ratings moved little since the last round in each statement that lacks it"
    share = f"(at most 15% of 5 or more panelists {THIRD})"
    start, end = "The study may stop when every statement has consensus", "; the facilitator decides."
    assert str(stopping_phrase(StoppingRule(most_rounds=3))) == f"{start}, {little} {share} or after 3 rounds{end}"
    assert str(stopping_phrase(StoppingRule())) == f"{start} or {little} {share}{end}"
    assert str(stopping_phrase(StoppingRule(None, most_rounds=1))) == f"{start} or after 1 round{end}"
    assert str(stopping_phrase(StoppingRule(None))) == f"{start}{end}"


def test_a_stopping_rule_is_stored_with_its_share_as_text() -> None:
    assert stopping_to_json(StoppingRule()) == {"stable_share": "0.15", "least_pairs": 5, "most_rounds": None}
    assert stopping_from_json({"stable_share": "15/100", "most_rounds": 3}) == StoppingRule(most_rounds=3)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ([], "is a JSON object"),
        ({"p_value": "0.05"}, "has no 'p_value'"),
        ({"stable_share": 0.15}, "text such as '0.15', not 0.15"),
        ({"stable_share": "15%"}, "'15%' is not a number"),
        ({"stable_share": "1.5"}, "from 0 to 1, not 1.5"),
        ({"stable_share": "-0.1"}, "from 0 to 1, not -0.1"),
        ({"least_pairs": True}, "a whole number, not True"),
        ({"least_pairs": 0}, "1 or more, not 0"),
        ({"most_rounds": "3"}, "a whole number, not '3'"),
        ({"most_rounds": 0}, "1 or more, not 0"),
    ],
    ids=[
        "no object",
        "unknown key",
        "float share",
        "no number",
        "above 1",
        "below 0",
        "bool",
        "no pairs",
        "text",
        "no rounds",
    ],
)
def test_a_faulty_stopping_rule_is_told_in_one_sentence(data: object, told: str) -> None:
    with pytest.raises(ValueError, match=told) as fault:
        stopping_from_json(data)
    assert str(fault.value).endswith(".")
