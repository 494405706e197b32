"""Queries of the pages that a whole panel asks for at once: Django writes their SQL once, and reads with it ever after.

Writing the SQL of a query with joins takes as long as the database takes to answer it. Nothing is kept but the SQL.
And several of them are asked at once, since waiting for the database takes longer than its answers do.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.utils import CursorWrapper
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.query import get_related_populators
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)


class Blank(Expression):
    """The place of a value in a query whose SQL is written before the value is known."""

    def __init__(self, place: int, field: "Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.place = place

    def as_sql(self, *_compiled: Any, **_context: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """A placeholder, with itself as its parameter."""
        return "%s", [self]


@dataclass(frozen=True)
class _Written:
    """A query's SQL with its parameters, blanks among them, and how its rows become instances of a model, if of any.

    `own` are the columns of that model by their places in a row, in one stretch.
    """

    compiler: SQLCompiler
    sql: str
    parameters: tuple[Any, ...]
    converters: Any
    own: Mapping[int, str]
    populators: Any


@dataclass(frozen=True)
class BoundQuery:
    """A query with the values of its blanks as the database takes them, to send or to put into another statement."""

    sql: str
    values: Sequence[Any]


class Prepared(Generic[M]):
    """A query of instances, or of rows (`values_list`), made by `queryset` of blanks: one for each of `fields`.

    These say of what kind the values are. It may join what stands on one side of a relation (`select_related`) and
    annotate; it cannot prefetch or defer.
    """

    def __init__(self, queryset: Callable[..., QuerySet[M]], *fields: "Field[Any, Any]") -> None:
        self._queryset = queryset
        self._fields = fields
        # A connection is its thread's own, and what is written refers to it.
        self._threads = threading.local()

    def ask(self, *values: Any) -> "Sent[M]":
        """Send the query with these values, in the order of the blanks; inside `at_once` the answer comes after it."""
        query = self.bound(*values)
        cursor = connections[DEFAULT_DB_ALIAS].cursor()
        cursor.execute(query.sql, query.values)
        return Sent(self._written(), cursor)

    def bound(self, *values: Any) -> BoundQuery:
        """The query with these values, in the order of the blanks; it is not sent."""
        written = self._written()
        # The connection itself: `connection` looks for it anew each time, and a query asks for it often.
        database = connections[DEFAULT_DB_ALIAS]
        given = [field.get_db_prep_value(value, database) for field, value in zip(self._fields, values, strict=True)]
        return BoundQuery(
            written.sql, [given[one.place] if isinstance(one, Blank) else one for one in written.parameters]
        )

    def first(self, *values: Any) -> M | None:
        """The first instance that the query finds with these values, or None where it finds none; one query."""
        return self.ask(*values).first()

    def _written(self) -> _Written:
        written: _Written | None = getattr(self._threads, "written", None)
        if written is None:
            query = self._queryset(*(Blank(place, field) for place, field in enumerate(self._fields))).query
            compiler = query.get_compiler(connection=connection)
            sql, parameters = compiler.as_sql()
            converters = compiler.get_converters([selected[0] for selected in compiler.select])
            own, populators = _of_instances(compiler) if compiler.klass_info else ({}, ())
            written = self._threads.written = _Written(compiler, sql, tuple(parameters), converters, own, populators)
        return written


def _of_instances(compiler: SQLCompiler) -> tuple[Mapping[int, str], Any]:
    own = {place: compiler.select[place][0].target.attname for place in compiler.klass_info["select_fields"]}
    return own, get_related_populators(compiler.klass_info, compiler.select, connection.alias)  # type: ignore[call-arg]


class Sent(Generic[M]):
    """A query that was sent; its rows are read once."""

    def __init__(self, written: _Written, cursor: CursorWrapper) -> None:
        self._written, self._cursor = written, cursor

    def rows(self) -> list[list[Any]]:
        """The rows that it found, of a query of rows."""
        with self._cursor as cursor:
            rows = cursor.fetchall()
        return list(self._written.compiler.apply_converters(rows, self._written.converters))

    def all(self) -> list[M]:
        """The instances that it found."""
        return [self._instance(self._written, row) for row in self.rows()]

    def first(self) -> M | None:
        """The first instance, or None where it found none."""
        return next(iter(self.all()), None)

    @staticmethod
    def _instance(written: _Written, row: list[Any]) -> M:
        compiler, places = written.compiler, list(written.own)
        values = row[places[0] : places[-1] + 1]
        instance: M = compiler.klass_info["model"].from_db(connection.alias, written.own.values(), values)
        for populator in written.populators:
            populator.populate(row, instance)
        for name, place in compiler.annotation_col_map.items():
            setattr(instance, name, row[place])
        return instance


@contextmanager
def at_once() -> Iterator[None]:
    """Let PostgreSQL have in one go what is asked in this block, and wait for it once; elsewhere it goes one by one.

    It answers in turn, each statement from what is committed by then. Nothing may be read before the block has ended.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "postgresql":
        yield
        return
    database.ensure_connection()
    with database.wrap_database_errors, database.connection.pipeline():
        yield
