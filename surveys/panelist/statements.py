"""Statements as the rating page and the pages of results show them to one panelist."""

from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _

from surveys.feedback.queries import Earlier
from surveys.pages.groups import group_on_page
from surveys.pages.round_words import round_phrase
from surveys.pages.scale import Conflict, OwnMark, StatementOnPage, pieces
from surveys.panelist.forms import PostedSheet, plain_lines
from surveys.rounds.models import AskedStatement, Round
from surveys.rounds.services.saving import Conflict as SheetConflict
from surveys.sheets.boxes import CHOICES, LONGEST_REASON, Answer
from surveys.sheets.queries import OwnSheet


def round_label(round: Round) -> str:
    """`round 2`, or `option survey 2`, as it stands inside a sentence and under a mark."""
    return _("round %(number)d") % {"number": round.kind_number} if round.is_rating else round_phrase(round)


def own_marks(answer: Answer, label: str) -> tuple[OwnMark, ...]:
    """The mark of an own earlier rating; none for an abstention."""
    return () if answer.rating is None else (OwnMark(answer.rating, label),)


def clashes(conflicts: Iterable[SheetConflict]) -> dict[str, Conflict]:
    """By the field's name, what another tab made of it and what stands on this page."""
    found = {}
    for conflict in conflicts:
        name = f"s{conflict.number}"
        if "choice" in conflict.fields:
            found[name] = Conflict(conflict.theirs.choice, conflict.mine.choice)
        if "reason" in conflict.fields:
            found[f"reason-{name}"] = Conflict(conflict.theirs.reason, conflict.mine.reason)
    return found


def statements_on_page(
    statements: Sequence[AskedStatement],
    sheet: OwnSheet,
    earlier: Mapping[int, Sequence[Earlier]],
    *,
    posted: PostedSheet | None = None,
    conflicts: Mapping[str, Conflict] | None = None,
) -> list[StatementOnPage]:
    """The statements of one vignette, to be rated: as stored, or with what was posted where it was not accepted."""
    values = posted.values if posted else {}
    errors = posted.errors if posted else {}
    clashing = conflicts or {}
    return [_on_page(asked, sheet, earlier.get(asked.number, ()), values, errors, clashing) for asked in statements]


def _on_page(
    asked: AskedStatement,
    sheet: OwnSheet,
    parents: Sequence[Earlier],
    values: Mapping[str, str],
    errors: Mapping[str, str],
    conflicts: Mapping[str, Conflict],
) -> StatementOnPage:
    name, stored = f"s{asked.number}", sheet.answer_to(asked.number)
    value = values.get(name, stored.choice)
    # Of a merged statement the marks of every parent are shown; the group's picture only where there is one.
    earlier = parents[0] if len(parents) == 1 else None
    label = round_label(earlier.round) if earlier else ""
    return StatementOnPage(
        name=name,
        wording=pieces(asked.text, asked.recommendations),
        value=value if value in CHOICES else "",
        seen=stored.choice,
        reason=values.get(f"reason-{name}", stored.reason),
        seen_reason=plain_lines(stored.reason),
        reason_limit=LONGEST_REASON,
        group=group_on_page(earlier.result.shown, label) if earlier else None,
        own_marks=tuple(mark for parent in parents for mark in own_marks(parent.own, round_label(parent.round))),
        earlier_reasons=earlier.reasons if earlier else (),
        earlier_label=label,
        errors=_one(errors.get(name)),
        reason_errors=_one(errors.get(f"reason-{name}")),
        conflict=conflicts.get(name),
        reason_conflict=conflicts.get(f"reason-{name}"),
    )


def _one(sentence: str | None) -> tuple[str, ...]:
    return (sentence,) if sentence else ()
