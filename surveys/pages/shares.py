"""Shares of those who answered, in words."""

from fractions import Fraction

from django.utils.translation import gettext as _

from surveys.feedback.thresholds import COUNTS_FROM


def percent_words(share: Fraction | None, n: int | None = None) -> str:
    """A share of n as a whole percentage, halves up; "" for None.

    Of so few that it is rounded to tenths, it says about. Nobody and everybody are exact
    all the same, and so is a share that is given without its n.
    """
    if share is None:
        return ""
    is_exact = n is None or n >= COUNTS_FROM or share in (0, 1)
    words = _("%(percent)d%%") if is_exact else _("about %(percent)d%%")
    return words % {"percent": int(share * 100 + Fraction(1, 2))}
