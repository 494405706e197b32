"""The check as an administrator runs it: a process of its own, a report, and nothing left behind."""

import dataclasses
import datetime as dt
import functools
import json
import math
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection
from redis import Redis
from scipy.stats import poisson

from surveys.operations.anonymity.catalogue import ATTACKS
from surveys.operations.anonymity.findings import PANELISTS, Attack, Observation, Verdict, finding_from, judge
from surveys.operations.anonymity.limits import NOT_PROTECTED, PROMISE
from surveys.operations.anonymity.report import as_text, completed
from surveys.operations.management.commands import anonymity_check
from tests import processes
from tests.processes import PATIENCE, ROOT

NOW = dt.datetime(2026, 11, 22, 23, 5, tzinfo=dt.UTC)
UNTOUCHED = b"the installation's own data"
SCRATCH = "SELECT count(*) FROM pg_database WHERE datname LIKE 'delphi_anonymity_check_%'"


@pytest.fixture
def installation(tmp_path: Path) -> dict[str, str]:
    """The variables of an installation with data of its own, and a folder for temporary files that is empty."""
    for folder in ("data", "tmp"):
        (tmp_path / folder).mkdir()
    (tmp_path / "data" / "delphi.sqlite3").write_bytes(UNTOUCHED)
    return {"PATH": os.environ["PATH"], "DELPHI_DATA": str(tmp_path / "data"), "TMPDIR": str(tmp_path / "tmp")}


@pytest.fixture
def on_services(installation: dict[str, str], transactional_db: None) -> dict[str, str]:
    """The same on PostgreSQL and Redis: the test's own database."""
    return installation | {
        "DATABASE_URL": processes.database_url(),
        "REDIS_URL": os.environ["REDIS_URL"],
    }


def check(variables: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    command = [sys.executable, "manage.py", "anonymity_check", *options]
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=PATIENCE)


def started(variables: dict[str, str]) -> subprocess.Popen[str]:
    """The command with many trials, stopped soon."""
    command = [sys.executable, "manage.py", "anonymity_check", "--trials", "500"]
    return subprocess.Popen(command, cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True)


def test_it_reports_on_sqlite_and_leaves_the_installation_alone(installation: dict[str, str], tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    ended = check(installation, "--trials", "1", "--json", "--output", str(report))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    told = json.loads(report.read_text())
    assert told["holds"] is True
    assert told["database"].startswith("SQLite")
    verdicts = {attack["query"]: attack["verdict"] for attack in told["attacks"]}
    expected = dict.fromkeys((attack.query for attack in ATTACKS), "holds")
    absent = dict.fromkeys(("Q4", "Q9", "Q13"), "does not apply")
    assert verdicts == expected | absent | {"Q22": "limit shown"}
    assert (tmp_path / "data" / "delphi.sqlite3").read_bytes() == UNTOUCHED
    assert {path.name for path in (tmp_path / "data").iterdir()} == {"delphi.sqlite3", "secret_key", "master_key"}
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.services
def test_it_reports_on_postgresql_and_leaves_nothing_there_or_in_redis(on_services: dict[str, str]) -> None:
    before = scratch_databases()
    ended = check(on_services, "--trials", "1")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "on\nPostgreSQL" in ended.stdout or "on PostgreSQL" in ended.stdout
    lines = {line[:4].strip(): line for line in ended.stdout.splitlines() if line.endswith(("holds", "does not apply"))}
    assert [query for query, line in lines.items() if line.endswith("does not apply")] == ["Q20"]
    assert scratch_databases() == before
    redis = Redis.from_url(os.environ["REDIS_URL"])
    assert list(redis.scan_iter(match="anonymity-check-*")) == []


@pytest.mark.services
def test_a_role_that_may_not_create_databases_is_told_so(on_services: dict[str, str]) -> None:
    role, word = f"narrow_{secrets.token_hex(4)}", secrets.token_hex(8)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{word}'")
    try:
        url = on_services["DATABASE_URL"].partition("@")[2]
        ended = check(on_services | {"DATABASE_URL": f"postgres://{role}:{word}@{url}"})
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP ROLE {role}")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        "The check makes a scratch database beside the installation's own and drops it at the end, so the role "
        f'“{role}” must be allowed to create databases: ALTER ROLE "{role}" CREATEDB.\n'
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_stops_it_leaves_nothing_behind(
    installation: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    process = started(installation)
    wait_for(lambda: any((tmp_path / "tmp").rglob("scratch.sqlite3")))
    process.send_signal(number)
    _out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (130, "Stopped; the scratch copy is gone.\n")
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.services
def test_a_scratch_database_is_dropped_when_the_check_is_stopped(on_services: dict[str, str]) -> None:
    before = scratch_databases()
    process = started(on_services)
    wait_for(lambda: scratch_databases() > before)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert scratch_databases() == before


def scratch_databases() -> int:
    """How many there are on the server."""
    with connection.cursor() as cursor:
        cursor.execute(SCRATCH)
        return int(cursor.fetchone()[0])


def wait_for(holds: Any) -> None:
    """Wait until this holds. Raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.05)


def test_bad_input_is_one_sentence_and_exit_2(installation: dict[str, str], tmp_path: Path) -> None:
    ended = check(installation, "--trials", "none")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "“none” is not a number of trials: give a whole number from 1 to 1000.\n"


def test_where_no_round_opens_the_reason_is_one_line_and_exit_2(installation: dict[str, str]) -> None:
    ended = check(installation | {"GUNICORN_CMD_ARGS": "--access-logfile -"})
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("No round opens here, so there is nothing to attack: ")
    assert ended.stderr.endswith(" See manage.py doctor.\n")
    assert ended.stderr.count("\n") == 1


# What the report says -------------------------------------------------------------------------------------


def result(*broken: str, trials: int = 3) -> dict[str, Any]:
    """What a run gives in which everything holds but these attacks."""

    def seen(attack: Attack) -> Observation:
        if attack.shows_limit:
            return Observation(given_away=PANELISTS)
        return Observation(given_away=4, found=("four names",)) if attack.query in broken else Observation()

    findings = [judge(attack, [seen(attack)] * trials) for attack in ATTACKS]
    return {
        "database": "SQLite 3",
        "redis": False,
        "trials": trials,
        "panelists": 12,
        "statements": 20,
        "attacks": [dataclasses.asdict(finding) for finding in findings],
    }


@pytest.fixture
def kept_signals() -> Iterator[None]:
    """The command takes INT and TERM for itself."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("kept_signals")
def test_an_attack_that_succeeds_is_said_first_and_is_exit_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(anonymity_check, "attack_scratch", lambda _trials, **_: result("Q3", "Q12"))
    report = tmp_path / "report.txt"
    with pytest.raises(SystemExit) as ended:
        call_command("anonymity_check", output=str(report))
    assert ended.value.code == 1
    text = report.read_text()
    assert "THE PROMISE DOES NOT HOLD HERE. 2 attacks succeeded: Q3, Q12. Do not open a round." in text
    assert "    Found: four names.\n" in text
    assert [line.split()[0] for line in text.splitlines() if line.endswith("  BROKEN")] == ["Q3", "Q12"]


@pytest.mark.usefixtures("kept_signals")
def test_a_process_that_breaks_off_is_no_pass(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def breaks(_trials: int, **_: Any) -> dict[str, Any]:
        raise anonymity_check.CheckFailed("it fell over")

    monkeypatch.setattr(anonymity_check, "attack_scratch", breaks)
    with pytest.raises(SystemExit) as ended:
        call_command("anonymity_check")
    assert ended.value.code == 2
    assert "it says nothing about the promise.\nit fell over" in capsys.readouterr().err


def test_the_report_says_what_was_tried_what_came_of_it_and_what_is_not_protected() -> None:
    text = as_text(completed(result(), NOW))
    flat = " ".join(text.split())
    assert "Made on 22 November 2026 at 23:05 UTC, by version 0.1.0 of the software, on SQLite 3" in flat
    assert "The promise held against all 21 attacks that were tried." in flat
    for sentence in (*PROMISE, *NOT_PROTECTED, *(attack.tried for attack in ATTACKS)):
        assert str(sentence) in flat
    assert "Q22 The limit: database, keystore and master key together: limit shown" in flat
    assert "Re-linked: 36 of 36 people" in flat
    assert max(map(len, text.splitlines())) <= 100


# When a finding is one ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("people", "ways"), [(12, 1), (36, 40), (720, 100)])
def test_a_finding_is_what_luck_gives_less_than_once_in_a_thousand_checks(people: int, ways: int) -> None:
    least = finding_from(people, ways)
    share = 0.001 / len(ATTACKS) / ways
    assert poisson.sf(least - 1, people / 12) < share <= poisson.sf(least - 2, people / 12)
    assert people / 12 < least <= people


def test_random_orders_agree_in_so_many_places_no_oftener_than_is_reckoned_with() -> None:
    without = [1, 0]
    for people in range(2, PANELISTS + 1):
        without.append((people - 1) * (without[-1] + without[-2]))
    of_one = [math.comb(12, hits) * without[12 - hits] / math.factorial(12) for hits in range(13)]
    of_three = functools.reduce(np.convolve, [of_one] * 3)
    assert sum(of_three) == pytest.approx(1)
    for ways in (1, 4, 108):
        assert sum(of_three[finding_from(36, ways) :]) < 1.1 * 0.001 / len(ATTACKS) / ways


def test_the_best_way_counts_and_luck_does_not() -> None:
    [attack] = [attack for attack in ATTACKS if attack.query == "Q5"]
    lucky = judge(attack, [Observation(ways={"one": 1, "other": 2})] * 3)
    assert (lucky.verdict, lucky.relinked, lucky.people, lucky.chance) == (Verdict.HOLDS, 6, 36, 1 / 12)
    sure = judge(attack, [Observation(ways={"one": 1, "other": 9})] * 3)
    assert (sure.verdict, sure.relinked, sure.found) == (Verdict.BROKEN, 27, ("other: 27 of 36",))


def test_two_orders_that_go_together_are_a_finding_even_where_no_place_matches() -> None:
    [attack] = [attack for attack in ATTACKS if attack.query == "Q5"]
    assert not judge(attack, [Observation(orders={"one": 0.3}), Observation(orders={"one": -0.4})]).is_breach
    assert judge(attack, [Observation(orders={"one": 0.9})] * 3).is_breach
    assert judge(attack, [Observation(orders={"one": -0.9})] * 3).is_breach
