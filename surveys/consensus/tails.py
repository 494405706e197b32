"""Tails of two distributions in plain arithmetic: finite sums of positive terms, so nothing cancels.

scipy.special has both, and takes longer to import than most commands take to run; the tests hold these to it.
"""

import math

_FAR = 1e-18
# From here on Stirling's series to its fourth term is exact to the last digits of a float.
_LARGE, _MANY = 16, 1000


def chi_squared_tail(degrees_of_freedom: int, value: float) -> float:
    """Return how likely a chi-squared variable with so many degrees of freedom, 1 or more, exceeds `value`, 0 or more.

    Q(n/2, x/2) by steps of one from erfc(sqrt(x/2)) or exp(-x/2), as in Abramowitz and Stegun (1964), 26.4.4 and
    26.4.5.
    """
    half, is_odd = value / 2, degrees_of_freedom % 2
    if not half:
        return 1.0
    tail = math.erfc(math.sqrt(half)) if is_odd else 0.0
    orders = (step + is_odd / 2 for step in range(degrees_of_freedom // 2))
    return tail + math.fsum(math.exp(order * math.log(half) - half - math.lgamma(order + 1)) for order in orders)


def fair_tail(heads: int, tosses: int) -> float:
    """Return how likely so many tosses of a fair coin give `heads` heads or fewer; heads at most half of the tosses.

    It is C(n, k) / 2^n (1 + k / (n - k + 1) (1 + (k - 1) / (n - k + 2) (1 + ...))).
    """
    term, total = 1.0, 0.0
    for left in range(heads, -1, -1):
        total += term
        term *= left / (tosses - left + 1)
        if term < _FAR * total:
            break
    return total * _fair(heads, tosses)


def _fair(heads: int, tosses: int) -> float:
    """C(n, k) / 2^n: in whole numbers, or of many tosses as Loader (2000) does it, without their huge numbers."""
    if tosses < _MANY or heads < _LARGE:
        return math.comb(tosses, heads) / (1 << tosses)
    tails, lean = tosses - heads, (tosses - 2 * heads) / tosses
    deviance = tosses / 2 * ((1 - lean) * math.log1p(-lean) + (1 + lean) * math.log1p(lean))
    rest = _stirling(tosses) - _stirling(heads) - _stirling(tails)
    return math.exp(rest - deviance) * math.sqrt(tosses / (2 * math.pi * heads * tails))


def _stirling(n: int) -> float:
    """What log n! is above log(sqrt(2 pi n) (n / e)^n)."""
    return (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * n**2)) / n**2) / n**2) / n
