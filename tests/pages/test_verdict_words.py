"""The sentences of pages and those of the consensus package say the same in English."""

from fractions import Fraction

import pytest

from surveys.consensus import (
    FULL_CONSENSUS,
    NAMED_RULES,
    AllOf,
    Clause,
    Rule,
    assess_counts,
    near_miss,
    rule_in_round,
    rule_sentence,
)
from surveys.consensus.rules import Operator
from surveys.pages.verdict_words import near_miss_words, rule_name, rule_words, verdict_words

EVERY_OPERATOR: tuple[Operator, ...] = (">", ">=", "<", "<=")
RULES = [
    FULL_CONSENSUS,
    Rule("Full consensus", FULL_CONSENSUS.condition, quorum=5),
    Rule("One clause", Clause("mean", ">", Fraction(7))),
    Rule("Nine or nothing", Clause("least", ">=", Fraction(9))),
    Rule("Nested", AllOf((AllOf((Clause("least", ">", Fraction(1)),)), Clause("mean", "<=", Fraction(15, 2))))),
    *(
        Rule(f"COS {operator}", AllOf((Clause("least", operator, Fraction(5)), Clause("mean", operator, Fraction(7)))))
        for operator in EVERY_OPERATOR
    ),
]
COUNTS = [
    (0, 0, 0, 0, 0, 0, 0, 0, 0),
    (0, 0, 0, 0, 0, 0, 0, 0, 1),
    (1, 0, 0, 0, 0, 0, 0, 0, 0),
    (0, 0, 0, 0, 1, 0, 2, 4, 3),
    (0, 0, 0, 0, 1, 1, 8, 0, 0),
    (0, 0, 0, 0, 0, 2, 7, 1, 0),
    (0, 0, 0, 0, 0, 1, 0, 6, 4),
    (0, 0, 1, 0, 1, 0, 3, 3, 2),
    (2, 0, 0, 0, 0, 0, 1, 1, 1),
    (0, 0, 0, 0, 0, 0, 0, 1, 8),
    (0, 0, 0, 0, 0, 1, 998, 2, 0),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("counts", COUNTS, ids=str)
def test_the_pages_give_the_same_reasons_as_the_consensus_package(rule: Rule, counts: tuple[int, ...]) -> None:
    verdict = assess_counts(counts, rule)
    assert verdict_words(verdict) == list(verdict.reasons)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("counts", COUNTS, ids=str)
def test_the_pages_word_a_near_miss_as_the_consensus_package(rule: Rule, counts: tuple[int, ...]) -> None:
    near = near_miss(counts, rule)
    assert (near and near_miss_words(near)) == (near and near.sentence)


@pytest.mark.parametrize("name", NAMED_RULES)
@pytest.mark.parametrize("counts", COUNTS, ids=str)
def test_the_pages_give_the_reasons_of_every_built_in_rule(name: str, counts: tuple[int, ...]) -> None:
    verdict = assess_counts(counts, rule_in_round(NAMED_RULES[name], 1, []))
    assert verdict_words(verdict) == list(verdict.reasons)
    assert rule_words(NAMED_RULES[name]) == rule_sentence(NAMED_RULES[name])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_pages_word_a_rule_as_the_consensus_package(rule: Rule) -> None:
    assert rule_words(rule) == rule_sentence(rule)


def test_some_near_misses_of_each_kind_were_compared() -> None:
    found = [near_miss(counts, rule) for rule in RULES for counts in COUNTS]
    kinds = {(near.against, near.held_by == 1) for near in found if near}
    assert kinds == {(True, True), (False, True), (False, False)}


def test_a_rule_within_a_sentence_keeps_its_capitals_only_where_they_are_its_own() -> None:
    assert rule_name(FULL_CONSENSUS) == "full consensus"
    assert rule_name(Rule("COS 70", FULL_CONSENSUS.condition)) == "consensus by COS 70"


def test_reasons_and_rules_go_through_translation(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def translate(text: str) -> str:
        seen.append(text)
        return text

    def translate_plural(one: str, many: str, number: int) -> str:
        seen.append(many)
        return one if number == 1 else many

    monkeypatch.setattr("surveys.pages.verdict_words.gettext", translate)
    monkeypatch.setattr("surveys.pages.verdict_words.ngettext", translate_plural)
    assert verdict_words(assess_counts((0, 0, 0, 0, 1, 0, 0, 1, 8), FULL_CONSENSUS)) == [
        "1 of 10 ratings is 5 or lower.",
        "The mean, 8.50, is above 7.",
    ]
    assert {"%(against)d of %(n)d ratings are %(points)s.", "%(point)d or lower", "above %(threshold)s"} <= set(seen)
    seen.clear()
    assert rule_words(FULL_CONSENSUS) == "Full consensus: every rating is above 5 and the mean is above 7."
    assert {"%(name)s: %(condition)s.", "Full consensus", "every rating is %(bound)s"} <= set(seen)
