"""Consensus rules: trees of clauses, each an operator and an exact threshold on one statistic.

The operator is part of a rule (above 7 is not at least 7), and so are the denominator of a share, the population on
which a clause is judged, and the type of quantiles.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Literal

from surveys.consensus.location import DEFAULT_QUANTILE, QuantileType
from surveys.consensus.scales import NINE_POINTS, Scale

StatisticName = Literal[
    "least",
    "most",
    "mean",
    "median",
    "iqr",
    "disagreement_index",
    "sd",
    "cv",
    "share",
    "outside",
    "outside_window",
    "each_extreme",
    "quorum",
]
Operator = Literal[">", ">=", "<", "<="]
Denominator = Literal["rated", "asked", "invited"]
Population = Literal["everyone", "every group", "any group"]
Band = tuple[int, int]

OPPOSITES: Mapping[Operator, Operator] = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}

WITH_BAND = frozenset({"share", "outside"})
"""Statistics that look at a band of the scale: the share in it, or the number of ratings outside it."""
OF_SHARES = frozenset({"share", "quorum"})
"""Statistics that are shares of a denominator."""
OF_COUNTS = frozenset({"outside", "outside_window", "each_extreme"})
"""Statistics that are numbers of ratings, and may have a threshold by the size of the panel."""
OF_QUANTILES = frozenset({"iqr", "disagreement_index"})
"""Statistics that hang on the type of quantiles; a median is the same in all that are offered."""
OF_NINE_POINTS = frozenset({"disagreement_index", "outside_window", "each_extreme"})
"""Statistics that are defined on nine points alone."""

LOW_BAND, HIGH_BAND = (1, 3), (7, 9)
"""The two extremes of nine points."""


class Outcome(StrEnum):
    """What a rule says of a statement."""

    IN = "in"
    OUT = "out"
    NEAR = "near"
    NONE = "none"
    NOT_EVALUABLE = "not evaluable"


class Derived(StrEnum):
    """A threshold that follows from the ratings: from how many there are, or from those of all statements."""

    PANEL_SIZE = "panel size"
    APMO = "apmo"


@dataclass(frozen=True)
class ByRound:
    """Thresholds for the first round, the second and so on; the last one holds for all later rounds."""

    thresholds: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        if not self.thresholds:
            raise ValueError("Thresholds by round need at least one.")

    def at(self, round_number: int) -> Fraction:
        """Return the threshold of a round, counted from 1; raise ValueError below 1."""
        if round_number < 1:
            raise ValueError(f"Rounds are counted from 1, and this is {round_number}.")
        return self.thresholds[min(round_number, len(self.thresholds)) - 1]


Threshold = Fraction | ByRound | Derived


@dataclass(frozen=True)
class Clause:
    """One condition: a statistic of the ratings, an operator, a threshold. Raises ValueError where they do not go
    together.

    `band` is the part of the scale that `share` and `outside` speak of. `denominator` is that of a share: `rated` are
    the usable ratings, `asked` adds abstentions and missing answers of those who took part, `invited` is the panel.
    A clause about groups holds in every group or in any group. Shares and their thresholds run from 0 to 1.
    """

    statistic: StatisticName
    operator: Operator
    threshold: Threshold
    band: Band | None = None
    denominator: Denominator = "rated"
    population: Population = "everyone"

    def __post_init__(self) -> None:
        fault = _clause_fault(self)
        if fault:
            raise ValueError(fault)

    @property
    def thresholds(self) -> tuple[Fraction, ...]:
        """The thresholds that are known beforehand."""
        if isinstance(self.threshold, ByRound):
            return self.threshold.thresholds
        return (self.threshold,) if isinstance(self.threshold, Fraction) else ()


@dataclass(frozen=True)
class AllOf:
    """A condition that holds when every part of it does; it always has at least one part."""

    parts: "tuple[Condition, ...]"

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("A rule needs at least one clause.")


@dataclass(frozen=True)
class AnyOf:
    """A condition that holds when any part of it does; it always has at least one part."""

    parts: "tuple[Condition, ...]"

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("A rule needs at least one clause.")


@dataclass(frozen=True)
class Not:
    """A condition that holds when its part does not, and is unknown when its part is. A quorum cannot be negated."""

    part: "Condition"

    def __post_init__(self) -> None:
        if any(clause.statistic == "quorum" for clause in leaves(self.part)):
            raise ValueError("A quorum cannot be negated.")


Condition = Clause | AllOf | AnyOf | Not


@dataclass(frozen=True)
class Rule:
    """A consensus rule for one scale. Raises ValueError where a clause of it cannot be judged on that scale.

    A statement is in where `condition` holds, else out where `out` does, else near where `near` does, else none.
    `quorum` is the least number of ratings from which a statement is judged at all; one without ratings never is.
    `quantile` is the type of quantiles (Hyndman and Fan 1996). `labels` are the words of a classification.
    """

    name: str
    condition: Condition
    scale: Scale = NINE_POINTS
    quorum: int = 1
    out: Condition | None = None
    near: Condition | None = None
    quantile: QuantileType = DEFAULT_QUANTILE
    labels: Mapping[Outcome, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for clause in self.clauses:
            fault = _scale_fault(clause, self.scale)
            if fault:
                raise ValueError(fault)

    @property
    def conditions(self) -> Mapping[Outcome, Condition]:
        """The conditions that the rule has, in the order in which they are asked."""
        named = {Outcome.IN: self.condition, Outcome.OUT: self.out, Outcome.NEAR: self.near}
        return {outcome: condition for outcome, condition in named.items() if condition is not None}

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """All clauses of the rule, in reading order, as they stand in it."""
        return tuple(clause for condition in self.conditions.values() for clause in leaves(condition))

    @property
    def asks_groups(self) -> bool:
        """Whether any clause is judged by group."""
        return any(clause.population != "everyone" for clause in self.clauses)

    @property
    def bands_told(self) -> frozenset[Band]:
        """The bands of which the reasons of a verdict tell how many ratings lie in them, or outside, and so in them.

        One that reaches the upper end of the scale stands as the points below it. "Every rating is above 5" tells how
        many lie from 1 to 5.
        """
        told = {band for clause in self.clauses for band in _bands_told(clause, self.scale)}
        low, high = self.scale.low, self.scale.high
        below = {(low, band[0] - 1) if band[1] == high else band for band in told}
        return frozenset(band for band in below if low <= band[0] <= band[1] < high)

    @property
    def figures_told(self) -> int:
        """How many figures of a statement the reasons of a verdict tell, beside the median and how many rated.

        A band is one, and so are a mean, a range and an exact least or greatest; a measure of spread about the mean is
        two, as it nearly gives a small panel's ratings away.
        """
        exact = {clause.statistic for clause in self.clauses if not _bands_told(clause, self.scale)}
        return len(self.bands_told) + sum(_FIGURES.get(statistic, 1) for statistic in exact)

    @property
    def hangs_on_all(self) -> bool:
        """Whether any threshold follows from the ratings of all statements of a round."""
        return any(clause.threshold is Derived.APMO for clause in self.clauses)


def leaves(condition: Condition) -> Iterator[Clause]:
    """Yield the clauses of a condition in reading order."""
    if isinstance(condition, Clause):
        yield condition
    elif isinstance(condition, Not):
        yield from leaves(condition.part)
    else:
        for part in condition.parts:
            yield from leaves(part)


def without_not(condition: Condition, *, negated: bool = False) -> Condition:
    """Return the same condition without "not": it is carried down into the operators (De Morgan)."""
    if isinstance(condition, Not):
        return without_not(condition.part, negated=not negated)
    if isinstance(condition, Clause):
        return _opposite(condition) if negated else condition
    parts = tuple(without_not(part, negated=negated) for part in condition.parts)
    is_all = isinstance(condition, AllOf) != negated
    return AllOf(parts) if is_all else AnyOf(parts)


_FIGURES: Mapping[StatisticName, int] = {"median": 0, "quorum": 0, "sd": 2, "cv": 2}
_OTHER_POPULATION: Mapping[Population, Population] = {
    "everyone": "everyone",
    "every group": "any group",
    "any group": "every group",
}


def _opposite(clause: Clause) -> Clause:
    return Clause(
        clause.statistic,
        OPPOSITES[clause.operator],
        clause.threshold,
        band=clause.band,
        denominator=clause.denominator,
        population=_OTHER_POPULATION[clause.population],
    )


def _bands_told(clause: Clause, scale: Scale) -> list[Band]:
    if clause.statistic == "each_extreme":
        return [LOW_BAND, HIGH_BAND]
    if clause.statistic in ("least", "most"):
        last = [last_passing(clause.statistic, clause.operator, value) for value in clause.thresholds]
        is_least = clause.statistic == "least"
        return [(scale.low, one - 1) if is_least else (one + 1, scale.high) for one in last if one is not None]
    return [clause.band] if clause.band else []


def last_passing(statistic: StatisticName, operator: Operator, threshold: Fraction) -> int | None:
    """Return the outermost rating that passes a clause which every rating must pass, else None.

    That is the least one for a bound below, and the greatest for a bound above.
    """
    if statistic == "least" and operator in (">", ">="):
        return math.floor(threshold) + 1 if operator == ">" else math.ceil(threshold)
    if statistic == "most" and operator in ("<", "<="):
        return math.ceil(threshold) - 1 if operator == "<" else math.floor(threshold)
    return None


def _clause_fault(clause: Clause) -> str:
    """Why these parts make no clause; "" where they do."""
    name = clause.statistic
    if (clause.band is not None) != (name in WITH_BAND):
        return f"A clause about {name!r} {'needs a band' if name in WITH_BAND else 'has no band'}."
    if clause.band is not None and clause.band[0] > clause.band[1]:
        return f"A band rises, and {clause.band[0]}-{clause.band[1]} does not."
    if clause.denominator != "rated" and name not in OF_SHARES:
        return f"A clause about {name!r} has no denominator."
    if clause.denominator == "invited" and clause.population != "everyone":
        return "A clause by group counts those who rated or who were asked, not those who were invited."
    return _quorum_fault(clause) if name == "quorum" else _threshold_fault(clause)


def _quorum_fault(clause: Clause) -> str:
    if clause.denominator == "rated" or clause.population != "everyone":
        return "A quorum is a share of all who were asked or invited."
    if clause.operator not in (">", ">="):
        return "A quorum is a least share: its operator is '>' or '>='."
    return _threshold_fault(clause)


def _threshold_fault(clause: Clause) -> str:
    name, threshold = clause.statistic, clause.threshold
    if threshold is Derived.PANEL_SIZE and name not in OF_COUNTS:
        return f"A clause about {name!r} has no threshold by the size of the panel."
    if threshold is Derived.APMO and (name != "share" or clause.population != "everyone"):
        return "The average percent of majority opinions is a threshold for the share of everyone's ratings alone."
    if any(value < 0 for value in clause.thresholds):
        return "A threshold is 0 or more."
    if name in OF_SHARES and any(value > 1 for value in clause.thresholds):
        return "The threshold of a share is at most 1."
    return ""


def _scale_fault(clause: Clause, scale: Scale) -> str:
    """Why a clause cannot be judged on a scale; "" where it can."""
    ends = f"{scale.low}-{scale.high}"
    is_for_nine = clause.statistic in OF_NINE_POINTS or clause.threshold is Derived.PANEL_SIZE
    if is_for_nine and scale != NINE_POINTS:
        return f"A clause about {clause.statistic!r} is made for the scale 1-9, not {ends}."
    if clause.statistic == "cv" and scale.low < 1:
        return f"The coefficient of variation says nothing on a scale that begins at 0, as {ends} does."
    if clause.band is not None and not (scale.low <= clause.band[0] and clause.band[1] <= scale.high):
        return f"The band {clause.band[0]}-{clause.band[1]} is not on the scale {ends}."
    if clause.threshold is Derived.APMO and clause.band is not None and _meets_its_mirror(clause.band, scale):
        return f"With the band {clause.band[0]}-{clause.band[1]} some ratings would be in both majorities."
    return ""


def _meets_its_mirror(band: Band, scale: Scale) -> bool:
    """Whether a band that is not its own mirror image shares a point of the scale with it."""
    low, high = scale.mirrored(band[1]), scale.mirrored(band[0])
    return (low, high) != band and low <= band[1] and band[0] <= high
