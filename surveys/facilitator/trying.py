"""A rule tried out before it is kept: its sentence, and what it says of the demonstration's numbers."""

from dataclasses import dataclass

from surveys.consensus import Rule, Tally, Verdict
from surveys.consensus.examples import tried_out
from surveys.pages.outcome_words import outcome_words
from surveys.pages.verdict_words import rule_words, verdict_words


@dataclass(frozen=True)
class Tried:
    """What a rule says of one round of one statement: its ratings as text, the outcome, and the reasons."""

    ratings: str
    outcome: str
    reasons: str
    is_in: bool


@dataclass(frozen=True)
class TriedStatement:
    """One statement of the demonstration in its first and its last rating round."""

    number: int
    rounds: tuple[Tried, Tried]


@dataclass(frozen=True)
class Trial:
    """A rule's sentence, and the demonstration's statements under it."""

    sentence: str
    statements: tuple[TriedStatement, ...]


def _tried(tally: Tally, verdict: Verdict) -> Tried:
    ratings = [str(point) for point, count in enumerate(tally.counts, start=1) for _each in range(count)]
    return Tried(" ".join(ratings), outcome_words(verdict), " ".join(verdict_words(verdict)), verdict.consensus is True)


def trial_of(rule: Rule) -> Trial:
    """The rule tried out."""
    return Trial(
        rule_words(rule),
        tuple(
            TriedStatement(one.number, (_tried(one.first, one.first_verdict), _tried(one.last, one.last_verdict)))
            for one in tried_out(rule)
        ),
    )
