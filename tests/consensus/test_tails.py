"""Two tails of distributions, against exact sums and SciPy.

Seen to fail: with the last term of either sum left out, and with Stirling's series one term shorter.
"""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from surveys.consensus.tails import chi_squared_tail, fair_tail


@given(degrees_of_freedom=st.integers(1, 300), value=st.floats(0, 1000))
def test_the_tail_of_chi_squared_is_scipys(degrees_of_freedom: int, value: float) -> None:
    expected = float(special.chdtrc(degrees_of_freedom, value))
    assert chi_squared_tail(degrees_of_freedom, value) == pytest.approx(expected, rel=1e-11, abs=1e-300)


@pytest.mark.parametrize(("degrees_of_freedom", "value"), [(3000, 3100.0), (3000, 2500.0), (999, 1e6), (1, 1e-12)])
def test_so_it_is_far_out(degrees_of_freedom: int, value: float) -> None:
    expected = float(special.chdtrc(degrees_of_freedom, value))
    assert chi_squared_tail(degrees_of_freedom, value) == pytest.approx(expected, rel=1e-10, abs=1e-300)


def exact_tail(heads: int, tosses: int) -> float:
    """The sum of whole numbers that fair_tail stands for."""
    return float(Fraction(sum(comb(tosses, k) for k in range(heads + 1)), 2**tosses))


@given(tosses=st.integers(1, 1500), share=st.floats(0, 1))
def test_the_tail_of_a_fair_coin_is_the_exact_sum(tosses: int, share: float) -> None:
    heads = int(share * (tosses // 2))
    assert fair_tail(heads, tosses) == pytest.approx(exact_tail(heads, tosses), rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(("heads", "tosses"), [(16, 1000), (499, 1000), (2400, 5000), (2500, 5000), (3900, 8000)])
def test_many_tosses_too(heads: int, tosses: int) -> None:
    assert fair_tail(heads, tosses) == pytest.approx(exact_tail(heads, tosses), rel=1e-12)


@pytest.mark.parametrize("tosses", [100_001, 1_000_001])
def test_half_of_very_many_tosses_is_a_half(tosses: int) -> None:
    """Of an odd number exactly, by symmetry."""
    assert fair_tail(tosses // 2, tosses) == pytest.approx(0.5, rel=1e-12)
