"""The part of the check that runs as a process of its own, on the scratch database: `scratch` starts it.

It writes one JSON object a line: `{"trial": 1}` after each trial, and at last `{"result": …}`; or `{"refused": […]}`,
where these settings would let no round open at all.
"""

import dataclasses
import json
import secrets
import sqlite3
import sys
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from redis import Redis

from surveys.operations.anonymity.evidence import tables
from surveys.operations.anonymity.seeded import PANELISTS, STATEMENTS
from surveys.operations.anonymity.trials import run
from surveys.safeguards.promise import refusals

IN_MEMORY = "django.core.mail.backends.locmem.EmailBackend"


class NotScratch(Exception):
    """This is not the empty database that was made for the check, or mail would leave the machine."""


def main(database: str, trials: int) -> None:
    """Run all attacks on the scratch database of this name, and write what they found."""
    _must_be_scratch(database)
    prefix = f"anonymity-check-{secrets.token_hex(8)}"
    if settings.REDIS_URL:
        # The installation's own keys in Redis are left alone; ours are taken away again.
        settings.CACHES["default"]["KEY_PREFIX"] = prefix
    try:
        call_command("migrate", interactive=False, verbosity=0)
        wrong = [finding.wrong for finding in refusals()]
        if wrong:
            _say({"refused": wrong})
            return
        findings = run(trials, said=lambda trial: _say({"trial": trial}))
        _say({"result": {**_circumstances(trials), "attacks": [dataclasses.asdict(each) for each in findings]}})
    finally:
        _tidy_redis(prefix)


def _must_be_scratch(database: str) -> None:
    if str(connection.settings_dict["NAME"]) != database or tables():
        raise NotScratch
    if settings.EMAIL_BACKEND != IN_MEMORY:
        raise NotScratch


def _circumstances(trials: int) -> dict[str, Any]:
    return {
        "database": database_version(),
        "redis": bool(settings.REDIS_URL),
        "trials": trials,
        "panelists": PANELISTS,
        "statements": STATEMENTS,
    }


def database_version() -> str:
    """The database's name and version."""
    if connection.vendor == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0]}"


def _tidy_redis(prefix: str) -> None:
    if not settings.REDIS_URL:
        return
    cache.close()
    client = Redis.from_url(settings.REDIS_URL)
    for key in client.scan_iter(match=f"{prefix}*"):
        client.delete(key)
    client.close()


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(what, ensure_ascii=False)}\n")
    sys.stdout.flush()
