"""How often a request asks the database and waits for it: counted on the wire, the pool's own check included.

Reads `{"application", "page", "secret", "posted_to", "statements"}` and prints, by `page`, `vote` and `autosave`, how
many round trips each made and whether it opened a transaction; and the bytes of a page and of an autosave's answer.
"""

import importlib
import json
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg import Connection
from psycopg.pq import Trace
from psycopg_pool import ConnectionPool

from tests.bench.load import Browser

WARM = 10


class Silent(WSGIRequestHandler):
    """Says nothing of each request."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def serving(application: str) -> Iterator[str]:
    """The base URL of this application, served by one thread of this process."""
    server = make_server("127.0.0.1", 0, importlib.import_module(application).application, handler_class=Silent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def counted(deed: Callable[[], None]) -> dict[str, Any]:
    """What goes over the one connection that the pool holds: a round trip ends with a plain query or with a Sync."""
    with tempfile.TemporaryFile() as kept:
        with _pool().connection() as one:
            one.pgconn.trace(kept.fileno())
            one.pgconn.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
        deed()
        with _pool().connection() as one:
            # Only now is all of it in the file; so the check of this very connection is in it as well.
            one.pgconn.untrace()
        kept.seek(0)
        lines = [line.split("\t") for line in kept.read().decode().splitlines()]
    sent = [(cells[2], cells[-1]) for cells in lines if len(cells) > 2 and cells[0] == "F"]
    return {
        "round_trips": sum(kind in ("Query", "Sync") for kind, _said in sent) - 1,
        "in_transaction": any("BEGIN" in said for _kind, said in sent),
    }


def _pool() -> ConnectionPool[Connection[Any]]:
    """Django's own pool; of one connection, with DELPHI_POOL=1, so that it is given back before it is ours."""
    pool: ConnectionPool[Connection[Any]] = cast(DatabaseWrapper, connection).pool
    return pool


def main() -> None:
    """Count, and print."""
    told = json.load(sys.stdin)
    django.setup()
    with serving(told["application"]) as base:
        browser = Browser(base, told["page"], told["secret"], told["statements"], told["posted_to"])
        browser.come_in()
        # What the first requests alone do, such as filling caches and preparing statements, is not counted.
        for _time in range(WARM):
            browser.vote()
            browser.look()
            browser.autosave()
        found: dict[str, Any] = {"page_bytes": browser.page_bytes, "answer_bytes": browser.answer_bytes}
        for name, deed in (("page", browser.look), ("vote", browser.vote), ("autosave", browser.autosave)):
            found[name] = counted(deed)
            browser.look()
        browser.close()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
