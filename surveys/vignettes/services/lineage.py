"""Merging, splitting, dropping and restoring: the steps by which a questionnaire changes between rounds.

What is merged, split or dropped stays in the database and is asked no more; what a round asked of it stays as it was.
All of these raise QuestionnaireError with a sentence for the page.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from surveys.accounts.models import User
from surveys.studies.models import Study
from surveys.studies.services import record
from surveys.vignettes.models import LineageStep, Option, Statement, StatementOption, Vignette
from surveys.vignettes.queries import Item, facts_of, kind_of
from surveys.vignettes.services.steps import (
    QuestionnaireError,
    Why,
    check,
    hold_questionnaire,
    look_again,
    record_step,
)
from surveys.vignettes.services.writing import (
    check_room,
    names,
    new_option,
    new_statement,
    new_vignette,
    next_position,
)


@dataclass(frozen=True)
class OptionTexts:
    """What an option is called."""

    name: str
    category: str
    explanation: str = ""


@dataclass(frozen=True)
class VignetteTexts:
    """What a variation says."""

    title: str
    aspect: str
    text: str


@transaction.atomic
def merge_options(*, options: Sequence[Option], into: OptionTexts, actor: User, why: Why, now: dt.datetime) -> Option:
    """Make one option of two or more. Statements that named one of them keep their wording."""
    study = _held(options, least=2)
    _retire(options)
    merged = new_option(study, name=into.name, category=into.category, explanation=into.explanation)
    _take_place(merged, options)
    _record(study, LineageStep.Step.MERGE, options, [merged], actor, why, now)
    return merged


@transaction.atomic
def merge_vignettes(
    *, vignettes: Sequence[Vignette], into: VignetteTexts, actor: User, why: Why, now: dt.datetime
) -> Vignette:
    """Make one variation of two or more; their statements go with them."""
    study = _held(vignettes, least=2)
    _retire(vignettes)
    merged = new_vignette(study, title=into.title, aspect=into.aspect, text=into.text)
    _take_place(merged, vignettes)
    _record(study, LineageStep.Step.MERGE, vignettes, [merged], actor, why, now)
    return merged


@transaction.atomic
def merge_statements(
    *,
    statements: Sequence[Statement],
    text: str,
    actor: User,
    why: Why,
    now: dt.datetime,
    compares_with: Statement | None = None,
) -> Statement:
    """Make one statement of two or more of a vignette. Its ratings compare with those of one of them, or of none.

    It keeps those of their options that its wording names.
    """
    study = _held(statements, least=2)
    if len({statement.vignette_id for statement in statements}) > 1:
        raise QuestionnaireError(_("Only statements of one vignette can be merged."))
    if compares_with is not None and compares_with not in statements:
        raise QuestionnaireError(_("Ratings can compare only with those of a statement that is merged."))
    _retire(statements)
    merged = _new_statement(statements, text)
    _take_place(merged, statements)
    _record(study, LineageStep.Step.MERGE, statements, [merged], actor, why, now, compares_with)
    return merged


@transaction.atomic
def split_option(
    *, option: Option, into: Sequence[OptionTexts], actor: User, why: Why, now: dt.datetime
) -> list[Option]:
    """Make two or more options of one."""
    study = _held([option], parts=into)
    _retire([option])
    parts = [new_option(study, name=one.name, category=one.category, explanation=one.explanation) for one in into]
    _record(study, LineageStep.Step.SPLIT, [option], parts, actor, why, now)
    return parts


@transaction.atomic
def split_vignette(
    *, vignette: Vignette, into: Sequence[VignetteTexts], actor: User, why: Why, now: dt.datetime
) -> list[Vignette]:
    """Make two or more variations of one; its statements go with it."""
    study = _held([vignette], parts=into)
    _retire([vignette])
    parts = [new_vignette(study, title=one.title, aspect=one.aspect, text=one.text) for one in into]
    _record(study, LineageStep.Step.SPLIT, [vignette], parts, actor, why, now)
    return parts


@transaction.atomic
def split_statement(
    *,
    statement: Statement,
    into: Sequence[str],
    actor: User,
    why: Why,
    now: dt.datetime,
    compares: bool = False,
) -> list[Statement]:
    """Make two or more statements of one. `compares` says whether its ratings compare with those of each part.

    Each part keeps those of its options that the part's wording names.
    """
    study = _held([statement], parts=into)
    _retire([statement])
    parts = [_new_statement([statement], text) for text in into]
    with_it = statement if compares else None
    _record(study, LineageStep.Step.SPLIT, [statement], parts, actor, why, now, with_it)
    return parts


def _new_statement(parents: Sequence[Statement], text: str) -> Statement:
    if not text.strip():
        raise QuestionnaireError(_("Write the wording of every part."))
    links = StatementOption.objects.filter(statement__in=parents, option__is_dropped=False).order_by("position")
    named = [link.option for link in links.select_related("option") if names(text, link.option)]
    return new_statement(parents[0].vignette, text=text, options=named)


@transaction.atomic
def drop(*, item: Item, actor: User, why: Why, now: dt.datetime) -> None:
    """Ask it no more. Everything that was answered about it stays."""
    study = _held([item])
    _retire([item])
    _record(study, LineageStep.Step.DROP, [item], [], actor, why, now)


@transaction.atomic
def restore(*, item: Item, actor: User, why: Why, now: dt.datetime) -> None:
    """Ask again what was dropped, merged or split."""
    study = hold_questionnaire(study_of(item))
    item.refresh_from_db()
    if not item.is_dropped:
        raise QuestionnaireError(_("“%(wording)s” is asked already.") % {"wording": item})
    if isinstance(item, Statement) and item.vignette.is_dropped:
        raise QuestionnaireError(_("Its vignette is dropped: restore that first."))
    item.is_dropped = False
    check(item)
    others = _siblings(item)
    if others.filter(position=item.position, is_dropped=False).exists():
        item.position = next_position(others)
    item.save(update_fields=["is_dropped", "position"])
    check_room(study)
    _record(study, LineageStep.Step.RESTORE, [], [item], actor, why, now)


def _siblings(item: Item) -> QuerySet[Any]:
    if isinstance(item, Statement):
        return Statement.objects.filter(vignette_id=item.vignette_id)
    return type(item)._default_manager.filter(study_id=item.study_id)


def study_of(item: Item) -> Study:
    """The study that an item belongs to."""
    return item.vignette.study if isinstance(item, Statement) else item.study


def _held(items: Sequence[Item], *, least: int = 1, parts: Sequence[object] | None = None) -> Study:
    """The study, held, after looking whether these items can be merged, split or dropped."""
    if len(set(items)) < least or len(set(items)) != len(items):
        raise QuestionnaireError(_("Choose at least two different ones to merge."))
    if parts is not None and len(parts) < 2:
        raise QuestionnaireError(_("Split it into at least two parts."))
    if len({study_of(item).pk for item in items}) != 1:
        raise QuestionnaireError(_("These do not belong to one study."))
    study = hold_questionnaire(study_of(items[0]))
    for item in items:
        look_again(item)
        if isinstance(item, Vignette) and item.is_base:
            raise QuestionnaireError(_("Variations are read against the base case, so it stays. Reword it instead."))
    return study


def _retire(items: Sequence[Item]) -> None:
    for item in items:
        item.is_dropped = True
        item.save(update_fields=["is_dropped"])


def _take_place(merged: Item, parents: Sequence[Item]) -> None:
    """Stand where the first of the parents stood."""
    merged.position = min(parent.position for parent in parents)
    merged.save(update_fields=["position"])


def _record(
    study: Study,
    step: LineageStep.Step,
    before: Sequence[Item],
    after: Sequence[Item],
    actor: User,
    why: Why,
    now: dt.datetime,
    compares_with: Item | None = None,
) -> None:
    kind = kind_of([*before, *after][0])
    facts = {"before": [facts_of(item) for item in before], "after": [facts_of(item) for item in after]}
    with_id: uuid.UUID | None = compares_with.pk if compares_with else None
    record_step(study=study, step=step, kind=kind, why=why, now=now, compares_with=with_id, **facts)
    action = f"{kind} {PAST[step]}"
    record(study=study, actor=actor, action=action, now=now, detail={**facts, "reason": why.reason})


PAST = {
    LineageStep.Step.MERGE: "merged",
    LineageStep.Step.SPLIT: "split",
    LineageStep.Step.DROP: "dropped",
    LineageStep.Step.RESTORE: "restored",
}
"""What the audit chain says of each step."""
