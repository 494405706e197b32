"""How far a statement is from consensus: the least number of ratings that would have to change."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from surveys.consensus.rules import Clause, Outcome, Rule, leaves, without_not
from surveys.consensus.scales import check_counts
from surveys.consensus.tallies import Tally
from surveys.consensus.verdicts import assess_counts, outcome_of
from surveys.consensus.words import within_sentence

_RISING = frozenset({"least", "most", "mean", "median"})


@dataclass(frozen=True)
class NearMiss:
    """One changed rating would make consensus: the lowest one.

    `rating` is that rating, `held_by` how many ratings equal it, `needed` the least rating that
    suffices in its place, and `highest` the top of the scale. `against` says that the rating breaks
    a clause by itself; it is then the only one, and a reason has counted it.
    """

    rating: int
    held_by: int
    against: bool
    needed: int
    highest: int
    rule_name: str

    @property
    def sentence(self) -> str:
        """The near miss in English."""
        which = f"{'the' if self.held_by == 1 else 'one'} rating of {self.rating}"
        if self.against:
            which = "that one rating"
        needed = str(self.needed) if self.needed == self.highest else f"{self.needed} or higher"
        return f"If {which} were {needed}, this would be {within_sentence(self.rule_name)}."


def short_of(counts: Sequence[int], rule: Rule) -> int | None:
    """Return the least number of ratings that would have to change for the rule to be met.

    0 where it is met. None where the statement cannot be judged, where no change would do, and for
    rules that a higher rating could break or that look at groups or at those who did not rate. Raises
    ValueError where the counts do not fit the rule's scale.
    """
    checked = check_counts(counts, rule.scale)
    n = sum(checked)
    if not _rises(rule) or outcome_of(Tally(checked), rule) is Outcome.NOT_EVALUABLE:
        return None
    # Of all ways to change k ratings, lifting the k lowest to the top gives the greatest least
    # rating and the greatest mean at once; and what k achieves, k + 1 achieves too.
    changes = bisect_left(range(n + 1), True, key=lambda k: _is_met(_lifted(checked, k), rule))
    return changes if changes <= n else None


def near_miss(counts: Sequence[int], rule: Rule) -> NearMiss | None:
    """Return which one changed rating would make consensus; None unless exactly one must change.

    Raises ValueError where the counts do not fit the rule's scale.
    """
    if short_of(counts, rule) != 1:
        return None
    scale = rule.scale
    lowest = next(index for index, count in enumerate(counts) if count)
    for index in range(lowest + 1, scale.size):
        changed = list(counts)
        changed[lowest] -= 1
        changed[index] += 1
        if _is_met(changed, rule):
            break
    return NearMiss(
        rating=scale.low + lowest,
        held_by=counts[lowest],
        against=any(finding.count_against == 1 for finding in assess_counts(counts, rule).clauses),
        needed=scale.low + index,
        highest=scale.high,
        rule_name=rule.name,
    )


def _is_met(counts: Sequence[int], rule: Rule) -> bool:
    return outcome_of(Tally(tuple(counts)), rule) is Outcome.IN


def _rises(rule: Rule) -> bool:
    """Whether a higher rating never breaks the rule, which then is one for all ratings at once."""
    return rule.out is None and all(_clause_rises(clause, rule) for clause in leaves(without_not(rule.condition)))


def _clause_rises(clause: Clause, rule: Rule) -> bool:
    if clause.population != "everyone" or clause.operator not in (">", ">=") or clause.denominator != "rated":
        return False
    reaches_top = clause.band is not None and clause.band[1] == rule.scale.high
    return clause.statistic in _RISING or (clause.statistic == "share" and reaches_top)


def _lifted(counts: Sequence[int], changes: int) -> list[int]:
    lifted, left = list(counts), changes
    for index, count in enumerate(counts[:-1]):
        moved = min(count, left)
        lifted[index] -= moved
        lifted[-1] += moved
        left -= moved
    return lifted
