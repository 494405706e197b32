"""Attacks on everything beside the sheets: Q12 to Q15, on files, Redis, logs, and tables that know times."""

import base64
import logging
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from redis import Redis

from surveys.operations.anonymity.evidence import columns_of, dump, rows, tables_with_persons
from surveys.operations.anonymity.findings import Observation
from surveys.operations.anonymity.seeded import Seeded
from surveys.sheets.keystore import study_keys

# Tables that know both a panelist and a time: mails go to the whole panel at once, in random order.
KNOWS_A_TIME = frozenset({"panels_message"})
_READS = "import sys\nfor name in sys.argv[1:]:\n    sys.stdout.buffer.write(open(name, 'rb').read())"
_FILES = """
    SELECT pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class
    WHERE relkind IN ('r', 'i', 't', 'm') AND pg_relation_filepath(oid) LIKE 'base/%'
"""
MARKER = "anonymity-check-marker"


def files(seeded: Seeded) -> Observation:
    """Q12: the canary in every file of the database, and in every row."""
    content, note = database_content()
    found = []
    if seeded.panel[0].email.encode() not in content:
        found.append("the search is blind: it does not find an address that stands there")
    hit = 0
    for panelist in seeded.panel:
        marks = [seeded.canary.encode() + b" " + panelist.pk.hex.encode()]
        hit += any(mark in content or mark.hex().encode() in content for mark in marks)
    found += [f"{hit} panelists' reasons in the clear"] if hit else []
    if seeded.canary.encode() in content and not hit:
        found.append("the canary in the clear")
    return Observation(given_away=hit, found=tuple(found), note=note)


def database_content() -> tuple[bytes, str]:
    """The bytes of the database's files and rows, and what could not be looked at."""
    everything = repr(dump()).encode()
    if connection.vendor == "sqlite":
        return everything + content_of(sqlite_files()), ""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("CHECKPOINT")
            pages = b"".join(row[0] for row in rows(_FILES))
    except DatabaseError:
        return everything, "The server lets this role read none of its files: every row was searched instead."
    return everything + pages, "The server's write-ahead log was not read: it holds other databases' pages too."


def sqlite_files() -> list[Path]:
    """The database itself, its write-ahead log and the files beside it."""
    database = Path(str(connection.settings_dict["NAME"]))
    return sorted(database.parent.glob(f"{database.name}*"))


def content_of(paths: Iterable[Path]) -> bytes:
    """The bytes of these files, one after the other, as another process reads them.

    The system drops every lock that a process holds on a file as soon as that process closes the file anywhere, so
    a look from here would take SQLite's locks away from the open connections.
    """
    command = [sys.executable, "-c", _READS, *map(str, paths)]
    return subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603


def redis(seeded: Seeded) -> Observation | None:
    """Q13: everything that lies in the installation's Redis, after the study went through it."""
    if not settings.REDIS_URL:
        return None
    cache.set(MARKER, MARKER, timeout=60)
    content = redis_content(Redis.from_url(settings.REDIS_URL))
    cache.delete(MARKER)
    found = [f"{name} in Redis" for name, words in told_by(seeded).items() if any(word in content for word in words)]
    if MARKER.encode() not in content:
        found.append("the search is blind: it does not find what was put there")
    return Observation(found=tuple(found))


def redis_content(client: Redis) -> bytes:
    """Every key and value."""
    readers: dict[str, Callable[[Any], Any]] = {
        "string": client.get,
        "list": lambda key: client.lrange(key, 0, -1),
        "hash": client.hgetall,
        "set": client.smembers,
        "zset": lambda key: client.zrange(key, 0, -1),
    }
    found = b""
    for key in client.scan_iter():
        kind = client.type(key)
        read = readers.get(kind if isinstance(kind, str) else kind.decode())
        value = read(key) if read else b""
        found += b"\n" + bytes(key) + b"\n" + (value if isinstance(value, bytes) else repr(value).encode())
    return found


def told_by(seeded: Seeded) -> dict[str, list[bytes]]:
    """What must stand in no log and no cache, by what it is, in every form in which it might be written."""
    keys = study_keys(seeded.study.pk)
    pseudonyms = [keys.pseudonym(round.pk, one.pk) for round in (seeded.open, seeded.closed) for one in seeded.panel]
    forms = [form for each in pseudonyms for form in (each, each.hex().encode(), base64.b64encode(each))]
    return {
        "what somebody wrote": [seeded.canary.encode(), seeded.earlier.encode()],
        "a link's secret": [secret.encode() for secret in seeded.secrets.values()],
        "a pseudonym": [*forms, *(repr(each)[2:-1].encode() for each in pseudonyms)],
        "a panelist's address": [panelist.email.encode() for panelist in seeded.panel],
        "a key": [keys.box_key.hex().encode(), settings.DELPHI_MASTER_KEY.hex().encode(), settings.SECRET_KEY.encode()],
        "a rating": [b"reason-s1", b"'s1'", b'"s1"', b"s1=", b"(choice="],
    }


def logs(seeded: Seeded) -> Observation | None:
    """Q14: every log of the application at its most talkative, while all of this happened."""
    if seeded.ear is None:
        return None
    logging.getLogger("surveys").debug(MARKER)
    said = seeded.ear.said.encode()
    found = [f"{name} in a log" for name, words in told_by(seeded).items() if any(word in said for word in words)]
    if MARKER.encode() not in said:
        found.append("the search is blind: it does not hear what is logged")
    return Observation(found=tuple(found))


def times_of_persons(_seeded: Seeded) -> Observation:
    """Q15: tables that know both a panelist and a time finer than a day."""
    timed = {
        table
        for table in tables_with_persons()
        if any("timestamp" in kind.lower() or "time" in kind.lower() for kind in columns_of(table).values())
    }
    found = [f"{table} knows a panelist and a time" for table in sorted(timed - KNOWS_A_TIME)]
    found += [] if timed >= KNOWS_A_TIME else ["the search is blind: it does not find the outbox"]
    return Observation(found=tuple(found))
