"""Somebody has the whole database while a round is open. They learn no answer, and not whose a sheet is.

The store's own promise: one encrypted row for each sheet, and nothing else anywhere that a panelist caused.
`test_broken_stores.py` shows that these attacks find what they look for.
"""

import secrets

import pytest
from django.db import connection
from django.test import Client

from surveys.feedback.models import Participation
from surveys.operations.anonymity.catalogue import WHILE_OPEN
from surveys.operations.anonymity.evidence import (
    PERSONS,
    answer_tables,
    changed,
    columns_of,
    dump,
    reachable_from,
    references_of,
    tables_with_persons,
)
from surveys.operations.anonymity.findings import Attack, judge
from surveys.operations.anonymity.seeded import PANELISTS, Seeded
from surveys.operations.anonymity.side_stores import KNOWS_A_TIME
from surveys.panels.services import mint_link
from surveys.sheets.keystore import study_keys
from surveys.sheets.models import Sheet
from surveys.sheets.queries import own_sheet
from surveys.studies.queries import database_now
from tests import database_files
from tests.attacks.seeded import CANARY
from tests.factories import fill_sheet, holder_of

SHEET_COLUMNS = {"id", "round_id", "pseudonym", "box", "state", "version", "replay"}


# The study itself is committed, once for all; what an attack writes is rolled back.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("seeded")]


def test_there_is_something_to_find(seeded: Seeded) -> None:
    assert Sheet.objects.filter(round_id=seeded.open.pk, state=Sheet.State.SUBMITTED).count() == PANELISTS
    for panelist in seeded.panel:
        answers = own_sheet(holder_of(panelist), seeded.open.pk).answers.values()
        assert any(seeded.canary in answer.reason for answer in answers)


def test_nobody_is_named_as_having_taken_part(seeded: Seeded) -> None:
    assert Participation.objects.filter(round=seeded.closed).count() == PANELISTS
    assert not Participation.objects.filter(round=seeded.open).exists()


@pytest.mark.parametrize("attack", WHILE_OPEN, ids=lambda attack: attack.query)
def test_no_attack_on_the_open_round_finds_anything(seeded: Seeded, attack: Attack) -> None:
    finding = judge(attack, [attack.look(seeded)])
    assert (finding.found, finding.is_breach) == ((), False)


def test_a_sheet_has_the_columns_that_it_needs_and_refers_to_nothing() -> None:
    assert set(columns_of("sheets_sheet")) == SHEET_COLUMNS
    assert references_of("sheets_sheet") == set()


def test_every_table_of_answers_is_attacked_and_the_one_beside_them_leads_to_people() -> None:
    assert {"sheets_sheet", "feedback_result", "feedback_comment", "feedback_commitment"} <= set(answer_tables())
    assert PERSONS in reachable_from("feedback_participation")


def test_of_all_tables_that_name_panelists_the_outbox_alone_knows_times() -> None:
    assert {"panels_panelist", "panels_linktoken", "feedback_participation", *KNOWS_A_TIME} <= set(
        tables_with_persons()
    )
    assert {"panels_message"} == KNOWS_A_TIME


def test_nobody_has_the_same_pseudonym_in_two_rounds(seeded: Seeded) -> None:
    keys = study_keys(seeded.study.pk)
    both = [{keys.pseudonym(round.pk, each.pk) for each in seeded.panel} for round in (seeded.closed, seeded.open)]
    assert (len(both[0]), len(both[1]), both[0] & both[1]) == (PANELISTS, PANELISTS, set())


def test_all_boxes_have_one_length(seeded: Seeded) -> None:
    boxes = [bytes(box) for box in Sheet.objects.values_list("box", flat=True)]
    assert {len(box) for box in boxes} == {12 + 8192 + 16}


def test_what_was_written_stands_in_no_file_of_sqlite(seeded: Seeded) -> None:
    if connection.vendor == "sqlite":
        content = database_files.content()
        assert seeded.panel[0].email.encode() in content
        assert seeded.canary.encode() not in content
    else:
        assert database_files.files() == []


@pytest.mark.parametrize("submit", [False, True])
def test_a_save_changes_one_row_of_one_table(seeded: Seeded, submit: bool) -> None:
    before = dump()
    fill_sheet(seeded.panel[0], seeded.open, {1: 4}, submit=submit, reasons={1: CANARY})
    assert changed(before, dump()) == {"sheets_sheet": (1, 1)}


def test_signing_in_reading_and_saving_in_a_browser_change_the_sheet_alone(seeded: Seeded) -> None:
    secret = mint_link(panelist=seeded.panel[1], now=database_now())
    before = dump()
    browser = Client()
    assert browser.post("/panel/", {"code": secret}).status_code == 302
    for page in ("/panel/", "/panel/vignette/1/", "/panel/submit/", "/panel/results/1/", "/panel/scale/"):
        assert browser.get(page).status_code == 200, page
    assert browser.post("/panel/vignette/1/", {"s1": "10"}).status_code == 422
    assert dump() == before
    saved = browser.post("/panel/vignette/1/", {"s1": "2", "reason-s1": CANARY, "action": "save"})
    assert saved.status_code == 302
    assert changed(before, dump()) == {"sheets_sheet": (1, 1)}
    after = dump()
    assert browser.post("/panel/sign-out/").status_code == 302
    assert dump() == after


def test_the_first_save_of_a_sheet_adds_one_row_of_one_table(seeded: Seeded) -> None:
    panelist = secrets.choice(seeded.panel)
    pseudonym = study_keys(seeded.study.pk).pseudonym(seeded.open.pk, panelist.pk)
    Sheet.objects.filter(round_id=seeded.open.pk, pseudonym=pseudonym).delete()
    before = dump()
    fill_sheet(panelist, seeded.open, {1: 4}, submit=True, reasons={1: CANARY})
    assert changed(before, dump()) == {"sheets_sheet": (0, 1)}
