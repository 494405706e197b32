"""What a command does not load: each of these takes longer to import than a small command takes to run.

Seen to fail: with `import pandas` in any module that evaluate needs, and with `delphi/__init__` importing Celery.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVERS = {"celery", "kombu", "psycopg", "psycopg_pool", "redis", "waitress", "gunicorn"}
NUMBERS = {"pandas", "scipy"}
TABLES = {"openpyxl", "xlsxwriter"}
TELLS = """
import atexit, json, runpy, sys
wanted = sys.argv.pop(1)
atexit.register(lambda: open(wanted, "w").write(json.dumps(sorted(sys.modules))))
runpy.run_path("manage.py", run_name="__main__")
"""


def loaded(folder: Path, *command: str) -> set[str]:
    """The modules that a command has loaded when it ends, in a process of its own on an installation of its own."""
    said = folder / "modules.json"
    variables = {"PATH": os.environ["PATH"], "DELPHI_DATA": str(folder / "data")}
    done = subprocess.run(
        [sys.executable, "-c", TELLS, str(said), *command], cwd=ROOT, env=variables, capture_output=True, text=True
    )
    assert said.exists(), done.stderr
    return set(json.loads(said.read_text()))


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    """A small CSV file."""
    path = tmp_path / "ratings.csv"
    path.write_text("statement,panelist,rating\nA,p1,8\nA,p2,9\n")
    return path


def test_evaluating_a_csv_file_loads_what_it_judges_by_alone(ratings: Path, tmp_path: Path) -> None:
    modules = loaded(tmp_path, "evaluate", str(ratings))
    assert {"surveys.consensus", "numpy"} <= modules
    assert (SERVERS | NUMBERS | TABLES | {"cryptography", "delphi.urls"}) & modules == set()


def test_a_workbook_is_read_by_what_reads_workbooks(tmp_path: Path) -> None:
    path = tmp_path / "ratings.xlsx"
    path.write_bytes(b"PK\x03\x04")
    assert "openpyxl" in loaded(tmp_path, "evaluate", str(path))


@pytest.mark.parametrize("command", [["migrate", "--check"], ["check"], ["export", "nothing"]])
def test_no_command_of_the_embedded_mode_loads_servers_or_statistics(command: list[str], tmp_path: Path) -> None:
    modules = loaded(tmp_path, *command)
    assert "surveys.consensus" in modules
    assert (SERVERS | NUMBERS | {"openpyxl"}) & modules == set()


def test_services_load_the_clients_of_their_servers(tmp_path: Path) -> None:
    """So that the tests above would see them."""
    assert {"celery", "kombu"} <= loaded_by("import delphi.celery", tmp_path)


def loaded_by(program: str, folder: Path) -> set[str]:
    """The modules that a program has loaded when it ends."""
    ending = f"{program}; import json, sys; print(json.dumps(sorted(sys.modules)))"
    variables = {"PATH": os.environ["PATH"], "DELPHI_DATA": str(folder / "data"), "REDIS_URL": "redis://127.0.0.1:1/0"}
    done = subprocess.run([sys.executable, "-c", ending], cwd=ROOT, env=variables, capture_output=True, text=True)
    return set(json.loads(done.stdout))
