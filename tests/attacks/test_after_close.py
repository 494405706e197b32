"""After the freeze: what has become readable says nothing about whose it is, and never changes again.

Seen to fail: `test_unshuffled_reasons_would_give_their_authors_away` takes the shuffle and the random ids out.
"""

import itertools
import secrets
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from surveys.feedback.models import Comment, PartialTally, Participation, Result, RoundResult
from surveys.feedback.services import closing
from surveys.rounds.models import AskedStatement, Round
from surveys.sheets.models import Sheet
from tests.attacks.evidence import dump, in_physical_order, rows
from tests.attacks.linking import LUCK, as_id
from tests.attacks.seeded import CANARY, PANELISTS, Seeded, build, signature
from tests.factories import close_and_freeze

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def closed(seeded: Seeded) -> Iterator[Seeded]:
    """The seeded study with its second round closed and frozen."""
    close_and_freeze(seeded.open)
    return seeded


def authors_in_place(study: Seeded, number: int, order: str) -> list[uuid.UUID | None]:
    """Who wrote the reasons for one statement, in the order in which a dump lists them or in that of their ids."""
    asked = AskedStatement.objects.get(round=study.open, number=number).pk
    found = in_physical_order("feedback_comment", "asked_id", "original", "id")
    texts = [(as_id(row[2]), row[1]) for row in found if as_id(row[0]) == asked]
    if order == "id":
        texts.sort()
    return [author_of(study, text) for _id, text in texts]


def author_of(study: Seeded, text: str) -> uuid.UUID | None:
    """The truth about a reason."""
    return next((panelist.pk for panelist in study.panel if text.startswith(signature(panelist))), None)


def panel_orders(study: Seeded) -> list[list[uuid.UUID]]:
    """The panel as its table lies, as the participation lies, by name, by id."""
    took_part = in_physical_order("feedback_participation", "round_id", "panelist_id")
    return [
        [as_id(row[0]) for row in in_physical_order("panels_panelist", "id")],
        [as_id(row[1]) for row in took_part if as_id(row[0]) == study.open.pk],
        [panelist.pk for panelist in study.panel],
        sorted(panelist.pk for panelist in study.panel),
        [panelist.pk for panelist in study.submitted],
    ]


def most_matches(study: Seeded) -> int:
    """How many authors the best of all ways to lay two lists beside each other gives away."""
    one, other = ([authors_in_place(study, number, order) for order in ("place", "id")] for number in (1, 2))
    assert all(len(found) == PANELISTS and None not in found for found in (*one, *other))
    people = panel_orders(study)
    lists: list[tuple[list[Any], list[Any]]] = [
        *itertools.product(one, other),
        *itertools.product((*one, *other), (*people, *(each[::-1] for each in people))),
    ]
    return max(sum(map(uuid.UUID.__eq__, *pair)) for pair in lists)


def test_no_order_tells_who_wrote_a_reason_or_which_reasons_are_of_one_hand(closed: Seeded) -> None:
    assert most_matches(closed) <= LUCK + 1


def test_unshuffled_reasons_would_give_their_authors_away(monkeypatch: pytest.MonkeyPatch) -> None:
    class InOrder:
        def shuffle(self, _comments: list[Comment]) -> None:
            """Leave them as they come."""

    numbers = itertools.count(1)
    monkeypatch.setattr(secrets, "SystemRandom", InOrder)
    monkeypatch.setitem(vars(Comment._meta.get_field("id")), "_get_default", lambda: uuid.UUID(int=next(numbers)))
    study = build()
    close_and_freeze(study.open)
    assert most_matches(study) == PANELISTS


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
    assert {table for table, found in dump().items() if CANARY in repr(found)} == {"feedback_comment"}


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
