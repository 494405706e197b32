"""Statements as the rating page and the pages of results show them to one panelist."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from surveys.feedback.own_feedback import Earlier
from surveys.pages.groups import group_on_page
from surveys.pages.radios import OwnMark
from surveys.pages.round_words import round_phrase
from surveys.pages.scale import (
    Conflict,
    ParentOnPage,
    Rewording,
    StatementOnPage,
    pieces,
    with_new_words,
)
from surveys.panelist.forms import PostedSheet, plain_lines
from surveys.rounds.models import AskedStatement, Round
from surveys.rounds.services.merging import Conflict as SheetConflict
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
    earlier = parents[0] if _is_itself(asked, parents) else None
    label = round_label(earlier.round) if earlier else ""
    rewording = _rewording(asked, earlier) if earlier else None
    wording = pieces(asked.text, asked.recommendations)
    return StatementOnPage(
        name=name,
        wording=with_new_words(wording, rewording.before) if rewording and rewording.before else wording,
        value=value if value in CHOICES else "",
        seen=stored.choice,
        reason=values.get(f"reason-{name}", stored.reason),
        seen_reason=plain_lines(stored.reason),
        reason_limit=LONGEST_REASON,
        group=group_on_page(earlier.result.shown, label) if earlier else None,
        own_marks=_marks(parents, is_itself=earlier is not None),
        earlier_reasons=earlier.reasons if earlier else (),
        earlier_themes=earlier.themes if earlier else (),
        earlier_label=label,
        errors=_one(errors.get(name)),
        reason_errors=_one(errors.get(f"reason-{name}")),
        conflict=conflicts.get(name),
        reason_conflict=conflicts.get(f"reason-{name}"),
        rewording=rewording,
        parents=() if earlier else tuple(_parent(*pair) for pair in _lettered(parents)),
    )


def _is_itself(asked: AskedStatement, parents: Sequence[Earlier]) -> bool:
    """Whether it was rated before as what it is, and not as what it was merged or split from."""
    return len(parents) == 1 and parents[0].result.asked.statement_id == asked.statement_id


def _lettered(parents: Sequence[Earlier]) -> list[tuple[str, Earlier]]:
    """Each parent with a letter; one alone needs none."""
    letters = [chr(ord("A") + place % 26) for place in range(len(parents))] if len(parents) > 1 else [""]
    return list(zip(letters, parents, strict=False))


def _marks(parents: Sequence[Earlier], *, is_itself: bool) -> tuple[OwnMark, ...]:
    found = []
    for letter, parent in _lettered(parents):
        label = round_label(parent.round)
        if letter and not is_itself:
            label = _("%(round)s, %(letter)s") % {"round": label, "letter": letter}
        found += [replace(mark, compares=parent.compares) for mark in own_marks(parent.own, label)]
    return tuple(found)


def _rewording(asked: AskedStatement, earlier: Earlier) -> Rewording | None:
    """What changed since the last rating; None where nothing did."""
    before = earlier.result.asked.text
    if before == asked.text and earlier.compares:
        return None
    return Rewording(
        round_label(earlier.round),
        before if before != asked.text else "",
        asked.text,
        _compares_words(earlier.compares),
    )


def _compares_words(compares: bool) -> str:
    if compares:
        return _("Ratings from then still compare.")
    return _("Ratings from then do not compare with those of now.")


def _parent(letter: str, parent: Earlier) -> ParentOnPage:
    label = round_label(parent.round)
    return ParentOnPage(
        letter=letter,
        text=parent.result.asked.text,
        own_words=_own_words(parent.own, label),
        said=_compares_words(parent.compares),
        group=group_on_page(parent.result.shown, label),
        reasons=parent.reasons,
    )


def _own_words(own: Answer, label: str) -> str:
    if own.rating is not None:
        return _("You rated %(rating)d in %(label)s:") % {"rating": own.rating, "label": label}
    if own.is_given:
        return _("You could not rate this in %(label)s:") % {"label": label}
    return _("You gave no rating in %(label)s:") % {"label": label}


def _one(sentence: str | None) -> tuple[str, ...]:
    return (sentence,) if sentence else ()
