"""What was found for one clause of a rule: the facts from which any language makes a sentence."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from surveys.consensus.location import count_between
from surveys.consensus.observations import SQUARED, observe, size_threshold
from surveys.consensus.panel_sizes import is_in_table
from surveys.consensus.rules import ByRound, Clause, Derived, Operator, Rule, StatisticName, last_passing
from surveys.consensus.scales import Scale
from surveys.consensus.tallies import Tally

SMALLEST_FOR_IPRAS = 5
COMPARE: Mapping[Operator, Callable[[Fraction | int, Fraction], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass(frozen=True)
class Finding:
    """A clause, judged on `n` ratings (1 or more), of a group where `group` names one.

    `observed` is the statistic's exact value (of `sd` and `cv` its square), `parts` the numbers that it was made of.
    `count_against` is how many ratings break the clause by themselves, and `passing` the last rating that does not:
    both None where no single rating can break it, as with a mean. `is_off_table` says that the panel is smaller or
    larger than those for which the clause was made.
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
    clause: Clause | None = None
    group: str = ""
    parts: Mapping[str, Fraction] = field(default_factory=dict, hash=False)
    quantile: int = 7
    is_off_table: bool = False


def find(clause: Clause, tally: Tally, rule: Rule, group: str = "") -> Finding | None:
    """Return what a tally says of a clause; None where the statistic or the threshold is undefined or not known.

    Raises ValueError where the threshold hangs on the round: `rule_in_round` resolves it.
    """
    seen = observe(clause, tally, rule)
    # Where no statement has a majority, an average of majorities says nothing.
    if seen is None or clause.threshold is Derived.APMO:
        return None
    threshold = _threshold(clause, tally.n)
    passing = last_passing(clause.statistic, clause.operator, threshold)
    against = None if passing is None else _count_against(clause.statistic, passing, tally, rule.scale)
    return Finding(
        kind=clause.statistic,
        operator=clause.operator,
        threshold=threshold,
        observed=seen.value,
        met=COMPARE[clause.operator](seen.value, threshold**2 if clause.statistic in SQUARED else threshold),
        n=tally.n,
        scale=rule.scale,
        passing=passing,
        count_against=against,
        clause=clause,
        group=group,
        parts=seen.parts,
        quantile=rule.quantile,
        is_off_table=_is_off_table(clause, tally.n),
    )


def _count_against(statistic: StatisticName, passing: int, tally: Tally, scale: Scale) -> int:
    if statistic == "least":
        return count_between(tally.counts, scale.low, passing - 1, scale)
    return count_between(tally.counts, passing + 1, scale.high, scale)


def _threshold(clause: Clause, n: int) -> Fraction:
    if clause.threshold is Derived.PANEL_SIZE:
        return Fraction(size_threshold(clause.statistic, n))
    if isinstance(clause.threshold, ByRound | Derived):
        raise ValueError("This threshold hangs on the round; resolve the rule with rule_in_round first.")
    return clause.threshold


def _is_off_table(clause: Clause, n: int) -> bool:
    if clause.threshold is Derived.PANEL_SIZE:
        return not is_in_table(n)
    return clause.statistic == "disagreement_index" and n < SMALLEST_FOR_IPRAS
