"""The guards that the migrations made must stand in the database that is used, which a restored copy may lack."""

import dataclasses

import pytest
from django.db import connection

from surveys.safeguards import guards
from surveys.safeguards.findings import Level
from surveys.safeguards.guards import APART, FROZEN, ROWLESS, Standing, judge_guards, look, triggers_expected

WHOLE = Standing(frozenset(ROWLESS), triggers_expected("sqlite"))


def refused(standing: Standing) -> list[str]:
    """What is wrong with it, in sentences."""
    return [finding.wrong for finding in judge_guards(standing, "sqlite") if finding.level == Level.REFUSES]


def test_with_everything_in_place_nothing_is_said() -> None:
    assert refused(WHOLE) == []


@pytest.mark.parametrize("name", sorted(name for _table, name in triggers_expected("sqlite")))
def test_each_missing_trigger_is_named(name: str) -> None:
    without = frozenset(each for each in WHOLE.triggers if each[1] != name)
    assert refused(dataclasses.replace(WHOLE, triggers=without)) == [
        f"The database lets frozen rows be changed: it is without the triggers {name}."
    ]


@pytest.mark.parametrize("table", ROWLESS)
def test_each_table_with_row_numbers_is_named(table: str) -> None:
    (wrong,) = refused(dataclasses.replace(WHOLE, rowless=WHOLE.rowless - {table}))
    assert wrong == f"SQLite numbers the rows of {table}, which tells who wrote when."


def test_a_trigger_of_somebody_else_on_the_sheets_is_refused() -> None:
    foreign = WHOLE.triggers | {("sheets_sheet", "note_saves"), ("rounds_round", "note_rounds")}
    (wrong,) = refused(dataclasses.replace(WHOLE, triggers=foreign))
    assert wrong == "Something is done whenever a sheet is saved, by the triggers note_saves."


@pytest.mark.django_db
def test_the_lists_hold_exactly_what_the_migrations_make(monkeypatch: pytest.MonkeyPatch) -> None:
    """A guard that a migration adds goes into one of the lists of `guards`."""
    found: list[Standing] = []
    monkeypatch.setattr(guards, "judge_guards", lambda standing, _vendor: found.append(standing) or [])
    look()
    (standing,) = found
    assert standing.triggers == triggers_expected(connection.vendor)
    assert standing.rowless == (set(ROWLESS) if connection.vendor == "sqlite" else set())
    assert {table for table, _name in standing.triggers} == {*FROZEN, *APART}


@pytest.mark.django_db
def test_a_dropped_trigger_is_found_in_the_database_itself() -> None:
    assert [finding.level for finding in look() if finding.level != Level.OK] == []
    on_table = " ON feedback_result" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER feedback_result_is_frozen{on_table}")
    assert any("feedback_result_is_frozen" in finding.wrong for finding in look())


@pytest.mark.services
@pytest.mark.django_db
def test_a_disabled_trigger_counts_as_none() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE feedback_result DISABLE TRIGGER feedback_result_is_frozen")
    assert any("feedback_result_is_frozen" in finding.wrong for finding in look())
