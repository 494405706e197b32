"""Sentences as data: in English, and with every template of them through a translation."""

import pytest
from hypothesis import given

from surveys.consensus import NAMED_RULES, Phrase, Rule, Tally, count_ratings, judge, rule_in_round, rule_phrase
from surveys.consensus.phrases import joined, phrase, plural_phrase
from tests.consensus.rule_trees import groupings, ratings_lists, rules, tally


def shouted(text: str) -> str:
    """The template in capitals, but for its places: whatever stays small went past the translation."""
    pieces = text.split("%(")
    return "%(".join([pieces[0].upper(), *(_shouted_after_place(piece) for piece in pieces[1:])])


def _shouted_after_place(piece: str) -> str:
    place, _, rest = piece.partition(")")
    return f"{place}){rest[0]}{rest[1:].upper()}"


def in_capitals(said: Phrase) -> str:
    return said.said(shouted, lambda one, many, number: shouted(one if number == 1 else many))


def every_text(said: Phrase) -> list[str]:
    """The texts and numbers that a phrase holds, at any depth: these stand as they are."""
    found = []
    for value in said.values.values():
        found += every_text(value) if isinstance(value, Phrase) else [str(value)]
    return found


def test_a_phrase_is_filled_from_within() -> None:
    inner = plural_phrase("%(n)d rating", "%(n)d ratings", 2, n=2)
    outer = phrase("The %(what)s: %(name)s.", what=inner, name="100%(n)d")
    assert str(outer) == "The 2 ratings: 100%(n)d."
    assert in_capitals(outer) == "THE 2 RATINGS: 100%(n)d."


@pytest.mark.parametrize(("number", "words"), [(0, "0 ratings"), (1, "1 rating"), (2, "2 ratings")])
def test_one_is_said_otherwise(number: int, words: str) -> None:
    assert str(plural_phrase("%(n)d rating", "%(n)d ratings", number, n=number)) == words


@pytest.mark.parametrize(
    ("parts", "words"), [("a", "a"), ("ab", "a and b"), ("abc", "a, b and c"), ("abcd", "a, b, c and d")]
)
def test_phrases_are_joined_with_commas_and_one_word(parts: str, words: str) -> None:
    assert str(joined([phrase(part) for part in parts], "%(before)s and %(last)s")) == words


def test_nothing_is_not_joined() -> None:
    with pytest.raises(ValueError, match="nothing to join"):
        joined([], "%(before)s and %(last)s")


@pytest.mark.parametrize("name", NAMED_RULES)
def test_every_template_of_a_built_in_rule_can_be_translated(name: str) -> None:
    said = rule_phrase(NAMED_RULES[name])
    assert in_capitals(said) == str(said).upper()


@given(rules)
def test_every_template_of_a_rule_can_be_translated(rule: Rule) -> None:
    renamed = Rule("Name", rule.condition, rule.scale, rule.quorum, rule.out, rule.near, rule.quantile)
    said = rule_phrase(renamed)
    assert in_capitals(said) == str(said).upper()


@given(rules, ratings_lists, groupings)
def test_every_template_of_a_reason_can_be_translated(
    rule: Rule, ratings: list[int], groups: dict[str, list[int] | None]
) -> None:
    for said in judge(tally(ratings, groups=groups), rule).phrases:
        loud, small = in_capitals(said), [text for text in every_text(said) if text != text.upper()]
        # Only the names of groups are no words of ours.
        assert all(text in ", ".join(groups) or set(text.split(", ")) <= set(groups) for text in small)
        assert loud.upper() == str(said).upper()
        for text in small:
            loud = loud.replace(text, "")
        assert loud == loud.upper()


@pytest.mark.parametrize("name", NAMED_RULES)
def test_every_reason_of_a_built_in_rule_can_be_translated(name: str) -> None:
    seen = [Tally(count_ratings(ratings)) for ratings in ([], [1], [1, 1, 2, 7, 7, 7, 9], [8] * 9, [2] * 20)]
    rule = rule_in_round(NAMED_RULES[name], 1, seen)
    for one in seen:
        for said in judge(one, rule).phrases:
            assert in_capitals(said) == str(said).upper()
