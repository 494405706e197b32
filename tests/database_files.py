"""What lies on the disk of an SQLite database."""

from pathlib import Path

from django.db import connection

from surveys.operations.anonymity.side_stores import content_of, sqlite_files


def files() -> list[Path]:
    """The database itself, its write-ahead log and the files beside it; none on PostgreSQL."""
    return sqlite_files() if connection.vendor == "sqlite" else []


def content() -> bytes:
    """The bytes of all these files, one after the other."""
    return content_of(files())
