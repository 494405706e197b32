"""The lock between saving and closing, and the order in which rows are locked.

A save takes it shared, closing takes it alone. PostgreSQL: advisory locks of the transaction, because a row lock
either lets acknowledged sheets slip past the close or keeps the closer waiting. SQLite: every transaction is
IMMEDIATE, so it already stands alone, and only has to wait for its turn.
"""

import contextlib
import threading
import uuid
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Func

from surveys.rounds.models import Round
from surveys.studies.models import Study

_turns = threading.RLock()


@contextlib.contextmanager
def in_turn() -> Iterator[None]:
    """Queue, on SQLite, for the one place that writes; enter it before the transaction begins.

    SQLite gives the place to whoever happens to ask when it is free, so under load somebody asks in vain until the
    time is over. The threads of the one process that serves SQLite therefore queue for it here.
    """
    with _turns if is_one_writer() else contextlib.nullcontext():
        yield


def is_one_writer() -> bool:
    """Whether the database has one place that writes, so that each transaction that writes waits for all others."""
    return connection.vendor == "sqlite"


class RoundIsShared(Func):
    """In a query of rounds: keep the round from closing until this transaction ends, unless that is held already.

    True where it was granted; it waits for nobody, and others may save beside it. What the same query reads may be
    from before, so that whoever writes looks at the round once more.
    """

    arity = 1
    template = "pg_try_advisory_xact_lock_shared(hashtextextended('round:' || %(expressions)s::text, 0))"
    output_field = BooleanField()

    def as_sqlite(self, *_compiled: Any, **_context: Any) -> tuple[str, tuple[str, ...]]:
        """Always: see `in_turn`."""
        return "1", ()


def share_round(round_id: uuid.UUID) -> None:
    """Keep the round from closing until this transaction ends, waiting until it is granted. Others save beside it."""
    if connection.vendor == "postgresql":
        _execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", round_id)


def hold_round(round_id: uuid.UUID) -> None:
    """Wait for every save that has begun, and keep others out until this transaction ends."""
    if connection.vendor == "postgresql":
        _execute("SET LOCAL lock_timeout = '10s'")
        _execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", round_id)


def lock_round(round_id: uuid.UUID) -> Round:
    """The round with its study and protocol, its row locked after its study's until this transaction ends.

    Always in this order, and after `hold_round` where that is called too, so that two acts never wait for each
    other. Raises Round.DoesNotExist.
    """
    Study.objects.select_for_update(of=("self",)).only("pk").get(rounds=round_id)
    return Round.objects.select_for_update(of=("self",)).select_related("study__protocol").get(pk=round_id)


def _execute(sql: str, round_id: uuid.UUID | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, [_name_of(round_id)] if round_id else None)


def _name_of(round_id: uuid.UUID) -> str:
    return f"round:{round_id}"
