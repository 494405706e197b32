"""The summary of one statement: all that its counts say, one number for each point of the scale, the lowest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from surveys.consensus.dispersion import (
    coefficient_of_variation,
    disagreement_index,
    interpercentile_range,
    interquartile_range,
    ipras,
    mean_absolute_deviation,
    standard_deviation,
    tastle_wierman,
)
from surveys.consensus.location import DEFAULT_QUANTILE, QuantileType, maximum, mean, median, minimum, quantile
from surveys.consensus.scales import NINE_POINTS, Scale, check_counts


@dataclass(frozen=True)
class Summary:
    """The summary of one statement's ratings, in points of the scale.

    Quartiles `q1` and `q3` and all that is made of them are of the type `quantile_type` (Hyndman and Fan 1996).
    `sd` is the sample standard deviation (n - 1), None below two ratings. `ipr`, `ipras` and `disagreement_index` are
    those of the RAND/UCLA manual, None on any scale but that from 1 to 9. `cv` is sd / mean, None on a scale that
    begins at 0 or below. `mad_median` is the mean distance from the median, and `tastle_wierman` runs from 0 to 1.
    Without ratings all but `n`, `counts` and `quantile_type` is None.
    """

    counts: tuple[int, ...]
    n: int
    mean: Fraction | None
    median: Fraction | None
    minimum: int | None
    maximum: int | None
    sd: float | None
    q1: Fraction | None
    q3: Fraction | None
    iqr: Fraction | None
    quantile_type: QuantileType
    ipr: Fraction | None
    ipras: Fraction | None
    disagreement_index: Fraction | None
    cv: float | None
    mad_median: Fraction | None
    tastle_wierman: float | None


def summarize(
    counts: Sequence[int], scale: Scale = NINE_POINTS, quantile_type: QuantileType = DEFAULT_QUANTILE
) -> Summary:
    """Return the summary of the counts; raise ValueError where they do not fit the scale."""
    checked = check_counts(counts, scale)
    has_nine_points = scale == NINE_POINTS
    return Summary(
        counts=checked,
        n=sum(checked),
        mean=mean(checked, scale),
        median=median(checked, scale),
        minimum=minimum(checked, scale),
        maximum=maximum(checked, scale),
        sd=standard_deviation(checked, scale),
        q1=quantile(checked, Fraction(1, 4), scale, quantile_type),
        q3=quantile(checked, Fraction(3, 4), scale, quantile_type),
        iqr=interquartile_range(checked, scale, quantile_type),
        quantile_type=quantile_type,
        ipr=interpercentile_range(checked, scale, quantile_type) if has_nine_points else None,
        ipras=ipras(checked, scale, quantile_type) if has_nine_points else None,
        disagreement_index=disagreement_index(checked, scale, quantile_type) if has_nine_points else None,
        cv=coefficient_of_variation(checked, scale),
        mad_median=mean_absolute_deviation(checked, scale),
        tastle_wierman=tastle_wierman(checked, scale),
    )
