"""The panelist's first page, in every state of a study."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from surveys.feedback.services.closing import close_round
from surveys.feedback.services.releasing import finish_study
from surveys.panelist.course import takes_answers
from surveys.rounds.models import Round
from surveys.rounds.services.opening import cancel_round
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import Statement, Vignette
from surveys.vignettes.services.steps import Why
from surveys.vignettes.services.writing import update_statement, write_statement
from tests.factories import (
    agree,
    draft,
    facilitator_of,
    fill_sheet,
    hold_round,
    make_statement,
    make_study,
    open_round,
)
from tests.panelist.browsing import enter, first_panelist, heading_of, words_of

pytestmark = pytest.mark.django_db

SPLIT = [[8, 8, 8, 8, 8], [2, 8, 8, 8, 8], [8, 8, 8, 8, 9]]
"""Statement 2 falls short of consensus."""


def small_study(statements: int = 3) -> Study:
    return make_study(panelists=5, statements=statements)


def page_of(study: Study):
    return enter(first_panelist(study)).get("/panel/")


def close_at(round: Round, moment: dt.datetime) -> None:
    Round.objects.filter(pk=round.pk).update(closes_at=moment)


@pytest.mark.parametrize("is_open", [True, False])
def test_the_page_says_whose_sheets_it_shows(is_open: bool) -> None:
    study = small_study()
    if is_open:
        open_round(study)
    whose = f"These are the sheets of {first_panelist(study).email}, and whoever reads mail there can read them."
    assert whose in words_of(page_of(study))


def test_an_empty_sheet_says_how_much_there_is_to_do() -> None:
    study = small_study()
    open_round(study)
    response = page_of(study)
    assert heading_of(response) == "3 statements to rate"
    words = words_of(response)
    assert "about 3 minutes; you can stop and come back" in words
    assert "Start with vignette 1" in words
    assert "Vignette 1: Vignette 1 Not yet rated Vignette 2: Vignette 2 Not yet rated" in words
    assert "New to this? Try a practice statement first" in words
    assert "What changed" not in words


def test_a_begun_sheet_says_what_is_left_and_where_to_go_on_and_never_a_rating() -> None:
    study = small_study()
    round = open_round(study)
    fill_sheet(first_panelist(study), round, [7], submit=False)
    response = page_of(study)
    assert heading_of(response) == "2 of 3 statements left to rate"
    words = words_of(response)
    assert "Continue with vignette 2" in words
    assert "1 of 3 rated. It is saved as a draft. A draft is not counted: submit your sheet" in words
    assert "Vignette 1: Vignette 1 Rated Vignette 2: Vignette 2 Not yet rated" in words
    assert '<progress max="3" value="1" aria-label="1 of 3 statements rated">' in response.content.decode()
    assert "7" not in words.replace("17:", "").split("Your vignettes")[1].split("Who can see")[0]


def test_a_full_draft_asks_to_be_submitted() -> None:
    study = small_study()
    fill_sheet(first_panelist(study), open_round(study), [7, "abstain", 9], submit=False)
    response = page_of(study)
    assert heading_of(response) == "Everything is rated. Submit your sheet."
    assert "Vignette 2: Vignette 2 Cannot rate Vignette 3: Vignette 3 Rated" in words_of(response)
    assert '<a class="btn btn-primary" href="/panel/submit/">Check and submit</a>' in response.content.decode()


def test_a_submitted_sheet_is_confirmed_with_the_time_until_which_it_can_change() -> None:
    study = small_study()
    round = open_round(study)
    Study.objects.filter(pk=study.pk).update(time_zone="America/Chicago")
    close_at(round, dt.datetime(2097, 10, 4, 22, 0, tzinfo=dt.UTC))
    fill_sheet(first_panelist(study), round, [7, 8, 9])
    response = page_of(study)
    expected = "You have submitted your sheet. You can still change it until Friday, October 4, 17:00."
    assert heading_of(response) == expected
    assert "Closes Friday, October 4, 17:00 (Chicago time)" in words_of(response)
    assert "btn-primary" not in response.content.decode()


def test_a_sheet_submitted_with_gaps_says_so() -> None:
    study = small_study()
    fill_sheet(first_panelist(study), open_round(study), [7])
    response = page_of(study)
    assert heading_of(response) == "You have submitted your sheet, with 2 of 3 statements not rated"
    assert "A statement that is not rated counts as missing." in words_of(response)


def test_a_vignette_with_some_of_its_statements_rated_says_how_many() -> None:
    study = small_study(statements=1)
    make_statement(Vignette.objects.get(study=study))
    fill_sheet(first_panelist(study), open_round(study), [7], submit=False)
    assert "Vignette 1: Vignette 1 1 of 2 rated" in words_of(page_of(study))


def test_the_message_of_the_round_and_the_words_about_the_study_stand_on_it() -> None:
    study = small_study()
    round = open_round(study)
    Study.objects.filter(pk=study.pk).update(about="Ten <b>experts</b>, seven vignettes.")
    Round.objects.filter(pk=round.pk).update(message="Welcome back.")
    words = words_of(page_of(study))
    assert "From the facilitator Welcome back." in words
    assert "About this study Ten <b>experts</b>, seven vignettes." in words


def test_who_can_see_what_is_said_with_what_cannot_be_protected() -> None:
    study = small_study()
    open_round(study)
    words = words_of(page_of(study))
    assert "The facilitator sees whether you have answered, never what." in words
    assert "The panel sees counts, reasons and suggestions after the round closes, with no names." in words
    assert "In a panel of 5, if all others agree, arithmetic can tell." in words
    assert "Whoever runs the server could reach the answers." in words
    assert "nonymous" not in words


def test_what_changed_with_everything_asked_again() -> None:
    study = small_study()
    hold_round(study, SPLIT)
    open_round(study)
    words = words_of(page_of(study))
    assert (
        "What changed since round 1 The wording is the same. 2 of 3 statements reached consensus and are asked once "
        "more, with the other 1." in words
    )
    assert "Results of rating round 1" in words


def test_what_changed_with_statements_set_aside_worded_anew_and_new() -> None:
    study = small_study()
    hold_round(study, SPLIT)
    first, second, _third = Statement.objects.filter(vignette__study=study).order_by("vignette__position")
    actor, why, now = facilitator_of(study), Why("It was unclear."), database_now()
    update_statement(statement=second, actor=actor, text="Option 2 alone.", why=why, now=now)
    write_statement(vignette=second.vignette, actor=actor, text="Option 4.", why=Why("It was suggested."), now=now)
    third = Statement.objects.filter(vignette__study=study).order_by("vignette__position")[3]
    open_round(study, left_out=[first, third])
    words = words_of(page_of(study))
    assert "There is a new statement: “Option 4.” Why: It was suggested." in words
    assert "A statement is worded anew. Wording: Option 2 (removed:)" in words
    assert "2 of 3 statements reached consensus and are set aside with their last results." in words


def test_what_changed_with_all_settled_or_none() -> None:
    study = small_study(statements=2)
    hold_round(study)
    hold_round(study, [[2, 8, 8, 8, 8], [2, 8, 8, 8, 8]])
    open_round(study)
    assert "None of the 2 statements has reached consensus yet." in words_of(page_of(study))
    other = small_study(statements=2)
    hold_round(other)
    open_round(other)
    assert "Every statement reached consensus, and all are asked once more." in words_of(page_of(other))


def test_what_changed_with_some_of_the_settled_asked_again() -> None:
    study = small_study()
    hold_round(study, SPLIT)
    open_round(study, left_out=[Statement.objects.filter(vignette__study=study).order_by("vignette__position")[0]])
    assert "2 of 3 statements reached consensus; 1 of them are asked once more." in words_of(page_of(study))


def test_before_the_first_round() -> None:
    study = small_study()
    assert heading_of(page_of(study)) == "The first round has not opened yet"
    draft(study)
    response = page_of(study)
    assert heading_of(response) == "The first round has not opened yet"
    assert "Try a practice statement first" in words_of(response)


def test_a_cancelled_round_is_as_if_it_had_never_been() -> None:
    study = small_study()
    round = open_round(study)
    cancel_round(round=round, actor=facilitator_of(study), reason="A slip.", now=database_now())
    assert heading_of(page_of(study)) == "The first round has not opened yet"


@pytest.mark.parametrize("is_submitted", [True, False])
def test_after_the_deadline_of_a_round_that_is_not_closed(is_submitted: bool) -> None:
    study = small_study()
    round = open_round(study)
    fill_sheet(first_panelist(study), round, [7, 8, 9], submit=is_submitted)
    close_at(round, dt.datetime(2024, 10, 4, 22, 0, tzinfo=dt.UTC))
    response = page_of(study)
    assert heading_of(response) == "The time for rating round 1 is over"
    words = words_of(response)
    assert "It took answers until Friday, October 4, 22:00 (UTC)." in words
    assert ("Your sheet was submitted" in words) is is_submitted
    assert ("You did not submit a sheet, so nothing of yours counts in this round." in words) is not is_submitted


def test_within_the_minute_of_grace_the_round_still_takes_answers() -> None:
    study = small_study()
    round = open_round(study)
    now = database_now()
    round.closes_at = now - dt.timedelta(seconds=59)
    assert takes_answers(round, now)
    round.closes_at = now - dt.timedelta(seconds=61)
    assert not takes_answers(round, now)


def test_while_a_round_closes() -> None:
    study = small_study()
    round = open_round(study)
    agree(round)
    close_round(round_id=round.pk, actor=facilitator_of(study))
    response = page_of(study)
    assert heading_of(response) == "Rating round 1 is closing"
    assert "Your sheet was submitted: what it said when the round closed counts." in words_of(response)


def test_while_the_results_are_not_released_nothing_of_them_is_shown() -> None:
    study = small_study()
    hold_round(study, released=False)
    response = page_of(study)
    assert heading_of(response) == "Rating round 1 is closed"
    assert "results/" not in response.content.decode()


def test_when_the_results_are_released() -> None:
    study = small_study()
    hold_round(study)
    response = page_of(study)
    assert heading_of(response) == "The results of rating round 1 are here"
    assert '<a class="btn btn-primary" href="/panel/results/1/">' in response.content.decode()
    draft(study)
    assert heading_of(page_of(study)) == "The results of rating round 1 are here"


def test_when_the_study_is_finished() -> None:
    study = small_study()
    hold_round(study)
    study.refresh_from_db()
    finish_study(study=study, actor=facilitator_of(study), reason="Consensus everywhere.", now=database_now())
    response = page_of(study)
    assert heading_of(response) == "This study is finished"
    assert '<a class="btn btn-primary" href="/panel/results/1/">' in response.content.decode()


@pytest.mark.parametrize("statements", [1, 10])
def test_the_page_asks_the_database_as_often_for_one_statement_as_for_ten(statements: int) -> None:
    study = small_study(statements)
    hold_round(study)
    open_round(study)
    client: Client = enter(first_panelist(study))
    client.get("/panel/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/panel/")
    # What the round asks was read by the first visit. Session, rounds, panel, who was replaced; evidence, meeting; own
    # sheet; results: rounds, results, order; steps.
    assert len(queries) == 11
