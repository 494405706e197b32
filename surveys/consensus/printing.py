"""Exact values as text that never reads as if it lay on the other side of a threshold."""

import math
from collections.abc import Callable
from fractions import Fraction

from surveys.consensus.exact import decimal_places, round_half_up

PLACES = 2
MOST_PLACES = 9
PERCENT = 100


def decimals(observed: Fraction, threshold: Fraction, places: int = PLACES) -> str:
    """Return `observed` to so many decimals, half up, or to as many as tell it from the threshold.

    A mean of 7.004 must not read "7.00, is above 7", nor one of 6.996 "7.00 and must be above 7".
    """
    return _told_apart(
        lambda digits: round_half_up(observed, digits),
        lambda text: _side(Fraction(text), threshold) == _side(observed, threshold),
        places,
    )


def root_decimals(square: Fraction, threshold: Fraction) -> str:
    """Return the root of an exact square as `decimals` returns a value, without passing through a float."""
    return _told_apart(
        lambda digits: _root(square, digits),
        lambda text: _side(Fraction(text), threshold) == _side(square, threshold**2),
        PLACES,
    )


def percent(share: Fraction) -> str:
    """Return a share as "70%" or "85.7%", with all decimals where these end."""
    return _trimmed(decimals(share * PERCENT, share * PERCENT, places=1))


def percents(share: Fraction, threshold: Fraction) -> tuple[str, str]:
    """Return a share and its threshold as `percent` does, both with as many decimals as tell them from each other."""
    value, limit = share * PERCENT, threshold * PERCENT
    places = max(decimal_places(limit) or 1, 1)
    while places < MOST_PLACES and not _are_apart(value, limit, places):
        places += 1
    return _trimmed(round_half_up(value, places)), _trimmed(round_half_up(limit, places))


def _are_apart(value: Fraction, limit: Fraction, places: int) -> bool:
    """Whether what is printed of the value lies on its own side of the limit, and of what is printed of that."""
    printed = Fraction(round_half_up(value, places))
    sides = {_side(printed, limit), _side(printed, Fraction(round_half_up(limit, places)))}
    # Equal values stay equal however they are cut.
    return sides == {_side(value, limit)} or value == limit


def _trimmed(text: str) -> str:
    whole, _, rest = text.partition(".")
    return f"{whole if set(rest) <= {'0'} else text}%"


def _told_apart(text_at: Callable[[int], str], is_true: Callable[[str], bool], places: int) -> str:
    texts = map(text_at, range(places, MOST_PLACES))
    return next((text for text in texts if is_true(text)), text_at(places))


def _side(value: Fraction, threshold: Fraction) -> int:
    return (value > threshold) - (value < threshold)


def _root(square: Fraction, places: int) -> str:
    # Twice the root in units of the last place, cut off; halved half up.
    doubled = math.isqrt(4 * square.numerator * 100**places // square.denominator)
    return round_half_up(Fraction((doubled + 1) // 2, 10**places), places)
