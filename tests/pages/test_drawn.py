"""A statement's block is drawn once for everybody, and filled in: as the template draws it, and without a trace."""

from fractions import Fraction
from typing import Any

import pytest
from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.feedback.comments import ThemedComments
from surveys.pages import drawn
from surveys.pages.drawn import drawn_statements, drawn_words
from surveys.pages.radios import OwnMark
from surveys.pages.scale import Conflict, GroupOnPage, Rewording, StatementOnPage, pieces
from surveys.sheets.boxes import CHOICES

GROUP = GroupOnPage(
    "round 2", 10, (0, 0, 0, 1, 0, 1, 3, 3, 2), Fraction(73, 10), Fraction(15, 2), (Fraction(7), Fraction(8))
)
WITHHELD = GroupOnPage("round 2", fewer_than=5)
WORDING = pieces("TMS or <ECT> would be my main choice(s) & more.", ["TMS"])

texts = st.sampled_from(["", "Why?", '"><script>alert(1)</script>', "two\nlines & an ’s", "\ue000seen\ue001"])
marks = st.lists(st.builds(OwnMark, st.integers(1, 9), st.sampled_from(["round 1", "round 2, A"])), max_size=2)
items = st.builds(
    StatementOnPage,
    name=st.sampled_from(["s1", "s12"]),
    wording=st.just(WORDING),
    value=st.sampled_from(sorted(CHOICES)),
    seen=st.sampled_from(sorted(CHOICES)),
    reason=texts,
    seen_reason=texts,
    group=st.sampled_from([None, GROUP, WITHHELD]),
    own_marks=marks.map(tuple),
    earlier_reasons=st.sampled_from([(), ("One <b>reason</b>",)]),
    earlier_themes=st.sampled_from([(), (ThemedComments("Safety", ("One <b>reason</b>",)),)]),
    earlier_label=st.just("round 2"),
    rewording=st.sampled_from([None, Rewording("round 2", "ECT would be it.", "TMS would be it.", "They compare.")]),
)


def by_the_template(item: StatementOnPage, *, shows_comments: bool) -> str:
    return render_to_string("panelist/_statement.html", {"item": item, "shows_comments": shows_comments})


@given(item=items, shows_comments=st.booleans())
@settings(max_examples=300)
def test_a_filled_block_is_the_block_that_the_template_draws(item: StatementOnPage, shows_comments: bool) -> None:
    assert drawn_statements([item], shows_comments=shows_comments) == by_the_template(
        item, shows_comments=shows_comments
    )


def statement(**more: Any) -> StatementOnPage:
    return StatementOnPage(name="s1", wording=WORDING, group=GROUP, **more)


@pytest.mark.parametrize(
    "more",
    [
        {"errors": ("Rate this.",)},
        {"reason_errors": ("Too long.",)},
        {"conflict": Conflict("7", "8")},
        {"reason_conflict": Conflict("a", "b")},
        {"disabled": True},
    ],
)
def test_what_was_refused_or_clashes_is_drawn_anew(more: dict[str, Any]) -> None:
    item = statement(value="7", **more)
    kept = drawn._kept.cache_info().currsize
    assert drawn_statements([item], shows_comments=True) == by_the_template(item, shows_comments=True)
    assert drawn._kept.cache_info().currsize == kept


def test_nothing_that_anybody_answered_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn._kept.cache_clear()
    asked: list[StatementOnPage] = []
    rendered = drawn._rendered

    def noted(item: Any, *, shows_comments: bool) -> Any:
        asked.append(item.item)
        return rendered(item, shows_comments=shows_comments)

    monkeypatch.setattr(drawn, "_rendered", noted)
    for rating in "123456789":
        mark = OwnMark(int(rating), "round 1")
        item = statement(value=rating, seen=rating, reason=f"secret {rating}", own_marks=(mark,))
        drawn_statements([item], shows_comments=True)
    # Drawn once for all nine: how long a page takes says nothing of what others answered.
    assert asked == [statement()]


def test_the_words_of_the_script_count_up_to_the_statements_of_the_page() -> None:
    assert "3 ratings are kept in this page" in drawn_words(3, asks_options=False)
    assert "4 ratings are kept in this page" not in drawn_words(3, asks_options=False)
    assert "Your last answers are kept in this page" in drawn_words(3, asks_options=True)


def test_a_reason_cannot_hold_a_slot() -> None:
    told = ("\ue000scale\ue001 and \ue000reason\ue001",)
    html = drawn_statements([statement(value="8", reason="mine", earlier_reasons=told)], shows_comments=True)
    assert html.count('value="8"') == 1
    assert html.count("mine") == 1


def test_reasons_are_not_kept_and_their_order_draws_nothing_anew() -> None:
    drawn._kept.cache_clear()
    for told in (("a", "b"), ("b", "a"), ("c",)):
        assert f"<li>{told[0]}</li>" in drawn_statements([statement(earlier_reasons=told)], shows_comments=True)
    assert drawn._kept.cache_info().misses == 1
