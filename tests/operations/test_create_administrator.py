"""manage.py create_administrator: the first administrator from the server's own command line."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.test import Client

from surveys.accounts.models import User
from surveys.pages.setup_code import code_file, setup_code
from tests.factories import make_administrator, make_facilitator

pytestmark = pytest.mark.django_db

CONSOLE = "django.core.mail.backends.console.EmailBackend"


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DELPHI_DATA = tmp_path


def _run(*args: str) -> str:
    out = io.StringIO()
    call_command("create_administrator", *args, stdout=out)
    return out.getvalue()


def _refusal(*args: str) -> str:
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("create_administrator", *args, stdout=out, stderr=err)
    assert caught.value.code == 2
    assert out.getvalue() == ""
    assert err.getvalue().count("\n") == 1
    return err.getvalue().strip()


def test_it_makes_the_account_and_mails_the_link() -> None:
    setup_code()
    said = _run("ana@example.org", "--name", "Ana Lima")
    assert said == "ana@example.org is an administrator; the link to choose a password is on its way there.\n"
    assert [(user.email, user.name, user.role) for user in User.objects.all()] == [
        ("ana@example.org", "Ana Lima", "administrator")
    ]
    assert "An account has been made for you" in str(mail.outbox[0].body)
    assert not code_file().exists()


def test_without_a_mail_server_it_prints_the_link(settings: Any) -> None:
    settings.EMAIL_BACKEND = CONSOLE
    said = _run("ana@example.org", "--name", "Ana")
    link = re.search(r"http://127\.0\.0\.1:8000(/welcome/\S+)", said)
    assert link is not None
    assert Client().get(link[1]).status_code == 302


def test_where_the_mail_server_does_not_answer_it_prints_the_link(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    assert "/welcome/" in _run("ana@example.org", "--name", "Ana")


def test_whoever_is_invited_already_gets_a_new_link() -> None:
    _run("ana@example.org", "--name", "Ana")
    before = User.objects.get().password
    _run("ANA@example.org")
    assert User.objects.get().password != before
    assert len(mail.outbox) == 2


def test_an_address_that_has_an_account_is_refused() -> None:
    make_administrator(email="ana@example.org")
    make_facilitator(email="ben@example.org")
    for email in ("Ana@example.org", "ben@example.org"):
        assert _refusal(email, "--name", "Somebody") == "There is already an account with this address."
    assert User.objects.get(email="ben@example.org").role == "facilitator"


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ((), "Name the administrator's e-mail address, and the name with --name."),
        (("ana@example.org",), "Give the administrator's name with --name."),
        (("nowhere", "--name", "Ana"), "Enter a valid email address."),
    ],
)
def test_bad_input_is_told_in_one_sentence(args: tuple[str, ...], sentence: str) -> None:
    assert _refusal(*args) == sentence
    assert not User.objects.exists()
