"""The released answers about options as one panelist sees them: the group's numbers beside their own answers."""

import pytest

from surveys.feedback.models import Comment
from surveys.feedback.services.releasing import put_under_theme
from surveys.rounds.models import Round
from surveys.studies.models import Protocol
from surveys.studies.queries import database_now
from tests.factories import (
    close_and_freeze,
    facilitator_of,
    fill_preferences,
    fill_sheet,
    hold_survey,
    make_study,
    make_survey_study,
    open_round,
    open_survey,
    release_round,
)
from tests.panelist.browsing import enter, first_panelist, heading_of, title_of, words_of
from tests.panelist.test_preferences import BASE

pytestmark = pytest.mark.django_db

OTHERS = BASE | {"v1-likelihood-1": "will_not", "v1-top": "2", "v1-against": "none", "v2-keep": "keep"}
RESULTS = "/panel/results/1/"


def of_vignette(words: str, number: int) -> str:
    """What the page says of one vignette."""
    return words.split(f"Vignette {number}: Vignette {number}")[1].split("Vignette ", maxsplit=1)[0]


def test_the_groups_numbers_stand_beside_the_own_answers() -> None:
    study = make_survey_study(panelists=8)
    hold_survey(study, [BASE | {"v2-abstain": "yes"}] + [OTHERS] * 7)
    response = enter(first_panelist(study)).get(RESULTS)
    assert heading_of(response) == "8 of 8 panelists answered in option survey 1"
    assert title_of(response) == "Results of option survey 1"
    words = words_of(response)
    assert "The group: 8 answered, 8 ranked all options, 8 named top choices." in words
    assert (
        "Choice 1 Definitely 1, likely 0, likely not 0, will not 7 Top choice of 13%; 0% would not recommend it; "
        "mean rank 2.00, median 2 You: definitely, a top choice, ranked 2nd" in words
    )
    assert "Choice 4 Definitely 0, likely 0, likely not 0, will not 8 Top choice of 0%; 13% would not" in words
    assert "You: will not, would not recommend it, ranked 4th" in words
    assert "The group: 7 answered, 1 could not answer" in words
    assert "7 kept their answers for the base case." in words
    assert "You: “I cannot answer this for this patient”." in words
    assert 'aria-label="Definitely 1, likely 0, likely not 0, will not 7"' in response.content.decode()


def test_few_answers_show_less_and_say_so() -> None:
    study = make_survey_study(panelists=5)
    hold_survey(study, [BASE] * 5)
    response = enter(first_panelist(study)).get(RESULTS)
    words = words_of(response)
    assert "With so few answers, or where the panel changed by one, the four levels are not counted out." in words
    assert "Choice 1 100% definitely or likely; top choice of 100%; 0% would not" in words
    assert "median rank 2 You: definitely" in words
    assert 'class="levels" role="img"' not in response.content.decode()
    assert "The group: fewer than 5 answers, so no result is shown. You: no answer." in words


def test_a_sheet_that_was_not_submitted_is_no_answer_of_ones_own() -> None:
    study = make_survey_study(panelists=6)
    round = open_survey(study)
    first, *others = study.panelists.order_by("name")
    fill_preferences(first, round, BASE, submit=False)
    for panelist in others:
        fill_preferences(panelist, round, BASE)
    release_round(close_and_freeze(round))
    words = words_of(enter(first).get(RESULTS))
    assert "You: no answer." in words
    assert "You: definitely" not in words


@pytest.mark.parametrize("is_shown", [True, False])
def test_comments_stand_under_their_themes_with_counts(is_shown: bool) -> None:
    study = make_survey_study(panelists=6)
    Protocol.objects.filter(study=study).update(shows_comments=is_shown)
    texts = ({"v1-reasons": "Her age."}, {"v1-reasons": "His age."}, {"v1-reasons": "Access."}, {"v1-factors": "Cost."})
    round = hold_survey(study, [BASE | text for text in (*texts, {}, {})], released=False)
    for comment in Comment.objects.filter(vignette__round=round, body__endswith="age."):
        put_under_theme(comment=comment, theme="Age", actor=facilitator_of(study), now=database_now())
    release_round(round)
    words = words_of(enter(first_panelist(study)).get(RESULTS))
    both = ("Comments (3) Age (2) Her age. His age. Without a theme (1) Access.",
            "Comments (3) Age (2) His age. Her age. Without a theme (1) Access.")  # fmt: skip
    assert any(each in words for each in both) is is_shown
    assert ("Factors that the vignette leaves out (1) Cost." in words) is is_shown


def test_reasons_of_a_rating_round_stand_under_their_themes_too() -> None:
    study = make_study(panelists=5, statements=1)
    round = open_round(study)
    for place, panelist in enumerate(study.panelists.all()):
        fill_sheet(panelist, round, [8], reasons={1: "Access." if place else "Safety."})
    closed = close_and_freeze(round)
    for comment in Comment.objects.filter(body="Access."):
        put_under_theme(comment=comment, theme="Reach", actor=facilitator_of(study), now=database_now())
    release_round(closed)
    client = enter(first_panelist(study))
    reasons = "Reach (4) Access. Access. Access. Access. Without a theme (1) Safety."
    assert f"5 reasons given {reasons}" in words_of(client.get(RESULTS))
    open_round(study)
    assert f"5 reasons given in round 1 {reasons}" in words_of(client.get("/panel/vignette/1/"))


def test_the_first_page_after_a_survey_leads_to_its_results() -> None:
    study = make_survey_study(panelists=5)
    hold_survey(study, [BASE] * 5)
    response = enter(first_panelist(study)).get("/panel/")
    assert heading_of(response) == "The results of option survey 1 are here"
    assert "Results of option survey 1" in words_of(response)
    Round.objects.filter(study=study).update(released_at=None)
    assert heading_of(enter(first_panelist(study)).get("/panel/")) == "Option survey 1 is closed"
