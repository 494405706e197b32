"""Rating one vignette: what the page shows, and what a plain form saves."""

import datetime as dt
import re
import uuid

import pytest
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from surveys.feedback.services.closing import close_round
from surveys.panelist.answering import Outcome, take_answers
from surveys.panels.models import Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import revoke_links
from surveys.rounds.asked import asked_of
from surveys.rounds.models import Round
from surveys.rounds.services.locks import is_one_writer
from surveys.rounds.services.opening import cancel_round
from surveys.sheets.models import Sheet
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import Vignette
from tests.factories import (
    agree,
    close_and_freeze,
    draft,
    facilitator_of,
    fill_sheet,
    hold_round,
    make_statement,
    make_study,
    open_round,
    release_round,
)
from tests.panelist.browsing import choices_of, enter, first_panelist, heading_of, sheet_of, title_of, words_of

pytestmark = pytest.mark.django_db


def small_study(statements: int = 3) -> Study:
    return make_study(panelists=5, statements=statements)


@pytest.fixture
def study() -> Study:
    return small_study()


@pytest.fixture
def round(study: Study) -> Round:
    return open_round(study)


@pytest.fixture
def panelist(study: Study) -> Panelist:
    return first_panelist(study)


@pytest.fixture
def client(panelist: Panelist, round: Round) -> Client:
    return enter(panelist)


# ---- what the page shows ----


def test_a_vignette_stands_beside_its_statement(client: Client) -> None:
    response = client.get("/panel/vignette/2/")
    assert heading_of(response) == "Vignette 2 of 3: Vignette 2"
    assert title_of(response) == "Vignette 2 of 3: Vignette 2"
    page = response.content.decode()
    assert "Changed from the base case: <b>32 years old</b>, not 30." in page
    assert "<mark>32</mark>" in page
    assert re.findall(r'<input type="radio" name="([^"]+)" value="([^"]+)"', page) == [
        *(("s2", str(point)) for point in range(1, 10)),
        ("s2", "abstain"),
    ]
    assert '<textarea class="form-control" rows="3" name="reason-s2"' in page
    assert '<button class="btn btn-primary" name="action" value="save">Next: vignette 3</button>' in page
    assert " checked" not in page
    assert "A draft is not counted until you submit your sheet." in words_of(response)


def test_the_base_case_has_nothing_changed(client: Client) -> None:
    page = client.get("/panel/vignette/1/").content.decode()
    assert "Changed from the base case" not in page
    assert "<mark>" not in page


def test_the_last_vignette_offers_to_submit_the_sheet(client: Client) -> None:
    page = client.get("/panel/vignette/3/").content.decode()
    assert '<button class="btn btn-primary" name="action" value="submit">Submit my sheet</button>' in page
    assert 'name="action" value="save">Check it first</button>' in page


def test_what_is_stored_is_shown_again(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, {2: 7}, reasons={2: "Line 1\nLine 2 & more"}, submit=False)
    page = client.get("/panel/vignette/2/").content.decode()
    assert re.findall(r'value="(\w+)" aria-label="[^"]*" checked', page) == ["7"]
    assert "Line 1\nLine 2 &amp; more</textarea>" in page
    assert '<input type="hidden" name="seen-s2" value="7">' in page
    assert '<input type="hidden" name="version" value="1">' in page
    assert "Saved as a draft" in words_of(client.get("/panel/vignette/2/"))


@pytest.mark.parametrize("number", [0, 4, 99])
def test_there_is_no_page_for_a_vignette_that_is_not_asked(client: Client, number: int) -> None:
    assert client.get(f"/panel/vignette/{number}/").status_code == 404
    assert client.post(f"/panel/vignette/{number}/", {"s1": "8"}).status_code == 404
    assert not Sheet.objects.exists()


def test_the_last_released_round_stands_above_the_scale_with_the_own_rating_below() -> None:
    study = small_study(1)
    round = open_round(study)
    for panelist, rating in zip(study.panelists.order_by("name"), (4, 8, 8, 9, 9), strict=True):
        fill_sheet(panelist, round, [rating], reasons={1: f"Because of {rating}."})
    release_round(close_and_freeze(round))
    open_round(study)
    response = enter(first_panelist(study)).get("/panel/vignette/1/")
    words = words_of(response)
    assert "The group in round 1: 5 ratings, mean 7.60, median 8, about 80% rated 7 to 9. With fewer than 7" in words
    assert "ratings they are not counted out. You rated 4." in words
    assert "You, round 1" in words
    assert "5 reasons given in round 1" in words
    assert 'aria-label="4, your rating in round 1"' in response.content.decode()


def test_a_distribution_is_drawn_from_seven_ratings() -> None:
    study = make_study(panelists=7, statements=1)
    hold_round(study)
    open_round(study)
    page = enter(first_panelist(study)).get("/panel/vignette/1/").content.decode()
    assert 'aria-label="Ratings in round 1: 7 rated 8. Median 8, mean 8.00."' in page


def test_somebody_elses_earlier_rating_is_never_shown() -> None:
    study = small_study(1)
    hold_round(study, [[4, 8, 8, 9, 9]])
    open_round(study)
    second = study.panelists.order_by("name")[1]
    page = enter(second).get("/panel/vignette/1/").content.decode()
    assert re.findall(r'aria-label="(\d), your rating in round 1"', page) == ["8"]


def test_fewer_than_five_answers_show_nothing_of_the_group() -> None:
    study = small_study(1)
    hold_round(study, [[4, 8, 8, 9, "abstain"]])
    open_round(study)
    words = words_of(enter(first_panelist(study)).get("/panel/vignette/1/"))
    assert "The group in round 1: fewer than 5 answers, so no result is shown. You rated 4." in words


def test_results_that_are_not_released_are_not_shown() -> None:
    study = small_study(1)
    round = open_round(study)
    agree(round)
    page = enter(first_panelist(study)).get("/panel/vignette/1/").content.decode()
    assert "The group" not in page


@pytest.mark.parametrize("statements", [1, 10])
def test_the_page_asks_the_database_as_often_for_one_statement_as_for_ten(statements: int) -> None:
    study = small_study(1)
    for _ in range(statements - 1):
        make_statement(Vignette.objects.get(study=study))
    hold_round(study)
    open_round(study)
    client = enter(first_panelist(study))
    client.get("/panel/vignette/1/")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/panel/vignette/1/").status_code == 200
    # What the round asks and the results of the earlier one were read by the first visit. Session, rounds, own sheet;
    # which rounds are released, the earlier sheet, reasons.
    assert len(queries) == 6


# ---- what a form saves ----


def test_a_plain_form_saves_a_draft_and_goes_on(client: Client, panelist: Panelist, round: Round) -> None:
    response = client.post("/panel/vignette/2/", {"s2": "8", "action": "save"})
    assert (response.status_code, response["Location"]) == (302, "/panel/vignette/3/")
    sheet = sheet_of(panelist, round)
    assert (sheet.is_submitted, choices_of(panelist, round)) == (False, {2: "8"})


def test_the_forms_own_fields_save_what_was_changed_in_it(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, {2: 7}, reasons={2: "Old"}, submit=False)
    page = client.get("/panel/vignette/2/").content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    del hidden["csrfmiddlewaretoken"]
    assert set(hidden) == {"version", "round", "holder", "seen-s2", "seen-reason-s2"}
    client.post("/panel/vignette/2/", {**hidden, "s2": "9", "reason-s2": "New\r\nline", "action": "save"})
    answer = sheet_of(panelist, round).answer_to(2)
    assert (answer.choice, answer.reason) == ("9", "New\nline")


def test_the_last_page_goes_on_to_the_check(client: Client) -> None:
    assert client.post("/panel/vignette/3/", {"s3": "8", "action": "save"})["Location"] == "/panel/submit/"


def test_one_page_takes_the_whole_sheet_and_submits_it(client: Client, panelist: Panelist, round: Round) -> None:
    response = client.post("/panel/vignette/1/", {"s1": "1", "s2": "abstain", "s3": "9", "action": "submit"})
    assert (response.status_code, response["Location"]) == (302, "/panel/")
    assert sheet_of(panelist, round).is_submitted
    assert choices_of(panelist, round) == {1: "1", 2: "abstain", 3: "9"}


def test_submitting_counts_what_was_saved_before(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, [7, 8], submit=False)
    assert client.post("/panel/vignette/3/", {"s3": "9", "action": "submit"})["Location"] == "/panel/"
    assert sheet_of(panelist, round).is_submitted


def test_submitting_with_gaps_saves_and_warns_first(client: Client, panelist: Panelist, round: Round) -> None:
    response = client.post("/panel/vignette/3/", {"s3": "9", "action": "submit"})
    assert response["Location"] == "/panel/submit/"
    assert not sheet_of(panelist, round).is_submitted
    assert choices_of(panelist, round) == {3: "9"}


def test_a_change_after_submitting_stays_submitted(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, [7, 8, 9])
    assert client.post("/panel/vignette/3/", {"s3": "2", "action": "save"})["Location"] == "/panel/"
    assert (sheet_of(panelist, round).is_submitted, choices_of(panelist, round)[3]) == (True, "2")


def test_a_rating_can_be_taken_back(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, [7, 8], reasons={2: "Kept"}, submit=False)
    response = client.post("/panel/vignette/2/", {"s2": "8", "seen-s2": "8", "clear": "s2"})
    assert response["Location"] == "/panel/vignette/2/"
    answer = sheet_of(panelist, round).answer_to(2)
    assert (answer.choice, answer.reason) == ("", "Kept")


def test_a_form_that_says_nothing_of_the_reason_leaves_it(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, [7], reasons={1: "Kept"}, submit=False)
    client.post("/panel/vignette/1/", {"s1": "9", "action": "save"})
    assert sheet_of(panelist, round).answer_to(1).reason == "Kept"
    client.post("/panel/vignette/1/", {"reason-s1": "New", "action": "save"})
    answer = sheet_of(panelist, round).answer_to(1)
    assert (answer.choice, answer.reason) == ("9", "New")


def test_a_form_without_a_version_overwrites(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, [7], submit=False)
    fill_sheet(panelist, round, [6], submit=False)
    assert client.post("/panel/vignette/1/", {"s1": "9", "action": "save"}).status_code == 302
    assert choices_of(panelist, round) == {1: "9"}


def test_a_save_writes_the_sheet_and_nothing_else(client: Client, round: Round) -> None:
    client.get("/panel/vignette/1/")
    with CaptureQueriesContext(connection) as queries:
        client.post("/panel/vignette/1/", {"round": round.pk, "s1": "9", "reason-s1": "Why", "action": "save"})
    words = [query["sql"].split() for query in queries]
    writes = [line[:3] for line in words if line[0] not in {"SELECT", "SAVEPOINT", "RELEASE"}]
    assert writes == [["INSERT", "INTO", "sheets_sheet"]]
    # Within the transaction the round with lock, clock, session and own sheet, and the one write. Where there is one
    # writer, that is read once more before its turn is waited for.
    assert len([line for line in words if line[0] == "SELECT"]) == (2 if is_one_writer() else 1)


@pytest.mark.django_db(transaction=True)
def test_a_dump_before_and_after_differs_in_the_sheets_alone() -> None:
    study = small_study()
    open_round(study)
    client = enter(first_panelist(study))
    tables = connection.introspection.table_names()

    def dump() -> dict[str, list[tuple[object, ...]]]:
        with connection.cursor() as cursor:
            found = {}
            for table in tables:
                cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
                found[table] = sorted(cursor.fetchall(), key=repr)
        return found

    before = dump()
    client.get("/panel/")
    client.get("/panel/vignette/1/")
    client.post("/panel/vignette/1/", {"s1": "9", "action": "save"})
    client.post("/panel/vignette/1/", {"s1": "8", "s2": "8", "s3": "8", "action": "submit"})
    after = dump()
    assert {table for table in tables if before[table] != after[table]} == {"sheets_sheet"}
    assert (len(before["sheets_sheet"]), len(after["sheets_sheet"])) == (0, 1)


def test_drafting_and_submitting_are_answered_in_the_same_size(client: Client) -> None:
    saved = client.post("/panel/vignette/1/", {"s1": "9", "action": "save"})
    submitted = client.post("/panel/vignette/1/", {"s1": "9", "s2": "9", "s3": "9", "action": "submit"})
    assert (len(saved.content), len(submitted.content)) == (0, 0)


# ---- wrong input ----


@pytest.mark.parametrize("value", ["0", "10", "4.5", "٣", "abc", "-1", "1 ", "01", "５", "None", "9" * 400])
def test_a_rating_that_is_none_changes_nothing(client: Client, panelist: Panelist, round: Round, value: str) -> None:
    fill_sheet(panelist, round, [7], submit=False)
    before = sheet_of(panelist, round)
    response = client.post("/panel/vignette/1/", {"s1": value, "s2": "8", "reason-s1": "Typed", "action": "submit"})
    assert response.status_code == 422
    assert title_of(response) == "Error: Vignette 1 of 3: Vignette 1"
    expected = f"“{value[:20]}” is not a rating. Choose a whole number from 1 to 9, or “I cannot rate this”."
    assert " ".join(expected.split()) in words_of(response)
    assert "Not saved yet" in words_of(response)
    assert "Typed</textarea>" in response.content.decode()
    assert sheet_of(panelist, round) == before


@pytest.mark.parametrize("name", ["s4", "s0", "s99", "s01", "s٣", "reason-s4", "seen-s9", "s999999999"])
def test_a_statement_of_another_round_changes_nothing(
    client: Client, panelist: Panelist, round: Round, name: str
) -> None:
    response = client.post("/panel/vignette/1/", {"s1": "8", name: "8", "action": "save"})
    assert response.status_code == 422
    shown = name.removeprefix("reason-").removeprefix("seen-")
    assert f"This round has no statement “{shown}”." in words_of(response)
    assert sheet_of(panelist, round).version == 0


def test_two_answers_to_one_statement_change_nothing(client: Client, panelist: Panelist, round: Round) -> None:
    response = client.post("/panel/vignette/1/", {"s1": ["8", "2"], "action": "save"})
    assert response.status_code == 422
    assert "This statement was answered twice. Choose one answer." in words_of(response)
    assert sheet_of(panelist, round).version == 0


def test_a_reason_that_is_too_long_changes_nothing_and_stays_on_the_page(
    client: Client, panelist: Panelist, round: Round
) -> None:
    reason = "é" * 4001
    response = client.post("/panel/vignette/1/", {"s1": "8", "reason-s1": reason, "action": "save"})
    assert response.status_code == 422
    assert "A reason has at most 4000 characters; this one has 4001." in words_of(response)
    assert reason in response.content.decode()
    assert sheet_of(panelist, round).version == 0
    assert client.post("/panel/vignette/1/", {"s1": "8", "reason-s1": "é" * 4000}).status_code == 302


def test_line_ends_are_not_counted_twice(client: Client, panelist: Panelist, round: Round) -> None:
    assert client.post("/panel/vignette/1/", {"reason-s1": "\r\n" * 4000}).status_code == 302
    assert len(sheet_of(panelist, round).answer_to(1).reason) == 4000


def test_a_reason_that_a_database_could_not_keep_is_refused(client: Client, panelist: Panelist, round: Round) -> None:
    response = client.post("/panel/vignette/1/", {"s1": "8", "reason-s1": "a\0b"})
    assert response.status_code == 422
    assert "This reason holds a character that cannot be stored." in words_of(response)


def test_a_wrong_answer_to_another_vignettes_statement_is_named_on_this_page(client: Client) -> None:
    words = words_of(client.post("/panel/vignette/1/", {"s3": "10", "action": "save"}))
    assert "s3: “10” is not a rating." in words


def test_markup_in_wrong_input_is_text(client: Client) -> None:
    page = client.post("/panel/vignette/1/", {"s1": "<script>x", "reason-s1": "</textarea><b>"}).content.decode()
    assert "<script>x" not in page
    assert "</textarea><b>" not in page


# ---- changed in another tab ----


def test_a_change_in_another_tab_shows_both_values_and_saves_neither(
    client: Client, panelist: Panelist, round: Round
) -> None:
    fill_sheet(panelist, round, [6], submit=False)
    response = client.post("/panel/vignette/1/", {"s1": "8", "seen-s1": "7", "action": "save"})
    assert response.status_code == 409
    assert title_of(response).startswith("Error: ")
    assert "Changed in another tab. There you rated 6; here you see 8. Use 6 Use 8" in words_of(response)
    assert choices_of(panelist, round) == {1: "6"}
    page = response.content.decode()
    assert '<input type="hidden" name="seen-s1" value="6">' in page
    assert 'name="use" value="s1=8"' in page


@pytest.mark.parametrize(("use", "stored"), [("s1=6", "6"), ("s1=8", "8")])
def test_either_value_can_be_used_without_scripts(
    client: Client, panelist: Panelist, round: Round, use: str, stored: str
) -> None:
    fill_sheet(panelist, round, [6], submit=False)
    response = client.post("/panel/vignette/1/", {"s1": "8", "seen-s1": "6", "use": use})
    assert response["Location"] == "/panel/vignette/1/"
    assert choices_of(panelist, round) == {1: stored}


def test_a_clash_of_reasons_shows_both(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, [6], reasons={1: "Theirs"}, submit=False)
    fields = {"s1": "6", "seen-s1": "6", "reason-s1": "Mine", "seen-reason-s1": ""}
    response = client.post("/panel/vignette/1/", {**fields, "action": "save"})
    assert response.status_code == 409
    assert "There the reason reads: Theirs Use that reason Use the one on this page" in words_of(response)
    response = client.post("/panel/vignette/1/", {**fields, "seen-reason-s1": "Theirs", "use": "reason-s1=Theirs"})
    assert sheet_of(panelist, round).answer_to(1).reason == "Theirs"


def test_answers_to_other_statements_merge(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, {2: 6}, submit=False)
    response = client.post("/panel/vignette/1/", {"s1": "8", "seen-s1": "", "version": "0", "action": "save"})
    assert response.status_code == 302
    assert choices_of(panelist, round) == {1: "8", 2: "6"}


def test_a_clash_is_never_submitted(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, [6, 6, 6], submit=False)
    response = client.post("/panel/vignette/1/", {"s1": "8", "seen-s1": "7", "action": "submit"})
    assert response.status_code == 409
    assert not sheet_of(panelist, round).is_submitted


# ---- whose form, and of which round ----


def test_a_form_that_was_drawn_for_somebody_else_is_not_saved(study: Study, round: Round, panelist: Panelist) -> None:
    mine = enter(panelist).get("/panel/vignette/1/").context["mark"]
    other = study.panelists.order_by("name")[1]
    client = enter(other)
    response = client.post("/panel/vignette/1/", {"s1": "8", "holder": mine, "action": "save"})
    assert response["Location"] == "/panel/"
    fetched = client.post("/panel/vignette/1/", {"s1": "8", "holder": mine}, headers={"X-Requested-With": "fetch"})
    assert fetched.status_code == 401
    assert sheet_of(other, round).version == 0
    assert str(panelist.pk) not in mine


def test_a_form_of_an_earlier_round_is_not_saved_into_the_open_one() -> None:
    study = small_study()
    old = hold_round(study)
    new = open_round(study)
    panelist = first_panelist(study)
    response = enter(panelist).post("/panel/vignette/1/", {"s1": "2", "round": str(old.pk), "action": "save"})
    assert response.status_code == 410
    assert sheet_of(panelist, new).version == 0


@pytest.mark.parametrize("round_id", ["nonsense", str(uuid.UUID(int=1))])
def test_a_form_of_no_round_is_not_found(client: Client, round_id: str) -> None:
    assert client.post("/panel/vignette/1/", {"s1": "8", "round": round_id}).status_code == 404


def test_a_form_of_another_studys_round_is_not_found(client: Client) -> None:
    elsewhere = open_round(small_study())
    assert client.post("/panel/vignette/1/", {"s1": "8", "round": str(elsewhere.pk)}).status_code == 404


def test_a_sheet_is_reached_by_its_own_panelist_alone(study: Study, client: Client, round: Round) -> None:
    client.post("/panel/vignette/1/", {"s1": "8", "action": "save"})
    other = study.panelists.order_by("name")[1]
    assert " checked" not in enter(other).get("/panel/vignette/1/").content.decode()
    assert sheet_of(other, round).version == 0


# ---- too late, or too early ----


def test_before_the_first_round_there_is_nothing_to_rate(study: Study, panelist: Panelist) -> None:
    client = enter(panelist)
    for _ in range(2):
        assert client.get("/panel/vignette/1/").status_code == 404
        assert client.post("/panel/vignette/1/", {"s1": "8"}).status_code == 404
        if not study.rounds.exists():
            draft(study)


def test_the_form_of_a_draft_is_not_found(study: Study, panelist: Panelist) -> None:
    drafted = draft(study)
    response = enter(panelist).post("/panel/vignette/1/", {"s1": "8", "round": str(drafted.pk)})
    assert response.status_code == 404


@pytest.mark.parametrize("is_submitted", [True, False])
@pytest.mark.parametrize("names_round", [True, False])
def test_whoever_is_late_is_told_what_counts(names_round: bool, is_submitted: bool) -> None:
    study = make_study(panelists=6, statements=3)
    round = open_round(study)
    late, *others = study.panelists.order_by("name")
    for panelist in others:
        fill_sheet(panelist, round, [8, 8, 8])
    fill_sheet(late, round, [8, 8, 8], submit=is_submitted)
    close_round(round_id=round.pk, actor=facilitator_of(study))
    Study.objects.filter(pk=study.pk).update(time_zone="America/Chicago")
    Round.objects.filter(pk=round.pk).update(closes_at=dt.datetime(2024, 10, 4, 22, 0, tzinfo=dt.UTC))
    fields = {"s1": "2", "action": "save"} | ({"round": str(round.pk)} if names_round else {})
    response = enter(late).post("/panel/vignette/1/", fields)
    assert response.status_code == 410
    assert heading_of(response) == "Rating round 1 closed on Friday, October 4, 17:00 (Chicago time)"
    words = words_of(response)
    assert "Your last change came later and does not count." in words
    assert ("Everything saved before that counts." in words) is is_submitted
    assert ("Your sheet was not submitted, and only submitted sheets count." in words) is not is_submitted


def test_a_round_that_was_closed_early_names_that_time(client: Client, panelist: Panelist, round: Round) -> None:
    agree(round)
    close_round(round_id=round.pk, actor=facilitator_of(round.study))
    closed_at = dt.datetime(2024, 10, 4, 15, 30, tzinfo=dt.UTC)
    Round.objects.filter(pk=round.pk).update(closed_at=closed_at)
    response = client.post("/panel/vignette/1/", {"s1": "2"})
    assert heading_of(response) == "Rating round 1 closed on Friday, October 4, 15:30 (UTC)"
    assert choices_of(panelist, round) == {1: "8", 2: "8", 3: "8"}


def test_after_the_deadline_of_an_open_round_nothing_is_saved(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, [8, 8, 8])
    Round.objects.filter(pk=round.pk).update(closes_at=database_now() - dt.timedelta(seconds=61))
    response = client.post("/panel/vignette/1/", {"s1": "2"})
    assert response.status_code == 410
    assert "If the facilitator extends the round, you can go on where you stopped." in words_of(response)
    assert choices_of(panelist, round) == {1: "8", 2: "8", 3: "8"}
    assert client.get("/panel/vignette/1/")["Location"] == "/panel/"


def test_within_the_grace_a_save_is_taken(client: Client, panelist: Panelist, round: Round) -> None:
    Round.objects.filter(pk=round.pk).update(closes_at=database_now() - dt.timedelta(seconds=30))
    assert client.post("/panel/vignette/1/", {"s1": "2"}).status_code == 302
    assert choices_of(panelist, round) == {1: "2"}


def test_a_cancelled_round_takes_nothing(client: Client, round: Round) -> None:
    cancel_round(round=round, actor=facilitator_of(round.study), reason="A slip.", now=database_now())
    response = client.post("/panel/vignette/1/", {"s1": "2", "round": str(round.pk)})
    assert response.status_code == 410
    assert heading_of(response) == "Rating round 1 was cancelled"
    assert "nothing that was answered in it counts" in words_of(response)


@pytest.mark.parametrize("form", [{"s1": "99"}, {"s1": "3", "seen-s1": "2"}], ids=["refused", "changed elsewhere"])
@pytest.mark.parametrize(("page", "address"), [("rating", "vignette/1/"), ("submitting", "submit/")])
def test_a_round_that_closes_between_a_save_and_its_page_is_said_to_be_closed(
    client: Client, round: Round, form: dict[str, str], page: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for panelist in panel_of(round.study):
        fill_sheet(panelist, round, [8, 8, 8])

    def and_closes(request: HttpRequest, **more: int) -> Outcome:
        outcome = take_answers(request, **more)
        close_round(round_id=round.pk, actor=facilitator_of(round.study))
        return outcome

    monkeypatch.setattr(f"surveys.panelist.views.{page}.take_answers", and_closes)
    response = client.post(f"/panel/{address}", {"round": round.pk, **form})
    assert response.status_code == 410
    assert title_of(response).startswith("Error: Rating round 1 closed on ")


@pytest.mark.parametrize("posted", ["nonsense", "00000000-0000-0000-0000-000000000000", "another study's"])
def test_a_form_for_no_round_of_the_study_finds_nothing_and_whoever_is_signed_out_is_told_that_first(
    client: Client, panelist: Panelist, round: Round, posted: str
) -> None:
    other = str(open_round(small_study()).pk) if posted == "another study's" else posted
    assert client.post("/panel/vignette/1/", {"round": other, "s1": "8"}).status_code == 404
    revoke_links(panelist=panelist, actor=facilitator_of(round.study), now=database_now())
    for form in ({"round": other, "s1": "8"}, {"round": round.pk, "s1": "8"}, {"s1": "8"}, {"s1": "99"}):
        response = client.post("/panel/vignette/1/", form)
        assert (response.status_code, response["Location"]) == (302, "/panel/")
        assert client.post("/panel/vignette/1/", form, headers={"X-Requested-With": "fetch"}).status_code == 401


def test_a_form_for_a_round_that_is_gone_while_its_process_remembers_it_finds_nothing(
    client: Client, round: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, asked = uuid.uuid4(), asked_of(round.pk)
    monkeypatch.setattr("surveys.panelist.answering.asked_of", lambda _round_id: asked)
    assert client.post("/panel/vignette/1/", {"round": gone, "s1": "8"}).status_code == 404
