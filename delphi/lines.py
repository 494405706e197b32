"""The lines of the logs: what happened and where, and of a fault its kind and its way through the program.

What a fault says of itself is left out, for it often quotes a value: a database's error quotes the row, a wrong number
the text that was no number. Only kinds that speak of the machine alone are quoted.
"""

import copy
import logging
import traceback
from collections.abc import Iterator
from types import TracebackType

from django.core.exceptions import ImproperlyConfigured
from django.db.utils import OperationalError
from django.template.exceptions import TemplateDoesNotExist, TemplateSyntaxError

QUOTED = (
    ConnectionError,
    ImportError,
    ImproperlyConfigured,
    OperationalError,
    TemplateDoesNotExist,
    TemplateSyntaxError,
)
"""Kinds of faults whose own words never hold a value that somebody sent."""
QUOTED_BY_NAME = frozenset(["psycopg.OperationalError", "redis.exceptions.ConnectionError"])
"""The same of servers that not every installation has: their names, because most commands never load them."""


class Line(logging.Formatter):
    """One line for each message, whatever is in it, and below it the way of a fault."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text; whatever another formatter made of its fault is left alone."""
        own = copy.copy(record)
        own.exc_text = None
        if isinstance(own.args, dict) and "exc" in own.args:
            # Celery quotes a task's fault in the message itself.
            own.args = {**own.args, "exc": _kind(own)}
        own.msg, own.args = _flat(own.getMessage()), ()
        return super().format(own)

    def formatException(  # noqa: N802  logging calls it so
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        """The way of the fault and of those before it, earliest first, without what they say."""
        faults = list(_chain(ei[1]))[::-1]
        return "\n".join(part for fault in faults for part in _told(fault))


def _chain(fault: BaseException | None) -> Iterator[BaseException]:
    """The fault and what it came from; each once."""
    seen: set[int] = set()
    while fault is not None and id(fault) not in seen:
        seen.add(id(fault))
        yield fault
        fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)


def _told(fault: BaseException) -> Iterator[str]:
    yield "Traceback (most recent call last):"
    yield "".join(traceback.format_list(traceback.extract_tb(fault.__traceback__))).rstrip("\n")
    name = _name(type(fault)).removeprefix("builtins.")
    is_quoted = isinstance(fault, QUOTED) or not QUOTED_BY_NAME.isdisjoint(map(_name, type(fault).__mro__))
    yield f"{name}: {_flat(str(fault))}" if is_quoted else name


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _kind(record: logging.LogRecord) -> str:
    """The kind of the fault that Celery tells of."""
    if record.exc_info and record.exc_info[0]:
        return record.exc_info[0].__qualname__
    return str(record.args["exc"]).partition("(")[0] if isinstance(record.args, dict) else ""


def _flat(text: str) -> str:
    """The text on one line, so that nobody can write a line of their own into the log."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
