from decimal import Decimal
from fractions import Fraction
from xml.etree import ElementTree

import pytest
from django.utils import translation

from surveys.pages.drawing import GLYPHS, distribution, glyph, plain, sentence, two_places

ROUND_TWO = (0, 0, 0, 0, 1, 0, 2, 4, 3)


def test_the_picture_says_itself_in_one_sentence():
    words = sentence(ROUND_TWO, label="Round 2", median=8, mean=Fraction(78, 10))
    assert words == "Round 2: 1 rated 5, 2 rated 7, 4 rated 8, 3 rated 9. Median 8, mean 7.80."


def test_more_than_twenty_ratings_are_said_in_percent():
    assert sentence((0, 0, 0, 0, 0, 0, 0, 7, 14), median=9) == "33% rated 8, 67% rated 9. Median 9."


def test_no_ratings_are_said_too():
    assert sentence((0,) * 9, label="Round 2") == "Round 2: no ratings"


def test_a_panelists_picture_is_drawn_to_the_letter():
    svg = distribution((0, 0, 0, 0, 0, 0, 0, 0, 1), variant="panelist", label="Ratings in round 2", median=9, mean=9)
    assert svg == (
        '<svg class="dist" role="img" aria-label="Ratings in round 2: 1 rated 9. Median 9, mean 9.00." width="100%" '
        'height="48"><rect class="bar" x="90.444%" y="21" width="8.000%" height="14"/>'
        '<text x="94.444%" y="15" text-anchor="middle">1</text>'
        '<line class="axis" x1="0" x2="100%" y1="36" y2="36"/>'
        '<svg x="94.444%" y="43" overflow="visible"><path class="med" d="M0 -5 L5 0 L0 5 L-5 0Z"/></svg></svg>'
    )


def test_the_rule_is_named_beside_its_line():
    svg = distribution(ROUND_TWO, variant="detail")
    assert '<line class="rule" x1="55.556%" x2="55.556%" y1="0" y2="150"/>' in svg
    assert '<text class="soft" x="6" y="11">above 5</text>' in svg
    assert "above" not in distribution(ROUND_TWO, variant="detail", rule_line=False)


@pytest.mark.parametrize("variant", ["panelist", "facilitator", "detail", "rounds", "small"])
@pytest.mark.parametrize("counts", [ROUND_TWO, (0,) * 9, (100,) * 9])
def test_every_picture_is_well_formed_and_without_a_style(variant, counts):
    svg = distribution(counts, variant=variant, label='<b>Round</b> & "2"', median="7.5", mean=Decimal("7.8"))
    root = ElementTree.fromstring(svg)  # noqa: S314
    assert root.get("aria-label").startswith('<b>Round</b> & "2": ')
    assert not [element for element in root.iter() if "style" in element.attrib]


def test_geometry_stays_in_points_where_people_write_commas():
    with translation.override("de"):
        assert 'x="34.889%"' in distribution((0, 0, 0, 1, 0, 0, 0, 0, 0), variant="panelist")


def test_figures_round_half_up_from_the_exact_value():
    assert [two_places(Fraction(76, 9)), two_places(1.005), two_places("8.445"), two_places(8)] == [
        "8.44",
        "1.01",
        "8.45",
        "8.00",
    ]
    assert [plain(8), plain(7.5), plain(Fraction(29, 4)), plain(Fraction(25, 3))] == ["8", "7.5", "7.25", "8.33"]
    assert plain(100) == "100"


def test_a_sign_is_silent_and_an_unknown_one_is_refused():
    for name in GLYPHS:
        assert 'aria-hidden="true"' in glyph(name)
    with pytest.raises(KeyError):
        glyph("star")
