"""A facilitator who moves a panelist's address to their own mailbox reads no earlier answer, by whichever way.

Seen to fail: with `has_any_sheet` saying no, the first attack reads the canary; with `hold_round` doing nothing, the
address moves on PostgreSQL while a save is under way; with `_must_be_signed_in` doing nothing, an ended session saves.
"""

import contextlib
import re
import threading
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from surveys.panels.models import Panelist
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.rounds.services import saving
from surveys.rounds.services.addresses import HasAnswered, Outcome, change_address, confirm, correct_panelist
from surveys.rounds.services.mailing import request_link, send_due_messages, serve_link_requests
from surveys.rounds.services.saving import SessionEnded
from surveys.sheets.models import Sheet
from surveys.sheets.queries import has_any_sheet, own_sheet
from surveys.sheets.services import write_sheet
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from tests.factories import (
    agree,
    close_and_freeze,
    facilitator_of,
    fill_sheet,
    holder_of,
    make_study,
    open_round,
    signed_in,
)
from tests.faults.storm import in_threads

pytestmark = pytest.mark.django_db(transaction=True)

THIEF = "thief@example.org"
CANARY = "CANARY-4b1d"
PAGES = ("", "vignette/1/", "submit/", "results/1/", "counted/1/")


@pytest.fixture
def study() -> Study:
    """A closed round and an open one; everybody answered both, and the first panelist wrote a canary into both."""
    made = make_study(panelists=6, statements=1)
    for is_last in (False, True):
        round = open_round(made)
        agree(round)
        fill_sheet(victim(made), round, [3], reasons={1: CANARY})
        if not is_last:
            close_and_freeze(round)
            Round.objects.filter(pk=round.pk).update(released_at=database_now())
    return made


def victim(study: Study) -> Panelist:
    return panel_of(study).select_related("study").get(name="Panelist 01")


def deliver() -> None:
    """Send whatever waits, and serve whoever asked."""
    while send_due_messages(now=database_now()):
        pass
    serve_link_requests(now=database_now())


def secrets_at(address: str) -> list[str]:
    """The secrets in all mail that came to this mailbox."""
    bodies = [str(message.body) for message in mail.outbox if address in [to.lower() for to in message.recipients()]]
    return [secret for body in bodies for secret in re.findall(r"#t=([\w-]+)", body)]


def read_by(address: str) -> str:
    """Every page that the links in this mailbox open."""
    read = ""
    for secret in secrets_at(address):
        cache.clear()
        client = Client()
        client.post("/panel/", {"code": secret})
        read += "".join(client.get(f"/panel/{page}").content.decode() for page in PAGES)
        read += client.post("/panel/address/", {"code": secret, "action": "confirm"}).content.decode()
    deliver()
    return read


def attack(study: Study, client: Client) -> str:
    """Do all that a facilitator's pages offer; returns what they said."""
    panelist = victim(study)

    def post(page: str, /, **form: str) -> str:
        address = reverse(f"facilitator:{page}", args=[study.slug, panelist.pk])
        return client.post(address, form, follow=True).content.decode()

    said = ""
    facts = {"name": panelist.name, "email": THIEF, "group": panelist.group}
    for way in ("ask", "replace"):
        said += post("edit_panelist", **facts)
        said += post("change_address", email=THIEF, way=way)
        for name in ("send_link", "revoke_links", "send_link", "remove_panelist"):
            said += post(name, email=THIEF)
        request_link(address=THIEF)
        deliver()
        said += client.get(reverse("facilitator:panel", args=[study.slug])).content.decode()
        said += client.get(reverse("facilitator:edit_panelist", args=[study.slug, panelist.pk])).content.decode()
        if way == "ask":
            post("call_off_address")
    return said


def test_the_canary_is_there_to_be_read_by_its_owner(study: Study) -> None:
    deliver()
    assert CANARY in read_by(victim(study).email)


def test_a_facilitator_s_own_mailbox_never_opens_an_earlier_answer(study: Study) -> None:
    said = attack(study, signed_in(facilitator_of(study)))
    assert secrets_at(THIEF) == []
    (round,) = study.rounds.filter(status=Round.Status.OPEN)
    close_and_freeze(round)
    deliver()
    new = victim(study)
    assert new.email == THIEF
    request_link(address=THIEF)
    deliver()
    assert len(secrets_at(THIEF)) >= 1
    read = read_by(THIEF)
    assert "These are the sheets of" in read
    assert CANARY not in read
    assert [own_sheet(holder_of(new), each.pk).version for each in study.rounds.all()] == [0, 0]
    assert CANARY not in said


def test_no_page_of_a_facilitator_shows_a_link_and_no_mail_goes_to_two(study: Study) -> None:
    client = signed_in(facilitator_of(study))
    said = attack(study, client)
    names = ["study", "panel", "rounds", "log", "settings", "staff", "tables"]
    said += "".join(client.get(reverse(f"facilitator:{name}", args=[study.slug])).content.decode() for name in names)
    secrets = [secret for message in mail.outbox for secret in re.findall(r"#t=([\w-]+)", str(message.body))]
    assert len(secrets) > 10
    assert [secret for secret in secrets if secret in said] == []
    assert "#t=" not in said
    panel = {panelist.email for panelist in panel_of(study)}
    for message in mail.outbox:
        assert (len(message.to), message.cc, message.bcc, message.reply_to) == (1, [], [], [])
        assert message.to[0] in panel
    assert client.get(reverse("facilitator:demonstration_mail", args=[study.slug])).status_code == 404


def moved_to(study: Study) -> Outcome:
    """Try to have the address simply changed."""
    actor = facilitator_of(study)
    return change_address(panelist=victim(study), actor=actor, email=THIEF, replaces=False, now=database_now())


@pytest.fixture
def round() -> Round:
    """An open round in which nobody has saved anything."""
    return open_round(make_study(panelists=5, statements=1))


def test_an_address_waits_for_the_first_save_that_is_under_way_and_then_stays(
    round: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, moved = threading.Event(), threading.Event()
    outcomes: list[Outcome] = []

    def write_late(**sheet: Any) -> bool:
        looked.set()
        moved.wait(0.5)
        return write_sheet(**sheet)

    def move() -> None:
        looked.wait(30)
        outcomes.append(moved_to(round.study))
        moved.set()

    monkeypatch.setattr(saving, "write_sheet", write_late)
    panelist = victim(round.study)
    assert in_threads(move, lambda: fill_sheet(panelist, round, [3])) == []
    assert outcomes == [Outcome.ASKED]
    assert victim(round.study).email == panelist.email


def test_a_save_that_waits_for_a_moving_address_finds_its_session_ended(
    round: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving, saved = threading.Event(), threading.Event()
    panelist = victim(round.study)

    def look_late(**whose: Any) -> bool:
        found = has_any_sheet(**whose)
        moving.set()
        saved.wait(0.5)
        return found

    def save() -> None:
        moving.wait(30)
        with pytest.raises(SessionEnded):
            fill_sheet(panelist, round, [3])
        saved.set()

    monkeypatch.setattr("surveys.rounds.services.addresses.has_any_sheet", look_late)
    assert in_threads(lambda: moved_to(round.study), save) == []
    assert victim(round.study).email == THIEF
    assert not Sheet.objects.exists()


def test_whoever_comes_first_nobody_s_answer_changes_hands(round: Round) -> None:
    study = round.study
    panelists = list(panel_of(study).select_related("study"))
    actor = facilitator_of(study)

    def save(panelist: Panelist) -> None:
        with contextlib.suppress(SessionEnded):
            fill_sheet(panelist, round, [3])

    def move(panelist: Panelist) -> None:
        facts = {"name": panelist.name, "email": f"new-{panelist.email}", "group": ""}
        with contextlib.suppress(HasAnswered):
            correct_panelist(panelist=panelist, actor=actor, now=database_now(), **facts)

    as_read = [Panelist.objects.select_related("study").get(pk=panelist.pk) for panelist in panelists]
    deeds = [lambda one=one: save(one) for one in panelists]  # type: ignore[misc]
    deeds += [lambda one=one: move(one) for one in as_read]  # type: ignore[misc]
    assert in_threads(*deeds) == []
    for panelist in panelists:
        kept = Panelist.objects.get(pk=panelist.pk)
        has_sheet = has_any_sheet(study_id=study.pk, panelist_id=panelist.pk, round_ids=[round.pk])
        assert (kept.email == panelist.email) is has_sheet
        assert kept.token_epoch == (0 if has_sheet else 1)


def test_two_ticks_at_once_move_an_address_once(round: Round) -> None:
    fill_sheet(victim(round.study), round, [3])
    assert moved_to(round.study) is Outcome.ASKED
    deliver()
    (secret,) = [found for found in secrets_at(victim(round.study).email) if "address" in mail.outbox[-1].body][-1:]
    confirm(secret=secret)
    assert in_threads(*[lambda: serve_link_requests(now=database_now())] * 3) == []
    assert (victim(round.study).email, victim(round.study).token_epoch) == (THIEF, 1)
