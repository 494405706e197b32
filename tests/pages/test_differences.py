from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from surveys.pages.differences import Segment, marked_paragraphs, paragraphs

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
