"""What the documentation says of attacks: every one stands there, with tests that exist."""

import ast
import re
from pathlib import Path

import pytest

from surveys.operations.anonymity.catalogue import ATTACKS
from surveys.operations.anonymity.limits import NOT_PROTECTED

ROOT = Path(__file__).parents[2]
ATTACKED = (ROOT / "docs/attacks.md").read_text(encoding="utf-8")
PROMISED = (ROOT / "docs/anonymity.md").read_text(encoding="utf-8")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
QUOTED = re.compile(r"“([^”]{20,})”")


def flat(text: str) -> str:
    """A text as one line."""
    return " ".join(text.split())


def lines_about(attack: str) -> list[str]:
    """The rows of the tables about one attack."""
    return [line for line in ATTACKED.splitlines() if line.startswith(f"| {attack} |")]


@pytest.mark.parametrize("attack", [*(f"I{number}" for number in range(1, 22)), *(each.query for each in ATTACKS)])
def test_each_attack_has_a_test_or_a_sentence(attack: str) -> None:
    [line] = lines_about(attack)
    assert TEST.search(line) or ("Not protected:" in line and QUOTED.search(line))


def test_every_test_that_is_named_exists() -> None:
    named = set(TEST.findall(ATTACKED))
    assert len(named) > 40
    missing = [
        f"{path}::{name}"
        for path, name in sorted(named)
        if name
        not in {node.name for node in ast.parse((ROOT / path).read_text()).body if isinstance(node, ast.FunctionDef)}
    ]
    assert missing == []


def test_every_sentence_that_is_quoted_is_published() -> None:
    published = flat(" ".join(str(sentence) for sentence in NOT_PROTECTED))
    quoted = [
        sentence for line in ATTACKED.splitlines() if "ot protected:" in line for sentence in QUOTED.findall(line)
    ]
    assert len(quoted) >= 5
    assert [sentence for sentence in quoted if sentence not in published] == []


def test_the_list_of_what_is_not_protected_is_the_one_that_reports_print() -> None:
    section = PROMISED.split("## What is not protected\n", 1)[1].split("\n## ", 1)[0]
    items = [flat(item) for item in re.split(r"^- ", section, flags=re.MULTILINE)[1:]]
    assert items == [str(sentence) for sentence in NOT_PROTECTED]
