"""Rules and verdicts in sentences that can be translated, made from the structured findings.

In English they read as the sentences of the consensus package, which knows nothing of translation.
"""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.consensus import (
    FULL_CONSENSUS,
    Clause,
    Finding,
    NearMiss,
    Rule,
    Verdict,
    decimals,
    plain_number,
)
from surveys.consensus.rules import Condition, Operator, StatisticName
from surveys.consensus.words import phrase

_BOUNDS: Mapping[Operator, Callable[[], str]] = {
    ">": lambda: _("above %(threshold)s"),
    ">=": lambda: _("at least %(threshold)s"),
    "<": lambda: _("below %(threshold)s"),
    "<=": lambda: _("at most %(threshold)s"),
}


def rule_name(rule: Rule) -> str:
    """The rule's name as it stands within a sentence: "full consensus"."""
    return consensus_phrase(rule.name)


def consensus_phrase(name: str) -> str:
    """A rule's name within a sentence; the one name that we give ourselves is translated."""
    return _("full consensus") if name == FULL_CONSENSUS.name else phrase(name)


def rule_words(rule: Rule) -> str:
    """The rule as one sentence, beginning with its name."""
    name = _("Full consensus") if rule.name == FULL_CONSENSUS.name else rule.name
    words = {"name": name, "condition": _condition(rule.condition)}
    if rule.quorum > 1:
        return _("%(name)s: %(condition)s, judged from %(quorum)d ratings up.") % {**words, "quorum": rule.quorum}
    return _("%(name)s: %(condition)s.") % words


def reason_words(finding: Finding) -> str:
    """One sentence on how a clause was met or missed."""
    return _REASONS[finding.kind](finding)


def verdict_words(verdict: Verdict, rule: Rule) -> list[str]:
    """The reasons of a rule's verdict, a sentence each; why it could not be judged comes first."""
    found = [reason_words(finding) for finding in verdict.clauses]
    return [too_few_words(verdict.n, rule.quorum), *found] if verdict.consensus is None else found


def near_miss_words(near: NearMiss) -> str:
    """What one other rating would have changed."""
    needed = str(near.needed) if near.needed == near.highest else _("%(point)d or higher") % {"point": near.needed}
    words = {"rating": near.rating, "needed": needed, "rule": consensus_phrase(near.rule_name)}
    if near.against:
        return _("If that one rating were %(needed)s, this would be %(rule)s.") % words
    if near.held_by == 1:
        return _("If the rating of %(rating)d were %(needed)s, this would be %(rule)s.") % words
    return _("If one rating of %(rating)d were %(needed)s, this would be %(rule)s.") % words


def too_few_words(n: int, quorum: int) -> str:
    """Why a statement with so few ratings is not judged."""
    if not n:
        return _("There are no ratings.")
    return ngettext(
        "There is %(n)d rating, and the rule judges from %(quorum)d up.",
        "There are %(n)d ratings, and the rule judges from %(quorum)d up.",
        n,
    ) % {"n": n, "quorum": quorum}


def _bound(part: Clause | Finding) -> str:
    return _BOUNDS[part.operator]() % {"threshold": plain_number(part.threshold)}


def _condition(condition: Condition) -> str:
    if isinstance(condition, Clause):
        return _CLAUSES[condition.statistic](condition)
    parts = [_condition(part) for part in condition.parts]
    if len(parts) == 1:
        return parts[0]
    return _("%(before)s and %(last)s") % {"before": ", ".join(parts[:-1]), "last": parts[-1]}


def _least_clause(clause: Clause) -> str:
    if clause.operator in (">", ">="):
        return _("every rating is %(bound)s") % {"bound": _bound(clause)}
    return _("the lowest rating is %(bound)s") % {"bound": _bound(clause)}


def _mean_clause(clause: Clause) -> str:
    return _("the mean is %(bound)s") % {"bound": _bound(clause)}


def _least_reason(finding: Finding) -> str:
    if finding.passing is None:
        words = {"value": plain_number(finding.observed), "bound": _bound(finding)}
        if finding.met:
            return _("The lowest rating, %(value)s, is %(bound)s.") % words
        return _("The lowest rating is %(value)s and must be %(bound)s.") % words
    if finding.met:
        point = _or_higher(finding.passing, finding.scale.high)
        if finding.n == 1:
            return _("The only rating is %(point)s.") % {"point": point}
        return _("All ratings are %(point)s.") % {"point": point}
    point = _or_lower(finding.passing - 1, finding.scale.low)
    if finding.n == 1:
        return _("The only rating is %(point)s.") % {"point": point}
    against = finding.count_against or 0
    return ngettext(
        "%(against)d of %(n)d ratings is %(point)s.", "%(against)d of %(n)d ratings are %(point)s.", against
    ) % {"against": against, "n": finding.n, "point": point}


def _mean_reason(finding: Finding) -> str:
    words = {"value": decimals(finding.observed, finding.threshold), "bound": _bound(finding)}
    if finding.met:
        return _("The mean, %(value)s, is %(bound)s.") % words
    return _("The mean is %(value)s and must be %(bound)s.") % words


def _or_higher(point: int, highest: int) -> str:
    return _("%(point)d or higher") % {"point": point} if point < highest else str(point)


def _or_lower(point: int, lowest: int) -> str:
    return _("%(point)d or lower") % {"point": point} if point > lowest else str(point)


_CLAUSES: Mapping[StatisticName, Callable[[Clause], str]] = {"least": _least_clause, "mean": _mean_clause}
_REASONS: Mapping[StatisticName, Callable[[Finding], str]] = {"least": _least_reason, "mean": _mean_reason}
