"""How far apart one statement's ratings lie: exact where that can be, None where it is undefined.

Counts hold one number for each point of the scale, the lowest point first.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

from surveys.consensus.location import DEFAULT_QUANTILE, QuantileType, mean, median, quantile
from surveys.consensus.scales import NINE_POINTS, Scale

# Of the RAND/UCLA manual (Fitch et al. 2001), and made for nine points alone.
IPR_OF_SYMMETRIC_DISAGREEMENT = Fraction(47, 20)
CORRECTION_FOR_ASYMMETRY = Fraction(3, 2)
NEUTRAL = 5


def variance(counts: Sequence[int], scale: Scale = NINE_POINTS) -> Fraction | None:
    """Return the sample variance, sum (x - mean)^2 / (n - 1), exactly; None below n = 2."""
    n = sum(counts)
    if n < 2:
        return None
    total = sum(p * count for p, count in zip(scale.points, counts, strict=True))
    squares = sum(p * p * count for p, count in zip(scale.points, counts, strict=True))
    return Fraction(n * squares - total * total, n * (n - 1))


def standard_deviation(counts: Sequence[int], scale: Scale = NINE_POINTS) -> float | None:
    """Return the sample standard deviation, the root of the variance; None below n = 2."""
    squared = variance(counts, scale)
    return None if squared is None else math.sqrt(squared)


def coefficient_of_variation_squared(counts: Sequence[int], scale: Scale = NINE_POINTS) -> Fraction | None:
    """Return variance / mean^2, exactly.

    It is None below n = 2, and on a scale that begins at 0 or below: without a true zero beneath the scale, the ratio
    to the mean says nothing, and the mean may be 0.
    """
    squared, centre = variance(counts, scale), mean(counts, scale)
    if squared is None or centre is None or scale.low <= 0:
        return None
    return squared / centre**2


def coefficient_of_variation(counts: Sequence[int], scale: Scale = NINE_POINTS) -> float | None:
    """Return the standard deviation divided by the mean; None where its square is."""
    squared = coefficient_of_variation_squared(counts, scale)
    return None if squared is None else math.sqrt(squared)


def mean_absolute_deviation(counts: Sequence[int], scale: Scale = NINE_POINTS) -> Fraction | None:
    """Return the mean distance from the median, sum |x - median| / n, in points of the scale."""
    middle = median(counts, scale)
    if middle is None:
        return None
    distances = (abs(p - middle) * count for p, count in zip(scale.points, counts, strict=True))
    return sum(distances, Fraction(0)) / sum(counts)


def interquartile_range(
    counts: Sequence[int], scale: Scale = NINE_POINTS, kind: QuantileType = DEFAULT_QUANTILE
) -> Fraction | None:
    """Return the third quartile minus the first, in points of the scale."""
    return _between(_pair(counts, Fraction(1, 4), scale, kind))


def interpercentile_range(
    counts: Sequence[int], scale: Scale = NINE_POINTS, kind: QuantileType = DEFAULT_QUANTILE
) -> Fraction | None:
    """Return the IPR of the RAND/UCLA manual (Fitch et al. 2001), P70 - P30; raise ValueError off 1 to 9."""
    return _between(_thirtieth_and_seventieth(counts, scale, kind))


def ipras(counts: Sequence[int], scale: Scale = NINE_POINTS, kind: QuantileType = DEFAULT_QUANTILE) -> Fraction | None:
    """Return the IPR adjusted for symmetry (Fitch et al. 2001), 2.35 + 1.5 |5 - (P30 + P70) / 2|.

    So wide may the ratings lie before they disagree, the wider the further their middle is from neutral. Raises
    ValueError on any scale but that from 1 to 9, for which the constants were found.
    """
    pair = _thirtieth_and_seventieth(counts, scale, kind)
    if pair is None:
        return None
    central_point = (pair[0] + pair[1]) / 2
    return IPR_OF_SYMMETRIC_DISAGREEMENT + CORRECTION_FOR_ASYMMETRY * abs(NEUTRAL - central_point)


def disagreement_index(
    counts: Sequence[int], scale: Scale = NINE_POINTS, kind: QuantileType = DEFAULT_QUANTILE
) -> Fraction | None:
    """Return IPR / IPRAS: the ratings disagree where it is above 1. Raises ValueError off the scale from 1 to 9."""
    width, widest = interpercentile_range(counts, scale, kind), ipras(counts, scale, kind)
    return None if width is None or widest is None else width / widest


def tastle_wierman(counts: Sequence[int], scale: Scale = NINE_POINTS) -> float | None:
    """Return the consensus of Tastle and Wierman (2007), 1 + sum p(x) log2(1 - |x - mean| / (high - low)).

    It runs from 0, half of the ratings at each end of the scale, to 1, all alike; None without ratings.
    """
    centre, n = mean(counts, scale), sum(counts)
    if centre is None:
        return None
    width = scale.high - scale.low
    given = [(p, count) for p, count in zip(scale.points, counts, strict=True) if count]
    return 1 + math.fsum(count / n * math.log2(1 - abs(p - centre) / width) for p, count in given)


def _thirtieth_and_seventieth(
    counts: Sequence[int], scale: Scale, kind: QuantileType
) -> tuple[Fraction, Fraction] | None:
    if scale != NINE_POINTS:
        raise ValueError(f"IPR and IPRAS are defined on the scale from 1 to 9, not from {scale.low} to {scale.high}.")
    return _pair(counts, Fraction(3, 10), scale, kind)


def _pair(counts: Sequence[int], p: Fraction, scale: Scale, kind: QuantileType) -> tuple[Fraction, Fraction] | None:
    """The p-quantile and its mirror image, the (1 - p)-quantile."""
    lower, upper = quantile(counts, p, scale, kind), quantile(counts, 1 - p, scale, kind)
    return None if lower is None or upper is None else (lower, upper)


def _between(pair: tuple[Fraction, Fraction] | None) -> Fraction | None:
    return None if pair is None else pair[1] - pair[0]
