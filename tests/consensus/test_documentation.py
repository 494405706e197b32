"""The pages of docs/methods: their examples run, and they speak of every rule and every statistic as the code does."""

import doctest
import re
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path
from typing import get_args

import pytest

from surveys.consensus import BUILT_IN, NAMED_RULES, Choices, Scale, Stability, Summary, built_in_rule, rule_sentence
from surveys.consensus.panel_sizes import least_in_each_extreme, most_outside
from surveys.consensus.rules import Denominator, Outcome, StatisticName
from surveys.consensus.stopping import StoppingRule, stopping_phrase

ROOT = Path(__file__).parents[2]
METHODS = ROOT / "docs" / "methods"
PAGES = sorted(METHODS.glob("*.md"))
OF_RULES = [METHODS / f"{name}.md" for name in BUILT_IN]
OF_STATISTICS = [page for page in PAGES if page.stem != "README" and page.stem not in BUILT_IN]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

EXAMPLES = re.compile(r"^```pycon\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
LONG_FIGURE = re.compile(r"\d+\.\d{4,}")
CODE = re.compile(r"`([^`\n]+)`")

OTHERWISE = {
    "scale": Scale(1, 7),
    "band": (6, 9),
    "threshold": Fraction(3),
    "denominator": "asked",
    "half_medians": "middle",
    "quantile": 6,
    "population": "every group",
}
"""For each choice something that no rule has by itself."""


def name_of(page: Path) -> str:
    return page.stem


def quoted(page: Path) -> str:
    """What stands in a page's quotation, in one line."""
    return " ".join(line.removeprefix("> ") for line in page.read_text().splitlines() if line.startswith("> "))


def row_of(page: Path, heading: str) -> str:
    """The second cell of the row of a page's first table that begins with this heading."""
    (cell,) = re.findall(rf"^\| {heading} \| (.*) \|$", page.read_text(), re.MULTILINE)
    return cell


def can_be_chosen(name: str) -> set[str]:
    """The choices that change what a rule says of itself."""
    return {choice for choice in OTHERWISE if _differs(name, choice)}


def _differs(name: str, choice: str) -> bool:
    try:
        rule = built_in_rule(name, replace(Choices(), **{choice: OTHERWISE[choice]}))
    except ValueError:
        return False
    return rule_sentence(rule) != rule_sentence(NAMED_RULES[name])


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.casefold()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", [*PAGES, ROOT / "docs" / "evaluate.md"], ids=name_of)
def test_every_page_has_examples_and_they_run(document: Path) -> None:
    text = document.read_text()
    blocks = list(EXAMPLES.finditer(text))
    assert blocks
    known: dict[str, object] = {}
    told: list[str] = []
    for block in blocks:
        line = text.count("\n", 0, block.start(1))
        test = doctest.DocTestParser().get_doctest(block[1], known, document.name, str(document), line)
        assert test.examples
        doctest.DocTestRunner(verbose=False).run(test, out=told.append, clear_globs=False)
        known = test.globs
    assert told == []


@pytest.mark.parametrize("document", [*OF_RULES, *OF_STATISTICS], ids=name_of)
def test_long_figures_on_a_page_are_those_of_the_tests_that_it_names(document: Path) -> None:
    text = document.read_text()
    tests = [(METHODS / link).read_text() for link in LINK.findall(text) if "/test_" in link]
    assert tests
    printed = {float(figure) for block in EXAMPLES.findall(text) for figure in LONG_FIGURE.findall(block)}
    assert printed <= {float(figure) for test in tests for figure in LONG_FIGURE.findall(test)}


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_page_of_a_rule_says_its_sentence_and_its_source(name: str) -> None:
    page = METHODS / f"{name}.md"
    assert quoted(page) == rule_sentence(NAMED_RULES[name])
    assert row_of(page, "source") == BUILT_IN[name].source
    assert CODE.findall(row_of(page, "name"))[0] == name


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_page_of_a_rule_names_what_may_be_chosen(name: str) -> None:
    named = CODE.findall(row_of(METHODS / f"{name}.md", "may be chosen"))
    assert set(named) - set(get_args(Denominator)) == can_be_chosen(name)


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_page_of_a_rule_names_its_outcomes_and_their_words(name: str) -> None:
    rule = NAMED_RULES[name]
    outcomes = re.sub(r" \(\*.*?\*\)", "", row_of(METHODS / f"{name}.md", "outcomes")).split(", ")
    assert set(outcomes) == {*map(str, rule.conditions), str(Outcome.NONE), str(Outcome.NOT_EVALUABLE)}
    words = dict(re.findall(r"(\w+) \(\*(.*?)\*\)", row_of(METHODS / f"{name}.md", "outcomes")))
    assert words == {str(outcome): label for outcome, label in rule.labels.items()}


def test_the_page_of_stopping_says_the_rule_that_a_study_has_by_itself() -> None:
    assert quoted(METHODS / "stopping.md") == str(stopping_phrase(StoppingRule()))


def test_every_statistic_has_a_page_that_names_it() -> None:
    named = {code for page in OF_STATISTICS for code in CODE.findall(page.read_text())}
    shown = {field.name for kind in (Summary, Stability) for field in fields(kind)}
    assert {*get_args(StatisticName), *shown} - named == set()


def test_the_index_links_to_every_page_and_names_every_rule() -> None:
    index = (METHODS / "README.md").read_text()
    assert {page.name for page in PAGES} - {"README.md"} == {link for link in LINK.findall(index) if "/" not in link}
    assert re.findall(r"^\| \[`(.*?)`\]\(\1\.md\)", index, re.MULTILINE) == list(BUILT_IN)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    inside = [link for link in LINK.findall(document.read_text()) if not re.match(r"https?:|mailto:", link)]
    for link in inside:
        place, _, anchor = link.partition("#")
        target = (document.parent / place).resolve() if place else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_table_by_the_size_of_the_panel_is_that_of_the_code() -> None:
    printed = re.findall(
        r"^\| (\d+)-(\d+) \| (\d+) \| (\d+) \|$", (METHODS / "panel-size.md").read_text(), re.MULTILINE
    )
    rows = [tuple(map(int, row)) for row in printed]
    assert [n for low, high, _, _ in rows for n in range(low, high + 1)] == list(range(8, 17))
    for low, high, outside, each in rows:
        for n in range(low, high + 1):
            assert (most_outside(n), least_in_each_extreme(n)) == (outside, each)


def test_the_enumerations_that_are_printed_are_those_that_are_tested() -> None:
    page = (METHODS / "disagreement-index.md").read_text()
    printed = re.findall(r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", page, re.MULTILINE)
    tested = (ROOT / "tests" / "consensus" / "test_enumerations.py").read_text()
    assert len(printed) == 3
    for row in printed:
        assert f"({', '.join(row)})" in tested
