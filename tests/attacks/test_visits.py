"""No trace of a visit: whatever page a panelist opens, not one row of the database is another one afterwards."""

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, reverse

from surveys.accounts.models import User
from surveys.panelist.urls import urlpatterns
from surveys.panels.queries import panel_of
from surveys.rounds.services.addresses import change_address
from surveys.rounds.services.mailing import send_due_messages
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from tests.attacks.test_addresses import THIEF, secrets_at
from tests.factories import (
    agree,
    close_and_freeze,
    facilitator_of,
    fill_sheet,
    make_option,
    make_study,
    open_round,
    release_round,
)
from tests.meetings.making import share_evidence_of
from tests.panelist.browsing import everything_stored, link_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]

COOKIES = {"panel", "csrftoken"}


@pytest.fixture
def study() -> Study:
    """A released round and an open one, with evidence to read; the last panelist has answered nothing in it."""
    made = make_study(panelists=6, statements=2)
    first = open_round(made)
    agree(first)
    release_round(close_and_freeze(first))
    second = open_round(made)
    for panelist in list(panel_of(made))[:5]:
        fill_sheet(panelist, second, [8, 8])
    return made


def places(study: Study) -> list[str]:
    """Every address below /panel/, with things of this study in it."""
    file, _link = share_evidence_of(make_option(study))
    things = {"number": 1, "file_id": file.pk}
    return [
        reverse(f"panelist:{pattern.name}", kwargs={name: things[name] for name in pattern.pattern.converters})
        for pattern in urlpatterns
        if isinstance(pattern, URLPattern)
    ]


def is_discreet(response: HttpResponse, secret: str) -> bool:
    """Kept by no cache, told to no other site, and without the secret in any address or cookie."""
    told = str(response.headers) + str(response.cookies)
    headers = response["Cache-Control"], response["Referrer-Policy"]
    return headers == ("no-store", "same-origin") and secret not in told and set(response.cookies) <= COOKIES


def test_coming_reading_and_going_write_nothing(study: Study) -> None:
    addresses = places(study)
    panelist = list(panel_of(study))[-1]
    secret = link_of(panelist)
    client = Client()
    before = everything_stored()
    assert client.post("/panel/", {"code": secret}).status_code == 302
    opened = []
    for address in addresses:
        response = client.get(address)
        assert is_discreet(response, secret), address
        assert client.head(address).status_code == response.status_code
        opened += [address] * (response.status_code == 200)
        assert everything_stored() == before, address
    assert len(opened) > 8
    assert client.post("/panel/", {"code": "wrong"}).status_code == 422
    assert client.post("/panel/sign-out/").status_code == 302
    assert everything_stored() == before


def test_a_save_writes_one_sheet_and_nothing_of_a_visit(study: Study) -> None:
    panelist = list(panel_of(study))[-1]
    client = Client()
    client.post("/panel/", {"code": link_of(panelist)})
    before = everything_stored()
    response = client.post("/panel/vignette/1/", {"s1": "8", "action": "save"})
    assert response.status_code == 302
    after = everything_stored()
    assert [table for table in after if after[table] != before[table]] == ["sheets_sheet"]
    assert len(after["sheets_sheet"]) == len(before["sheets_sheet"]) + 1
    assert Session.objects.count() == 0
    assert not User.objects.exclude(last_login=None).exists()


def test_confirming_an_address_writes_one_sealed_request(study: Study) -> None:
    send_due_messages(now=database_now())
    mail.outbox.clear()
    panelist = panel_of(study).select_related("study")[0]
    actor = facilitator_of(study)
    change_address(panelist=panelist, actor=actor, email=THIEF, replaces=False, now=database_now())
    send_due_messages(now=database_now())
    (secret,) = secrets_at(panelist.email)
    client = Client()
    before = everything_stored()
    assert is_discreet(client.get("/panel/address/"), secret)
    assert is_discreet(client.post("/panel/address/", {"code": secret}), secret)
    assert everything_stored() == before
    assert is_discreet(client.post("/panel/address/", {"code": secret, "action": "confirm"}), secret)
    after = everything_stored()
    assert [table for table in after if after[table] != before[table]] == ["panels_linkrequest"]
