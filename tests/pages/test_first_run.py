"""The first administrator: only on a new installation, and only for whoever can read its set-up code."""

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from surveys.accounts.models import User
from surveys.accounts.services import NotFirst, create_first_administrator
from surveys.pages.setup_code import code_file, is_setup_code, setup_code
from tests.factories import make_facilitator

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]

PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DELPHI_DATA = tmp_path


def _form(**changes: str) -> dict[str, str]:
    form = {"code": setup_code(), "name": "Ana Lima", "email": "ana@example.org"}
    return {**form, "password1": PASSWORD, "password2": PASSWORD, **changes}


def test_with_the_code_the_first_administrator_is_made_and_signed_in(client: Client) -> None:
    assert client.get("/first-run/").status_code == 200
    assert client.post("/first-run/", _form())["Location"] == "/administration/"
    assert [(user.email, user.name, user.role) for user in User.objects.all()] == [
        ("ana@example.org", "Ana Lima", "administrator")
    ]
    assert client.get("/administration/").status_code == 200
    assert not code_file().exists()


def test_afterwards_there_is_no_such_page(client: Client) -> None:
    make_facilitator()
    assert client.get("/first-run/").status_code == 404
    assert client.post("/first-run/", _form()).status_code == 404
    assert User.objects.count() == 1


@pytest.mark.parametrize("code", ["", "AAAA-AAAA-AAAA-AAAA", "0", "’"])
def test_without_the_code_nobody_becomes_administrator(client: Client, code: str) -> None:
    setup_code()
    page = client.post("/first-run/", _form(code=code))
    assert page.status_code == 200
    assert "<title>Error: First administrator</title>" in page.content.decode()
    assert not User.objects.exists()


def test_codes_cannot_be_tried_for_long() -> None:
    statuses = [Client().post("/first-run/", _form(code="WRONG")).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]


def test_the_code_is_read_however_it_is_spaced_and_capitalised() -> None:
    code = setup_code()
    assert is_setup_code(f"  {code.lower().replace('-', ' ')} ")
    assert not is_setup_code(code[:-1])


def test_the_code_stays_the_same_until_it_is_used_and_only_its_owner_can_read_it() -> None:
    assert setup_code() == setup_code()
    assert code_file().stat().st_mode & 0o777 == 0o600
    assert len(setup_code()) == 19


@pytest.mark.parametrize(
    "changes",
    [{"name": ""}, {"email": "nowhere"}, {"password1": "short", "password2": "short"}, {"password2": "different"}],
)
def test_a_faulty_form_makes_no_account(client: Client, changes: dict[str, str]) -> None:
    assert client.post("/first-run/", _form(**changes)).status_code == 200
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_becomes_administrator() -> None:
    start, outcomes = threading.Barrier(2), []

    def run(email: str) -> None:
        start.wait(5)
        try:
            create_first_administrator(email=email, name="Somebody", password=PASSWORD)
            outcomes.append("made")
        except NotFirst:
            outcomes.append("too late")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[f"{name}@example.org"]) for name in ("ana", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(outcomes) == ["made", "too late"]
    assert User.objects.count() == 1
