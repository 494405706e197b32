"""What LOGGING, error reports and the server would write: judged as Django and Python would read the settings."""

import copy
import logging.config
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils.log import DEFAULT_LOGGING

from surveys.safeguards import logs
from surveys.safeguards.findings import Finding, Level
from surveys.safeguards.logs import (
    DJANGO_SETS_UP_LOGS,
    REPORTER_FILTER,
    judge_logging,
    judge_reports,
    judge_server,
    writers,
)

REPORTS: dict[str, Any] = {
    "debug": False,
    "admins": [],
    "logging_config": DJANGO_SETS_UP_LOGS,
    "reporter": REPORTER_FILTER,
}


def found(findings: list[Finding]) -> dict[str, Level]:
    """What is not fine, by what was looked at."""
    return {finding.subject: finding.level for finding in findings if finding.level != Level.OK}


def logging_with(**loggers: Any) -> dict[str, Any]:
    """The project's LOGGING with other loggers put over its own; `root` is the root."""
    config = copy.deepcopy(settings.LOGGING)
    for name, entry in loggers.items():
        (config if name == "root" else config["loggers"])[name.replace("__", ".")] = entry
    return config


def test_the_logs_of_the_project_are_fine() -> None:
    assert found(judge_logging(settings.LOGGING, debug=False)) == {}


@pytest.mark.parametrize(
    ("name", "level", "degree"),
    [
        ("django.db.backends", "DEBUG", Level.REFUSES),
        ("django.template", "DEBUG", Level.REFUSES),
        ("django.server", "INFO", Level.REFUSES),
        ("django.request", "WARNING", Level.WARNS),
    ],
)
def test_a_logger_that_is_let_loose_is_found(name: str, level: str, degree: Level) -> None:
    config = logging_with(**{name: {"handlers": ["stderr"], "level": level, "propagate": False}})
    assert found(judge_logging(config, debug=False)) == {f"The log “{name}”": degree}


def test_a_root_at_debug_is_found_and_what_propagates_to_it_too() -> None:
    config = logging_with(
        root={"handlers": ["stderr"], "level": "DEBUG"},
        django__db__backends={"level": "DEBUG", "propagate": True},
        django={"propagate": True},
    )
    refused = {name for name, level in found(judge_logging(config, debug=False)).items() if level == Level.REFUSES}
    assert refused == {"The log “root”", "The log “django.db.backends”"}


def test_a_handler_that_writes_nothing_at_that_level_is_no_writer() -> None:
    config = logging_with(root={"handlers": ["nowhere"], "level": "DEBUG"})
    assert found(judge_logging(config, debug=False)) == {}
    config = logging_with(django__db__backends={"handlers": ["stderr"], "level": "DEBUG", "propagate": False})
    config["handlers"]["stderr"]["level"] = "WARNING"
    assert found(judge_logging(config, debug=False)) == {}


def test_what_logging_does_not_name_django_sets_up_by_itself() -> None:
    assert writers({"version": 1, "disable_existing_loggers": False}, "django.server", logging.INFO, debug=False)
    # A configuration that says nothing of it disables what was there.
    assert not writers({"version": 1}, "django.server", logging.INFO, debug=False)


@pytest.fixture
def real_logging() -> Iterator[None]:
    """Lets a test set logging up for real, from a bare root, and puts it back."""
    with pytest.MonkeyPatch.context() as bare:
        bare.setattr(logging.root, "handlers", [])
        bare.setattr(logging.root, "level", logging.WARNING)
        yield
    logging.config.dictConfig(settings.LOGGING)


@pytest.mark.usefixtures("real_logging")
@pytest.mark.parametrize(
    "loggers",
    [
        {},
        {"django.db.backends": {"level": "DEBUG"}},
        {"django": {"level": "DEBUG", "handlers": ["stderr"]}},
        {"django": {"level": "DEBUG"}, "root": {"handlers": ["stderr"], "level": "WARNING"}},
        {"django.server": {"propagate": True}},
    ],
)
@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO, logging.WARNING])
def test_the_judgement_is_what_python_does(loggers: dict[str, Any], level: int) -> None:
    """Which handlers get a record, asked of the logging that was really set up so."""
    config = {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"stderr": {"class": "logging.StreamHandler"}},
        "loggers": {name: entry for name, entry in loggers.items() if name != "root"},
        "root": loggers.get("root", {}),
    }
    for name in ("django", "django.db", "django.db.backends", "django.server", "django.template"):
        logger = logging.getLogger(name)
        logger.handlers, logger.level, logger.propagate = [], logging.NOTSET, True
    logging.config.dictConfig(DEFAULT_LOGGING)
    logging.config.dictConfig(config)
    for name in ("django.db.backends", "django.server", "django.template"):
        assert bool(writers(config, name, level, debug=False)) == _is_written(name, level), name


def _is_written(name: str, level: int) -> bool:
    logger: logging.Logger | None = logging.getLogger(name)
    assert logger is not None
    if not logger.isEnabledFor(level):
        return False
    record = logger.makeRecord(name, level, "", 0, "", (), None)
    while logger:
        for handler in logger.handlers:
            # pytest's own listen to everything.
            is_ours = "pytest" not in type(handler).__module__
            if is_ours and record.levelno >= handler.level and handler.filter(record):
                return True
        logger = logger.parent if logger.propagate else None
    return False


@pytest.mark.parametrize(
    ("fact", "value", "subject", "level"),
    [
        ("debug", True, "Error pages", Level.REFUSES),
        ("admins", [("Ada", "ada@example.org")], "Error mails", Level.REFUSES),
        ("logging_config", None, "Who sets up the logs", Level.WARNS),
        ("reporter", "django.views.debug.SafeExceptionReporterFilter", "What error reports leave out", Level.WARNS),
    ],
)
def test_what_would_show_a_fault_is_found(fact: str, value: Any, subject: str, level: Level) -> None:
    assert found(judge_reports(**REPORTS)) == {}
    assert found(judge_reports(**{**REPORTS, fact: value})) == {subject: level}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--access-logfile", "-"],
        ["--access-logfile=/var/log/a"],
        ["--log-config", "x"],
        ["--log-syslog"],
        ["--log-level", "debug"],
        ["--log-level=DEBUG"],
    ],
)
def test_a_server_that_is_told_to_keep_a_line_for_each_request_is_refused(arguments: list[str]) -> None:
    assert judge_server(["--workers", "2", "--log-level", "info"], []).level == Level.OK
    assert judge_server([*arguments, "--workers", "2"], []).level == Level.REFUSES


@pytest.mark.parametrize(
    ("content", "level"),
    [
        ("workers = 2\n", Level.OK),
        ("accesslog = None\n# accesslog = '-'\n", Level.OK),
        ("accesslog = '-'\n", Level.REFUSES),
        ("loglevel = 'info'\n", Level.OK),
        ("loglevel = 'debug'\n", Level.REFUSES),
        ("workers = 2\nlogconfig_dict = {'version': 1}\n", Level.REFUSES),
    ],
)
def test_the_server_s_configuration_is_read_too(content: str, level: Level) -> None:
    assert judge_server([], [("gunicorn.conf.py", content)]).level == level


def test_the_server_s_arguments_are_taken_from_its_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def server() -> Level:
        return next(each.level for each in logs.look() if each.subject == "The server's log of requests")

    monkeypatch.chdir(tmp_path)
    assert server() == Level.OK
    (tmp_path / "mine.py").write_text("accesslog = '-'")
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--workers 2 -c mine.py")
    assert server() == Level.REFUSES
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--access-logfile=-")
    assert server() == Level.REFUSES
    monkeypatch.delenv("GUNICORN_CMD_ARGS")
    for program in ("/app/bin/gunicorn", "/app/lib/gunicorn/__main__.py"):
        monkeypatch.setattr("sys.argv", [program, "delphi.wsgi", "--access-logfile", "-"])
        assert server() == Level.REFUSES
