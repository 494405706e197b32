"""How many ratings stand between a statement and consensus, checked against brute force."""

from fractions import Fraction
from itertools import combinations, combinations_with_replacement, product

import pytest

from surveys.consensus import (
    FULL_CONSENSUS,
    NAMED_RULES,
    AllOf,
    AnyOf,
    Clause,
    Not,
    Rule,
    Scale,
    assess,
    count_ratings,
    near_miss,
    short_of,
)
from surveys.consensus.rules import Condition


@pytest.mark.parametrize(
    ("ratings", "short"),
    [
        ([8] * 6 + [9] * 4, 0),
        ([5] + [9] * 9, 1),
        ([5, 5] + [9] * 8, 2),
        ([7] * 10, 1),
        ([6] * 10, 4),
        ([1] * 10, 10),
        ([7] * 7 + [3, 3, 9], 2),
        ([], None),
    ],
)
def test_short_is_the_least_number_of_changes(ratings: list[int], short: int | None) -> None:
    assert short_of(count_ratings(ratings), FULL_CONSENSUS) == short


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_short_is_what_trying_every_change_finds(n: int) -> None:
    # Whatever is changed to 9 helps most, but the search does not presume it.
    targets = (1, 5, 6, 7, 8, 9)
    for ratings in combinations_with_replacement((1, 4, 5, 6, 7, 8, 9), n):
        tried = (
            k
            for k in range(n + 1)
            for positions in combinations(range(n), k)
            for values in product(targets, repeat=k)
            if assess(_replaced(ratings, positions, values), FULL_CONSENSUS).consensus
        )
        assert short_of(count_ratings(ratings), FULL_CONSENSUS) == next(tried, None)


def _replaced(ratings: tuple[int, ...], positions: tuple[int, ...], values: tuple[int, ...]) -> list[int]:
    changed = dict(zip(positions, values, strict=True))
    return [changed.get(index, rating) for index, rating in enumerate(ratings)]


LEAST, MEAN = Clause("least", ">", Fraction(2)), Clause("mean", ">", Fraction(4))
TOP = Clause("share", ">=", Fraction(2, 3), band=(4, 5))
RISING: dict[str, Condition] = {
    "all": AllOf((LEAST, Clause("mean", ">=", Fraction(7, 2)))),
    "any": AnyOf((AllOf((LEAST, TOP)), MEAN)),
    "share": TOP,
    "median": AllOf((Clause("median", ">", Fraction(3)), Not(Clause("least", "<=", Fraction(1))))),
    "most": AllOf((Clause("most", ">=", Fraction(5)), Clause("mean", ">", Fraction(3)))),
}


@pytest.mark.parametrize("name", RISING)
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_no_fewer_changes_suffice_for_any_rule_that_rises(name: str, n: int) -> None:
    five = Scale(1, 5)
    rule = Rule("Rising", RISING[name], five)
    for ratings in combinations_with_replacement(five.points, n):
        tried = (
            k
            for k in range(n + 1)
            for positions in combinations(range(n), k)
            for values in product(five.points, repeat=k)
            if assess(_replaced(ratings, positions, values), rule).consensus
        )
        assert short_of(count_ratings(ratings, five), rule) == next(tried, None)


@pytest.mark.parametrize(
    "rule",
    [
        *(NAMED_RULES[name] for name in ("rand-ucla", "cos-70-15", "cos-70-15-every-group", "median-iqr")),
        Rule("Capped", AllOf((MEAN, Clause("most", "<", Fraction(9))))),
        Rule("Negated", Not(MEAN)),
        Rule("Narrow", Clause("share", ">", Fraction(1, 10), band=(4, 6))),
        Rule("Asked", Clause("share", ">", Fraction(1, 2), band=(7, 9), denominator="asked")),
        Rule("By group", AnyOf((MEAN, Clause("mean", ">", Fraction(1), population="every group")))),
        Rule("Apart", AllOf((MEAN, Clause("sd", ">", Fraction(1))))),
    ],
    ids=lambda rule: rule.name,
)
def test_a_rule_that_a_higher_rating_could_break_is_never_short_by_a_number(rule: Rule) -> None:
    for ratings in ([1, 5, 9, 9], [5, 5, 5, 9], [8, 8, 8, 9]):
        assert short_of(count_ratings(ratings), rule) is None
        assert near_miss(count_ratings(ratings), rule) is None


@pytest.mark.parametrize(("ratings", "short"), [([7, 7, 7, 1], 0), ([7, 7, 1, 1], 1), ([1] * 8, 6), ([9], 0), ([6], 1)])
def test_percent_agreement_is_short_of_so_many(ratings: list[int], short: int) -> None:
    assert short_of(count_ratings(ratings), NAMED_RULES["percent-agreement"]) == short


def test_one_of_several_ratings_against_is_not_that_one_rating() -> None:
    rule = Rule("Either", AnyOf((Clause("least", ">", Fraction(5)), Clause("mean", ">", Fraction(7)))))
    miss = near_miss(count_ratings([5, 5, 7, 8, 9]), rule)
    assert miss is not None
    assert miss.sentence == "If one rating of 5 were 7 or higher, this would be either."


def test_below_the_quorum_nothing_is_short() -> None:
    rule = Rule("Five", FULL_CONSENSUS.condition, quorum=5)
    assert short_of(count_ratings([5, 9, 9, 9]), rule) is None


def test_a_rule_that_cannot_be_met_is_never_short_by_a_number() -> None:
    rule = Rule("Impossible", Clause("mean", ">", Fraction(9)))
    assert short_of(count_ratings([9, 9]), rule) is None


def test_rules_with_an_upper_bound_are_left_out() -> None:
    rule = Rule("Low", Clause("mean", "<", Fraction(3)))
    assert short_of(count_ratings([9, 9]), rule) is None


def test_a_large_panel_is_answered_at_once() -> None:
    counts = [500_000, 0, 0, 0, 0, 0, 0, 0, 500_000]
    assert short_of(counts, FULL_CONSENSUS) == 500_000


@pytest.mark.parametrize(
    ("ratings", "sentence"),
    [
        ([5] + [9] * 9, "If that one rating were 6 or higher, this would be full consensus."),
        ([5, 7, 7, 7], "If that one rating were 8 or higher, this would be full consensus."),
        ([4, 6, 6, 8], "If that one rating were 9, this would be full consensus."),
        ([7] * 10, "If one rating of 7 were 8 or higher, this would be full consensus."),
        ([6, 7, 7, 8], "If the rating of 6 were 7 or higher, this would be full consensus."),
    ],
)
def test_a_near_miss_says_what_one_rating_would_do(ratings: list[int], sentence: str) -> None:
    miss = near_miss(count_ratings(ratings), FULL_CONSENSUS)
    assert miss is not None
    assert miss.sentence == sentence
    assert assess([*sorted(ratings)[1:], miss.needed], FULL_CONSENSUS).consensus is True
    assert assess([*sorted(ratings)[1:], miss.needed - 1], FULL_CONSENSUS).consensus is False


@pytest.mark.parametrize("ratings", [[], [9, 9], [5, 5, 9, 9]])
def test_only_one_missing_rating_is_a_near_miss(ratings: list[int]) -> None:
    assert near_miss(count_ratings(ratings), FULL_CONSENSUS) is None


def test_a_near_miss_keeps_the_capitals_of_a_rules_name() -> None:
    rule = Rule("COS", Clause("least", ">", Fraction(5)))
    miss = near_miss(count_ratings([5, 9]), rule)
    assert miss is not None
    assert miss.sentence == "If that one rating were 6 or higher, this would be COS."
