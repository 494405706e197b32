"""A prepared query finds what Django's own finds, in every thread, with other values each time."""

import threading
import uuid
from typing import Any

import pytest
from django.db import DatabaseError, connection, models, transaction
from django.db.models import Exists, F
from django.test.utils import CaptureQueriesContext

from surveys.panels.models import Panelist
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.studies.models import Protocol
from surveys.studies.prepared import Prepared, at_once
from surveys.studies.queries import DatabaseNow, database_now
from tests import factories

pytestmark = pytest.mark.django_db

SEAT = Prepared(
    lambda panelist: Panelist.objects.select_related("study__protocol").filter(pk=panelist), models.UUIDField()
)


def facts(instance: models.Model) -> dict[str, object]:
    return {field.attname: getattr(instance, field.attname) for field in instance._meta.concrete_fields}


def test_it_reads_the_same_instances_with_what_they_join() -> None:
    panel = panel_of(factories.make_study())
    for panelist in panel:
        with CaptureQueriesContext(connection) as queries:
            found = SEAT.first(panelist.pk)
            assert found is not None
            protocol: Protocol = found.study.protocol
        assert len(queries) == 1
        there = Panelist.objects.select_related("study__protocol").get(pk=panelist.pk)
        assert (facts(found), facts(found.study), facts(protocol)) == (
            facts(there),
            facts(there.study),
            facts(there.study.protocol),
        )
        assert not found._state.adding


def test_it_finds_nothing_where_there_is_nothing() -> None:
    factories.make_study()
    assert SEAT.first(uuid.uuid4()) is None
    assert SEAT.ask(uuid.uuid4()).all() == []


def test_it_sees_what_was_written_since() -> None:
    panelist = panel_of(factories.make_study())[0]
    assert SEAT.first(panelist.pk) == panelist
    Panelist.objects.filter(pk=panelist.pk).update(token_epoch=F("token_epoch") + 1)
    found = SEAT.first(panelist.pk)
    assert found is not None
    assert found.token_epoch == panelist.token_epoch + 1


def test_it_annotates_and_takes_several_values() -> None:
    study = factories.make_study()
    panelist = panel_of(study)[0]
    round = factories.open_round(study)
    prepared = Prepared(
        lambda round, panelist, epoch: Round.objects.filter(pk=round).annotate(
            now=DatabaseNow(), belongs=Exists(Panelist.objects.filter(pk=panelist, token_epoch=epoch))
        ),
        models.UUIDField(),
        models.UUIDField(),
        models.IntegerField(),
    )
    before = database_now()
    said = [prepared.first(round.pk, panelist.pk, epoch) for epoch in (panelist.token_epoch, 99)]
    assert [one and one.belongs for one in said] == [True, False]  # type: ignore[attr-defined]
    assert all(one and before <= one.now <= database_now() for one in said)  # type: ignore[attr-defined]


def test_each_value_has_its_blank() -> None:
    with pytest.raises(ValueError, match="zip"):
        SEAT.ask()


@pytest.mark.django_db(transaction=True)
def test_each_thread_reads_through_its_own_connection() -> None:
    panel = panel_of(factories.make_study())
    found: list[Panelist | None] = []

    def read(pk: uuid.UUID) -> None:
        found.append(SEAT.first(pk))
        connection.close()

    threads = [threading.Thread(target=read, args=(panelist.pk,)) for panelist in panel]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.pk for one in found if one) == sorted(panelist.pk for panelist in panel)


def test_what_is_asked_at_once_is_answered_after_it() -> None:
    panel = list(panel_of(factories.make_study()))
    with CaptureQueriesContext(connection) as queries:
        with at_once():
            asked = [SEAT.ask(panelist.pk) for panelist in panel]
        assert [one.first() for one in asked] == panel
    assert len(queries) == len(panel)


@pytest.mark.django_db(transaction=True)
def test_what_is_asked_at_once_sees_what_came_before_it_in_the_block() -> None:
    panelist = panel_of(factories.make_study())[0]
    with transaction.atomic(), at_once():
        before = SEAT.ask(panelist.pk)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE panels_panelist SET token_epoch = 7")
        after = SEAT.ask(panelist.pk)
    assert [one and one.token_epoch for one in (before.first(), after.first())] == [0, 7]


def test_a_fault_among_what_is_asked_at_once_is_a_fault_of_the_database() -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), at_once(), connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    assert Panelist.objects.count() == 0


def test_rows_come_with_what_the_database_keeps_otherwise_as_it_is_meant() -> None:
    study = factories.make_study()
    factories.open_round(study)
    prepared: Prepared[Any] = Prepared(
        lambda study: Round.objects.filter(study=study).values_list("pk", "closes_at", "study__protocol__rule"),
        models.UUIDField(),
    )
    there = Round.objects.filter(study=study).values_list("pk", "closes_at", "study__protocol__rule")
    assert [tuple(row) for row in prepared.ask(study.pk).rows()] == list(there)
    assert prepared.ask(uuid.uuid4()).rows() == []
