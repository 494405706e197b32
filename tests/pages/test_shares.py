from fractions import Fraction

import pytest

from surveys.pages.shares import percent_words


@pytest.mark.parametrize(
    ("share", "n", "words"),
    [
        (Fraction(4, 5), 5, "about 80%"),
        (Fraction(4, 5), 7, "80%"),
        (Fraction(4, 5), None, "80%"),
        (Fraction(1), 5, "100%"),
        (Fraction(0), 6, "0%"),
        (Fraction(1, 8), 8, "13%"),
        (Fraction(1, 3), 9, "33%"),
        (None, 6, ""),
    ],
)
def test_a_share_that_is_rounded_to_tenths_says_so(share: Fraction | None, n: int | None, words: str) -> None:
    assert percent_words(share, n) == words
