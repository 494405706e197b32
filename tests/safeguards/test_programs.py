"""Programs that run along: none that notes who did what, and a reporter of faults only where it reports nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings

from surveys.safeguards.findings import Level
from surveys.safeguards.programs import WATCHERS, judge_agents, judge_packages, judge_sentry


def nothing_of_panelists(event: dict[str, Any], _hint: dict[str, Any]) -> dict[str, Any] | None:
    """A hook as it should be."""
    return None if "/panel/" in event["request"]["url"] else event


def broken(_event: object, _hint: object) -> None:
    """A hook that fails."""
    raise RuntimeError


SAFE = {
    "include_local_variables": False,
    "send_default_pii": False,
    "max_request_body_size": "never",
    "max_breadcrumbs": 0,
    "traces_sample_rate": None,
    "before_send": nothing_of_panelists,
}


def test_our_own_applications_watch_nobody() -> None:
    assert judge_packages("INSTALLED_APPS", settings.INSTALLED_APPS).level == Level.OK
    assert judge_packages("MIDDLEWARE", settings.MIDDLEWARE).level == Level.OK


@pytest.mark.parametrize("name", WATCHERS)
def test_each_package_that_watches_is_refused(name: str) -> None:
    for entry in (name, f"{name}.apps.Config"):
        finding = judge_packages("INSTALLED_APPS", [*settings.INSTALLED_APPS, entry])
        assert (finding.level, entry in finding.wrong) == (Level.REFUSES, True)


def test_a_name_that_only_begins_alike_is_not_taken_for_one() -> None:
    assert judge_packages("INSTALLED_APPS", ["requests_of_ours", "silkworm.apps", "axesless"]).level == Level.OK


def test_an_agent_in_the_process_is_refused() -> None:
    assert judge_agents(["django", "opentelemetry", "elasticapm"]).level == Level.OK
    assert judge_agents(["django", "newrelic.agent"]).level == Level.REFUSES


def test_without_sentry_only_its_address_is_warned_of() -> None:
    assert judge_sentry(None, has_address=False).level == Level.OK
    assert judge_sentry(None, has_address=True).level == Level.WARNS


def test_sentry_may_run_where_it_is_told_to_send_nothing_personal() -> None:
    assert judge_sentry(SAFE, has_address=True).level == Level.OK


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("include_local_variables", True),
        ("send_default_pii", True),
        ("send_default_pii", None),
        ("max_request_body_size", "medium"),
        ("max_breadcrumbs", 100),
        ("traces_sample_rate", 1.0),
        ("before_send", None),
        ("before_send", lambda event, _hint: event),
        ("before_send", broken),
    ],
)
def test_sentry_is_refused_where_one_option_is_loose(name: str, value: Callable[..., Any] | object) -> None:
    finding = judge_sentry({**SAFE, name: value}, has_address=True)
    assert (finding.level, name in finding.wrong) == (Level.REFUSES, True)
