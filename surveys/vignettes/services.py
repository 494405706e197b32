"""What its writers may do to a questionnaire. Rounds keep copies of what they asked, so nothing here changes those."""

import datetime as dt
import unicodedata
from collections.abc import Sequence
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, ProtectedError, QuerySet
from django.utils.translation import gettext as _

from surveys.accounts.models import User
from surveys.studies.models import Study
from surveys.studies.services import record
from surveys.vignettes.models import Option, Statement, StatementOption, Vignette
from surveys.vignettes.queries import base_vignette, composed_text

MOST_VIGNETTES = 100
MOST_OPTIONS = 200
MOST_STATEMENTS = 300

UP, DOWN = -1, 1

_Placed = TypeVar("_Placed", Vignette, Option)
_Counted = TypeVar("_Counted", Vignette, Option, Statement)


class QuestionnaireError(Exception):
    """Why the questionnaire cannot be changed so; the message is a sentence for the page."""


class AlreadyAsked(QuestionnaireError):
    """A round has asked it: it stays, and can be left out of the next round."""


@transaction.atomic
def add_vignette(*, study: Study, actor: User, title: str, text: str, now: dt.datetime, aspect: str = "") -> Vignette:
    """Write the base case, where there is none yet, or else a variation of it. Raises QuestionnaireError."""
    _hold(study)
    vignettes = Vignette.objects.filter(study=study)
    if vignettes.count() >= MOST_VIGNETTES:
        raise QuestionnaireError(_("A study has at most %(most)d vignettes.") % {"most": MOST_VIGNETTES})
    is_base = base_vignette(study) is None
    vignette = Vignette(study=study, position=_next_position(vignettes), is_base=is_base)
    _describe(vignette, title, aspect, text)
    vignette.save(force_insert=True)
    record(study=study, actor=actor, action="vignette added", now=now, detail=_vignette_facts(vignette))
    return vignette


@transaction.atomic
def update_vignette(
    *, vignette: Vignette, actor: User, title: str, text: str, now: dt.datetime, aspect: str = ""
) -> None:
    """Reword a vignette; rounds that asked it keep their copy. Raises QuestionnaireError."""
    _hold(vignette.study)
    before = _vignette_facts(vignette)
    _describe(vignette, title, aspect, text)
    vignette.save()
    _record_change(vignette.study, actor, "vignette reworded", before, _vignette_facts(vignette), now)


def _describe(vignette: Vignette, title: str, aspect: str, text: str) -> None:
    vignette.title, vignette.text = plain_line(title), plain_text(text)
    vignette.aspect = "" if vignette.is_base else plain_line(aspect)
    if not vignette.is_base and not vignette.aspect:
        raise QuestionnaireError(_("Say what is changed from the base case."))
    _check(vignette)


def _vignette_facts(vignette: Vignette) -> dict[str, object]:
    return {"vignette": str(vignette.pk), "title": vignette.title, "aspect": vignette.aspect, "text": vignette.text}


@transaction.atomic
def delete_vignette(*, vignette: Vignette, actor: User, now: dt.datetime) -> None:
    """Delete a vignette with its statements. Raises AlreadyAsked, or QuestionnaireError for a base with variations."""
    _hold(vignette.study)
    if vignette.is_base and Vignette.objects.filter(study=vignette.study, is_base=False).exists():
        raise QuestionnaireError(_("Variations are read against the base case: delete them first, or reword it."))
    detail = _vignette_facts(vignette)
    statements = Statement.objects.filter(vignette=vignette)
    detail["statements"] = list(statements.values_list("text", flat=True))
    try:
        vignette.delete()
    except ProtectedError as fault:
        raise AlreadyAsked(
            _("A round has asked this vignette, so it stays. Leave its statements out of the next round instead.")
        ) from fault
    record(study=vignette.study, actor=actor, action="vignette deleted", now=now, detail=detail)


@transaction.atomic
def move_vignette(*, vignette: Vignette, actor: User, step: int, now: dt.datetime) -> None:
    """Move a variation one place UP or DOWN; the base case stays first, and at an end nothing moves."""
    _hold(vignette.study)
    variations = Vignette.objects.filter(study=vignette.study, is_base=False)
    if not vignette.is_base and _swap(variations, vignette, step):
        detail = {"vignette": str(vignette.pk), "title": vignette.title, "step": step}
        record(study=vignette.study, actor=actor, action="vignette moved", now=now, detail=detail)


@transaction.atomic
def add_option(
    *, study: Study, actor: User, name: str, category: str, now: dt.datetime, explanation: str = ""
) -> Option:
    """Add a course of action that can be recommended. Raises QuestionnaireError."""
    _hold(study)
    options = Option.objects.filter(study=study)
    if options.count() >= MOST_OPTIONS:
        raise QuestionnaireError(_("A study has at most %(most)d options.") % {"most": MOST_OPTIONS})
    option = Option(study=study, position=_next_position(options))
    _name(option, name, category, explanation)
    option.save(force_insert=True)
    record(study=study, actor=actor, action="option added", now=now, detail=_option_facts(option))
    return option


@transaction.atomic
def update_option(
    *, option: Option, actor: User, name: str, category: str, now: dt.datetime, explanation: str = ""
) -> None:
    """Rename an option or move it to another category. The wording of statements stays. Raises QuestionnaireError."""
    _hold(option.study)
    before = _option_facts(option)
    _name(option, name, category, explanation)
    option.save()
    _record_change(option.study, actor, "option reworded", before, _option_facts(option), now)


def _name(option: Option, name: str, category: str, explanation: str) -> None:
    option.name, option.category = plain_line(name), plain_line(category)
    option.explanation = plain_line(explanation)
    _check(option)


def _option_facts(option: Option) -> dict[str, object]:
    facts = {"name": option.name, "category": option.category, "explanation": option.explanation}
    return {"option": str(option.pk), **facts}


@transaction.atomic
def delete_option(*, option: Option, actor: User, now: dt.datetime) -> None:
    """Delete an option that no statement names. Raises AlreadyAsked or QuestionnaireError."""
    _hold(option.study)
    naming = Statement.objects.filter(named_options__option=option)
    if naming.filter(asked__isnull=False).exists():
        raise AlreadyAsked(
            _("A round has asked about this option, so it stays. Leave its statements out of the next round instead.")
        )
    if naming.exists():
        raise QuestionnaireError(_("A statement names this option. Delete that statement first."))
    detail = _option_facts(option)
    option.delete()
    record(study=option.study, actor=actor, action="option deleted", now=now, detail=detail)


@transaction.atomic
def move_option(*, option: Option, actor: User, step: int, now: dt.datetime) -> None:
    """Move an option one place UP or DOWN within its category; at an end nothing moves."""
    _hold(option.study)
    neighbours = Option.objects.filter(study=option.study, category=option.category)
    if _swap(neighbours, option, step):
        detail = {"option": str(option.pk), "name": option.name, "step": step}
        record(study=option.study, actor=actor, action="option moved", now=now, detail=detail)


@transaction.atomic
def compose_statement(
    *, vignette: Vignette, actor: User, options: Sequence[Option], now: dt.datetime, text: str = ""
) -> Statement:
    """Add a statement that names these options in this order, worded so or by the study's question stem.

    Raises QuestionnaireError for no option, for one of another study, and for a wording that is too long.
    """
    if not options:
        raise QuestionnaireError(_("Choose at least one option."))
    if any(option.study_id != vignette.study_id for option in options):
        raise QuestionnaireError(_("Choose options of this study."))
    wording = text or composed_text([option.name for option in options], vignette.study.question_stem)
    statement = _add_statement(vignette, wording)
    StatementOption.objects.bulk_create(
        StatementOption(statement=statement, option=option, position=place)
        for place, option in enumerate(dict.fromkeys(options), start=1)
    )
    detail = {**_statement_facts(statement), "options": [option.name for option in options]}
    record(study=vignette.study, actor=actor, action="statement composed", now=now, detail=detail)
    return statement


@transaction.atomic
def write_statement(*, vignette: Vignette, actor: User, text: str, now: dt.datetime) -> Statement:
    """Add a statement in one's own words. Raises QuestionnaireError."""
    statement = _add_statement(vignette, text)
    detail = _statement_facts(statement)
    record(study=vignette.study, actor=actor, action="statement written", now=now, detail=detail)
    return statement


def _add_statement(vignette: Vignette, text: str) -> Statement:
    _hold(vignette.study)
    if Statement.objects.filter(vignette__study=vignette.study).count() >= MOST_STATEMENTS:
        raise QuestionnaireError(_("A study has at most %(most)d statements.") % {"most": MOST_STATEMENTS})
    others = Statement.objects.filter(vignette=vignette)
    statement = Statement(vignette=vignette, position=_next_position(others), text=plain_line(text))
    _check(statement)
    statement.save(force_insert=True)
    return statement


def _statement_facts(statement: Statement) -> dict[str, object]:
    return {"statement": str(statement.pk), "vignette": statement.vignette.title, "text": statement.text}


@transaction.atomic
def update_statement(*, statement: Statement, actor: User, text: str, now: dt.datetime) -> None:
    """Reword a statement; its options stay linked, and rounds that asked it keep their copy.

    Raises QuestionnaireError.
    """
    study = statement.vignette.study
    _hold(study)
    before = _statement_facts(statement)
    statement.text = plain_line(text)
    _check(statement)
    statement.save(update_fields=["text"])
    _record_change(study, actor, "statement reworded", before, _statement_facts(statement), now)


@transaction.atomic
def delete_statement(*, statement: Statement, actor: User, now: dt.datetime) -> None:
    """Delete a statement that no round has asked. Raises AlreadyAsked."""
    study = statement.vignette.study
    _hold(study)
    detail = _statement_facts(statement)
    try:
        statement.delete()
    except ProtectedError as fault:
        raise AlreadyAsked(
            _("A round has asked this statement, so it stays. Leave it out of the next round instead.")
        ) from fault
    record(study=study, actor=actor, action="statement deleted", now=now, detail=detail)


def plain_line(text: str) -> str:
    """One line of visible characters: composed (NFC), without control characters, blanks in a row made one."""
    return " ".join(plain_text(text).split())


def plain_text(text: str) -> str:
    """Lines of visible characters: composed (NFC), without control characters other than the ends of lines."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(sign for sign in lines if sign == "\n" or unicodedata.category(sign) != "Cc").strip()


def _hold(study: Study) -> None:
    """Keep other writers out until this transaction ends, so that limits and places hold; refuse a finished study."""
    if Study.objects.select_for_update().get(pk=study.pk).status == Study.Status.FINISHED:
        raise QuestionnaireError(_("This study is finished; nothing in it changes any more."))


def _next_position(rows: QuerySet[_Counted]) -> int:
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


def _check(row: Vignette | Option | Statement) -> None:
    """Raise QuestionnaireError with the sentences of a row that its model refuses."""
    try:
        row.full_clean()
    except ValidationError as fault:
        raise QuestionnaireError(" ".join(fault.messages)) from fault


def _record_change(
    study: Study, actor: User, action: str, before: dict[str, object], after: dict[str, object], now: dt.datetime
) -> None:
    if before != after:
        record(study=study, actor=actor, action=action, now=now, detail={"before": before, "after": after})
