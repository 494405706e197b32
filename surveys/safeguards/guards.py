"""Whether the guards that the migrations made still stand in this very database.

A restored dump, or a table that some tool rebuilt, can be without them.
"""

from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from surveys.safeguards.findings import Finding, judged

SHEETS = "sheets_sheet"

FROZEN = (
    "feedback_commitment",
    "feedback_groupresult",
    "feedback_result",
    "feedback_roundresult",
    "feedback_surveyresult",
    "rounds_askedoption",
    "rounds_askedstatement",
    "rounds_askedvignette",
    "studies_auditentry",
    "vignettes_lineagestep",
)
"""The tables whose rows the database itself refuses to change."""

APART = ("accounts_user", "panels_panelist", "studies_studystaff")
"""The tables that keep panelists and staff of a study apart."""

ROWLESS = (
    "feedback_comment",
    "feedback_commitment",
    "feedback_groupresult",
    "feedback_participation",
    "sheets_sheet",
)
"""The tables that SQLite must keep without row numbers, which tell who wrote when."""


@dataclass(frozen=True)
class Standing:
    """What stands in a database: tables WITHOUT ROWID, and enabled triggers by table and name."""

    rowless: frozenset[str]
    triggers: frozenset[tuple[str, str]]


def triggers_expected(vendor: str) -> frozenset[tuple[str, str]]:
    """Table and name of each trigger that the migrations make on this kind of database."""
    moments = ("",) if vendor == "postgresql" else ("_inserted", "_updated")
    frozen = {(table, f"{table}_is_frozen") for table in FROZEN}
    return frozenset(frozen | {(table, f"{table}_apart{moment}") for table in APART for moment in moments})


def judge_guards(standing: Standing, vendor: str) -> list[Finding]:
    """The findings about what stands in a database."""
    missing = sorted(name for table, name in triggers_expected(vendor) - standing.triggers)
    foreign = sorted(name for table, name in standing.triggers - triggers_expected(vendor) if table == SHEETS)
    findings = [
        judged(
            _("Triggers that refuse changes"),
            holds=not missing,
            wrong=_("The database lets frozen rows be changed: it is without the triggers %(names)s.")
            % {"names": ", ".join(missing)},
            remedy=_("Run manage.py migrate; where that changes nothing, restore a backup that has them."),
        ),
        judged(
            _("Triggers on the sheets"),
            holds=not foreign,
            wrong=_("Something is done whenever a sheet is saved, by the triggers %(names)s.")
            % {"names": ", ".join(foreign)},
            remedy=_("Drop them: a save must leave nothing behind but the sheet."),
        ),
    ]
    return findings if vendor == "postgresql" else [*findings, _judge_rows(standing)]


def _judge_rows(standing: Standing) -> Finding:
    numbered = sorted(set(ROWLESS) - standing.rowless)
    return judged(
        _("Tables without row numbers"),
        holds=not numbered,
        wrong=_("SQLite numbers the rows of %(tables)s, which tells who wrote when.") % {"tables": ", ".join(numbered)},
        remedy=_("Run manage.py migrate; where that changes nothing, restore a backup that was not rebuilt."),
    )


def look() -> list[Finding]:
    """What is found in this installation's database; one query."""
    standing = _in_postgresql() if connection.vendor == "postgresql" else _in_sqlite()
    return judge_guards(standing, connection.vendor)


def _in_postgresql() -> Standing:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname::text, t.tgname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND pg_table_is_visible(c.oid)"
        )
        rows = cursor.fetchall()
    return Standing(frozenset(), frozenset(rows))


def _in_sqlite() -> Standing:
    with connection.cursor() as cursor:
        cursor.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type IN ('table', 'trigger')")
        rows = cursor.fetchall()
    tables = {name: sql or "" for kind, name, _table, sql in rows if kind == "table"}
    return Standing(
        frozenset(name for name, sql in tables.items() if sql.rstrip().upper().endswith("WITHOUT ROWID")),
        frozenset((table, name) for kind, name, table, _sql in rows if kind == "trigger"),
    )
