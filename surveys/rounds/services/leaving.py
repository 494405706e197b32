"""A panelist leaves the study: at once where no round is open, and else when the open round is frozen or cancelled."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from surveys.panels.models import Panelist
from surveys.panels.services import forget_panelists
from surveys.rounds.models import Round
from surveys.rounds.queries import unfinished_round
from surveys.rounds.services.locks import in_turn
from surveys.rounds.services.saving import RoundNotOpen, SessionEnded, withdraw_sheet
from surveys.sheets.keystore import study_keys
from surveys.sheets.queries import SheetHolder, withdrawn_pseudonyms
from surveys.studies.models import Study
from surveys.studies.services import record

PANELIST = "panelist"
"""Who did it, in the audit chain; which of them is said nowhere."""


class BeingCounted(Exception):
    """A round is just being tallied, and nobody leaves before it is; the message is a sentence for the page."""

    def __init__(self) -> None:
        super().__init__(_("A round is just being counted. Withdraw again in a minute; nothing was changed."))


def withdraw(*, panelist: Panelist, holder: SheetHolder, now: dt.datetime) -> None:
    """Withdraw from the study, for good. Closed results stay as they are; what was not counted yet is not counted.

    While a round is open nothing but the panelist's own sheet changes. Raises BeingCounted, SessionEnded, SheetBusy,
    KeyStoreError, BoxTampered.
    """
    round = unfinished_round(panelist.study)
    if round and round.status == Round.Status.OPEN:
        try:
            withdraw_sheet(holder=holder, round_id=round.pk)
        except RoundNotOpen as fault:
            raise BeingCounted from fault
        return
    _withdraw_at_once(panelist, holder, now)


@in_turn()
@transaction.atomic
def _withdraw_at_once(panelist: Panelist, holder: SheetHolder, now: dt.datetime) -> None:
    study = Study.objects.select_for_update().get(pk=panelist.study_id)
    if study.roster_is_frozen:
        raise BeingCounted
    # Under the lock that a moving address takes: whoever reads the old one takes nobody out who reads the new one.
    if not Panelist.objects.filter(pk=panelist.pk, token_epoch=holder.epoch).exists():
        raise SessionEnded
    forget_panelists(study=study, panelist_ids=[panelist.pk])
    record(study=study, actor=PANELIST, action="withdrew", now=now)


def let_go(*, round: Round) -> int:
    """Take everybody off the panel who withdrew in this round; returns how many. Its sheets must still be there.

    Call it inside the transaction that freezes or cancels the round. Raises KeyStoreError.
    """
    withdrawn = withdrawn_pseudonyms(round.pk)
    if not withdrawn:
        return 0
    keys = study_keys(round.study_id)
    panel = Panelist.objects.filter(study_id=round.study_id).values_list("pk", flat=True)
    gone = [pk for pk in panel.iterator() if keys.pseudonym(round.pk, pk) in withdrawn]
    forget_panelists(study=round.study, panelist_ids=gone)
    return len(gone)
