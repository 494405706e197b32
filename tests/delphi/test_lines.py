"""What the log keeps of a fault: where it was and of which kind, and not one value.

Seen to fail: with logging's own formatter every test but the first finds the value.
"""

import logging
import sys
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, OperationalError, connection, transaction

from delphi.lines import Line
from surveys.sheets.models import Sheet

CANARY = "CANARY-4b1d"
LINE = Line("%(levelname)s %(name)s %(message)s")


def written(message: str = "it failed", *args: Any, fault: BaseException | None = None) -> str:
    """What the log gets of this message, told where the fault was caught."""
    info = (type(fault), fault, fault.__traceback__) if fault else None
    return LINE.format(logging.LogRecord("surveys.rounds", logging.ERROR, "", 0, message, args, info))


def raised(fault: Exception) -> Exception:
    """The fault, with a way through the program."""
    try:
        raise fault
    except type(fault) as caught:
        return caught


def test_a_message_is_written_as_it_is() -> None:
    assert written("%s rounds wait", 3) == "ERROR surveys.rounds 3 rounds wait"


def test_the_settings_use_this_formatter_wherever_a_line_is_written() -> None:
    writing = [one for one in settings.LOGGING["handlers"].values() if not one["class"].endswith("NullHandler")]
    assert {one["formatter"] for one in writing} == {"line"}
    assert settings.LOGGING["formatters"]["line"]["class"] == "delphi.lines.Line"


def test_of_a_fault_stay_its_kind_and_its_way() -> None:
    text = written(fault=raised(ValueError(f"invalid literal for int(): '{CANARY}'")))
    assert CANARY not in text
    assert text.splitlines()[-1] == "ValueError"
    assert f'File "{__file__}"' in text
    assert "in raised" in text


def test_what_a_fault_came_from_is_told_alike() -> None:
    try:
        try:
            int(CANARY)
        except ValueError as first:
            raise KeyError(CANARY) from first
    except KeyError as fault:
        text = written(fault=fault)
    assert CANARY not in text
    assert [line for line in text.splitlines() if not line.startswith((" ", "Traceback", "ERROR"))] == [
        "ValueError",
        "KeyError",
    ]


def test_what_another_formatter_wrote_before_is_not_taken_over() -> None:
    try:
        raise ValueError(CANARY)
    except ValueError:
        record = logging.LogRecord("surveys", logging.ERROR, "", 0, "it failed", (), sys.exc_info())
    assert CANARY in logging.Formatter().format(record)
    assert CANARY not in LINE.format(record)
    assert CANARY in logging.Formatter().format(record)


@pytest.mark.parametrize("fault", [OperationalError("database is locked"), ConnectionRefusedError("refused")])
def test_a_fault_of_the_machine_is_quoted(fault: Exception) -> None:
    assert written(fault=raised(fault)).endswith(f": {fault}")


def test_celery_s_message_of_a_fault_is_cut_down_to_its_kind() -> None:
    context = {"name": "close", "id": "1", "description": "raised unexpected", "exc": f"ValueError('{CANARY}')"}
    message = "Task %(name)s[%(id)s] %(description)s: %(exc)s"
    assert written(message, context) == "ERROR surveys.rounds Task close[1] raised unexpected: ValueError"
    assert CANARY not in written(message, context, fault=raised(ValueError(CANARY)))


def test_nobody_writes_a_line_of_their_own_into_the_log() -> None:
    assert written("page %s", "/x\n2026 INFO all is well\x1b[2J") == (
        "ERROR surveys.rounds page /x\\n2026 INFO all is well\\x1b[2J"
    )


@pytest.mark.django_db
def test_a_database_that_quotes_the_row_is_not_quoted() -> None:
    """PostgreSQL tells the whole failing row, and with it the pseudonym; so does a duplicate key."""
    pseudonym = CANARY.encode().ljust(31, b".")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {Sheet._meta.db_table} (id, pseudonym, box, state, version) "  # noqa: S608
                "VALUES (%s, %s, %s, %s, %s)",
                ["0" * 32, pseudonym, b"box", 0, 1],
            )
    except DatabaseError as fault:
        quoted, text = str(fault), written(fault=fault)
    if connection.vendor == "postgresql":
        assert pseudonym.hex() in quoted
    assert pseudonym.hex() not in text
    assert text.splitlines()[-1] == "django.db.utils.IntegrityError"
