"""How composed statements are worded, and how a vignette reads."""

import pytest

from surveys.vignettes.models import Option, Vignette
from surveys.vignettes.queries import composed_text, grouped_by_category, reading_of, sentence_start

STEM = "would be my main choice(s) for this patient."


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["TMS"], f"TMS {STEM}"),
        (["An SGA", "TMS"], f"An SGA or TMS {STEM}"),
        (["An SGA", "TMS", "ECT"], f"An SGA, TMS or ECT {STEM}"),
        (["A", "B", "C", "D"], f"A, B, C or D {STEM}"),
        (["ketamine or esketamine", "TMS"], f"Ketamine or esketamine or TMS {STEM}"),
        ([], ""),
    ],
)
def test_options_are_joined_before_the_stem(names: list[str], text: str) -> None:
    assert composed_text(names, STEM) == text


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("lithium", "Lithium"),
        ("dextromethorphan-bupropion", "Dextromethorphan-bupropion"),
        ("TMS", "TMS"),
        ("rTMS", "rTMS"),
        ("mTOR inhibitor", "mTOR inhibitor"),
        ("éthanol", "Éthanol"),
        ("", ""),
        ("5-HT antagonist", "5-HT antagonist"),
    ],
)
def test_a_sentence_begins_with_a_capital_unless_its_first_word_has_capitals_of_its_own(text: str, start: str) -> None:
    assert sentence_start(text) == start


def test_blanks_around_the_stem_do_not_count() -> None:
    assert composed_text(["A"], "  is right. ") == "A is right."
    assert composed_text(["A"], "") == "A"


def test_the_changed_aspect_is_cut_at_its_first_comma() -> None:
    variation = Vignette(title="Aged 70", aspect="70 years old, not 30, and retired", text="New")
    reading = reading_of(variation, "Old")
    assert (reading.changed, reading.unlike, reading.base_text) == ("70 years old", ", not 30, and retired", "Old")


def test_an_aspect_without_a_comma_is_all_bold_and_the_base_case_changes_nothing() -> None:
    assert reading_of(Vignette(aspect="aged 70"), "Old").unlike == ""
    base = reading_of(Vignette(is_base=True, text="Old"), "Old")
    assert (base.changed, base.unlike, base.base_text) == ("", "", "")


def test_options_are_grouped_by_category_in_the_order_of_their_first_option() -> None:
    options = [
        Option(name="b", category="Switch"),
        Option(name="a", category="Add"),
        Option(name="c", category="Switch"),
    ]
    grouped = grouped_by_category(options)
    assert [(g.category, [o.name for o in g.options]) for g in grouped] == [("Switch", ["b", "c"]), ("Add", ["a"])]
