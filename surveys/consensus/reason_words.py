"""Why a verdict is what it is: a sentence for each finding, with its arithmetic."""

from collections.abc import Callable, Mapping

from surveys.consensus.exact import plain_number
from surveys.consensus.findings import Finding
from surveys.consensus.observations import SQUARED
from surveys.consensus.panel_sizes import SMALLEST_IN_TABLE
from surveys.consensus.phrases import Phrase
from surveys.consensus.phrases import phrase as _
from surveys.consensus.phrases import plural_phrase as ngettext
from surveys.consensus.printing import decimals, percents, root_decimals
from surveys.consensus.rule_words import clause_phrase
from surveys.consensus.rules import Clause, Denominator, StatisticName
from surveys.consensus.words import band_words, bound, number


def reason(finding: Finding) -> Phrase:
    """Return one sentence on how a clause was met or missed."""
    said = _REASONS[finding.kind](finding)
    return _("%(group)s: %(reason)s", group=finding.group, reason=said) if finding.group else said


def too_few(n: int, quorum: int) -> Phrase:
    """Return the sentence on a statement that has too few ratings to be judged."""
    if not n:
        return _("There are no ratings.")
    return ngettext(
        "There is %(n)d rating, and the rule judges from %(quorum)d up.",
        "There are %(n)d ratings, and the rule judges from %(quorum)d up.",
        n,
        n=n,
        quorum=quorum,
    )


def unknown(clause: Clause, without: tuple[str, ...]) -> Phrase:
    """Return the sentence on a clause that cannot be judged; `without` names groups of which too little is known."""
    said = clause_phrase(clause)
    if clause.population == "everyone":
        return _("It cannot be said whether %(clause)s.", clause=said)
    if not without:
        return _("It cannot be said whether %(clause)s: no groups are known.", clause=said)
    return _(
        "It cannot be said whether %(clause)s: too little is known of %(groups)s.",
        clause=said,
        groups=", ".join(without),
    )


def off_table(finding: Finding) -> Phrase:
    """Return the sentence on a clause that was made for other sizes of a panel."""
    if finding.kind == "disagreement_index":
        return ngettext(
            "%(n)d rating is too few for the disagreement index to say much.",
            "%(n)d ratings are too few for the disagreement index to say much.",
            finding.n,
            n=finding.n,
        )
    if finding.kind == "each_extreme" and finding.n < SMALLEST_IN_TABLE:
        return ngettext(
            "The RAND/UCLA table is for panels of 8 to 16; for %(n)d rating a third is taken.",
            "The RAND/UCLA table is for panels of 8 to 16; for %(n)d ratings a third of them is taken.",
            finding.n,
            n=finding.n,
        )
    return ngettext(
        "The RAND/UCLA table is for panels of 8 to 16; for %(n)d rating its steps are continued.",
        "The RAND/UCLA table is for panels of 8 to 16; for %(n)d ratings its steps are continued.",
        finding.n,
        n=finding.n,
    )


def _bound(finding: Finding) -> Phrase:
    return bound(finding.operator, number(finding.kind, finding.threshold))


def _judged(subject: Phrase, value: str, finding: Finding) -> Phrase:
    if finding.met:
        return _("The %(subject)s, %(value)s, is %(bound)s.", subject=subject, value=value, bound=_bound(finding))
    return _("The %(subject)s is %(value)s and must be %(bound)s.", subject=subject, value=value, bound=_bound(finding))


def _value(finding: Finding) -> str:
    if finding.kind in SQUARED:
        return root_decimals(finding.observed, finding.threshold)
    if finding.kind in ("mean", "disagreement_index"):
        return decimals(finding.observed, finding.threshold)
    return plain_number(finding.observed)


def _of_value(subject: Callable[[Finding], Phrase]) -> Callable[[Finding], Phrase]:
    return lambda finding: _judged(subject(finding), _value(finding), finding)


def _least(finding: Finding) -> Phrase:
    if finding.passing is None:
        return _judged(_("lowest rating"), plain_number(finding.observed), finding)
    if finding.met:
        return _all_are(_or_higher(finding.passing, finding), finding)
    return _some_are(_or_lower(finding.passing - 1, finding), finding)


def _most(finding: Finding) -> Phrase:
    if finding.passing is None:
        return _judged(_("highest rating"), plain_number(finding.observed), finding)
    if finding.met:
        return _all_are(_or_lower(finding.passing, finding), finding)
    return _some_are(_or_higher(finding.passing + 1, finding), finding)


def _all_are(points: Phrase, finding: Finding) -> Phrase:
    if finding.n == 1:
        return _("The only rating is %(points)s.", points=points)
    return _("All ratings are %(points)s.", points=points)


def _some_are(points: Phrase, finding: Finding) -> Phrase:
    if finding.n == 1:
        return _("The only rating is %(points)s.", points=points)
    against = finding.count_against or 0
    return ngettext(
        "%(against)d of %(n)d ratings is %(points)s.",
        "%(against)d of %(n)d ratings are %(points)s.",
        against,
        against=against,
        n=finding.n,
        points=points,
    )


def _or_higher(point: int, finding: Finding) -> Phrase:
    if point >= finding.scale.high:
        return _("%(point)d", point=point)
    return _("%(point)d or higher", point=point)


def _or_lower(point: int, finding: Finding) -> Phrase:
    if point <= finding.scale.low:
        return _("%(point)d", point=point)
    return _("%(point)d or lower", point=point)


def _share(finding: Finding) -> Phrase:
    count, of, band = int(finding.parts["count"]), _those(finding), _band(finding)
    if _denominator(finding) != "rated":
        return _of_shares(_("%(count)d of %(those)s rated %(band)s", count=count, those=of, band=band), finding)
    counted = ngettext(
        "%(count)d of %(those)s is %(band)s",
        "%(count)d of %(those)s are %(band)s",
        1 if finding.n == 1 else count,
        count=count,
        those=of,
        band=band,
    )
    return _of_shares(counted, finding)


def _quorum(finding: Finding) -> Phrase:
    counted = _("%(count)d of %(those)s have rated", count=int(finding.parts["count"]), those=_those(finding))
    return _of_shares(counted, finding)


def _of_shares(counted: Phrase, finding: Finding) -> Phrase:
    share, threshold = percents(finding.observed, finding.threshold)
    limit = bound(finding.operator, threshold)
    if finding.met:
        return _("%(counted)s: %(share)s, %(bound)s.", counted=counted, share=share, bound=limit)
    return _("%(counted)s: %(share)s, and it must be %(bound)s.", counted=counted, share=share, bound=limit)


def _those(finding: Finding) -> Phrase:
    return _THOSE[_denominator(finding)](int(finding.parts["of"]))


def _denominator(finding: Finding) -> Denominator:
    return finding.clause.denominator if finding.clause else "rated"


def _band(finding: Finding) -> Phrase:
    band = finding.clause.band if finding.clause else None
    return band_words(band or (finding.scale.low, finding.scale.high))


def _index(finding: Finding) -> Phrase:
    return _(
        "disagreement index (IPR %(ipr)s divided by IPRAS %(ipras)s, quantiles of type %(type)d)",
        ipr=plain_number(finding.parts["ipr"]),
        ipras=plain_number(finding.parts["ipras"]),
        type=finding.quantile,
    )


def _extremes(finding: Finding) -> Phrase:
    low, high = int(finding.parts["low"]), int(finding.parts["high"])
    those = _THOSE["rated"](finding.n)
    counted = _("Of %(those)s %(low)d are from 1 to 3 and %(high)d from 7 to 9", those=those, low=low, high=high)
    lesser, limit = int(finding.observed), _bound(finding)
    if finding.met:
        return _(
            "%(counted)s: the lesser number, %(lesser)d, is %(bound)s.", counted=counted, lesser=lesser, bound=limit
        )
    return _(
        "%(counted)s: the lesser number, %(lesser)d, must be %(bound)s.", counted=counted, lesser=lesser, bound=limit
    )


def _window(finding: Finding) -> Phrase:
    points = band_words((int(finding.parts["low"]), int(finding.parts["high"])))
    return _("number of ratings outside the best three points around the median (%(band)s)", band=points)


_THOSE: Mapping[Denominator, Callable[[int], Phrase]] = {
    "rated": lambda n: ngettext("%(n)d rating", "%(n)d ratings", n, n=n),
    "asked": lambda n: ngettext("%(n)d who took part", "%(n)d who took part", n, n=n),
    "invited": lambda n: ngettext("%(n)d who was invited", "%(n)d who were invited", n, n=n),
}
_REASONS: Mapping[StatisticName, Callable[[Finding], Phrase]] = {
    "least": _least,
    "most": _most,
    "mean": _of_value(lambda _finding: _("mean")),
    "median": _of_value(lambda _finding: _("median")),
    "iqr": _of_value(lambda finding: _("interquartile range (quantiles of type %(type)d)", type=finding.quantile)),
    "disagreement_index": _of_value(_index),
    "sd": _of_value(lambda _finding: _("standard deviation")),
    "cv": _of_value(lambda _finding: _("coefficient of variation")),
    "share": _share,
    "outside": _of_value(lambda finding: _("number of ratings that are not %(band)s", band=_band(finding))),
    "outside_window": _of_value(_window),
    "each_extreme": _extremes,
    "quorum": _quorum,
}
