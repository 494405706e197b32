"""What a report of a fault holds: its way through the program, and nothing of whoever met it.

Seen to fail: with Django's own filter the report holds the cookie, the address, and every variable on the way.
"""

import sys
from typing import Any

import pytest
from django.core import mail
from django.http import HttpRequest, QueryDict
from django.test import Client, RequestFactory
from django.utils.log import AdminEmailHandler
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from surveys.panelist.views import rating
from surveys.panels.queries import panel_of
from tests.factories import make_study, open_round
from tests.panelist.browsing import enter

CANARY, NETWORK = "CANARY-91cd", "192.0.2.77"


def faulty_request() -> tuple[HttpRequest, Any]:
    """A request with the canary wherever a browser can put it, and the fault that it met."""
    request = RequestFactory().post("/panel/vignette/1/", {"reason-s1": CANARY}, REMOTE_ADDR=NETWORK)
    request.COOKIES["panel"] = CANARY
    request.META["HTTP_USER_AGENT"] = CANARY
    assert isinstance(request.POST, QueryDict)
    reason = request.POST["reason-s1"]
    try:
        raise RuntimeError(f"a fault of the program beside {len(reason)} letters")
    except RuntimeError:
        return request, sys.exc_info()


@pytest.mark.parametrize("shape", ["get_traceback_text", "get_traceback_html"])
def test_a_report_holds_no_form_no_cookie_no_address_and_no_variable(shape: str) -> None:
    request, fault = faulty_request()
    text = getattr(ExceptionReporter(request, *fault), shape)()
    assert "a fault of the program" in text
    assert "faulty_request" in text
    assert CANARY not in text
    assert NETWORK not in text


def test_django_s_own_filter_would_have_held_them() -> None:
    request, fault = faulty_request()
    request.exception_reporter_filter = SafeExceptionReporterFilter()  # type: ignore[attr-defined]
    text = ExceptionReporter(request, *fault).get_traceback_text()
    assert CANARY in text
    assert NETWORK in text


@pytest.mark.django_db
def test_a_mail_of_a_fault_on_a_panelist_s_page_would_hold_nothing_either(
    settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The doctor refuses ADMINS; should they be set all the same, a fault while an answer is saved tells nothing."""
    study = make_study(statements=1)
    open_round(study)
    client: Client = enter(panel_of(study)[0])
    client.raise_request_exception = False
    cookie = client.cookies["panel"].value

    def fault(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a fault of the program")

    monkeypatch.setattr(rating, "take_answers", fault)
    response = client.post("/panel/vignette/1/", {"s1": "3", "reason-s1": CANARY}, REMOTE_ADDR=NETWORK)
    assert response.status_code == 500
    assert CANARY not in response.content.decode()
    (record,) = [each for each in caplog.records if each.name == "django.request" and each.levelname == "ERROR"]
    settings.ADMINS = [("Ada", "ada@example.org")]
    mail.outbox.clear()
    AdminEmailHandler(include_html=True).emit(record)
    (message,) = mail.outbox
    text = f"{message.subject}{message.body}{getattr(message, 'alternatives', '')}"
    assert "a fault of the program" in text
    assert [each for each in (CANARY, NETWORK, cookie) if each in text] == []
