"""A line of the questionnaire reads as it is stored: nothing hidden stands in it."""

import pytest

from surveys.vignettes.services.steps import plain_line, plain_text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Lithium\x00 \tplus\r\n T3", "Lithium plus T3"),
        ("Add \u202emuihtil\u202c", "Add muihtil"),
        ("\u2066Add\u2069 lithium", "Add lithium"),
        ("\u200fليثيوم\u200e", "\u200fليثيوم\u200e"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("Cafe\u0301", "Café"),
    ],
)
def test_a_line_keeps_what_its_script_needs_and_nothing_hidden(text: str, line: str) -> None:
    assert plain_line(text) == line


def test_the_ends_of_lines_stay_in_a_text() -> None:
    assert plain_text(" One\u202e\r\ntwo ") == "One\ntwo"
