"""Reads of the panel. Nothing here knows who answered."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from surveys.panels.models import AddressChange, Message, Panelist
from surveys.studies.models import Study


def panel_of(study: Study) -> QuerySet[Panelist]:
    """The panelists of a study in a fixed order, by name; for its facilitators."""
    return Panelist.objects.filter(study=study).order_by("name", "email")


def people_of(study: Study) -> QuerySet[Panelist, tuple[str, str, str]]:
    """Name, address and group of everybody on a panel, by name; for its facilitators."""
    return panel_of(study).values_list("name", "email", "group")


def panelists_of(ids: Iterable[uuid.UUID]) -> list[Panelist]:
    """These panelists, by name."""
    return list(Panelist.objects.filter(pk__in=list(ids)).order_by("name", "email"))


@dataclass(frozen=True)
class PanelSize:
    """How many belong to a panel, to how many of them mail is refused, and how many are in a group."""

    panelists: int
    unreachable: int
    in_groups: int


def panel_size(study: Study) -> PanelSize:
    """The numbers of a panel; for its facilitators. One query."""
    numbers = Panelist.objects.filter(study=study).aggregate(
        panelists=Count("pk"),
        unreachable=Count("pk", filter=Q(is_unreachable=True)),
        in_groups=Count("pk", filter=~Q(group="")),
    )
    return PanelSize(**numbers)


def panelists_found(study: Study, words: str, *, refused_only: bool = False) -> QuerySet[Panelist]:
    """Those whose name, address or group has every one of these words, by name; all of the panel without a word.

    With `refused_only` those among them to whom mail is refused.
    """
    found = panel_of(study).filter(is_unreachable=True) if refused_only else panel_of(study)
    for word in words.split():
        found = found.filter(Q(name__icontains=word) | Q(email__icontains=word) | Q(group__icontains=word))
    return found


def running_panelists_at(address: str) -> list[Panelist]:
    """The panelists with this address in studies that are not over; at most one in each study."""
    return list(
        Panelist.objects.filter(email__iexact=address.strip())
        .exclude(study__status__in=[Study.Status.FINISHED, Study.Status.SEALED])
        .select_related("study")
    )


def address_changes_of(panelists: Iterable[Panelist]) -> dict[uuid.UUID, AddressChange]:
    """The new addresses of these panelists that wait, by panelist; for their facilitators."""
    return {change.pk: change for change in AddressChange.objects.filter(panelist__in=list(panelists))}


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
