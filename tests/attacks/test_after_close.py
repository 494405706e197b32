"""After the freeze: what has become readable says nothing about whose it is, and never changes again.

`test_broken_stores.py` shows that the attacks find what they look for.
"""

from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction

from surveys.feedback.models import Comment, PartialTally, Participation, Result, RoundResult
from surveys.feedback.services import closing
from surveys.operations.anonymity.catalogue import WHEN_CLOSED
from surveys.operations.anonymity.closed_round import orders_of_frozen
from surveys.operations.anonymity.evidence import dump, rows
from surveys.operations.anonymity.findings import Attack, Verdict, judge
from surveys.operations.anonymity.seeded import PANELISTS, Seeded, close_and_freeze
from surveys.rounds.models import Round
from surveys.sheets.models import Sheet

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def closed(seeded: Seeded) -> Seeded:
    """The seeded study with its second round closed and frozen."""
    return replace(seeded, open=close_and_freeze(seeded.open, seeded.facilitator))


@pytest.mark.parametrize("attack", WHEN_CLOSED, ids=lambda attack: attack.query)
def test_no_attack_on_the_closed_round_finds_anything(closed: Seeded, attack: Attack) -> None:
    finding = judge(attack, [attack.look(closed)])
    assert (finding.found, finding.is_breach) == ((), False)
    assert (finding.verdict == Verdict.LIMIT) == (attack.query == "Q22")


def test_there_are_reasons_and_receipts_to_find(closed: Seeded) -> None:
    orders = orders_of_frozen(closed)
    assert {len(orders[name]) for name in ("place of reasons 2", "id of reasons 2", "place of receipts")} == {PANELISTS}


def test_participation_and_reasons_were_written_by_one_transaction(closed: Seeded) -> None:
    if connection.vendor == "postgresql":
        round_id = closed.open.pk
        asked = f"SELECT id FROM rounds_askedstatement WHERE round_id = '{round_id}'"  # noqa: S608
        took_part = rows(f"SELECT DISTINCT xmin::text FROM feedback_participation WHERE round_id = '{round_id}'")  # noqa: S608
        comments = rows(f"SELECT DISTINCT xmin::text FROM feedback_comment WHERE asked_id IN ({asked})")  # noqa: S608
        assert len(took_part) == 1
        assert comments == took_part
    else:
        with pytest.raises(DatabaseError), transaction.atomic():
            rows("SELECT rowid FROM feedback_participation")


def test_random_ids_are_random() -> None:
    ids = [*Comment.objects.values_list("id", flat=True), *Participation.objects.values_list("id", flat=True)]
    assert {each.version for each in ids} == {4}
    assert {each.version for each in Sheet.objects.values_list("id", flat=True)} == {4}


def test_what_was_written_stands_among_the_reasons_alone(closed: Seeded) -> None:
    assert {table for table, found in dump().items() if closed.canary in repr(found)} == {"feedback_comment"}


def test_no_draft_and_no_partial_table_is_left(closed: Seeded) -> None:
    assert not Sheet.objects.exclude(state=Sheet.State.SUBMITTED).exists()
    assert not PartialTally.objects.exists()
    assert Round.objects.get(pk=closed.open.pk).status == Round.Status.CLOSED


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("feedback_result", "abstained = abstained + 1"),
        ("feedback_result", "counts = '[0,0,0,0,0,0,0,0,12]'"),
        ("feedback_result", "consensus = NULL"),
        ("feedback_roundresult", "submitted = submitted + 1"),
        ("feedback_roundresult", "digest = ''"),
    ],
)
def test_the_database_refuses_to_change_a_frozen_result(closed: Seeded, table: str, change: str) -> None:
    before = dump()[table]
    with pytest.raises(DatabaseError, match="a frozen result never changes"), transaction.atomic():
        connection.cursor().execute(f"UPDATE {table} SET {change}")  # noqa: S608
    assert dump()[table] == before


def test_the_models_cannot_change_it_either(closed: Seeded) -> None:
    for row in (Result.objects.all()[0], RoundResult.objects.all()[0]):
        with pytest.raises(DatabaseError, match="a frozen result never changes"), transaction.atomic():
            row.save()


def test_a_round_that_is_closed_is_not_counted_again(closed: Seeded) -> None:
    before = dump()
    assert closing.close_round(round_id=closed.open.pk, actor="schedule").status == Round.Status.CLOSED
    closing.finish_closing(round_id=closed.open.pk)
    assert dump() == before
