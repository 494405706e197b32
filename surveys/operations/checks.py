"""What must hold on the machine before anything starts, asked by Django's own checks."""

from typing import Any

import openpyxl
from django.core.checks import CheckMessage, Error


def spreadsheets_are_read_safely(**_asked: Any) -> list[CheckMessage]:
    """An error where openpyxl would expand the entities of an uploaded workbook, for want of defusedxml."""
    if openpyxl.DEFUSEDXML:
        return []
    return [
        Error(
            "openpyxl reads spreadsheets without defusedxml.",
            hint="Install the locked requirements, and unset OPENPYXL_DEFUSEDXML.",
            id="delphi.E001",
        )
    ]
