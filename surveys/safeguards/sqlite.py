"""Whether SQLite keeps what it says it saved, wipes what was deleted, and lies where others do not read it."""

import stat
from pathlib import Path

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from surveys.safeguards.findings import Finding, Level, judged

# By pragma: the values that keep the promise, and what is wrong with the others. 2 is FULL, 3 is EXTRA.
PRAGMAS: tuple[tuple[str, set[str], str, str | Promise], ...] = (
    ("journal_mode", {"wal"}, "WAL", lazy("saving and reading get into each other's way")),
    ("synchronous", {"2", "3"}, "FULL", lazy("an answer can be lost after the panelist was told that it is saved")),
    ("secure_delete", {"1"}, "ON", lazy("what was deleted stays in the file")),
)
READABLE_BY_OTHERS = stat.S_IRGRP | stat.S_IROTH
ENTERED_BY_OTHERS = stat.S_IXGRP | stat.S_IXOTH


def judge_pragmas(found: dict[str, str]) -> list[Finding]:
    """The findings about these pragmas of a connection, by name."""
    return [
        judged(
            f"SQLite: {name}",
            holds=found[name].lower() in kept,
            wrong=_("SQLite has %(name)s = %(value)s: %(wrong)s.")
            % {"name": name, "value": found[name], "wrong": wrong},
            remedy=_("Put PRAGMA %(name)s=%(value)s back into DATABASES.") % {"name": name, "value": value},
        )
        for name, kept, value, wrong in PRAGMAS
    ]


def judge_file(database: Path) -> Finding:
    """The finding about the database's file: whether other users of the machine can reach and read it."""
    folder, file = database.parent.stat().st_mode, database.stat().st_mode
    return judged(
        _("The file of the database"),
        holds=not (file & READABLE_BY_OTHERS and folder & ENTERED_BY_OTHERS),
        level=Level.WARNS,
        wrong=_("Other users of this machine can read %(file)s, with the names and addresses in it.")
        % {"file": database},
        remedy=_("Close its folder to them: chmod 700 %(folder)s") % {"folder": database.parent},
    )


def look() -> list[Finding]:
    """What is found of this installation's database; one query."""
    names = [name for name, _kept, _value, _wrong in PRAGMAS]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {', '.join(f'pragma_{name}' for name in names)}")  # noqa: S608  names of ours
        found = dict(zip(names, map(str, cursor.fetchone()), strict=True))
    database = Path(str(connection.settings_dict["NAME"]))
    return [*judge_pragmas(found), *([judge_file(database)] if database.exists() else [])]
