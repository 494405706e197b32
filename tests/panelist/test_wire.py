"""What the page's script is answered; the wire format stands at the head of static/panelist/rate.js."""

import uuid
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client

from surveys.feedback.services.closing import close_round
from surveys.panels.models import Panelist
from surveys.rounds.models import Round
from surveys.sheets.keystore import KeyStoreError
from surveys.vignettes.models import Vignette
from tests.factories import agree, facilitator_of, fill_sheet, make_statement, make_study, open_round
from tests.panelist.browsing import choices_of, enter, first_panelist, sheet_of, title_of

pytestmark = pytest.mark.django_db

FETCH = {"X-Requested-With": "fetch"}


@pytest.fixture
def round() -> Round:
    return open_round(make_study(panelists=5, statements=3))


@pytest.fixture
def panelist(round: Round) -> Panelist:
    return first_panelist(round.study)


@pytest.fixture
def client(panelist: Panelist) -> Client:
    return enter(panelist)


def fetch(client: Client, number: int = 1, **fields: Any) -> HttpResponse:
    data = {name.replace("_", "-"): value for name, value in fields.items()}
    return client.post(f"/panel/vignette/{number}/", {"action": "save", **data}, headers=FETCH)


def test_a_save_is_answered_with_what_is_stored_now(client: Client) -> None:
    response = fetch(client, s1="8", seen_s1="", reason_s1="Because\r\nof it", seen_reason_s1="", version="0")
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.json() == {
        "state": "draft",
        "version": 1,
        "seen": {"s1": "8", "reason-s1": "Because\nof it"},
        "progress": {"done": 1, "total": 3, "words": "1 of 3 rated"},
    }


def test_what_is_stored_of_the_whole_page_is_answered_where_one_answer_is_posted() -> None:
    study = make_study(panelists=5, statements=1)
    make_statement(Vignette.objects.get(study=study), "Another option")
    round, panelist = open_round(study), first_panelist(study)
    fill_sheet(panelist, round, [4, 5], reasons={1: "Why"}, submit=False)
    answer = fetch(enter(panelist), s2="6", seen_s2="5").json()
    assert answer["seen"] == {"s1": "4", "reason-s1": "Why", "s2": "6", "reason-s2": ""}


def test_a_save_into_a_submitted_sheet_says_submitted(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, [7, 8, 9])
    answer = fetch(client, s1="8", seen_s1="7").json()
    assert (answer["state"], answer["progress"]["done"]) == ("submitted", 3)


def test_a_rating_that_was_seen_and_is_not_posted_is_taken_back(
    client: Client, panelist: Panelist, round: Round
) -> None:
    fill_sheet(panelist, round, [7], submit=False)
    assert fetch(client, seen_s1="7", reason_s1="", seen_reason_s1="").json()["seen"]["s1"] == ""
    assert choices_of(panelist, round) == {1: ""}


def test_a_clash_is_answered_with_both_values_and_a_note(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, [6], submit=False)
    response = fetch(client, s1="8", seen_s1="7", reason_s1="Mine", seen_reason_s1="")
    assert response.status_code == 409
    answer = response.json()
    (conflict,) = answer.pop("conflicts")
    assert answer == {"state": "draft", "version": 2, "seen": {"s1": "6", "reason-s1": "Mine"}}
    note = conflict.pop("html")
    assert conflict == {"name": "s1", "theirs": "6", "mine": "8"}
    assert "There you rated 6; here you see 8." in note


def test_a_clash_of_reasons_is_named_by_its_field(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, [6], reasons={1: "Theirs"}, submit=False)
    answer = fetch(client, s1="6", seen_s1="6", reason_s1="Mine", seen_reason_s1="").json()
    assert [(one["name"], one["theirs"], one["mine"]) for one in answer["conflicts"]] == [
        ("reason-s1", "Theirs", "Mine")
    ]


def test_a_repeated_save_is_saved_once(client: Client, panelist: Panelist, round: Round) -> None:
    key = str(uuid.uuid4())
    first = fetch(client, s1="8", seen_s1="", replay=key)
    assert fetch(client, s1="8", seen_s1="", replay=key).json() == first.json()
    assert sheet_of(panelist, round).version == 1


def test_a_repeated_clash_stays_a_clash(client: Client, panelist: Panelist, round: Round) -> None:
    fill_sheet(panelist, round, [6], submit=False)
    key = uuid.uuid4().hex
    assert fetch(client, s1="8", seen_s1="7", replay=key).status_code == 409
    assert fetch(client, s1="8", seen_s1="7", replay=key).status_code == 409
    assert choices_of(panelist, round) == {1: "6"}


def test_a_key_that_is_none_is_passed_over(client: Client) -> None:
    assert fetch(client, s1="8", replay="nonsense").status_code == 200


def test_wrong_input_is_named_by_its_field(client: Client, panelist: Panelist, round: Round) -> None:
    response = fetch(client, s1="10", reason_s1="x" * 4001, s9="3")
    assert response.status_code == 422
    assert response.json() == {
        "errors": {
            "s1": "“10” is not a rating. Choose a whole number from 1 to 9, or “I cannot rate this”.",
            "reason-s1": "A reason has at most 4000 characters; this one has 4001.",
            "s9": "This round has no statement “s9”.",
        }
    }
    assert sheet_of(panelist, round).version == 0


def test_lateness_is_answered_with_a_note(client: Client, round: Round) -> None:
    agree(round)
    close_round(round_id=round.pk, actor=facilitator_of(round.study))
    response = fetch(client, s1="2")
    assert response.status_code == 410
    assert "Everything saved before that counts." in response.json()["html"]


@pytest.mark.parametrize("statements", [{"s1": "8"}, {"s1": "8", "s2": "8", "s3": "8"}])
def test_drafts_and_submissions_are_answered_in_the_same_size(client: Client, statements: dict[str, str]) -> None:
    draft = fetch(client, **statements)
    submitted = fetch(client, **{**statements, "action": "submit", "gaps": "known"})
    assert (submitted.json()["state"], draft.json()["state"]) == ("submitted", "draft")
    assert (len(draft.content), len(submitted.content)) == (4096, 4096)


@pytest.mark.parametrize("fault", [KeyStoreError("gone"), OperationalError("database is locked")])
def test_keys_or_a_database_that_cannot_be_reached_are_no_reason_to_give_up(
    client: Client, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def unreachable(*_arguments: object, **_keywords: object) -> None:
        raise fault

    monkeypatch.setattr("surveys.panelist.answering.save_sheet", unreachable)
    response = fetch(client, s1="8")
    assert (response.status_code, response.json(), response["Retry-After"]) == (503, {}, "5")
    page = client.post("/panel/vignette/1/", {"s1": "8"})
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert title_of(page) == "Error: The sheets cannot be reached"
