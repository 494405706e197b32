"""Frozen results: a closed round, its comments, its release, and one statement through the rounds."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from surveys.consensus import Rule
from surveys.facilitator.access import comment_in, round_in, run_study, staff_of, statement_in
from surveys.facilitator.agreement_figures import AgreementOnPage, agreement_on_page
from surveys.facilitator.course import course_of, standing_words
from surveys.facilitator.forms.rounds import CommentForm, NextRoundForm
from surveys.facilitator.forms.surveys import ThemeForm
from surveys.facilitator.further_figures import further_figures, stability_figures
from surveys.facilitator.lineage import told_of_statement
from surveys.facilitator.previews import previews_of, survey_previews_of
from surveys.facilitator.readings import Reading, reading_of, round_label
from surveys.facilitator.result_cards import Refused, ResultCard, SurveyCard, result_cards, survey_cards
from surveys.facilitator.survey_readings import LEVEL_KINDS, ORDER_WORDS, favoured_words, orders_of
from surveys.feedback.agreement import shown_agreements
from surveys.feedback.comments import comments_of, pending_comments, theme_counts, themed
from surveys.feedback.models import Comment
from surveys.feedback.queries import participation, results_of_statement, rule_of
from surveys.feedback.services import releasing
from surveys.pages.levels import LEVEL_WORDS
from surveys.pages.round_words import round_phrase
from surveys.pages.scale import pieces
from surveys.pages.verdict_words import rule_name, rule_words
from surveys.rounds.models import Round
from surveys.rounds.services.opening import RoundError
from surveys.studies.models import Study
from surveys.studies.queries import database_now, release_entry
from surveys.vignettes.queries import vignette_numbers

NOTHING_REFUSED = Refused()


def result_page(request: HttpRequest, study: Study, round: Round, refused: Refused = NOTHING_REFUSED) -> HttpResponse:
    """A closed round: every result and its comments; `refused` are forms that were not accepted."""
    orders = orders_of(round)
    order = request.GET.get("order", "")
    order = order if order in orders else orders[0]
    cards = result_cards(study, round, refused)
    rule = cards[0].reading.result.rule if cards else rule_of(study)
    surveys = survey_cards(study, round, order, refused)
    taken, themes = participation(round), theme_counts(study)
    shown = [card.comments for card in cards] + [card.comments for card in surveys]
    waiting = [c for comments in shown for c in comments if c.comment.state == Comment.State.PENDING]
    context: dict[str, Any] = {
        "study": study,
        "round": round,
        "cards": cards,
        "surveys": surveys,
        "orders": [(one, ORDER_WORDS[one], one == order) for one in orders],
        "levels": list(zip(LEVEL_KINDS, LEVEL_WORDS.values(), strict=True)),
        "standing": _standing(round, cards, surveys, rule),
        "participation": taken,
        "agreement": _agreement(study, round, len(cards)) if taken and cards else None,
        "release": release_entry(study.pk, round.released_at),
        "themes": themes,
        "waiting": len(waiting),
        "rule_words": rule_words(rule),
        "has_errors": bool(refused.errors),
        "errors": refused.errors,
        **_going_on(study, round),
    }
    status = 422 if refused.errors else 200
    return render(request, "facilitator/round_closed.html", context, status=status)


def _agreement(study: Study, round: Round, statements: int) -> AgreementOnPage:
    return agreement_on_page(shown_agreements(study).get(round.pk), statements, study.protocol.least_answers)


def _standing(round: Round, cards: Sequence[ResultCard], surveys: Sequence[SurveyCard], rule: Rule) -> str:
    if not round.is_rating:
        return favoured_words([card.reading for card in surveys])
    return standing_words(sum(card.reading.result.is_settled for card in cards), len(cards), rule)


def _going_on(study: Study, round: Round) -> dict[str, Any]:
    """What may come after this round."""
    now = database_now()
    course = course_of(study, now)
    is_last = course.last == round
    form = NextRoundForm(study=study, now=now, initial=NextRoundForm.initial_of(round, now))
    return {
        "course": course,
        "is_last": is_last,
        "offers_wall": is_last and not (round.is_rating or course.unfinished or course.is_finished),
        "next_phrase": course.next_phrase(Round.Kind.RATING),
        "next_survey": course.next_phrase(Round.Kind.OPTION_SURVEY),
        "next_form": form,
    }


@login_required
@require_POST
def moderate_comment(request: HttpRequest, slug: str, number: int, comment_id: uuid.UUID) -> HttpResponse:
    """Publish a comment, as it is or edited, or hide it for a reason; the original is kept."""
    study = run_study(request, slug)
    round = round_in(study, number)
    comment = comment_in(round, comment_id)
    form = CommentForm.of(comment, request.POST)
    if not form.is_valid():
        return result_page(request, study, round, Refused(comments={comment.pk: form}))
    hides, now, actor = request.POST.get("action") == "hide", database_now(), staff_of(request)
    try:
        if hides:
            releasing.hide_comment(comment=comment, actor=actor, reason=form.cleaned_data["reason"], now=now)
        else:
            releasing.publish_comment(comment=comment, actor=actor, body=form.cleaned_data["body"], now=now)
    except RoundError as fault:
        form.add_error("reason" if hides else "body", str(fault))
        if not round.is_released:
            return result_page(request, study, round, Refused(comments={comment.pk: form}))
        messages.error(request, str(fault))
    return _back_to(comment, slug)


def _back_to(comment: Comment, slug: str) -> HttpResponse:
    address = reverse("facilitator:round", args=[slug, comment.vignette.round.number])
    place = f"statement-{comment.asked.number}" if comment.asked else f"vignette-{comment.vignette.number}"
    return redirect(f"{address}#{place}")


@login_required
@require_POST
def theme_comment(request: HttpRequest, slug: str, number: int, comment_id: uuid.UUID) -> HttpResponse:
    """Put a comment under a theme, a new one or one that the study has; without a name, under none."""
    study = run_study(request, slug)
    round = round_in(study, number)
    comment = comment_in(round, comment_id)
    form = ThemeForm.of(comment, request.POST)
    if not form.is_valid():
        return result_page(request, study, round, Refused(themes={comment.pk: form}))
    try:
        releasing.put_under_theme(
            comment=comment, theme=form.cleaned_data["theme"], actor=staff_of(request), now=database_now()
        )
    except RoundError as fault:
        messages.error(request, str(fault))
    return _back_to(comment, slug)


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
    previews, surveys = previews_of(study, round), survey_previews_of(study, round)
    context = {
        "study": study,
        "round": round,
        "previews": previews,
        "surveys": surveys,
        "warned": sum(map(len, [*(one.warnings for one in previews), *(one.warnings for one in surveys)])),
        "levels": list(zip(LEVEL_KINDS, LEVEL_WORDS.values(), strict=True)),
        "waiting": pending_comments(round),
    }
    return render(request, "facilitator/release.html", context)


@login_required
@require_safe
def statement(request: HttpRequest, slug: str, statement_id: uuid.UUID) -> HttpResponse:
    """One statement: its last result, and how its ratings moved through the rounds."""
    study = run_study(request, slug)
    statement = statement_in(study, statement_id)
    results = results_of_statement(study, statement)
    number = vignette_numbers(study)[statement.vignette_id]
    context: dict[str, Any] = {"study": study, "statement": statement, "number": number}
    if not results:
        names = statement.named_options.select_related("option").values_list("option__name", flat=True)
        context["wording"] = pieces(statement.text, names)
        return render(request, "facilitator/statement_unrated.html", context)
    before, readings = None, list[Reading]()
    for result in results:
        readings.append(reading_of(result, number, before))
        last_before, before = before, result.asked.round
    latest = readings[-1]
    comments = comments_of(latest.result.asked.round).get(latest.result.asked.pk, [])
    context |= {
        "readings": readings,
        "latest": latest,
        "round": latest.result.asked.round,
        "over_rounds": [_over_rounds(reading) for reading in readings],
        "round_phrase": round_phrase(latest.result.asked.round),
        "rule_name": rule_name(latest.result.rule),
        "further": further_figures(latest.result),
        "stability": stability_figures(latest.result, last_before),
        "moves": [reading.moves for reading in readings if reading.moves],
        "steps": told_of_statement(study, statement),
        "themes": themed(comments),
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
        "rule_above": reading.rule_above,
    }
