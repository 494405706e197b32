"""Reads of the panel. Nothing here knows who answered."""

import datetime as dt

from django.db.models import QuerySet

from surveys.panels.models import Message, Panelist
from surveys.studies.models import Study


def panel_of(study: Study) -> QuerySet[Panelist]:
    """The panelists of a study in a fixed order, by name; for its facilitators."""
    return Panelist.objects.filter(study=study).order_by("name", "email")


def running_panelists_at(address: str) -> list[Panelist]:
    """The panelists with this address in studies that are not over; at most one in each study."""
    return list(
        Panelist.objects.filter(email__iexact=address.strip())
        .exclude(study__status__in=[Study.Status.FINISHED, Study.Status.SEALED])
        .select_related("study")
    )


def waiting_messages(now: dt.datetime, limit: int) -> list[Message]:
    """Up to `limit` messages that are due, or whose sender was lost five minutes ago or more."""
    lost = now - dt.timedelta(minutes=5)
    pending = Message.objects.filter(state=Message.State.PENDING, due__lte=now)
    stuck = Message.objects.filter(state=Message.State.SENDING, claimed_at__lt=lost)
    found = list(pending.select_related("panelist", "study")[:limit])
    return found + list(stuck.select_related("panelist", "study")[: limit - len(found)])
