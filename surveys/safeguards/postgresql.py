"""Whether PostgreSQL keeps what it says it saved, and writes no answer and no time of one anywhere else.

Each setting is judged as this very connection has it, so what is set for a database or a role counts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from surveys.safeguards.findings import Finding, Level, judged

SHEETS = "sheets_sheet"
# Of synchronous_commit `off` alone answers before the commit is on this server's own disk; the other values differ in
# what they wait for besides (PostgreSQL's manual, 20.5.1).
ANSWERS_EARLY = "off"
# Below these a statement that fails is written to the log with its values.
QUIET_ABOUT_ERRORS = {"fatal", "panic"}
# What pgaudit may write: none of it holds a value of ours.
HARMLESS_AUDIT = {"none", "ddl", "role", "misc", "misc_set"}


@dataclass(frozen=True)
class Rule:
    """One setting: which values keep the promise, which one to set, and what is wrong with the others."""

    name: str
    holds: Callable[[str], bool]
    value: str
    wrong: str | Promise
    level: Level = Level.REFUSES
    remedy: str | Promise = ""


def _is(*values: str) -> Callable[[str], bool]:
    return lambda value: value.lower() in values


_NOT_SAVED = lazy("an answer can be lost after the panelist was told that it is saved")
_LOGGED = lazy("the log of PostgreSQL gets statements with their values")
_IS_AUDITED = lazy("the log of pgaudit gets statements that write, and when")

RULES = (
    Rule("fsync", _is("on"), "on", _NOT_SAVED),
    Rule("full_page_writes", _is("on"), "on", lazy("a crash of the machine can damage what was saved")),
    Rule("synchronous_commit", lambda value: value != ANSWERS_EARLY, "on", _NOT_SAVED),
    Rule("track_commit_timestamp", _is("off"), "off", lazy("the database notes when each sheet was saved")),
    Rule("session_replication_role", _is("origin", "local"), "origin", lazy("frozen results are not guarded")),
    Rule("log_statement", _is("none", "ddl"), "none", _LOGGED),
    Rule("log_min_duration_statement", _is("-1"), "-1", _LOGGED),
    Rule("log_min_duration_sample", _is("-1"), "-1", _LOGGED),
    Rule("log_transaction_sample_rate", lambda value: float(value) == 0, "0", _LOGGED),
    Rule("log_parameter_max_length_on_error", _is("0"), "0", _LOGGED),
    Rule("debug_print_parse", _is("off"), "off", _LOGGED),
    Rule("debug_print_rewritten", _is("off"), "off", _LOGGED),
    Rule("debug_print_plan", _is("off"), "off", _LOGGED),
    Rule("auto_explain.log_min_duration", _is("-1"), "-1", _LOGGED),
    Rule(
        "pgaudit.log",
        lambda value: {part.strip().lower() for part in value.split(",")} <= HARMLESS_AUDIT,
        "none",
        _IS_AUDITED,
    ),
    Rule(
        "pg_stat_monitor.pgsm_normalized_query",
        _is("on", "yes"),
        "on",
        lazy("pg_stat_monitor keeps statements with their values"),
    ),
    Rule(
        "log_min_error_statement",
        _is(*QUIET_ABOUT_ERRORS),
        "panic",
        lazy("the log of PostgreSQL gets each statement that fails, with its values"),
        Level.WARNS,
    ),
    Rule(
        "data_checksums",
        _is("on"),
        "on",
        lazy("nobody would notice that the disk damaged what was saved"),
        Level.WARNS,
        lazy("Stop the server and run pg_checksums --enable."),
    ),
)


def judge_settings(found: Mapping[str, str]) -> list[Finding]:
    """The findings about these rows of pg_settings, by name; a setting that the server does not have is left out."""
    return [_judged(rule, found) for rule in RULES if rule.name in found]


def _judged(rule: Rule, found: Mapping[str, str]) -> Finding:
    value = found[rule.name]
    # A sample of none is no sample.
    unused = rule.name == "log_min_duration_sample" and float(found.get("log_statement_sample_rate", "1")) == 0
    facts = {"name": rule.name, "value": value, "wrong": rule.wrong}
    facts_to_set = {"name": rule.name, "value": rule.value}
    return judged(
        f"PostgreSQL: {rule.name}",
        holds=unused or rule.holds(value),
        level=rule.level,
        wrong=_("PostgreSQL has %(name)s = %(value)s: %(wrong)s.") % facts,
        remedy=str(rule.remedy or _("Set %(name)s = %(value)s on the server.") % facts_to_set),
    )


def judge_way(*, host: str, is_encrypted: bool) -> Finding:
    """The finding about the way to the server; within one machine it needs no encryption."""
    is_local = host.startswith("/") or host in {"", "localhost", "127.0.0.1", "::1"}
    return judged(
        _("The way to PostgreSQL"),
        holds=is_local or is_encrypted,
        level=Level.WARNS,
        wrong=_("The connection to PostgreSQL on %(host)s is not encrypted.") % {"host": host},
        remedy=_("Add ?sslmode=verify-full to DATABASE_URL; a network that no other machine shares needs none."),
    )


def judge_publications(names: list[str]) -> Finding:
    """The finding about publications, by which a subscriber is told of each save as it happens."""
    return judged(
        _("Publications of the sheets"),
        holds=not names,
        level=Level.WARNS,
        wrong=_("Another server is told of each saved sheet at once, by the publication %(names)s.")
        % {"names": ", ".join(names)},
        remedy=_("Take the table %(table)s out of it, or see that the other server keeps no times.")
        % {"table": SHEETS},
    )


def look() -> list[Finding]:
    """What is found on the server of this installation; one query."""
    names = [rule.name for rule in RULES] + ["log_statement_sample_rate"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT TRUE, name, setting FROM pg_settings WHERE name = ANY(%s) "
            "UNION SELECT FALSE, pubname, '' FROM pg_publication_tables WHERE tablename = %s",
            [names, SHEETS],
        )
        rows = cursor.fetchall()
    found = {name: setting for is_setting, name, setting in rows if is_setting}
    publications = sorted(name for is_setting, name, _empty in rows if not is_setting)
    way = connection.connection
    return [
        *judge_settings(found),
        judge_publications(publications),
        judge_way(host=way.info.host, is_encrypted=bool(way.pgconn.ssl_in_use)),
    ]
