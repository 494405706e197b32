"""What sentences about rules and about reasons share."""

from collections.abc import Sequence
from fractions import Fraction

from surveys.consensus.exact import decimal_places, plain_number
from surveys.consensus.phrases import Phrase
from surveys.consensus.phrases import phrase as _
from surveys.consensus.printing import PERCENT, percent
from surveys.consensus.rules import OF_SHARES, Band, Operator, StatisticName

# A share of up to so many parts is printed as "2/3" where its percentage has no end.
LARGEST_PART = 12
_STARTS = ("All ", "If ", "It ", "Of ", "The ", "There ")


def bound(operator: Operator, threshold: str | Phrase) -> Phrase:
    """Return an operator with its threshold: "above 7"."""
    if operator == ">":
        return _("above %(threshold)s", threshold=threshold)
    if operator == ">=":
        return _("at least %(threshold)s", threshold=threshold)
    if operator == "<":
        return _("below %(threshold)s", threshold=threshold)
    return _("at most %(threshold)s", threshold=threshold)


def amount(operator: Operator, threshold: str | Phrase) -> Phrase:
    """Return an operator with the share that is its threshold: "more than 50%"."""
    if operator == ">":
        return _("more than %(threshold)s", threshold=threshold)
    if operator == "<":
        return _("fewer than %(threshold)s", threshold=threshold)
    return bound(operator, threshold)


def number(statistic: StatisticName, value: Fraction) -> str:
    """Return a threshold as it is printed: a share in percent, or as "2/3"; any other as it is."""
    if statistic not in OF_SHARES:
        return plain_number(value)
    is_plain_part = value.denominator <= LARGEST_PART and decimal_places(value * PERCENT) is None
    return plain_number(value) if is_plain_part else percent(value)


def band_words(band: Band) -> Phrase:
    """Return "from 7 to 9", or "9" for a band of one point."""
    low, high = band
    return _("%(point)d", point=low) if low == high else _("from %(low)d to %(high)d", low=low, high=high)


def join_reasons(reasons: Sequence[str]) -> str:
    """Return the sentences as one, joined with semicolons; "" for none. A group's name keeps its capital."""
    if not reasons:
        return ""
    parts = [text.removesuffix(".") for text in reasons]
    rest = [part[0].lower() + part[1:] if part.startswith(_STARTS) else part for part in parts[1:]]
    return "; ".join([parts[0], *rest]) + "."


def within_sentence(name: str) -> str:
    """Return a rule's name as it stands within a sentence: "Full consensus" is "full consensus"."""
    # "COS 70/15" keeps its capitals.
    return name[0].lower() + name[1:] if name[1:2].islower() else name
