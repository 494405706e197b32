"""Rules as JSON: what is stored, exported, and hashed when the first round of a study opens."""

import hashlib
import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, cast, get_args

from surveys.consensus.exact import parse_number, plain_number
from surveys.consensus.location import DEFAULT_QUANTILE, QUANTILE_TYPES, QuantileType
from surveys.consensus.rules import (
    AllOf,
    AnyOf,
    ByRound,
    Clause,
    Condition,
    Denominator,
    Derived,
    Not,
    Operator,
    Outcome,
    Population,
    Rule,
    StatisticName,
    Threshold,
)
from surveys.consensus.scales import NINE_POINTS, Scale

DEEPEST = 5
MOST_CLAUSES = 20
MOST_ROUNDS = 20
LONGEST_NAME = 100
LONGEST_LABEL = 60
HIGHEST_POINT = 100

_WHOLE = ("name", "scale", "quorum", "quantile", "out", "near", "labels")
_CLAUSE = {"statistic", "operator", "threshold"}
_OF_CLAUSES = {"band", "denominator", "population"}
_GROUPED: Mapping[str, type[AllOf] | type[AnyOf]] = {"all": AllOf, "any": AnyOf}


def rule_to_json(rule: Rule) -> dict[str, Any]:
    """Return the rule as a JSON object; `rule_from_json` reads it back, equal.

    What is as it always was is left out, so that the hash of a rule stays the same in later versions.
    """
    data: dict[str, Any] = {
        "name": rule.name,
        "scale": {"low": rule.scale.low, "high": rule.scale.high},
        "quorum": rule.quorum,
        **_condition_to_json(rule.condition),
    }
    if rule.quantile != DEFAULT_QUANTILE:
        data["quantile"] = rule.quantile
    for name, condition in (("out", rule.out), ("near", rule.near)):
        if condition is not None:
            data[name] = _condition_to_json(condition)
    if rule.labels:
        data["labels"] = {str(outcome): label for outcome, label in rule.labels.items()}
    return data


def rule_from_json(data: object) -> Rule:
    """Return the rule that a JSON object describes; raise ValueError, one sentence, if none.

    The object holds `name` and a condition: `all` or `any` with a list of conditions, `not` with one, or a clause
    `{"statistic", "operator", "threshold"}` with `band` ([7, 9]), `denominator` and `population` where it has them. A
    threshold is text, `{"rounds": [...]}` or `{"from": "panel size"|"apmo"}`. It may hold `scale`, `quorum`,
    `quantile`, further conditions `out` and `near`, and `labels`, a word for each outcome.
    """
    if not isinstance(data, dict):
        raise ValueError("A rule is a JSON object.")
    name = data.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        raise ValueError(f"A rule needs a name of 1 to {LONGEST_NAME} characters.")
    rule = Rule(
        name=name,
        condition=_condition_from_json({key: value for key, value in data.items() if key not in _WHOLE}, depth=0),
        scale=_scale_from_json(data["scale"]) if "scale" in data else NINE_POINTS,
        quorum=_quorum_from_json(data.get("quorum", 1)),
        out=_condition_from_json(data["out"], depth=0) if "out" in data else None,
        near=_condition_from_json(data["near"], depth=0) if "near" in data else None,
        quantile=_quantile_from_json(data.get("quantile", DEFAULT_QUANTILE)),
        labels=_labels_from_json(data.get("labels", {})),
    )
    if len(rule.clauses) > MOST_CLAUSES:
        raise ValueError(f"A rule has at most {MOST_CLAUSES} clauses.")
    return rule


def rule_digest(rule: Rule) -> str:
    """Return the SHA-256 of the rule's canonical JSON, 64 hexadecimal digits."""
    canonical = json.dumps(rule_to_json(rule), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _condition_to_json(condition: Condition) -> dict[str, Any]:
    if isinstance(condition, Clause):
        return _clause_to_json(condition)
    if isinstance(condition, Not):
        return {"not": _condition_to_json(condition.part)}
    kind = "all" if isinstance(condition, AllOf) else "any"
    return {kind: [_condition_to_json(part) for part in condition.parts]}


def _clause_to_json(clause: Clause) -> dict[str, Any]:
    data: dict[str, Any] = {
        "statistic": clause.statistic,
        "operator": clause.operator,
        "threshold": _threshold_to_json(clause.threshold),
    }
    if clause.band is not None:
        data["band"] = list(clause.band)
    if clause.denominator != "rated":
        data["denominator"] = clause.denominator
    if clause.population != "everyone":
        data["population"] = clause.population
    return data


def _threshold_to_json(threshold: Threshold) -> str | dict[str, Any]:
    if isinstance(threshold, Derived):
        return {"from": str(threshold)}
    if isinstance(threshold, ByRound):
        return {"rounds": [plain_number(value) for value in threshold.thresholds]}
    return plain_number(threshold)


def _condition_from_json(data: object, depth: int) -> Condition:
    if depth > DEEPEST:
        raise ValueError(f"A rule is at most {DEEPEST} levels deep.")
    if not isinstance(data, dict):
        raise ValueError("A clause of a rule is a JSON object.")
    if _CLAUSE <= set(data) <= _CLAUSE | _OF_CLAUSES:
        return _clause_from_json(data)
    kind = str(next(iter(data))) if len(data) == 1 else ""
    if kind == "not":
        return Not(_condition_from_json(data[kind], depth + 1))
    if kind in _GROUPED and isinstance(data[kind], list):
        return _GROUPED[kind](tuple(_condition_from_json(part, depth + 1) for part in data[kind]))
    raise ValueError(
        'A rule holds "all" or "any" with a list, "not" with a clause, or "statistic", "operator" and "threshold".'
    )


def _clause_from_json(data: dict[str, Any]) -> Clause:
    return Clause(
        statistic=cast(StatisticName, _one_of(StatisticName, data["statistic"], "statistic")),
        operator=cast(Operator, _one_of(Operator, data["operator"], "operator")),
        threshold=_threshold_from_json(data["threshold"]),
        band=_band_from_json(data["band"]) if "band" in data else None,
        denominator=cast(Denominator, _one_of(Denominator, data.get("denominator", "rated"), "denominator")),
        population=cast(Population, _one_of(Population, data.get("population", "everyone"), "population")),
    )


def _one_of(known: Any, value: object, what: str) -> str:
    if value not in get_args(known):
        raise ValueError(f"There is no {what} {value!r}.")
    return str(value)


def _threshold_from_json(data: object) -> Threshold:
    if isinstance(data, str):
        return parse_number(data)
    if isinstance(data, dict) and set(data) == {"from"} and data["from"] in list(Derived):
        return Derived(data["from"])
    if isinstance(data, dict) and set(data) == {"rounds"} and isinstance(data["rounds"], list):
        texts = data["rounds"]
        if len(texts) > MOST_ROUNDS:
            raise ValueError(f"Thresholds by round are at most {MOST_ROUNDS}.")
        return ByRound(tuple(_number(text) for text in texts))
    raise ValueError(f"A threshold is text such as '7', not {data!r}.")


def _number(text: object) -> Fraction:
    if not isinstance(text, str):
        raise ValueError(f"A threshold is text such as '7', not {text!r}.")
    return parse_number(text)


def _band_from_json(data: object) -> tuple[int, int]:
    if not isinstance(data, list) or len(data) != 2 or any(type(end) is not int for end in data):
        raise ValueError("A band is a list of two whole numbers, such as [7, 9].")
    return data[0], data[1]


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


def _quantile_from_json(data: object) -> QuantileType:
    if type(data) is not int or data not in QUANTILE_TYPES:
        raise ValueError(f"Quantiles are of type 7, 6 or 2, not {data!r}.")
    return data


def _labels_from_json(data: object) -> dict[Outcome, str]:
    if not isinstance(data, dict):
        raise ValueError("The labels of a rule are a JSON object.")
    for outcome, label in data.items():
        if outcome not in list(Outcome):
            raise ValueError(f"There is no outcome {outcome!r}.")
        if not isinstance(label, str) or not label.strip() or len(label) > LONGEST_LABEL:
            raise ValueError(f"A label is text of 1 to {LONGEST_LABEL} characters.")
    return {Outcome(outcome): label for outcome, label in data.items()}
