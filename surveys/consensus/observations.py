"""What a clause looks at in one statement's tally: an exact value and the numbers from which it came.

The value of a standard deviation or a coefficient of variation is given as its square, which is exact.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from surveys.consensus.dispersion import (
    coefficient_of_variation_squared,
    disagreement_index,
    interpercentile_range,
    interquartile_range,
    ipras,
    variance,
)
from surveys.consensus.location import count_between, maximum, mean, median, minimum
from surveys.consensus.panel_sizes import least_in_each_extreme, most_outside
from surveys.consensus.rules import HIGH_BAND, LOW_BAND, Clause, Rule, StatisticName
from surveys.consensus.scales import NINE_POINTS
from surveys.consensus.tallies import Tally

WINDOW = 3
SQUARED = frozenset({"sd", "cv"})
"""Statistics whose exact value is that of the square."""


@dataclass(frozen=True)
class Observation:
    """A statistic's exact value, and the numbers that it was made of, by name."""

    value: Fraction
    parts: Mapping[str, Fraction]


def observe(clause: Clause, tally: Tally, rule: Rule) -> Observation | None:
    """Return what the clause's statistic is for a tally; None where it is undefined or not known."""
    return _OBSERVE[clause.statistic](clause, tally, rule) if tally.n else None


def size_threshold(statistic: StatisticName, n: int) -> int:
    """Return the threshold that the RAND/UCLA table has for `n` ratings: the most outside, or the least in each."""
    return least_in_each_extreme(n) if statistic == "each_extreme" else most_outside(n)


def _plain(value: Fraction | int | None, **parts: Fraction | int | None) -> Observation | None:
    if value is None:
        return None
    return Observation(Fraction(value), {name: Fraction(part) for name, part in parts.items() if part is not None})


def _share(count: int, of: int | None) -> Observation | None:
    return _plain(Fraction(count, of), count=count, of=of) if of else None


def _in_band(clause: Clause, tally: Tally, rule: Rule) -> int:
    low, high = clause.band or (rule.scale.low, rule.scale.high)
    return count_between(tally.counts, low, high, rule.scale)


def _disagreement(_: Clause, tally: Tally, rule: Rule) -> Observation | None:
    return _plain(
        disagreement_index(tally.counts, rule.scale, rule.quantile),
        ipr=interpercentile_range(tally.counts, rule.scale, rule.quantile),
        ipras=ipras(tally.counts, rule.scale, rule.quantile),
    )


def _outside_window(_: Clause, tally: Tally, rule: Rule) -> Observation | None:
    """The fewest ratings outside any three points of the scale in a row that contain the median."""
    middle = median(tally.counts, rule.scale)
    if middle is None:
        return None
    windows = [
        (low, low + WINDOW - 1)
        for low in rule.scale.points
        if low <= middle <= low + WINDOW - 1 <= rule.scale.high
    ]  # fmt: skip
    outside, low = min((tally.n - count_between(tally.counts, *window, rule.scale), window[0]) for window in windows)
    return _plain(outside, low=low, high=low + WINDOW - 1)


def _each_extreme(_: Clause, tally: Tally, __: Rule) -> Observation | None:
    low = count_between(tally.counts, *LOW_BAND, NINE_POINTS)
    high = count_between(tally.counts, *HIGH_BAND, NINE_POINTS)
    return _plain(min(low, high), low=low, high=high)


_OBSERVE: Mapping[StatisticName, Callable[[Clause, Tally, Rule], Observation | None]] = {
    "least": lambda _, tally, rule: _plain(minimum(tally.counts, rule.scale)),
    "most": lambda _, tally, rule: _plain(maximum(tally.counts, rule.scale)),
    "mean": lambda _, tally, rule: _plain(mean(tally.counts, rule.scale)),
    "median": lambda _, tally, rule: _plain(median(tally.counts, rule.scale)),
    "iqr": lambda _, tally, rule: _plain(interquartile_range(tally.counts, rule.scale, rule.quantile)),
    "disagreement_index": _disagreement,
    "sd": lambda _, tally, rule: _plain(variance(tally.counts, rule.scale)),
    "cv": lambda _, tally, rule: _plain(coefficient_of_variation_squared(tally.counts, rule.scale)),
    "share": lambda clause, tally, rule: _share(_in_band(clause, tally, rule), tally.size(clause.denominator)),
    "outside": lambda clause, tally, rule: _plain(tally.n - _in_band(clause, tally, rule)),
    "outside_window": _outside_window,
    "each_extreme": _each_extreme,
    "quorum": lambda clause, tally, _: _share(tally.n, tally.size(clause.denominator)),
}
