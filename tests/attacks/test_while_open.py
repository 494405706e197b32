"""Somebody has the whole database while a round is open. They learn no answer, and not whose a sheet is.

The store's own promise: one encrypted row for each sheet, and nothing else anywhere that a panelist caused.
`test_broken_stores.py` shows that these attacks find what they look for.
"""

import secrets

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from surveys.feedback.models import Participation
from surveys.panels.services import mint_link
from surveys.sheets.keystore import study_keys
from surveys.sheets.models import Sheet
from surveys.sheets.queries import own_sheet
from surveys.studies.queries import database_now
from tests import database_files
from tests.attacks.evidence import (
    ANSWERS,
    PERSONS,
    changed,
    columns_of,
    dump,
    reachable_from,
    references_of,
    rows,
    tables,
)
from tests.attacks.linking import LUCK, attacks, correct, guessed_pseudonyms, tables_with_persons
from tests.attacks.seeded import CANARY, PANELISTS, Seeded
from tests.factories import fill_sheet, holder_of

SHEET_COLUMNS = {"id", "round_id", "pseudonym", "box", "state", "version", "replay"}
TIMES = ("date", "time")
NUMBERED = ("nextval", "identity", "serial")


# The study itself is committed, once for all; what an attack writes is rolled back.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("seeded")]


def test_there_is_something_to_find(seeded: Seeded) -> None:
    assert Sheet.objects.filter(round_id=seeded.open.pk, state=Sheet.State.SUBMITTED).count() == PANELISTS
    for panelist in seeded.panel:
        answers = own_sheet(holder_of(panelist), seeded.open.pk).answers.values()
        assert any(CANARY in answer.reason for answer in answers)


def test_nobody_is_named_as_having_taken_part(seeded: Seeded) -> None:
    assert Participation.objects.filter(round=seeded.closed).count() == PANELISTS
    assert not Participation.objects.filter(round=seeded.open).exists()


def test_a_sheet_has_no_time_no_number_and_no_person() -> None:
    assert set(columns_of("sheets_sheet")) == SHEET_COLUMNS
    assert references_of("sheets_sheet") == set()
    for table in ANSWERS:
        kinds = " ".join(columns_of(table).values()).lower()
        assert [word for word in (*TIMES, *NUMBERED) if word in kinds] == [], table


def test_no_join_leads_from_an_answer_to_a_person() -> None:
    for table in ANSWERS:
        assert PERSONS not in reachable_from(table), table
    assert PERSONS in reachable_from("feedback_participation")


def test_no_table_knows_both_a_person_and_a_time_except_the_outbox() -> None:
    timed = {
        table
        for table in tables_with_persons()
        if any(
            word in kind.lower() for kind in columns_of(table).values() for word in ("timestamp", "datetime", "time")
        )
    }
    assert timed == {"panels_message"}


def test_sqlite_keeps_no_order_of_writing() -> None:
    if connection.vendor == "sqlite":
        for table in ("sheets_sheet", "feedback_comment", "feedback_participation"):
            with pytest.raises(DatabaseError, match="rowid"):
                rows(f"SELECT rowid FROM {table}")  # noqa: S608
    else:
        # There the heap has the order of the last writes, which the next test sets beside everything that has a name.
        assert rows("SELECT count(*) FROM pg_class WHERE relname = 'sheets_sheet'") == [(1,)]


def test_no_order_and_no_transaction_tells_whose_a_sheet_is(seeded: Seeded) -> None:
    truth = seeded.truth()
    assert len(truth) == PANELISTS
    assert max(correct(attack(seeded.open), truth) for attack in attacks()) <= LUCK


def test_no_row_about_a_person_was_written_together_with_a_sheet(seeded: Seeded) -> None:
    if connection.vendor == "postgresql":
        written = f"SELECT xmin::text FROM sheets_sheet WHERE round_id = '{seeded.open.pk}'"  # noqa: S608
        for table in tables():
            if table != "sheets_sheet":
                shared = rows(f"SELECT count(*) FROM {table} WHERE xmin::text IN ({written})")  # noqa: S608
                assert shared == [(0,)], table
    else:
        assert "xmin" not in columns_of("sheets_sheet")


def test_no_pseudonym_can_be_guessed_without_the_keystore(seeded: Seeded) -> None:
    stored = {bytes(pseudonym) for (pseudonym,) in Sheet.objects.values_list("pseudonym")}
    for panelist in seeded.panel:
        assert guessed_pseudonyms(panelist, seeded.open).isdisjoint(stored)
    # Whoever has the keystore too can tell: the limit of the promise, and the proof that these are the stored ones.
    assert stored >= set(seeded.truth())


def test_nobody_has_the_same_pseudonym_in_two_rounds(seeded: Seeded) -> None:
    keys = study_keys(seeded.study.pk)
    both = [{keys.pseudonym(round.pk, each.pk) for each in seeded.panel} for round in (seeded.closed, seeded.open)]
    assert (len(both[0]), len(both[1]), both[0] & both[1]) == (PANELISTS, PANELISTS, set())


def test_all_boxes_have_one_length(seeded: Seeded) -> None:
    boxes = [bytes(box) for box in Sheet.objects.values_list("box", flat=True)]
    assert {len(box) for box in boxes} == {12 + 8192 + 16}
    assert len({box[:12] for box in boxes}) == len(boxes)


def test_what_was_written_stands_in_no_table() -> None:
    everything = repr(dump())
    assert CANARY not in everything
    assert CANARY.encode().hex() not in everything


def test_what_was_written_stands_in_no_file_of_sqlite(seeded: Seeded) -> None:
    if connection.vendor == "sqlite":
        content = database_files.content()
        assert seeded.panel[0].email.encode() in content
        assert CANARY.encode() not in content
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
