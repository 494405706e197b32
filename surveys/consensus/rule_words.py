"""A rule as one plain sentence."""

from collections.abc import Callable, Mapping
from fractions import Fraction

from surveys.consensus.phrases import Phrase, joined
from surveys.consensus.phrases import phrase as _
from surveys.consensus.rules import (
    OF_QUANTILES,
    AllOf,
    ByRound,
    Clause,
    Condition,
    Denominator,
    Derived,
    Not,
    Population,
    Rule,
    StatisticName,
    without_not,
)
from surveys.consensus.words import amount, band_words, bound, number


def rule_sentence(rule: Rule) -> str:
    """Return the rule as one plain English sentence, beginning with its name."""
    return str(rule_phrase(rule))


def rule_phrase(rule: Rule) -> Phrase:
    """Return the rule as one sentence, beginning with its name."""
    said = condition_phrase(rule.condition)
    if rule.quorum > 1:
        said = _("%(condition)s, judged from %(quorum)d ratings up", condition=said, quorum=rule.quorum)
    if rule.out is not None:
        said = _("%(before)s; out where %(condition)s", before=said, condition=condition_phrase(rule.out))
    if rule.near is not None:
        said = _("%(before)s; near where %(condition)s", before=said, condition=condition_phrase(rule.near))
    if any(clause.statistic in OF_QUANTILES for clause in rule.clauses):
        said = _("%(before)s (quantiles of type %(type)d)", before=said, type=rule.quantile)
    return _("%(name)s: %(condition)s.", name=_name(rule), condition=said)


def condition_phrase(condition: Condition) -> Phrase:
    """Return a condition as part of a sentence."""
    return _condition(without_not(condition), within=None)


def clause_phrase(clause: Clause) -> Phrase:
    """Return a clause as part of a sentence: "the mean is above 7"."""
    said = _CLAUSES[clause.statistic](clause, _bound(clause))
    return _POPULATIONS[clause.population](said)


def _name(rule: Rule) -> Phrase:
    # A name that this software gives can be put into another language; any other stands as it is.
    return _(rule.name.replace("%", "%%"))


def _condition(condition: Condition, *, within: type[Condition] | None) -> Phrase:
    """Say a condition; in brackets where "and" and "or" would otherwise leave open what belongs together."""
    if isinstance(condition, Clause):
        return clause_phrase(condition)
    if isinstance(condition, Not):
        return _("not: %(condition)s", condition=_condition(condition.part, within=Not))
    kind = type(condition)
    said = joined(
        [_condition(part, within=kind) for part in condition.parts],
        "%(before)s and %(last)s" if kind is AllOf else "%(before)s or %(last)s",
    )
    return said if within in (None, kind) or len(condition.parts) == 1 else _("(%(condition)s)", condition=said)


def _bound(clause: Clause) -> Phrase:
    return bound(clause.operator, _threshold(clause))


def _threshold(clause: Clause) -> str | Phrase:
    threshold = clause.threshold
    if isinstance(threshold, Fraction):
        return number(clause.statistic, threshold)
    if isinstance(threshold, ByRound):
        return _by_round(clause.statistic, threshold)
    if threshold is Derived.APMO:
        return _("the average percent of majority opinions")
    return _("what the RAND/UCLA table sets for the size of the panel")


def _by_round(statistic: StatisticName, threshold: ByRound) -> Phrase:
    values = [number(statistic, value) for value in threshold.thresholds]
    last = len(values)
    parts = [
        _("%(value)s (in round %(round)d)", value=value, round=at) for at, value in enumerate(values[:-1], start=1)
    ]
    parts.append(_("%(value)s (from round %(round)d on)", value=values[-1], round=last))
    return joined(parts, "%(before)s and %(last)s")


def _least(clause: Clause, limit: Phrase) -> Phrase:
    if clause.operator in (">", ">="):
        return _("every rating is %(bound)s", bound=limit)
    return _("the lowest rating is %(bound)s", bound=limit)


def _most(clause: Clause, limit: Phrase) -> Phrase:
    if clause.operator in ("<", "<="):
        return _("every rating is %(bound)s", bound=limit)
    return _("the highest rating is %(bound)s", bound=limit)


def _share(clause: Clause, limit: Phrase) -> Phrase:
    band, those = _band(clause), _THOSE[clause.denominator]()
    if isinstance(clause.threshold, Derived):
        return _("the share of %(those)s %(band)s is %(bound)s", those=those, band=band, bound=limit)
    many = amount(clause.operator, _threshold(clause))
    if clause.denominator == "rated":
        return _("%(amount)s of %(those)s are %(band)s", amount=many, those=those, band=band)
    return _("%(amount)s of %(those)s rated %(band)s", amount=many, those=those, band=band)


def _quorum(clause: Clause, _limit: Phrase) -> Phrase:
    many = amount(clause.operator, _threshold(clause))
    return _("%(amount)s of %(those)s have rated", amount=many, those=_THOSE[clause.denominator]())


def _band(clause: Clause) -> Phrase:
    return band_words(clause.band or (0, 0))


_THOSE: Mapping[Denominator, Callable[[], Phrase]] = {
    "rated": lambda: _("all ratings"),
    "asked": lambda: _("all who took part"),
    "invited": lambda: _("all who were invited"),
}
_POPULATIONS: Mapping[Population, Callable[[Phrase], Phrase]] = {
    "everyone": lambda said: said,
    "every group": lambda said: _("in every group %(clause)s", clause=said),
    "any group": lambda said: _("in at least one group %(clause)s", clause=said),
}
_CLAUSES: Mapping[StatisticName, Callable[[Clause, Phrase], Phrase]] = {
    "least": _least,
    "most": _most,
    "mean": lambda _clause, limit: _("the mean is %(bound)s", bound=limit),
    "median": lambda _clause, limit: _("the median is %(bound)s", bound=limit),
    "iqr": lambda _clause, limit: _("the interquartile range is %(bound)s", bound=limit),
    "disagreement_index": lambda _clause, limit: _("the disagreement index is %(bound)s", bound=limit),
    "sd": lambda _clause, limit: _("the standard deviation is %(bound)s", bound=limit),
    "cv": lambda _clause, limit: _("the coefficient of variation is %(bound)s", bound=limit),
    "share": _share,
    "outside": lambda clause, limit: _(
        "the number of ratings that are not %(band)s is %(bound)s", band=_band(clause), bound=limit
    ),
    "outside_window": lambda _clause, limit: _(
        "the number of ratings outside the best three points around the median is %(bound)s", bound=limit
    ),
    "each_extreme": lambda _clause, limit: _(
        "of the ratings from 1 to 3 and those from 7 to 9 the lesser number is %(bound)s", bound=limit
    ),
    "quorum": _quorum,
}
