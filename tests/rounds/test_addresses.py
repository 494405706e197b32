"""A panelist's address changes: earlier answers go along only with the old one's word, and nobody stands out."""

import re

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from surveys.panels.models import AddressChange, LinkRequest, LinkToken, Message, Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import (
    NewPanelist,
    PanelError,
    add_panelists,
    mint_link,
    panelist_with,
    revoke_links,
)
from surveys.rounds.models import Round
from surveys.rounds.services.addresses import (
    HasAnswered,
    Outcome,
    call_off,
    change_address,
    confirm,
    correct_panelist,
    waiting_change,
)
from surveys.rounds.services.leaving import withdraw
from surveys.rounds.services.mailing import request_link, send_due_messages, serve_link_requests
from surveys.rounds.services.merging import Change
from surveys.rounds.services.opening import cancel_round
from surveys.rounds.services.saving import SessionEnded, save_sheet
from surveys.sheets.boxes import Answer
from surveys.sheets.models import Sheet
from surveys.sheets.queries import own_sheet
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import database_now, replaced_before
from tests import factories

pytestmark = pytest.mark.django_db

NEW = "new@example.org"


@pytest.fixture
def study() -> Study:
    return factories.make_study(panelists=6, statements=1)


def of(study: Study, place: int = 0) -> Panelist:
    """A panelist by name, read afresh."""
    return panel_of(study).select_related("study")[place]


def change(panelist: Panelist, email: str = NEW, *, replaces: bool = False) -> Outcome:
    actor = factories.facilitator_of(panelist.study)
    return change_address(panelist=panelist, actor=actor, email=email, replaces=replaces, now=database_now())


def correct(panelist: Panelist, **changed: str) -> None:
    """Correct a panelist as it was read, in these fields."""
    facts = {"name": panelist.name, "email": panelist.email, "group": panelist.group} | changed
    actor = factories.facilitator_of(panelist.study)
    correct_panelist(panelist=panelist, actor=actor, now=database_now(), **facts)


def sent() -> list[EmailMessage]:
    """Send whatever waits in the outbox and return just that."""
    mail.outbox.clear()
    while send_due_messages(now=database_now()):
        pass
    return list(mail.outbox)


def secret_in(message: EmailMessage) -> str:
    found = re.search(r"#t=([\w-]+)", str(message.body))
    assert found
    return found.group(1)


def asked(study: Study, place: int = 0) -> str:
    """Have the old address asked about a new one; returns the secret that it got."""
    sent()
    assert change(of(study, place)) is Outcome.ASKED
    (message,) = sent()
    return secret_in(message)


def actions(study: Study) -> list[str]:
    return list(AuditEntry.objects.filter(study=study).order_by("number").values_list("action", flat=True))


def test_in_a_draft_an_address_is_mended_and_ends_the_links_to_the_old_one(study: Study) -> None:
    secret = mint_link(panelist=of(study), now=database_now())
    correct(of(study), email=f" {NEW} ", name="Anna")
    kept = of(study)
    assert (kept.name, kept.email, kept.token_epoch) == ("Anna", NEW, 1)
    assert panelist_with(secret=secret, now=database_now()) is None
    assert not Message.objects.exists()
    assert actions(study)[-2:] == ["address mended", "panelist corrected"]


def test_who_has_saved_nothing_is_mended_while_a_round_is_open_and_gets_a_link(study: Study) -> None:
    round = factories.open_round(study)
    factories.fill_sheet(of(study, 1), round, [8])
    sent()
    Panelist.objects.filter(pk=of(study).pk).update(is_unreachable=True)
    before = factories.holder_of(of(study))
    for replaces in (False, True):
        assert change(of(study), f"{replaces}{NEW}", replaces=replaces) is Outcome.MOVED
    kept = of(study)
    assert (kept.email, kept.token_epoch, kept.is_unreachable, kept.consent) == (f"True{NEW}", 2, False, "")
    messages = sent()
    assert {message.to[0] for message in messages} == {kept.email}
    assert panelist_with(secret=secret_in(messages[-1]), now=database_now()) == kept
    with pytest.raises(SessionEnded):
        save_sheet(holder=before, round_id=round.pk, changes=[Change(1, Answer("8"))])
    assert not AddressChange.objects.exists()


def test_a_session_whose_links_were_revoked_saves_nothing(study: Study) -> None:
    round = factories.open_round(study)
    holder = factories.holder_of(of(study))
    revoke_links(panelist=of(study), actor=factories.facilitator_of(study), now=database_now())
    with pytest.raises(SessionEnded):
        save_sheet(holder=holder, round_id=round.pk, changes=[Change(1, Answer("8"))])
    assert not Sheet.objects.exists()


@pytest.mark.parametrize("kind", ["draft", "submitted", "withdrawn", "earlier round"])
def test_an_address_under_which_anything_was_saved_is_not_mended(study: Study, kind: str) -> None:
    round = factories.open_round(study)
    factories.fill_sheet(of(study), round, [8], submit=kind != "draft")
    if kind == "withdrawn":
        withdraw(panelist=of(study), holder=factories.holder_of(of(study)), now=database_now())
    if kind == "earlier round":
        factories.agree(round)
        factories.release_round(factories.close_and_freeze(round))
        factories.open_round(study)
    with pytest.raises(HasAnswered):
        correct(of(study), email=NEW, name="Anna")
    assert of(study).name == "Panelist 01"
    assert change(of(study)) is Outcome.ASKED
    assert of(study).email != NEW


def test_an_address_that_was_read_before_the_first_round_opened_is_looked_at_again(study: Study) -> None:
    as_read = of(study)
    round = factories.open_round(study)
    factories.fill_sheet(of(study), round, [8], submit=False)
    with pytest.raises(HasAnswered):
        correct(as_read, email=NEW)


@pytest.mark.parametrize("whose", ["panelist", "staff", "waiting", "nobody"])
def test_an_address_that_is_not_free_is_refused(study: Study, whose: str) -> None:
    round = factories.open_round(study)
    factories.fill_sheet(of(study), round, [8])
    factories.fill_sheet(of(study, 2), round, [8])
    change(of(study, 2), "waiting@example.org")
    addresses = {
        "panelist": of(study, 1).email,
        "staff": factories.facilitator_of(study).email,
        "waiting": "waiting@example.org",
        "nobody": "nobody",
    }
    for replaces in (False, True):
        with pytest.raises(PanelError):
            change(of(study), addresses[whose].upper(), replaces=replaces)
    assert AddressChange.objects.count() == 1


def test_the_old_address_is_asked_and_its_word_moves_everything(study: Study) -> None:
    round = factories.open_round(study)
    factories.fill_sheet(of(study), round, [7], reasons={1: "Mine."})
    old, holder = of(study), factories.holder_of(of(study))
    sent()
    change(old)
    (question,) = sent()
    assert question.to == [old.email]
    assert NEW in str(question.body)
    assert "/panel/address/#t=" in str(question.body)
    assert panelist_with(secret=secret_in(question), now=database_now()) is None
    found = waiting_change(secret=secret_in(question))
    assert found is not None
    assert (found.panelist, found.email) == (old, NEW)

    confirm(secret=secret_in(question))
    assert of(study).email == old.email
    mail.outbox.clear()
    assert serve_link_requests(now=database_now()) == 1
    (link,) = mail.outbox
    assert link.to == [NEW]
    moved = panelist_with(secret=secret_in(link), now=database_now())
    assert moved is not None
    assert (moved.pk, moved.email, moved.token_epoch, moved.consent) == (old.pk, NEW, 1, old.consent)
    assert own_sheet(factories.holder_of(moved), round.pk).answers[1] == Answer("7", "Mine.")
    with pytest.raises(SessionEnded):
        save_sheet(holder=holder, round_id=round.pk, changes=[Change(1, Answer("2"))])
    assert (AddressChange.objects.count(), LinkRequest.objects.count()) == (0, 0)
    assert actions(study)[-1] == "old address asked"


def test_a_confirmation_looks_like_a_request_for_a_link(study: Study) -> None:
    round = factories.open_round(study)
    factories.fill_sheet(of(study), round, [7])
    confirm(secret=asked(study))
    request_link(address=of(study, 1).email)
    assert {len(bytes(box)) for box in LinkRequest.objects.values_list("box", flat=True)} == {12 + 8192 + 16}


def test_when_an_address_moves_everybody_gets_a_token_and_no_row_is_left_as_it_was(study: Study) -> None:
    round = factories.open_round(study)
    factories.agree(round)
    secret = asked(study)
    revoke_links(panelist=of(study, 2), actor=factories.facilitator_of(study), now=database_now())
    before = {panelist.pk: panelist for panelist in panel_of(study)}
    LinkToken.objects.all().delete()
    confirm(secret=secret)
    with CaptureQueriesContext(connection) as queries:
        serve_link_requests(now=database_now())
    written = [query["sql"] for query in queries if query["sql"].startswith('UPDATE "panels_panelist"')]
    assert [sql.partition(" WHERE ")[2].split()[0] for sql in written] == ['"panels_panelist"."study_id"']
    assert {panelist.link_tokens.count() for panelist in panel_of(study)} == {1}
    for panelist in panel_of(study):
        was, moved = before[panelist.pk], panelist.email == NEW
        assert panelist.token_epoch == was.token_epoch + moved
        assert (panelist.email == was.email) is not moved
        assert (panelist.name, panelist.consent) == (was.name, was.consent)


def test_while_the_mail_server_is_away_the_new_link_waits_and_nothing_else(study: Study, settings: Settings) -> None:
    round = factories.open_round(study)
    factories.fill_sheet(of(study), round, [7])
    confirm(secret=asked(study))
    working, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "tests.rounds.test_addresses.Away"
    assert serve_link_requests(now=database_now()) == 0
    assert of(study).email == NEW
    assert LinkRequest.objects.count() == 1
    settings.EMAIL_BACKEND = working
    mail.outbox.clear()
    assert serve_link_requests(now=database_now()) == 1
    assert [message.to for message in mail.outbox] == [[NEW]]


class Away:
    """A mail server that does not answer."""

    def __init__(self, **_options: object) -> None:
        raise ConnectionRefusedError


def test_confirming_twice_moves_once(study: Study) -> None:
    round = factories.open_round(study)
    factories.fill_sheet(of(study), round, [7])
    secret = asked(study)
    confirm(secret=secret)
    confirm(secret=secret)
    mail.outbox.clear()
    assert serve_link_requests(now=database_now()) == 1
    assert of(study).token_epoch == 1
    assert waiting_change(secret=secret) is None


def test_a_change_that_was_called_off_is_not_confirmed_any_more(study: Study) -> None:
    round = factories.open_round(study)
    factories.fill_sheet(of(study), round, [7])
    old, secret = of(study).email, asked(study)
    with pytest.raises(PanelError):
        change(of(study), "other@example.org")
    confirm(secret=secret)
    actor = factories.facilitator_of(study)
    assert call_off(panelist=of(study), actor=actor, now=database_now())
    assert not call_off(panelist=of(study), actor=actor, now=database_now())
    assert waiting_change(secret=secret) is None
    assert change(of(study), "other@example.org") is Outcome.ASKED
    assert serve_link_requests(now=database_now()) == 0
    assert of(study).email == old
    assert actions(study)[-2:] == ["address change called off", "old address asked"]


def test_a_question_that_was_called_off_before_it_was_sent_is_not_sent(study: Study) -> None:
    round = factories.open_round(study)
    factories.fill_sheet(of(study), round, [7])
    sent()
    change(of(study))
    call_off(panelist=of(study), actor=factories.facilitator_of(study), now=database_now())
    assert sent() == []


def test_an_address_that_somebody_else_got_meanwhile_does_not_move(study: Study) -> None:
    factories.hold_round(study)
    old, secret = of(study).email, asked(study)
    actor = factories.facilitator_of(study)
    add_panelists(study=study, actor=actor, rows=[NewPanelist("Other", NEW)], now=database_now())
    confirm(secret=secret)
    assert serve_link_requests(now=database_now()) == 0
    assert of(study, 1).email == old or of(study).email == old
    assert not AddressChange.objects.exists()


def test_between_rounds_a_panelist_is_replaced_at_once_with_an_empty_history(study: Study) -> None:
    closed = factories.hold_round(study)
    old = of(study)
    Panelist.objects.filter(pk=old.pk).update(group="Nurse")
    secret = mint_link(panelist=old, now=database_now())
    assert change(of(study), replaces=True) is Outcome.REPLACED
    new = of(study)
    assert new.pk != old.pk
    assert (new.name, new.group, new.email, new.consent) == (old.name, "Nurse", NEW, "")
    assert own_sheet(factories.holder_of(new), closed.pk).version == 0
    assert panelist_with(secret=secret, now=database_now()) is None
    assert not new.participations.exists()
    assert actions(study)[-1] == "panelist replaced"
    assert replaced_before(study, is_open=False) == 1


def test_while_a_round_is_open_a_replacement_waits_for_the_freeze(study: Study) -> None:
    round = factories.open_round(study)
    factories.agree(round)
    old = of(study)
    secret = mint_link(panelist=old, now=database_now())
    assert change(old, replaces=True) is Outcome.WAITS
    assert panelist_with(secret=secret, now=database_now()) == old
    factories.fill_sheet(of(study), round, [3])
    closed = factories.close_and_freeze(round)
    new = of(study)
    assert (new.pk != old.pk, new.name, new.email, new.consent) == (True, old.name, NEW, "")
    assert panelist_with(secret=secret, now=database_now()) is None
    assert own_sheet(factories.holder_of(new), closed.pk).version == 0
    assert (panel_of(study).count(), AddressChange.objects.count()) == (6, 0)
    assert actions(study)[-2:] == ["panelist replaced", "result frozen"]
    assert replaced_before(study, is_open=False) == 1
    factories.release_round(closed)
    factories.open_round(study)
    assert replaced_before(study, is_open=True) == 1
    assert replaced_before(study, is_open=False) == 0


def test_a_cancelled_round_replaces_too(study: Study) -> None:
    round = factories.open_round(study)
    factories.fill_sheet(of(study), round, [3])
    old = of(study)
    change(old, replaces=True)
    cancel_round(round=round, actor=factories.facilitator_of(study), reason="x", now=database_now())
    assert (of(study).pk != old.pk, of(study).email) == (True, NEW)
    assert replaced_before(study, is_open=False) == 1


def test_a_round_freezes_also_where_the_new_address_was_taken_meanwhile(study: Study) -> None:
    round = factories.open_round(study)
    factories.agree(round)
    old = of(study)
    change(old, replaces=True)
    Panelist.objects.filter(pk=of(study, 1).pk).update(email=NEW.upper())
    assert factories.close_and_freeze(round).status == Round.Status.CLOSED
    assert Panelist.objects.filter(pk=old.pk).exists()
    assert not AddressChange.objects.exists()
    assert "panelist replaced" not in actions(study)


def test_who_withdrew_is_not_replaced(study: Study) -> None:
    round = factories.open_round(study)
    factories.agree(round)
    change(of(study), replaces=True)
    withdraw(panelist=of(study), holder=factories.holder_of(of(study)), now=database_now())
    factories.close_and_freeze(round)
    assert panel_of(study).count() == 5
    assert not Panelist.objects.filter(email=NEW).exists()


def test_in_a_finished_study_no_address_changes(study: Study) -> None:
    factories.hold_round(study)
    secret = asked(study)
    Study.objects.filter(pk=study.pk).update(status=Study.Status.FINISHED)
    with pytest.raises(PanelError):
        change(of(study, 1), "other@example.org")
    assert waiting_change(secret=secret) is None
    confirm(secret=secret)
    assert serve_link_requests(now=database_now()) == 0


def test_the_log_names_no_address(study: Study) -> None:
    round = factories.open_round(study)
    factories.agree(round)
    asked(study)
    change(of(study, 1), "two@example.org", replaces=True)
    factories.close_and_freeze(round)
    told = repr(list(AuditEntry.objects.filter(study=study).values_list("action", "detail")))
    assert "replacement asked for" in told
    assert NEW not in told
    assert "two@example.org" not in told
