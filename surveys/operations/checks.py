"""What must hold on the machine before anything starts, asked by Django's own checks."""

import importlib.util
import os
from typing import Any

from django.core.checks import CheckMessage, Error


def spreadsheets_are_read_safely(**_asked: Any) -> list[CheckMessage]:
    """An error where openpyxl would expand the entities of an uploaded workbook, for want of defusedxml.

    It asks as openpyxl itself does, which takes longer to import than most commands take to run.
    """
    if importlib.util.find_spec("defusedxml") and os.environ.get("OPENPYXL_DEFUSEDXML", "True") == "True":
        return []
    return [
        Error(
            "openpyxl reads spreadsheets without defusedxml.",
            hint="Install the locked requirements, and unset OPENPYXL_DEFUSEDXML.",
            id="delphi.E001",
        )
    ]
