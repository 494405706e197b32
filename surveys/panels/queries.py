"""Reads of the panel. Nothing here knows who answered."""

import datetime as dt
import uuid

from django.db.models import QuerySet

from surveys.panels.models import AddressChange, Message, Panelist
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


def address_changes_of(study: Study) -> dict[uuid.UUID, AddressChange]:
    """The new addresses of a study that wait, by panelist; for its facilitators."""
    return {change.pk: change for change in AddressChange.objects.filter(panelist__study=study)}


def change_to_confirm(token_hash: bytes) -> AddressChange | None:
    """The new address that waits for the old one's word, by the hash of the secret that was mailed there."""
    changes = AddressChange.objects.filter(replaces=False, token_hash=token_hash).select_related("panelist__study")
    return next((change for change in changes if not change.panelist.study.is_over), None)


def waiting_messages(now: dt.datetime, limit: int) -> list[Message]:
    """Up to `limit` messages that are due, or whose sender was lost five minutes ago or more."""
    lost = now - dt.timedelta(minutes=5)
    pending = Message.objects.filter(state=Message.State.PENDING, due__lte=now)
    stuck = Message.objects.filter(state=Message.State.SENDING, claimed_at__lt=lost)
    found = list(pending.select_related("panelist", "study")[:limit])
    return found + list(stuck.select_related("panelist", "study")[: limit - len(found)])
