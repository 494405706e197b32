"""The cells of an uploaded workbook: checked as an archive, then unpacked by a process that may fail alone."""

import json
import subprocess
import sys
from typing import Any

from django.conf import settings

from surveys.workbooks.archive import check_archive, damaged, too_much
from surveys.workbooks.endings import TOO_MUCH

MOST_SECONDS = 20

# Nothing of this process's own surroundings, which hold the installation's secrets.
_SURROUNDINGS = {"OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}


def parsed(content: bytes) -> dict[str, Any]:
    """The cells, as `surveys.workbooks.cells.cells_of` gives them. Raises WorkbookUnreadable."""
    check_archive(content)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "surveys.workbooks.cells"],
            input=content,
            capture_output=True,
            cwd=settings.BASE_DIR,
            env=_SURROUNDINGS,
            timeout=MOST_SECONDS,
            check=False,
        )
        if done.returncode == TOO_MUCH:
            raise too_much()
        done.check_returncode()
        cells: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as fault:
        raise damaged() from fault
    return cells
