from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from surveys.pages.differences import Revision, Segment, adds_words, marked_paragraphs, overlay, paragraphs, revisions

WORDS = st.lists(
    st.sampled_from(["a", "woman", "of", "30", "70", "is", ",", ".", "ill-fated", "\n\n", "\n", "é"]), max_size=25
)
TEXTS = WORDS.map(" ".join)


def joined(text: list[list[Segment]]) -> list[str]:
    return ["".join(segment.text for segment in segments) for segments in text]


def test_the_changed_word_is_marked_and_nothing_else():
    assert marked_paragraphs("A woman of 30, ill.", "A woman of 70, ill.") == [
        [Segment("A woman of ", False), Segment("70", True), Segment(", ill.", False)]
    ]


def test_changed_words_in_a_row_share_one_mark():
    assert marked_paragraphs("She is well.", "She has a history of seizures.") == [
        [Segment("She ", False), Segment("has a history of seizures", True), Segment(".", False)]
    ]


def test_a_comma_between_changed_words_belongs_to_the_change():
    marked = marked_paragraphs("It is red, mild and calm.", "It is blue, harsh and calm.")
    assert marked == [[Segment("It is ", False), Segment("blue, harsh", True), Segment(" and calm.", False)]]


def test_a_word_with_a_sign_inside_is_one_word():
    marked = marked_paragraphs("BMI 24.5 kg", "BMI 41.5 kg")
    assert marked == [[Segment("BMI ", False), Segment("41.5", True), Segment(" kg", False)]]


def test_an_added_paragraph_is_marked_whole():
    assert marked_paragraphs("One.", "One.\n\nTwo more.")[1] == [Segment("Two more.", True)]


def test_blank_lines_part_paragraphs_in_every_line_ending():
    assert paragraphs("One\r\n\r\nTwo\n \nThree\nstill") == ["One", "Two", "Three\nstill"]


def test_no_text_has_no_paragraphs():
    assert marked_paragraphs("One.", "") == []


@given(TEXTS, TEXTS)
def test_the_segments_join_back_to_the_text(base, text):
    assert joined(marked_paragraphs(base, text)) == paragraphs(text)


@given(TEXTS)
def test_equal_texts_mark_nothing(text):
    assert not [segment for segments in marked_paragraphs(text, text) for segment in segments if segment.marked]


@given(TEXTS, TEXTS)
def test_neighbours_always_differ(base, text):
    for segments in marked_paragraphs(base, text):
        assert all(one.marked != other.marked for one, other in pairwise(segments))


def test_texts_that_repeat_two_words_for_pages_are_compared_from_both_ends():
    words = "a b " * 1900
    assert marked_paragraphs(f"{words}yes {words}", f"{words}no {words}") == [
        [Segment(words, False), Segment("no", True), Segment(f" {words}", False)]
    ]


def test_the_longest_texts_that_say_next_to_nothing_take_no_time():
    marked = marked_paragraphs("a b " * 2000, "b a a " * 1333)
    assert joined(marked) == ["b a a " * 1333]


# ---- old and new wording in one ----


def kinds(before: str, after: str) -> list[tuple[str, str]]:
    return [(part.text, part.kind) for part in revisions(before, after)]


def test_what_went_stands_before_what_came_in_its_place() -> None:
    assert kinds("TMS is my main choice.", "TMS is my first choice.") == [
        ("TMS is my", "same"),
        (" main", "removed"),
        (" first", "added"),
        (" choice.", "same"),
    ]


def test_the_same_wording_has_no_revision_but_itself() -> None:
    assert revisions("Just so.", "Just so.") == [Revision("Just so.", "same")]
    assert (adds_words("a b c", "a c"), adds_words("a c", "a b c")) == (False, True)


@given(st.text("ab ,.", max_size=60), st.text("ab ,.", max_size=60))
def test_both_wordings_can_be_read_from_their_revisions(before: str, after: str) -> None:
    parts = revisions(before, after)
    new = "".join(part.text for part in parts if part.kind != "removed")
    old = "".join(part.text for part in parts if part.kind != "added")
    assert new == after.rstrip()
    assert "".join(old.split()) == "".join(before.split())


def test_long_texts_that_repeat_their_words_are_compared_at_their_ends_alone() -> None:
    before, after = "x a " + "so it " * 2000 + "end", "x b " + "so it " * 2000 + "end"
    assert kinds(before, after)[:3] == [("x", "same"), (" a", "removed"), (" b", "added")]


@given(st.text(max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_two_layers_keep_the_text_and_their_flags(text: str, one: int, other: int) -> None:
    layers = [[(text[:cut], False), (text[cut:], True)] for cut in (one, other)]
    found = overlay(*layers)
    assert "".join(part for part, _first, _second in found) == text
    for place, layer in enumerate(layers, start=1):
        assert "".join(part[0] for part in found if part[place]) == layer[1][0]
