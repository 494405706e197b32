"""Consensus rules: a tree of clauses that is stored, hashed and printed as a sentence.

The operator is part of a rule (above 7 is not at least 7), and a threshold is an exact number.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, cast, get_args

from surveys.consensus.exact import parse_number, plain_number
from surveys.consensus.scales import NINE_POINTS, Scale

StatisticName = Literal["least", "mean"]
Operator = Literal[">", ">=", "<", "<="]

DEEPEST = 5
LONGEST_NAME = 100
HIGHEST_POINT = 100


@dataclass(frozen=True)
class Clause:
    """One condition: a statistic of the usable ratings, an operator, an exact threshold."""

    statistic: StatisticName
    operator: Operator
    threshold: Fraction


@dataclass(frozen=True)
class AllOf:
    """A condition that holds when every part of it does; it always has at least one part."""

    parts: "tuple[Condition, ...]"

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("A rule needs at least one clause.")


Condition = Clause | AllOf


@dataclass(frozen=True)
class Rule:
    """A consensus rule for one scale.

    `quorum` is the least number of ratings from which a statement is judged at all. A statement
    without ratings is never judged.
    """

    name: str
    condition: Condition
    scale: Scale = NINE_POINTS
    quorum: int = 1

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """All clauses of the rule, in reading order."""
        return tuple(_leaves(self.condition))


# Marques MG et al., J Clin Psychiatry 2026;87(1):25cs16066: all members rate the statement above
# neutral, with a mean exceeding 7, on a scale from 1 to 9.
FULL_CONSENSUS = Rule(
    name="Full consensus",
    condition=AllOf((Clause("least", ">", Fraction(5)), Clause("mean", ">", Fraction(7)))),
)

NAMED_RULES: Mapping[str, Rule] = {"full-consensus": FULL_CONSENSUS}


def rule_to_json(rule: Rule) -> dict[str, Any]:
    """Return the rule as a JSON object; `rule_from_json` reads it back, equal."""
    return {
        "name": rule.name,
        "scale": {"low": rule.scale.low, "high": rule.scale.high},
        "quorum": rule.quorum,
        **_condition_to_json(rule.condition),
    }


def rule_from_json(data: object) -> Rule:
    """Return the rule that a JSON object describes; raise ValueError, one sentence, if none.

    The object holds `name`, `all` (a list of clauses `{"statistic", "operator", "threshold"}`, the
    threshold being text) or a single clause, and optionally `scale` and `quorum`.
    """
    if not isinstance(data, dict):
        raise ValueError("A rule is a JSON object.")
    name = data.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        raise ValueError(f"A rule needs a name of 1 to {LONGEST_NAME} characters.")
    rest = {key: value for key, value in data.items() if key not in ("name", "scale", "quorum")}
    return Rule(
        name=name,
        condition=_condition_from_json(rest, depth=0),
        scale=_scale_from_json(data.get("scale", {"low": 1, "high": 9})),
        quorum=_quorum_from_json(data.get("quorum", 1)),
    )


def rule_digest(rule: Rule) -> str:
    """Return the SHA-256 of the rule's canonical JSON, 64 hexadecimal digits."""
    canonical = json.dumps(rule_to_json(rule), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _leaves(condition: Condition) -> Iterator[Clause]:
    if isinstance(condition, Clause):
        yield condition
    else:
        for part in condition.parts:
            yield from _leaves(part)


def _condition_to_json(condition: Condition) -> dict[str, Any]:
    if isinstance(condition, Clause):
        return {
            "statistic": condition.statistic,
            "operator": condition.operator,
            "threshold": plain_number(condition.threshold),
        }
    return {"all": [_condition_to_json(part) for part in condition.parts]}


def _condition_from_json(data: object, depth: int) -> Condition:
    if depth > DEEPEST:
        raise ValueError(f"A rule is at most {DEEPEST} levels deep.")
    if not isinstance(data, dict):
        raise ValueError("A clause of a rule is a JSON object.")
    if set(data) == {"statistic", "operator", "threshold"}:
        return _clause_from_json(data)
    if set(data) == {"all"} and isinstance(data["all"], list):
        return AllOf(tuple(_condition_from_json(part, depth + 1) for part in data["all"]))
    raise ValueError('A rule holds "all" with a list, or "statistic", "operator" and "threshold".')


def _clause_from_json(data: dict[str, Any]) -> Clause:
    statistic, operator, threshold = data["statistic"], data["operator"], data["threshold"]
    if statistic not in get_args(StatisticName):
        raise ValueError(f"There is no statistic {statistic!r}.")
    if operator not in get_args(Operator):
        raise ValueError(f"There is no operator {operator!r}.")
    if not isinstance(threshold, str):
        raise ValueError(f"A threshold is text such as '7', not {threshold!r}.")
    return Clause(cast(StatisticName, statistic), cast(Operator, operator), parse_number(threshold))


def _scale_from_json(data: object) -> Scale:
    if not isinstance(data, dict) or set(data) != {"low", "high"}:
        raise ValueError('A scale holds "low" and "high".')
    low, high = data["low"], data["high"]
    if type(low) is not int or type(high) is not int:
        raise ValueError("The ends of a scale are whole numbers.")
    if not 0 <= low < high <= HIGHEST_POINT:
        raise ValueError(f"A scale rises from 0 or more to at most {HIGHEST_POINT}.")
    return Scale(low, high)


def _quorum_from_json(data: object) -> int:
    if type(data) is not int or data < 1:
        raise ValueError(f"A quorum is a whole number of 1 or more, not {data!r}.")
    return data
