"""docs/evaluate.md: its examples give what they show, and it names every option and every key."""

import io
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from surveys.operations.management.commands.evaluate import Command

PAGE = (Path(__file__).parents[2] / "docs" / "evaluate.md").read_text()
EXAMPLES = re.findall(r"^```console\n\$ manage\.py evaluate ([^\n]*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")


@pytest.fixture(autouse=True)
def in_a_folder_with_the_ratings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example's file lies where the command runs."""
    (ratings,) = re.findall(r"^```csv\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    (tmp_path / "ratings.csv").write_text(ratings)
    monkeypatch.chdir(tmp_path)


def _evaluate(*args: str) -> str:
    out = io.StringIO()
    call_command("evaluate", *args, stdout=out)
    return out.getvalue()


def _judged(*args: str) -> dict[str, Any]:
    judged: dict[str, Any] = json.loads(_evaluate("ratings.csv", "--abstain", "X", "--format", "json", *args))
    return judged


def _keys_of(heading: str) -> set[str]:
    """The names in the first column of the table that begins with this heading."""
    (rows,) = re.findall(rf"^\| {heading} \|.*\n\|---.*\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    return {code for row in rows.splitlines() for code in CODE.findall(row.split("|")[1])}


def _options_of(command: BaseCommand) -> set[str]:
    parser: CommandParser = command.create_parser("manage.py", "evaluate")
    return {option for action in parser._actions for option in action.option_strings}


@pytest.mark.parametrize(("args", "shown"), EXAMPLES, ids=[args for args, _ in EXAMPLES])
def test_an_example_prints_what_it_shows(args: str, shown: str) -> None:
    assert _evaluate(*shlex.split(args)) == shown


def test_every_option_is_named() -> None:
    named = {option.split()[0] for option in _keys_of("option")}
    assert named == _options_of(Command()) - _options_of(BaseCommand())


def test_every_key_is_named() -> None:
    judged = _judged("--rule", "rand-ucla")
    statement = judged["statements"][0]
    assert _keys_of("key of a statement") == set(statement)
    assert _keys_of("key of `stability`") == set(statement["stability"])
    assert _keys_of("key of `agreement`") == set(judged["agreement"])


@pytest.mark.parametrize(("option", "value"), re.findall(r"^\| `(--\S+) [A-Z-]+` \| `(\S+)` \|", PAGE, re.MULTILINE))
def test_a_choice_by_itself_is_what_it_is_said_to_be(option: str, value: str) -> None:
    taking = {"--denominator": "cos-70-15", "--half-medians": "rand-ucla"}.get(option)
    args = ["ratings.csv", "--abstain", "X", *(["--rule", taking] if taking else [])]
    assert _evaluate(*args, option, value) == _evaluate(*args)
