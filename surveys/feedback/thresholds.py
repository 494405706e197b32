"""What may be shown of a statement's result, by how many rated it; the same in pages and exports.

From k answers: how many, and the clauses of the locked rule (so, with the paper's rule, the mean), the median,
and the share of 7 to 9 to the nearest tenth. From 7: the counts, least and greatest, the quartiles. From 8: the
standard deviation. Thresholds hide statistics, never the rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from surveys.consensus import Rule, Verdict, assess_counts, share, short_of, summarize

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
