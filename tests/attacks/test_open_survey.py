"""An option survey leaves no more trace than a rating round: one encrypted row for each sheet, of one length.

`test_while_open.py` attacks the store; here the sheets say all that an option survey can ask.
"""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from surveys.operations.anonymity.evidence import changed, dump
from surveys.panels.queries import panel_of
from surveys.panels.services import mint_link
from surveys.rounds.models import Round
from surveys.sheets.models import Sheet
from surveys.sheets.queries import own_sheet
from surveys.studies.queries import database_now
from tests import database_files
from tests.attacks.seeded import CANARY
from tests.factories import fill_preferences, holder_of, make_survey_study, open_survey

PANELISTS, OPTIONS = 6, 13
FETCH = {"X-Requested-With": "fetch"}
TEXTS = ("reasons", "factors", "new_options", "clearer_wording")

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: Any) -> Iterator[Round]:
    """An open option survey, committed, in which everybody has answered everything at some length."""
    with django_db_blocker.unblock():
        try:
            round = open_survey(make_survey_study(panelists=PANELISTS, options=OPTIONS, vignettes=3))
            for panelist in panel_of(round.study):
                fill_preferences(panelist, round, everything(), submit=bool(secrets.randbelow(2)))
            yield round
        finally:
            call_command("flush", interactive=False, verbosity=0)


def everything() -> dict[str, str]:
    """Answers to all questions, with a text of any length up to 300 characters in each of the four."""
    order = [str(number) for number in range(1, OPTIONS + 1)]
    secrets.SystemRandom().shuffle(order)
    levels = {f"v1-likelihood-{number}": secrets.choice(["definitely", "will_not"]) for number in order}
    texts = {f"v1-{name}": f"{CANARY} {'x' * secrets.randbelow(300)}" for name in TEXTS}
    top = ",".join(sorted(order[:3], key=int))
    return {**levels, **texts, "v1-ranking": ",".join(order), "v1-top": top, "v1-against": "none", "v2-keep": "keep"}


def page_fields(round: Round) -> dict[str, Any]:
    """What a browser posts of the base case's page."""
    fields: dict[str, Any] = dict(everything())
    return {**fields, "v1-ranking": fields["v1-ranking"].split(","), "round": str(round.pk), "action": "save"}


def test_there_is_something_to_find(seeded: Round) -> None:
    assert Sheet.objects.filter(round_id=seeded.pk).count() == PANELISTS
    for panelist in panel_of(seeded.study):
        preferences = own_sheet(holder_of(panelist), seeded.pk).preferences
        assert CANARY in preferences["v1-reasons"]
        assert len(preferences) == OPTIONS + 8


def test_all_boxes_have_one_length(seeded: Round) -> None:
    boxes = [bytes(box) for box in Sheet.objects.filter(round_id=seeded.pk).values_list("box", flat=True)]
    assert {len(box) for box in boxes} == {12 + 8192 + 16}


def test_the_length_of_a_box_tells_nothing_of_a_large_survey_s_answers_but_its_texts() -> None:
    round = open_survey(make_survey_study(panelists=5, options=24, vignettes=14))
    silent, little, full, *_others = panel_of(round.study)
    order = [str(number) for number in range(1, 25)]
    fill_preferences(silent, round, {"v1-abstain": "yes"})
    fill_preferences(little, round, {"v1-top": "1", "v1-reasons": "x" * 100})
    everywhere = {f"v{place}-ranking": ",".join(order) for place in range(1, 15)}
    levels = {f"v{place}-likelihood-{number}": "likely_not" for place in range(1, 15) for number in order}
    fill_preferences(full, round, {**everywhere, **levels, "v14-reasons": "x" * 100})
    assert len({len(bytes(box)) for box in Sheet.objects.filter(round_id=round.pk).values_list("box", flat=True)}) == 1


def test_a_box_grows_by_whole_steps_alone(seeded: Round) -> None:
    panelist = panel_of(seeded.study)[0]
    lengths = set()
    for length in (0, 1, 2000, 4000):
        long = {f"v{number}-{name}": "x" * length for number in (1, 2) for name in TEXTS}
        fill_preferences(panelist, seeded, long, submit=False)
        lengths |= {len(bytes(box)) for box in Sheet.objects.filter(round_id=seeded.pk).values_list("box", flat=True)}
    assert {(length - 12 - 16) % 4096 for length in lengths} == {0}
    assert len(lengths) > 1


def test_what_was_answered_stands_in_no_table_and_no_file(seeded: Round) -> None:
    stored = repr(dump())
    assert [word for word in (CANARY, CANARY.encode().hex(), "will_not", "v1-ranking") if word in stored] == []
    if connection.vendor == "sqlite":
        assert CANARY.encode() not in database_files.content()


@pytest.mark.parametrize("headers", [{}, FETCH])
def test_every_way_to_save_changes_one_row_of_one_table(seeded: Round, headers: dict[str, str]) -> None:
    client = signed_in(seeded)
    before = dump()
    client.get("/panel/vignette/1/")
    assert client.post("/panel/vignette/1/", page_fields(seeded), headers=headers).status_code in (200, 302)
    moved = {**page_fields(seeded), "move": "v1-up-7"}
    assert client.post("/panel/vignette/1/", moved, headers=headers).status_code == 200
    assert client.post("/panel/vignette/2/", {"v2-keep": "revise", "v2-top": "4"}, headers=headers).status_code < 400
    assert client.post("/panel/vignette/1/", {"v9-top": "1"}, headers=headers).status_code == 422
    assert changed(before, dump()) == {"sheets_sheet": (1, 1)}


def test_no_address_and_no_header_tells_what_was_moved(seeded: Round) -> None:
    response = signed_in(seeded).post("/panel/vignette/1/", {**page_fields(seeded), "move": "v1-down-7"})
    assert response.status_code == 200
    assert "v1-" not in repr(response.headers)


def test_answers_to_the_script_differ_in_length_by_whole_steps_alone(seeded: Round) -> None:
    client = signed_in(seeded)
    short = {"v1-abstain": "yes", "seen-v1-abstain": ""}
    lengths = {
        len(client.post("/panel/vignette/1/", fields, headers=FETCH).content)
        for fields in (short, page_fields(seeded), {"v1-top": "99"}, {"v1-reasons": "x" * 4000})
    }
    assert {length % 4096 for length in lengths} == {0}


def signed_in(round: Round) -> Client:
    """A browser of one of the panelists."""
    client = Client()
    secret = mint_link(panelist=panel_of(round.study)[1], now=database_now())
    assert client.post("/panel/", {"code": secret}).status_code == 302
    return client
