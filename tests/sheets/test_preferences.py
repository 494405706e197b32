import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.sheets.preferences import (
    LEVELS,
    TEXTS,
    Field,
    answers_to,
    chosen,
    field_named,
    fields_of,
    is_value,
)

fields = st.builds(
    Field, st.integers(1, 99), st.sampled_from(["ranking", "top", "against", "keep", "abstain", *TEXTS])
) | st.builds(Field, st.integers(1, 99), st.just("likelihood"), st.integers(1, 99))


@given(fields)
def test_every_field_is_found_by_its_name(field: Field) -> None:
    assert field_named(field.name) == field


@pytest.mark.parametrize(
    "name",
    [
        "",
        "s1",
        "v0-top",
        "v1",
        "v1-likelihood",
        "v1-top-3",
        "v1-likelihood-0",
        "v01-top",
        "v1-other",
        "v1-top ",
        "v٣-top",
    ],
)
def test_no_other_name_is_a_field(name: str) -> None:
    assert field_named(name) is None


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("v1-likelihood-2", LEVELS, ("yes", "4", "likely not")),
        ("v1-ranking", ("1", "3,1,2"), ("1,1", "1٣", "0", "1,", "a", "1, 2", "none")),
        ("v1-top", ("2,5",), ("2,2", "-1")),
        ("v1-against", ("none", "2,5"), ("none,2",)),
        ("v1-keep", ("keep", "revise"), ("on",)),
        ("v1-abstain", ("yes",), ("no",)),
        ("v1-reasons", ("x" * 4000,), ("x" * 4001,)),
    ],
)
def test_a_field_holds_what_it_is_for_and_nothing_else(name: str, good: tuple[str, ...], bad: tuple[str, ...]) -> None:
    field = field_named(name)
    assert field is not None
    assert [value for value in ("", *good) if not is_value(field, value)] == []
    assert [value for value in bad if is_value(field, value)] == []


BASE = {"v1-likelihood-1": "definitely", "v1-likelihood-2": "will_not", "v1-top": "1", "v1-reasons": "of the base"}


def test_a_variation_that_keeps_the_base_cases_answers_takes_them_over_but_no_texts() -> None:
    kept = answers_to({**BASE, "v2-keep": "keep", "v2-top": "2", "v2-reasons": "its own"}, 2, base=1)
    assert (kept.kept, kept.likelihood, kept.top) == (True, {1: "definitely", 2: "will_not"}, (1,))
    assert kept.texts == {"reasons": "its own"}


def test_a_variation_that_revises_them_says_only_what_differs() -> None:
    revised = answers_to({**BASE, "v2-keep": "revise", "v2-likelihood-2": "likely"}, 2, base=1)
    assert (revised.kept, revised.likelihood, revised.top) == (False, {1: "definitely", 2: "likely"}, (1,))


def test_a_variation_that_says_neither_stands_alone() -> None:
    assert not answers_to(BASE, 2, base=1).is_given
    assert fields_of({**BASE, "v2-keep": "keep"}, 2) == {"keep": "keep"}


def test_ruling_out_none_is_an_answer_and_saying_nothing_is_not() -> None:
    assert answers_to({"v1-against": "none"}, 1).against == ()
    assert answers_to({"v1-against": "3"}, 1).against == (3,)
    assert answers_to({}, 1).against is None
    assert (answers_to({"v1-against": "none"}, 1).is_given, answers_to({"v1-reasons": "x"}, 1).is_given) == (
        True,
        False,
    )


def test_vignette_1_is_not_vignette_10() -> None:
    assert answers_to({"v10-top": "2"}, 1).top == ()
    assert chosen("10,1") == (10, 1)
