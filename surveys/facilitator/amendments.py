"""Amendments of a protocol in words, for the page that shows it."""

import datetime as dt
from dataclasses import dataclass

from surveys.consensus import stopping_phrase
from surveys.pages.verdict_words import in_words, rule_words
from surveys.studies.queries import Amendment


@dataclass(frozen=True)
class AmendmentWords:
    """One amendment: when, by whom, from which round on, why; and what changed, old and new sentence."""

    at: dt.datetime
    actor: str
    from_round: int
    reason: str
    changes: tuple[tuple[str, str], ...]


def amendment_words(amendment: Amendment) -> AmendmentWords:
    """The amendment in words; what stayed is left out."""
    before, after = amendment.before, amendment.after
    sentences = (
        (rule_words(before.rule), rule_words(after.rule)),
        (in_words(stopping_phrase(before.stopping)), in_words(stopping_phrase(after.stopping))),
    )
    return AmendmentWords(
        amendment.at,
        amendment.actor,
        amendment.from_round,
        amendment.reason,
        tuple((old, new) for old, new in sentences if old != new),
    )
