"""What a benchmark finds: a ratio against something measured in the same run, and whether it meets its aim."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Run:
    """One run: what ours took or reached, and what the yardstick did right beside it, in the same unit."""

    ours: float
    yardstick: float

    @property
    def ratio(self) -> float:
        """Ours by the yardstick's."""
        return self.ours / self.yardstick


@dataclass(frozen=True)
class Aim:
    """The ratio to reach: at least so much for a rate, at most so much for a time or a size."""

    ratio: float
    better: str = "at most"

    def __post_init__(self) -> None:
        if self.better not in ("at most", "at least"):
            raise ValueError(f"{self.better!r} is neither 'at most' nor 'at least'.")

    def is_met(self, ratio: float) -> bool:
        """Whether this ratio is as good as the aim, or better."""
        return ratio >= self.ratio if self.better == "at least" else ratio <= self.ratio


@dataclass(frozen=True)
class Figure:
    """One line of the benchmark: `ours` and the yardstick's value are medians over the runs, `ratio` that of theirs.

    `exponent` is that of a power law fitted to `growth`, ours by size; None where nothing grows. `besides` has what
    else was seen: peaks of memory, waits, counts of queries.
    """

    figure: str
    unit: str
    what: str
    runs: Sequence[Run]
    aim: Aim
    growth: Mapping[int, float] | None = None
    besides: Mapping[str, Any] | None = None

    @property
    def ratio(self) -> float:
        """The median of the runs' ratios."""
        return statistics.median(run.ratio for run in self.runs)

    def as_json(self) -> dict[str, Any]:
        """The figure as it stands in `bench.json`."""
        ratios = [run.ratio for run in self.runs]
        return {
            "figure": self.figure,
            "unit": self.unit,
            "ours": statistics.median(run.ours for run in self.runs),
            "yardstick": {"what": self.what, "value": statistics.median(run.yardstick for run in self.runs)},
            "ratio": self.ratio,
            "aim": self.aim.ratio,
            "better": self.aim.better,
            "met": self.aim.is_met(self.ratio),
            "spread": {"runs": len(ratios), "least": min(ratios), "greatest": max(ratios)},
            "exponent": None if self.growth is None else fitted_exponent(self.growth),
            "growth": None if self.growth is None else {str(size): value for size, value in self.growth.items()},
            "besides": dict(self.besides or {}),
            "each": [asdict(run) for run in self.runs],
        }


def fitted_exponent(growth: Mapping[int, float]) -> float | None:
    """The slope of ours over size, both as logarithms, by least squares; None with fewer than two sizes."""
    if len(growth) < 2:
        return None
    slope, _intercept = np.polyfit(np.log(list(growth)), np.log(list(growth.values())), 1)
    return float(slope)
