"""A panelist's address changes. Whoever reads the new one gets earlier answers only where the old one agreed.

Where nothing was ever saved under the old address there is nothing to hand on, and the new one takes its place.
"""

import datetime as dt
import enum
import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from surveys.accounts.models import User
from surveys.panels import services as panels
from surveys.panels.models import AddressChange, LinkRequest, Message, Panelist
from surveys.panels.queries import change_to_confirm
from surveys.panels.services import PanelError
from surveys.rounds.models import Round
from surveys.rounds.queries import unfinished_round
from surveys.rounds.services import requests
from surveys.rounds.services.locks import hold_round, in_turn
from surveys.sheets.queries import has_any_sheet
from surveys.studies.models import Study
from surveys.studies.queries import REPLACED
from surveys.studies.services import record


class Outcome(enum.Enum):
    """What became of a new address: it holds, the old one is asked, or the panelist is or will be replaced."""

    MOVED = "moved"
    ASKED = "asked"
    REPLACED = "replaced"
    WAITS = "waits"


class HasAnswered(PanelError):
    """Something was saved under the old address, and nobody else's mailbox opens it; the message is for the page."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Something was saved under this address, so it cannot simply be changed: whoever reads the new one "
                "would see earlier answers. Ask the old address, or replace the panelist."
            )
        )


@in_turn()
@transaction.atomic
def correct_panelist(*, panelist: Panelist, actor: User, name: str, email: str, group: str, now: dt.datetime) -> None:
    """Mend a name and a group, and an address under which nothing was saved.

    Raises PanelError, RosterFrozen, HasAnswered, KeyStoreError.
    """
    if email.strip().lower() != panelist.email.lower():
        study = _still(panelist.study)
        address = panels.free_address(panelist=panelist, email=email)
        if _has_answered(study, panelist):
            raise HasAnswered
        _mend(study, panelist, address, actor, now)
    panels.correct_panelist(panelist=panelist, actor=actor, name=name, group=group, now=now)


@in_turn()
@transaction.atomic
def change_address(*, panelist: Panelist, actor: User, email: str, replaces: bool, now: dt.datetime) -> Outcome:
    """Give a panelist another address. Where something was saved under the old one, it is asked; with `replaces` the
    panelist gives way to a new one with an empty history, while a round is open not before it is frozen or cancelled.

    Raises PanelError, KeyStoreError.
    """
    study = _still(panelist.study)
    address = panels.free_address(panelist=panelist, email=email)
    if address.lower() == panelist.email.lower():
        raise PanelError(_("This is the address already."))
    if not _has_answered(study, panelist):
        _mend(study, panelist, address, actor, now)
        return Outcome.MOVED
    if replaces and not study.roster_is_frozen:
        panels.replace_panelist(panelist=panelist, email=address)
        _told(study, 1, actor, now)
        return Outcome.REPLACED
    panels.note_address_change(panelist=panelist, email=address, replaces=replaces)
    if replaces:
        record(study=study, actor=actor, action="replacement asked for", now=now)
        return Outcome.WAITS
    panels.enqueue(study=study, panelists=[panelist], kind=Message.Kind.ADDRESS, round_id=None, due=now)
    record(study=study, actor=actor, action="old address asked", now=now)
    return Outcome.ASKED


@transaction.atomic
def call_off(*, panelist: Panelist, actor: User, now: dt.datetime) -> bool:
    """Let no new address wait for this panelist any more; False, and nothing done, where none did."""
    study = Study.objects.select_for_update().get(pk=panelist.study_id)
    if not panels.forget_address_change(panelist=panelist):
        return False
    record(study=study, actor=actor, action="address change called off", now=now)
    return True


def waiting_change(*, secret: str) -> AddressChange | None:
    """The new address that the old one confirms with this secret; None where none waits. Changes nothing."""
    return change_to_confirm(panels.hash_of(secret.strip()))


def confirm(*, secret: str) -> None:
    """Keep, sealed, that the old address agreed; the next tick that serves requests for links carries it out.

    Nothing else is written, so that no row tells that this panelist was here.
    """
    requests.keep(requests.CONFIRMS, panels.hash_of(secret.strip()).hex())


@in_turn()
@transaction.atomic
def carry_out(*, request: LinkRequest, token_hash: bytes) -> uuid.UUID | None:
    """Move an address whose old one agreed, earlier answers and all; returns whose it is.

    None where nothing waits for it any more, or where somebody else got the address meanwhile: then it stays. The
    request becomes one for a new link, so that a mail server which is away delays that link and nothing else. The
    audit chain says nothing of it: it holds the day and time of each entry, and this is a panelist's deed.
    """
    asked = change_to_confirm(token_hash)
    if asked is None:
        return None
    _still(asked.panelist.study)
    change = change_to_confirm(token_hash)
    if change is None:
        return None
    try:
        address = panels.free_address(panelist=change.panelist, email=change.email)
    except PanelError:
        panels.forget_address_change(panelist=change.panelist)
        return None
    panels.move_among_all(panelist=change.panelist, email=address)
    requests.exchange(request, requests.PANELIST, str(change.panelist.pk))
    return change.panelist.pk


def apply_replacements(*, round: Round, actor: User | str, now: dt.datetime) -> int:
    """Replace every panelist whose replacement waited for this round's end; returns how many.

    Call it inside the transaction that freezes or cancels the round, after `let_go`. Whose new address somebody else
    got meanwhile stays.
    """
    changes = AddressChange.objects.filter(panelist__study=round.study_id, replaces=True).order_by("pk")
    replaced = 0
    for change in changes.select_related("panelist__study"):
        try:
            address = panels.free_address(panelist=change.panelist, email=change.email)
        except PanelError:
            change.delete()
            continue
        panels.replace_panelist(panelist=change.panelist, email=address)
        replaced += 1
    if replaced:
        _told(round.study, replaced, actor, now)
    return replaced


def _told(study: Study, panelists: int, actor: User | str, now: dt.datetime) -> None:
    record(study=study, actor=actor, action=REPLACED, now=now, detail={"panelists": panelists})


def _still(study: Study) -> Study:
    """The study, its row locked and no save under way in its round until the transaction ends. Raises PanelError."""
    before = unfinished_round(study)
    if before:
        hold_round(before.pk)
    locked = Study.objects.select_for_update().get(pk=study.pk)
    if locked.is_over:
        raise PanelError(_("This study is finished; nothing in it changes any more."))
    after = unfinished_round(locked)
    if after and after != before:
        # It was drafted in this very moment, and to hold it now would be against the order of the locks.
        raise PanelError(_("A round was just prepared. Try again."))
    return locked


def _has_answered(study: Study, panelist: Panelist) -> bool:
    opened = Round.objects.filter(study=study).exclude(status=Round.Status.DRAFT).values_list("pk", flat=True)
    return has_any_sheet(study_id=study.pk, panelist_id=panelist.pk, round_ids=opened)


def _mend(study: Study, panelist: Panelist, address: str, actor: User, now: dt.datetime) -> None:
    panels.move_address(panelist=panelist, email=address)
    if Round.objects.filter(study=study, status=Round.Status.OPEN).exists():
        panels.enqueue(study=study, panelists=[panelist], kind=Message.Kind.LINK, round_id=None, due=now)
    record(study=study, actor=actor, action="address mended", now=now)
