"""The meetings of a study that were held, for files: numbers and decisions; names only where the study notes them."""

import datetime as dt
from dataclasses import dataclass

from surveys.meetings.models import Meeting
from surveys.meetings.queries import held_meetings
from surveys.rounds.models import Round
from surveys.studies.models import Study


@dataclass(frozen=True)
class DecisionRow:
    """A decision and the numbers of the lineage's steps that it caused."""

    text: str
    steps: tuple[int, ...]


@dataclass(frozen=True)
class MeetingRow:
    """One meeting that was held. Counts of those present are None where nobody wrote them down."""

    number: int
    held_at: dt.datetime
    minutes: int
    mode: str
    panelists: int | None
    facilitators: int | None
    others: int | None
    names: str | None
    decisions: tuple[DecisionRow, ...]


def meeting_rows(study: Study, round: Round | None = None) -> list[MeetingRow]:
    """The meetings that were held in the order of their days; or those alone that looked at one round's results."""
    held = held_meetings(study)
    chosen = held.filter(after_round_id=round.pk) if round else held
    return [_row(study, meeting) for meeting in chosen]


def _row(study: Study, meeting: Meeting) -> MeetingRow:
    return MeetingRow(
        number=meeting.number,
        held_at=meeting.held_at,
        minutes=meeting.minutes,
        mode=meeting.mode,
        panelists=meeting.panelists_present,
        facilitators=meeting.facilitators_present,
        others=meeting.others_present,
        names=meeting.names if study.names_at_meetings else None,
        decisions=tuple(
            DecisionRow(decision.text, tuple(step.number for step in decision.steps.all()))
            for decision in meeting.decisions.all()
        ),
    )
