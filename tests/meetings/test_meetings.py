"""Planning meetings, their agendas, what came of them, and what they decided."""

import datetime as dt

import pytest

from surveys.meetings.models import AgendaItem, Decision, Meeting
from surveys.meetings.queries import MeetingTotal, meetings_of, next_meeting, totals_of
from surveys.meetings.services import meetings
from surveys.meetings.services.meetings import (
    AgendaEntry,
    MeetingError,
    Plan,
    delete_meeting,
    remove_decision,
    set_agenda,
    update_decision,
    update_meeting,
)
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import LineageStep
from tests.factories import facilitator_of, make_study
from tests.meetings.making import NOON, hold_meeting, make_decision, make_meeting, make_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return make_study(panelists=0, statements=0)


def test_meetings_are_numbered_and_keep_their_numbers(study: Study) -> None:
    first, second = make_meeting(study), make_meeting(study, NOON - dt.timedelta(days=1))
    delete_meeting(meeting=first, actor=facilitator_of(study), now=database_now())
    third = make_meeting(study, NOON + dt.timedelta(days=1))
    assert [meeting.number for meeting in meetings_of(study)] == [2, 3]
    assert list(meetings_of(study)) == [second, third]


@pytest.mark.parametrize("minutes", [0, 2, 24 * 60 + 1])
def test_no_meeting_is_shorter_than_three_minutes_or_longer_than_a_day(study: Study, minutes: int) -> None:
    with pytest.raises(MeetingError):
        make_meeting(study, minutes=minutes)
    assert not Meeting.objects.exists()


def test_a_study_has_so_many_meetings_and_no_more(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meetings, "MOST_MEETINGS", 1)
    make_meeting(study)
    with pytest.raises(MeetingError, match="at most 1 meetings"):
        make_meeting(study)


def test_the_next_meeting_is_the_first_that_is_neither_held_nor_over(study: Study) -> None:
    held = make_meeting(study, NOON)
    hold_meeting(held)
    make_meeting(study, NOON + dt.timedelta(days=9))
    ahead = make_meeting(study, NOON + dt.timedelta(hours=1))
    assert next_meeting(study, NOON) == ahead
    assert next_meeting(study, ahead.held_at + dt.timedelta(minutes=59)) == ahead
    assert next_meeting(study, ahead.held_at + dt.timedelta(minutes=60)) != ahead
    assert next_meeting(study, NOON + dt.timedelta(days=10)) is None


def test_meetings_that_were_held_are_counted_by_mode_and_length(study: Study) -> None:
    for mode, minutes in (("online", 60), ("in_person", 180), ("in_person", 180)):
        hold_meeting(make_meeting(study, mode=mode), minutes)
    make_meeting(study)
    assert totals_of(meetings_of(study)) == [MeetingTotal("in_person", 180, 2), MeetingTotal("online", 60, 1)]


def test_a_meeting_moves(study: Study) -> None:
    meeting = make_meeting(study)
    what = Plan(
        held_at=NOON + dt.timedelta(days=1), minutes_planned=90, mode="online", place="https://example.org/room"
    )
    update_meeting(meeting=meeting, actor=facilitator_of(study), plan=what, now=database_now())
    meeting.refresh_from_db()
    assert (meeting.minutes_planned, meeting.mode, meeting.place) == (90, "online", "https://example.org/room")


def test_only_a_meeting_of_which_nothing_was_written_down_is_deleted(study: Study) -> None:
    with_notes, with_decision, held = make_meeting(study), make_meeting(study), make_meeting(study)
    hold_meeting(with_notes, None, notes="Something.")
    make_decision(with_decision)
    hold_meeting(held, 60)
    for meeting in (with_notes, with_decision, held):
        with pytest.raises(MeetingError, match="has notes or decisions"):
            delete_meeting(meeting=meeting, actor=facilitator_of(study), now=database_now())
    assert Meeting.objects.count() == 3


def test_names_are_written_down_only_where_the_study_says_so(study: Study) -> None:
    meeting = make_meeting(study)
    with pytest.raises(MeetingError, match="how many were there, not who"):
        hold_meeting(meeting, names="Dr. Zebrafinch")
    meeting.refresh_from_db()
    assert (meeting.names, meeting.minutes_held) == ("", None)
    Study.objects.filter(pk=study.pk).update(names_at_meetings=True)
    hold_meeting(meeting, names="Dr. Zebrafinch", panelists_present=9)
    meeting.refresh_from_db()
    assert (meeting.names, meeting.panelists_present) == ("Dr. Zebrafinch", 9)


def test_names_and_notes_stay_out_of_the_audit_chain(study: Study) -> None:
    Study.objects.filter(pk=study.pk).update(names_at_meetings=True)
    hold_meeting(make_meeting(study), names="Dr. Zebrafinch", notes="Dr. Zebrafinch said so.", others_present=2)
    last = AuditEntry.objects.filter(study=study).last()
    assert last is not None
    assert (last.action, last.detail["others_present"], "Zebrafinch" in str(last.detail)) == (
        "meeting written up", 2, False,
    )  # fmt: skip


def test_an_agenda_is_replaced_as_a_whole_or_not_at_all(study: Study) -> None:
    meeting, actor = make_meeting(study), facilitator_of(study)
    entries = [AgendaEntry("Second", 20, "noted"), AgendaEntry("First", 40)]
    set_agenda(meeting=meeting, actor=actor, entries=entries, now=database_now())
    rows = list(AgendaItem.objects.values_list("position", "title", "minutes", "note"))
    assert rows == [(1, "Second", 20, "noted"), (2, "First", 40, "")]
    wrong = [AgendaEntry("Fine", 10), AgendaEntry("", 10)]
    with pytest.raises(MeetingError):
        set_agenda(meeting=meeting, actor=actor, entries=wrong, now=database_now())
    assert list(AgendaItem.objects.values_list("position", "title", "minutes", "note")) == rows
    set_agenda(meeting=meeting, actor=actor, entries=[], now=database_now())
    assert not AgendaItem.objects.exists()


def test_a_decision_links_to_the_steps_that_it_caused(study: Study) -> None:
    first, second = make_step(study, 1), make_step(study, 2)
    decision = make_decision(make_meeting(study), steps=[second, first])
    assert [step.number for step in decision.steps.order_by("number")] == [1, 2]
    actor = facilitator_of(study)
    update_decision(decision=decision, actor=actor, text="Otherwise.", steps=[second], now=database_now())
    decision.refresh_from_db()
    assert (decision.text, list(decision.steps.all())) == ("Otherwise.", [second])
    remove_decision(decision=decision, actor=actor, now=database_now())
    assert (Decision.objects.count(), LineageStep.objects.count()) == (0, 2)


def test_a_decision_causes_no_step_of_another_study(study: Study) -> None:
    meeting, foreign = make_meeting(study), make_step(make_study(panelists=0, statements=0))
    with pytest.raises(MeetingError, match="Choose steps of this study"):
        make_decision(meeting, steps=[foreign])
    assert not Decision.objects.exists()


def test_in_a_finished_study_meetings_stay_as_they_are(study: Study) -> None:
    meeting, actor, now = make_meeting(study), facilitator_of(study), database_now()
    decision = make_decision(meeting)
    Study.objects.filter(pk=study.pk).update(status=Study.Status.FINISHED)
    before = AuditEntry.objects.count()
    again = Plan(held_at=NOON, minutes_planned=30, mode="online")
    for deed in (
        lambda: make_meeting(study),
        lambda: update_meeting(meeting=meeting, actor=actor, plan=again, now=now),
        lambda: delete_meeting(meeting=meeting, actor=actor, now=now),
        lambda: hold_meeting(meeting),
        lambda: set_agenda(meeting=meeting, actor=actor, entries=[], now=now),
        lambda: make_decision(meeting),
        lambda: update_decision(decision=decision, actor=actor, text="x", now=now),
        lambda: remove_decision(decision=decision, actor=actor, now=now),
    ):
        with pytest.raises(MeetingError, match="This study is finished"):
            deed()
    assert AuditEntry.objects.count() == before


def test_every_deed_stands_in_the_audit_chain(study: Study) -> None:
    actor, now = facilitator_of(study), database_now()
    meeting, gone = make_meeting(study), make_meeting(study)
    delete_meeting(meeting=gone, actor=actor, now=now)
    again = Plan(held_at=NOON, minutes_planned=30, mode="online")
    update_meeting(meeting=meeting, actor=actor, plan=again, now=now)
    set_agenda(meeting=meeting, actor=actor, entries=[AgendaEntry("One", 30)], now=now)
    hold_meeting(meeting)
    decision = make_decision(meeting)
    update_decision(decision=decision, actor=actor, text="x", now=now)
    remove_decision(decision=decision, actor=actor, now=now)
    assert [entry.action for entry in AuditEntry.objects.filter(study=study)][1:] == [
        "meeting planned", "meeting planned", "meeting deleted", "meeting changed", "agenda set",
        "meeting written up", "decision recorded", "decision changed", "decision removed",
    ]  # fmt: skip
