"""Writing the questionnaire: add, reword, order, delete. Rounds keep copies of what they asked.

Once the study has begun, `why` must say a reason and every change is recorded as a step; nothing is deleted then.
All of these raise QuestionnaireError with a sentence for the page.
"""

import datetime as dt
import re
import uuid
from collections.abc import Sequence
from typing import TypeVar

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.accounts.models import User
from surveys.studies.models import Study
from surveys.studies.services import record
from surveys.vignettes.models import LineageStep, Option, Statement, StatementOption, Vignette
from surveys.vignettes.queries import (
    Item,
    base_vignette,
    composed_text,
    facts_of,
    kind_of,
    options_of,
    statements_of,
)
from surveys.vignettes.services.steps import (
    UNSAID,
    AlreadyAsked,
    QuestionnaireError,
    Why,
    check,
    hold_questionnaire,
    look_again,
    plain_line,
    plain_text,
    record_step,
)

MOST_VIGNETTES = 100
MOST_OPTIONS = 200
MOST_STATEMENTS = 300

UP, DOWN = -1, 1

_Placed = TypeVar("_Placed", Vignette, Option)
_Counted = TypeVar("_Counted", Vignette, Option, Statement)


@transaction.atomic
def add_vignette(
    *, study: Study, actor: User, title: str, text: str, now: dt.datetime, aspect: str = "", why: Why = UNSAID
) -> Vignette:
    """Write the base case, where there is none yet, or else a variation of it."""
    locked = hold_questionnaire(study)
    vignette = new_vignette(locked, title=title, aspect=aspect, text=text)
    _added(locked, actor, vignette, "vignette added", why, now)
    return vignette


def new_vignette(study: Study, *, title: str, aspect: str, text: str) -> Vignette:
    """A new row at the end of the vignettes; the caller holds the questionnaire and records the deed."""
    is_base = base_vignette(study) is None
    position = next_position(Vignette.objects.filter(study=study))
    vignette = Vignette(study=study, position=position, is_base=is_base)
    _describe(vignette, title, aspect, text)
    vignette.save(force_insert=True)
    check_room(study)
    return vignette


@transaction.atomic
def update_vignette(
    *,
    vignette: Vignette,
    actor: User,
    title: str,
    text: str,
    now: dt.datetime,
    aspect: str = "",
    why: Why = UNSAID,
    compares: bool = True,
) -> None:
    """Reword a vignette. `compares` says whether ratings from before still compare with those to come."""
    locked = hold_questionnaire(vignette.study)
    look_again(vignette)
    before = facts_of(vignette)
    _describe(vignette, title, aspect, text)
    vignette.save()
    _reworded(locked, actor, vignette, before, why, now, compares)


def _describe(vignette: Vignette, title: str, aspect: str, text: str) -> None:
    vignette.title, vignette.text = plain_line(title), plain_text(text)
    vignette.aspect = "" if vignette.is_base else plain_line(aspect)
    if not vignette.is_base and not vignette.aspect:
        raise QuestionnaireError(_("Say what is changed from the base case."))
    check(vignette)


@transaction.atomic
def delete_vignette(*, vignette: Vignette, actor: User, now: dt.datetime) -> None:
    """Delete a vignette with its statements. Raises AlreadyAsked too."""
    _must_be_unasked(vignette.study)
    if vignette.is_base and Vignette.objects.filter(study=vignette.study, is_base=False).exists():
        raise QuestionnaireError(_("Variations are read against the base case: delete them first, or reword it."))
    statements = Statement.objects.filter(vignette=vignette)
    detail = {**facts_of(vignette), "statements": list(statements.values_list("text", flat=True))}
    vignette.delete()
    record(study=vignette.study, actor=actor, action="vignette deleted", now=now, detail=detail)


@transaction.atomic
def move_vignette(*, vignette: Vignette, actor: User, step: int, now: dt.datetime) -> None:
    """Move a variation one place UP or DOWN; the base case stays first, and at an end nothing moves."""
    hold_questionnaire(vignette.study)
    look_again(vignette)
    variations = Vignette.objects.filter(study=vignette.study, is_base=False, is_dropped=False)
    if not vignette.is_base and _swap(variations, vignette, step):
        detail = {"vignette": str(vignette.pk), "title": vignette.title, "step": step}
        record(study=vignette.study, actor=actor, action="vignette moved", now=now, detail=detail)


@transaction.atomic
def add_option(
    *,
    study: Study,
    actor: User,
    name: str,
    category: str,
    now: dt.datetime,
    explanation: str = "",
    why: Why = UNSAID,
) -> Option:
    """Add a course of action that can be recommended."""
    locked = hold_questionnaire(study)
    option = new_option(locked, name=name, category=category, explanation=explanation)
    _added(locked, actor, option, "option added", why, now)
    return option


def new_option(study: Study, *, name: str, category: str, explanation: str) -> Option:
    """A new row at the end of the options; the caller holds the questionnaire and records the deed."""
    option = Option(study=study, position=next_position(Option.objects.filter(study=study)))
    _name(option, name, category, explanation)
    option.save(force_insert=True)
    check_room(study)
    return option


@transaction.atomic
def update_option(
    *,
    option: Option,
    actor: User,
    name: str,
    category: str,
    now: dt.datetime,
    explanation: str = "",
    why: Why = UNSAID,
) -> None:
    """Rename an option or move it to another category. The wording of statements stays."""
    locked = hold_questionnaire(option.study)
    look_again(option)
    before = facts_of(option)
    _name(option, name, category, explanation)
    option.save()
    _reworded(locked, actor, option, before, why, now, compares=True)


def _name(option: Option, name: str, category: str, explanation: str) -> None:
    option.name, option.category = plain_line(name), plain_line(category)
    option.explanation = plain_line(explanation)
    check(option)


@transaction.atomic
def delete_option(*, option: Option, actor: User, now: dt.datetime) -> None:
    """Delete an option that no statement names. Raises AlreadyAsked too."""
    _must_be_unasked(option.study)
    if Statement.objects.filter(named_options__option=option).exists():
        raise QuestionnaireError(_("A statement names this option. Delete that statement first."))
    detail = facts_of(option)
    option.delete()
    record(study=option.study, actor=actor, action="option deleted", now=now, detail=detail)


@transaction.atomic
def move_option(*, option: Option, actor: User, step: int, now: dt.datetime) -> None:
    """Move an option one place UP or DOWN within its category; at an end nothing moves."""
    hold_questionnaire(option.study)
    look_again(option)
    neighbours = Option.objects.filter(study=option.study, category=option.category, is_dropped=False)
    if _swap(neighbours, option, step):
        detail = {"option": str(option.pk), "name": option.name, "step": step}
        record(study=option.study, actor=actor, action="option moved", now=now, detail=detail)


@transaction.atomic
def compose_statement(
    *,
    vignette: Vignette,
    actor: User,
    options: Sequence[Option],
    now: dt.datetime,
    text: str = "",
    why: Why = UNSAID,
) -> Statement:
    """Add a statement that names these options in this order, worded so or by the study's question stem."""
    if not options:
        raise QuestionnaireError(_("Choose at least one option."))
    locked = hold_questionnaire(vignette.study)
    look_again(vignette)
    statement = new_statement(vignette, text=text, options=options)
    _added(locked, actor, statement, "statement composed", why, now)
    return statement


@transaction.atomic
def write_statement(*, vignette: Vignette, actor: User, text: str, now: dt.datetime, why: Why = UNSAID) -> Statement:
    """Add a statement in one's own words."""
    locked = hold_questionnaire(vignette.study)
    look_again(vignette)
    statement = new_statement(vignette, text=text)
    _added(locked, actor, statement, "statement written", why, now)
    return statement


def new_statement(vignette: Vignette, *, text: str, options: Sequence[Option] = ()) -> Statement:
    """A new row at the end of a vignette's statements, by the question stem where `text` is empty.

    The caller holds the questionnaire and records the deed.
    """
    if any(option.study_id != vignette.study_id for option in options):
        raise QuestionnaireError(_("Choose options of this study."))
    named = list(dict.fromkeys(options))
    for option in named:
        look_again(option)
    wording = text or composed_text([option.name for option in named], vignette.study.question_stem)
    others = Statement.objects.filter(vignette=vignette)
    statement = Statement(vignette=vignette, position=next_position(others), text=plain_line(wording))
    check(statement)
    statement.save(force_insert=True)
    _link(statement, named)
    check_room(vignette.study)
    return statement


def _link(statement: Statement, options: Sequence[Option]) -> None:
    StatementOption.objects.bulk_create(
        StatementOption(statement=statement, option=option, position=place)
        for place, option in enumerate(options, start=1)
    )


@transaction.atomic
def update_statement(
    *, statement: Statement, actor: User, text: str, now: dt.datetime, why: Why = UNSAID, compares: bool = True
) -> None:
    """Reword a statement. `compares` says whether ratings from before still compare with those to come.

    Its options stay linked. Where some of them are dropped, those that the wording no longer names leave, and those
    of the study that it names now are linked.
    """
    locked = hold_questionnaire(statement.vignette.study)
    look_again(statement)
    before = facts_of(statement)
    statement.text = plain_line(text)
    check(statement)
    statement.save(update_fields=["text"])
    _link_what_is_named(statement)
    _reworded(locked, actor, statement, before, why, now, compares)


def _link_what_is_named(statement: Statement) -> None:
    links = StatementOption.objects.filter(statement=statement).order_by("position").select_related("option")
    linked = [link.option for link in links]
    if not any(option.is_dropped for option in linked):
        return
    stay = [option for option in linked if not option.is_dropped or names(statement.text, option)]
    come = [option for option in options_of(statement.vignette.study) if names(statement.text, option)]
    links.delete()
    _link(statement, list(dict.fromkeys([*stay, *come])))


def names(wording: str, option: Option) -> bool:
    """Whether a statement's wording holds the option's name as words of its own, with a capital or without."""
    return re.search(rf"(?<!\w){re.escape(option.name)}(?!\w)", wording, re.IGNORECASE) is not None


@transaction.atomic
def delete_statement(*, statement: Statement, actor: User, now: dt.datetime) -> None:
    """Delete a statement. Raises AlreadyAsked."""
    study = statement.vignette.study
    _must_be_unasked(study)
    detail = facts_of(statement)
    statement.delete()
    record(study=study, actor=actor, action="statement deleted", now=now, detail=detail)


def _must_be_unasked(study: Study) -> None:
    if hold_questionnaire(study).status != Study.Status.DRAFT:
        raise AlreadyAsked(_("The study has begun, so nothing is deleted. Drop it instead, with a reason."))


def _added(study: Study, actor: User, item: Item, action: str, why: Why, now: dt.datetime) -> None:
    facts = facts_of(item)
    record_step(study=study, step=LineageStep.Step.ADD, kind=kind_of(item), before=[], after=[facts], why=why, now=now)
    record(study=study, actor=actor, action=action, now=now, detail=facts)


def _reworded(
    study: Study, actor: User, item: Item, before: dict[str, str], why: Why, now: dt.datetime, compares: bool
) -> None:
    """Record a rewording; one that changed nothing leaves no trace."""
    after = facts_of(item)
    if before == after:
        return
    kind = kind_of(item)
    record_step(
        study=study,
        step=LineageStep.Step.REWORD,
        kind=kind,
        before=[before],
        after=[after],
        why=why,
        now=now,
        compares_with=uuid.UUID(after["id"]) if compares else None,
    )
    record(study=study, actor=actor, action=f"{kind} reworded", now=now, detail={"before": before, "after": after})


def check_room(study: Study) -> None:
    """Raise QuestionnaireError where more is asked than a study may ask; the caller's transaction takes it back."""
    for asked, most, sentence in (
        (Vignette.objects.filter(study=study, is_dropped=False), MOST_VIGNETTES, _VIGNETTES),
        (options_of(study), MOST_OPTIONS, _OPTIONS),
        (statements_of(study), MOST_STATEMENTS, _STATEMENTS),
    ):
        if asked.count() > most:
            raise QuestionnaireError(sentence % {"most": most})


_VIGNETTES = gettext_lazy("A study has at most %(most)d vignettes.")
_OPTIONS = gettext_lazy("A study has at most %(most)d options.")
_STATEMENTS = gettext_lazy("A study has at most %(most)d statements.")


def next_position(rows: QuerySet[_Counted]) -> int:
    """The place after the last of these."""
    last: int | None = rows.aggregate(last=Max("position"))["last"]
    return (last or 0) + 1


def _swap(rows: QuerySet[_Placed], row: _Placed, step: int) -> bool:
    """Change places with the neighbour above (UP) or below (DOWN); False where there is none."""
    place = rows.values_list("position", flat=True).get(pk=row.pk)
    if step == UP:
        neighbour = rows.filter(position__lt=place).order_by("-position").first()
    else:
        neighbour = rows.filter(position__gt=place).order_by("position").first()
    if neighbour is None:
        return False
    rows.filter(pk=row.pk).update(position=neighbour.position)
    rows.filter(pk=neighbour.pk).update(position=place)
    row.position = neighbour.position
    return True
