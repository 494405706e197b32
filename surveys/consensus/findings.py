"""What was found for one clause of a rule: the facts from which any language makes a sentence."""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from surveys.consensus.rules import Clause, Operator, StatisticName
from surveys.consensus.scales import Scale

COMPARE: Mapping[Operator, Callable[[Fraction | int, Fraction], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass(frozen=True)
class Finding:
    """A clause, judged on `n` ratings (1 or more).

    `observed` is the statistic's exact value. `count_against` is how many ratings break the clause
    by themselves, and `passing` the least rating that does not: both None where no single rating
    can break it, as with a mean.
    """

    kind: StatisticName
    operator: Operator
    threshold: Fraction
    observed: Fraction
    met: bool
    n: int
    scale: Scale
    passing: int | None = None
    count_against: int | None = None


def least_passing(clause: Clause) -> int | None:
    """Return the least rating that passes a clause which every rating must pass, else None."""
    if clause.statistic != "least":
        return None
    if clause.operator == ">":
        return math.floor(clause.threshold) + 1
    return math.ceil(clause.threshold) if clause.operator == ">=" else None
