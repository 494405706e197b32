"""Meetings in words: how long, on which clock, and what a step of the lineage did."""

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.meetings.models import AgendaItem, Meeting
from surveys.meetings.queries import MeetingTotal
from surveys.pages.moments import duration_words
from surveys.vignettes.models import LineageStep

LONGEST_WORDING = 90


@dataclass(frozen=True)
class TimedItem:
    """An item of the agenda with the time at which it begins on the study's clocks: "14:20"."""

    item: AgendaItem
    begins: str


def timed_agenda(meeting: Meeting, items: Iterable[AgendaItem]) -> list[TimedItem]:
    """The agenda with a running clock, from the beginning of the meeting."""
    zone, begins, timed = zoneinfo.ZoneInfo(meeting.study.time_zone), meeting.held_at, []
    for item in items:
        # Translators: how a time of day is written, in the letters of Django's date filter.
        timed.append(TimedItem(item, date_format(begins.astimezone(zone), _("H:i"), use_l10n=False)))
        begins += dt.timedelta(minutes=item.minutes)
    return timed


def totals_words(totals: Sequence[MeetingTotal]) -> str:
    """`2 meetings of 3 hours in person, 1 meeting of 1 hour online`; "" for none."""
    parts = []
    for total in totals:
        text = ngettext("%(n)d meeting of %(length)s %(mode)s", "%(n)d meetings of %(length)s %(mode)s", total.meetings)
        words = {"n": total.meetings, "length": duration_words(total.minutes), "mode": Meeting.Mode(total.mode).label}
        parts.append(text % words)
    return ", ".join(parts)


def attendance_words(meeting: Meeting) -> str:
    """`9 panelists, 1 facilitator, 2 others`; "" where nothing was written down."""
    panelists, facilitators = meeting.panelists_present, meeting.facilitators_present
    others = meeting.others_present
    told = [
        (panelists, ngettext("%(n)d panelist", "%(n)d panelists", panelists or 0)),
        (facilitators, ngettext("%(n)d facilitator", "%(n)d facilitators", facilitators or 0)),
        (others, ngettext("%(n)d other", "%(n)d others", others or 0)),
    ]
    return ", ".join(words % {"n": n} for n, words in told if n is not None)


def step_words(step: LineageStep) -> str:
    """`3. Option merged: vortioxetine; vilazodone → an SRI not yet tried`."""
    before, after = _wordings(step.before), _wordings(step.after)
    # A vignette whose text alone was reworded has the same title before and after.
    change = f"{before} → {after}" if before and after and before != after else after or before
    kind, deed = step.get_kind_display(), step.get_step_display().lower()
    return f"{step.number}. {kind} {deed}: {change}"


def _wordings(items: Iterable[dict[str, str]]) -> str:
    return "; ".join(Truncator(item.get("wording", "")).chars(LONGEST_WORDING) for item in items)
