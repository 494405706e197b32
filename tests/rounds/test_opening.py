"""A round opens when nothing is missing, and then what is asked and who is asked stay as they are."""

import datetime as dt
import uuid

import pytest

from surveys.panels.models import Message, Panelist
from surveys.panels.services import NewPanelist, RosterFrozen, add_panelists, remove_panelist
from surveys.rounds.checklist import blockers_to_opening, checklist
from surveys.rounds.models import AskedStatement, AskedVignette, Round
from surveys.rounds.queries import attendance, earlier_askings, waiting_for
from surveys.rounds.services import opening
from surveys.rounds.services.opening import (
    NotReady,
    RoundError,
    cancel_round,
    draft_round,
    extend_round,
    open_due_rounds,
    open_round,
    plan_round,
    remind,
)
from surveys.sheets.keystore import (
    KeyStoreError,
    destroy_study_key,
    ensure_study_key,
    keep_study_key,
    opened_key,
    study_keys,
)
from surveys.sheets.models import Sheet
from surveys.studies.models import AuditEntry, Protocol, Study
from surveys.studies.queries import database_now
from surveys.studies.services import ProtocolLocked, protocol_facts, update_protocol
from surveys.vignettes.models import Statement, Vignette
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_checklist_says_what_is_missing_and_what_is_done() -> None:
    study = factories.make_study(panelists=3, statements=2)
    bare = factories.make_vignette(study, title="aged 70")
    round = draft_round(study=study, actor=factories.facilitator_of(study), now=database_now())
    items = [(item.is_done, item.text) for item in checklist(round, database_now())]
    assert items == [
        (False, "Choose a closing time"),
        (False, f"Write a statement for: {bare.title}"),
        (True, "2 statements to ask"),
        (False, "The panel has 3 of the at least 5 panelists that a result needs"),
    ]


def test_a_round_with_anything_missing_does_not_open_and_changes_nothing() -> None:
    study = factories.make_study(panelists=3, statements=1)
    round = factories.draft(study)
    with pytest.raises(NotReady) as refusal:
        open_round(round=round, actor=factories.facilitator_of(study), now=database_now())
    assert refusal.value.blockers == ["The panel has 3 of the at least 5 panelists that a result needs"]
    round.refresh_from_db()
    assert round.status == Round.Status.DRAFT
    assert not Protocol.objects.get(study=study).is_locked
    assert not Message.objects.exists()


def test_a_closing_time_that_has_passed_stands_in_the_way() -> None:
    study = factories.make_study(statements=1)
    round = factories.draft(study)
    later = database_now() + dt.timedelta(days=30)
    assert blockers_to_opening(round, later) == ["The closing time has passed: choose a later one"]


def test_opening_freezes_what_is_asked_in_the_order_of_the_vignettes() -> None:
    study = factories.make_study(statements=3)
    base = Vignette.objects.get(study=study, is_base=True)
    second = factories.make_statement(base, "A second statement for the base case.")
    round = factories.open_round(study)
    asked = list(AskedStatement.objects.filter(round=round).select_related("vignette"))
    assert [statement.number for statement in asked] == [1, 2, 3, 4]
    assert [statement.vignette.number for statement in asked] == [1, 1, 2, 3]
    assert asked[1].statement_id == second.pk
    Statement.objects.filter(pk=second.pk).update(text="Reworded later.")
    Vignette.objects.filter(pk=base.pk).update(text="Rewritten later.", title="Other")
    asked[1].refresh_from_db()
    assert asked[1].text == "A second statement for the base case."
    frozen = AskedVignette.objects.get(round=round, number=2)
    assert frozen.base_text == AskedVignette.objects.get(round=round, number=1).text != "Rewritten later."


def test_the_first_opening_locks_the_protocol_and_makes_the_key() -> None:
    study = factories.make_study(statements=1)
    factories.open_round(study)
    study.refresh_from_db()
    protocol = Protocol.objects.get(study=study)
    assert (study.status, protocol.is_locked, len(protocol.digest)) == (Study.Status.RUNNING, True, 64)
    assert study_keys(study.pk).study_id == study.pk
    with pytest.raises(ProtocolLocked):
        update_protocol(
            study=study, actor=factories.facilitator_of(study), now=database_now(), **protocol_facts(protocol)
        )


def test_who_belongs_to_the_panel_cannot_change_while_a_round_is_open() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    actor, now = factories.facilitator_of(study), database_now()
    somebody = Panelist.objects.filter(study=study)[0]
    with pytest.raises(RosterFrozen):
        add_panelists(study=study, actor=actor, rows=[NewPanelist("New", "new@example.org")], now=now)
    with pytest.raises(RosterFrozen):
        remove_panelist(panelist=somebody, actor=actor, now=now)
    cancel_round(round=round, actor=actor, reason="A mistake", now=now)
    add_panelists(study=study, actor=actor, rows=[NewPanelist("New", "new@example.org")], now=now)
    assert Panelist.objects.filter(study=study).count() == 11


def test_opening_twice_is_refused_and_invites_once() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study, days=1)
    with pytest.raises(RoundError, match="already opened"):
        open_round(round=round, actor=factories.facilitator_of(study), now=database_now())
    assert Message.objects.filter(kind=Message.Kind.INVITATION).count() == 10


def test_everybody_is_invited_and_reminded_a_day_before_the_end() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study, days=14)
    assert round.closes_at is not None
    by_kind = {
        kind: set(Message.objects.filter(kind=kind).values_list("panelist_id", "due"))
        for kind in (Message.Kind.INVITATION, Message.Kind.REMINDER)
    }
    panel = set(Panelist.objects.values_list("pk", flat=True))
    assert {panelist for panelist, _due in by_kind[Message.Kind.INVITATION]} == panel
    day_before = round.closes_at - dt.timedelta(days=1)
    assert by_kind[Message.Kind.REMINDER] == {(panelist, day_before) for panelist in panel}


def test_one_unfinished_round_at_a_time() -> None:
    study = factories.make_study(statements=1)
    factories.draft(study)
    with pytest.raises(RoundError, match="has not closed"):
        draft_round(study=study, actor=factories.facilitator_of(study), now=database_now())


def test_a_cancelled_round_leaves_its_number_and_no_sheet() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    factories.fill_sheet(Panelist.objects.filter(study=study)[0], round, [8])
    assert Sheet.objects.count() == 1
    cancel_round(round=round, actor=factories.facilitator_of(study), reason="A mistake", now=database_now())
    assert Sheet.objects.count() == 0
    assert not Message.objects.exclude(state=Message.State.DONE).exists()
    again = factories.open_round(study)
    assert (again.number, again.kind_number) == (1, 1)


def test_a_statement_that_is_left_out_is_not_asked_and_is_compared_later() -> None:
    study = factories.make_study(statements=3)
    factories.hold_round(study)
    first, *_others = Statement.objects.filter(vignette__study=study)
    second_round = factories.open_round(study, left_out=[first])
    factories.agree(second_round)
    factories.release_round(factories.close_and_freeze(second_round))
    assert AskedStatement.objects.filter(round=second_round).count() == 2
    third = factories.open_round(study)
    compared = {number: asked.round.number for number, asked in earlier_askings(third).items()}
    assert compared == {1: 1, 2: 2, 3: 2}


def test_extending_moves_the_end_and_the_reminder() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study, days=14)
    assert round.closes_at is not None
    later = round.closes_at + dt.timedelta(days=7)
    extend_round(round=round, actor=factories.facilitator_of(study), closes_at=later, now=database_now())
    assert Round.objects.get(pk=round.pk).closes_at == later
    dues = set(Message.objects.filter(kind=Message.Kind.REMINDER).values_list("due", flat=True))
    assert dues == {later - dt.timedelta(days=1)}
    assert Message.objects.filter(kind=Message.Kind.REMINDER).count() == 10


def test_a_round_is_never_shortened_by_extending() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study, days=14)
    assert round.closes_at is not None
    earlier = round.closes_at - dt.timedelta(days=1)
    with pytest.raises(RoundError, match="later"):
        extend_round(round=round, actor=factories.facilitator_of(study), closes_at=earlier, now=database_now())


def test_a_reminder_is_a_row_for_everyone_and_never_two_at_once() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study, days=1)
    actor, now = factories.facilitator_of(study), database_now()
    remind(round=round, actor=actor, now=now)
    assert Message.objects.filter(kind=Message.Kind.REMINDER).count() == 10
    with pytest.raises(RoundError, match="on its way"):
        remind(round=round, actor=actor, now=now)


def test_the_schedule_opens_what_is_ready_when_its_time_has_come() -> None:
    ready = factories.make_study(statements=1)
    unready = factories.make_study(statements=1, panelists=2)
    now = database_now()
    for study in (ready, unready):
        round = factories.draft(study)
        plan_round(
            round=round,
            actor=factories.facilitator_of(study),
            opens_at=now + dt.timedelta(hours=1),
            closes_at=now + dt.timedelta(days=3),
            message="",
            left_out=[],
            now=now,
        )
    assert open_due_rounds(now=now) == 0
    assert open_due_rounds(now=now + dt.timedelta(hours=1)) == 1
    assert Round.objects.get(study=ready).status == Round.Status.OPEN
    assert Round.objects.get(study=unready).status == Round.Status.DRAFT


def test_a_study_whose_key_cannot_be_kept_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    now = database_now()
    ready, broken = factories.make_study(statements=1), factories.make_study(statements=1)
    for study in (ready, broken):
        factories.draft(study)
    Round.objects.update(opens_at=now)

    def keep(study_id: uuid.UUID) -> None:
        if study_id == broken.pk:
            raise KeyStoreError("read-only")
        ensure_study_key(study_id)

    monkeypatch.setattr(opening, "ensure_study_key", keep)
    assert open_due_rounds(now=now) == 1
    assert Round.objects.get(study=ready).status == Round.Status.OPEN
    assert Round.objects.get(study=broken).status == Round.Status.DRAFT


def test_names_of_the_others_are_shown_from_three_on() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    panel = list(Panelist.objects.filter(study=study).order_by("name"))
    for submitted, panelist in enumerate(panel[:4], start=1):
        factories.fill_sheet(panelist, round, [8])
        present = attendance(round)
        assert (present.submitted, present.invited, present.names_are_shown) == (submitted, 10, submitted >= 3)
        assert waiting_for(round) == ([] if submitted < 3 else [other.pk for other in panel[submitted:]])


def test_a_draft_is_not_submitted() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    factories.fill_sheet(Panelist.objects.filter(study=study)[0], round, [8], submit=False)
    assert attendance(round).submitted == 0


def test_every_act_stands_in_the_audit_chain() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    cancel_round(round=round, actor=factories.facilitator_of(study), reason="A mistake", now=database_now())
    entries = list(AuditEntry.objects.filter(study=study))
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    assert [entry.previous for entry in entries] == ["", *(entry.digest for entry in entries[:-1])]
    assert [entry.action for entry in entries][-6:] == [
        "round drafted",
        "round planned",
        "protocol locked",
        "key made",
        "round opened",
        "round cancelled",
    ]


def test_a_study_that_has_lost_its_key_opens_no_further_round_under_a_new_one() -> None:
    study = factories.make_study(panelists=6, statements=1)
    factories.hold_round(study)
    round, key = factories.draft(study), opened_key(study.pk)
    destroy_study_key(study.pk)
    with pytest.raises(NotReady, match=r"manage\.py keys restore"):
        open_round(round=round, actor=factories.facilitator_of(study), now=database_now())
    with pytest.raises(KeyStoreError):
        study_keys(study.pk)
    keep_study_key(study.pk, key)
    assert open_round(round=round, actor=factories.facilitator_of(study), now=database_now()).opened_at
