"""Asking for a new link."""

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from surveys.panelist.views.entering import LINKS, LINKS_OF_ONE
from surveys.panels.models import LinkRequest
from surveys.rounds.services.mailing import serve_link_requests
from surveys.sheets.keystore import ensure_study_key
from surveys.studies.queries import database_now
from tests.factories import make_study
from tests.panelist.browsing import first_panelist, heading_of, title_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]


def test_known_and_unknown_addresses_are_answered_alike() -> None:
    known = first_panelist(make_study(panelists=2, statements=1)).email
    answers, statements = [], []
    for address in (known, "nobody@example.org"):
        client = Client()
        with CaptureQueriesContext(connection) as queries:
            response = client.post("/panel/link/", {"email": address})
        answers.append((response.status_code, words_of(response)))
        statements.append([query["sql"].split()[:3] for query in queries])
        assert heading_of(response) == "Look into your mail"
        assert address not in response.content.decode()
    assert answers[0] == answers[1]
    assert statements[0] == statements[1]
    assert LinkRequest.objects.count() == 2


def test_the_link_that_is_sent_signs_in() -> None:
    study = make_study(panelists=2, statements=1)
    ensure_study_key(study.pk)
    panelist = first_panelist(study)
    Client().post("/panel/link/", {"email": panelist.email.upper()})
    serve_link_requests(now=database_now())
    (message,) = mail.outbox
    assert message.to == [panelist.email]
    assert message.subject == "Next steps: your personal link"
    link = next(line for line in message.body.splitlines() if "#t=" in line)
    client = Client()
    assert client.post("/panel/", {"code": link}).status_code == 302
    assert client.get("/panel/practice/").status_code == 200


@pytest.mark.parametrize("address", ["", "nonsense", "a@b", "x" * 260 + "@example.org"])
def test_what_is_no_address_is_said_to_be_none(address: str) -> None:
    response = Client().post("/panel/link/", {"email": address})
    assert response.status_code == 422
    assert title_of(response) == "Error: Have a new link sent to you"
    assert LinkRequest.objects.count() == 0


def test_asking_too_often_is_refused() -> None:
    client = Client()
    codes = [client.post("/panel/link/", {"email": f"n{n}@example.org"}).status_code for n in range(LINKS + 1)]
    assert codes == [200] * LINKS + [429]
    assert LinkRequest.objects.count() == LINKS


def test_nobody_fills_a_mailbox_from_many_networks() -> None:
    clients = [Client(REMOTE_ADDR=f"198.51.{number}.1") for number in range(LINKS_OF_ONE + 1)]
    codes = [client.post("/panel/link/", {"email": "known@example.org"}).status_code for client in clients]
    assert codes == [200] * LINKS_OF_ONE + [429]


def test_the_page_can_be_read_without_a_session() -> None:
    assert heading_of(Client().get("/panel/link/")) == "Have a new link sent to you"
