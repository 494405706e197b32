"""Queries of the pages that a whole panel asks for at once: Django writes their SQL once, and reads with it ever after.

Writing the SQL of a query with joins takes as long as the database takes to answer it. Nothing is kept but the SQL.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection
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
    """A query's SQL with its parameters, blanks among them, and how its rows become instances."""

    compiler: SQLCompiler
    sql: str
    parameters: tuple[Any, ...]
    converters: Any
    populators: Any


class Prepared(Generic[M]):
    """A query of instances; `queryset` makes it of blanks, one for each of `fields`, which say of what kind they are.

    It may join what stands on one side of a relation (`select_related`) and annotate; it cannot prefetch or defer.
    """

    def __init__(self, queryset: Callable[..., QuerySet[M]], *fields: "Field[Any, Any]") -> None:
        self._queryset = queryset
        self._fields = fields
        # A connection is its thread's own, and what is written refers to it.
        self._threads = threading.local()

    def all(self, *values: Any) -> list[M]:
        """The instances that the query finds with these values, in the order of the blanks; one query."""
        written = self._written()
        given = [field.get_db_prep_value(value, connection) for field, value in zip(self._fields, values, strict=True)]
        bound = [given[one.place] if isinstance(one, Blank) else one for one in written.parameters]
        with connection.cursor() as cursor:
            cursor.execute(written.sql, bound)
            rows = cursor.fetchall()
        return [self._instance(written, row) for row in written.compiler.apply_converters(rows, written.converters)]

    def first(self, *values: Any) -> M | None:
        """The first instance, or None where the query finds none."""
        return next(iter(self.all(*values)), None)

    def _written(self) -> _Written:
        written: _Written | None = getattr(self._threads, "written", None)
        if written is None:
            query = self._queryset(*(Blank(place, field) for place, field in enumerate(self._fields))).query
            compiler = query.get_compiler(connection=connection)
            sql, parameters = compiler.as_sql()
            converters = compiler.get_converters([selected[0] for selected in compiler.select])
            populators = get_related_populators(compiler.klass_info, compiler.select, connection.alias)  # type: ignore[call-arg]
            written = self._threads.written = _Written(compiler, sql, tuple(parameters), converters, populators)
        return written

    @staticmethod
    def _instance(written: _Written, row: list[Any]) -> M:
        compiler = written.compiler
        own = compiler.klass_info["select_fields"]
        names = [compiler.select[place][0].target.attname for place in own]
        instance: M = compiler.klass_info["model"].from_db(connection.alias, names, row[own[0] : own[-1] + 1])
        for populator in written.populators:
            populator.populate(row, instance)
        for name, place in compiler.annotation_col_map.items():
            setattr(instance, name, row[place])
        return instance
