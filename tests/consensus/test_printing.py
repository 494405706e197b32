"""Numbers in sentences: exact, and never on the wrong side of a threshold."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.consensus.exact import decimal_places, parse_number, plain_number
from surveys.consensus.printing import decimals, percent, percents, root_decimals
from surveys.consensus.words import number

values = st.fractions(0, 9, max_denominator=500)
shares = st.fractions(0, 1, max_denominator=500)


def side(value: Fraction, threshold: Fraction) -> int:
    return (value > threshold) - (value < threshold)


@pytest.mark.parametrize(
    ("observed", "threshold", "text"),
    [
        (Fraction(7), 7, "7.00"),
        (Fraction(7001, 1000), 7, "7.001"),
        (Fraction(6996, 1000), 7, "6.996"),
        (Fraction(699, 100), 7, "6.99"),
        (Fraction(76, 9), 7, "8.44"),
        (Fraction(1, 8), 7, "0.13"),
        (Fraction(20, 3), Fraction(20, 3), "6.67"),
    ],
)
def test_a_value_has_two_decimals_or_as_many_as_tell_it_apart(
    observed: Fraction, threshold: Fraction | int, text: str
) -> None:
    assert decimals(observed, Fraction(threshold)) == text


@given(values, st.integers(0, 90).map(lambda tenths: Fraction(tenths, 10)))
def test_no_value_reads_as_if_it_lay_beyond_its_threshold(observed: Fraction, threshold: Fraction) -> None:
    printed = Fraction(decimals(observed, threshold))
    assert side(printed, threshold) == side(observed, threshold)
    assert abs(printed - observed) <= Fraction(1, 200)


@pytest.mark.parametrize(
    ("square", "threshold", "text"),
    [
        (Fraction(2), Fraction(3, 2), "1.41"),
        (Fraction(9, 4), Fraction(3, 2), "1.50"),
        (Fraction(22501, 10000), Fraction(3, 2), "1.50003"),
        (Fraction(22499, 10000), Fraction(3, 2), "1.49997"),
        (Fraction(0), Fraction(1), "0.00"),
    ],
)
def test_a_root_is_printed_from_its_exact_square(square: Fraction, threshold: Fraction, text: str) -> None:
    assert root_decimals(square, threshold) == text


@given(st.fractions(0, 80, max_denominator=200), st.integers(0, 90).map(lambda tenths: Fraction(tenths, 10)))
def test_no_root_reads_as_if_it_lay_beyond_its_threshold(square: Fraction, threshold: Fraction) -> None:
    printed = Fraction(root_decimals(square, threshold))
    assert side(printed, threshold) == side(square, threshold**2)
    assert math.isclose(printed, math.sqrt(square), abs_tol=0.0051)


@pytest.mark.parametrize(
    ("share", "threshold", "texts"),
    [
        (Fraction(7, 10), Fraction(7, 10), ("70%", "70%")),
        (Fraction(6, 7), Fraction(7, 10), ("85.7%", "70%")),
        (Fraction(1, 3), Fraction(1, 3), ("33.3%", "33.3%")),
        (Fraction(667, 1000), Fraction(2, 3), ("66.70%", "66.67%")),
        (Fraction(1, 2), Fraction("0.6667"), ("50%", "66.67%")),
        (Fraction(6999, 10000), Fraction(7, 10), ("69.99%", "70%")),
        (Fraction(69999, 100000), Fraction(7, 10), ("69.999%", "70%")),
        (Fraction(3, 20), Fraction(15, 100), ("15%", "15%")),
        (Fraction(2, 14), Fraction(15, 100), ("14.3%", "15%")),
        (Fraction(2), Fraction(1), ("200%", "100%")),
    ],
)
def test_a_share_and_its_threshold_are_printed_apart(
    share: Fraction, threshold: Fraction, texts: tuple[str, str]
) -> None:
    assert percents(share, threshold) == texts


@given(shares, shares)
def test_of_two_shares_the_greater_reads_greater(share: Fraction, threshold: Fraction) -> None:
    printed, limit = (Fraction(text.removesuffix("%")) for text in percents(share, threshold))
    assert side(printed, limit) == side(share, threshold)
    if share != threshold:
        assert side(printed, threshold * 100) == side(share, threshold)
    assert abs(printed - share * 100) <= Fraction(1, 20)
    assert abs(limit - threshold * 100) <= Fraction(1, 20)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(3, 4), "75%"),
        (Fraction(2, 3), "2/3"),
        (Fraction(5, 12), "5/12"),
        (Fraction(667, 1000), "66.7%"),
        (Fraction(6667, 10000), "66.67%"),
        (Fraction(137, 213), "64.3%"),
        (Fraction(1, 1), "100%"),
        (Fraction(0), "0%"),
    ],
)
def test_thresholds_that_differ_are_printed_differently(value: Fraction, text: str) -> None:
    assert number("share", value) == text


def test_a_percentage_has_all_decimals_that_end() -> None:
    assert [percent(Fraction(n, 8)) for n in (1, 4, 7)] == ["12.5%", "50%", "87.5%"]
    assert percent(Fraction(1, 16)) == "6.25%"


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (Fraction(7), 0, "7"),
        (Fraction(15, 2), 1, "7.5"),
        (Fraction(20, 3), None, "20/3"),
        (Fraction(1, 512), 9, "0.001953125"),
        (Fraction(1, 1024), 10, "1/1024"),
    ],
)
def test_plain_text_of_an_exact_value(value: Fraction, places: int | None, text: str) -> None:
    assert (decimal_places(value), plain_number(value)) == (places, text)


@given(st.fractions(0, 1, max_denominator=99999))
def test_whatever_is_stored_as_text_is_read_back(value: Fraction) -> None:
    assert parse_number(plain_number(value)) == value
