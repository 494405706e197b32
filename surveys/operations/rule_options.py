"""The rule that the options of a command ask for: a published one with what may be chosen of it, or one from a file."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast, get_args

from surveys.consensus import BUILT_IN, Choices, Rule, Scale, built_in_rule, rule_from_json
from surveys.consensus.exact import parse_number
from surveys.consensus.location import DEFAULT_QUANTILE, QUANTILE_TYPES, QuantileType
from surveys.consensus.rules import Band, Denominator, Population
from surveys.operations.evaluation import NamedRule
from surveys.operations.ratings import InputFault, quoted

DEFAULT_RULE = "full-consensus"
DENOMINATORS = ("rated", "asked")
HALF_MEDIANS = ("up", "middle")
POPULATIONS = tuple(population.replace(" ", "-") for population in get_args(Population))
QUANTILES = tuple(map(str, QUANTILE_TYPES))

_OF_SHARES = "denominator"
_PERCENT = 100


@dataclass(frozen=True)
class RuleOptions:
    """What was written on the command line; None where nothing was."""

    rule: str | None = None
    rule_file: str | None = None
    scale: str | None = None
    band: str | None = None
    threshold: str | None = None
    denominator: str | None = None
    half_medians: str | None = None
    quantile: str | None = None
    population: str | None = None


def rule_asked_for(options: RuleOptions) -> NamedRule:
    """Return the rule; raise InputFault, one sentence, for an option that is no such thing or that it does not take."""
    try:
        return _from_file(options) if options.rule_file is not None else _built_in(options)
    except InputFault:
        raise
    except ValueError as fault:
        raise InputFault(str(fault)) from None


def _built_in(options: RuleOptions) -> NamedRule:
    name = DEFAULT_RULE if options.rule is None else options.rule
    if name not in BUILT_IN:
        raise InputFault(f"There is no rule {quoted(name)}; the rules are {', '.join(BUILT_IN)}.")
    population = None if options.population is None else _one_of(POPULATIONS, options.population, "population")
    choices = Choices(
        scale=_scale(options.scale or "1-9"),
        band=None if options.band is None else _span(options.band, "band", "7-9"),
        threshold=_threshold(options.threshold, in_percent=_OF_SHARES in BUILT_IN[name].takes),
        denominator=None
        if options.denominator is None
        else cast(Denominator, _one_of(DENOMINATORS, options.denominator, "denominator")),
        half_medians=None
        if options.half_medians is None
        else _one_of(HALF_MEDIANS, options.half_medians, "place for half medians"),
        quantile=_quantile(options.quantile),
        population=cast(Population, (population or POPULATIONS[0]).replace("-", " ")),
    )
    rule = built_in_rule(name, choices)
    if population is not None and any(clause.population != choices.population for clause in rule.clauses):
        raise InputFault(f"The rule {name} has no population to choose.")
    return NamedRule(name, rule, choices.quantile, choices.band)


def _from_file(options: RuleOptions) -> NamedRule:
    for name, value in vars(options).items():
        if name != "rule_file" and value is not None:
            raise InputFault(f"A rule from a file is whole, and --{name.replace('_', '-')} cannot be given beside it.")
    rule = _read(Path(options.rule_file or ""))
    return NamedRule(rule.name, rule, rule.quantile)


def _read(path: Path) -> Rule:
    try:
        return rule_from_json(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputFault(f"{path} cannot be read: {error.strerror}.") from None
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        raise InputFault(f"{path} is no JSON.") from None
    except ValueError as fault:
        raise InputFault(f"{path} holds no rule: {fault}") from None


def _scale(text: str) -> Scale:
    low, high = _span(text, "scale", "1-9")
    if low >= high:
        raise InputFault(f"{quoted(text)} is not a scale such as 1-9.")
    return Scale(low, high)


def _span(text: str, what: str, example: str) -> Band:
    ends = re.fullmatch(r"([0-9]{1,3})-([0-9]{1,3})", text, re.ASCII)
    if ends is None:
        raise InputFault(f"{quoted(text)} is not a {what} such as {example}.")
    return int(ends[1]), int(ends[2])


def _threshold(text: str | None, *, in_percent: bool) -> Fraction | None:
    if text is None:
        return None
    try:
        threshold = parse_number(text.removesuffix("%"))
    except ValueError:
        raise InputFault(f"{quoted(text)} is not a threshold such as 75.") from None
    if in_percent and not 1 <= threshold <= _PERCENT:
        raise InputFault(f"The threshold of a share is from 1 to {_PERCENT} percent, such as 75, not {text}.")
    return threshold


def _quantile(text: str | None) -> QuantileType:
    if text is None:
        return DEFAULT_QUANTILE
    known: Mapping[str, QuantileType] = dict(zip(QUANTILES, QUANTILE_TYPES, strict=True))
    return known[_one_of(QUANTILES, text, "type of quantiles")]


def _one_of(known: tuple[str, ...], text: str, what: str) -> str:
    if text not in known:
        raise InputFault(f"There is no {what} {quoted(text)} here; choose {', '.join(known[:-1])} or {known[-1]}.")
    return text
