"""How far a sheet about options has come: gaps, the task list, minutes, submitting; and the wire of the script."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from surveys.panelist.gaps import gaps_of, minutes_for
from surveys.panels.models import Panelist
from surveys.rounds.models import Round
from surveys.rounds.queries import survey_of
from surveys.rounds.services.opening import SurveyPlan, plan_questions
from surveys.sheets.preferences import Preferences
from surveys.studies.queries import database_now
from tests.factories import (
    draft,
    facilitator_of,
    fill_preferences,
    hold_survey,
    make_statement,
    make_survey_study,
    open_as_known,
    open_survey,
)
from tests.panelist.browsing import enter, first_panelist, heading_of, sheet_of, title_of, words_of
from tests.panelist.test_preferences import BASE, PAGE, VARIATION

pytestmark = pytest.mark.django_db

FETCH = {"X-Requested-With": "fetch"}


@pytest.fixture
def round() -> Round:
    return open_survey(make_survey_study(panelists=5), top=(2, 3))


@pytest.fixture
def panelist(round: Round) -> Panelist:
    return first_panelist(round.study)


@pytest.fixture
def client(panelist: Panelist) -> Client:
    return enter(panelist)


def gaps(round: Round, preferences: Preferences, number: int = 1) -> list[str]:
    survey = survey_of(round)
    return gaps_of(survey, preferences, survey.vignettes[number - 1])


def test_an_answered_vignette_has_no_gap_and_texts_are_never_one(round: Round) -> None:
    assert gaps(round, BASE) == []


def test_each_gap_is_a_sentence(round: Round) -> None:
    assert gaps(round, {"v1-likelihood-1": "likely", "v1-ranking": "3,1", "v1-top": "1"}) == [
        "3 of 4 options have no answer to how likely you would recommend them.",
        "2 of 4 ranked; an incomplete ranking is not counted.",
        "1 of at least 2 top choices.",
        "Nothing is said of what you would not recommend; choose options or “None of these”.",
    ]
    assert gaps(round, BASE | {"v1-against": "none"}) == []


def test_who_cannot_answer_leaves_no_gap(round: Round) -> None:
    assert gaps(round, {"v1-abstain": "yes"}) == []
    assert gaps(round, {"v2-abstain": "yes"}, 2) == []


def test_a_variation_is_kept_or_revised_and_then_as_complete_as_the_base_case(round: Round) -> None:
    assert gaps(round, BASE, 2) == ["Keep your answers for the base case, or revise them."]
    assert gaps(round, BASE | {"v2-keep": "keep"}, 2) == []
    assert gaps(round, BASE | {"v2-keep": "revise", "v2-top": "3"}, 2) == ["1 of at least 2 top choices."]
    assert gaps(round, {"v2-keep": "keep"}, 2) == [
        "You keep your answers for the base case, and those are not complete."
    ]


def test_only_what_is_asked_can_be_missing() -> None:
    texts = open_survey(make_survey_study(panelists=5), ["reasons"], keeps_base=False)
    assert gaps(texts, {}) == []
    tops = open_survey(make_survey_study(panelists=5), ["top"], keeps_base=False)
    assert gaps(tops, {}, 2) == ["0 of at least 1 top choice."]


def test_a_variation_that_may_be_kept_takes_less_time(round: Round) -> None:
    survey = survey_of(round)
    base, variation = survey.vignettes
    # Reading a minute; four options of 18 seconds; a variation 90 seconds.
    assert [minutes_for(survey, left) for left in ([], [base], [variation], [base, variation])] == [0, 3, 2, 4]


def test_the_first_page_speaks_of_an_option_survey_and_of_answers(client: Client) -> None:
    response = client.get("/panel/")
    assert heading_of(response) == "2 vignettes to answer"
    assert title_of(response) == "Option survey 1: 2 of 2 vignettes left to answer"
    words = words_of(response)
    assert "0 of 2 answered. You can change every answer until the round closes." in words
    assert "Vignette 1: Vignette 1 Not yet answered" in words
    assert "about 4 minutes" in words
    assert "rate" not in words.split("Who can see what")[0].split()


def test_the_task_list_says_how_far_each_vignette_is(client: Client, panelist: Panelist, round: Round) -> None:
    fill_preferences(panelist, round, {**BASE, "v2-keep": "revise", "v2-top": "1"}, submit=False)
    response = client.get("/panel/")
    assert heading_of(response) == "1 of 2 vignettes left to answer"
    words = words_of(response)
    assert "Vignette 1: Vignette 1 Answered Vignette 2: Vignette 2 Begun" in words
    assert "Continue with vignette 2" in words


def test_submitting_with_gaps_warns_once_and_names_them(client: Client, panelist: Panelist, round: Round) -> None:
    fill_preferences(panelist, round, {**BASE, "v1-ranking": "1,2"}, submit=False)
    response = client.post(VARIATION, {"v2-abstain": "yes", "action": "submit"})
    assert (response.status_code, response["Location"]) == (302, "/panel/submit/")
    check = client.get("/panel/submit/")
    assert heading_of(check) == "1 of 2 vignettes is not completely answered"
    assert "2 of 4 ranked; an incomplete ranking is not counted." in words_of(check)
    assert "Submit with 1 vignette not completely answered" in words_of(check)
    assert not sheet_of(panelist, round).is_submitted
    assert client.post("/panel/submit/", {"action": "submit", "gaps": "known"})["Location"] == "/panel/"
    assert sheet_of(panelist, round).is_submitted
    assert "with 1 of 2 vignettes not completely answered" in heading_of(client.get("/panel/"))


def test_the_last_answer_can_submit_at_once(client: Client, panelist: Panelist, round: Round) -> None:
    fill_preferences(panelist, round, BASE, submit=False)
    assert client.post(VARIATION, {"v2-keep": "keep", "action": "submit"})["Location"] == "/panel/"
    assert sheet_of(panelist, round).is_submitted


def test_a_script_is_told_what_stands_now_as_the_page_shows_it(
    client: Client, panelist: Panelist, round: Round
) -> None:
    fill_preferences(panelist, round, BASE, submit=False)
    fields = {
        "v2-keep": "revise",
        "v2-top": ["4", "3"],
        "seen-v2-top": "1,2",
        "seen-v2-against": "4",
        "v2-against": "4",
    }
    response = client.post(VARIATION, {**fields, "seen-v2-keep": ""}, headers=FETCH)
    assert response.json() == {
        "state": "draft",
        "version": 2,
        "seen": {"v2-keep": "revise", "v2-top": "3,4", "v2-against": "4"},
        "progress": {"done": 2, "total": 2, "words": "2 of 2 answered"},
    }
    assert len(response.content) == 4096


def test_a_script_is_told_of_conflicts_and_of_what_is_wrong(client: Client, panelist: Panelist, round: Round) -> None:
    fill_preferences(panelist, round, {"v1-ranking": "1,2"}, submit=False)
    clash = client.post(PAGE, {"v1-ranking": ["3"], "seen-v1-ranking": ""}, headers=FETCH)
    assert clash.status_code == 409
    (note,) = clash.json()["conflicts"]
    assert (note["name"], note["theirs"], note["mine"]) == ("v1-ranking", "1,2", "3")
    assert "1. Choice 1, 2. Choice 2" in note["html"]
    wrong = client.post(PAGE, {"v1-top": ["1", "2", "3", "4"]}, headers=FETCH)
    assert (wrong.status_code, wrong.json()) == (
        422,
        {"errors": {"v1-top": "Choose at most 3 top choices; here are 4."}},
    )


def test_a_rating_round_can_ask_about_options_as_well() -> None:
    study = make_survey_study(panelists=5)
    for vignette in study.vignettes.all():
        make_statement(vignette)
    drafted = draft(study)
    survey = SurveyPlan(["top"], keeps_base=False, top_least=1, top_most=3, left_out=())
    plan_questions(round=drafted, actor=facilitator_of(study), survey=survey, now=database_now())
    round = open_as_known(drafted)
    panelist = first_panelist(study)
    client = enter(panelist)
    assert title_of(client.get("/panel/")) == "Rating round 1: 2 of 2 vignettes left to answer"
    page = words_of(client.get(PAGE))
    assert page.index("complete disagreement") < page.index("Your top choices for this patient")
    client.post(PAGE, {"s1": "8", "action": "save"})
    assert "Vignette 1: Vignette 1 Begun" in words_of(client.get("/panel/"))
    client.post(PAGE, {"v1-top": ["1"], "action": "save"})
    assert "Vignette 1: Vignette 1 Answered" in words_of(client.get("/panel/"))
    answer = client.post(VARIATION, {"s2": "7"}, headers=FETCH).json()
    assert answer["progress"]["words"] == "1 of 2 answered"
    assert client.post("/panel/submit/", {"action": "submit"})["Location"] == "/panel/submit/"
    check = words_of(client.get("/panel/submit/"))
    assert "Vignette 2: Vignette 2 0 of at least 1 top choice." in check
    assert not sheet_of(panelist, round).is_submitted


@pytest.mark.parametrize(("options", "vignettes"), [(2, 1), (13, 8)])
def test_the_pages_ask_the_database_as_often_for_few_questions_as_for_many(options: int, vignettes: int) -> None:
    study = make_survey_study(panelists=5, options=options, vignettes=vignettes)
    everything = {f"v{number}-abstain": "yes" for number in range(1, vignettes + 1)}
    hold_survey(study, [everything] * 5, top=(1, 2))
    open_survey(study, top=(1, 2))
    client = enter(first_panelist(study))
    counts = []
    for address in ("/panel/", PAGE, "/panel/submit/", "/panel/results/1/"):
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts.append(len(queries))
    assert counts == [8, 12, 3, 11]
