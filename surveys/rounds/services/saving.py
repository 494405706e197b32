"""Saving and submitting a panelist's own sheet. Saved means committed; what is submitted is counted."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Count

from surveys.rounds.models import Round
from surveys.rounds.queries import survey_of
from surveys.rounds.services.locks import in_turn, share_round
from surveys.sheets.boxes import Answer
from surveys.sheets.preferences import Preferences, room_for
from surveys.sheets.queries import OwnSheet, SheetHolder, own_sheet
from surveys.sheets.services import write_sheet
from surveys.studies.queries import database_now

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
) -> Saved:
    """Merge these changes into the holder's sheet and commit; with `submit`, count it from now on.

    Answers to other statements, and other fields, are left as they are. What another tab changed meanwhile is not
    overwritten but comes back as a conflict, and then nothing is submitted. The same `replay` key twice in a row
    saves once. The round's status and the time are read after its lock is granted.
    Raises RoundNotOpen, UnknownStatement, UnknownPreference, SheetBusy, KeyStoreError, BoxTampered.
    """
    with in_turn(), transaction.atomic():
        share_round(round_id)
        room = _must_take(round_id, changes, preferences)
        for _attempt in range(_TRIES):
            stored = own_sheet(holder, round_id)
            if replay and stored.replay == replay:
                # A repeated save gives the answer of the first, its conflicts included.
                return _merged_into(stored, changes, preferences, submit, replay, is_saved=True)
            saved = _merged_into(stored, changes, preferences, submit, replay)
            written = write_sheet(
                holder=holder,
                round_id=round_id,
                content=saved.sheet.content,
                submitted=saved.sheet.is_submitted,
                based_on=stored.version,
                replay=replay,
                room=room,
            )
            if written:
                return saved
    raise SheetBusy


def _merged_into(
    stored: OwnSheet,
    changes: Sequence[Change],
    preferences: Sequence[PreferenceChange],
    submit: bool,
    replay: uuid.UUID | None,
    *,
    is_saved: bool = False,
) -> Saved:
    answers, conflicts = merge(stored.answers, changes)
    fields, clashing = merge_preferences(stored.preferences, preferences)
    if is_saved:
        return Saved(stored, conflicts, clashing)
    submitted = stored.is_submitted or (submit and not conflicts and not clashing)
    return Saved(OwnSheet(stored.version + 1, submitted, answers, replay, fields), conflicts, clashing)


def _must_take(round_id: uuid.UUID, changes: Sequence[Change], preferences: Sequence[PreferenceChange]) -> int:
    """Look whether the round takes all this; returns the room that its longest answers need."""
    round = Round.objects.annotate(statement_count=Count("asked_statements")).get(pk=round_id)
    number = round.statement_count
    if round.status != Round.Status.OPEN or (round.closes_at and database_now() > round.closes_at + GRACE):
        raise RoundNotOpen(round.status, round.closes_at)
    for change in changes:
        if not 1 <= change.number <= number:
            raise UnknownStatement(change.number)
    survey = survey_of(round)
    for preference in preferences:
        if not survey.takes(preference.name, preference.value):
            raise UnknownPreference(preference.name)
    return room_for(number, len(survey.vignettes), len(survey.options))


def merge(stored: Mapping[int, Answer], changes: Sequence[Change]) -> tuple[dict[int, Answer], tuple[Conflict, ...]]:
    """The sheet after these changes, and the changes that clash with another tab's.

    The rating and the reason of a statement are merged apart. Of each, the page's value counts where the page
    changed it; where the sheet changed meanwhile too, to something else, that is a conflict and the sheet's stays.
    """
    answers = dict(stored)
    conflicts = []
    for change in changes:
        theirs = stored.get(change.number, Answer())
        mine = change.answer
        seen = change.seen or theirs
        now = answers.get(change.number, Answer())
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
