"""Deviations from the protocol, for files: how the rules of a study that had begun were amended, and why.

Who amended them stands in the audit chain alone, as with all that staff did.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from surveys.consensus import Rule, StoppingRule, rule_sentence, rule_to_json
from surveys.consensus.stopping import stopping_phrase, stopping_to_json
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import PROTOCOL_AMENDED, Amendment, Rules, amendments_of, rules_of


def rules_at(study: Study, chain: Sequence[AuditEntry]) -> tuple[Rules, tuple[Amendment, ...]]:
    """The rules that hold at the end of the chain, and its amendments in their order."""
    so_far = sum(entry.action == PROTOCOL_AMENDED for entry in chain)
    amendments = amendments_of(study)
    later = amendments[so_far:]
    return later[0].before if later else rules_of(study.protocol), tuple(amendments[:so_far])


def rule_facts(rule: Rule) -> dict[str, Any]:
    """A consensus rule: in English, and as programs read it."""
    return {"sentence": rule_sentence(rule), "definition": rule_to_json(rule)}


def stopping_facts(rule: StoppingRule) -> dict[str, Any]:
    """A stopping rule: in English, and its numbers."""
    return {"sentence": str(stopping_phrase(rule)), **stopping_to_json(rule)}


def deviation_facts(amendment: Amendment) -> dict[str, Any]:
    """An amendment without its time: why, from which round on, and the rules before and after."""
    return {
        "reason": amendment.reason,
        "from_round": amendment.from_round,
        "before": _rules_facts(amendment.before),
        "after": _rules_facts(amendment.after),
    }


def _rules_facts(rules: Rules) -> dict[str, Any]:
    return {"rule": rule_facts(rules.rule), "stopping": stopping_facts(rules.stopping)}


def deviation_headings(time_zone: str) -> list[str]:
    """The columns of `deviation_cells`."""
    rules = ["rule_before", "rule_after", "stopping_before", "stopping_after"]
    return [f"at ({time_zone})", "from_round", "reason", *rules]


def deviation_cells(amendments: Sequence[Amendment], zone: dt.tzinfo) -> Iterator[list[str | int]]:
    """One row for each amendment, its rules in English."""
    for one in amendments:
        at = one.at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        rules = [rule_sentence(one.before.rule), rule_sentence(one.after.rule)]
        stopping = [str(stopping_phrase(one.before.stopping)), str(stopping_phrase(one.after.stopping))]
        yield [at, one.from_round, one.reason, *rules, *stopping]
