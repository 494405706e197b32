"""The questions about options on the page of a vignette: what is asked, what is saved, what is refused."""

import html
import re

import pytest
from django.http import HttpResponse
from django.test import Client

from surveys.panels.models import Panelist
from surveys.rounds.models import Round
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.services.lineage import OptionTexts, merge_options
from tests.factories import (
    WHY,
    draft,
    facilitator_of,
    fill_preferences,
    hold_survey,
    make_statement,
    make_survey_study,
    open_as_known,
    open_survey,
)
from tests.panelist.browsing import enter, first_panelist, sheet_of, words_of

pytestmark = pytest.mark.django_db

PAGE, VARIATION = "/panel/vignette/1/", "/panel/vignette/2/"
BASE = {
    "v1-likelihood-1": "definitely",
    "v1-likelihood-2": "likely",
    "v1-likelihood-3": "likely_not",
    "v1-likelihood-4": "will_not",
    "v1-ranking": "2,1,3,4",
    "v1-top": "1,2",
    "v1-against": "4",
}


@pytest.fixture
def study() -> Study:
    """Four options in two categories, a base case and a variation."""
    return make_survey_study(panelists=5)


@pytest.fixture
def round(study: Study) -> Round:
    return open_survey(study)


@pytest.fixture
def panelist(study: Study) -> Panelist:
    return first_panelist(study)


@pytest.fixture
def client(round: Round, panelist: Panelist) -> Client:
    return enter(panelist)


def stored(panelist: Panelist, round: Round) -> dict[str, str]:
    return dict(sheet_of(panelist, round).preferences)


def checked(response: HttpResponse) -> set[tuple[str, str]]:
    """Name and value of the radios and boxes that are chosen."""
    found = re.findall(r'<input type="(?:radio|checkbox)" name="([^"]+)" value="([^"]+)"([^>]*)>', page(response))
    return {(name, value) for name, value, rest in found if " checked" in rest}


def ranked(response: HttpResponse, prefix: str = "v1") -> str:
    """The ranking that the page posts: its hidden inputs in order, the disabled ones left out."""
    found = re.findall(rf'<input type="hidden" name="{prefix}-ranking" value="(\d+)"( disabled)?>', page(response))
    return ",".join(value for value, is_disabled in found if not is_disabled)


def page(response: HttpResponse) -> str:
    return html.unescape(response.content.decode())


def test_nothing_is_chosen_beforehand(client: Client) -> None:
    response = client.get(PAGE)
    assert response.status_code == 200
    assert checked(response) == set()
    assert ranked(response) == ""
    assert page(response).count('type="radio"') == 4 * 4


def test_every_option_stands_under_its_category_with_its_explanation(client: Client) -> None:
    words = words_of(client.get(PAGE))
    assert "Add Choice 1 What 1 is. Definitely Likely Likely not Will not" in words
    assert "Switch Choice 3 What 3 is." in words
    assert "Choose at least 1 and at most 3, all equally recommended." in words
    assert "0 of 4 ranked; an incomplete ranking is not counted." in words


def test_only_what_the_round_asks_stands_on_the_page(study: Study) -> None:
    open_survey(study, ["top", "factors"], keeps_base=False)
    client = enter(first_panelist(study))
    posts = set(re.findall(r'name="(v\d-[a-z_]+)', page(client.get(VARIATION))))
    assert posts == {"v2-top", "v2-factors", "v2-abstain"}


def test_a_vignette_that_is_only_rated_shows_no_question_about_options(study: Study) -> None:
    for vignette in study.vignettes.all():
        make_statement(vignette)
    drafted = draft(study)
    Round.objects.filter(pk=drafted.pk).update(questions=["top"])
    drafted.left_out_vignettes.set(study.vignettes.filter(is_base=False))
    open_as_known(drafted)
    client = enter(first_panelist(study))
    assert set(re.findall(r'name="(v\d-[a-z_]+)', page(client.get(PAGE)))) == {"v1-top", "v1-abstain"}
    assert set(re.findall(r'name="(v\d-[a-z_]+)', page(client.get(VARIATION)))) == set()
    assert 'name="s2"' in page(client.get(VARIATION))


def test_a_whole_form_is_saved_and_leads_on(client: Client, panelist: Panelist, round: Round) -> None:
    form = {**BASE, "v1-ranking": ["2", "1", "3", "4"], "v1-top": ["2", "1"], "v1-against": ["4"]}
    response = client.post(PAGE, {**form, "v1-reasons": "Age.\r\nAccess.", "action": "save"})
    assert (response.status_code, response["Location"]) == (302, VARIATION)
    assert stored(panelist, round) == {**BASE, "v1-reasons": "Age.\nAccess."}
    again = client.get(PAGE)
    assert ranked(again) == "2,1,3,4"
    assert {("v1-top", "1"), ("v1-top", "2"), ("v1-against", "4"), ("v1-likelihood-3", "likely_not")} <= checked(again)
    assert "Age.\nAccess.</textarea>" in page(again)


def test_a_box_that_was_ticked_and_is_not_posted_is_taken_back(
    client: Client, panelist: Panelist, round: Round
) -> None:
    fill_preferences(panelist, round, {"v1-top": "1", "v1-abstain": "yes"}, submit=False)
    client.post(PAGE, {"seen-v1-top": "1", "seen-v1-abstain": "yes", "action": "save"})
    assert stored(panelist, round) == {}


@pytest.mark.parametrize(
    ("move", "ranking"),
    [
        ("v1-add-4", "2,1,3,4"),
        ("v1-remove-1", "2,3"),
        ("v1-up-1", "1,2,3"),
        ("v1-up-2", "2,1,3"),
        ("v1-down-1", "2,3,1"),
        ("v1-down-3", "2,1,3"),
        ("v1-add-3", "2,1,3"),
        ("v1-up-4", "2,1,3"),
    ],
)
def test_a_move_comes_back_with_the_whole_form_saved(
    client: Client, panelist: Panelist, round: Round, move: str, ranking: str
) -> None:
    response = client.post(PAGE, {"v1-ranking": ["2", "1", "3"], "v1-top": "3", "move": move})
    assert (response.status_code, ranked(response)) == (200, ranking)
    assert stored(panelist, round) == {"v1-ranking": ranking, "v1-top": "3"}


@pytest.mark.parametrize(
    ("ranking", "move", "focus"),
    [
        (["2", "1", "3"], "v1-up-3", "v1-up-3"),
        (["2", "1", "3"], "v1-up-1", "v1-down-1"),
        (["2", "1", "3"], "v1-down-1", "v1-up-1"),
        (["2", "1", "3"], "v1-remove-1", "v1-add-1"),
        (["2", "1", "3"], "v1-add-4", "v1-up-4"),
        (["2"], "v1-add-3", "v1-add-4"),
        (["2"], "v1-add-4", "v1-add-1"),
        ([], "v1-add-1", "v1-add-2"),
    ],
)
def test_after_a_move_the_focus_is_where_one_goes_on(client: Client, ranking: list[str], move: str, focus: str) -> None:
    response = client.post(PAGE, {"v1-ranking": ranking, "move": move})
    focused = re.findall(r'<button[^>]*value="([^"]+)"[^>]*autofocus', page(response))
    assert focused == [focus]
    assert "Location" not in response


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"v1-top": ["1", "2", "3", "4"]}, "Choose at most 3 top choices; here are 4."),
        (
            {"v1-against": ["none", "2"]},
            "Choose the options that you would not recommend, or “None of these”, not both.",
        ),
        ({"v1-ranking": ["1", "1"]}, "“1,1” does not name options of this round, each of them once."),
        ({"v1-ranking": ["5"]}, "“5” does not name options of this round, each of them once."),
        ({"v1-likelihood-1": "maybe"}, "“maybe” is not an answer to this question."),
        ({"v1-likelihood-1": ["likely", "will_not"]}, "This question was answered twice. Choose one answer."),
        ({"seen-v1-top": ["1", "2"]}, "This question was answered twice. Choose one answer."),
        ({"v1-reasons": "x" * 5000}, "This text has at most 4000 characters; here are 5000."),
        ({"v1-reasons": "a\0b"}, "This text holds a character that cannot be stored. Write it without."),
        ({"v1-likelihood-5": "likely"}, "This round has no question “v1-likelihood-5”."),
        ({"v3-top": "1"}, "This round has no question “v3-top”."),
        ({"v1-keep": "keep"}, "This round has no question “v1-keep”."),
        ({"v1-mood": "good"}, "This round has no question “v1-mood”."),
        ({"v01-top": "1"}, "This round has no question “v01-top”."),
        ({"move": "v1-sideways-1"}, "This round has no such place in a ranking."),
        ({"move": "v1-up-9"}, "This round has no such place in a ranking."),
        ({"clear": "v9-top"}, "This round has no question “v9-top”."),
        ({"use": "v1-top=9"}, "“9” does not name options of this round, each of them once."),
    ],
)
def test_what_is_wrong_is_named_in_one_sentence_and_nothing_is_saved(
    client: Client, panelist: Panelist, round: Round, fields: dict[str, object], sentence: str
) -> None:
    response = client.post(PAGE, {"v1-factors": "Her wishes.", **fields})
    assert response.status_code == 422
    assert sentence in page(response)
    assert "Her wishes.</textarea>" in page(response)
    assert page(response).index("There is a problem") < page(response).index(sentence)
    assert sheet_of(panelist, round).version == 0


def test_what_was_refused_keeps_its_input(client: Client) -> None:
    response = client.post(PAGE, {"v1-top": ["1", "2", "3", "4"], "v1-ranking": ["3", "1"]})
    assert {("v1-top", str(number)) for number in range(1, 5)} == checked(response)
    assert ranked(response) == "3,1"


def test_fields_about_options_are_not_taken_where_none_are_asked(study: Study) -> None:
    make_statement(study.vignettes.get(is_base=True))
    open_survey(study, ["reasons"], keeps_base=False)
    response = enter(first_panelist(study)).post(PAGE, {"v1-top": "1"})
    assert (response.status_code, "This round has no question “v1-top”." in page(response)) == (422, True)


def test_an_option_that_is_both_top_choice_and_ruled_out_is_pointed_out_and_saved(
    client: Client, panelist: Panelist, round: Round
) -> None:
    answers = {"v1-top": ["1", "2"], "v1-against": ["1"], "v1-likelihood-2": "will_not"}
    client.post(PAGE, {**answers, "action": "save"})
    words = words_of(client.get(PAGE))
    assert "Choice 1 is among your top choices and among those that you would not recommend." in words
    assert "Choice 2 is among your top choices, and above you will not recommend it." in words
    assert stored(panelist, round) == {"v1-top": "1,2", "v1-against": "1", "v1-likelihood-2": "will_not"}


def test_the_same_field_changed_elsewhere_shows_both_and_keeps_what_is_stored(
    client: Client, panelist: Panelist, round: Round
) -> None:
    fill_preferences(panelist, round, {"v1-top": "2", "v1-ranking": "1,2"}, submit=False)
    response = client.post(PAGE, {"v1-top": ["1", "3"], "seen-v1-top": "", "v1-factors": "New.", "seen-v1-factors": ""})
    assert response.status_code == 409
    assert "There: Choice 2 Here: Choice 1 and Choice 3" in words_of(response)
    assert 'name="use" value="v1-top=2"' in page(response)
    assert 'name="use" value="v1-top=1,3"' in page(response)
    assert stored(panelist, round) == {"v1-top": "2", "v1-ranking": "1,2", "v1-factors": "New."}
    chosen = client.post(PAGE, {"v1-top": ["1", "3"], "seen-v1-top": "2", "use": "v1-top=1,3"})
    assert (chosen.status_code, chosen["Location"]) == (302, PAGE)
    assert stored(panelist, round)["v1-top"] == "1,3"


def test_a_vignette_that_the_round_does_not_ask_is_not_found(client: Client) -> None:
    assert client.get("/panel/vignette/3/").status_code == 404
    assert client.post("/panel/vignette/3/", {"v1-top": "1"}).status_code == 404


def test_a_round_that_closed_meanwhile_says_so(study: Study, client: Client, panelist: Panelist, round: Round) -> None:
    Round.objects.filter(pk=round.pk).update(status=Round.Status.CLOSING)
    response = client.post(PAGE, {"v1-top": "1", "round": str(round.pk)})
    assert (response.status_code, "Option survey 1 closed" in page(response)) == (410, True)


def test_own_answers_of_the_survey_before_stand_beside_the_questions(study: Study) -> None:
    hold_survey(study, [BASE] * 5)
    open_survey(study)
    words = words_of(enter(first_panelist(study)).get(PAGE))
    assert "In option survey 1 you said: definitely." in words
    assert "Choice 2 What" in words
    assert "In option survey 1 you ranked it 1st." in words
    assert "In option survey 1 you chose Choice 1 and Choice 2." in words
    assert "What the group answered in option survey 1" in words
    assert "The group: 5 answered, 5 ranked all options, 5 named top choices." in words


def test_of_merged_options_the_own_answers_to_every_parent_are_told(study: Study) -> None:
    hold_survey(study, [BASE] * 5)
    options = list(study.options.order_by("position"))[:2]
    actor, now = facilitator_of(study), database_now()
    merge_options(options=options, into=OptionTexts("A new choice", "Add"), actor=actor, why=WHY, now=now)
    open_survey(study)
    words = words_of(enter(first_panelist(study)).get(PAGE))
    assert (
        "In option survey 1 you said of Choice 1: definitely. In option survey 1 you said of Choice 2: likely." in words
    )
    assert "In option survey 1 you ranked Choice 2 1st. In option survey 1 you ranked Choice 1 2nd." in words
    assert "In option survey 1 you ranked it 3rd." in words


def test_nothing_of_a_survey_that_is_not_released_is_shown(study: Study) -> None:
    held = hold_survey(study, [BASE] * 5)
    open_survey(study)
    Round.objects.filter(pk=held.pk).update(released_at=None)
    client = enter(first_panelist(study))
    assert "option survey 1" not in words_of(client.get(PAGE))
    assert client.get("/panel/results/1/").status_code == 404
