"""Every log at its most talkative, over a whole round and through every fault that there is: no content, no secret.

Seen to fail: one `logger.debug("saved %s", changes)` in the merge of a save, or one of the link in `personal_link`, is
found.
"""

import base64
import logging
import smtplib
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from surveys.feedback.services.closing import close_round, finish_closing, finish_closing_rounds
from surveys.operations.anonymity.browsers import HELD, Ear, listening
from surveys.panelist.views import rating
from surveys.panels.models import Message, Panelist
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.rounds.services import mailing
from surveys.rounds.services.mailing import request_link, send_due_messages, serve_link_requests
from surveys.rounds.services.opening import remind
from surveys.sheets.keystore import study_keys
from surveys.sheets.models import Sheet
from surveys.studies.queries import database_now
from tests.attacks.seeded import CANARY
from tests.factories import facilitator_of, make_study, open_round, signed_in

pytestmark = pytest.mark.django_db

PANELISTS = 6
RATINGS = {"s1": "3", "s2": "9"}


@pytest.fixture
def heard() -> Iterator[Ear]:
    """Every logger that exists and is not held back, at its lowest level."""
    with listening() as ear:
        yield ear


def browser() -> Client:
    """A browser that is shown what a person would be shown: a page for a fault, not the fault."""
    return Client(raise_request_exception=False)


def secret_in(message: Any) -> str:
    """The secret of the link in a mail."""
    secret: str = message.body.split("#t=", 1)[1].split()[0]
    return secret


def everything_goes_wrong(round: Round, panelist: Panelist, secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The faults that a panelist can meet, one after the other, each with the canary in the form."""
    client, form = browser(), {**RATINGS, "reason-s1": CANARY, "action": "save"}
    assert client.post("/panel/", {"code": secret[:-4]}).status_code == 422
    assert client.post("/panel/", {"code": secret}).status_code == 302
    assert client.post("/panel/vignette/1/", {**form, "s1": "10"}).status_code == 422
    assert client.post("/panel/vignette/1/", {**form, "reason-s1": CANARY * 400}).status_code == 422
    assert client.post("/panel/vignette/99/", form).status_code == 404
    assert client.post("/panel/results/9/", form).status_code == 405
    assert Client(enforce_csrf_checks=True).post("/panel/vignette/1/", form).status_code == 403

    def fault(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a fault of the program")

    with monkeypatch.context() as broken:
        broken.setattr(rating, "take_answers", fault)
        assert client.post("/panel/vignette/1/", form).status_code == 500
    sheet = Sheet.objects.get(round_id=round.pk, pseudonym=study_keys(round.study_id).pseudonym(round.pk, panelist.pk))
    Sheet.objects.filter(pk=sheet.pk).update(box=bytes(sheet.box)[::-1])
    assert client.post("/panel/vignette/1/", form).status_code == 503
    close_round(round_id=round.pk, actor=facilitator_of(round.study))
    assert finish_closing_rounds() == 0
    assert client.post("/panel/vignette/1/", form).status_code in (410, 503)
    Sheet.objects.filter(pk=sheet.pk).update(box=sheet.box)
    assert client.post("/panel/vignette/1/", form).status_code == 410


def mail_goes_wrong(round: Round, panelist: Panelist, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail server that is gone, one that refuses, and a panelist who asks for a link meanwhile."""
    refused = smtplib.SMTPRecipientsRefused({panelist.email: (550, b"no such person")})
    for fault in (ConnectionRefusedError("connection refused"), refused, smtplib.SMTPServerDisconnected("gone")):
        remind(round=round, actor=facilitator_of(round.study), now=database_now())

        def breaks(*_: Any, fault: Exception = fault, **__: Any) -> Any:
            raise fault

        with monkeypatch.context() as broken:
            broken.setattr(mailing, "_mail", breaks)
            send_due_messages(now=database_now())
            request_link(address=panelist.email)
            serve_link_requests(now=database_now())
        Message.objects.update(state=Message.State.DONE)
    request_link(address="nobody@example.org")
    serve_link_requests(now=database_now())


def test_what_would_write_out_pages_and_queries_is_held_back() -> None:
    held = {name: settings.LOGGING["loggers"][name] for name in HELD}
    assert {(each["level"] in ("WARNING", "ERROR"), each["propagate"]) for each in held.values()} == {(True, False)}


def test_no_line_says_when_a_form_came_without_its_token() -> None:
    logger = logging.getLogger("django.security.csrf")
    assert (logger.isEnabledFor(logging.WARNING), logger.propagate) == (False, False)
    assert settings.LOGGING["loggers"][logger.name]["handlers"] == ["nowhere"]


def test_no_log_says_what_anybody_wrote_or_holds(heard: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    study = make_study(panelists=PANELISTS, statements=2)
    round = open_round(study)
    send_due_messages(now=database_now())
    secrets = [secret_in(message) for message in mail.outbox]
    assert len(set(secrets)) == PANELISTS
    for secret in secrets:
        client = browser()
        client.post("/panel/", {"code": secret})
        form = {**RATINGS, "reason-s1": CANARY, "reason-s2": CANARY, "action": "save"}
        assert client.post("/panel/vignette/1/", form).status_code == 302
        assert client.post("/panel/submit/", {"action": "submit", "gaps": "known"}).status_code == 302
        assert client.get("/panel/").status_code == 200
    signed_in(facilitator_of(study)).get(f"/studies/{study.slug}/")
    first = Panelist.objects.get(email=mail.outbox[0].to[0])
    mail_goes_wrong(round, first, monkeypatch)
    everything_goes_wrong(round, first, secrets[0], monkeypatch)
    finish_closing(round_id=round.pk)
    assert Round.objects.get(pk=round.pk).status == Round.Status.CLOSED

    said = heard.said
    assert "a fault of the program" in said
    assert "BoxTampered" in said
    keys = study_keys(study.pk)
    pseudonyms = [keys.pseudonym(round.pk, panelist.pk) for panelist in panel_of(study)]
    hidden = [CANARY, *secrets, *(message.to[0] for message in mail.outbox)]
    hidden += [form for each in pseudonyms for form in (each.hex(), base64.b64encode(each).decode(), repr(each)[2:-1])]
    hidden += ["'s1'", '"s1"', "s1=", str(RATINGS), '"1":["3"', "(choice="]
    hidden += [keys.box_key.hex(), settings.DELPHI_MASTER_KEY.hex(), settings.SECRET_KEY]
    assert [each for each in hidden if each in said] == []
