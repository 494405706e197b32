"""English sentences for rules and findings. The web application words the same facts by gettext."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from surveys.consensus.exact import plain_number, round_half_up
from surveys.consensus.findings import Finding
from surveys.consensus.rules import Clause, Condition, Operator, Rule, StatisticName

PLACES = 2
MOST_PLACES = 9

_OPERATORS: Mapping[Operator, str] = {
    ">": "above",
    ">=": "at least",
    "<": "below",
    "<=": "at most",
}


def rule_sentence(rule: Rule) -> str:
    """Return the rule as one plain sentence, beginning with its name."""
    quorum = f", judged from {rule.quorum} ratings up" if rule.quorum > 1 else ""
    return f"{rule.name}: {_condition_words(rule.condition)}{quorum}."


def reason(finding: Finding) -> str:
    """Return one sentence on how a clause was met or missed."""
    return _REASONS[finding.kind](finding)


def too_few(n: int, quorum: int) -> str:
    """Return the sentence on a statement that has too few ratings to be judged."""
    if not n:
        return "There are no ratings."
    ratings = "There is 1 rating" if n == 1 else f"There are {n} ratings"
    return f"{ratings}, and the rule judges from {quorum} up."


def join_reasons(reasons: Sequence[str]) -> str:
    """Return the sentences as one, joined with semicolons; "" for none."""
    if not reasons:
        return ""
    parts = [text.removesuffix(".") for text in reasons]
    rest = [part[0].lower() + part[1:] for part in parts[1:]]
    return "; ".join([parts[0], *rest]) + "."


def phrase(name: str) -> str:
    """Return a rule's name as it stands within a sentence: "Full consensus" is "full consensus"."""
    # "COS 70/15" keeps its capitals.
    return name[0].lower() + name[1:] if name[1:2].islower() else name


def decimals(observed: Fraction, threshold: Fraction) -> str:
    """Return `observed` to two decimals, half up, or to as many as tell it from the threshold.

    A mean of 7.004 must not read "7.00, is above 7", nor one of 6.996 "7.00 and must be above 7".
    """
    for places in range(PLACES, MOST_PLACES):
        text = round_half_up(observed, places)
        if _side(Fraction(text), threshold) == _side(observed, threshold):
            return text
    return round_half_up(observed, PLACES)


def _side(value: Fraction, threshold: Fraction) -> int:
    return (value > threshold) - (value < threshold)


def _condition_words(condition: Condition) -> str:
    if isinstance(condition, Clause):
        return _CLAUSES[condition.statistic](condition)
    parts = [_condition_words(part) for part in condition.parts]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _bound(clause: Clause | Finding) -> str:
    return f"{_OPERATORS[clause.operator]} {plain_number(clause.threshold)}"


def _least_clause(clause: Clause) -> str:
    subject = "every rating" if clause.operator in (">", ">=") else "the lowest rating"
    return f"{subject} is {_bound(clause)}"


def _mean_clause(clause: Clause) -> str:
    return f"the mean is {_bound(clause)}"


def _least_reason(finding: Finding) -> str:
    if finding.passing is None:
        return _value_reason("lowest rating", plain_number(finding.observed), finding)
    if finding.met:
        which = "The only rating is" if finding.n == 1 else "All ratings are"
        return f"{which} {_or_higher(finding.passing, finding.scale.high)}."
    fault = _or_lower(finding.passing - 1, finding.scale.low)
    if finding.n == 1:
        return f"The only rating is {fault}."
    verb = "is" if finding.count_against == 1 else "are"
    return f"{finding.count_against} of {finding.n} ratings {verb} {fault}."


def _mean_reason(finding: Finding) -> str:
    value = decimals(finding.observed, finding.threshold)
    return _value_reason("mean", value, finding)


def _value_reason(subject: str, value: str, finding: Finding) -> str:
    if finding.met:
        return f"The {subject}, {value}, is {_bound(finding)}."
    return f"The {subject} is {value} and must be {_bound(finding)}."


def _or_higher(point: int, highest: int) -> str:
    return f"{point} or higher" if point < highest else str(point)


def _or_lower(point: int, lowest: int) -> str:
    return f"{point} or lower" if point > lowest else str(point)


_CLAUSES: Mapping[StatisticName, Callable[[Clause], str]] = {
    "least": _least_clause,
    "mean": _mean_clause,
}
_REASONS: Mapping[StatisticName, Callable[[Finding], str]] = {
    "least": _least_reason,
    "mean": _mean_reason,
}
