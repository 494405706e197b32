"""Reads of the evidence and of the meetings. No query here knows who read what."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet

from surveys.meetings.models import Decision, Meeting, Presentation, PresentationFile
from surveys.panels.models import Panelist
from surveys.studies.models import Study
from surveys.vignettes.models import LineageStep, Option
from surveys.vignettes.queries import grouped_by_category


@dataclass(frozen=True)
class Exhibit:
    """One option with its presentation; None where nobody is assigned to it and nothing is there."""

    option: Option
    presentation: Presentation | None


@dataclass(frozen=True)
class ExhibitGroup:
    """The options of one category with their presentations, in order."""

    category: str
    exhibits: tuple[Exhibit, ...]


def has_content(presentation: Presentation) -> bool:
    """Whether there is anything to read: a summary, a file or a link."""
    return bool(presentation.summary or presentation.files.all() or presentation.links.all())


def presentations_of(study: Study) -> QuerySet[Presentation]:
    """The presentations of a study, each with its option, presenter, links, and files without their content."""
    files = Prefetch("files", PresentationFile.objects.defer("content").order_by("position", "pk"))
    return (
        Presentation.objects.filter(option__study=study)
        .select_related("option", "panelist")
        .prefetch_related(files, "links")
        .order_by("option__position", "option__pk")
    )


def evidence_of(study: Study) -> list[ExhibitGroup]:
    """All options by category with what there is for each, dropped ones only where there is something; for staff."""
    found = {presentation.option_id: presentation for presentation in presentations_of(study)}
    wanted = Option.objects.filter(Q(is_dropped=False) | Q(pk__in=list(found)), study=study)
    return _grouped(wanted.order_by("position", "pk"), found)


def shared_evidence(study: Study) -> list[ExhibitGroup]:
    """What the panel may read: the shared presentations that have something to read, by category."""
    shared = [each for each in presentations_of(study).filter(is_shared=True) if has_content(each)]
    return _grouped([each.option for each in shared], {each.option_id: each for each in shared})


def _grouped(options: Iterable[Option], found: dict[uuid.UUID, Presentation]) -> list[ExhibitGroup]:
    return [
        ExhibitGroup(group.category, tuple(Exhibit(option, found.get(option.pk)) for option in group.options))
        for group in grouped_by_category(options)
    ]


def is_evidence_shared(study: Study) -> bool:
    """Whether the panel has anything to read; one query."""
    something = ~Q(summary="") | Q(files__isnull=False) | Q(links__isnull=False)
    return Presentation.objects.filter(something, option__study=study, is_shared=True).exists()


def unshared_evidence(study: Study) -> list[Presentation]:
    """What there is to read and the panel was not told of yet."""
    return [each for each in presentations_of(study).filter(has_news=True) if has_content(each)]


def presentations_by(panelist: Panelist) -> QuerySet[Presentation]:
    """What this panelist presents, shared or not; for that panelist."""
    return (
        Presentation.objects.filter(panelist=panelist, option__is_dropped=False)
        .select_related("option")
        .order_by("option__position", "option__pk")
    )


def files_of(study: Study) -> QuerySet[PresentationFile]:
    """Every file of a study's evidence, without content; for staff."""
    return PresentationFile.objects.filter(presentation__option__study=study).defer("content")


def shared_files_of(study: Study) -> QuerySet[PresentationFile]:
    """The files that the panel may open."""
    return files_of(study).filter(presentation__is_shared=True)


def meetings_of(study: Study) -> QuerySet[Meeting]:
    """The meetings of a study in the order of their days; for staff."""
    return Meeting.objects.filter(study=study).order_by("held_at", "number")


def next_meeting(study: Study, now: dt.datetime) -> Meeting | None:
    """The first meeting that is neither held nor over; for staff and the panel."""
    # None lasts longer than a day.
    ahead = meetings_of(study).filter(minutes_held=None, held_at__gt=now - dt.timedelta(days=1))
    return next((one for one in ahead if one.held_at + dt.timedelta(minutes=one.minutes_planned) > now), None)


def decisions_of(meeting: Meeting) -> QuerySet[Decision]:
    """The decisions of a meeting in order, each with its steps."""
    steps = Prefetch("steps", LineageStep.objects.order_by("number"))
    return Decision.objects.filter(meeting=meeting).order_by("position", "pk").prefetch_related(steps)


def held_meetings(study: Study) -> QuerySet[Meeting]:
    """The meetings that were held in the order of their days, each with its decisions and their steps; for files."""
    steps = Prefetch("steps", LineageStep.objects.order_by("number"))
    decisions = Prefetch("decisions", Decision.objects.order_by("position", "pk").prefetch_related(steps))
    return meetings_of(study).exclude(minutes_held=None).prefetch_related(decisions)


@dataclass(frozen=True)
class MeetingTotal:
    """So many meetings of one mode and one length that were held."""

    mode: str
    minutes: int
    meetings: int


def totals_of(meetings: Iterable[Meeting]) -> list[MeetingTotal]:
    """The held ones of these meetings counted by mode and length, in person first, longer ones first."""
    counted: dict[tuple[str, int], int] = {}
    for meeting in meetings:
        if meeting.minutes_held is not None:
            key = (meeting.mode, meeting.minutes_held)
            counted[key] = counted.get(key, 0) + 1
    order = sorted(counted, key=lambda key: (Meeting.Mode.values.index(key[0]), -key[1]))
    return [MeetingTotal(mode, minutes, counted[mode, minutes]) for mode, minutes in order]
