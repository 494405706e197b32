"""Forgotten and changed passwords: links that work once, and one answer for known and unknown addresses."""

import datetime as dt
import re
import threading
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client

from surveys.accounts.models import User
from surveys.pages import mails
from surveys.pages.mails import send_password_reset_later
from tests.factories import PASSWORD, make_facilitator, signed_in
from tests.pages.waiting import wait_for_mails

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]

NEW = "a quite different battery"


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mails, "PAUSE", 0)


def _ask(email: str, **extra: Any) -> Any:
    answer = Client(**extra).post("/password/", {"email": email})
    wait_for_mails()
    return answer


def _link(number: int = -1) -> str:
    found = re.search(r"http://\S+", str(mail.outbox[number].body).split("here:")[1])
    assert found is not None
    return found[0].removeprefix("http://127.0.0.1:8000")


def _choose(link: str, first: str = NEW, second: str = NEW, client: Client | None = None) -> Any:
    """Open the link as a browser does, and send the form that it leads to."""
    client = client or Client()
    opened = client.get(link, follow=True)
    place = opened.redirect_chain[-1][0] if opened.redirect_chain else link
    return client.post(place, {"new_password1": first, "new_password2": second})


def test_a_forgotten_password_is_set_anew_through_a_mail() -> None:
    user = make_facilitator(email="ana@example.org", name="Ana")
    assert _ask("Ana@Example.org")["Location"] == "/password/sent/"
    assert [message.to for message in mail.outbox] == [["ana@example.org"]]
    assert mail.outbox[0].subject == "Set a new password"
    assert _choose(_link())["Location"] == "/sign-in/"
    user.refresh_from_db()
    assert user.check_password(NEW)


def test_known_unknown_and_inactive_addresses_get_the_same_answer() -> None:
    make_facilitator(email="known@example.org")
    User.objects.filter(pk=make_facilitator(email="inactive@example.org").pk).update(is_active=False)
    answers = [_ask(email) for email in ("known@example.org", "inactive@example.org", "nobody@example.org")]
    assert {(answer.status_code, answer["Location"], answer.content) for answer in answers} == {
        (302, "/password/sent/", b"")
    }
    assert [message.to for message in mail.outbox] == [["known@example.org"]]


def test_a_mail_server_that_does_not_answer_changes_nothing_in_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    make_facilitator(email="known@example.org")

    def refuse(*_args: Any) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    assert _ask("known@example.org")["Location"] == "/password/sent/"


def test_the_answer_does_not_wait_for_the_mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = threading.Event()
    monkeypatch.setattr(EmailBackend, "send_messages", lambda *_args: taken.wait(10))
    send_password_reset_later(make_facilitator())
    answered_first = not taken.is_set()
    taken.set()
    wait_for_mails()
    assert answered_first


def test_the_link_works_once() -> None:
    user = make_facilitator()
    _ask(user.email)
    _choose(_link())
    assert _choose(_link(), "another long password", "another long password").status_code == 200
    user.refresh_from_db()
    assert user.check_password(NEW)
    page = Client().get(_link()).content.decode()
    assert "<h1>This link does not work any more</h1>" in page


def test_the_link_works_for_a_day() -> None:
    user = make_facilitator()
    start = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
    with time_machine.travel(start, tick=False) as clock:
        _ask(user.email)
        clock.shift(dt.timedelta(hours=23))
        assert Client().get(_link()).status_code == 302
        clock.shift(dt.timedelta(hours=2))
        assert Client().get(_link()).status_code == 200


@pytest.mark.parametrize("link", ["/password/MQ/c0ffee-abc/", "/password/x/y/", "/welcome/MQ/set-password/"])
def test_a_made_up_link_opens_nothing(link: str) -> None:
    make_facilitator()
    page = Client().get(link)
    assert page.status_code == 200
    assert "This link does not work any more" in page.content.decode()
    assert "new_password1" not in page.content.decode()


def test_a_deactivated_account_cannot_use_its_link() -> None:
    user = make_facilitator()
    _ask(user.email)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert _choose(_link()).status_code == 200
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_the_token_does_not_stay_in_the_address() -> None:
    user = make_facilitator()
    _ask(user.email)
    assert Client().get(_link())["Location"].endswith("/set-password/")


def test_a_new_password_ends_every_session_of_the_account() -> None:
    user = make_facilitator()
    other = signed_in(user)
    _ask(user.email)
    _choose(_link())
    assert other.get("/account/").status_code == 302


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        ("short", "short", "This password is too short. It must contain at least 12 characters."),
        ("password1234", "password1234", "This password is too common."),
        (NEW, "something else", "The two password fields didn’t match."),
    ],
)
def test_a_weak_or_mistyped_password_is_refused_in_words(first: str, second: str, sentence: str) -> None:
    user = make_facilitator()
    _ask(user.email)
    page = _choose(_link(), first, second).content.decode()
    assert sentence in page
    assert "<title>Error: New password</title>" in page
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_links_come_from_the_installations_own_address_never_from_the_request() -> None:
    user = make_facilitator()
    assert _ask(user.email, headers={"host": "evil.example"}).status_code == 400
    assert mail.outbox == []
    _ask(user.email, headers={"host": "localhost", "X-Forwarded-Host": "evil.example"})
    assert "http://127.0.0.1:8000/password/" in str(mail.outbox[0].body)
    assert "evil" not in str(mail.outbox[0].body)


def test_nobody_fills_somebodys_mailbox() -> None:
    user = make_facilitator()
    statuses = [_ask(user.email, REMOTE_ADDR=f"198.51.{number}.1").status_code for number in range(6)]
    assert statuses == [302] * 5 + [429]
    assert len(mail.outbox) == 5


def test_the_limit_is_the_same_for_unknown_addresses() -> None:
    statuses = [_ask("nobody@example.org", REMOTE_ADDR=f"198.51.{number}.1").status_code for number in range(6)]
    assert statuses == [302] * 5 + [429]


@pytest.mark.parametrize("email", ["", "no address", "a@example.org\r\nBcc: b@example.org"])
def test_what_is_no_address_is_refused_in_words(email: str) -> None:
    page = _ask(email)
    assert page.status_code == 200
    assert "<title>Error: Forgotten password</title>" in page.content.decode()
    assert mail.outbox == []


def test_a_password_is_changed_with_the_old_one_and_other_sessions_end() -> None:
    user = make_facilitator()
    here, elsewhere = signed_in(user), signed_in(user)
    form = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    assert "<title>Error: Your account</title>" in here.post("/account/", form).content.decode()
    form["old_password"] = PASSWORD
    assert here.post("/account/", form)["Location"] == "/account/"
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    user.refresh_from_db()
    assert user.check_password(NEW)
