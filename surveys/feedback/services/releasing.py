"""From a frozen result to the panel: moderate, release, and go on or stop."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.accounts.models import User
from surveys.feedback.comments import pending_comments
from surveys.feedback.models import Comment, Theme
from surveys.feedback.queries import settled_statements
from surveys.panels.models import Message
from surveys.panels.queries import panel_of
from surveys.panels.services import enqueue
from surveys.rounds.models import Round
from surveys.rounds.queries import closed_rounds, unfinished_round
from surveys.rounds.services.locks import lock_round
from surveys.rounds.services.opening import RoundError, draft_round, open_round, plan_round
from surveys.studies.models import Protocol, Study
from surveys.studies.queries import RESULTS_RELEASED
from surveys.studies.services import StudyError, record
from surveys.vignettes.services.steps import plain_line

LONGEST_THEME = 120


@transaction.atomic
def publish_comment(*, comment: Comment, actor: User, body: str, now: dt.datetime) -> None:
    """Show a comment to the panel, as it was written or as edited; the original is kept. Raises RoundError."""
    _must_be_unreleased(comment)
    if not body.strip():
        raise RoundError(_("A published comment needs words. Hide it instead."))
    comment.body, comment.state, comment.hidden_because = body.strip(), Comment.State.PUBLISHED, ""
    comment.save(update_fields=["body", "state", "hidden_because"])
    edited = comment.body != comment.original
    _record_moderation(comment, actor, "comment published", {"edited": edited}, now)


@transaction.atomic
def hide_comment(*, comment: Comment, actor: User, reason: str, now: dt.datetime) -> None:
    """Keep a comment from the panel, for a recorded reason. Raises RoundError."""
    _must_be_unreleased(comment)
    if not reason.strip():
        raise RoundError(_("Say why this comment is hidden."))
    comment.state, comment.hidden_because = Comment.State.HIDDEN, reason.strip()
    comment.save(update_fields=["state", "hidden_because"])
    _record_moderation(comment, actor, "comment hidden", {"reason": reason.strip()}, now)


def _must_be_unreleased(comment: Comment) -> None:
    # Looked at under the lock, so that no release slips in between.
    if lock_round(comment.vignette.round_id).is_released:
        raise RoundError(_("These results are released; what the panel was shown stays as it is."))


def _record_moderation(comment: Comment, actor: User, action: str, detail: dict[str, object], now: dt.datetime) -> None:
    round = comment.vignette.round
    place = {"statement": comment.asked.number} if comment.asked else {"vignette": comment.vignette.number}
    facts = {"round": str(round), "kind": comment.kind, **place, **detail}
    record(study=round.study, actor=actor, action=action, now=now, detail=facts)


@transaction.atomic
def put_under_theme(*, comment: Comment, theme: str, actor: User, now: dt.datetime) -> None:
    """Group a comment under the study's theme of this name, made where there is none; "" takes it out again.

    A theme under which nothing stands any more is taken away. Raises RoundError for a name that is too long.
    """
    study, name, before = comment.vignette.round.study, plain_line(theme), comment.theme
    Study.objects.select_for_update().get(pk=study.pk)
    if len(name) > LONGEST_THEME:
        raise RoundError(_("A theme has at most %(most)d characters.") % {"most": LONGEST_THEME})
    comment.theme = Theme.objects.get_or_create(study=study, name=name)[0] if name else None
    comment.save(update_fields=["theme"])
    if before and not Comment.objects.filter(theme=before).exists():
        before.delete()
    _record_moderation(comment, actor, "comment themed", {"theme": name}, now)


@transaction.atomic
def release(*, round: Round, actor: User, now: dt.datetime) -> None:
    """Show a closed round's result to the panel and tell everyone by mail. Raises RoundError."""
    locked = lock_round(round.pk)
    if locked.status != Round.Status.CLOSED:
        raise RoundError(_("Only a closed round has a result to release."))
    if locked.is_released:
        raise RoundError(_("The results of this round are released already."))
    waiting = pending_comments(locked)
    if waiting:
        text = ngettext("Publish or hide %(n)d comment first.", "Publish or hide %(n)d comments first.", waiting)
        raise RoundError(text % {"n": waiting})
    locked.released_at = now
    locked.save(update_fields=["released_at"])
    panel = panel_of(locked.study)
    enqueue(study=locked.study, panelists=panel, kind=Message.Kind.RESULTS, round_id=locked.pk, due=now)
    record(study=locked.study, actor=actor, action=RESULTS_RELEASED, now=now, detail={"round": str(locked)})


@transaction.atomic
def prepare_next_survey(*, study: Study, actor: User, now: dt.datetime) -> Round:
    """Draft an option survey that asks what the last one did, or else everything. Raises RoundError."""
    last = closed_rounds(study).filter(kind=Round.Kind.OPTION_SURVEY).last()
    kind = Round.Kind.OPTION_SURVEY
    questions = last.questions if last else Round.Question.values
    round = draft_round(study=study, actor=actor, now=now, kind=kind, questions=questions)
    if last:
        round.keeps_base, round.top_least, round.top_most = last.keeps_base, last.top_least, last.top_most
        round.save(update_fields=["keeps_base", "top_least", "top_most"])
    return round


def prepare_next_round(*, study: Study, actor: User, now: dt.datetime) -> Round:
    """Draft the next rating round with the last one's questionnaire, settled statements as the protocol says.

    Raises RoundError.
    """
    sets_aside = study.protocol.settled == Protocol.Settled.SET_ASIDE
    return draft_round(study=study, actor=actor, now=now, left_out=settled_statements(study) if sets_aside else ())


@transaction.atomic
def open_next_round(*, study: Study, actor: User, closes_at: dt.datetime, now: dt.datetime) -> Round:
    """Prepare the next rating round, give it this closing time and open it: all of that or nothing.

    Raises RoundError (NotReady with every sentence that stands in the way) and KeyStoreError.
    """
    round = prepare_next_round(study=study, actor=actor, now=now)
    plan_round(
        round=round,
        actor=actor,
        opens_at=None,
        closes_at=closes_at,
        message="",
        left_out=list(round.left_out.all()),
        now=now,
    )
    return open_round(round=round, actor=actor, now=now)


@transaction.atomic
def finish_study(*, study: Study, actor: User, reason: str, now: dt.datetime) -> None:
    """End a study, for a recorded reason; its results stay as they are. Raises RoundError or StudyError."""
    locked = Study.objects.select_for_update().get(pk=study.pk)
    if locked.status != Study.Status.RUNNING:
        raise StudyError(_("Only a running study can be finished."))
    if not reason.strip():
        raise StudyError(_("Say why the study stops here."))
    unfinished = unfinished_round(locked)
    if unfinished and unfinished.status != Round.Status.DRAFT:
        raise RoundError(_("%(round)s is open. Close or cancel it first.") % {"round": unfinished})
    if closed_rounds(locked).filter(released_at__isnull=True).exists():
        raise RoundError(_("Release the results of the last round first, so that the panel has them."))
    if unfinished:
        Round.objects.filter(pk=unfinished.pk).update(status=Round.Status.CANCELLED)
    locked.status, locked.finished_at, locked.finish_reason = Study.Status.FINISHED, now, reason.strip()
    locked.save(update_fields=["status", "finished_at", "finish_reason"])
    record(study=locked, actor=actor, action="study finished", now=now, detail={"reason": reason.strip()})
