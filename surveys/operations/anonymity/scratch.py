"""A scratch copy of the installation: the same program and settings on an empty database that goes away again.

Only the database, the data folder and the keystore are others, and mail stays in memory. The installation's own data
is neither read nor changed.
"""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection

from surveys.operations.refusal import Refusal

_INSIDE = (
    "import sys, django; django.setup(); "
    "from surveys.operations.anonymity.inside import main; main(sys.argv[1], int(sys.argv[2]))"
)
PATIENCE = 10


class CheckFailed(Exception):
    """The attacks could not be run to their end; the message is what the process said."""


def attack_scratch(trials: int, *, said: Callable[[int], None]) -> dict[str, Any]:
    """Run all attacks over so many trials on a scratch copy; `said` is told of each trial when it is done.

    The result has `database`, `redis`, `trials`, `panelists`, `statements` and `attacks`, a dictionary for each
    `findings.Finding`. Raises Refusal where the scratch database cannot be made, CheckFailed.
    """
    with tempfile.TemporaryDirectory(prefix="delphi-anonymity-") as folder, _database(Path(folder)) as (url, name):
        variables = {**os.environ, "DELPHI_DATA": folder, "EMAIL_URL": "memorymail://", "DATABASE_URL": url}
        variables["DELPHI_KEYSTORE"] = str(Path(folder) / "keystore")
        errors = Path(folder) / "errors"
        with errors.open("w") as stderr, _process(name, trials, variables, stderr) as process:
            result = _followed(process, said)
        if result is None:
            raise CheckFailed(errors.read_text().strip() or "The process said nothing.")
        return result


@contextlib.contextmanager
def _database(folder: Path) -> Iterator[tuple[str, str]]:
    """The scratch database's address and name; an SQLite file goes away with its folder."""
    if connection.vendor == "sqlite":
        path = folder.resolve() / "database" / "scratch.sqlite3"
        path.parent.mkdir()
        yield f"sqlite:///{path}", str(path)
        return
    name = f"delphi_anonymity_check_{secrets.token_hex(6)}"
    _create(name)
    try:
        yield urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl(), name
    finally:
        with _undisturbed(), connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _create(name: str) -> None:
    """Make the database beside the installation's own. Raises Refusal where the role may not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname::text, rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
        role, may_create = cursor.fetchone()
        if not may_create:
            raise Refusal(
                "The check makes a scratch database beside the installation's own and drops it at the end, so the "
                f'role “{role}” must be allowed to create databases: ALTER ROLE "{role}" CREATEDB.'
            )
        try:
            cursor.execute(f'CREATE DATABASE "{name}"')
        except DatabaseError as fault:
            raise Refusal(f"The scratch database cannot be made: {str(fault).splitlines()[0]}.") from fault
    # Nothing is asked of it until the end; by then the server may have closed it.
    connection.close()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """What goes away at the end goes away, also if Ctrl-C is pressed again."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _process(name: str, trials: int, variables: dict[str, str], stderr: IO[str]) -> Iterator["subprocess.Popen[str]"]:
    """The process that attacks, the leader of a group that is gone at the end."""
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", _INSIDE, name, str(trials)],
        cwd=settings.BASE_DIR,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
        process.wait(PATIENCE)
    finally:
        with _undisturbed():
            _end(process)


def _end(process: "subprocess.Popen[str]") -> None:
    """Ask the group to tidy up and leave, and then make it."""
    for number in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=PATIENCE)


def _followed(process: "subprocess.Popen[str]", said: Callable[[int], None]) -> dict[str, Any] | None:
    """What the process found, or None where it ended without a word of that. Raises Refusal where no round opens."""
    for line in process.stdout or ():
        told: dict[str, Any] = json.loads(line)
        if "trial" in told:
            said(told["trial"])
        if "refused" in told:
            wrong = " ".join(told["refused"])
            raise Refusal(f"No round opens here, so there is nothing to attack: {wrong} See manage.py doctor.")
        if "result" in told:
            result: dict[str, Any] = told["result"]
            return result
    return None
