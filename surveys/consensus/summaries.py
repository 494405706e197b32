"""What one statement's counts say: exact statistics, None where they are undefined.

Counts hold one number for each point of the scale, the lowest point first.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from surveys.consensus.scales import NINE_POINTS, Scale, check_counts


@dataclass(frozen=True)
class Summary:
    """The summary of one statement's ratings, in points of the scale.

    `sd` is the sample standard deviation (n - 1), None below two ratings. Quartiles are of type 7
    (R's default, Excel's PERCENTILE.INC). Without ratings all but `n` and `counts` is None.
    """

    counts: tuple[int, ...]
    n: int
    mean: Fraction | None
    median: Fraction | None
    minimum: int | None
    maximum: int | None
    sd: float | None
    lower_quartile: Fraction | None
    upper_quartile: Fraction | None
    iqr: Fraction | None


def summarize(counts: Sequence[int], scale: Scale = NINE_POINTS) -> Summary:
    """Return the summary of the counts; raise ValueError where they do not fit the scale."""
    checked = check_counts(counts, scale)
    lower = quantile(checked, Fraction(1, 4), scale)
    upper = quantile(checked, Fraction(3, 4), scale)
    return Summary(
        counts=checked,
        n=sum(checked),
        mean=mean(checked, scale),
        median=quantile(checked, Fraction(1, 2), scale),
        minimum=minimum(checked, scale),
        maximum=maximum(checked, scale),
        sd=standard_deviation(checked, scale),
        lower_quartile=lower,
        upper_quartile=upper,
        iqr=None if lower is None or upper is None else upper - lower,
    )


def mean(counts: Sequence[int], scale: Scale = NINE_POINTS) -> Fraction | None:
    """Return the arithmetic mean, exactly."""
    n = sum(counts)
    return Fraction(_total(counts, scale), n) if n else None


def minimum(counts: Sequence[int], scale: Scale = NINE_POINTS) -> int | None:
    """Return the least rating given."""
    return next((p for p, count in zip(scale.points, counts, strict=True) if count), None)


def maximum(counts: Sequence[int], scale: Scale = NINE_POINTS) -> int | None:
    """Return the greatest rating given."""
    return max((p for p, count in zip(scale.points, counts, strict=True) if count), default=None)


def standard_deviation(counts: Sequence[int], scale: Scale = NINE_POINTS) -> float | None:
    """Return the sample standard deviation, sqrt(sum (x - mean)^2 / (n - 1)); None below n = 2."""
    n = sum(counts)
    if n < 2:
        return None
    squares = sum(p * p * count for p, count in zip(scale.points, counts, strict=True))
    total = _total(counts, scale)
    return math.sqrt(Fraction(n * squares - total * total, n * (n - 1)))


def quantile(counts: Sequence[int], p: Fraction, scale: Scale = NINE_POINTS) -> Fraction | None:
    """Return the p-quantile of type 7 (Hyndman and Fan 1996), exactly.

    With the ratings in order, x[0] to x[n-1], and h = (n - 1) p, that is
    x[floor h] + (h - floor h) (x[floor h + 1] - x[floor h]).
    """
    n = sum(counts)
    if not n:
        return None
    position = (n - 1) * p
    below = math.floor(position)
    first = _in_order(counts, below, scale)
    second = _in_order(counts, min(below + 1, n - 1), scale)
    return first + (position - below) * (second - first)


def share(counts: Sequence[int], low: int, high: int, scale: Scale = NINE_POINTS) -> Fraction | None:
    """Return the share of ratings from `low` to `high`, both included, from 0 to 1."""
    n = sum(counts)
    return Fraction(count_between(counts, low, high, scale), n) if n else None


def count_between(counts: Sequence[int], low: int, high: int, scale: Scale = NINE_POINTS) -> int:
    """Return how many ratings lie from `low` to `high`, both included."""
    return sum(count for p, count in zip(scale.points, counts, strict=True) if low <= p <= high)


def _total(counts: Sequence[int], scale: Scale) -> int:
    return sum(p * count for p, count in zip(scale.points, counts, strict=True))


def _in_order(counts: Sequence[int], position: int, scale: Scale) -> int:
    running = accumulate(counts)
    return next(p for p, upto in zip(scale.points, running, strict=True) if upto > position)
