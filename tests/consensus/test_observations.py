"""What clauses look at: exact values with their parts, and None where they are undefined or unknown."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given

from surveys.consensus import NINE_POINTS, Clause, Derived, Rule, Scale, Tally, count_ratings, tally_of
from surveys.consensus.findings import find
from surveys.consensus.observations import observe, size_threshold
from surveys.consensus.rules import Operator, StatisticName, last_passing
from tests.consensus.rule_trees import clauses, some_ratings

ZERO = Fraction(0)


def observed(
    clause: Clause, ratings: list[int], scale: Scale = NINE_POINTS, **known: Any
) -> tuple[Fraction, Any] | None:
    seen = observe(clause, Tally(count_ratings(ratings, scale), **known), Rule("r", clause, scale))
    return None if seen is None else (seen.value, dict(seen.parts))


@pytest.mark.parametrize(
    ("name", "ratings", "value", "parts"),
    [
        ("least", [3, 9], 3, {}),
        ("most", [3, 9], 9, {}),
        ("mean", [7, 8, 8], Fraction(23, 3), {}),
        ("median", [7, 8], Fraction(15, 2), {}),
        ("iqr", [6, 6, 6, 6, 6, 6, 8, 9, 9, 9], Fraction(11, 4), {}),
        ("sd", [7, 8, 9], 1, {}),
        ("sd", [1, 9], 32, {}),
        ("cv", [1, 2, 3], Fraction(1, 4), {}),
        (
            "disagreement_index",
            [1, 1, 1, 5, 5, 5, 9, 9, 9],
            Fraction("4.8") / Fraction("2.35"),
            {"ipr": "4.8", "ipras": "2.35"},
        ),
        ("each_extreme", [1, 3, 4, 6, 7, 8, 9], 2, {"low": 2, "high": 3}),
        ("outside_window", [1, 2, 4, 4, 4], 1, {"low": 2, "high": 4}),
        ("outside_window", [9], 0, {"low": 7, "high": 9}),
        ("outside_window", [1], 0, {"low": 1, "high": 3}),
        # The median is 4.5, and of 3-5 and 4-6 the lower is named where both leave as many outside.
        ("outside_window", [4, 4, 5, 5], 0, {"low": 3, "high": 5}),
        # Four lie from 7 to 9, but those points do not hold the median of 6.5.
        ("outside_window", [1, 2, 3, 4, 9, 9, 9, 9], 8, {"low": 5, "high": 7}),
    ],
)
def test_values_are_exact_and_those_of_spread_are_squares(
    name: StatisticName, ratings: list[int], value: Any, parts: dict[str, Any]
) -> None:
    seen = observed(Clause(name, ">", ZERO), ratings)
    assert seen == (Fraction(value), {part: Fraction(number) for part, number in parts.items()})


@pytest.mark.parametrize(
    ("denominator", "expected"),
    [
        ("rated", (Fraction(3, 4), {"count": 3, "of": 4})),
        ("asked", (Fraction(3, 7), {"count": 3, "of": 7})),
        ("invited", (Fraction(3, 10), {"count": 3, "of": 10})),
    ],
)
def test_a_share_has_its_denominator(denominator: Any, expected: object) -> None:
    share = Clause("share", ">", ZERO, band=(7, 9), denominator=denominator)
    assert observed(share, [7, 8, 9, 1], abstained=2, missing=1, invited=10) == expected


@pytest.mark.parametrize(
    ("clause", "ratings"),
    [
        (Clause("sd", ">", ZERO), [5]),
        (Clause("cv", ">", ZERO), [5]),
        (Clause("share", ">", ZERO, band=(7, 9), denominator="invited"), [5]),
        (Clause("quorum", ">", ZERO, denominator="invited"), [5]),
        (Clause("mean", ">", ZERO), []),
        (Clause("share", "<", ZERO, band=(1, 3)), []),
        (Clause("share", "<", ZERO, band=(1, 3), denominator="asked"), []),
        (Clause("outside", "<=", ZERO, band=(7, 9)), []),
        (Clause("each_extreme", "<", Derived.PANEL_SIZE), []),
        (Clause("quorum", ">=", ZERO, denominator="asked"), []),
    ],
    ids=lambda value: value.statistic if isinstance(value, Clause) else None,
)
def test_what_is_undefined_or_unknown_is_none(clause: Clause, ratings: list[int]) -> None:
    assert observed(clause, ratings, abstained=2) is None
    assert find(clause, Tally(count_ratings(ratings), 2), Rule("r", clause)) is None


def test_another_scale_is_counted_from_its_own_lowest_point() -> None:
    scale = Scale(0, 4)
    assert observed(Clause("least", ">", ZERO), [0, 4], scale) == (ZERO, {})
    assert observed(Clause("share", ">", ZERO, band=(3, 4)), [0, 3, 4], scale) == (
        Fraction(2, 3),
        {"count": 2, "of": 3},
    )
    assert observed(Clause("outside", ">", ZERO, band=(0, 0)), [0, 3, 4], scale) == (Fraction(2), {})


@pytest.mark.parametrize(("n", "outside", "extreme"), [(7, 1, 3), (8, 2, 3), (11, 3, 4), (14, 4, 5), (16, 4, 5)])
def test_thresholds_of_the_table(n: int, outside: int, extreme: int) -> None:
    assert size_threshold("outside", n) == size_threshold("outside_window", n) == outside
    assert size_threshold("each_extreme", n) == extreme


@pytest.mark.parametrize(
    ("statistic", "operator", "threshold", "passing"),
    [
        ("least", ">", "5", 6),
        ("least", ">", "5.5", 6),
        ("least", ">=", "5", 5),
        ("least", ">=", "5.5", 6),
        ("least", "<", "5", None),
        ("most", "<", "4", 3),
        ("most", "<", "3.5", 3),
        ("most", "<=", "4", 4),
        ("most", "<=", "3.5", 3),
        ("most", ">=", "4", None),
        ("mean", ">", "5", None),
    ],
)
def test_the_last_rating_that_passes(
    statistic: StatisticName, operator: Operator, threshold: str, passing: int | None
) -> None:
    assert last_passing(statistic, operator, Fraction(threshold)) == passing


@given(clauses, some_ratings)
def test_a_finding_counts_what_breaks_its_clause(clause: Clause, ratings: list[int]) -> None:
    found = find(clause, Tally(count_ratings(ratings)), Rule("r", clause))
    if found is None:
        return
    assert (found.n, found.clause, found.kind) == (len(ratings), clause, clause.statistic)
    if found.passing is not None:
        against = [one for one in ratings if (one < found.passing if found.kind == "least" else one > found.passing)]
        assert found.count_against == len(against)
        assert found.met == (not against)


@pytest.mark.parametrize(
    ("known", "fault"),
    [
        ({"abstained": -1}, "number of abstentions"),
        ({"missing": 1.5}, "number of missing ratings"),
        ({"invited": True}, "number of those invited"),
        ({"abstained": 2, "missing": 1, "invited": 7}, "^8 took part, and 7 were invited.$"),
    ],
)
def test_numbers_that_do_not_fit_make_no_tally(known: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        tally_of([0] * 8 + [5], **known)


def test_a_tally_knows_its_denominators() -> None:
    tally = tally_of([0] * 8 + [5], abstained=2, missing=1, invited=9)
    assert [tally.size(name) for name in ("rated", "asked", "invited")] == [5, 8, 9]
    assert tally_of([0] * 9).size("invited") is None
