"""What a rule says of one statement, and why. Nothing here is a float, and nothing is true of no ratings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from surveys.consensus.findings import Finding, find
from surveys.consensus.phrases import Phrase
from surveys.consensus.reason_words import off_table, reason, too_few, unknown
from surveys.consensus.rules import AllOf, AnyOf, Clause, Condition, Not, Outcome, Rule, leaves, without_not
from surveys.consensus.scales import count_ratings
from surveys.consensus.tallies import Tally, tally_of
from surveys.consensus.words import join_reasons

Findings = Mapping[Clause, "Found"]


@dataclass(frozen=True)
class Found:
    """All that was found for one clause: one finding, or one a group. `met` is None where it is not known."""

    clause: Clause
    findings: tuple[Finding, ...]
    met: bool | None
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """A rule's verdict on one statement.

    `outcome` is in, out, near, none, or not evaluable: without ratings, below a quorum, or where a statistic is not
    defined or not known. `clauses` holds what was found for each clause of the condition that decided, in the rule's
    order, and `phrases` say why in sentences. `classification` is the word that the rule has for the outcome, if any.
    """

    outcome: Outcome
    n: int
    abstained: int
    missing: int
    clauses: tuple[Finding, ...]
    phrases: tuple[Phrase, ...]
    classification: str | None = None

    @property
    def consensus(self) -> bool | None:
        """Whether the statement is in; None where it cannot be judged."""
        return None if self.outcome is Outcome.NOT_EVALUABLE else self.outcome is Outcome.IN

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons as English sentences."""
        return tuple(map(str, self.phrases))

    @property
    def sentence(self) -> str:
        """All reasons as one English sentence, joined with semicolons."""
        return join_reasons(self.reasons)


def assess(ratings: Iterable[int], rule: Rule) -> Verdict:
    """Return the rule's verdict on ratings given as whole numbers, in any order.

    Raises ValueError, naming the value, for anything that is no whole number on the rule's scale.
    """
    return judge(Tally(count_ratings(ratings, rule.scale)), rule)


def assess_counts(counts: Sequence[int], rule: Rule, *, abstained: int = 0, missing: int = 0) -> Verdict:
    """Return the rule's verdict on counts, one for each point of the scale, the lowest first.

    Raises ValueError where the counts do not fit the scale.
    """
    return judge(tally_of(counts, rule.scale, abstained=abstained, missing=missing), rule)


def judge(tally: Tally, rule: Rule) -> Verdict:
    """Return the rule's verdict on a tally that fits the rule's scale.

    Raises ValueError where a threshold hangs on the round or on other statements: `rule_in_round` resolves these.
    """
    conditions = {outcome: without_not(condition) for outcome, condition in rule.conditions.items()}
    found = _find_all(conditions.values(), tally, rule)
    outcome = _outcome(conditions, found, tally, rule)
    told = _told(outcome, conditions, found)
    findings = tuple(finding for one in told for finding in one.findings)
    return Verdict(
        outcome=outcome,
        n=tally.n,
        abstained=tally.abstained,
        missing=tally.missing,
        clauses=findings,
        phrases=(*_obstacles(told, tally, rule), *map(reason, findings), *_stretches(findings)),
        classification=rule.labels.get(outcome),
    )


def outcome_of(tally: Tally, rule: Rule) -> Outcome:
    """Return the outcome alone, without sentences; raises as `judge` does."""
    conditions = {outcome: without_not(condition) for outcome, condition in rule.conditions.items()}
    return _outcome(conditions, _find_all(conditions.values(), tally, rule), tally, rule)


def _find_all(conditions: Iterable[Condition], tally: Tally, rule: Rule) -> Findings:
    clauses = [clause for condition in conditions for clause in leaves(condition)]
    return {clause: _found(clause, tally, rule) for clause in clauses} if tally.n else {}


def _found(clause: Clause, tally: Tally, rule: Rule) -> Found:
    if clause.population == "everyone":
        finding = find(clause, tally, rule)
        return Found(clause, (finding,) if finding else (), finding.met if finding else None)
    by_group = {
        name: find(clause, group, rule, name) if group is not None and group.n >= rule.quorum else None
        for name, group in tally.groups.items()
    }
    without = tuple(name for name, finding in by_group.items() if finding is None)
    return Found(
        clause,
        tuple(finding for finding in by_group.values() if finding),
        _of_groups([finding.met if finding else None for finding in by_group.values()], clause),
        without,
    )


def _of_groups(met: Sequence[bool | None], clause: Clause) -> bool | None:
    """Without groups nothing is known of them."""
    if not met:
        return None
    return _all(met) if clause.population == "every group" else _any(met)


def _outcome(conditions: Mapping[Outcome, Condition], found: Findings, tally: Tally, rule: Rule) -> Outcome:
    if not tally.n or tally.n < rule.quorum or any(not one.met for one in _quorums(found)):
        return Outcome.NOT_EVALUABLE
    for outcome, condition in conditions.items():
        holds = _holds(condition, found)
        if holds is None:
            return Outcome.NOT_EVALUABLE
        if holds:
            return outcome
    return Outcome.NONE


def _quorums(found: Findings) -> list[Found]:
    return [one for one in found.values() if one.clause.statistic == "quorum"]


def _holds(condition: Condition, found: Findings) -> bool | None:
    """Whether a condition holds; None where that hangs on what is not known (Kleene's three values)."""
    if isinstance(condition, Clause):
        return found[condition].met
    if isinstance(condition, Not):
        holds = _holds(condition.part, found)
        return None if holds is None else not holds
    parts = [_holds(part, found) for part in condition.parts]
    return _all(parts) if isinstance(condition, AllOf) else _any(parts)


def _all(parts: Sequence[bool | None]) -> bool | None:
    if False in parts:
        return False
    return None if None in parts else True


def _any(parts: Sequence[bool | None]) -> bool | None:
    if True in parts:
        return True
    return None if None in parts else False


def _told(outcome: Outcome, conditions: Mapping[Outcome, Condition], found: Findings) -> list[Found]:
    """The clauses that say why: those of the condition that decided, and where nothing is decided what is not known."""
    if not found:
        return []
    if outcome is not Outcome.NOT_EVALUABLE:
        return list(dict.fromkeys(_deciding(conditions.get(outcome, conditions[Outcome.IN]), found)))
    told = [found[clause] for clause in leaves(conditions[Outcome.IN])]
    told += [one for one in _quorums(found) if not one.met]
    if _holds(conditions[Outcome.IN], found) is False:
        told += [one for one in found.values() if one.met is None]
    return list(dict.fromkeys(told))


def _obstacles(told: Sequence[Found], tally: Tally, rule: Rule) -> list[Phrase]:
    """Why a statement cannot be judged, as far as numbers and groups are the matter."""
    short = [too_few(tally.n, rule.quorum)] if not tally.n or tally.n < rule.quorum else []
    return [*short, *(unknown(one.clause, one.without) for one in told if one.met is None)]


def _stretches(findings: Sequence[Finding]) -> list[Phrase]:
    """Where a clause was used outside the panels that it was made for; each said once."""
    phrases = [off_table(finding) for finding in findings if finding.is_off_table]
    return [one for place, one in enumerate(phrases) if one not in phrases[:place]]


def _deciding(condition: Condition, found: Findings) -> list[Found]:
    """The clauses that say why a condition holds or does not: of alternatives that hold, those that do."""
    if isinstance(condition, Clause):
        return [found[condition]]
    if isinstance(condition, Not):
        return _deciding(condition.part, found)
    parts: Sequence[Condition] = condition.parts
    if isinstance(condition, AnyOf) and _holds(condition, found):
        parts = [part for part in parts if _holds(part, found)]
    return [one for part in parts for one in _deciding(part, found)]
