"""SQLite: what was saved is on the disk, what was deleted is gone, and other users of the machine read none of it."""

from pathlib import Path

import pytest
from django.db import connection

from surveys.safeguards.findings import Finding, Level
from surveys.safeguards.sqlite import judge_file, judge_pragmas, look

KEPT = {"journal_mode": "wal", "synchronous": "2", "secure_delete": "1"}


def refused(findings: list[Finding]) -> list[str]:
    """What is refused."""
    return [finding.subject for finding in findings if finding.level == Level.REFUSES]


def test_the_settings_of_the_project_keep_the_promise() -> None:
    assert refused(judge_pragmas(KEPT)) == []
    assert refused(judge_pragmas({**KEPT, "synchronous": "3"})) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("journal_mode", "delete"), ("synchronous", "1"), ("synchronous", "0"), ("secure_delete", "0")],
)
def test_a_pragma_that_does_not_is_refused(name: str, value: str) -> None:
    findings = judge_pragmas({**KEPT, name: value})
    assert refused(findings) == [f"SQLite: {name}"]
    assert next(each.wrong for each in findings if each.wrong).startswith(f"SQLite has {name} = {value}: ")


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_does_not_wait_for_the_disk_is_refused() -> None:
    if connection.vendor == "sqlite":
        assert refused(look()) == []
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=OFF")
        try:
            assert refused(look()) == ["SQLite: synchronous"]
        finally:
            connection.close()


@pytest.mark.parametrize(
    ("folder", "file", "level"),
    [(0o700, 0o644, Level.OK), (0o755, 0o600, Level.OK), (0o755, 0o644, Level.WARNS), (0o750, 0o640, Level.WARNS)],
)
def test_a_database_that_others_can_reach_and_read_is_warned_of(
    tmp_path: Path, folder: int, file: int, level: Level
) -> None:
    database = tmp_path / "delphi.sqlite3"
    database.touch()
    database.chmod(file)
    tmp_path.chmod(folder)
    assert judge_file(database).level == level
