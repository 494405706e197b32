"""What may be shown, by how many rated; the rule is always shown from k on."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.consensus import FULL_CONSENSUS, AllOf, Clause, Rule, Tally, assess_counts
from surveys.feedback.thresholds import Shown, shown

LEAST_ONLY = Rule("Nobody against", AllOf((Clause("least", ">", Fraction(5)),)))
EVERYTHING = {
    "n", "abstained", "missing", "counts", "mean", "median", "minimum", "maximum", "q1", "q3", "iqr", "sd",
    "ipr", "ipras", "disagreement_index", "cv", "mad_median", "tastle_wierman", "consensus", "outcome", "reasons",
}  # fmt: skip
WITH_COUNTS = ("ipr", "ipras", "disagreement_index", "cv", "mad_median", "tastle_wierman")


def of(*ratings: int, rule: Rule = FULL_CONSENSUS, hides_counts: bool = False) -> Shown:
    counts = [ratings.count(point) for point in range(1, 10)]
    return shown(Tally(tuple(counts), abstained=1, missing=2), rule, least_answers=5, hides_counts=hides_counts)


@pytest.mark.parametrize("n", [0, 1, 4])
def test_below_k_there_is_nothing(n: int) -> None:
    result = of(*[8] * n)
    assert result == Shown(least_answers=5, suppressed=result.suppressed)
    assert (result.is_hidden, result.consensus, set(result.suppressed)) == (True, None, EVERYTHING)


@pytest.mark.parametrize("n", [5, 6])
def test_from_k_the_rule_speaks_and_little_else(n: int) -> None:
    result = of(*[8] * (n - 1), 5)
    assert (result.n, result.abstained, result.missing, result.consensus) == (n, 1, 2, False)
    assert result.verdict is not None
    assert result.verdict.reasons[0] == f"1 of {n} ratings is 5 or lower."
    assert result.mean == Fraction(8 * (n - 1) + 5, n)
    assert (result.median, result.share_high) == (8, Fraction(4, 5))
    assert (result.counts, result.minimum, result.q1, result.iqr, result.sd, result.short) == (None,) * 6
    assert result.suppressed == ("counts", "minimum", "maximum", "q1", "q3", "iqr", "sd", *WITH_COUNTS)


def test_from_seven_there_are_counts_and_from_eight_the_spread() -> None:
    seven, eight = of(*[8] * 7), of(*[8] * 8)
    assert (seven.counts, seven.minimum, seven.q3, seven.sd) == ((0, 0, 0, 0, 0, 0, 0, 7, 0), 8, 8, None)
    assert seven.suppressed == ("sd", *WITH_COUNTS)
    assert (eight.sd, eight.suppressed) == (0.0, ())


def test_a_rule_without_a_mean_shows_the_mean_with_the_spread_only() -> None:
    assert of(*[8] * 7, rule=LEAST_ONLY).mean is None
    assert "mean" in of(*[8] * 7, rule=LEAST_ONLY).suppressed
    assert of(*[8] * 8, rule=LEAST_ONLY).mean == 8


def test_the_attrition_rule_hides_the_histogram_alone() -> None:
    result = of(*[8] * 9, hides_counts=True)
    assert (result.counts, result.short, result.suppressed) == (None, None, ("counts", *WITH_COUNTS))
    assert (result.n, result.mean, result.minimum, result.sd, result.consensus) == (9, 8, 8, 0.0, True)


@given(st.lists(st.integers(1, 9), max_size=20), st.booleans())
def test_what_is_suppressed_is_empty_and_what_is_shown_is_true(ratings: list[int], hides: bool) -> None:
    result = of(*ratings, hides_counts=hides)
    for name in result.suppressed:
        if name not in ("consensus", "reasons"):
            assert getattr(result, name) is None
    if not result.is_hidden:
        counts = [ratings.count(point) for point in range(1, 10)]
        assert result.verdict == assess_counts(counts, FULL_CONSENSUS, abstained=1, missing=2)
