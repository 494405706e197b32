"""PostgreSQL's settings: a stock server may be used, one that forgets or tells what was saved may not."""

import pytest
from django.db import connection

from surveys.safeguards.findings import Finding, Level
from surveys.safeguards.postgresql import judge_publications, judge_settings, judge_way, look

# A server of PostgreSQL 15 as Debian installs it.
STOCK = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "track_commit_timestamp": "off",
    "session_replication_role": "origin",
    "log_statement": "none",
    "log_statement_sample_rate": "1",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_parameter_max_length": "-1",
    "log_parameter_max_length_on_error": "0",
    "debug_print_parse": "off",
    "debug_print_rewritten": "off",
    "debug_print_plan": "off",
    "log_min_error_statement": "error",
    "data_checksums": "off",
}


def level_of(findings: list[Finding], name: str) -> Level:
    """What was found of the setting."""
    return next(finding.level for finding in findings if finding.subject.endswith(f" {name}"))


def test_a_stock_server_gets_warnings_and_no_refusal() -> None:
    findings = judge_settings(STOCK)
    assert {finding.subject.split()[-1] for finding in findings if finding.level == Level.WARNS} == {
        "log_min_error_statement",
        "data_checksums",
    }
    assert not [finding for finding in findings if finding.level == Level.REFUSES]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fsync", "off"),
        ("full_page_writes", "off"),
        ("synchronous_commit", "off"),
        ("track_commit_timestamp", "on"),
        ("session_replication_role", "replica"),
        ("log_statement", "mod"),
        ("log_statement", "all"),
        ("log_min_duration_statement", "0"),
        ("log_min_duration_statement", "5000"),
        ("log_min_duration_sample", "0"),
        ("log_transaction_sample_rate", "0.01"),
        ("log_parameter_max_length_on_error", "-1"),
        ("log_parameter_max_length_on_error", "64"),
        ("debug_print_parse", "on"),
        ("debug_print_rewritten", "on"),
        ("debug_print_plan", "on"),
        ("auto_explain.log_min_duration", "100"),
        ("pgaudit.log", "ddl, write"),
        ("pgaudit.log", "all"),
        ("pg_stat_monitor.pgsm_normalized_query", "off"),
    ],
)
def test_a_server_that_forgets_or_tells_is_refused_with_what_to_do(name: str, value: str) -> None:
    (finding,) = [each for each in judge_settings({**STOCK, name: value}) if each.level == Level.REFUSES]
    assert finding.wrong.startswith(f"PostgreSQL has {name} = {value}: ")
    assert finding.remedy.startswith(f"Set {name} = ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        # Each of these waits for this server's own disk.
        ("synchronous_commit", "local"),
        ("synchronous_commit", "remote_write"),
        ("synchronous_commit", "remote_apply"),
        ("log_statement", "ddl"),
        ("log_min_error_statement", "fatal"),
        ("log_min_error_statement", "panic"),
        ("data_checksums", "on"),
        ("auto_explain.log_min_duration", "-1"),
        ("pgaudit.log", "none"),
        ("pgaudit.log", "ddl, role"),
    ],
)
def test_what_keeps_the_promise_is_fine(name: str, value: str) -> None:
    assert level_of(judge_settings({**STOCK, name: value}), name) == Level.OK


def test_a_sample_of_nothing_is_no_sample() -> None:
    found = {**STOCK, "log_min_duration_sample": "0", "log_statement_sample_rate": "0"}
    assert level_of(judge_settings(found), "log_min_duration_sample") == Level.OK


def test_a_setting_that_the_server_does_not_know_is_not_spoken_of() -> None:
    assert [finding.subject for finding in judge_settings({"fsync": "on"})] == ["PostgreSQL: fsync"]


@pytest.mark.parametrize(
    ("host", "is_encrypted", "level"),
    [
        ("/var/run/postgresql", False, Level.OK),
        ("127.0.0.1", False, Level.OK),
        ("db.example.org", True, Level.OK),
        ("db.example.org", False, Level.WARNS),
    ],
)
def test_only_a_bare_connection_to_another_machine_is_warned_of(host: str, is_encrypted: bool, level: Level) -> None:
    assert judge_way(host=host, is_encrypted=is_encrypted).level == level


def test_a_subscriber_to_the_sheets_is_warned_of() -> None:
    assert judge_publications([]).level == Level.OK
    assert "copies" in judge_publications(["copies"]).wrong


@pytest.mark.services
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value"),
    [("synchronous_commit", "off"), ("log_statement", "mod"), ("log_min_duration_statement", "0")],
)
def test_what_is_set_for_this_very_connection_counts(name: str, value: str) -> None:
    assert level_of(look(), name) == Level.OK
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL {name} = {value}")
    assert level_of(look(), name) == Level.REFUSES


@pytest.mark.services
@pytest.mark.django_db
def test_a_publication_of_the_sheets_is_found() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE PUBLICATION other_server FOR TABLE sheets_sheet")
    assert any("other_server" in finding.wrong for finding in look())
