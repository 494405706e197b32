"""The checks that run before anything starts."""

import importlib.util
import os
import subprocess
import sys

import openpyxl
import pytest
from django.core.checks import run_checks


def ids() -> list[str | None]:
    """The checks' findings, by name."""
    return [message.id for message in run_checks() if not message.is_silenced()]


def says_openpyxl(**variables: str) -> str:
    """Whether openpyxl reads safely, as it says of itself in a process of its own."""
    command = [sys.executable, "-c", "import openpyxl; print(openpyxl.DEFUSEDXML)"]
    return subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True).stdout.strip()


def test_nothing_is_found_on_this_machine() -> None:
    assert openpyxl.DEFUSEDXML
    assert ids() == []


@pytest.mark.parametrize("value", ["False", "true", "0"])
def test_reading_spreadsheets_without_defusedxml_is_an_error(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("OPENPYXL_DEFUSEDXML", value)
    assert ids() == ["delphi.E001"]
    assert says_openpyxl() == "False"


def test_where_defusedxml_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert ids() == ["delphi.E001"]
