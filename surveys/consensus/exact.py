"""Exact numbers: rounding and reading fractions without passing through a float."""

import re
from fractions import Fraction

MOST_PLACES = 9
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9}|/[1-9][0-9]{0,8})?", re.ASCII)


def round_half_up(value: Fraction | int, places: int) -> str:
    """Return `value` in decimals with `places` digits after the point, a half rounded up.

    The half is that of the exact fraction, and goes away from zero: 76/9 is "8.44", 1/8 is
    "0.13", -1/8 is "-0.13". Zero carries no sign.
    """
    scaled = abs(Fraction(value)) * 10**places
    digits = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    sign = "-" if value < 0 and digits else ""
    whole, rest = divmod(digits, 10**places)
    return f"{sign}{whole}.{rest:0{places}d}" if places else f"{sign}{whole}"


def plain_number(value: Fraction | int) -> str:
    """Return the exact value as short text: "7", "7.5", or "2/3" where decimals never end or are more than nine.

    `parse_number` reads it back, where neither number of a fraction has more than nine digits.
    """
    fraction = Fraction(value)
    if fraction.denominator == 1:
        return str(fraction.numerator)
    places = decimal_places(fraction)
    return str(fraction) if places is None or places > MOST_PLACES else round_half_up(fraction, places)


def parse_number(text: str) -> Fraction:
    """Return the exact value of "7", "7.5" or "2/3"; raise ValueError for any other text."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a number such as 7, 7.5 or 2/3.")
    return Fraction(text)


def decimal_places(value: Fraction) -> int | None:
    """Return how many decimals the exact value has; None where they never end."""
    denominator = value.denominator
    twos = fives = 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    return max(twos, fives) if denominator == 1 else None
