"""Does this installation keep the promise? Everything that is checked, and what keeps a round from opening."""

from django.db import connection
from django.utils.translation import gettext as _

from surveys.safeguards import guards, keys, logs, postgresql, programs, side_stores, sqlite
from surveys.safeguards.findings import Finding, Level, Section


def checked() -> list[Section]:
    """What is found, part by part, without asking anybody but the database. Raises DatabaseError where it is away."""
    database = postgresql if connection.vendor == "postgresql" else sqlite
    return [
        Section(_("Database"), tuple(database.look())),
        Section(_("Guards in the database"), tuple(guards.look())),
        Section(_("Keys"), tuple(keys.look())),
        Section(_("Logs"), tuple(logs.look())),
        Section(_("Other programs"), tuple(programs.look())),
        Section(_("Queue, cache and mail"), tuple(side_stores.look())),
    ]


def asked() -> Section:
    """What the other servers answer; this may take seconds."""
    return Section(_("Other servers"), tuple(side_stores.ask()))


def refusals() -> list[Finding]:
    """What keeps a round from opening: here the promise could not be kept. Raises DatabaseError."""
    return [finding for section in checked() for finding in section.findings if finding.level == Level.REFUSES]
