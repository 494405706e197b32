"""The notice: read before the first answer, agreed to once for all rounds, always there to be read again."""

import pytest
from django.test import Client
from django.utils.html import escape

from surveys.operations.anonymity.evidence import changed, dump
from surveys.panels.models import Panelist
from surveys.rounds.models import Round
from surveys.rounds.services.saving import GRACE, give_consent
from surveys.studies.models import Protocol, Study
from surveys.studies.notice import notice_of
from surveys.studies.queries import database_now
from tests.factories import (
    close_and_freeze,
    fill_sheet,
    holder_of,
    make_study,
    notice_digest,
    open_round,
    release_round,
)
from tests.panelist.browsing import choices_of, enter, first_panelist, heading_of, sheet_of, words_of

pytestmark = pytest.mark.django_db

FETCH = {"X-Requested-With": "fetch"}
ASKED = "Before your first answer: who can see what"


def open_to_first_timers(study: Study) -> Round:
    """The study's next round, of whose panel nobody has agreed yet."""
    round = open_round(study)
    Panelist.objects.filter(study=study).update(consent="")
    return round


@pytest.fixture
def round() -> Round:
    return open_to_first_timers(make_study(panelists=5, statements=2))


@pytest.fixture
def panelist(round: Round) -> Panelist:
    return first_panelist(round.study)


@pytest.fixture
def client(panelist: Panelist) -> Client:
    return enter(panelist)


def agree_in(client: Client) -> None:
    assert client.post("/panel/notice/", {"action": "agree"})["Location"] == "/panel/"


def test_a_first_timer_is_led_to_the_notice_before_practice_and_before_any_statement(client: Client) -> None:
    start = client.get("/panel/")
    assert heading_of(start) == "2 statements to rate"
    words = words_of(start)
    assert "Before your first answer, read who can see what, and agree to it. You are asked once" in words
    assert '<a class="btn btn-primary" href="/panel/notice/">Read the notice</a>' in start.content.decode()
    assert "New to this?" not in words
    assert "/panel/vignette/" not in start.content.decode()
    for page in ("/panel/vignette/1/", "/panel/submit/"):
        assert client.get(page)["Location"] == "/panel/notice/", page


def test_the_notice_stands_in_full_and_asks_at_its_end(client: Client, round: Round) -> None:
    response = client.get("/panel/notice/")
    assert heading_of(response) == ASKED
    page = response.content.decode()
    parts = notice_of(Protocol.objects.get(study=round.study))
    assert len(parts) > 5
    said = [part.heading for part in parts] + [sentence for part in parts for sentence in part.paragraphs]
    assert [sentence for sentence in said if escape(sentence) not in page] == []
    agree, last = page.index("I have read this and agree"), page.index(escape(parts[-1].paragraphs[-1]))
    assert last < agree
    assert '<a class="btn btn-quiet" href="/panel/withdraw/">I do not agree</a>' in page


def test_who_agrees_goes_on_to_practice_and_rating_and_is_asked_no_more(client: Client) -> None:
    agree_in(client)
    words = words_of(client.get("/panel/"))
    assert "New to this? Try a practice statement first" in words
    assert "Start with vignette 1" in words
    assert client.get("/panel/vignette/1/").status_code == 200
    assert client.get("/panel/submit/").status_code == 200
    again = client.get("/panel/notice/")
    assert heading_of(again) == "Who can see what"
    assert "You have agreed to this notice. It cannot change any more." in words_of(again)
    assert "I have read this and agree" not in words_of(again)


def test_agreeing_changes_one_row_of_sheets_and_nothing_else(client: Client, panelist: Panelist, round: Round) -> None:
    before = dump()
    agree_in(client)
    assert changed(before, dump()) == {"sheets_sheet": (0, 1)}
    assert sheet_of(panelist, round).content.consent == notice_digest(round.study_id)
    after = dump()
    agree_in(client)
    client.get("/panel/notice/")
    assert dump() == after


def test_a_form_without_its_button_agrees_to_nothing(client: Client, panelist: Panelist, round: Round) -> None:
    assert heading_of(client.post("/panel/notice/", {})) == ASKED
    assert sheet_of(panelist, round).version == 0


def test_a_notice_drawn_for_somebody_else_is_not_agreed_to(client: Client, panelist: Panelist, round: Round) -> None:
    response = client.post("/panel/notice/", {"action": "agree", "holder": "c0ffee"})
    assert (response.status_code, response["Location"]) == (302, "/panel/")
    assert sheet_of(panelist, round).version == 0


def test_nothing_is_saved_of_whoever_has_not_agreed(client: Client, panelist: Panelist, round: Round) -> None:
    posted = client.post("/panel/vignette/1/", {"s1": "7", "action": "save"})
    assert (posted.status_code, posted["Location"]) == (302, "/panel/notice/")
    submitted = client.post("/panel/submit/", {"s1": "7", "action": "submit", "gaps": "known"})
    assert (submitted.status_code, submitted["Location"]) == (302, "/panel/notice/")
    assert sheet_of(panelist, round).version == 0


def test_the_script_is_told_with_a_note_that_keeps_what_was_entered(client: Client, panelist: Panelist) -> None:
    response = client.post("/panel/vignette/1/", {"s1": "7"}, headers=FETCH)
    assert response.status_code == 403
    note = response.json()["html"]
    assert "Nothing was saved, but what you entered is kept in this page." in note
    assert 'href="/panel/notice/" target="_blank"' in note
    agree_in(client)
    assert client.post("/panel/vignette/1/", {"s1": "7"}, headers=FETCH).status_code == 200
    assert choices_of(panelist, Round.objects.get(study=panelist.study))[1] == "7"


def test_who_submitted_in_a_frozen_round_is_not_asked_again_and_who_did_not_is() -> None:
    study = make_study(panelists=6, statements=1)
    round = open_to_first_timers(study)
    absent, *others = study.panelists.order_by("name")
    for one in others:
        give_consent(holder=holder_of(one), round_id=round.pk)
        fill_sheet(one, round, [8])
    in_browsers = {one: enter(one) for one in (absent, others[0])}
    agree_in(in_browsers[absent])
    release_round(close_and_freeze(round))
    next_round = open_round_as_it_is(study)
    assert in_browsers[others[0]].get("/panel/vignette/1/").status_code == 200
    assert in_browsers[absent].get("/panel/vignette/1/")["Location"] == "/panel/notice/"
    assert sheet_of(absent, next_round).version == 0


def open_round_as_it_is(study: Study) -> Round:
    """The study's next round; who has agreed is what the freeze wrote."""
    agreed = dict(study.panelists.values_list("pk", "consent"))
    round = open_round(study)
    for one in study.panelists.all():
        Panelist.objects.filter(pk=one.pk).update(consent=agreed[one.pk])
    return round


def test_a_study_that_began_before_there_was_a_notice_asks_nobody(client: Client, round: Round) -> None:
    Protocol.objects.filter(study=round.study).update(notice_digest="", locked_notice=[])
    assert client.get("/panel/vignette/1/").status_code == 200
    words = words_of(client.get("/panel/notice/"))
    assert "I have read this and agree" not in words
    assert "You have agreed" not in words
    assert "This study began before there was a notice, so you are not asked to agree to it." in words
    assert "The facilitator sees whether you have answered, never what." in words


def test_before_the_first_round_the_notice_can_be_read_and_may_still_change() -> None:
    client = enter(first_panelist(make_study(panelists=5, statements=1)))
    words = words_of(client.get("/panel/notice/"))
    assert "This notice can still change, until the first round opens." in words
    assert "I have read this and agree" not in words
    assert client.post("/panel/notice/", {"action": "agree"})["Location"] == "/panel/"


def test_after_the_deadline_nobody_is_asked(client: Client, panelist: Panelist, round: Round) -> None:
    Round.objects.filter(pk=round.pk).update(closes_at=database_now() - 2 * GRACE)
    assert heading_of(client.get("/panel/notice/")) == "Who can see what"
    agree_in(client)
    assert sheet_of(panelist, round).version == 0


def test_the_first_page_and_every_foot_lead_to_the_notice(client: Client) -> None:
    agree_in(client)
    assert "Read the notice in full" in words_of(client.get("/panel/"))
    for page in ("/panel/", "/panel/vignette/1/", "/panel/submit/", "/panel/scale/", "/panel/practice/"):
        foot = client.get(page).content.decode().split('<footer class="foot">')[1]
        assert 'href="/panel/notice/"' in foot, page
    assert "/panel/notice/" not in Client().get("/panel/").content.decode()
