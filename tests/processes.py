"""Processes of the application that share the test's own database and keystore, and leave nothing behind."""

import base64
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 120


def environment(**more: str) -> dict[str, str]:
    """The variables with which a process stands on the database, the keystore and the secrets of this test."""
    return {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "delphi.settings",
        "DATABASE_URL": database_url(),
        "DELPHI_DATA": str(settings.DELPHI_DATA),
        "DELPHI_KEYSTORE": str(settings.DELPHI_KEYSTORE),
        "SECRET_KEY": settings.SECRET_KEY,
        "DELPHI_MASTER_KEY": base64.urlsafe_b64encode(settings.DELPHI_MASTER_KEY).decode(),
        **more,
    }


def database_url(name: str = "") -> str:
    """The address of the test's database, or of another one on the same server."""
    place = connection.settings_dict
    name = name or str(place["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    user, password = quote(str(place["USER"])), quote(str(place["PASSWORD"]))
    who = f"{user}:{password}@" if password else f"{user}@" if user else ""
    return f"postgres://{who}{place['HOST'] or '127.0.0.1'}:{place['PORT'] or 5432}/{name}"


@contextlib.contextmanager
def running(
    *command: str, variables: dict[str, str], stdin: int | None = None, stderr: int | IO[str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A Python process that leads a group of its own; at the end the whole group is gone."""
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=variables,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> None:
    """Ask the group to leave, and then make it."""
    for each in (number, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, each)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
