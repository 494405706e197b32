"""The study that `anonymity_check` attacks, for tests; and marks for tests that fill sheets themselves."""

import contextlib
import secrets
from collections.abc import Iterator

from django.core.management import call_command

from surveys.operations.anonymity.seeded import Seeded, build

CANARY = f"CANARY-{secrets.token_hex(8)}"


@contextlib.contextmanager
def seeded_study() -> Iterator[Seeded]:
    """Build it, committed; at the end the database is empty again."""
    try:
        yield build()
    finally:
        call_command("flush", interactive=False, verbosity=0)
