"""Variations whose answers for the base case are kept or revised: only what differs is stored."""

import re

import pytest
from django.test import Client

from surveys.panels.models import Panelist
from surveys.rounds.models import Round
from surveys.sheets.preferences import answers_to
from tests.factories import fill_preferences, make_survey_study, open_survey
from tests.panelist.browsing import enter, first_panelist, sheet_of, words_of
from tests.panelist.test_preferences import BASE, PAGE, VARIATION, checked, page, ranked

pytestmark = pytest.mark.django_db

SHOWN = {f"v2-{name.removeprefix('v1-')}": value for name, value in BASE.items()}


@pytest.fixture
def round() -> Round:
    return open_survey(make_survey_study(panelists=5))


@pytest.fixture
def panelist(round: Round) -> Panelist:
    """Who has answered the base case."""
    found = first_panelist(round.study)
    fill_preferences(found, round, BASE, submit=False)
    return found


@pytest.fixture
def client(panelist: Panelist) -> Client:
    return enter(panelist)


def form(**changed: str) -> dict[str, object]:
    """What a browser posts of the variation's page as it was drawn, and what is changed on it."""
    values = {**SHOWN, **{name.replace("_", "-", 1): value for name, value in changed.items()}}
    seen = {f"seen-{name}": value for name, value in {**SHOWN, "v2-keep": ""}.items()}
    lists = {name: values[name].split(",") for name in ("v2-ranking", "v2-top", "v2-against") if values[name]}
    return {**values, **seen, **lists, "action": "save"}


def own(panelist: Panelist, round: Round) -> dict[str, str]:
    """What is stored of the variation."""
    preferences = sheet_of(panelist, round).preferences
    return {name: value for name, value in preferences.items() if name.startswith("v2-")}


def test_the_base_case_is_filled_in_and_neither_is_chosen(client: Client) -> None:
    response = client.get(VARIATION)
    assert ranked(response, "v2") == "2,1,3,4"
    assert ("v2-likelihood-4", "will_not") in checked(response)
    assert not {("v2-keep", "keep"), ("v2-keep", "revise")} & checked(response)
    assert "Kept from the base case:" in words_of(response)


def test_keeping_stores_that_and_nothing_else(client: Client, panelist: Panelist, round: Round) -> None:
    assert client.post(VARIATION, form(v2_keep="keep")).status_code == 302
    assert own(panelist, round) == {"v2-keep": "keep"}
    client.post(VARIATION, form(v2_keep="keep", v2_top="3"))
    assert own(panelist, round) == {"v2-keep": "keep"}


def test_revising_stores_only_what_differs(client: Client, panelist: Panelist, round: Round) -> None:
    client.post(VARIATION, form(**{"v2_keep": "revise", "v2_top": "3", "v2_likelihood-1": "will_not"}))
    assert own(panelist, round) == {"v2-keep": "revise", "v2-top": "3", "v2-likelihood-1": "will_not"}
    again = client.get(VARIATION)
    assert {("v2-top", "3"), ("v2-likelihood-1", "will_not"), ("v2-likelihood-2", "likely")} <= checked(again)
    assert ranked(again, "v2") == "2,1,3,4"


def test_what_is_set_back_to_the_base_case_differs_no_more(client: Client, panelist: Panelist, round: Round) -> None:
    fill_preferences(panelist, round, {"v2-keep": "revise", "v2-top": "3"}, submit=False)
    client.post(VARIATION, {"v2-keep": "revise", "v2-top": ["1", "2"], "seen-v2-top": "3", "seen-v2-keep": "revise"})
    assert own(panelist, round) == {"v2-keep": "revise"}


def test_a_later_change_of_the_base_case_carries_through(client: Client, panelist: Panelist, round: Round) -> None:
    client.post(VARIATION, form(v2_keep="revise", v2_top="3"))
    client.post(PAGE, {"v1-top": "4", "seen-v1-top": "1,2", "v1-against": "none", "seen-v1-against": "4"})
    answers = answers_to(sheet_of(panelist, round).preferences, 2, 1)
    assert (answers.top, answers.against, answers.ranking) == ((3,), (), (2, 1, 3, 4))


def test_an_old_page_does_not_hold_on_to_the_old_base_case(client: Client, panelist: Panelist, round: Round) -> None:
    old = form(v2_keep="revise", v2_top="3")
    client.post(PAGE, {"v1-against": "none", "seen-v1-against": "4"})
    client.post(VARIATION, old)
    assert own(panelist, round) == {"v2-keep": "revise", "v2-top": "3"}


def test_whoever_changes_an_answer_without_saying_so_revises(client: Client, panelist: Panelist, round: Round) -> None:
    client.post(VARIATION, form(v2_keep="", v2_top="3"))
    assert own(panelist, round) == {"v2-keep": "revise", "v2-top": "3"}


def test_a_page_on_which_nothing_was_chosen_stores_nothing(client: Client, panelist: Panelist, round: Round) -> None:
    client.post(VARIATION, form(v2_keep=""))
    assert own(panelist, round) == {}


def test_emptying_a_list_leaves_the_base_cases(client: Client, panelist: Panelist, round: Round) -> None:
    client.post(VARIATION, form(v2_keep="revise", v2_top=""))
    assert own(panelist, round) == {"v2-keep": "revise"}
    assert answers_to(sheet_of(panelist, round).preferences, 2, 1).top == (1, 2)


def test_texts_are_never_taken_over(client: Client, panelist: Panelist, round: Round) -> None:
    client.post(PAGE, {"v1-reasons": "Of the base case."})
    client.post(VARIATION, form(v2_keep="keep", v2_reasons="Of this patient."))
    assert own(panelist, round) == {"v2-keep": "keep", "v2-reasons": "Of this patient."}
    assert "Of the base case." not in page(client.get(VARIATION))


def test_a_conflict_shows_what_was_taken_over(client: Client, panelist: Panelist, round: Round) -> None:
    fill_preferences(panelist, round, {"v2-keep": "revise", "v2-top": "4"}, submit=False)
    response = client.post(VARIATION, form(v2_keep="revise", v2_top="3"))
    assert response.status_code == 409
    assert re.search(r"There:\s*<q>Choice 4</q>\s*Here:\s*<q>Choice 3</q>", page(response))
    assert own(panelist, round) == {"v2-keep": "revise", "v2-top": "4"}


def test_what_is_kept_of_a_base_case_without_answers_leads_to_it(round: Round) -> None:
    client = enter(first_panelist(round.study))
    response = client.get(VARIATION)
    assert "Your base case has no answers yet. Answer it first" in words_of(response)
    assert f'<a href="{PAGE}">Answer it first</a>' in page(response)
