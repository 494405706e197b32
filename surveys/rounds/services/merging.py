"""A page's changes merged into the sheet as it stands by now: nothing that another tab saved is overwritten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from surveys.sheets.boxes import NOTHING, Answer
from surveys.sheets.preferences import Preferences


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
