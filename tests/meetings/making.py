"""Small makers of evidence and meetings, through the real services."""

import datetime as dt
from typing import Any

from surveys.meetings.models import Decision, Meeting, PresentationFile, PresentationLink
from surveys.meetings.services.evidence import add_link, attach_file, describe_presentation, share_evidence
from surveys.meetings.services.meetings import Plan, Record, plan_meeting, record_decision, write_up
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import LineageStep, Option
from tests.factories import facilitator_of
from tests.meetings.documents import PDF

NOON = dt.datetime(2097, 5, 4, 12, 0, tzinfo=dt.UTC)
"""A Saturday."""


def describe(option: Option, summary: str = "What is known.") -> None:
    """Write an option's summary."""
    actor = facilitator_of(option.study)
    describe_presentation(option=option, actor=actor, summary=summary, minutes=10, now=database_now())


def attach(option: Option, name: str = "Review.pdf", content: bytes = PDF) -> PresentationFile:
    """Attach a file to an option."""
    actor = facilitator_of(option.study)
    return attach_file(option=option, actor=actor, name=name, content=content, now=database_now())


def add_page(option: Option, address: str = "https://example.org/a", title: str = "A page") -> PresentationLink:
    """Add a link to an option."""
    return add_link(option=option, actor=facilitator_of(option.study), title=title, address=address, now=database_now())


def share(study: Study) -> int:
    """Show to the panel all there is."""
    return share_evidence(study=study, actor=facilitator_of(study), now=database_now())


def share_evidence_of(option: Option) -> tuple[PresentationFile, PresentationLink]:
    """A file and a link of an option, shown to the panel."""
    file, link = attach(option), add_page(option)
    share(option.study)
    return file, link


def make_meeting(
    study: Study, held_at: dt.datetime = NOON, minutes: int = 60, mode: str = "in_person", **more: Any
) -> Meeting:
    """A meeting that is planned; `more` are `place` and `after_round_id`."""
    plan = Plan(held_at=held_at, minutes_planned=minutes, mode=mode, **more)
    return plan_meeting(study=study, actor=facilitator_of(study), plan=plan, now=database_now())


def hold_meeting(meeting: Meeting, minutes: int | None = 60, **more: Any) -> None:
    """Write a meeting up; `more` are the other facts of a `Record`."""
    what = Record(minutes_held=minutes, **more)
    write_up(meeting=meeting, actor=facilitator_of(meeting.study), what=what, now=database_now())


def make_decision(meeting: Meeting, text: str = "Merge the two.", steps: list[LineageStep] | None = None) -> Decision:
    """A decision of a meeting."""
    actor = facilitator_of(meeting.study)
    return record_decision(meeting=meeting, actor=actor, text=text, steps=steps or [], now=database_now())


def make_step(study: Study, number: int = 1) -> LineageStep:
    """A step of the lineage, as the database keeps it."""
    return LineageStep.objects.create(
        study=study,
        number=number,
        kind=LineageStep.Kind.OPTION,
        step=LineageStep.Step.MERGE,
        before=[{"wording": "vortioxetine"}, {"wording": "vilazodone"}],
        after=[{"wording": "an SRI not yet tried"}],
        reason="Alike.",
        at=database_now(),
    )
