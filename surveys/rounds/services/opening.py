"""Preparing a round, opening it, and what may happen to it before it closes."""

import datetime as dt
import logging
from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from surveys.accounts.models import User
from surveys.panels.models import Message
from surveys.panels.queries import panel_of
from surveys.panels.services import enqueue
from surveys.rounds.checklist import blockers_to_opening
from surveys.rounds.models import AskedOption, AskedStatement, AskedVignette, Round
from surveys.rounds.queries import (
    options_to_ask,
    rounds_of,
    statements_to_ask,
    vignettes_to_ask,
)
from surveys.rounds.services.addresses import apply_replacements
from surveys.rounds.services.leaving import let_go
from surveys.rounds.services.locks import hold_round, lock_round
from surveys.sheets.keystore import KeyStoreError, ensure_study_key
from surveys.sheets.services import discard_sheets
from surveys.studies.models import Study
from surveys.studies.queries import ROUND_OPENED
from surveys.studies.services import SCHEDULE, lock_protocol, record
from surveys.vignettes.models import Statement, Vignette
from surveys.vignettes.queries import grouped_by_category, last_step_number
from surveys.vignettes.services.steps import record_origin

logger = logging.getLogger(__name__)

KEY_MADE = "key made"
REMINDER_BEFORE_CLOSE = dt.timedelta(hours=24)


class RoundError(Exception):
    """Why a round cannot do that now; the message is a sentence for the page."""


class NotReady(RoundError):
    """A round cannot open yet; `blockers` are the sentences that say why."""

    def __init__(self, blockers: list[str]) -> None:
        super().__init__(" ".join(blockers))
        self.blockers = blockers


@transaction.atomic
def draft_round(
    *,
    study: Study,
    actor: User | str,
    now: dt.datetime,
    left_out: Collection[Statement] = (),
    kind: str = Round.Kind.RATING,
    questions: Collection[str] = (),
) -> Round:
    """Begin to prepare the study's next round. Raises RoundError where one is unfinished or the study is."""
    locked = Study.objects.select_for_update().get(pk=study.pk)
    if locked.is_over:
        raise RoundError(_("This study is finished; it has no further round."))
    rounds = rounds_of(study)
    if rounds.exclude(status=Round.Status.CLOSED).exists():
        raise RoundError(_("There is already a round that has not closed."))
    last = rounds.aggregate(number=Max("number"))["number"] or 0
    round = Round.objects.create(
        study=study,
        number=last + 1,
        kind=kind,
        kind_number=rounds.filter(kind=kind).count() + 1,
        questions=_in_order(questions),
    )
    round.left_out.set(left_out)
    record(study=study, actor=actor, action="round drafted", now=now, detail={"round": str(round)})
    return round


def _in_order(questions: Collection[str]) -> list[str]:
    unknown = set(questions) - set(Round.Question.values)
    if unknown:
        raise RoundError(_("There is no question “%(name)s”.") % {"name": min(unknown)})
    return [name for name in Round.Question.values if name in questions]


@dataclass(frozen=True)
class SurveyPlan:
    """What a draft asks about options: its questions, how many top choices, and the vignettes that it leaves out."""

    questions: Collection[str]
    keeps_base: bool
    top_least: int
    top_most: int
    left_out: Collection[Vignette]


@transaction.atomic
def plan_draft(
    *,
    round: Round,
    actor: User,
    opens_at: dt.datetime | None,
    closes_at: dt.datetime | None,
    message: str,
    left_out: Collection[Statement],
    survey: SurveyPlan,
    now: dt.datetime,
) -> None:
    """Set all of a draft's plan at once: `plan_questions` and `plan_round`, or neither. Raises RoundError."""
    if survey.questions or round.questions:
        plan_questions(round=round, actor=actor, survey=survey, now=now)
    plan_round(
        round=round, actor=actor, opens_at=opens_at, closes_at=closes_at, message=message, left_out=left_out, now=now
    )


@transaction.atomic
def plan_questions(*, round: Round, actor: User, survey: SurveyPlan, now: dt.datetime) -> None:
    """Set what a draft asks about options, and the vignettes that it does not ask so. Raises RoundError."""
    locked = lock_round(round.pk)
    if locked.status != Round.Status.DRAFT:
        raise RoundError(_("This round has opened; what it asks stays as it is."))
    if not 1 <= survey.top_least <= survey.top_most:
        raise RoundError(_("At least one top choice is asked for, and not fewer at most than at least."))
    locked.questions, locked.keeps_base = _in_order(survey.questions), survey.keeps_base
    locked.top_least, locked.top_most = survey.top_least, survey.top_most
    locked.save(update_fields=["questions", "keeps_base", "top_least", "top_most"])
    locked.left_out_vignettes.set(survey.left_out)
    detail = {
        "round": str(locked),
        "questions": locked.questions,
        "keeps_base": locked.keeps_base,
        "top_choices": [locked.top_least, locked.top_most],
        "left_out": [vignette.title for vignette in survey.left_out],
    }
    record(study=locked.study, actor=actor, action="questions planned", now=now, detail=detail)


@transaction.atomic
def plan_round(
    *,
    round: Round,
    actor: User,
    opens_at: dt.datetime | None,
    closes_at: dt.datetime | None,
    message: str,
    left_out: Collection[Statement],
    now: dt.datetime,
) -> None:
    """Set a draft's times, its message and the statements that it leaves out. Raises RoundError."""
    locked = lock_round(round.pk)
    if locked.status != Round.Status.DRAFT:
        raise RoundError(_("This round has opened; only its closing time can be moved."))
    locked.opens_at, locked.closes_at, locked.message = opens_at, closes_at, message
    locked.save(update_fields=["opens_at", "closes_at", "message"])
    locked.left_out.set(left_out)
    detail = {"round": str(locked), "closes_at": closes_at.isoformat() if closes_at else None}
    record(study=locked.study, actor=actor, action="round planned", now=now, detail=detail)


@transaction.atomic
def open_round(*, round: Round, actor: User | str, now: dt.datetime) -> Round:
    """Open a draft: lock the protocol, freeze what is asked and who is asked, and invite the whole panel.

    Raises NotReady with every sentence that stands in the way, RoundError for a round that is no draft, and
    KeyStoreError where the study's key cannot be kept.
    """
    locked = lock_round(round.pk)
    study = locked.study
    if locked.status != Round.Status.DRAFT:
        raise RoundError(_("This round has already opened."))
    blockers = blockers_to_opening(locked, now)
    if blockers:
        raise NotReady(blockers)
    lock_protocol(study=study, actor=actor, now=now)
    fingerprint = ensure_study_key(study.pk)
    if study.status == Study.Status.DRAFT:
        # The key that the seal certificate will name, from before the first answer.
        record(study=study, actor=SCHEDULE, action=KEY_MADE, now=now, detail={"fingerprint": fingerprint})
    record_origin(study=study, now=now)
    _freeze_questionnaire(locked)
    locked.status, locked.opened_at, locked.opens_at = Round.Status.OPEN, now, None
    locked.after_step = last_step_number(study)
    locked.save(update_fields=["status", "opened_at", "opens_at", "after_step"])
    study.status, study.roster_is_frozen = Study.Status.RUNNING, True
    study.save(update_fields=["status", "roster_is_frozen"])
    _invite(locked, now)
    detail = {"round": str(locked), "panelists": panel_of(study).count()}
    record(study=study, actor=actor, action=ROUND_OPENED, now=now, detail=detail)
    return locked


def _freeze_questionnaire(round: Round) -> None:
    """Copy what is asked, so that a later rewording cannot change what was answered."""
    base_text = Vignette.objects.filter(study_id=round.study_id, is_base=True).values_list("text", flat=True).get()
    asked = {
        vignette.pk: AskedVignette(
            round=round,
            vignette=vignette,
            number=number,
            is_base=vignette.is_base,
            title=vignette.title,
            aspect=vignette.aspect,
            text=vignette.text,
            base_text="" if vignette.is_base else base_text,
        )
        for number, vignette in enumerate(vignettes_to_ask(round), start=1)
    }
    statements = [
        AskedStatement(
            round=round,
            vignette=asked[statement.vignette_id],
            statement=statement,
            number=number,
            text=statement.text,
            recommendations=[named.option.name for named in statement.named_options.all()],
        )
        for number, statement in enumerate(statements_to_ask(round), start=1)
    ]
    AskedVignette.objects.bulk_create(asked.values())
    AskedStatement.objects.bulk_create(statements)
    AskedOption.objects.bulk_create(_asked_options(round))


def _asked_options(round: Round) -> list[AskedOption]:
    groups = grouped_by_category(options_to_ask(round))
    options = [option for group in groups for option in group.options]
    return [
        AskedOption(
            round=round,
            option=option,
            number=number,
            name=option.name,
            category=option.category,
            explanation=option.explanation,
        )
        for number, option in enumerate(options, start=1)
    ]


def _invite(round: Round, now: dt.datetime) -> None:
    panel = list(panel_of(round.study))
    enqueue(study=round.study, panelists=panel, kind=Message.Kind.INVITATION, round_id=round.pk, due=now)
    reminder = _reminder_due(round, now)
    if reminder:
        enqueue(study=round.study, panelists=panel, kind=Message.Kind.REMINDER, round_id=round.pk, due=reminder)


def _reminder_due(round: Round, now: dt.datetime) -> dt.datetime | None:
    """A day before the round closes, where that is at least a day away."""
    if round.closes_at is None or round.closes_at - REMINDER_BEFORE_CLOSE < now + REMINDER_BEFORE_CLOSE:
        return None
    return round.closes_at - REMINDER_BEFORE_CLOSE


@transaction.atomic
def extend_round(*, round: Round, actor: User, closes_at: dt.datetime, now: dt.datetime) -> None:
    """Move an open round's closing time to a later one. Raises RoundError."""
    hold_round(round.pk)
    locked = lock_round(round.pk)
    if locked.status != Round.Status.OPEN:
        raise RoundError(_("Only an open round can be extended."))
    if closes_at <= now or (locked.closes_at and closes_at <= locked.closes_at):
        raise RoundError(_("Choose a time that is later than now and later than the present closing time."))
    locked.closes_at = closes_at
    locked.save(update_fields=["closes_at"])
    _move_reminder(locked, now)
    detail = {"round": str(locked), "closes_at": closes_at.isoformat()}
    record(study=locked.study, actor=actor, action="round extended", now=now, detail=detail)


def _move_reminder(round: Round, now: dt.datetime) -> None:
    waiting = Message.objects.filter(
        round_id=round.pk, kind=Message.Kind.REMINDER, state=Message.State.PENDING, due__gt=now
    )
    due = _reminder_due(round, now)
    if due is None:
        return
    if not waiting.update(due=due):
        panel = panel_of(round.study)
        enqueue(study=round.study, panelists=panel, kind=Message.Kind.REMINDER, round_id=round.pk, due=due)


@transaction.atomic
def cancel_round(*, round: Round, actor: User, reason: str, now: dt.datetime) -> None:
    """End a draft or an open round without a result; its sheets are deleted unseen. Who withdrew in it is let go.

    Raises RoundError, and KeyStoreError where it cannot be told who withdrew.
    """
    hold_round(round.pk)
    locked = lock_round(round.pk)
    if locked.status not in (Round.Status.DRAFT, Round.Status.OPEN):
        raise RoundError(_("A round that is closing or closed cannot be cancelled."))
    was_open = locked.status == Round.Status.OPEN
    locked.status = Round.Status.CANCELLED
    locked.save(update_fields=["status"])
    withdrew = let_go(round=locked) if was_open else 0
    apply_replacements(round=locked, actor=actor, now=now)
    discard_sheets(round_id=locked.pk)
    AskedVignette.objects.filter(round=locked).delete()
    AskedOption.objects.filter(round=locked).delete()
    Message.objects.filter(round_id=locked.pk).exclude(state=Message.State.DONE).delete()
    Study.objects.filter(pk=locked.study_id).update(roster_is_frozen=False)
    detail = {"round": str(locked), "reason": reason, "was_open": was_open, "withdrew": withdrew}
    record(study=locked.study, actor=actor, action="round cancelled", now=now, detail=detail)


@transaction.atomic
def remind(*, round: Round, actor: User, now: dt.datetime) -> None:
    """Queue a reminder: a row for everyone, of whom only those get mail who have not submitted by then.

    Raises RoundError where the round is not open, or where a reminder already waits.
    """
    locked = lock_round(round.pk)
    if locked.status != Round.Status.OPEN:
        raise RoundError(_("Only in an open round can panelists be reminded."))
    due_now = Message.objects.filter(round_id=locked.pk, kind=Message.Kind.REMINDER, due__lte=now).exclude(
        state=Message.State.DONE
    )
    if due_now.exists():
        raise RoundError(_("A reminder is already on its way."))
    panel = panel_of(locked.study)
    enqueue(study=locked.study, panelists=panel, kind=Message.Kind.REMINDER, round_id=locked.pk, due=now)
    record(study=locked.study, actor=actor, action="reminder sent", now=now, detail={"round": str(locked)})


def open_due_rounds(*, now: dt.datetime) -> int:
    """Open the drafts whose opening time has come and to which nothing is missing; returns how many opened."""
    opened = 0
    for round in Round.objects.filter(status=Round.Status.DRAFT, opens_at__lte=now):
        try:
            open_round(round=round, actor=SCHEDULE, now=now)
        except RoundError:
            continue
        except KeyStoreError as fault:
            logger.error("round %s cannot open: %s", round.pk, type(fault).__name__)
            continue
        opened += 1
    return opened
