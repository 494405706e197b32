"""What a rule says of one statement, and why. Nothing here is a float."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from surveys.consensus import words
from surveys.consensus.findings import COMPARE, Finding, least_passing
from surveys.consensus.location import count_between, mean, minimum
from surveys.consensus.rules import AllOf, Clause, Condition, Rule, StatisticName
from surveys.consensus.scales import Scale, check_counts, count_ratings, whole_number


class Outcome(StrEnum):
    """What a verdict amounts to."""

    CONSENSUS = "consensus"
    NONE = "none"
    NOT_EVALUABLE = "not evaluable"


@dataclass(frozen=True)
class Verdict:
    """A rule's verdict on one statement.

    `consensus` is None where the statement cannot be judged: without ratings, or below the rule's
    quorum. `clauses` holds a finding for each clause of the rule, in its order (none without
    ratings); `reasons` are English sentences made from them.
    """

    consensus: bool | None
    n: int
    abstained: int
    missing: int
    clauses: tuple[Finding, ...]
    reasons: tuple[str, ...]

    @property
    def outcome(self) -> Outcome:
        """The verdict as one word."""
        if self.consensus is None:
            return Outcome.NOT_EVALUABLE
        return Outcome.CONSENSUS if self.consensus else Outcome.NONE

    @property
    def sentence(self) -> str:
        """All reasons as one English sentence, joined with semicolons."""
        return words.join_reasons(self.reasons)


def assess(ratings: Iterable[int], rule: Rule) -> Verdict:
    """Return the rule's verdict on ratings given as whole numbers, in any order.

    Raises ValueError, naming the value, for anything that is no whole number on the rule's scale.
    """
    return assess_counts(count_ratings(ratings, rule.scale), rule)


def assess_counts(counts: Sequence[int], rule: Rule, *, abstained: int = 0, missing: int = 0) -> Verdict:
    """Return the rule's verdict on counts, one for each point of the scale, the lowest first.

    Only usable ratings are judged; abstained and missing ones are carried along to be printed.
    Raises ValueError where the counts do not fit the scale.
    """
    checked = check_counts(counts, rule.scale)
    n = sum(checked)
    findings = {clause: _find(clause, checked, rule.scale) for clause in rule.clauses} if n else {}
    reasons = tuple(words.reason(finding) for finding in findings.values())
    if n < max(rule.quorum, 1):
        consensus, reasons = None, (words.too_few(n, rule.quorum), *reasons)
    else:
        consensus = _holds(rule.condition, findings)
    return Verdict(
        consensus=consensus,
        n=n,
        abstained=whole_number(abstained, "number of abstentions"),
        missing=whole_number(missing, "number of missing ratings"),
        clauses=tuple(findings.values()),
        reasons=reasons,
    )


def meets(counts: Sequence[int], rule: Rule) -> bool | None:
    """Return `consensus` alone, without sentences, for counts that are known to fit the scale."""
    if sum(counts) < max(rule.quorum, 1):
        return None
    findings = {clause: _find(clause, counts, rule.scale) for clause in rule.clauses}
    return _holds(rule.condition, findings)


def _holds(condition: Condition, findings: Mapping[Clause, Finding]) -> bool:
    if isinstance(condition, AllOf):
        return all(_holds(part, findings) for part in condition.parts)
    return findings[condition].met


def _find(clause: Clause, counts: Sequence[int], scale: Scale) -> Finding:
    observed = _OBSERVE[clause.statistic](counts, scale)
    if observed is None:
        raise ValueError("Without ratings no clause can be judged.")
    passing = least_passing(clause)
    against = None if passing is None else count_between(counts, scale.low, passing - 1, scale)
    return Finding(
        kind=clause.statistic,
        operator=clause.operator,
        threshold=clause.threshold,
        observed=Fraction(observed),
        met=COMPARE[clause.operator](observed, clause.threshold),
        n=sum(counts),
        scale=scale,
        passing=passing,
        count_against=against,
    )


_OBSERVE: Mapping[StatisticName, Callable[[Sequence[int], Scale], Fraction | int | None]] = {
    "least": minimum,
    "mean": mean,
}
