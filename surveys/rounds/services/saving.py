"""Saving and submitting a panelist's own sheet. Saved means committed; what is submitted is counted."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import models, transaction
from django.db.models import Subquery

from surveys.panels.models import Panelist
from surveys.rounds.asked import Asked, asked_of
from surveys.rounds.models import Round
from surveys.rounds.services.locks import in_turn, is_one_writer, share_round, try_to_share_round
from surveys.sheets.boxes import NOTHING, Answer, SheetContent
from surveys.sheets.models import Sheet
from surveys.sheets.preferences import Preferences, room_for
from surveys.sheets.queries import OwnSheet, Place, SheetHolder, place_of
from surveys.sheets.receipts import drawn_nonce, is_half
from surveys.sheets.services import write_sheet
from surveys.studies.prepared import Prepared, Sent, at_once
from surveys.studies.queries import DatabaseNow

GRACE = dt.timedelta(seconds=60)
_TRIES = 20


class RoundNotOpen(Exception):
    """The round takes no answers: not yet, or no more. `closes_at` is its deadline, where it has one."""

    def __init__(self, status: str, closes_at: dt.datetime | None) -> None:
        super().__init__(f"The round is {status}.")
        self.status = status
        self.closes_at = closes_at


class UnknownStatement(Exception):
    """An answer names a statement that this round does not ask."""

    def __init__(self, number: int) -> None:
        super().__init__(f"This round has no statement {number}.")
        self.number = number


class UnknownPreference(Exception):
    """A field is not asked by this round, or cannot hold this value."""

    def __init__(self, name: str) -> None:
        super().__init__(f"This round does not take what {name} says.")
        self.name = name


class SheetBusy(Exception):
    """Too many writers wanted this one sheet at once; nothing was saved, and trying again is safe."""


class ConsentMissing(Exception):
    """Nobody answers before they have agreed to the notice; nothing was saved."""


class SessionEnded(Exception):
    """The links of whoever is signed in were revoked, or their address changed, since they came; nothing was saved."""


class HasWithdrawn(Exception):
    """Whose sheet this is has withdrawn from the study; it takes nothing more."""


@dataclass(frozen=True)
class Change:
    """What a page says of one statement, and what the page had shown before, where it tells.

    A page that says nothing of the rating, or nothing of the reason, leaves that part as it is.
    """

    number: int
    answer: Answer
    seen: Answer | None = None
    says_choice: bool = True
    says_reason: bool = True


@dataclass(frozen=True)
class Conflict:
    """The same statement was changed here and in another tab. What stands in the sheet is `theirs`.

    `fields` names what clashes: `choice`, `reason` or both.
    """

    number: int
    theirs: Answer
    mine: Answer
    fields: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class PreferenceChange:
    """What a page says of one field about options, and what the page had shown before, where it tells."""

    name: str
    value: str
    seen: str | None = None


@dataclass(frozen=True)
class PreferenceConflict:
    """The same field was changed here and in another tab. What stands in the sheet is `theirs`."""

    name: str
    theirs: str
    mine: str


@dataclass(frozen=True)
class Saved:
    """What stands in the sheet after a save, committed."""

    sheet: OwnSheet
    conflicts: tuple[Conflict, ...] = ()
    preference_conflicts: tuple[PreferenceConflict, ...] = ()

    @property
    def clashes(self) -> bool:
        """Whether anything was changed in another tab meanwhile, and so was not saved."""
        return bool(self.conflicts or self.preference_conflicts)


def save_sheet(
    *,
    holder: SheetHolder,
    round_id: uuid.UUID,
    changes: Sequence[Change] = (),
    preferences: Sequence[PreferenceChange] = (),
    submit: bool = False,
    replay: uuid.UUID | None = None,
    half: str = "",
) -> Saved:
    """Merge these changes into the holder's sheet and commit; with `submit`, count it from now on.

    Answers to other statements, and other fields, are left as they are. What another tab changed meanwhile is not
    overwritten but comes back as a conflict, and then nothing is submitted. The same `replay` key twice in a row
    saves once. `half` is what the browser drew for the receipt. The round's status and the time are read after its
    lock is granted.
    Raises RoundNotOpen, Round.DoesNotExist, SessionEnded, ConsentMissing, HasWithdrawn, UnknownStatement,
    UnknownPreference, SheetBusy, KeyStoreError, BoxTampered.
    """

    def merged(stored: OwnSheet, standing: _Standing) -> Saved:
        if standing.notice not in (standing.consent, stored.content.consent):
            raise ConsentMissing
        if replay and stored.replay == replay:
            # A repeated save gives the answer of the first, its conflicts included.
            return replace(_merged_into(stored, changes, preferences, submit=False), sheet=stored)
        saved = _merged_into(stored, changes, preferences, submit=submit)
        return replace(saved, sheet=_with_nonce(replace(saved.sheet, replay=replay), half))

    return _write(holder, round_id, merged, changes, preferences)


def give_consent(*, holder: SheetHolder, round_id: uuid.UUID) -> OwnSheet:
    """Note in the holder's sheet that they agreed to the study's notice; it moves to the panel at the freeze.

    Raises RoundNotOpen, SessionEnded, HasWithdrawn, SheetBusy, KeyStoreError, BoxTampered.
    """

    def agreed(stored: OwnSheet, standing: _Standing) -> Saved:
        if stored.content.consent == standing.notice:
            return Saved(stored)
        return Saved(_next(stored, content=replace(stored.content, consent=standing.notice)))

    return _write(holder, round_id, agreed).sheet


def withdraw_sheet(*, holder: SheetHolder, round_id: uuid.UUID) -> None:
    """Empty the holder's sheet for good: it is not counted, and at the freeze its panelist leaves the study.

    Also after the deadline, as long as the round has not begun to close. Doing it again changes nothing.
    Raises RoundNotOpen, SessionEnded, SheetBusy, KeyStoreError, BoxTampered.
    """

    def emptied(stored: OwnSheet, _standing: _Standing) -> Saved:
        return Saved(_next(stored, state=Sheet.State.WITHDRAWN, content=SheetContent()))

    try:
        _write(holder, round_id, emptied, also_late=True)
    except HasWithdrawn:
        return


@dataclass(frozen=True)
class _Standing:
    """A round at one moment of the database's clock, how its study's notice reads, and to which one the holder agreed.

    Read under the lock, so that no session of an old address writes once the address has moved: `consent` is the
    panelist's, of a round that is frozen, and None where nobody is signed in with that epoch any more.
    """

    status: str
    closes_at: dt.datetime | None
    now: dt.datetime
    notice: str
    consent: str | None

    @property
    def is_before_deadline(self) -> bool:
        """Whether the deadline, with its grace, is still to come."""
        return self.closes_at is None or self.now <= self.closes_at + GRACE


def _next(stored: OwnSheet, **changed: Any) -> OwnSheet:
    return replace(stored, version=stored.version + 1, replay=None, **changed)


def _with_nonce(sheet: OwnSheet, half: str) -> OwnSheet:
    """The sheet with the nonce of its receipt, drawn once, when it is first submitted."""
    if not sheet.is_submitted or sheet.content.nonce:
        return sheet
    drawn = half if is_half(half) else ""
    return replace(sheet, content=replace(sheet.content, nonce=drawn_nonce(drawn), half=drawn))


_ROUND_NOW: Prepared[Any] = Prepared(
    lambda study, round, panelist, epoch: (
        Round.objects.filter(study=study, pk=round)
        .annotate(
            now=DatabaseNow(),
            consent=Subquery(Panelist.objects.filter(pk=panelist, study=study, token_epoch=epoch).values("consent")),
        )
        .values_list("status", "closes_at", "now", "study__protocol__notice_digest", "consent")
    ),
    models.UUIDField(),
    models.UUIDField(),
    models.UUIDField(),
    models.IntegerField(),
)


def _ask_standing(holder: SheetHolder, round_id: uuid.UUID) -> Sent[Any]:
    return _ROUND_NOW.ask(holder.study_id, round_id, holder.panelist_id, holder.epoch)


def _standing(asked: Sent[Any]) -> _Standing:
    """How the round and the holder's session stand. Raises Round.DoesNotExist."""
    for row in asked.rows():
        return _Standing(*row)
    raise Round.DoesNotExist


def _must_take(standing: _Standing, *, also_late: bool) -> None:
    """Raise SessionEnded or RoundNotOpen where the round takes nothing, or nothing from this holder."""
    if standing.consent is None:
        raise SessionEnded
    if standing.status != Round.Status.OPEN or not (also_late or standing.is_before_deadline):
        raise RoundNotOpen(standing.status, standing.closes_at)


def _under_lock(holder: SheetHolder, place: Place) -> tuple[_Standing, Sent[Any]]:
    """How the round stands once its lock is shared, and the holder's row.

    Where the lock is held, the round is being closed or counted. Of one that was closed that is known without it,
    and nobody waits until it is frozen.
    """
    with at_once():
        is_shared = try_to_share_round(place.round_id)
        round, row = _ask_standing(holder, place.round_id), place.ask()
    standing = _standing(round)
    if is_shared() or standing.status != Round.Status.OPEN:
        return standing, row
    with at_once():
        share_round(place.round_id)
        round, row = _ask_standing(holder, place.round_id), place.ask()
    return _standing(round), row


def _write(
    holder: SheetHolder,
    round_id: uuid.UUID,
    changed: Callable[[OwnSheet, _Standing], Saved],
    changes: Sequence[Change] = (),
    preferences: Sequence[PreferenceChange] = (),
    *,
    also_late: bool = False,
) -> Saved:
    """Write what `changed` makes of the stored sheet and of how the round stands, under the round's lock.

    Where it leaves the sheet's version as it is, nothing is written.
    """
    place = place_of(holder, round_id)
    if is_one_writer():
        # Who comes while a round is frozen is to be told at once, and not when its writer is done.
        _must_take(_standing(_ask_standing(holder, round_id)), also_late=also_late)
    with in_turn(), transaction.atomic():
        standing, row = _under_lock(holder, place)
        _must_take(standing, also_late=also_late)
        room = _room_for(asked_of(round_id), changes, preferences)
        for _attempt in range(_TRIES):
            stored = place.opened(row)
            if stored.is_withdrawn:
                raise HasWithdrawn
            saved = changed(stored, standing)
            if saved.sheet.version == stored.version or write_sheet(
                place=place,
                content=saved.sheet.content,
                state=saved.sheet.state,
                based_on=stored.version,
                replay=saved.sheet.replay,
                room=room,
            ):
                return saved
            row = place.ask()
    raise SheetBusy


def _merged_into(
    stored: OwnSheet, changes: Sequence[Change], preferences: Sequence[PreferenceChange], *, submit: bool
) -> Saved:
    answers, conflicts = merge(stored.answers, changes)
    fields, clashing = merge_preferences(stored.preferences, preferences)
    submits = submit and not conflicts and not clashing
    state = Sheet.State.SUBMITTED if submits else stored.state
    content = replace(stored.content, answers=answers, preferences=fields)
    return Saved(_next(stored, state=state, content=content), conflicts, clashing)


def _room_for(asked: Asked, changes: Sequence[Change], preferences: Sequence[PreferenceChange]) -> int:
    """The bytes that the longest answers to the round's questions need, where it asks all that is to be changed."""
    places, survey = asked.places, asked.survey
    for change in changes:
        if change.number not in places:
            raise UnknownStatement(change.number)
    for preference in preferences:
        if not survey.takes(preference.name, preference.value):
            raise UnknownPreference(preference.name)
    return room_for(len(places), len(survey.vignettes), len(survey.options))


def merge(stored: Mapping[int, Answer], changes: Sequence[Change]) -> tuple[dict[int, Answer], tuple[Conflict, ...]]:
    """The sheet after these changes, and the changes that clash with another tab's.

    The rating and the reason of a statement are merged apart. Of each, the page's value counts where the page
    changed it; where the sheet changed meanwhile too, to something else, that is a conflict and the sheet's stays.
    """
    answers = dict(stored)
    conflicts = []
    for change in changes:
        theirs = stored.get(change.number, NOTHING)
        mine = change.answer
        seen = change.seen or theirs
        now = answers.get(change.number, NOTHING)
        choice, choices_clash = now.choice, False
        reason, reasons_clash = now.reason, False
        if change.says_choice:
            choice, choices_clash = _merged(theirs.choice, mine.choice, seen.choice)
        if change.says_reason:
            reason, reasons_clash = _merged(theirs.reason, mine.reason, seen.reason)
        answers[change.number] = Answer(choice, reason)
        clashing = tuple(name for name, clash in (("choice", choices_clash), ("reason", reasons_clash)) if clash)
        if clashing:
            conflicts.append(Conflict(change.number, theirs, mine, clashing))
    return answers, tuple(conflicts)


def merge_preferences(
    stored: Preferences, changes: Sequence[PreferenceChange]
) -> tuple[dict[str, str], tuple[PreferenceConflict, ...]]:
    """The fields after these changes, and those that clash with another tab's; merged as statements are."""
    fields, conflicts = dict(stored), []
    for change in changes:
        theirs = stored.get(change.name, "")
        value, clash = _merged(theirs, change.value, theirs if change.seen is None else change.seen)
        fields[change.name] = value
        if clash:
            conflicts.append(PreferenceConflict(change.name, theirs, change.value))
    return {name: value for name, value in fields.items() if value}, tuple(conflicts)


def _merged(theirs: str, mine: str, seen: str) -> tuple[str, bool]:
    if mine in (seen, theirs):
        return theirs, False
    if theirs == seen:
        return mine, False
    return theirs, True
