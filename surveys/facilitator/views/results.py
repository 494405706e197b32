"""Frozen results: a closed round, its comments, its release, and one statement through the rounds."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from surveys.facilitator.access import comment_in, round_in, run_study, staff_of, statement_in
from surveys.facilitator.course import standing_words
from surveys.facilitator.forms.rounds import CommentForm, NextRoundForm
from surveys.facilitator.previews import previews_of
from surveys.facilitator.readings import Reading, reading_of, readings_of, round_label, round_phrase
from surveys.feedback.models import Comment
from surveys.feedback.queries import (
    comments_of,
    histories,
    participation,
    pending_comments,
    results_of,
    rule_of,
    standing,
)
from surveys.feedback.services import releasing
from surveys.pages.scale import pieces
from surveys.pages.verdict_words import rule_words
from surveys.rounds.models import Round
from surveys.rounds.queries import earlier_askings, last_closed_round, unfinished_round
from surveys.rounds.services.opening import RoundError
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.queries import vignette_numbers


@dataclass(frozen=True)
class CommentCard:
    """A comment with its form; the form is None once the results are released."""

    comment: Comment
    form: CommentForm | None


@dataclass(frozen=True)
class ResultCard:
    """A statement's result with the comments on it."""

    reading: Reading
    comments: tuple[CommentCard, ...]


def result_page(
    request: HttpRequest, study: Study, round: Round, bound: Mapping[uuid.UUID, CommentForm] | None = None
) -> HttpResponse:
    """A closed round: every statement's result and its comments; `bound` are forms that were not accepted."""
    rule, forms = rule_of(study), bound or {}
    results = results_of(round)
    before = {number: asked.round for number, asked in earlier_askings(round).items()}
    comments = comments_of(round)
    cards = [
        ResultCard(reading, tuple(_comment_card(c, round, forms) for c in comments.get(reading.result.asked.pk, ())))
        for reading in readings_of(results, rule, vignette_numbers(study), before)
    ]
    waiting = sum(card.comment.state == Comment.State.PENDING for shown in cards for card in shown.comments)
    reached = sum(result.is_settled for result in results)
    last, found, now = last_closed_round(study), standing(study), database_now()
    context: dict[str, Any] = {
        "study": study,
        "round": round,
        "cards": cards,
        "standing": standing_words(reached, len(results), rule),
        "participation": participation(round),
        "waiting": waiting,
        "rule_words": rule_words(rule),
        "is_last": last == round,
        "everywhere": found.everywhere,
        "unfinished": unfinished_round(study),
        "next_number": round.kind_number + 1,
        "next_form": NextRoundForm(study=study, now=now, initial=NextRoundForm.initial_of(round, now)),
        "has_errors": any(form.errors for form in forms.values()),
        "errors": [
            (f"comment-{pk}-{name}", sentence)
            for pk, form in forms.items()
            for name, sentences in form.errors.items()
            for sentence in sentences
        ],
    }
    return render(request, "facilitator/round_closed.html", context)


def _comment_card(comment: Comment, round: Round, forms: Mapping[uuid.UUID, CommentForm]) -> CommentCard:
    if round.is_released:
        return CommentCard(comment, None)
    return CommentCard(comment, forms.get(comment.pk) or CommentForm.of(comment))


@login_required
@require_POST
def moderate_comment(request: HttpRequest, slug: str, number: int, comment_id: uuid.UUID) -> HttpResponse:
    """Publish a comment, as it is or edited, or hide it for a reason; the original is kept."""
    study = run_study(request, slug)
    round = round_in(study, number)
    comment = comment_in(round, comment_id)
    form = CommentForm.of(comment, request.POST)
    if not form.is_valid():
        return result_page(request, study, round, {comment.pk: form})
    hides, now, actor = request.POST.get("action") == "hide", database_now(), staff_of(request)
    try:
        if hides:
            releasing.hide_comment(comment=comment, actor=actor, reason=form.cleaned_data["reason"], now=now)
        else:
            releasing.publish_comment(comment=comment, actor=actor, body=form.cleaned_data["body"], now=now)
    except RoundError as fault:
        form.add_error("reason" if hides else "body", str(fault))
        if not round.is_released:
            return result_page(request, study, round, {comment.pk: form})
        messages.error(request, str(fault))
    address = reverse("facilitator:round", args=[slug, number])
    place = f"statement-{comment.asked.number}" if comment.asked else f"vignette-{comment.vignette.number}"
    return redirect(f"{address}#{place}")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def release(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """What the panel will see, with warnings where it gives somebody away; a POST releases it."""
    study = run_study(request, slug)
    round = round_in(study, number)
    if request.method == "POST":
        try:
            releasing.release(round=round, actor=staff_of(request), now=database_now())
        except RoundError as fault:
            messages.error(request, str(fault))
        else:
            messages.success(request, _("The panel has the results of %(round)s.") % {"round": round_phrase(round)})
        return redirect("facilitator:round", slug, number)
    if round.status != Round.Status.CLOSED:
        return redirect("facilitator:round", slug, number)
    context = {
        "study": study,
        "round": round,
        "previews": previews_of(study, round),
        "waiting": pending_comments(round),
    }
    return render(request, "facilitator/release.html", context)


@login_required
@require_safe
def statement(request: HttpRequest, slug: str, statement_id: uuid.UUID) -> HttpResponse:
    """One statement: its last result, and how its ratings moved through the rounds."""
    study = run_study(request, slug)
    statement = statement_in(study, statement_id)
    history = next((found for found in histories(study) if found.latest.asked.statement_id == statement.pk), None)
    number = vignette_numbers(study)[statement.vignette_id]
    context: dict[str, Any] = {"study": study, "statement": statement, "number": number}
    if history is None:
        names = statement.named_options.select_related("option").values_list("option__name", flat=True)
        context["wording"] = pieces(statement.text, names)
        return render(request, "facilitator/statement_unrated.html", context)
    rule, before = rule_of(study), None
    readings = []
    for result in history.by_round.values():
        readings.append(reading_of(result, rule, number, before))
        before = result.asked.round
    latest = readings[-1]
    comments = comments_of(latest.result.asked.round).get(latest.result.asked.pk, [])
    context |= {
        "readings": readings,
        "latest": latest,
        "round": latest.result.asked.round,
        "over_rounds": [_over_rounds(reading) for reading in readings],
        "round_phrase": round_phrase(latest.result.asked.round),
        "moves": [reading.moves for reading in readings if reading.moves],
        "reasons": [comment.body for comment in comments if comment.state == Comment.State.PUBLISHED],
        "waiting": sum(comment.state == Comment.State.PENDING for comment in comments),
        "hidden": sum(comment.state == Comment.State.HIDDEN for comment in comments),
    }
    return render(request, "facilitator/statement.html", context)


def _over_rounds(reading: Reading) -> dict[str, Any]:
    """One round's line as `_over_rounds.html` wants it."""
    shown = reading.shown
    return {
        "label": round_label(reading.result.asked.round),
        "counts": shown.counts,
        "median": shown.median if shown.counts else None,
        "mean": shown.mean,
        "words": reading.line,
    }
