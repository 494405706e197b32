from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.pages.distribution import MEASURES, Bar, Label, draw, middle_of, share_words

ROUND_TWO = (0, 0, 0, 0, 1, 0, 2, 4, 3)


def test_a_panelists_picture_stands_exactly_over_the_nine_buttons():
    drawing = draw((0, 0, 0, 1, 0, 1, 3, 3, 2), variant="panelist", median=Fraction(15, 2))
    assert drawing.height == 80
    assert drawing.axis == "68"
    assert drawing.bars[:3] == (
        Bar("bar", "34.889%", "53", "8.000%", "14"),
        Bar("bar", "57.111%", "53", "8.000%", "14"),
        Bar("bar", "68.222%", "53", "8.000%", "14"),
    )
    assert [bar.y for bar in drawing.bars[2:5]] == ["53", "37", "21"]
    assert drawing.labels == (
        Label("38.889%", "47", "1"),
        Label("61.111%", "47", "1"),
        Label("72.222%", "15", "3"),
        Label("83.333%", "15", "3"),
        Label("94.444%", "31", "2"),
    )
    assert drawing.median == "77.778%"
    assert drawing.rule is None
    assert drawing.digits == ()


def test_a_facilitators_picture_has_sides_a_rule_and_digits():
    drawing = draw((1, 0, 0, 0, 1, 2, 0, 0, 0), variant="detail", median=Fraction(5))
    assert [bar.kind for bar in drawing.bars] == ["disagree", "neutral", "agree", "agree"]
    assert {bar.height for bar in drawing.bars} == {"28"}
    assert drawing.rule == "55.556%"
    assert [label.words for label in drawing.digits] == list("123456789")


def test_a_panelist_never_sees_a_judgment_in_the_colours():
    for counts in (ROUND_TWO, tuple(count * 100 for count in ROUND_TWO)):
        assert {bar.kind for bar in draw(counts, variant="panelist").bars} == {"bar"}


def test_the_rule_line_stands_where_the_rule_says():
    assert draw(ROUND_TWO, variant="rounds", rule_above=6).rule == "66.667%"
    assert draw(ROUND_TWO, variant="rounds", rule_above=None).rule is None


def test_the_rounds_share_one_axis_because_only_the_last_shows_digits():
    first, last = draw(ROUND_TWO, variant="rounds"), draw(ROUND_TWO, variant="rounds", digits=True)
    assert (first.height, last.height) == (64, 84)
    assert first.bars == last.bars


def test_twenty_ratings_are_blocks_and_twenty_one_are_solid_bars():
    assert len(draw((20, 0, 0, 0, 0, 0, 0, 0, 0), variant="panelist").bars) == 20
    drawing = draw((0, 0, 0, 0, 0, 0, 0, 7, 14), variant="panelist")
    assert drawing.bars == (
        Bar("bar", "79.333%", "55.00", "8.000%", "35.00"),
        Bar("bar", "90.444%", "20.00", "8.000%", "70.00"),
    )
    assert drawing.labels == (Label("83.333%", "50.00", "33%"), Label("94.444%", "15.00", "67%"))


def test_blocks_shrink_where_many_stand_in_one_column():
    assert {bar.height for bar in draw((0, 0, 0, 0, 0, 0, 0, 0, 20), variant="panelist").bars} == {"6"}


def test_a_small_picture_is_nine_bars_without_a_word():
    drawing = draw((0, 0, 0, 0, 0, 0, 0, 6, 4), variant="small")
    assert drawing.bars == (
        Bar("agree", "78.889%", "1.00", "8.889%", "24.00"),
        Bar("agree", "90.000%", "9.00", "8.889%", "16.00"),
    )
    assert (drawing.height, drawing.labels, drawing.digits) == (26, (), ())


def test_no_ratings_leave_only_the_axis():
    drawing = draw((0,) * 9, variant="facilitator")
    assert (drawing.bars, drawing.labels, drawing.median) == ((), (), None)


@pytest.mark.parametrize("counts", [(1,) * 8, (1,) * 10, (0, 0, 0, 0, -1, 0, 0, 0, 0)])
def test_counts_that_are_not_nine_are_refused(counts):
    with pytest.raises(ValueError, match="nine counts"):
        draw(counts, variant="panelist")


def test_an_unknown_variant_and_a_median_off_the_scale_are_refused():
    with pytest.raises(ValueError, match="no such variant"):
        draw(ROUND_TWO, variant="pie")
    with pytest.raises(ValueError, match="between 1 and 9"):
        draw(ROUND_TWO, variant="panelist", median=Fraction(0))


def test_shares_round_half_up_and_never_to_nothing():
    assert [share_words(1, 8), share_words(1, 1000), share_words(0, 8), share_words(8, 8)] == [
        "13%",
        "<1%",
        "0%",
        "100%",
    ]


@given(st.lists(st.integers(0, 30), min_size=9, max_size=9), st.sampled_from(sorted(MEASURES)))
def test_every_bar_stands_between_the_top_and_the_axis_in_its_own_column(counts, variant):
    drawing = draw(counts, variant=variant)
    for bar in drawing.bars:
        assert float(bar.y) >= 0
        assert float(bar.y) + float(bar.height) <= float(drawing.axis) + 0.01
        column = int(float(bar.x.rstrip("%")) * 9 / 100)
        assert counts[column] > 0
        assert float(bar.x.rstrip("%")) + float(bar.width.rstrip("%")) <= (column + 1) * 100 / 9 + 0.001
    assert float(drawing.axis) <= drawing.height


def test_a_point_stands_in_the_middle_of_its_ninth():
    assert [middle_of(1), middle_of(5), middle_of(9)] == ["5.556%", "50.000%", "94.444%"]
