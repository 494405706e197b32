"""What may be shown of a statement's result, by how many rated it; the same in pages and exports.

Of a statement: from k answers how many, and the clauses of the locked rule (so, with the paper's rule, the mean), the
median, and the share of 7 to 9 to the nearest tenth. From 7: the counts, least and greatest, the quartiles. From 8:
the standard deviation. Of a vignette in an option survey: from k answers the shares, to the nearest tenth below 7,
and median ranks; from 7 the counts; from 8 mean ranks and Kendall's W. Thresholds hide statistics, never the rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from surveys.consensus import (
    Rule,
    Verdict,
    agreement_of_rankings,
    assess_counts,
    mean_rank,
    median_rank,
    share,
    short_of,
    summarize,
)

COUNTS_FROM = 7
SPREAD_FROM = 8
HIGH_BAND = (7, 9)

_FROM_COUNTS = ("minimum", "maximum", "q1", "q3", "iqr")
_EVERYTHING = (
    "n", "abstained", "missing", "counts", "mean", "median", *_FROM_COUNTS, "sd", "consensus", "reasons"
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A statement's result as everybody may see it; what may not be shown is None and named in `suppressed`.

    `n` is how many rated. `share_high` is the share of 7 to 9, a fraction of `n`; rounded to tenths below seven.
    """

    least_answers: int
    suppressed: tuple[str, ...] = field(default=())
    n: int | None = None
    abstained: int | None = None
    missing: int | None = None
    verdict: Verdict | None = None
    mean: Fraction | None = None
    median: Fraction | None = None
    share_high: Fraction | None = None
    counts: tuple[int, ...] | None = None
    minimum: int | None = None
    maximum: int | None = None
    q1: Fraction | None = None
    q3: Fraction | None = None
    iqr: Fraction | None = None
    sd: float | None = None
    short: int | None = None

    @property
    def is_hidden(self) -> bool:
        """Whether so few answered that nothing is shown."""
        return self.n is None

    @property
    def consensus(self) -> bool | None:
        """True, False, or None where it cannot be judged or may not be shown."""
        return self.verdict.consensus if self.verdict else None


def shown(
    counts: Sequence[int],
    rule: Rule,
    *,
    abstained: int,
    missing: int,
    least_answers: int,
    hides_counts: bool = False,
) -> Shown:
    """Apply the thresholds to nine counts. `hides_counts` is the attrition rule: no histogram, all else stays."""
    summary = summarize(counts)
    n = summary.n
    if n < least_answers:
        return Shown(least_answers, suppressed=_EVERYTHING)
    with_counts = n >= COUNTS_FROM
    with_histogram = with_counts and not hides_counts
    with_spread = n >= SPREAD_FROM
    with_mean = with_spread or any(clause.statistic == "mean" for clause in rule.clauses)
    exact_share = share(counts, *HIGH_BAND)
    named = {"counts": with_histogram, "sd": with_spread, "mean": with_mean}
    named.update(dict.fromkeys(_FROM_COUNTS, with_counts))
    return Shown(
        least_answers=least_answers,
        suppressed=tuple(key for key in _EVERYTHING if not named.get(key, True)),
        n=n,
        abstained=abstained,
        missing=missing,
        verdict=assess_counts(counts, rule, abstained=abstained, missing=missing),
        mean=summary.mean if with_mean else None,
        median=summary.median,
        share_high=exact_share if with_counts else _to_tenths(exact_share),
        counts=tuple(counts) if with_histogram else None,
        minimum=summary.minimum if with_counts else None,
        maximum=summary.maximum if with_counts else None,
        q1=summary.lower_quartile if with_counts else None,
        q3=summary.upper_quartile if with_counts else None,
        iqr=summary.iqr if with_counts else None,
        sd=summary.sd if with_spread else None,
        short=short_of(counts, rule) if with_histogram else None,
    )


def _to_tenths(value: Fraction | None) -> Fraction | None:
    """The nearest tenth, halves up."""
    return None if value is None else Fraction(int(value * 10 + Fraction(1, 2)), 10)


@dataclass(frozen=True)
class ShownOption:
    """One option of a vignette as everybody may see it. `levels` are counts from "definitely" to "will not recommend".

    `likely` is the share of the two upper levels, of those who gave one; `top` that of whoever named a top choice;
    `against` of whoever answered the vignette. What was not asked or may not be shown is None.
    """

    number: int
    levels: tuple[int, ...] | None = None
    likely: Fraction | None = None
    mean_rank: Fraction | None = None
    median_rank: Fraction | None = None
    top: Fraction | None = None
    against: Fraction | None = None


@dataclass(frozen=True)
class ShownSurvey:
    """One vignette's answers about options as everybody may see them; `n` is how many answered it.

    `ranked` gave a complete ranking, `topped` named a top choice, `kept` kept their answers for the base case.
    `options` has the option with number 1 first, and is empty where nothing is shown.
    """

    least_answers: int
    suppressed: tuple[str, ...] = field(default=())
    n: int | None = None
    abstained: int | None = None
    missing: int | None = None
    kept: int | None = None
    ranked: int | None = None
    topped: int | None = None
    kendalls_w: Fraction | None = None
    options: tuple[ShownOption, ...] = ()

    @property
    def is_hidden(self) -> bool:
        """Whether so few answered that nothing is shown."""
        return self.n is None


_SURVEY = ("n", "abstained", "missing", "kept", "ranked", "topped", "kendalls_w", "options")


def shown_survey(
    tally: Mapping[str, Any],
    questions: Sequence[str],
    *,
    missing: int,
    least_answers: int,
    hides_counts: bool = False,
) -> ShownSurvey:
    """Apply the thresholds to a vignette's tally; `hides_counts` is the attrition rule, which hides the levels."""
    n = tally["answered"]
    if n < least_answers:
        return ShownSurvey(least_answers, suppressed=_SURVEY)
    ranks = "ranking" in questions and tally["ranked"] >= least_answers
    spread = ranks and tally["ranked"] >= SPREAD_FROM
    tops = "top" in questions and tally["topped"] >= least_answers
    hidden = {
        "levels": "likelihood" in questions and (n < COUNTS_FROM or hides_counts),
        "median_rank": "ranking" in questions and not ranks,
        "mean_rank": "ranking" in questions and not spread,
        "kendalls_w": "ranking" in questions and not spread,
        "top": "top" in questions and not tops,
    }
    options = tuple(
        ShownOption(
            number=place + 1,
            levels=_levels(tally["likelihood"][place], least_answers, hidden["levels"])
            if "likelihood" in questions
            else None,
            likely=_likely(tally["likelihood"][place], least_answers) if "likelihood" in questions else None,
            mean_rank=mean_rank(tally["ranks"][place]) if spread else None,
            median_rank=median_rank(tally["ranks"][place]) if ranks else None,
            top=_shown_share(votes, tally["topped"]) if tops else None,
            against=_shown_share(tally["against"][place], n) if "against" in questions else None,
        )
        for place, votes in enumerate(tally["top"])
    )
    return ShownSurvey(
        least_answers=least_answers,
        suppressed=tuple(name for name, is_hidden in hidden.items() if is_hidden),
        n=n,
        abstained=tally["abstained"],
        missing=missing,
        kept=tally["kept"] if tally["kept"] == 0 or tally["kept"] >= least_answers else None,
        ranked=tally["ranked"] if "ranking" in questions else None,
        topped=tally["topped"] if "top" in questions else None,
        kendalls_w=agreement_of_rankings(tally["ranks"]) if spread else None,
        options=options,
    )


def _levels(counts: Sequence[int], least: int, is_hidden: bool) -> tuple[int, ...] | None:
    return None if is_hidden or sum(counts) < max(least, COUNTS_FROM) else tuple(counts)


def _likely(counts: Sequence[int], least: int) -> Fraction | None:
    return _shown_share(counts[0] + counts[1], sum(counts)) if sum(counts) >= least else None


def _shown_share(count: int, n: int) -> Fraction | None:
    exact = Fraction(count, n)
    return exact if n >= COUNTS_FROM else _to_tenths(exact)
