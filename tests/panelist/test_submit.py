"""The check before submitting."""

import pytest
from django.test import Client

from surveys.panels.models import Panelist
from surveys.rounds.models import Round
from surveys.studies.queries import database_now
from tests.factories import fill_sheet, make_study, open_round
from tests.panelist.browsing import choices_of, enter, first_panelist, heading_of, sheet_of, title_of, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def round() -> Round:
    return open_round(make_study(panelists=5, statements=3))


@pytest.fixture
def panelist(round: Round) -> Panelist:
    return first_panelist(round.study)


@pytest.fixture
def client(panelist: Panelist) -> Client:
    return enter(panelist)


def test_the_check_names_what_is_rated_and_what_cannot_be(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, [7, "abstain", 9], submit=False)
    response = client.get("/panel/submit/")
    assert heading_of(response) == "Everything is rated. Submit your sheet."
    words = words_of(response)
    assert "Vignette 1: Vignette 1 Rated Vignette 2: Vignette 2 Cannot rate Vignette 3: Vignette 3 Rated" in words
    assert "Only a submitted sheet is counted. You can still change it afterwards, until" in words
    assert '<button class="btn btn-primary" name="action" value="submit">' in response.content.decode()
    assert "gaps" not in response.content.decode()


def test_submitting_is_confirmed_in_words(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, [7, 8, 9], submit=False)
    response = client.post("/panel/submit/", {"action": "submit"}, follow=True)
    assert heading_of(response).startswith("You have submitted your sheet. You can still change it until ")
    assert sheet_of(panelist, round).is_submitted


def test_gaps_are_named_once_and_then_count_as_missing(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, {1: 7}, submit=False)
    response = client.post("/panel/submit/", {"action": "submit"}, follow=True)
    assert heading_of(response) == "2 of 3 statements are not rated"
    words = words_of(response)
    assert "If you submit now, these count as missing: Vignette 2: Vignette 2 Option 2 would be" in words
    assert "Submit with 2 statements not rated" in words
    assert 'href="/panel/vignette/2/#statement-s2"' in response.content.decode()
    assert not sheet_of(panelist, round).is_submitted
    assert '<input type="hidden" name="gaps" value="known">' in response.content.decode()
    client.post("/panel/submit/", {"action": "submit", "gaps": "known"})
    assert (sheet_of(panelist, round).is_submitted, choices_of(panelist, round)) == (True, {1: "7"})


def test_a_form_without_a_button_submits_nothing(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, [7, 8, 9], submit=False)
    assert client.post("/panel/submit/", {})["Location"] == "/panel/submit/"
    assert not sheet_of(panelist, round).is_submitted


def test_a_submitted_sheet_says_so(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, [7])
    response = client.get("/panel/submit/")
    assert heading_of(response) == "Your sheet is submitted"
    assert "These count as missing: Vignette 2" in words_of(response)
    assert 'name="action"' not in response.content.decode()


def test_answers_may_come_with_the_submission(client: Client, panelist: Panelist, round: Round) -> None:
    client.post("/panel/submit/", {"s1": "7", "s2": "8", "s3": "9", "action": "submit"})
    assert (sheet_of(panelist, round).is_submitted, choices_of(panelist, round)) == (True, {1: "7", 2: "8", 3: "9"})


def test_wrong_input_is_said_and_nothing_is_submitted(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, [7, 8, 9], submit=False)
    response = client.post("/panel/submit/", {"s1": "10", "action": "submit"})
    assert response.status_code == 422
    assert title_of(response) == "Error: Check and submit"
    assert "s1: “10” is not a rating." in words_of(response)
    assert not sheet_of(panelist, round).is_submitted


def test_too_late_is_too_late(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, [7, 8, 9], submit=False)
    Round.objects.filter(pk=round.pk).update(status=Round.Status.CLOSING, closed_at=database_now())
    response = client.post("/panel/submit/", {"action": "submit", "round": str(round.pk)})
    assert response.status_code == 410
    assert "Your sheet was not submitted, and only submitted sheets count." in words_of(response)
    assert client.get("/panel/submit/")["Location"] == "/panel/"


def test_before_the_first_round_there_is_nothing_to_submit() -> None:
    client = enter(first_panelist(make_study(panelists=5, statements=1)))
    assert client.get("/panel/submit/").status_code == 404
    assert client.post("/panel/submit/", {"action": "submit"}).status_code == 404
