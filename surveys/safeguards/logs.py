"""Whether a log, an error report or the server's list of requests would tell what a panelist wrote, or when."""

import itertools
import logging
import os
import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.log import DEFAULT_LOGGING
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from surveys.safeguards.findings import Finding, Level, judged

DJANGO_SETS_UP_LOGS = "logging.config.dictConfig"
REPORTER_FILTER = "surveys.pages.reporting.NothingPersonalFilter"
MAILS_REPORTS = "AdminEmailHandler"

# By logger: from which level on nothing may be written, how bad it is, and what would be.
TALKATIVE: tuple[tuple[str, int, Level, str | Promise], ...] = (
    ("django.db.backends", logging.DEBUG, Level.REFUSES, lazy("every statement with its values")),
    ("django.template", logging.DEBUG, Level.REFUSES, lazy("what stands on a page")),
    ("django.server", logging.INFO, Level.REFUSES, lazy("a line for each request")),
    ("django.request", logging.WARNING, Level.WARNS, lazy("which pages were asked for in vain, and when")),
    ("root", logging.DEBUG, Level.REFUSES, lazy("whatever any library has to say")),
)

ACCESS_OPTIONS = ("--access-logfile", "--log-config", "--log-config-json", "--log-config-dict", "--log-syslog")
_ACCESS_IN_FILE = re.compile(
    r"^\s*(?:(?:accesslog|logconfig\w*|syslog)\s*=(?!\s*(?:None\b|False\b|\"\"|''))|loglevel\s*=\s*.debug)",
    re.MULTILINE | re.IGNORECASE,
)


def writers(config: Mapping[str, Any], logger: str, level: int, *, debug: bool) -> list[str]:
    """The names of the handlers that would write a line of this logger at this level, under LOGGING as Django reads it.

    What LOGGING does not name Django sets up by itself, unless LOGGING disables what was there before.
    """
    loggers, handlers = _merged(config)
    threshold, names, settled = logging.WARNING, [], False
    for each in _upwards(logger, loggers):
        if not settled and _level(each.get("level")):
            threshold, settled = _level(each.get("level")), True
        names += each.get("handlers", [])
        if not each.get("propagate", True):
            break
    else:
        root = loggers.get("root", {})
        if not settled:
            threshold = _level(root.get("level")) or logging.WARNING
        names += root.get("handlers", [])
    if level < threshold:
        return []
    return [name for name in names if _writes(handlers.get(name, {}), level, debug=debug)]


def _merged(config: Mapping[str, Any]) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Loggers and handlers by name; the root logger is named root.

    Of what Django set up before, whatever lies beneath a logger that is named now is taken back.
    """
    given = dict(config.get("loggers", {}))
    root = config.get("root") or given.pop("", {})
    before = {} if config.get("disable_existing_loggers", True) else DEFAULT_LOGGING["loggers"]
    stays = {
        name: entry
        for name, entry in before.items()
        if name in given or not any(name.startswith(f"{each}.") for each in given)
    }
    named = {name: {**stays.get(name, {}), "handlers": [], **each} for name, each in given.items()}
    handlers = {**DEFAULT_LOGGING["handlers"], **config.get("handlers", {})}
    return {**stays, **named, "root": dict(root)}, handlers


def _upwards(logger: str, loggers: Mapping[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The logger's own entry and those above it, the root left out."""
    parts = [] if logger == "root" else logger.split(".")
    for end in range(len(parts), 0, -1):
        yield loggers.get(".".join(parts[:end]), {})


def _level(given: str | int | None) -> int:
    if isinstance(given, str):
        return logging.getLevelNamesMapping().get(given, logging.NOTSET)
    return given or logging.NOTSET


def _writes(handler: Mapping[str, Any], level: int, *, debug: bool) -> bool:
    kind = handler.get("class") or handler.get("()") or ""
    asleep = "require_debug_true" in handler.get("filters", []) and not debug
    return not (str(kind).endswith("NullHandler") or asleep or level < _level(handler.get("level")))


def judge_logging(config: Mapping[str, Any], *, debug: bool) -> list[Finding]:
    """The findings about LOGGING."""
    findings = []
    for logger, level, degree, what in TALKATIVE:
        found = writers(config, logger, level, debug=debug)
        facts = {"logger": logger, "handlers": ", ".join(dict.fromkeys(found)), "what": what}
        findings.append(
            judged(
                _("The log “%(logger)s”") % facts,
                holds=not found,
                level=degree,
                wrong=_("LOGGING lets %(handlers)s write %(what)s, from the logger “%(logger)s”.") % facts,
                remedy=_("Raise the level of “%(logger)s” in LOGGING above %(level)s.")
                % {"logger": logger, "level": logging.getLevelName(level)},
            )
        )
    return findings


def judge_reports(*, debug: bool, admins: Sequence[Any], logging_config: str | None, reporter: str) -> list[Finding]:
    """The findings about what Django does with a fault: its pages, its mails, and what it leaves out of them."""
    return [
        judged(
            _("Error pages"),
            holds=not debug,
            wrong=_("DEBUG is on: a fault shows what the program had in its hands, and statements are kept."),
            remedy=_("Unset DEBUG."),
        ),
        judged(
            _("Error mails"),
            holds=not admins,
            wrong=_("ADMINS get a mail of each fault, with what a panelist sent and whose session it was."),
            remedy=_("Empty ADMINS; faults stand in the log."),
        ),
        judged(
            _("What error reports leave out"),
            holds=reporter == REPORTER_FILTER,
            level=Level.WARNS,
            wrong=_("DEFAULT_EXCEPTION_REPORTER_FILTER is %(name)s, which leaves in what a panelist wrote.")
            % {"name": reporter},
            remedy=_("Set it to %(name)s.") % {"name": REPORTER_FILTER},
        ),
        judged(
            _("Who sets up the logs"),
            holds=logging_config == DJANGO_SETS_UP_LOGS,
            level=Level.WARNS,
            wrong=_("LOGGING_CONFIG is %(name)s, so nothing can be said here of what is logged.")
            % {"name": logging_config},
            remedy=_("Take it out, or see that no log gets answers, statements or requests."),
        ),
    ]


def judge_server(arguments: Sequence[str], configurations: Sequence[tuple[str, str]]) -> Finding:
    """The finding about gunicorn's log of requests, from its arguments and its configurations (name, content)."""
    options = list(_options(arguments))
    sources = [name for name, _value in options if name in ACCESS_OPTIONS]
    # At this level gunicorn writes each request's address even where it keeps no list of them.
    sources += [f"{name} {value}" for name, value in options if name == "--log-level" and value.lower() == "debug"]
    sources += [name for name, content in configurations if _ACCESS_IN_FILE.search(content)]
    return judged(
        _("The server's log of requests"),
        holds=not sources,
        wrong=_("gunicorn writes a line for each request, with time and address, by %(sources)s.")
        % {"sources": ", ".join(sources)},
        remedy=_("Take that out of gunicorn's arguments, of GUNICORN_CMD_ARGS and of its configuration."),
    )


def _options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Name and value of each option, whether they stand as one word or as two."""
    for word, following in itertools.pairwise([*arguments, ""]):
        name, sign, value = word.partition("=")
        if name.startswith("-"):
            yield name, value if sign else following


def _gunicorn() -> tuple[list[str], list[tuple[str, str]]]:
    """gunicorn's arguments, as far as this process knows them, and the configurations that it would read."""
    arguments = shlex.split(os.environ.get("GUNICORN_CMD_ARGS", ""))
    if "gunicorn" in Path(sys.argv[0]).parts:
        arguments += sys.argv[1:]
    named = [value for option, value in _options(arguments) if option in ("-c", "--config")]
    files = [Path(name.removeprefix("file:")) for name in ("gunicorn.conf.py", *named)]
    return arguments, [(file.name, file.read_text(errors="replace")) for file in files if file.is_file()]


def look() -> list[Finding]:
    """What is found of this process's settings and environment."""
    return [
        *judge_reports(
            debug=settings.DEBUG,
            admins=settings.ADMINS,
            logging_config=settings.LOGGING_CONFIG,
            reporter=settings.DEFAULT_EXCEPTION_REPORTER_FILTER,
        ),
        *judge_logging(settings.LOGGING, debug=settings.DEBUG),
        judge_server(*_gunicorn()),
    ]
