"""Released rounds, as one panelist sees them."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from surveys.studies.models import Protocol
from surveys.vignettes.models import Vignette
from tests.factories import (
    close_and_freeze,
    fill_sheet,
    hold_round,
    make_statement,
    make_study,
    open_round,
    release_round,
)
from tests.panelist.browsing import enter, first_panelist, heading_of, words_of

pytestmark = pytest.mark.django_db


def test_the_group_stands_beside_the_own_rating() -> None:
    study = make_study(panelists=8, statements=2)
    hold_round(study, [[4, 6, 7, 7, 8, 8, 9, 9], ["abstain", 8, 8, 8, 8, 8, 8, 8]])
    response = enter(first_panelist(study)).get("/panel/results/1/")
    assert heading_of(response) == "8 of 8 panelists answered in rating round 1"
    words = words_of(response)
    assert "The group: 8 ratings, mean 7.25, median 7.5 ◆ You: you rated 4." in words
    assert "The group: 7 ratings, mean 8.00, median 8 ◆ You: “I cannot rate this”." in words
    page = response.content.decode()
    assert (
        'aria-label="Ratings in round 1: 1 rated 4, 1 rated 6, 2 rated 7, 2 rated 8, 2 rated 9. '
        'Median 7.5, mean 7.25."' in page
    )
    assert len(re.findall("You, round 1", page)) == 1
    assert set(re.findall(r'class="(bar|agree|neutral|disagree|rule)"', page)) == {"bar"}


def test_whoever_did_not_answer_reads_so() -> None:
    study = make_study(panelists=6, statements=1)
    round = open_round(study)
    absent, *others = study.panelists.order_by("name")
    for panelist in others:
        fill_sheet(panelist, round, [8])
    fill_sheet(absent, round, [2], submit=False)
    release_round(close_and_freeze(round))
    words = words_of(enter(absent).get("/panel/results/1/"))
    assert "5 of 6 panelists answered" in words
    assert "You: no answer." in words


def test_fewer_than_five_answers_show_nothing() -> None:
    study = make_study(panelists=5, statements=1)
    hold_round(study, [[4, 8, 8, 8, "abstain"]])
    response = enter(first_panelist(study)).get("/panel/results/1/")
    words = words_of(response)
    assert "The group: fewer than 5 answers, so no result is shown. You: you rated 4." in words
    assert 'class="dist" role="img"' not in response.content.decode()


@pytest.mark.parametrize("is_shown", [True, False])
def test_reasons_are_shown_where_the_protocol_says_so(is_shown: bool) -> None:
    study = make_study(panelists=5, statements=1)
    Protocol.objects.filter(study=study).update(shows_comments=is_shown)
    round = open_round(study)
    for panelist in study.panelists.all():
        fill_sheet(panelist, round, [8], reasons={1: "Because of <age>."})
    release_round(close_and_freeze(round))
    words = words_of(enter(first_panelist(study)).get("/panel/results/1/"))
    assert ("5 reasons given Because of <age>." in words) is is_shown


def test_a_round_that_is_not_released_is_not_found() -> None:
    study = make_study(panelists=5, statements=1)
    client = enter(first_panelist(study))
    assert client.get("/panel/results/1/").status_code == 404
    hold_round(study, released=False)
    assert client.get("/panel/results/1/").status_code == 404
    assert client.get("/panel/results/2/").status_code == 404


def test_a_round_of_another_study_is_not_found() -> None:
    hold_round(make_study(panelists=5, statements=1))
    client = enter(first_panelist(make_study(panelists=5, statements=1)))
    assert client.get("/panel/results/1/").status_code == 404


def test_several_rounds_lead_to_one_another_each_with_its_own_rating() -> None:
    study = make_study(panelists=5, statements=1)
    hold_round(study, [[4, 8, 8, 8, 8]])
    hold_round(study, [[6, 8, 8, 8, 8]])
    client = enter(first_panelist(study))
    first, second = client.get("/panel/results/1/"), client.get("/panel/results/2/")
    assert "You: you rated 4." in words_of(first)
    assert "You: you rated 6." in words_of(second)
    assert 'href="/panel/results/2/"' in first.content.decode()
    assert '<b aria-current="page">Rating round 1</b>' in first.content.decode()


@pytest.mark.parametrize("statements", [1, 10])
def test_the_page_asks_the_database_as_often_for_one_statement_as_for_ten(statements: int) -> None:
    study = make_study(panelists=5, statements=1)
    for _ in range(statements - 1):
        make_statement(Vignette.objects.get(study=study))
    hold_round(study)
    client = enter(first_panelist(study))
    client.get("/panel/results/1/")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/panel/results/1/").status_code == 200
    # What the round asked and its results were read by the first visit. Session, rounds; own sheet, reasons; who took
    # part; the release in the audit chain.
    assert len(queries) == 6


def test_six_ratings_are_not_counted_out_and_the_page_says_why() -> None:
    study = make_study(panelists=6, statements=1)
    hold_round(study)
    response = enter(first_panelist(study)).get("/panel/results/1/")
    expected = (
        "median 8, about 100% rated 7 to 9. With fewer than 7 ratings they are not counted out. You: you rated 8."
    )
    assert expected in words_of(response)


def test_where_one_person_stopped_nothing_is_counted_out_and_both_pages_say_why() -> None:
    study = make_study(panelists=9, statements=1)
    hold_round(study)
    hold_round(study, [[8] * 8 + ["abstain"]])
    why = "Exactly one person more or fewer rated than in an earlier round, so they are not counted out."
    client = enter(first_panelist(study))
    assert f"The group: 8 ratings, mean 8.00, median 8, about 100% rated 7 to 9. {why} You: you rated 8." in words_of(
        client.get("/panel/results/2/")
    )
    assert "not counted out" not in words_of(client.get("/panel/results/1/"))
    open_round(study)
    assert f"about 100% rated 7 to 9. {why} You rated 8." in words_of(client.get("/panel/vignette/1/"))


@pytest.mark.parametrize("is_shown", [True, False])
def test_who_reads_reasons_is_said_as_the_protocol_has_it(is_shown: bool) -> None:
    study = make_study(panelists=5, statements=1)
    Protocol.objects.filter(study=study).update(shows_comments=is_shown)
    open_round(study)
    client = enter(first_panelist(study))
    start, rate = words_of(client.get("/panel/")), words_of(client.get("/panel/vignette/1/"))
    assert ("Reasons and suggestions go to the facilitator alone, unsigned." in start) is not is_shown
    assert ("The facilitator alone reads reasons, after the round" in rate) is not is_shown
    assert ("The panel reads reasons after the round" in rate) is is_shown
