"""What facilitators may do to a meeting: plan it, set its agenda, write down what came of it, and what was decided."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from surveys.accounts.models import User
from surveys.meetings.models import AgendaItem, Decision, Meeting
from surveys.studies.models import Study
from surveys.studies.services import record
from surveys.vignettes.models import LineageStep
from surveys.vignettes.services.steps import plain_line, plain_text

MOST_MEETINGS = 50
MOST_ITEMS = 60
MOST_DECISIONS = 100


class MeetingError(Exception):
    """Why a meeting cannot be changed so; the message is a sentence for the page."""


@dataclass(frozen=True)
class Plan:
    """When and how a meeting is to be; `after_round_id` is the round whose results it looks at."""

    held_at: dt.datetime
    minutes_planned: int
    mode: str
    place: str = ""
    after_round_id: uuid.UUID | None = None


@dataclass(frozen=True)
class AgendaEntry:
    """One item of an agenda, in its place by the order in which it is given."""

    title: str
    minutes: int
    note: str = ""
    statement_id: uuid.UUID | None = None
    vignette_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Record:
    """What is written down of a meeting that was held; counts are of those who were there, by their role."""

    minutes_held: int | None
    panelists_present: int | None = None
    facilitators_present: int | None = None
    others_present: int | None = None
    names: str = ""
    notes: str = ""


@transaction.atomic
def plan_meeting(*, study: Study, actor: User, plan: Plan, now: dt.datetime) -> Meeting:
    """Add a meeting, numbered after those before. Raises MeetingError."""
    _hold(study)
    meetings = Meeting.objects.filter(study=study)
    if meetings.count() >= MOST_MEETINGS:
        raise MeetingError(_("A study has at most %(most)d meetings.") % {"most": MOST_MEETINGS})
    last: int | None = meetings.aggregate(last=Max("number"))["last"]
    meeting = Meeting(study=study, number=(last or 0) + 1)
    _describe(meeting, plan)
    meeting.save(force_insert=True)
    record(study=study, actor=actor, action="meeting planned", now=now, detail=_facts(meeting))
    return meeting


@transaction.atomic
def update_meeting(*, meeting: Meeting, actor: User, plan: Plan, now: dt.datetime) -> None:
    """Change when and how a meeting is to be, or was. Raises MeetingError."""
    _hold(meeting.study)
    before = _facts(meeting)
    _describe(meeting, plan)
    meeting.save(update_fields=["held_at", "minutes_planned", "mode", "place", "after_round_id"])
    after = _facts(meeting)
    if before != after:
        detail = {"before": before, "after": after}
        record(study=meeting.study, actor=actor, action="meeting changed", now=now, detail=detail)


def _describe(meeting: Meeting, plan: Plan) -> None:
    meeting.held_at, meeting.minutes_planned = plan.held_at, plan.minutes_planned
    meeting.mode, meeting.place = plan.mode, plain_line(plan.place)
    meeting.after_round_id = plan.after_round_id
    _check(meeting)


def _facts(meeting: Meeting) -> dict[str, object]:
    return {
        "meeting": meeting.number,
        "held_at": meeting.held_at.isoformat(),
        "minutes": meeting.minutes_planned,
        "mode": meeting.mode,
        "place": meeting.place,
    }


@transaction.atomic
def delete_meeting(*, meeting: Meeting, actor: User, now: dt.datetime) -> None:
    """Take a meeting away, if nothing was written down of it. Raises MeetingError."""
    _hold(meeting.study)
    meeting.refresh_from_db()
    if meeting.was_held or meeting.notes or meeting.decisions.exists():
        raise MeetingError(_("This meeting has notes or decisions, so it stays."))
    detail = _facts(meeting)
    meeting.delete()
    record(study=meeting.study, actor=actor, action="meeting deleted", now=now, detail=detail)


@transaction.atomic
def write_up(*, meeting: Meeting, actor: User, what: Record, now: dt.datetime) -> None:
    """Write down how long a meeting took, who was there and what was said. `minutes_held` None: it is still to come.

    Raises MeetingError, also for names where the study does not note them.
    """
    study = _hold(meeting.study)
    if what.names.strip() and not study.names_at_meetings:
        raise MeetingError(_("This study notes how many were there, not who."))
    meeting.minutes_held = what.minutes_held
    meeting.panelists_present, meeting.others_present = what.panelists_present, what.others_present
    meeting.facilitators_present = what.facilitators_present
    meeting.names, meeting.notes = plain_text(what.names), plain_text(what.notes)
    _check(meeting)
    changed = list(asdict(what))
    meeting.save(update_fields=changed)
    # Never the names, nor the notes, in which they may stand: the chain is for ever.
    counts = {name: getattr(meeting, name) for name in changed if name not in {"names", "notes"}}
    detail = {"meeting": meeting.number, **counts}
    record(study=meeting.study, actor=actor, action="meeting written up", now=now, detail=detail)


@transaction.atomic
def set_agenda(*, meeting: Meeting, actor: User, entries: Sequence[AgendaEntry], now: dt.datetime) -> None:
    """Replace the agenda by these items in this order. Raises MeetingError."""
    _hold(meeting.study)
    if len(entries) > MOST_ITEMS:
        raise MeetingError(_("An agenda has at most %(most)d items.") % {"most": MOST_ITEMS})
    items = [
        AgendaItem(
            meeting=meeting,
            position=place,
            title=plain_line(entry.title),
            minutes=entry.minutes,
            note=plain_text(entry.note),
            statement_id=entry.statement_id,
            vignette_id=entry.vignette_id,
        )
        for place, entry in enumerate(entries, start=1)
    ]
    for item in items:
        _check(item)
    AgendaItem.objects.filter(meeting=meeting).delete()
    AgendaItem.objects.bulk_create(items)
    detail = {"meeting": meeting.number, "items": [f"{item.title} ({item.minutes})" for item in items]}
    record(study=meeting.study, actor=actor, action="agenda set", now=now, detail=detail)


@transaction.atomic
def record_decision(
    *, meeting: Meeting, actor: User, text: str, now: dt.datetime, steps: Sequence[LineageStep] = ()
) -> Decision:
    """Write down a decision, and which steps of the lineage it caused. Raises MeetingError."""
    _hold(meeting.study)
    decisions = Decision.objects.filter(meeting=meeting)
    if decisions.count() >= MOST_DECISIONS:
        raise MeetingError(_("A meeting has at most %(most)d decisions.") % {"most": MOST_DECISIONS})
    last: int | None = decisions.aggregate(last=Max("position"))["last"]
    decision = Decision(meeting=meeting, position=(last or 0) + 1)
    _decide(decision, text, steps)
    detail = _decision_facts(decision, steps)
    record(study=meeting.study, actor=actor, action="decision recorded", now=now, detail=detail)
    return decision


@transaction.atomic
def update_decision(
    *, decision: Decision, actor: User, text: str, now: dt.datetime, steps: Sequence[LineageStep] = ()
) -> None:
    """Word a decision anew, and say anew which steps it caused. Raises MeetingError."""
    study = decision.meeting.study
    _hold(study)
    before = _decision_facts(decision, list(decision.steps.order_by("number")))
    _decide(decision, text, steps)
    after = _decision_facts(decision, steps)
    if before != after:
        detail = {"before": before, "after": after}
        record(study=study, actor=actor, action="decision changed", now=now, detail=detail)


@transaction.atomic
def remove_decision(*, decision: Decision, actor: User, now: dt.datetime) -> None:
    """Take a decision out of a meeting; the steps that it caused stay. Raises MeetingError."""
    study = decision.meeting.study
    _hold(study)
    detail = _decision_facts(decision, list(decision.steps.order_by("number")))
    decision.delete()
    record(study=study, actor=actor, action="decision removed", now=now, detail=detail)


def _decide(decision: Decision, text: str, steps: Sequence[LineageStep]) -> None:
    if any(step.study_id != decision.meeting.study_id for step in steps):
        raise MeetingError(_("Choose steps of this study."))
    decision.text = plain_text(text)
    _check(decision)
    decision.save()
    decision.steps.set(steps)


def _decision_facts(decision: Decision, steps: Sequence[LineageStep]) -> dict[str, object]:
    numbers = sorted(step.number for step in steps)
    return {"meeting": decision.meeting.number, "decision": decision.text, "steps": numbers}


def _hold(study: Study) -> Study:
    """Keep other writers out until this transaction ends, so that limits and places hold; refuse a finished study."""
    held = Study.objects.select_for_update().get(pk=study.pk)
    if held.is_over:
        raise MeetingError(_("This study is finished; nothing in it changes any more."))
    return held


def _check(row: Meeting | AgendaItem | Decision) -> None:
    """Raise MeetingError with the sentences of a row that its model refuses."""
    try:
        row.full_clean()
    except ValidationError as fault:
        raise MeetingError(" ".join(fault.messages)) from fault
