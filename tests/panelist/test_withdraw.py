"""Leaving a study for good: one page that says what happens, and one button."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from surveys.operations.anonymity.evidence import changed, dump
from surveys.panelist.urls import urlpatterns
from surveys.panels.models import LinkToken, Panelist
from surveys.rounds.models import Round
from surveys.rounds.services.saving import give_consent
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import database_now
from tests.factories import close_and_freeze, fill_sheet, hold_round, holder_of, make_study, open_round
from tests.panelist.browsing import enter, first_panelist, heading_of, link_of, sheet_of, words_of

pytestmark = pytest.mark.django_db

FETCH = {"X-Requested-With": "fetch"}
# What nobody needs to belong to a panel for, and what takes posts alone.
NOT_ABOUT_THEM = {"start", "sign_out", "link", "address", "practice", "scale", "receipt"}
GONE = "You have withdrawn from this study"


@pytest.fixture
def round() -> Round:
    return open_round(make_study(panelists=6, statements=2))


@pytest.fixture
def panelist(round: Round) -> Panelist:
    return first_panelist(round.study)


@pytest.fixture
def client(panelist: Panelist) -> Client:
    return enter(panelist)


def form_of(client: Client) -> dict[str, str]:
    """What the button of the page would post."""
    page = client.get("/panel/withdraw/").content.decode()
    (mark,) = re.findall(r'name="holder" value="([0-9a-f]+)"', page)
    return {"action": "withdraw", "holder": mark}


def test_the_page_says_what_happens_before_it_happens(client: Client, panelist: Panelist) -> None:
    response = client.get("/panel/withdraw/")
    assert heading_of(response) == "If you withdraw, there is no way back into this study"
    words = words_of(response)
    assert f"your address, {panelist.email}, are deleted when rating round 1 has closed." in words
    assert "What you answered in rating round 1 is deleted at once and is not counted." in words
    assert "you count as somebody who has not answered, and nobody is told more" in words
    assert "Results of closed rounds" not in words
    page = response.content.decode()
    assert len(re.findall("<button", page)) == 1
    assert Panelist.objects.filter(pk=panelist.pk).exists()


def test_withdrawing_while_a_round_is_open_changes_one_row_of_sheets_and_nothing_else(
    client: Client, panelist: Panelist, round: Round
) -> None:
    fill_sheet(panelist, round, [7, 8], reasons={1: "Because."})
    form, before = form_of(client), dump()
    response = client.post("/panel/withdraw/", form)
    assert changed(before, dump()) == {"sheets_sheet": (1, 1)}
    assert heading_of(response) == GONE
    assert "Your name and address are deleted when it has closed." in words_of(response)
    sheet = sheet_of(panelist, round)
    assert (sheet.is_withdrawn, sheet.answers) == (True, {})


def test_consenting_saving_and_withdrawing_leave_together_one_row_more(
    client: Client, panelist: Panelist, round: Round
) -> None:
    form, before = form_of(client), dump()
    give_consent(holder=holder_of(panelist), round_id=round.pk)
    client.post("/panel/vignette/1/", {"s1": "7", "action": "save"})
    client.post("/panel/submit/", {"action": "submit", "gaps": "known"})
    client.post("/panel/withdraw/", form)
    assert changed(before, dump()) == {"sheets_sheet": (0, 1)}


def test_who_withdrew_is_signed_out_and_their_old_pages_say_so(client: Client) -> None:
    form = form_of(client)
    client.post("/panel/withdraw/", form)
    assert heading_of(client.get("/panel/")) == "Sign in with your personal link"
    assert client.get("/panel/vignette/1/")["Location"] == "/panel/"


def test_who_signs_in_again_reads_on_every_page_that_they_have_withdrawn(panelist: Panelist, round: Round) -> None:
    hold_on = enter(panelist)
    hold_on.post("/panel/withdraw/", form_of(hold_on))
    client = enter(panelist)
    assert heading_of(client.get("/panel/")) == GONE
    told = {}
    for pattern in urlpatterns:
        if pattern.name in NOT_ABOUT_THEM:
            continue
        blanks = {name: 1 if name == "number" else panelist.pk for name in pattern.pattern.converters}
        response = client.get(reverse(f"panelist:{pattern.name}", kwargs=blanks))
        told[pattern.name] = (response.status_code, heading_of(response))
    assert told == dict.fromkeys(told, (410, GONE))
    about_them = {"rate", "submit", "results", "counted", "receipts", "notice", "withdraw", "evidence", "evidence_file"}
    assert about_them == set(told)


def test_nothing_more_is_taken_from_whoever_withdrew(panelist: Panelist, round: Round) -> None:
    client, other_tab = enter(panelist), enter(panelist)
    client.post("/panel/withdraw/", form_of(client))
    before = dump()
    assert other_tab.post("/panel/vignette/1/", {"s1": "7", "action": "save"}).status_code == 410
    assert other_tab.post("/panel/submit/", {"action": "submit", "gaps": "known"}).status_code == 410
    assert other_tab.post("/panel/notice/", {"action": "agree"}).status_code == 410
    told = other_tab.post("/panel/vignette/1/", {"s1": "7"}, headers=FETCH)
    assert told.status_code == 410
    assert "Nothing that you enter here is saved or counted." in told.json()["html"]
    assert dump() == before


def test_at_the_freeze_they_leave_the_panel_and_their_link_opens_nothing(client: Client, panelist: Panelist) -> None:
    round = Round.objects.get(study=panelist.study)
    for one in panelist.study.panelists.all():
        fill_sheet(one, round, [8, 8])
    secret = link_of(panelist)
    client.post("/panel/withdraw/", form_of(client))
    close_and_freeze(round)
    assert not Panelist.objects.filter(pk=panelist.pk).exists()
    assert Client().post("/panel/", {"code": secret}).status_code == 422


def test_between_rounds_they_leave_at_once_and_results_stay() -> None:
    study = make_study(panelists=6, statements=1)
    hold_round(study)
    panelist = first_panelist(study)
    client = enter(panelist)
    words = words_of(client.get("/panel/withdraw/"))
    assert f"your address, {panelist.email}, are deleted at once." in words
    assert "Results of closed rounds stay as they are: in them nobody can be told apart" in words
    response = client.post("/panel/withdraw/", form_of(client))
    assert "Your name and address are deleted." in words_of(response)
    assert not Panelist.objects.filter(pk=panelist.pk).exists()
    assert not LinkToken.objects.filter(panelist_id=panelist.pk).exists()
    entry = AuditEntry.objects.filter(study=study).latest("number")
    assert (entry.actor, entry.action, entry.detail) == ("panelist", "withdrew", {})


def test_while_a_round_is_counted_nobody_leaves(client: Client, panelist: Panelist, round: Round) -> None:
    form = form_of(client)
    Round.objects.filter(pk=round.pk).update(status=Round.Status.CLOSING, closed_at=database_now())
    before = dump()
    response = client.post("/panel/withdraw/", form)
    assert response.status_code == 409
    assert "A round is just being counted. Withdraw again in a minute; nothing was changed." in words_of(response)
    assert dump() == before
    assert client.get("/panel/").status_code == 200


@pytest.mark.parametrize("form", [{}, {"action": "withdraw"}, {"action": "withdraw", "holder": "c0ffee"}])
def test_nobody_is_withdrawn_by_a_form_that_was_not_drawn_for_them(client: Client, form: dict[str, str]) -> None:
    before = dump()
    client.post("/panel/withdraw/", form)
    assert dump() == before
    assert client.get("/panel/vignette/1/").status_code == 200


def test_the_first_page_leads_there(client: Client) -> None:
    assert 'href="/panel/withdraw/">Withdraw from this study</a>' in client.get("/panel/").content.decode()


def test_a_study_without_rounds_can_be_left(panelist: Panelist) -> None:
    study: Study = make_study(panelists=5, statements=1)
    client = enter(first_panelist(study))
    client.post("/panel/withdraw/", form_of(client))
    assert study.panelists.count() == 4
