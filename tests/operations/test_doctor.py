"""manage.py doctor: every check with its answer, and an exit code for scripts."""

import io
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError

from surveys.operations.management.commands import doctor
from surveys.safeguards.promise import checked
from tests.processes import ROOT, environment, free_port

pytestmark = pytest.mark.django_db


def run(*args: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("doctor", *args, stdout=out, stderr=err)
    except SystemExit as left:
        code = int(left.code or 0)
    return code, out.getvalue(), err.getvalue()


def test_every_check_is_printed_under_its_heading() -> None:
    code, out, err = run()
    assert (code, err) == (0, "")
    lines = out.splitlines()
    for section in checked():
        assert section.title in lines
        for finding in section.findings:
            assert any(line.startswith("  ok ") and line.endswith(finding.subject) for line in lines) or finding.wrong
    assert lines[-1].startswith("Nothing is refused, ")


def test_what_undoes_the_promise_is_refused_with_what_to_do(settings: Any) -> None:
    settings.ADMINS = [("Ada", "ada@example.org")]
    settings.CELERY_RESULT_BACKEND = "redis://127.0.0.1/1"
    code, out, _err = run()
    assert code == 1
    assert "  REFUSED  Error mails\n           ADMINS get a mail of each fault" in out
    assert "           Empty ADMINS; faults stand in the log.\n" in out
    assert "  REFUSED  Results of tasks\n" in out
    assert "\n2 refused, " in out


def test_a_program_gets_the_same_as_json(settings: Any) -> None:
    code, out, _err = run("--json")
    report = json.loads(out)
    assert (code, report["ok"], report["refuses"]) == (0, True, 0)
    assert [section["title"] for section in report["sections"]][:3] == ["Database", "Guards in the database", "Keys"]
    settings.DEBUG = True
    code, out, _err = run("--json")
    report = json.loads(out)
    assert (code, report["ok"], report["refuses"]) == (1, False, 1)
    (finding,) = [each for part in report["sections"] for each in part["findings"] if each["level"] == "refuses"]
    assert finding["subject"] == "Error pages"
    assert finding["wrong"].startswith("DEBUG is on")
    assert finding["remedy"] == "Unset DEBUG."


def test_without_a_database_it_says_so_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError("connection refused at a place with a password")

    monkeypatch.setattr(doctor, "checked", away)
    assert run() == (2, "", "The database does not answer, so nothing can be said of it; start it and ask again.\n")


def doctor_in(variables: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """The command as a process of its own."""
    command = [sys.executable, str(ROOT / "manage.py"), "doctor"]
    return subprocess.run(command, env=variables, capture_output=True, text=True, cwd=ROOT)


def test_an_installation_that_was_just_made_is_well_and_one_that_was_tampered_with_is_not(tmp_path: Path) -> None:
    """The whole command in a process, on a database that `migrate` made."""
    data = tmp_path / "data"
    variables = {"PATH": os.environ["PATH"], "DELPHI_DATA": str(data)}
    subprocess.run([sys.executable, str(ROOT / "manage.py"), "migrate", "-v0"], env=variables, check=True, cwd=ROOT)
    well = doctor_in(variables)
    assert (well.returncode, well.stderr) == (0, "")
    (data / "keystore").mkdir(mode=0o700)
    (data / "keystore").chmod(0o755)
    ill = doctor_in({**variables, "DEBUG": "1", "GUNICORN_CMD_ARGS": "--access-logfile -"})
    assert ill.returncode == 1
    refused = [line.removeprefix("  REFUSED").strip() for line in ill.stdout.splitlines() if "REFUSED" in line]
    assert refused == ["The folder of the keys is closed to others", "Error pages", "The server's log of requests"]


def test_a_server_that_is_away_leaves_one_sentence_and_no_traceback() -> None:
    password = secrets.token_hex(8)
    place = f"postgres://delphi:{password}@127.0.0.1:{free_port()}/delphi"
    done = doctor_in({**environment(), "DATABASE_URL": place})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "The database does not answer, so nothing can be said of it; start it and ask again.\n"
