"""What somebody holds who has the database: every table, every row, and the order in which things lie."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import connection

PERSONS = "panels_panelist"
PARTICIPATION = "feedback_participation"
SHEETS = ("sheets_sheet",)
# What panelists did not write: these say what staff did, at which time.
OF_STAFF = frozenset({"feedback_sealing", "feedback_theme"})
# Written when a round is frozen, with the panelist's id: the one table on both sides of the wall.
AT_THE_FREEZE = frozenset({PARTICIPATION})
# The one time beside answers: until when a worker has claimed a slice of a closed round, of a thousand panelists. It
# says when that worker counted, and is gone with the freeze.
LEASE = ("feedback_partialtally", "claimed_until")
# A row for each person or each text, so that the order of the rows could tell something.
ROW_A_PERSON = ("sheets_sheet", "feedback_comment", PARTICIPATION, "feedback_commitment")


def answer_tables() -> list[str]:
    """Every table that holds what panelists answered: all of `sheets` and `feedback` but what is named above.

    A table that is added there later is attacked as well, until somebody says here why it need not be.
    """
    models = [model for label in ("sheets", "feedback") for model in apps.get_app_config(label).get_models()]
    return sorted({model._meta.db_table for model in models} - OF_STAFF - AT_THE_FREEZE)


def tables() -> list[str]:
    """Every table of the database."""
    with connection.cursor() as cursor:
        return sorted(connection.introspection.table_names(cursor))


def existing(names: Iterable[str]) -> list[str]:
    """Those of these tables that the database has."""
    there = set(tables())
    return [name for name in names if name in there]


def rows(sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query of the attacker's."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [tuple(plain(value) for value in row) for row in cursor.fetchall()]


def plain(value: Any) -> Any:
    """A value as it can be compared and kept."""
    return bytes(value) if isinstance(value, memoryview) else value


def dump(without: Iterable[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but these, and where the sequences stand."""
    left_out = set(without)
    found = {
        table: sorted(rows(f'SELECT * FROM "{table}"'), key=repr)  # noqa: S608
        for table in tables()
        if table not in left_out
    }
    if connection.vendor == "postgresql":
        found["sequences"] = rows("SELECT sequencename::text, last_value FROM pg_sequences ORDER BY 1")
    else:
        found["sequences"] = rows("SELECT * FROM sqlite_sequence ORDER BY name")
    return found


def changed(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> dict[str, tuple[int, int]]:
    """By table: how many rows went, and how many came."""
    found = {}
    for table in before.keys() | after.keys():
        old, new = set(map(repr, before.get(table, []))), set(map(repr, after.get(table, [])))
        if old != new:
            found[table] = (len(old - new), len(new - old))
    return found


def in_physical_order(table: str, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of all rows, as a dump lists them: by their place in the heap, or in the table's own tree.

    All columns are read, since SQLite takes fewer out of an index, in the order of that.
    """
    hidden, order = ("xmin::text AS xmin, ", " ORDER BY ctid") if connection.vendor == "postgresql" else ("", "")
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {hidden}* FROM "{table}"{order}')  # noqa: S608
        names = [column[0] for column in cursor.description]
        places = [names.index(column) for column in columns]
        return [tuple(plain(row[place]) for place in places) for row in cursor.fetchall()]


def columns_of(table: str) -> dict[str, str]:
    """The columns of a table with their types, as the database itself tells them."""
    if connection.vendor == "postgresql":
        return dict(
            rows(
                "SELECT column_name::text, data_type::text || coalesce(' default ' || column_default, '')"  # noqa: S608
                f" || CASE is_identity WHEN 'YES' THEN ' identity' ELSE '' END"
                f" FROM information_schema.columns WHERE table_name = '{table}'"
            )
        )
    found = {row[1]: row[2] for row in rows(f'PRAGMA table_info("{table}")')}
    counted = rows(f"SELECT 1 FROM sqlite_master WHERE name = '{table}' AND sql LIKE '%AUTOINCREMENT%'")  # noqa: S608
    return {**found, **({"sqlite_sequence": "autoincrement"} if counted else {})}


def references_of(table: str) -> set[str]:
    """The tables to which this one refers by a foreign key."""
    with connection.cursor() as cursor:
        return {target for _column, target in connection.introspection.get_relations(cursor, table).values()}


def reachable_from(table: str) -> set[str]:
    """Every table that can be joined from this one along foreign keys."""
    found: set[str] = set()
    ahead = {table}
    while ahead:
        found |= ahead
        ahead = {target for each in ahead for target in references_of(each)} - found
    return found


def tables_with_persons() -> list[str]:
    """The panel's own table, and every table that refers to it."""
    return [PERSONS, *(table for table in tables() if PERSONS in references_of(table))]
