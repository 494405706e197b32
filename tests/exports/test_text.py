import pytest

from surveys.exports.text import plain, unformulated


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(sign: str) -> None:
    assert unformulated(f"{sign}SUM(1)") == f"'{sign}SUM(1)"


@pytest.mark.parametrize("text", [" =1+1", "\u00a0=1+1", "\u2003@x"])
def test_spaces_before_the_sign_do_not_hide_it(text: str) -> None:
    assert unformulated(text) == f"'{text}"


def test_a_control_character_before_the_sign_does_not_hide_it() -> None:
    assert unformulated("\x00\x1f=1+1") == "'=1+1"


@pytest.mark.parametrize("text", ["", "FDA-approved SGA", "7 = 7", "a=1", "'=1", "βeta", "(+)"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert unformulated(text) == text


def test_control_characters_go_and_line_ends_stay() -> None:
    assert plain("a\x00b\x0b\x1f\x7f\x85c\ud800\uffff\td\r\ne") == "abc\td\r\ne"
