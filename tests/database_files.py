"""What lies on the disk of an SQLite database."""

import subprocess
from pathlib import Path

from django.db import connection


def files() -> list[Path]:
    """The database itself, its write-ahead log and the files beside it; none on PostgreSQL."""
    if connection.vendor != "sqlite":
        return []
    database = Path(str(connection.settings_dict["NAME"]))
    return sorted(database.parent.glob(f"{database.name}*"))


def content() -> bytes:
    """The bytes of all these files, one after the other.

    Another process reads them. The system drops every lock that a process holds on a file as soon as that process
    closes the file anywhere, so a look from here would take SQLite's locks away from the open connections; the next
    process to close the database would then delete the log under them, and the database would be malformed.
    """
    found = files()
    return subprocess.run(["cat", "--", *found], capture_output=True, check=True).stdout if found else b""
