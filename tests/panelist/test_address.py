"""Confirming a new address, by the code that went to the old one."""

import pytest
from django.core import mail
from django.test import Client

from surveys.panelist.views.entering import WRONG_CODES
from surveys.panels.models import LinkRequest, Panelist
from surveys.panels.queries import panel_of
from surveys.rounds.services.addresses import call_off, change_address
from surveys.rounds.services.mailing import send_due_messages, serve_link_requests
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from tests.factories import agree, close_and_freeze, facilitator_of, fill_sheet, make_study, open_round, release_round
from tests.panelist.browsing import enter, everything_stored, heading_of, link_of, title_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]

NEW = "new@example.org"


@pytest.fixture
def study() -> Study:
    """Its first round is open, and its first panelist has answered."""
    made = make_study(panelists=6, statements=1)
    fill_sheet(panel_of(made)[0], open_round(made), [7])
    send_due_messages(now=database_now())
    return made


def first(study: Study) -> Panelist:
    return panel_of(study).select_related("study").get(name="Panelist 01")


def change(panelist: Panelist, *, replaces: bool = False) -> None:
    actor = facilitator_of(panelist.study)
    change_address(panelist=panelist, actor=actor, email=NEW, replaces=replaces, now=database_now())


def link_to_confirm(study: Study) -> str:
    """The link in the mail to the old address."""
    mail.outbox.clear()
    change(first(study))
    send_due_messages(now=database_now())
    (message,) = mail.outbox
    assert message.to == [first(study).email]
    assert message.subject == "Next steps: do you have a new e-mail address?"
    return next(line for line in str(message.body).splitlines() if "#t=" in line)


def test_opening_the_address_asks_for_the_code_and_changes_nothing(study: Study) -> None:
    secret = link_to_confirm(study).partition("#t=")[2]
    before = everything_stored()
    for address in ("/panel/address/", f"/panel/address/?t={secret}", f"/panel/address/?code={secret}&action=confirm"):
        response = Client().get(address)
        assert heading_of(response) == "Confirm your new e-mail address"
        page = response.content.decode()
        assert '<form id="code-form" method="post" action="/panel/address/"' in page
        assert "panelist/sign-in.js" in page
        assert (secret in page, NEW in page, set(response.cookies)) == (False, False, {"csrftoken"})
    assert everything_stored() == before


def test_the_code_shows_the_new_address_and_changes_nothing(study: Study) -> None:
    link = link_to_confirm(study)
    before = everything_stored()
    response = Client().post("/panel/address/", {"code": link})
    assert heading_of(response) == "Is this your new e-mail address?"
    assert NEW in words_of(response)
    assert response["Cache-Control"] == "no-store"
    assert (set(response.cookies), everything_stored() == before) == ({"csrftoken"}, True)


def test_the_button_writes_one_sealed_request_and_the_next_tick_moves_the_address(study: Study) -> None:
    link = link_to_confirm(study)
    old = first(study)
    before = everything_stored()
    response = Client().post("/panel/address/", {"code": link, "action": "confirm"})
    assert heading_of(response) == "Your new address is confirmed"
    after = everything_stored()
    assert [name for name in after if after[name] != before[name]] == ["panels_linkrequest"]
    assert len(after["panels_linkrequest"]) == 1
    mail.outbox.clear()
    serve_link_requests(now=database_now())
    (message,) = mail.outbox
    assert message.to == [NEW]
    client = Client()
    client.post("/panel/", {"code": next(line for line in str(message.body).splitlines() if "#t=" in line)})
    assert "You have submitted your sheet" in words_of(client.get("/panel/"))
    assert first(study).pk == old.pk
    assert Client().post("/panel/address/", {"code": link, "action": "confirm"}).status_code == 422


def test_the_session_of_the_old_address_ends_with_the_move(study: Study) -> None:
    client = enter(first(study))
    link = link_to_confirm(study)
    assert client.get("/panel/practice/").status_code == 200
    Client().post("/panel/address/", {"code": link, "action": "confirm"})
    assert client.get("/panel/practice/").status_code == 200
    serve_link_requests(now=database_now())
    assert client.get("/panel/practice/")["Location"] == "/panel/"


@pytest.mark.parametrize("code", ["", "nonsense", "#t=", "ü" * 40])
def test_a_wrong_code_confirms_nothing(study: Study, code: str) -> None:
    link_to_confirm(study)
    response = Client().post("/panel/address/", {"code": code, "action": "confirm"})
    assert response.status_code == 422
    assert title_of(response) == "Error: Confirm your new e-mail address"
    assert not LinkRequest.objects.exists()


def test_a_personal_link_confirms_nothing_and_a_confirming_link_signs_nobody_in(study: Study) -> None:
    link = link_to_confirm(study)
    assert Client().post("/panel/address/", {"code": link_of(first(study)), "action": "confirm"}).status_code == 422
    assert Client().post("/panel/", {"code": link}).status_code == 422
    assert not LinkRequest.objects.exists()


def test_what_was_called_off_cannot_be_confirmed(study: Study) -> None:
    link = link_to_confirm(study)
    call_off(panelist=first(study), actor=facilitator_of(study), now=database_now())
    response = Client().post("/panel/address/", {"code": link, "action": "confirm"})
    assert "that change was called off" in words_of(response)
    assert not LinkRequest.objects.exists()


def test_guessing_is_refused_after_a_while(study: Study) -> None:
    client = Client()
    tried = [client.post("/panel/address/", {"code": f"wrong-{n}"}).status_code for n in range(WRONG_CODES + 1)]
    assert tried == [422] * WRONG_CODES + [429]
    assert client.post("/panel/address/", {"code": link_to_confirm(study)}).status_code == 200


def test_the_form_needs_its_token_and_no_value_is_reported(study: Study) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/panel/address/", {"code": link_to_confirm(study)}).status_code == 403


def test_the_panel_reads_how_many_were_replaced_and_not_who(study: Study) -> None:
    (round,) = study.rounds.all()
    agree(round)
    change(first(study), replaces=True)
    other = panel_of(study)[1]
    assert "replaced" not in words_of(enter(other).get("/panel/"))
    closed = close_and_freeze(round)
    assert "1 panelist was replaced since the last round opened." in words_of(enter(other).get("/panel/"))
    release_round(closed)
    open_round(study)
    words = words_of(enter(other).get("/panel/"))
    assert "1 panelist was replaced before this round." in words
    assert first(study).name not in words
    close_and_freeze_all(study)
    assert "replaced" not in words_of(enter(other).get("/panel/"))


def close_and_freeze_all(study: Study) -> None:
    """End the round that is open."""
    round = study.rounds.get(status="open")
    agree(round)
    close_and_freeze(round)
