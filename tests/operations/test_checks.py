"""The checks that run before anything starts."""

import openpyxl
import pytest
from django.core.checks import run_checks


def ids() -> list[str | None]:
    """The checks' findings, by name."""
    return [message.id for message in run_checks() if not message.is_silenced()]


def test_nothing_is_found_on_this_machine() -> None:
    assert ids() == []


def test_reading_spreadsheets_without_defusedxml_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openpyxl, "DEFUSEDXML", False)
    assert ids() == ["delphi.E001"]
