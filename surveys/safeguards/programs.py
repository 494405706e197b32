"""Whether another program runs along that notes who did what, such as an audit package or a reporter of faults."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from surveys.safeguards.findings import Finding, Level, judged

WATCHERS = (
    "actstream",
    "appsignal",
    "auditlog",
    "axes",
    "bugsnag",
    "ddtrace",
    "debug_toolbar",
    "defender",
    "django.middleware.common.BrokenLinkEmailsMiddleware",
    "django_datadog_logger",
    "django_structlog",
    "drf_api_logger",
    "easyaudit",
    "elasticapm",
    "field_history",
    "honeybadger",
    "instana",
    "logfire",
    "newrelic",
    "online_users",
    "opentelemetry",
    "pghistory",
    "raven",
    "request",
    "request_logging",
    "requestlogs",
    "reversion",
    "rollbar",
    "scout_apm",
    "sentry",
    "sentry_sdk",
    "silk",
    "simple_history",
    "tracking",
    "user_visit",
)
"""Packages that keep who did what and when, requests, or what the program had in its hands at a fault."""

AGENTS = (
    "appsignal",
    "bugsnag",
    "ddtrace",
    "elasticapm.contrib",
    "honeybadger",
    "instana",
    "logfire",
    "newrelic.agent",
    "opentelemetry.instrumentation",
    "raven",
    "rollbar",
    "scout_apm",
)
"""Of these, modules whose mere presence in a process means that they watch it."""

# What a reporter to Sentry must be told, so that no value, no request and no course of events leaves the machine.
SENTRY = {
    "include_local_variables": False,
    "send_default_pii": False,
    "max_request_body_size": "never",
    "max_breadcrumbs": 0,
}
PANEL_EVENT = {"request": {"url": "https://delphi.example.org/panel/vignette/1/"}, "transaction": "/panel/vignette/1/"}


def judge_packages(what: str, names: Iterable[str]) -> Finding:
    """The finding about these entries of the setting `what`."""
    found = [name for name in names if any(name == each or name.startswith(f"{each}.") for each in WATCHERS)]
    return judged(
        what,
        holds=not found,
        wrong=_("%(setting)s holds %(names)s, which notes what people do.")
        % {"setting": what, "names": ", ".join(found)},
        remedy=_("Take it out; what staff do stands in the audit chain."),
    )


def judge_agents(modules: Iterable[str]) -> Finding:
    """The finding about the modules of a process."""
    loaded = set(modules)
    found = [agent for agent in AGENTS if agent in loaded]
    return judged(
        _("Programs that watch this one"),
        holds=not found,
        wrong=_("%(names)s watches the application, and sends what it sees elsewhere.") % {"names": ", ".join(found)},
        remedy=_("Start the application without it."),
    )


def judge_sentry(options: Mapping[str, Any] | None, *, has_address: bool) -> Finding:
    """The finding about Sentry, given the options of a client that is at work, if any."""
    subject = "Sentry"
    if options is None:
        return judged(
            subject,
            holds=not has_address,
            level=Level.WARNS,
            wrong=_("SENTRY_DSN is set, though nothing here reports to Sentry."),
            remedy=_("Unset it, so that no library begins to."),
        )
    loose = [f"{name}={value!r}" for name, value in SENTRY.items() if options.get(name) != value]
    if options.get("traces_sample_rate") or options.get("traces_sampler"):
        loose.append("traces_sample_rate=None")
    if not _drops_panel(options.get("before_send")):
        loose.append("before_send")
    return judged(
        subject,
        holds=not loose,
        wrong=_("Sentry is sent values, requests or pages of panelists: it is without %(options)s.")
        % {"options": ", ".join(loose)},
        remedy=_("Set these where Sentry is set up; before_send must drop whatever comes from /panel/."),
    )


def _drops_panel(before_send: Callable[..., Any] | None) -> bool:
    """Whether the hook lets nothing of a panelist's page through."""
    if before_send is None:
        return False
    try:
        return before_send(dict(PANEL_EVENT), {}) is None
    except Exception:
        # It did not drop the event, and nobody can say what it does with the next.
        return False


def _sentry_options() -> Mapping[str, Any] | None:
    """The options of the client that is at work in this process."""
    module = sys.modules.get("sentry_sdk")
    if module is None:
        return None
    client = module.get_client()
    options: Mapping[str, Any] = client.options
    return options if client.is_active() and options.get("dsn") else None


def look() -> list[Finding]:
    """What is found in this process."""
    return [
        judge_packages("INSTALLED_APPS", settings.INSTALLED_APPS),
        judge_packages("MIDDLEWARE", settings.MIDDLEWARE),
        judge_agents(sys.modules),
        judge_sentry(_sentry_options(), has_address=bool(os.environ.get("SENTRY_DSN"))),
    ]
