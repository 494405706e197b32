"""The paper's rule: its published oracles, its edges, and what must hold for any ratings."""

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.consensus import (
    FULL_CONSENSUS,
    AllOf,
    Clause,
    Outcome,
    Rule,
    Scale,
    assess,
    assess_counts,
    count_ratings,
)

ratings_lists = st.lists(st.integers(1, 9), max_size=40)


@pytest.mark.parametrize(
    ("ratings", "consensus"),
    [
        ([8] * 6 + [9] * 4, True),
        ([8] * 5 + [9] * 4, True),
        ([6, 6, 7, 8, 8], False),
        ([5] + [9] * 9, False),
        ([6] * 6 + [8, 9, 9, 9], True),
        ([7] * 7 + [3, 3, 9], False),
        ([6, 6] + [9] * 8, True),
        ([7] * 10, False),
        ([7] * 9 + [8], True),
        ([], None),
        ([9], True),
    ],
)
def test_the_oracles_of_the_papers_rule(ratings: list[int], consensus: bool | None) -> None:
    assert assess(ratings, FULL_CONSENSUS).consensus is consensus


@pytest.mark.parametrize(
    ("ratings", "reasons"),
    [
        ([8] * 6 + [9] * 4, ("All ratings are 6 or higher.", "The mean, 8.40, is above 7.")),
        ([8] * 5 + [9] * 4, ("All ratings are 6 or higher.", "The mean, 8.44, is above 7.")),
        (
            [5, 7, 7, 8, 8, 8, 8, 9, 9, 9],
            ("1 of 10 ratings is 5 or lower.", "The mean, 7.80, is above 7."),
        ),
        (
            [7] * 7 + [3, 3, 9],
            ("2 of 10 ratings are 5 or lower.", "The mean is 6.40 and must be above 7."),
        ),
        (
            [6, 7, 7, 7, 7, 7, 7, 7, 7, 7],
            ("All ratings are 6 or higher.", "The mean is 6.90 and must be above 7."),
        ),
        ([7] * 10, ("All ratings are 6 or higher.", "The mean is 7.00 and must be above 7.")),
        ([9], ("The only rating is 6 or higher.", "The mean, 9.00, is above 7.")),
        ([5], ("The only rating is 5 or lower.", "The mean is 5.00 and must be above 7.")),
        ([1, 1], ("2 of 2 ratings are 5 or lower.", "The mean is 1.00 and must be above 7.")),
        ([], ("There are no ratings.",)),
    ],
)
def test_reasons_are_sentences(ratings: list[int], reasons: tuple[str, ...]) -> None:
    assert assess(ratings, FULL_CONSENSUS).reasons == reasons


def test_the_reasons_join_into_one_sentence() -> None:
    ratings = [5, 7, 7, 8, 8, 8, 8, 9, 9, 9]
    assert assess(ratings, FULL_CONSENSUS).sentence == ("1 of 10 ratings is 5 or lower; the mean, 7.80, is above 7.")


@pytest.mark.parametrize(
    ("sixes", "sevens", "eights", "reason"),
    [
        (0, 999, 1, "The mean, 7.001, is above 7."),
        (0, 199, 1, "The mean, 7.01, is above 7."),
        (1, 999, 0, "The mean is 6.999 and must be above 7."),
        (0, 1000, 0, "The mean is 7.00 and must be above 7."),
    ],
)
def test_a_mean_close_to_the_threshold_is_printed_on_its_own_side(
    sixes: int, sevens: int, eights: int, reason: str
) -> None:
    verdict = assess_counts([0, 0, 0, 0, 0, sixes, sevens, eights, 0], FULL_CONSENSUS)
    assert verdict.reasons[1] == reason


def test_findings_hold_the_facts_behind_the_sentences() -> None:
    least, mean = assess([5, 5, 9], FULL_CONSENSUS).clauses
    assert (least.kind, least.operator, least.threshold) == ("least", ">", Fraction(5))
    assert (least.observed, least.met, least.n) == (Fraction(5), False, 3)
    assert (least.count_against, least.passing) == (2, 6)
    assert (mean.kind, mean.observed, mean.met) == ("mean", Fraction(19, 3), False)
    assert (mean.count_against, mean.passing) == (None, None)


def test_no_ratings_leave_no_findings_and_cannot_be_judged() -> None:
    verdict = assess_counts([0] * 9, FULL_CONSENSUS, abstained=3, missing=7)
    assert verdict.outcome == Outcome.NOT_EVALUABLE
    assert verdict.clauses == ()
    assert (verdict.n, verdict.abstained, verdict.missing) == (0, 3, 7)


def test_below_the_quorum_a_statement_is_not_judged_but_its_clauses_are_shown() -> None:
    rule = Rule("Five", FULL_CONSENSUS.condition, quorum=5)
    assert assess([9] * 5, rule).consensus is True
    below = assess([9] * 4, rule)
    assert below.consensus is None
    assert [finding.met for finding in below.clauses] == [True, True]
    assert below.reasons[0] == "There are 4 ratings, and the rule judges from 5 up."
    assert assess([9], rule).reasons[0] == "There is 1 rating, and the rule judges from 5 up."


@pytest.mark.parametrize("rating", [0, 10, -1, True, 4.5, 8.0, "8", "٣", None, 10**30])
def test_what_is_no_rating_is_refused_by_name(rating: object) -> None:
    with pytest.raises(ValueError, match="A rating is a whole number from 1 to 9, not") as caught:
        assess([8, rating, 9], FULL_CONSENSUS)  # type: ignore[list-item]
    assert str(caught.value).endswith(f"not {rating!r}.")


def test_numpy_integers_are_ratings() -> None:
    ratings = np.array([8, 8, 9], dtype=np.int8)
    assert assess(ratings, FULL_CONSENSUS) == assess([8, 8, 9], FULL_CONSENSUS)


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ([0] * 8, "The scale from 1 to 9 needs 9 counts, not 8."),
        ([0] * 8 + [-1], "A count is a whole number of 0 or more, not -1."),
        ([0] * 8 + [1.0], "A count is a whole number of 0 or more, not 1.0."),
    ],
)
def test_counts_that_do_not_fit_are_refused(counts: list[int], sentence: str) -> None:
    with pytest.raises(ValueError, match="^" + sentence):
        assess_counts(counts, FULL_CONSENSUS)


def test_negative_abstentions_are_refused() -> None:
    with pytest.raises(ValueError, match="number of abstentions"):
        assess_counts([0] * 8 + [1], FULL_CONSENSUS, abstained=-1)


@pytest.mark.parametrize(
    ("clause", "consensus", "reason"),
    [
        (Clause("least", ">=", Fraction(6)), True, "All ratings are 6 or higher."),
        (Clause("least", ">", Fraction("5.5")), True, "All ratings are 6 or higher."),
        (Clause("least", ">", Fraction(8)), False, "3 of 4 ratings are 8 or lower."),
        (Clause("least", ">=", Fraction(9)), False, "3 of 4 ratings are 8 or lower."),
        (Clause("least", "<", Fraction(7)), True, "The lowest rating, 6, is below 7."),
        (Clause("least", "<=", Fraction(5)), False, "The lowest rating is 6 and must be at most 5."),
        (Clause("mean", ">=", Fraction("7.5")), True, "The mean, 7.50, is at least 7.5."),
        (Clause("mean", ">", Fraction("7.5")), False, "The mean is 7.50 and must be above 7.5."),
        (Clause("mean", "<=", Fraction(20, 3)), False, "The mean is 7.50 and must be at most 20/3."),
    ],
)
def test_operator_and_threshold_are_part_of_the_rule(clause: Clause, consensus: bool, reason: str) -> None:
    verdict = assess([6, 7, 8, 9], Rule("One clause", clause))
    assert (verdict.consensus, verdict.reasons) == (consensus, (reason,))


def test_the_ends_of_the_scale_are_not_called_or_lower_or_or_higher() -> None:
    above_one = Rule("Above 1", Clause("least", ">", Fraction(1)))
    assert assess([1, 9], above_one).reasons == ("1 of 2 ratings is 1.",)
    nines = Rule("Nines", Clause("least", ">", Fraction(8)))
    assert assess([9, 9], nines).reasons == ("All ratings are 9.",)


def test_a_rule_may_nest_and_have_another_scale() -> None:
    inner = AllOf((Clause("mean", ">", Fraction(3)),))
    rule = Rule("Nested", AllOf((Clause("least", ">", Fraction(2)), inner)), scale=Scale(1, 5))
    assert assess([3, 4], rule).consensus is True
    assert assess([3, 3], rule).consensus is False


@given(ratings_lists.filter(bool))
def test_the_verdict_is_that_of_exact_arithmetic(ratings: list[int]) -> None:
    expected = min(ratings) > 5 and Fraction(sum(ratings), len(ratings)) > 7
    assert assess(ratings, FULL_CONSENSUS).consensus is expected


@given(ratings_lists, st.randoms())
def test_the_order_of_panelists_never_matters(ratings: list[int], random: object) -> None:
    shuffled = list(ratings)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert assess(shuffled, FULL_CONSENSUS) == assess(ratings, FULL_CONSENSUS)


@given(st.lists(st.integers(6, 9), min_size=1, max_size=20), st.data())
def test_raising_a_rating_never_breaks_consensus(ratings: list[int], data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(ratings) - 1))
    raised = list(ratings)
    raised[position] = data.draw(st.integers(ratings[position], 9))
    before, after = assess(ratings, FULL_CONSENSUS), assess(raised, FULL_CONSENSUS)
    assert after.consensus or not before.consensus


@given(ratings_lists)
def test_counts_and_ratings_give_the_same_verdict(ratings: list[int]) -> None:
    assert assess_counts(count_ratings(ratings), FULL_CONSENSUS) == assess(ratings, FULL_CONSENSUS)


def test_the_package_works_without_django() -> None:
    code = (
        "import sys; from surveys.consensus import FULL_CONSENSUS, assess; "
        "assert assess([8] * 6 + [9] * 4, FULL_CONSENSUS).consensus is True; "
        "print(sorted(name for name in sys.modules if name.split('.')[0] == 'django'))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
