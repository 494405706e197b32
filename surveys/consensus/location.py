"""Where one statement's ratings lie: exact statistics of its counts, None where they are undefined.

Counts hold one number for each point of the scale, the lowest point first.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from typing import Literal

from surveys.consensus.scales import NINE_POINTS, Scale

QuantileType = Literal[2, 6, 7]
"""A definition of quantiles, numbered as by Hyndman and Fan (1996)."""
QUANTILE_TYPES: tuple[QuantileType, ...] = (7, 6, 2)
DEFAULT_QUANTILE: QuantileType = 7


def mean(counts: Sequence[int], scale: Scale = NINE_POINTS) -> Fraction | None:
    """Return the arithmetic mean, exactly."""
    n = sum(counts)
    total = sum(p * count for p, count in zip(scale.points, counts, strict=True))
    return Fraction(total, n) if n else None


def minimum(counts: Sequence[int], scale: Scale = NINE_POINTS) -> int | None:
    """Return the least rating given."""
    return next((p for p, count in zip(scale.points, counts, strict=True) if count), None)


def maximum(counts: Sequence[int], scale: Scale = NINE_POINTS) -> int | None:
    """Return the greatest rating given."""
    return max((p for p, count in zip(scale.points, counts, strict=True) if count), default=None)


def median(counts: Sequence[int], scale: Scale = NINE_POINTS) -> Fraction | None:
    """Return the middle rating, or the mean of the two in the middle; types 2, 6 and 7 agree on it."""
    return quantile(counts, Fraction(1, 2), scale)


def quantile(
    counts: Sequence[int], p: Fraction, scale: Scale = NINE_POINTS, kind: QuantileType = DEFAULT_QUANTILE
) -> Fraction | None:
    """Return the p-quantile of one of three types (Hyndman and Fan 1996), exactly.

    With the ratings in order, x[1] to x[n], x at a position between two whole numbers lies between the two ratings, in
    proportion; below 1 it is x[1], above n it is x[n].
    Type 7: x at 1 + (n - 1) p (R's default, Excel's PERCENTILE.INC). Type 6: x at (n + 1) p (SPSS's HAVERAGE).
    Type 2: x[ceil(n p)], but the mean of x[n p] and x[n p + 1] where n p is whole (SAS's PCTLDEF=5).
    Raises ValueError for a type that is none of these, and for p outside 0 to 1.
    """
    if kind not in QUANTILE_TYPES:
        raise ValueError(f"Quantiles are of type 7, 6 or 2, not {kind!r}.")
    if not 0 <= p <= 1:
        raise ValueError(f"A quantile's p runs from 0 to 1, not {p}.")
    n = sum(counts)
    if not n:
        return None
    if kind == 2:
        first, second = math.ceil(n * p), math.floor(n * p) + 1
        return Fraction(_in_order(counts, first, scale) + _in_order(counts, second, scale), 2)
    position = 1 + (n - 1) * p if kind == 7 else (n + 1) * p
    below = math.floor(position)
    first, second = _in_order(counts, below, scale), _in_order(counts, below + 1, scale)
    return first + (position - below) * (second - first)


def share(counts: Sequence[int], low: int, high: int, scale: Scale = NINE_POINTS) -> Fraction | None:
    """Return the share of ratings from `low` to `high`, both included, from 0 to 1."""
    n = sum(counts)
    return Fraction(count_between(counts, low, high, scale), n) if n else None


def count_between(counts: Sequence[int], low: int, high: int, scale: Scale = NINE_POINTS) -> int:
    """Return how many ratings lie from `low` to `high`, both included."""
    return sum(count for p, count in zip(scale.points, counts, strict=True) if low <= p <= high)


def _in_order(counts: Sequence[int], place: int, scale: Scale) -> int:
    """The rating in that place of the order, counted from 1; the first or the last where the place lies beyond."""
    running = tuple(accumulate(counts))
    inside = min(max(place, 1), running[-1])
    return next(p for p, upto in zip(scale.points, running, strict=True) if upto >= inside)
