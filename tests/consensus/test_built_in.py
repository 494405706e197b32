"""The published rules by name: their oracles, their edges, and what may be chosen of them."""

from collections.abc import Sequence
from fractions import Fraction

import pytest

from surveys.consensus import (
    NAMED_RULES,
    Choices,
    Outcome,
    Rule,
    Scale,
    Tally,
    assess,
    assess_counts,
    built_in_rule,
    count_ratings,
    judge,
    rule_in_round,
    rule_sentence,
)
from surveys.consensus.built_in import top_band

IN, OUT, NONE = Outcome.IN, Outcome.OUT, Outcome.NONE
# BMJ Open 2012;2:e001431, table 1: 1, 1, 1, 5, 5 and 2 ratings of 4 to 9.
BMJ_OPEN = [4, 5, 6, *[7] * 5, *[8] * 5, 9, 9]


def outcome(name: str, ratings: Sequence[int], choices: Choices | None = None) -> Outcome:
    return assess(ratings, built_in_rule(name, choices)).outcome


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        ([8] * 6 + [9] * 4, IN),
        ([8] * 10, NONE),
        ([8] * 9 + [9], IN),
        ([5] + [9] * 9, NONE),
    ],
)
def test_strong_consensus_is_a_mean_above_eight(ratings: list[int], expected: Outcome) -> None:
    assert outcome("strong-consensus", ratings) == expected


@pytest.mark.parametrize(
    ("ratings", "expected", "label"),
    [
        ([1, 1, 1, 5, 5, 5, 9, 9, 9], NONE, "uncertain"),
        ([2, 3, 3, 5, 6, 7, 7, 8, 9], NONE, "uncertain"),
        (BMJ_OPEN, IN, "appropriate"),
        ([1, 1, 2, 7, 7, 7, 7, 7, 7], NONE, "uncertain"),
        ([1, 1, 6, 7, 7, 7, 7, 7, 7], IN, "appropriate"),
        ([1, 1, 2, 2, 3, 3, 3, 9, 9], OUT, "inappropriate"),
        ([1, 1, 2, 2, 3, 3, 9, 9, 9], NONE, "uncertain"),
        ([5] * 9, NONE, "uncertain"),
    ],
)
def test_the_classical_definition_looks_at_both_extremes(ratings: list[int], expected: Outcome, label: str) -> None:
    verdict = assess(ratings, NAMED_RULES["rand-ucla"])
    assert (verdict.outcome, verdict.classification) == (expected, label)


@pytest.mark.parametrize(
    ("n", "extreme"),
    [(7, 3), (8, 3), (9, 3), (10, 3), (11, 4), (12, 4), (13, 4), (14, 5), (15, 5), (16, 5), (17, 6), (20, 7)],
)
def test_disagreement_hangs_on_the_size_of_the_panel(n: int, extreme: int) -> None:
    def with_low(low: int) -> Outcome:
        return outcome("rand-ucla", [1] * low + [9] * (n - low))

    assert (with_low(extreme - 1), with_low(extreme)) == (IN, NONE)


@pytest.mark.parametrize(
    ("n", "outside"), [(8, 2), (9, 2), (10, 2), (11, 3), (13, 3), (14, 4), (16, 4), (17, 5), (19, 5), (20, 6)]
)
def test_strict_agreement_hangs_on_the_size_of_the_panel(n: int, outside: int) -> None:
    def with_six(sixes: int) -> Outcome:
        return outcome("rand-ucla-strict", [6] * sixes + [8] * (n - sixes))

    assert (with_six(outside), with_six(outside + 1)) == (IN, NONE)


def test_relaxed_agreement_takes_any_three_points_around_the_median() -> None:
    ratings = [5, 5, *[6] * 2, *[7] * 4, 8]
    assert outcome("rand-ucla-strict", ratings) == NONE
    verdict = assess(ratings, NAMED_RULES["rand-ucla-relaxed"])
    assert verdict.outcome == IN
    assert verdict.reasons[1] == (
        "The number of ratings outside the best three points around the median (from 5 to 7), 1, is at most 2."
    )
    # The median is 6.5, and no three points around it hold more than two ratings.
    assert outcome("rand-ucla-relaxed", [2, 3, 4, 5, 8, 9, 9, 9]) == NONE


@pytest.mark.parametrize(("n", "is_flagged"), [(7, True), (8, False), (16, False), (17, True)])
def test_a_panel_off_the_table_is_flagged(n: int, is_flagged: bool) -> None:
    for name in ("rand-ucla", "rand-ucla-strict", "rand-ucla-relaxed"):
        verdict = assess([8] * n, NAMED_RULES[name])
        assert verdict.outcome == IN
        assert [finding.is_off_table for finding in verdict.clauses] == [False, is_flagged]
        assert any("panels of 8 to 16" in reason for reason in verdict.reasons) == is_flagged


@pytest.mark.parametrize(
    ("name", "ratings", "flag"),
    [
        ("rand-ucla", [8] * 7, "The RAND/UCLA table is for panels of 8 to 16; for 7 ratings a third of them is taken."),
        ("rand-ucla", [8], "The RAND/UCLA table is for panels of 8 to 16; for 1 rating a third is taken."),
        (
            "rand-ucla-strict",
            [8] * 7,
            "The RAND/UCLA table is for panels of 8 to 16; for 7 ratings its steps are continued.",
        ),
        (
            "rand-ucla",
            [8] * 20,
            "The RAND/UCLA table is for panels of 8 to 16; for 20 ratings its steps are continued.",
        ),
        ("rand-ucla-ipras", [8] * 4, "4 ratings are too few for the disagreement index to say much."),
        ("rand-ucla-ipras", [8], "1 rating is too few for the disagreement index to say much."),
    ],
)
def test_a_flag_says_what_was_done_instead(name: str, ratings: list[int], flag: str) -> None:
    assert assess(ratings, NAMED_RULES[name]).reasons[2:] == (flag,)


@pytest.mark.parametrize(
    ("ratings", "by_type"),
    [
        ([1, 1, 1, 5, 5, 5, 9, 9, 9], (True, True, True)),
        ([2, 3, 3, 5, 6, 7, 7, 8, 9], (True, True, None)),
        ([7, 7, 8, 8, 8, 8, 9, 9, 9], (False, False, None)),
        ([1, 2, 4, 5, 6, 8, 9], (True, True, False)),
        ([1, 1, 2, 7, 7, 7, 7, 7, 7], (False, True, None)),
        ([1, 1, 1, 6, 6, 8, 8, 8, 8, 8], (False, True, None)),
        ([1, 1, 3, 3, 6, 6, 6], (False, None, None)),
        ([1, 1, 1, 3, 6, 6, 6, 6, 7, 7, 7, 7], (False, None, None)),
        ([3, 8], (False, True, None)),
        ([7], (False, False, None)),
        (BMJ_OPEN, (False, False, False)),
    ],
)
def test_the_adjusted_definition_is_exact_and_hangs_on_the_quantiles(
    ratings: list[int], by_type: tuple[bool | None, ...]
) -> None:
    for quantile, disagrees in zip((7, 6, 2), by_type, strict=True):
        clause = assess(ratings, built_in_rule("rand-ucla-ipras", Choices(quantile=quantile))).clauses[1]  # type: ignore[arg-type]
        assert disagrees is None or clause.met is not disagrees


def test_a_tie_of_ipr_and_ipras_is_no_disagreement_and_reads_so() -> None:
    verdict = assess([1, 1, 1, 3, 6, 6, 6, 6, 7, 7, 7, 7], NAMED_RULES["rand-ucla-ipras"])
    assert verdict.clauses[1].observed == 1
    assert verdict.reasons[1] == (
        "The disagreement index (IPR 2.8 divided by IPRAS 2.8, quantiles of type 7), 1.00, is at most 1."
    )


@pytest.mark.parametrize(
    ("name", "up", "middle"),
    [("rand-ucla", IN, NONE), ("rand-ucla-relaxed", IN, NONE), ("rand-ucla-ipras", IN, NONE)],
)
def test_a_median_of_six_and_a_half_goes_up_unless_chosen_otherwise(name: str, up: Outcome, middle: Outcome) -> None:
    half = [5, 6, 6, 6, 7, 7, 7, 8]
    assert outcome(name, half) == up
    assert outcome(name, half, Choices(half_medians="up")) == up
    assert outcome(name, half, Choices(half_medians="middle")) == middle
    assert outcome(name, [6, 6, 6, 7, 7, 7, 7, 8], Choices(half_medians="middle")) == IN


def test_a_median_of_three_and_a_half_is_not_out() -> None:
    for name in ("rand-ucla", "rand-ucla-relaxed", "rand-ucla-ipras", "grade-importance"):
        assert outcome(name, [2, 3, 3, 3, 4, 4, 4, 5]) == NONE
        assert outcome(name, [2, 3, 3, 3, 3, 4, 4, 5]) == OUT


def test_only_up_and_middle_are_places_for_half_medians() -> None:
    with pytest.raises(ValueError, match="up or middle"):
        built_in_rule("rand-ucla", Choices(half_medians="down"))


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        ([7] * 7 + [2] + [9] * 5 + [3], IN),
        ([7] * 7 + [3, 3, 9], NONE),
        ([7] * 7 + [1, 5, 5], IN),
        ([7] * 7 + [1, 2, 5], NONE),
        ([7] * 14 + [2] * 3 + [5] * 3, NONE),
        ([7] * 14 + [2] * 2 + [5] * 4, IN),
        ([7] * 13 + [5] * 7, NONE),
        ([8] * 5 + [3], NONE),
        ([8] * 6 + [3], IN),
        ([1] * 7 + [8, 5, 5], OUT),
        ([1] * 14 + [8] * 3 + [5] * 3, NONE),
        ([5] * 10, NONE),
    ],
)
def test_core_outcomes_need_seventy_and_fewer_than_fifteen_percent(ratings: list[int], expected: Outcome) -> None:
    assert outcome("cos-70-15", ratings) == expected


def test_abstentions_and_gaps_count_where_the_denominator_says_so() -> None:
    counts = [0, 0, 0, 0, 0, 0, 7, 0, 0]
    by_asked = built_in_rule("cos-70-15", Choices(denominator="asked"))
    assert assess_counts(counts, by_asked, abstained=2, missing=1).outcome == IN
    assert assess_counts(counts, by_asked, abstained=2, missing=2).outcome == NONE
    assert assess_counts(counts, NAMED_RULES["cos-70-15"], abstained=2, missing=2).outcome == IN
    # A low rating counts less among more who were asked: 3 of 20 is 15%, 3 of 21 is not.
    low = [3, 0, 0, 0, 0, 0, 0, 15, 0]
    assert assess_counts(low, by_asked, abstained=2).outcome == NONE
    assert assess_counts(low, by_asked, abstained=2, missing=1).outcome == IN


def test_don_t_know_in_the_denominator_decides_a_published_rule() -> None:
    # 65 raters and 75%: 49 of 65 are 75.4%, but 48 are not enough unless those who do not know are left out.
    by_asked = built_in_rule("percent-agreement", Choices(denominator="asked"))
    for high, others, expected in ((49, 16, True), (48, 17, False)):
        assert assess_counts([0] * 8 + [high], by_asked, abstained=others).consensus is expected
        assert assess_counts([0] * 8 + [high], NAMED_RULES["percent-agreement"], abstained=others).consensus is True


def test_a_share_of_the_invited_needs_to_know_how_many_they_were() -> None:
    rule = built_in_rule("percent-agreement", Choices(denominator="invited"))
    known = Tally(count_ratings([8] * 9), missing=1, invited=12)
    assert judge(known, rule).reasons == ("9 of 12 who were invited rated from 7 to 9: 75%, at least 75%.",)
    unknown = judge(Tally(count_ratings([8] * 9)), rule)
    assert (unknown.outcome, unknown.consensus) == (Outcome.NOT_EVALUABLE, None)
    assert unknown.reasons == ("It cannot be said whether at least 75% of all who were invited rated from 7 to 9.",)


@pytest.mark.parametrize(
    ("percent", "high", "others", "expected"),
    [
        (75, 3, 1, True),
        (75, 74, 26, False),
        (70, 7, 3, True),
        (70, 69, 31, False),
        (Fraction(200, 3), 2, 1, True),
        (67, 2, 1, False),
        (100, 9, 0, True),
        (100, 9, 1, False),
    ],
)
def test_exactly_the_threshold_is_enough_for_percent_agreement(
    percent: Fraction | int, high: int, others: int, expected: bool
) -> None:
    rule = built_in_rule("percent-agreement", Choices(threshold=Fraction(percent)))
    assert assess([7] * high + [6] * others, rule).consensus is expected


@pytest.mark.parametrize(
    ("scale", "top", "below"),
    [
        (Scale(1, 9), (7, 9), 3),
        (Scale(1, 10), (8, 10), 3),
        (Scale(0, 10), (8, 10), 2),
        (Scale(1, 7), (6, 7), 2),
        (Scale(1, 5), (4, 5), 2),
        (Scale(1, 4), (3, 4), 2),
        (Scale(1, 3), (3, 3), 1),
        (Scale(0, 1), (1, 1), 0),
    ],
    ids=str,
)
def test_the_top_band_of_a_scale_is_its_upper_third(scale: Scale, top: tuple[int, int], below: int) -> None:
    assert (top_band(scale), scale.mirrored(top[0])) == (top, below)


def test_a_band_moves_both_sides_of_median_with_interquartile_range() -> None:
    wide = Choices(band=(6, 9))
    assert [outcome("median-iqr", [point] * 8, wide) for point in (4, 5, 6)] == [OUT, NONE, IN]


def test_without_any_majority_an_average_of_majorities_judges_nothing() -> None:
    split = [Tally(count_ratings([8] * 4 + [5] * 6)), Tally(count_ratings([2] * 5 + [8] * 5))]
    resolved = rule_in_round(NAMED_RULES["apmo"], 1, split)
    assert [judge(tally, resolved).outcome for tally in split] == [Outcome.NOT_EVALUABLE] * 2


def test_the_band_and_the_scale_of_percent_agreement_can_be_chosen() -> None:
    five = built_in_rule("percent-agreement", Choices(scale=Scale(1, 5)))
    assert rule_sentence(five) == "Percent agreement: at least 75% of all ratings are from 4 to 5."
    chosen = Choices(scale=Scale(1, 7), band=(5, 7), threshold=Fraction(80), denominator="asked")
    assert rule_sentence(built_in_rule("percent-agreement", chosen)) == (
        "Percent agreement: at least 80% of all who took part rated from 5 to 7."
    )


@pytest.mark.parametrize(
    ("scale", "ratings", "expected"),
    [
        (Scale(1, 9), [6, 6, 7, 7, 8, 8, 8, 9, 9], IN),
        (Scale(1, 9), [5, 5, 5, 7, 7, 8, 8, 8, 9], NONE),
        (Scale(1, 9), [1, 1, 2, 2, 3, 3, 3, 4, 9], OUT),
        (Scale(1, 7), [5, 6, 6, 6, 6, 6, 6, 6, 7], IN),
        (Scale(1, 7), [4, 4, 5, 6, 6, 6, 7, 7, 7], NONE),
        (Scale(1, 7), [1, 1, 1, 2, 2, 2, 2, 2, 7], OUT),
        (Scale(1, 5), [3, 4, 4, 4, 4, 5, 5, 5, 5], IN),
        (Scale(1, 5), [3, 3, 3, 4, 4, 5, 5, 5, 5], NONE),
        (Scale(1, 5), [1, 1, 1, 2, 2, 2, 2, 3, 3], OUT),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, list) else str(value),
)
def test_a_median_with_a_narrow_interquartile_range(scale: Scale, ratings: list[int], expected: Outcome) -> None:
    assert outcome("median-iqr", ratings, Choices(scale=scale)) == expected


def test_the_interquartile_range_hangs_on_the_quantiles_and_on_what_is_chosen() -> None:
    ratings = [6, 6, 6, 6, 6, 6, 8, 9, 9, 9]
    widths = [
        assess(ratings, built_in_rule("median-iqr", Choices(quantile=kind))).clauses[1].observed for kind in (7, 6, 2)
    ]
    assert widths == [Fraction("2.75"), 3, 3]
    ends_high = [6, 6, 7, 7, 7, 8, 9, 9, 9]
    assert outcome("median-iqr", ends_high) == IN
    assert outcome("median-iqr", ends_high, Choices(threshold=Fraction(1))) == NONE


@pytest.mark.parametrize(
    ("ratings", "label"),
    [
        ([7, 7, 7], "critical"),
        ([6, 7], "important, not critical"),
        ([6, 8], "critical"),
        ([4], "important, not critical"),
        ([3, 4], "important, not critical"),
        ([3], "of limited importance"),
    ],
)
def test_importance_goes_by_the_median(ratings: list[int], label: str) -> None:
    assert assess(ratings, NAMED_RULES["grade-importance"]).classification == label


def test_a_statement_without_ratings_has_no_verdict_by_any_rule() -> None:
    for name, rule in NAMED_RULES.items():
        if not rule.hangs_on_all and name != "super-majority":
            verdict = assess_counts([0] * 9, rule, abstained=4, missing=2)
            assert (verdict.outcome, verdict.consensus, verdict.classification) == (Outcome.NOT_EVALUABLE, None, None)
            assert verdict.reasons == ("There are no ratings.",)


@pytest.mark.parametrize(
    ("name", "choices", "fault"),
    [
        ("full-consensus", Choices(band=(7, 9)), "The rule full-consensus has no band to choose."),
        ("full-consensus", Choices(threshold=Fraction(8)), "The rule full-consensus has no threshold to choose."),
        ("cos-70-15", Choices(threshold=Fraction(80)), "The rule cos-70-15 has no threshold to choose."),
        ("rand-ucla", Choices(denominator="asked"), "The rule rand-ucla has no denominator to choose."),
        ("cos-70-15", Choices(half_medians="up"), "The rule cos-70-15 has no place for half medians to choose."),
        (
            "cos-70-15",
            Choices(scale=Scale(1, 5)),
            (
                "The rule cos-70-15 is made for the scale 1-9, not 1-5; for any scale there are percent-agreement,"
                " median-iqr, super-majority, apmo."
            ),
        ),
        ("percent-agreement", Choices(threshold=Fraction(101)), "The threshold of a share is at most 1."),
        ("percent-agreement", Choices(band=(7, 10)), "The band 7-10 is not on the scale 1-9."),
    ],
)
def test_a_choice_that_a_rule_does_not_have_is_refused(name: str, choices: Choices, fault: str) -> None:
    with pytest.raises(ValueError) as caught:
        built_in_rule(name, choices)
    assert str(caught.value) == fault


def test_an_unknown_rule_is_unknown() -> None:
    with pytest.raises(KeyError):
        built_in_rule("rand")


@pytest.mark.parametrize("name", [name for name in NAMED_RULES if name not in ("apmo", "cos-70-15-every-group")])
def test_a_rule_can_be_asked_of_every_group(name: str) -> None:
    rule: Rule = built_in_rule(name, Choices(population="every group"))
    assert rule.asks_groups
    assert {clause.population for clause in rule.clauses} == {"every group"}
