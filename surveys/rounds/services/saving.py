"""Saving and submitting a panelist's own sheet. Saved means committed; what is submitted is counted."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Subquery

from surveys.panels.models import Panelist
from surveys.rounds.asked import Asked, asked_of
from surveys.rounds.models import Round
from surveys.rounds.services.locks import RoundIsShared, in_turn, is_one_writer, share_round
from surveys.rounds.services.merging import (
    Change,
    Conflict,
    PreferenceChange,
    PreferenceConflict,
    merge,
    merge_preferences,
)
from surveys.sheets.boxes import SheetContent
from surveys.sheets.models import Sheet
from surveys.sheets.preferences import room_for
from surveys.sheets.queries import OwnSheet, Place, SheetHolder, place_of, stored_columns
from surveys.sheets.receipts import drawn_nonce, is_half
from surveys.sheets.services import write_sheet
from surveys.studies.prepared import BoundQuery, Prepared
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
            return replace(_merged_into(stored, changes, preferences), sheet=stored)
        return _merged_into(stored, changes, preferences, submit=submit, replay=replay, half=half)

    return _write(holder, round_id, merged, changes, preferences)


def give_consent(*, holder: SheetHolder, round_id: uuid.UUID) -> OwnSheet:
    """Note in the holder's sheet that they agreed to the study's notice; it moves to the panel at the freeze.

    Raises RoundNotOpen, SessionEnded, HasWithdrawn, SheetBusy, KeyStoreError, BoxTampered.
    """

    def agreed(stored: OwnSheet, standing: _Standing) -> Saved:
        if stored.content.consent == standing.notice:
            return Saved(stored)
        return Saved(_next(stored, replace(stored.content, consent=standing.notice)))

    return _write(holder, round_id, agreed).sheet


def withdraw_sheet(*, holder: SheetHolder, round_id: uuid.UUID) -> None:
    """Empty the holder's sheet for good: it is not counted, and at the freeze its panelist leaves the study.

    Also after the deadline, as long as the round has not begun to close. Doing it again changes nothing.
    Raises RoundNotOpen, SessionEnded, SheetBusy, KeyStoreError, BoxTampered.
    """

    def emptied(stored: OwnSheet, _standing: _Standing) -> Saved:
        return Saved(_next(stored, SheetContent(), Sheet.State.WITHDRAWN))

    try:
        _write(holder, round_id, emptied, also_late=True)
    except HasWithdrawn:
        return


@dataclass(frozen=True)
class _Standing:
    """A round at one moment of the database's clock, how its study's notice reads, and to which one the holder agreed.

    `is_shared` says whether its lock was granted. `consent` is the panelist's, of a round that is frozen, and None
    where nobody is signed in with that epoch any more.
    """

    is_shared: bool
    status: str
    closes_at: dt.datetime | None
    now: dt.datetime
    notice: str
    consent: str | None

    @property
    def is_before_deadline(self) -> bool:
        """Whether the deadline, with its grace, is still to come."""
        return self.closes_at is None or self.now <= self.closes_at + GRACE


def _next(
    stored: OwnSheet, content: SheetContent, state: Sheet.State | None = None, replay: uuid.UUID | None = None
) -> OwnSheet:
    return OwnSheet(stored.version + 1, stored.state if state is None else state, content, replay)


def _with_nonce(content: SheetContent, half: str) -> SheetContent:
    """What a submitted sheet says, with the nonce of its receipt, drawn once, when it is first submitted."""
    if content.nonce:
        return content
    drawn = half if is_half(half) else ""
    return replace(content, nonce=drawn_nonce(drawn), half=drawn)


# Panelists of a round's study.
_SIGNED_IN = Panelist.objects.filter(study=OuterRef("study"))
# In the order of the fields of `_Standing`.
_OF_STANDING = ("is_shared", "status", "closes_at", "now", "study__protocol__notice_digest", "consent")
_STANDING: Prepared[Any] = Prepared(
    lambda study, round, panelist, epoch, pseudonym: (
        Round.objects.filter(study=study, pk=round)
        .annotate(
            is_shared=RoundIsShared("pk"),
            now=DatabaseNow(),
            consent=Subquery(_SIGNED_IN.filter(pk=panelist, token_epoch=epoch).values("consent")),
            **stored_columns(OuterRef("pk"), pseudonym),
        )
        .values_list(*_OF_STANDING, *stored_columns(OuterRef("pk"), pseudonym))
    ),
    models.UUIDField(),
    models.UUIDField(),
    models.UUIDField(),
    models.IntegerField(),
    models.BinaryField(),
)
_STILL_TAKES: Prepared[Any] = Prepared(
    lambda round, panelist, epoch: Round.objects.filter(
        Exists(_SIGNED_IN.filter(pk=panelist, token_epoch=epoch)), pk=round, status=Round.Status.OPEN
    ).values_list("pk"),
    models.UUIDField(),
    models.UUIDField(),
    models.IntegerField(),
)


def _found(holder: SheetHolder, place: Place) -> tuple[_Standing, Sequence[Any]]:
    """How the round and the holder's session stand, its lock tried; and the columns of what lies in the holder's place.

    Raises Round.DoesNotExist.
    """
    asked = _STANDING.ask(holder.study_id, place.round_id, holder.panelist_id, holder.epoch, place.pseudonym)
    for row in asked.rows():
        columns = len(_OF_STANDING)
        return _Standing(*row[:columns]), row[columns:]
    raise Round.DoesNotExist


def _must_take(standing: _Standing, *, also_late: bool) -> None:
    """Raise SessionEnded or RoundNotOpen where the round takes nothing, or nothing from this holder."""
    if standing.consent is None:
        raise SessionEnded
    if standing.status != Round.Status.OPEN or not (also_late or standing.is_before_deadline):
        raise RoundNotOpen(standing.status, standing.closes_at)


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

    Where it leaves the sheet's version as it is, nothing is written. The query that tries the lock may still read what
    was before somebody else gave it back, so the round and the session are looked at once more in the very statement
    that writes; where they changed, all is asked again, and that tells how they stand.
    """
    place = place_of(holder, round_id)
    condition = _STILL_TAKES.bound(round_id, holder.panelist_id, holder.epoch)
    if is_one_writer():
        # Who comes while a round is frozen is to be told at once, and not when its writer is done.
        _must_take(_found(holder, place)[0], also_late=also_late)
    with in_turn(), transaction.atomic():
        for _attempt in range(_TRIES):
            standing, columns = _found(holder, place)
            _must_take(standing, also_late=also_late)
            if not standing.is_shared:
                # It is being closed, or its deadline or an address is moved: that takes a moment.
                share_round(round_id)
                continue
            stored = place.open(*columns)
            if stored.is_withdrawn:
                raise HasWithdrawn
            room = _room_for(asked_of(round_id), changes, preferences)
            saved = changed(stored, standing)
            if saved.sheet.version == stored.version or _is_written(place, condition, saved.sheet, room):
                return saved
    raise SheetBusy


def _is_written(place: Place, condition: BoundQuery, sheet: OwnSheet, room: int) -> bool:
    return write_sheet(
        place=place,
        condition=condition,
        content=sheet.content,
        state=sheet.state,
        based_on=sheet.version - 1,
        replay=sheet.replay,
        room=room,
    )


def _merged_into(
    stored: OwnSheet,
    changes: Sequence[Change],
    preferences: Sequence[PreferenceChange],
    *,
    submit: bool = False,
    replay: uuid.UUID | None = None,
    half: str = "",
) -> Saved:
    answers, conflicts = merge(stored.answers, changes)
    fields, clashing = merge_preferences(stored.preferences, preferences)
    submits = submit and not conflicts and not clashing
    state = Sheet.State.SUBMITTED if submits else stored.state
    content = replace(stored.content, answers=answers, preferences=fields)
    if state == Sheet.State.SUBMITTED:
        content = _with_nonce(content, half)
    return Saved(_next(stored, content, state, replay), conflicts, clashing)


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
