"""The paper's rule with its published oracles, clauses of every statistic, and what is refused."""

import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from surveys.consensus import (
    FULL_CONSENSUS,
    AllOf,
    Clause,
    Outcome,
    Rule,
    Scale,
    assess,
    assess_counts,
    judge,
    tally_of,
)


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


@pytest.mark.parametrize(
    ("clause", "ratings", "consensus", "reason"),
    [
        (Clause("most", "<", Fraction(4)), [1, 3], True, "All ratings are 3 or lower."),
        (Clause("most", "<=", Fraction("3.5")), [1, 4, 9], False, "2 of 3 ratings are 4 or higher."),
        (Clause("most", "<", Fraction(9)), [1, 4, 9], False, "1 of 3 ratings is 9."),
        (Clause("most", ">=", Fraction(9)), [1, 4, 9], True, "The highest rating, 9, is at least 9."),
        (Clause("most", ">", Fraction(8)), [8], False, "The highest rating is 8 and must be above 8."),
        (Clause("most", "<=", Fraction(2)), [2], True, "The only rating is 2 or lower."),
        (Clause("median", ">", Fraction("6.5")), [6, 7], False, "The median is 6.5 and must be above 6.5."),
        (Clause("median", ">=", Fraction("6.5")), [6, 7], True, "The median, 6.5, is at least 6.5."),
        (
            Clause("iqr", "<=", Fraction("2.75")),
            [6, 6, 6, 6, 6, 6, 8, 9, 9, 9],
            True,
            "The interquartile range (quantiles of type 7), 2.75, is at most 2.75.",
        ),
        (
            Clause("iqr", "<", Fraction("2.75")),
            [6, 6, 6, 6, 6, 6, 8, 9, 9, 9],
            False,
            "The interquartile range (quantiles of type 7) is 2.75 and must be below 2.75.",
        ),
        (Clause("sd", "<=", Fraction(1)), [7, 8, 9], True, "The standard deviation, 1.00, is at most 1."),
        (Clause("sd", "<", Fraction(1)), [7, 8, 9], False, "The standard deviation is 1.00 and must be below 1."),
        (Clause("sd", "<", Fraction("1.5")), [1, 9], False, "The standard deviation is 5.66 and must be below 1.5."),
        (Clause("cv", "<=", Fraction(1, 2)), [1, 2, 3], True, "The coefficient of variation, 0.50, is at most 0.5."),
        (
            Clause("cv", "<", Fraction(1, 2)),
            [1, 2, 3],
            False,
            "The coefficient of variation is 0.50 and must be below 0.5.",
        ),
        (
            Clause("outside", "<=", Fraction(1), band=(7, 9)),
            [6, 7, 8, 9, 5],
            False,
            "The number of ratings that are not from 7 to 9 is 2 and must be at most 1.",
        ),
        (
            Clause("outside", "<", Fraction(3), band=(9, 9)),
            [6, 7, 9, 9, 9],
            True,
            "The number of ratings that are not 9, 2, is below 3.",
        ),
        (
            Clause("each_extreme", ">=", Fraction(2)),
            [1, 3, 5, 7, 9],
            True,
            "Of 5 ratings 2 are from 1 to 3 and 2 from 7 to 9: the lesser number, 2, is at least 2.",
        ),
        (
            Clause("each_extreme", "<", Fraction(2)),
            [1, 3, 3, 5, 7, 9],
            False,
            "Of 6 ratings 3 are from 1 to 3 and 2 from 7 to 9: the lesser number, 2, must be below 2.",
        ),
        (
            Clause("outside_window", "<=", Fraction(0)),
            [1, 2, 4],
            False,
            (
                "The number of ratings outside the best three points around the median (from 1 to 3) is 1 and must"
                " be at most 0."
            ),
        ),
        (
            Clause("disagreement_index", ">", Fraction(1)),
            [1, 1, 1, 5, 5, 5, 9, 9, 9],
            True,
            "The disagreement index (IPR 4.8 divided by IPRAS 2.35, quantiles of type 7), 2.04, is above 1.",
        ),
        (
            Clause("share", "<", Fraction(15, 100), band=(1, 3)),
            [3, *[5] * 6],
            True,
            "1 of 7 ratings is from 1 to 3: 14.3%, below 15%.",
        ),
        (
            Clause("share", ">", Fraction(2, 3), band=(7, 9)),
            [7, 8, 1],
            False,
            "2 of 3 ratings are from 7 to 9: 66.7%, and it must be above 66.7%.",
        ),
        (
            Clause("share", ">=", Fraction(1), band=(5, 5)),
            [5],
            True,
            "1 of 1 rating is 5: 100%, at least 100%.",
        ),
    ],
)
def test_every_statistic_is_judged_exactly_and_says_so(
    clause: Clause, ratings: list[int], consensus: bool, reason: str
) -> None:
    verdict = assess(ratings, Rule("One clause", clause))
    assert (verdict.consensus, verdict.reasons[0]) == (consensus, reason)


@pytest.mark.parametrize(
    ("denominator", "invited", "reason"),
    [
        ("asked", None, "6 of 10 who took part rated from 7 to 9: 60%, at least 60%."),
        ("invited", 12, "6 of 12 who were invited rated from 7 to 9: 50%, and it must be at least 60%."),
        ("rated", 12, "6 of 7 ratings are from 7 to 9: 85.7%, at least 60%."),
    ],
)
def test_a_share_says_of_whom_it_is(denominator: Any, invited: int | None, reason: str) -> None:
    rule = Rule("One", Clause("share", ">=", Fraction(3, 5), band=(7, 9), denominator=denominator))
    tally = tally_of([0, 0, 1, 0, 0, 0, 0, 6, 0], abstained=2, missing=1, invited=invited)
    assert judge(tally, rule).reasons == (reason,)


def test_the_package_works_without_django() -> None:
    code = (
        "import sys; from surveys.consensus import FULL_CONSENSUS, assess; "
        "assert assess([8] * 6 + [9] * 4, FULL_CONSENSUS).consensus is True; "
        "print(sorted(name for name in sys.modules if name.split('.')[0] == 'django'))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
