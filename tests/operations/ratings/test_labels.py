"""What counts as a rating in a cell."""

import pytest

from surveys.consensus import NINE_POINTS, Scale
from surveys.operations.ratings.labels import ABSTAINED, MISSING, point_of


@pytest.mark.parametrize(
    "text",
    [
        "9",
        "9 - complete agreement",
        "9-complete agreement",
        "9-maybe",
        "9 – complete agreement",
        "9 — acuerdo",
        "9: complete agreement",
        "9 = complete agreement",
        "9. Complete agreement",
        "9 (complete agreement)",
        "9 - complete\nagreement",
    ],
)
def test_a_label_that_starts_with_its_number_is_that_number(text: str) -> None:
    assert point_of(text, NINE_POINTS, frozenset()) == 9


@pytest.mark.parametrize(
    "text",
    [
        "1-3",
        "1 - 3",
        "1.5",
        "1.e0",
        "1. 5",
        "9 ()",
        "9 (8)",
        "9 agree",
        "09 - agree",
        "agree - 9",
        "A9",
        "9 - ",
        "10 - x",
        "7-Sep",
        "5-may",
        "1-Mar-26",
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert point_of(text, NINE_POINTS, frozenset()) is None


def test_the_scale_says_what_is_a_rating() -> None:
    assert point_of("0", Scale(0, 10), frozenset()) == 0
    assert point_of("10 - fully", Scale(0, 10), frozenset()) == 10
    assert point_of("8", Scale(1, 7), frozenset()) is None


def test_an_abstention_is_the_very_text() -> None:
    abstentions = frozenset({"99", "5 - cannot say"})
    assert point_of("99", NINE_POINTS, abstentions) == ABSTAINED
    assert point_of("5 - cannot say", NINE_POINTS, abstentions) == ABSTAINED
    assert point_of("5 - Cannot say", NINE_POINTS, abstentions) == 5
    assert point_of("", NINE_POINTS, abstentions) == MISSING
