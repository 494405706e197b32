"""Sealing a study: its key is destroyed, and from then on nobody can join an answer to a person.

One person announces it, the panel is told by mail, and after a week a second person confirms. What can be undone in a
database is undone in one transaction; the key follows after it, and a sweep finishes what was interrupted between.
"""

import datetime as dt
import logging

from django.db import transaction
from django.utils.translation import gettext as _

from surveys.accounts.models import User
from surveys.feedback.checklist import blockers_to_sealing
from surveys.feedback.models import PartialTally, Sealing
from surveys.feedback.services.closing import tidy
from surveys.feedback.services.disclosing import make_dataset
from surveys.panels.models import Message
from surveys.panels.queries import panel_of
from surveys.panels.services import drop_waiting, end_access, enqueue
from surveys.rounds.models import Round
from surveys.rounds.services.locks import in_turn
from surveys.rounds.services.opening import KEY_MADE
from surveys.sheets.keystore import KeyDestroyed, destroy_study_key, key_fingerprint
from surveys.sheets.services import discard_sheets
from surveys.studies.models import AuditEntry, Study, StudyStaff
from surveys.studies.queries import database_now, role_in, sha256_of
from surveys.studies.services import SCHEDULE, record

logger = logging.getLogger(__name__)

WAIT = dt.timedelta(days=7)
KEY_DESTROYED = "key destroyed"


class SealingError(Exception):
    """Why a study cannot be sealed now; the message is a sentence for the page."""


class NotReadyToSeal(SealingError):
    """Something must be done first; `blockers` are the sentences that say what."""

    def __init__(self, blockers: list[str]) -> None:
        super().__init__(" ".join(f"{blocker}." for blocker in blockers))
        self.blockers = blockers


@in_turn()
@transaction.atomic
def announce_sealing(*, study: Study, actor: User, now: dt.datetime) -> None:
    """Tell the whole panel by mail that the study is sealed a week from now; a demonstration's may be at once.

    Raises NotReadyToSeal, SealingError where it is announced already, and KeyUnreadable under a wrong master key.
    """
    locked = Study.objects.select_for_update().get(pk=study.pk)
    if Sealing.objects.filter(study=locked).exists():
        raise SealingError(_("The sealing of this study is announced already."))
    blockers = blockers_to_sealing(locked)
    if blockers:
        raise NotReadyToSeal(blockers)
    sealing = Sealing.objects.create(
        study=locked,
        announced_at=now,
        announced_by=actor.email,
        not_before=now if locked.is_demonstration else now + WAIT,
        key_fingerprint=_fingerprint(locked),
    )
    _tell(locked, now)
    detail = {"not_before": sealing.not_before.isoformat(), "fingerprint": sealing.key_fingerprint}
    record(study=locked, actor=actor, action="sealing announced", now=now, detail=detail)


def _fingerprint(study: Study) -> str:
    """Of the key as it is; of a lost one what was noted when it was made, or nothing.

    Raises SealingError where it is another key than the one that was made.
    """
    made = AuditEntry.objects.filter(study=study, action=KEY_MADE).order_by("number").last()
    noted = str(made.detail.get("fingerprint", "")) if made else ""
    try:
        found = key_fingerprint(study.pk)
    except KeyDestroyed:
        return noted
    if noted and found != noted:
        raise SealingError(
            _("The keystore holds another key than the one that was made for this study. Ask who runs the server.")
        )
    return found


def _tell(study: Study, now: dt.datetime) -> None:
    """One mail for each panelist, which says how it stands when it is sent; those that still wait are dropped."""
    drop_waiting(study=study, kind=Message.Kind.SEALING)
    enqueue(study=study, panelists=panel_of(study), kind=Message.Kind.SEALING, round_id=None, due=now)


@in_turn()
@transaction.atomic
def call_off_sealing(*, study: Study, actor: User, now: dt.datetime) -> None:
    """Take an announcement back before it is confirmed; the panel is told. Raises SealingError."""
    locked = Study.objects.select_for_update().get(pk=study.pk)
    sealing = _unconfirmed(locked)
    sealing.delete()
    _tell(locked, now)
    record(study=locked, actor=actor, action="sealing called off", now=now)


def _unconfirmed(locked: Study) -> Sealing:
    sealing = Sealing.objects.filter(study=locked).first()
    if sealing is None:
        raise SealingError(_("The sealing of this study is not announced."))
    if sealing.confirmed_at:
        raise SealingError(_("This study is sealed already."))
    return sealing


def confirm_sealing(*, study: Study, actor: User, copies_until: dt.date, now: dt.datetime) -> None:
    """Seal a study as the second person, and destroy its key. `copies_until`: until when copies of it may exist.

    Where the key cannot be destroyed at once the study is sealed all the same, and the schedule tries again.
    Raises SealingError, and KeyUnreadable where a promised dataset cannot be made under this master key.
    """
    _seal(study=study, actor=actor, copies_until=copies_until, now=now)
    finish_sealings()


@in_turn()
@transaction.atomic(durable=True)
def _seal(*, study: Study, actor: User, copies_until: dt.date, now: dt.datetime) -> None:
    """All that a transaction can do: sheets, links and what waits are gone for the moment when the key is, too."""
    locked = Study.objects.select_for_update(of=("self",)).select_related("protocol").get(pk=study.pk)
    sealing = _unconfirmed(locked)
    _must_be_second(locked, sealing, actor)
    if now < sealing.not_before:
        raise SealingError(_("The panel has been given a week, and it is not over yet."))
    if copies_until < now.date():
        raise SealingError(_("Name the day until when copies of the keystore exist: today or later."))
    sealing.confirmed_at, sealing.confirmed_by, sealing.copies_until = now, actor.email, copies_until
    if locked.protocol.releases_rows:
        sealing.dataset, sealing.no_dataset_because = make_dataset(locked)
    sealing.save()
    round_ids = list(Round.objects.filter(study=locked).values_list("pk", flat=True))
    sheets = sum(discard_sheets(round_id=round_id) for round_id in round_ids)
    PartialTally.objects.filter(round_id__in=round_ids).delete()
    end_access(study=locked)
    locked.status = Study.Status.SEALED
    locked.save(update_fields=["status"])
    detail = {"copies_until": copies_until.isoformat(), "sheets": sheets, **_of_the_dataset(sealing)}
    record(study=locked, actor=actor, action="study sealed", now=now, detail=detail)


def _must_be_second(study: Study, sealing: Sealing, actor: User) -> None:
    if actor.email.lower() == sealing.announced_by.lower():
        raise SealingError(_("You announced the sealing yourself. It takes a second person to confirm it."))
    if not actor.is_administrator and role_in(study, actor) != StudyStaff.Role.FACILITATOR:
        raise SealingError(_("Only another facilitator of the study or an administrator can confirm its sealing."))


def _of_the_dataset(sealing: Sealing) -> dict[str, object]:
    if sealing.dataset is not None:
        return {"rows": len(sealing.dataset["rows"]), "dataset_sha256": sha256_of(sealing.dataset)}
    return {"no_dataset": sealing.no_dataset_because} if sealing.no_dataset_because else {}


def finish_sealings() -> int:
    """Destroy the key of every study whose sealing is confirmed; returns how many. What cannot be waits, and is logged.

    The database's pages are written anew as well, so that no deleted sheet remains in them.
    """
    waiting = Sealing.objects.filter(confirmed_at__isnull=False, key_destroyed_at__isnull=True)
    finished = 0
    for study_id in list(waiting.values_list("pk", flat=True)):
        try:
            destroy_study_key(study_id)
        except OSError as fault:
            logger.error("the key of study %s cannot be destroyed: %s", study_id, type(fault).__name__)
            continue
        tidy(rewrites_sheets=True)
        finished += _note_destroyed(Study(pk=study_id))
    return finished


@in_turn()
@transaction.atomic
def _note_destroyed(study: Study) -> bool:
    """Write down when the key went; False where another sweep has."""
    locked = Study.objects.select_for_update().get(pk=study.pk)
    sealing = Sealing.objects.get(study=locked)
    if sealing.key_destroyed_at:
        return False
    sealing.key_destroyed_at = database_now()
    sealing.save(update_fields=["key_destroyed_at"])
    detail = {"fingerprint": sealing.key_fingerprint}
    record(study=locked, actor=SCHEDULE, action=KEY_DESTROYED, now=sealing.key_destroyed_at, detail=detail)
    return True
