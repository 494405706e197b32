from fractions import Fraction

import pytest
from django.template import engines
from django.template.loader import render_to_string

from surveys.pages.radios import OwnMark, abstain_radio, clear_button, nine_scale
from surveys.pages.scale import (
    Conflict,
    GroupOnPage,
    Piece,
    StatementOnPage,
    conflict_note,
    pieces,
    reason_question,
)

PAYLOAD = '"><script>alert(1)</script>'
MIDDLE = (Fraction(7), Fraction(8))
GROUP = GroupOnPage("round 2", 10, (0, 0, 0, 1, 0, 1, 3, 3, 2), Fraction(73, 10), Fraction(15, 2), MIDDLE)


def cell(point: int, words: str, more: str = "") -> str:
    return (
        f'<label><input type="radio" name="s3" value="{point}" aria-label="{words}"{more}>'
        f'<span aria-hidden="true">{point}</span></label>'
    )


ANCHORS = (
    '<div class="anchors" aria-hidden="true"><div><b>1</b> complete disagreement</div><div><b>5</b> neutral</div>'
    "<div><b>9</b> complete agreement</div></div>"
)


def test_the_scale_is_nine_radios_of_one_name_and_the_anchors():
    assert nine_scale("s3", "8") == (
        '<div class="nine">'
        + cell(1, "1, complete disagreement")
        + cell(2, "2")
        + cell(3, "3")
        + cell(4, "4")
        + cell(5, "5, neutral")
        + cell(6, "6")
        + cell(7, "7")
        + cell(8, "8", " checked")
        + cell(9, "9, complete agreement")
        + "</div>"
        + ANCHORS
    )


def test_nothing_is_preselected():
    assert " checked" not in nine_scale("s3", "") + abstain_radio("s3", "")


def test_the_own_earlier_rating_is_marked_under_its_button_and_said():
    html = nine_scale("s3", "", own_marks=[OwnMark(9, "round 2")])
    assert cell(9, "9, complete agreement, your rating in round 2") in html
    assert (
        '</div><svg class="dist" aria-hidden="true" width="100%" height="30"><svg x="94.444%" y="3" overflow="visible">'
        '<path class="you" d="M0 0 L7 9 L-7 9Z"/></svg><text x="94.444%" y="26" text-anchor="end">'
        "You, round 2</text></svg>"
    ) in html


@pytest.mark.parametrize(("rating", "anchor"), [(1, "start"), (2, "start"), (3, "middle"), (7, "middle"), (8, "end")])
def test_the_mark_runs_inward_at_the_edges(rating, anchor):
    assert f'text-anchor="{anchor}">You, round 2<' in nine_scale("s3", "", own_marks=[OwnMark(rating, "round 2")])


def test_a_merged_statement_shows_a_mark_for_each_parent():
    html = nine_scale("s3", "", own_marks=[OwnMark(4, "round 2, part A"), OwnMark(4, "round 2, part B")])
    assert html.count('class="you"') == 2
    assert "4, your rating in round 2, part A, your rating in round 2, part B" in html


def test_abstaining_is_the_tenth_radio_of_the_same_name():
    assert abstain_radio("s3", "abstain") == (
        '<label class="alone"><input type="radio" name="s3" value="abstain" '
        'aria-label="I cannot rate this statement" checked><i></i>I cannot rate this</label>'
    )


def test_clear_is_a_submit_button_that_names_the_statement():
    assert clear_button("s3") == (
        '<button class="btn btn-quiet" name="clear" value="s3" aria-label="Clear my rating">Clear</button>'
    )


def test_a_closed_scale_cannot_be_chosen_from():
    assert nine_scale("s3", "", disabled=True).count(" disabled") == 9
    assert " disabled" in abstain_radio("s3", "", disabled=True)


def test_names_of_options_stand_out_and_a_longer_one_goes_first():
    assert pieces("TMS or deep TMS here.", ["TMS", "deep TMS", ""]) == (
        Piece("TMS", is_option=True),
        Piece(" or "),
        Piece("deep TMS", is_option=True),
        Piece(" here."),
    )


def test_a_name_in_small_letters_stands_out_at_the_start_of_a_sentence_too():
    assert pieces("Lithium or TMS or lithium.", ["lithium", "TMS"]) == (
        Piece("Lithium", is_option=True),
        Piece(" or "),
        Piece("TMS", is_option=True),
        Piece(" or "),
        Piece("lithium", is_option=True),
        Piece("."),
    )


def test_a_move_to_another_band_or_out_of_the_middle_half_raises_a_question():
    assert reason_question(3, own=7, middle_half=None) == "You moved from 7 to 3. Why?"
    assert reason_question(9, own=7, middle_half=MIDDLE) == "You moved from 7 to 9. Why?"
    assert reason_question(9, own=9, middle_half=MIDDLE) == (
        "You rated 9; the middle half of the group rated 7 to 8. Why?"
    )
    assert reason_question(8, own=7, middle_half=MIDDLE) == ""
    assert reason_question(8, own=None, middle_half=None) == ""


def test_the_groups_line_says_what_may_be_shown():
    assert GROUP.words == "10 ratings, mean 7.30, median 7.5"
    assert GroupOnPage("round 2", 5000, mean=Fraction(7)).words == "5,000 ratings, mean 7.00"
    assert GroupOnPage("round 2", 6, median=Fraction(7), top_share=80).words == (
        "6 ratings, median 7, about 80% rated 7 to 9"
    )
    assert GroupOnPage("round 2", fewer_than=5).words == "fewer than 5 answers, so no result is shown."


def statement(**more: object) -> StatementOnPage:
    return StatementOnPage(name="s3", wording=pieces("TMS would be my main choice.", ["TMS"]), **more)


def test_a_statement_shows_everything_in_its_place():
    html = render_to_string(
        "panelist/_statement.html",
        {
            "item": statement(
                value="3",
                seen="7",
                reason="Tolerability",
                group=GROUP,
                own_marks=(OwnMark(7, "round 2"),),
                earlier_reasons=("Access.", "Evidence."),
                earlier_label="round 2",
            )
        },
    )
    assert '<legend class="statement"><b class="option">TMS</b> would be my main choice.</legend>' in html
    assert '<input type="hidden" name="seen-s3" value="7">' in html
    assert '<input type="hidden" name="seen-reason-s3" value="">' in html
    assert 'data-statement="s3" data-own="7" data-q1="7" data-q3="8"' in html
    assert '<span class="visually-hidden">. You rated 7.</span>' in html
    assert '<details data-reason="s3" open>' in html
    assert "You moved from 7 to 3. Why? (optional)</span>" in html
    assert ">\nTolerability</textarea>" in html
    assert "2 reasons given in round 2</summary><ul><li>Access.</li><li>Evidence.</li></ul>" in html


def test_a_first_round_compares_with_nothing():
    html = render_to_string("panelist/_statement.html", {"item": statement()})
    assert "The group" not in html
    assert 'class="dist"' not in html
    assert "<fieldset>" in html
    assert '<details data-reason="s3">' in html


def test_an_error_stands_above_the_control_and_is_tied_to_it():
    html = render_to_string("panelist/_statement.html", {"item": statement(errors=("Rate this statement.",))})
    assert '<p class="msg"><span class="visually-hidden">Error: </span>Rate this statement.</p>' in html
    assert '<fieldset aria-describedby="error-s3">' in html
    assert "field-err" in html


def test_a_conflict_offers_both_values():
    html = conflict_note("s3", Conflict("6", "8"))
    assert "There you rated 6; here you see 8." in html
    assert 'name="use" value="s3=6">Use 6</button>' in html
    assert 'name="use" value="s3=8" data-keep>Use 8</button>' in html
    assert "There: “I cannot rate this”. Here: “no rating”." in conflict_note("s3", Conflict("abstain", ""))
    assert "<q>Mine &lt;b&gt;</q>" in conflict_note("reason-s3", Conflict("Mine <b>", "x"))


def test_no_text_of_a_person_becomes_markup():
    item = StatementOnPage(
        name="s3",
        wording=pieces(f"{PAYLOAD} or TMS{PAYLOAD}", [f"TMS{PAYLOAD}"]),
        reason=f"</textarea>{PAYLOAD}",
        seen_reason=PAYLOAD,
        group=GroupOnPage(PAYLOAD, 10, GROUP.counts, median=Fraction(7)),
        own_marks=(OwnMark(7, PAYLOAD),),
        earlier_reasons=(PAYLOAD,),
        earlier_label=PAYLOAD,
        errors=(PAYLOAD,),
        reason_errors=(PAYLOAD,),
        conflict=Conflict(PAYLOAD, PAYLOAD),
        reason_conflict=Conflict(PAYLOAD, PAYLOAD),
    )
    html = render_to_string("panelist/_statement.html", {"item": item})
    assert html.count("&lt;script&gt;") > 15
    assert "<script" not in html
    assert "</textarea>&quot;" not in html


def test_words_of_a_text_are_escaped_around_their_marks():
    template = engines["django"].from_string("{% load delphi %}{% word_marks base text %}")
    assert template.render({"base": "A woman of 30.", "text": "A woman of <70>.\n\nTwo"}) == (
        "<p>A woman of <mark>&lt;70&gt;</mark>.</p>\n<p><mark>Two</mark></p>"
    )
    assert template.render({"base": "", "text": "All new."}) == "<p>All new.</p>"


def test_the_tags_draw_what_the_modules_draw():
    template = engines["django"].from_string(
        '{% load delphi %}{% nine_scale "s3" "8" own_earlier=7 earlier_label="round 2" %}{% abstain_radio "s3" "8" %}'
        '{% clear_button "s3" %}|{% distribution withheld %}|{{ mean|two_places }}|'
        "{{ median|plain_number }}|{{ none|two_places }}"
    )
    assert template.render({"mean": Fraction(76, 9), "median": 7.5, "withheld": None, "none": None}) == (
        nine_scale("s3", "8", own_marks=[OwnMark(7, "round 2")])
        + abstain_radio("s3", "8")
        + clear_button("s3")
        + "||8.44|7.5|"
    )
