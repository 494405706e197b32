"""The outbox: everybody gets a row, only those who need it get mail, and nothing is lost when the server is away."""

import datetime as dt
import re
import smtplib
from collections.abc import Sequence

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from pytest_django import DjangoAssertNumQueries, Settings

from surveys.panels.models import LinkRequest, LinkToken, Message, Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import hash_of, panelist_with, revoke_links, send_link_again
from surveys.rounds.models import Round
from surveys.rounds.queries import sheet_state
from surveys.rounds.services import mailing
from surveys.rounds.services.mailing import request_link, send_due_messages, serve_link_requests
from surveys.rounds.services.opening import remind
from surveys.sheets.models import Sheet
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return factories.make_study(panelists=6, statements=1)


def send_all() -> list[EmailMessage]:
    """Send whatever waits and return just that."""
    mail.outbox.clear()
    while send_due_messages(now=database_now()):
        pass
    return list(mail.outbox)


def secret_in(message: EmailMessage) -> str:
    found = re.search(r"/panel/#t=([\w-]+)", str(message.body))
    assert found
    return found.group(1)


def test_everybody_is_invited_by_a_mail_of_their_own_with_a_link_that_works_twice(study: Study) -> None:
    factories.open_round(study, days=1)
    sent = send_all()
    assert sorted(message.to[0] for message in sent) == sorted(panel_of(study).values_list("email", flat=True))
    for message in sent:
        for _device in range(2):
            panelist = panelist_with(secret=secret_in(message), now=database_now())
            assert panelist is not None
            assert panelist.email == message.to[0]
    assert set(Message.objects.values_list("state", flat=True)) == {Message.State.DONE}


def test_no_secret_is_stored_anywhere(study: Study) -> None:
    factories.open_round(study, days=1)
    secrets = [secret_in(message) for message in send_all()]
    stored = {bytes(value) for value in LinkToken.objects.values_list("token_hash", flat=True)}
    assert stored == {hash_of(secret) for secret in secrets}
    assert not any(secret.encode() in value for secret in secrets for value in stored)


def test_a_reminder_reaches_only_those_who_have_not_submitted_by_then(study: Study) -> None:
    round = factories.open_round(study, days=1)
    send_all()
    panel = list(panel_of(study))
    factories.fill_sheet(panel[0], round, [8])
    factories.fill_sheet(panel[1], round, [8], submit=False)
    remind(round=round, actor=factories.facilitator_of(study), now=database_now())
    factories.fill_sheet(panel[2], round, [8])
    sent = {message.to[0]: str(message.body) for message in send_all()}
    assert set(sent) == {panelist.email for panelist in (panel[1], *panel[3:])}
    rows = Message.objects.filter(kind=Message.Kind.REMINDER)
    assert set(rows.values_list("state", "attempts", "claimed_at")) == {(Message.State.DONE, 1, None)}
    tokens = LinkToken.objects.filter(panelist__in=panel)
    assert {tokens.filter(panelist=panelist).count() for panelist in panel} == {2}


def test_whoever_holds_a_draft_is_told_that_it_is_not_counted(study: Study) -> None:
    round = factories.open_round(study, days=1)
    send_all()
    panel = list(panel_of(study))
    factories.fill_sheet(panel[1], round, [8], submit=False)
    remind(round=round, actor=factories.facilitator_of(study), now=database_now())
    bodies = {message.to[0]: " ".join(str(message.body).split()) for message in send_all()}
    telling = [address for address, body in bodies.items() if "A draft is not counted" in body]
    assert telling == [panel[1].email]


def test_nobody_is_invited_to_a_round_that_has_closed(study: Study) -> None:
    round = factories.open_round(study, days=1)
    factories.agree(round)
    factories.close_and_freeze(round)
    assert send_all() == []
    assert not Message.objects.exclude(state=Message.State.DONE).exists()


def test_mails_hold_no_answers(study: Study) -> None:
    round = factories.open_round(study, days=1)
    for panelist in panel_of(study):
        factories.fill_sheet(panelist, round, [8], reasons={1: "CANARY"})
    factories.release_round(factories.close_and_freeze(round))
    sent = send_all()
    assert len(sent) == 6
    assert not any("CANARY" in str(message.body) for message in sent)


class Server(BaseEmailBackend):
    """A mail server that fails as told, and otherwise keeps what it gets."""

    is_away = False
    fault: Exception | None = None
    received: list[str] = []

    def open(self) -> None:
        if Server.is_away:
            raise ConnectionRefusedError

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        if Server.fault:
            raise Server.fault
        Server.received += [message.to[0] for message in email_messages]
        return len(email_messages)


@pytest.fixture
def server(settings: Settings) -> type[Server]:
    settings.EMAIL_BACKEND = f"{__name__}.Server"
    Server.is_away, Server.fault, Server.received = False, None, []
    return Server


def test_while_the_server_is_away_nothing_is_tried_and_then_all_arrives_once(
    study: Study, server: type[Server]
) -> None:
    factories.open_round(study, days=1)
    server.is_away = True
    for _time in range(20):
        assert send_due_messages(now=database_now()) == 0
    assert set(Message.objects.values_list("state", "attempts")) == {(Message.State.PENDING, 0)}
    server.is_away = False
    assert send_due_messages(now=database_now()) == 6
    assert sorted(server.received) == sorted(panel_of(study).values_list("email", flat=True))


def test_a_server_that_breaks_off_loses_nothing_and_blames_nobody(study: Study, server: type[Server]) -> None:
    factories.open_round(study, days=1)
    now = database_now()
    server.fault = smtplib.SMTPServerDisconnected("gone")
    for _time in range(20):
        send_due_messages(now=now)
        now += dt.timedelta(hours=1)
    assert not Panelist.objects.filter(is_unreachable=True).exists()
    server.fault = None
    assert send_due_messages(now=now) == 6
    assert sorted(server.received) == sorted(panel_of(study).values_list("email", flat=True))


def test_a_message_that_cannot_be_made_does_not_keep_the_others(
    study: Study, server: type[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.open_round(study, days=1)
    unlucky = panel_of(study)[0]
    minted = mailing.mint_link

    def fails_for_one(*, panelist: Panelist, now: dt.datetime) -> str:
        if panelist == unlucky:
            raise RuntimeError("something nobody thought of")
        return minted(panelist=panelist, now=now)

    monkeypatch.setattr(mailing, "mint_link", fails_for_one)
    assert send_due_messages(now=database_now()) == 6
    assert (len(server.received), unlucky.email in server.received) == (5, False)
    assert Message.objects.exclude(state=Message.State.DONE).get().panelist == unlucky


def test_a_mail_that_is_refused_again_and_again_marks_its_address(study: Study, server: type[Server]) -> None:
    panelist = panel_of(study)[0]
    now = database_now()
    send_link_again(panelist=panelist, actor=factories.facilitator_of(study), now=now)
    server.fault = smtplib.SMTPDataError(554, b"looks like spam")
    for _time in range(12):
        send_due_messages(now=now)
        now += dt.timedelta(hours=1)
    assert list(Panelist.objects.filter(is_unreachable=True)) == [panelist]
    assert Message.objects.get().state == Message.State.DONE


def test_an_address_that_is_refused_for_good_is_shown_as_unreachable(study: Study, server: type[Server]) -> None:
    panelist = panel_of(study)[0]
    send_link_again(panelist=panelist, actor=factories.facilitator_of(study), now=database_now())
    server.fault = smtplib.SMTPRecipientsRefused({panelist.email: (550, b"no such person")})
    assert send_due_messages(now=database_now()) == 1
    assert list(Panelist.objects.filter(is_unreachable=True)) == [panelist]
    assert Message.objects.get().state == Message.State.DONE


def test_an_address_that_is_refused_for_now_is_tried_again(study: Study, server: type[Server]) -> None:
    panelist = panel_of(study)[0]
    send_link_again(panelist=panelist, actor=factories.facilitator_of(study), now=database_now())
    server.fault = smtplib.SMTPRecipientsRefused({panelist.email: (451, b"try later")})
    now = database_now()
    send_due_messages(now=now)
    assert Message.objects.get().state == Message.State.PENDING
    server.fault = None
    send_due_messages(now=now + dt.timedelta(minutes=2))
    assert server.received == [panelist.email]


@pytest.mark.parametrize("code", [451, 550])
def test_a_refused_reminder_says_nothing_of_who_had_not_submitted(
    study: Study, server: type[Server], code: int
) -> None:
    round = factories.open_round(study, days=1)
    send_due_messages(now=database_now())
    for panelist in list(panel_of(study))[:3]:
        factories.fill_sheet(panelist, round, [8])
    remind(round=round, actor=factories.facilitator_of(study), now=database_now())
    server.fault = smtplib.SMTPRecipientsRefused({"somebody": (code, b"no")})
    send_due_messages(now=database_now())
    assert not Panelist.objects.filter(is_unreachable=True).exists()
    rows = Message.objects.filter(kind=Message.Kind.REMINDER)
    assert len(set(rows.values_list("state", "attempts", "claimed_at", "due"))) == 1
    tokens = {LinkToken.objects.filter(panelist=panelist).count() for panelist in panel_of(study)}
    assert tokens == {2}


def test_a_message_whose_sender_was_lost_is_taken_up_after_five_minutes(study: Study) -> None:
    factories.open_round(study, days=1)
    now = database_now()
    Message.objects.update(state=Message.State.SENDING, claimed_at=now)
    assert send_due_messages(now=now + dt.timedelta(minutes=4)) == 0
    assert send_due_messages(now=now + dt.timedelta(minutes=6)) == 6


def test_a_panelist_who_asks_gets_a_link_and_the_tokens_do_not_tell_who_asked(study: Study) -> None:
    panelist = panel_of(study)[0]
    request_link(address=f" {panelist.email.upper()} ")
    request_link(address="nobody@example.org")
    assert {len(bytes(box)) for box in LinkRequest.objects.values_list("box", flat=True)} == {12 + 8192 + 16}
    mail.outbox.clear()
    assert serve_link_requests(now=database_now()) == 1
    assert [message.to for message in mail.outbox] == [[panelist.email]]
    assert panelist_with(secret=secret_in(mail.outbox[0]), now=database_now()) == panelist
    counts = {LinkToken.objects.filter(panelist=other).count() for other in panel_of(study)}
    assert counts == {1}
    assert not LinkRequest.objects.exists()


def test_an_unknown_address_leaves_no_trace(study: Study) -> None:
    request_link(address="nobody@example.org")
    assert serve_link_requests(now=database_now()) == 0
    assert (LinkRequest.objects.count(), LinkToken.objects.count(), mail.outbox) == (0, 0, [])


def test_a_requested_link_that_the_server_refuses_is_over(study: Study, server: type[Server]) -> None:
    request_link(address=panel_of(study)[0].email)
    server.fault = smtplib.SMTPDataError(554, b"looks like spam")
    for _tick in range(3):
        serve_link_requests(now=database_now())
    assert not LinkRequest.objects.exists()
    assert {LinkToken.objects.filter(panelist=panelist).count() for panelist in panel_of(study)} == {1}


def test_while_the_server_breaks_off_a_requested_link_waits(study: Study, server: type[Server]) -> None:
    panelist = panel_of(study)[0]
    request_link(address=panelist.email)
    server.fault = smtplib.SMTPServerDisconnected("gone")
    assert serve_link_requests(now=database_now()) == 0
    server.fault = None
    assert serve_link_requests(now=database_now()) == 1
    assert server.received == [panelist.email]


def test_a_request_that_does_not_open_keeps_no_other_waiting(study: Study, server: type[Server]) -> None:
    panelist = panel_of(study)[0]
    LinkRequest.objects.create(box=b"sealed with another key" * 10)
    request_link(address=panelist.email)
    assert serve_link_requests(now=database_now()) == 1
    assert (server.received, LinkRequest.objects.count()) == ([panelist.email], 0)


def test_a_revoked_link_opens_nothing_and_a_new_one_does(study: Study) -> None:
    factories.open_round(study, days=1)
    old = {message.to[0]: secret_in(message) for message in send_all()}
    panelist = panel_of(study)[0]
    actor = factories.facilitator_of(study)
    revoke_links(panelist=panelist, actor=actor, now=database_now())
    assert panelist_with(secret=old[panelist.email], now=database_now()) is None
    send_link_again(panelist=panelist, actor=actor, now=database_now())
    (message,) = send_all()
    assert panelist_with(secret=secret_in(message), now=database_now()) == panelist
    others = [secret for address, secret in old.items() if address != panelist.email]
    assert all(panelist_with(secret=secret, now=database_now()) for secret in others)


def test_a_link_ends_after_half_a_year(study: Study) -> None:
    factories.open_round(study, days=1)
    secret = secret_in(send_all()[0])
    now = database_now()
    assert panelist_with(secret=secret, now=now + dt.timedelta(days=179)) is not None
    assert panelist_with(secret=secret, now=now + dt.timedelta(days=182)) is None


def test_the_link_stands_in_the_fragment_alone(study: Study, settings: Settings) -> None:
    settings.DELPHI_BASE_URL = "https://panel.example.org"
    factories.open_round(study, days=1)
    for message in send_all():
        assert f"https://panel.example.org/panel/#t={secret_in(message)}" in str(message.body)
        assert message.extra_headers["Message-ID"].endswith("@panel.example.org>")
        assert secret_in(message) not in message.subject


def test_a_study_s_title_cannot_add_a_header(study: Study) -> None:
    Study.objects.filter(pk=study.pk).update(title="One\r\nBcc: somebody@example.org")
    factories.open_round(Study.objects.get(pk=study.pk), days=1)
    for message in send_all():
        assert "\n" not in message.subject
        assert "Bcc" not in message.message()
    assert Round.objects.get(study=study).status == Round.Status.OPEN


@pytest.mark.parametrize("others", [4, 40])
def test_whether_one_is_reminded_is_read_from_one_sheet_however_many_there_are(
    others: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    study = factories.make_study(panelists=others + 2, statements=1)
    round = factories.open_round(study)
    draft, none, *submitted = panel_of(study)
    factories.fill_sheet(draft, round, [8], submit=False)
    for panelist in submitted:
        factories.fill_sheet(panelist, round, [8])
    with django_assert_num_queries(3) as found:
        states = [sheet_state(round, panelist.pk) for panelist in (draft, none, submitted[0])]
    assert states == [Sheet.State.DRAFT, None, Sheet.State.SUBMITTED]
    assert all("pseudonym" in query["sql"].split("WHERE")[1] for query in found.captured_queries)


@pytest.mark.parametrize("panelists", [3, 60])
def test_a_request_for_a_link_takes_as_many_queries_in_a_large_panel(
    panelists: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    study = factories.make_study(panelists=panelists, statements=1)
    request_link(address=panel_of(study)[0].email)
    with django_assert_num_queries(7):
        serve_link_requests(now=database_now())
    assert LinkToken.objects.filter(panelist__study=study).count() == panelists
