"""The rounds of a study: prepared, checked, opened, watched over, closed."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from surveys.facilitator.access import round_in, run_study, staff_of
from surveys.facilitator.asking import (
    left_out_ids,
    statement_choices,
    statements_left_out,
    vignette_choices,
    vignettes_left_out,
)
from surveys.facilitator.course import Course, course_of, standing_words
from surveys.facilitator.forms.rounds import CancelForm, ExtendForm, NextRoundForm, PlanForm
from surveys.facilitator.forms.surveys import QuestionsForm
from surveys.facilitator.keys import needs_keys
from surveys.facilitator.next_step import other_kind
from surveys.facilitator.to_do import tasks_of
from surveys.facilitator.views.results import result_page
from surveys.feedback.queries import rule_of
from surveys.feedback.services.closing import TooFewAnswers
from surveys.feedback.services.closing import close_round as close
from surveys.feedback.services.releasing import open_next_round, prepare_next_round, prepare_next_survey
from surveys.feedback.services.tallying import tally_progress
from surveys.pages.verdict_words import rule_words
from surveys.panels.queries import panel_of, panelists_of
from surveys.rounds.models import Round
from surveys.rounds.queries import (
    attendance,
    last_closed_round,
    options_to_ask,
    statements_to_ask,
    unfinished_round,
    vignettes_to_survey,
    waiting_for,
)
from surveys.rounds.services import opening
from surveys.rounds.services.opening import NotReady, RoundError
from surveys.sheets.keystore import KeyStoreError
from surveys.studies.models import Protocol, Study
from surveys.studies.queries import database_now

NAMES_A_PAGE = 100

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@login_required
@require_safe
def rounds(request: HttpRequest, slug: str) -> HttpResponse:
    """All rounds of the study that were not cancelled, the latest first."""
    study = run_study(request, slug)
    course = course_of(study, database_now())
    context = {
        "study": study,
        "rounds": course.rounds[::-1],
        "unfinished": course.unfinished,
        "closed": len(course.closed),
        "may_draft": not course.unfinished and not course.is_finished,
        "awaits_statements": course.awaits_statements,
        "ways": _ways(course),
    }
    return render(request, "facilitator/rounds.html", context)


def _ways(course: Course) -> list[tuple[str, str]]:
    """(kind, phrase) of the rounds that could be prepared, the one that comes next first."""
    first = course.next_kind
    kinds = (first, other_kind(first)) if course.has_options else (first,)
    return [(kind, course.next_phrase(kind)) for kind in kinds]


@login_required
@form_methods
def draft_round(request: HttpRequest, slug: str) -> HttpResponse:
    """Prepare the next round of the kind that the address names, and go to its plan; or open a rating round at once."""
    study = run_study(request, slug)
    unfinished = unfinished_round(study)
    if unfinished:
        return redirect("facilitator:round", slug, unfinished.number)
    kind = request.GET.get("kind", Round.Kind.RATING)
    if kind not in Round.Kind.values:
        raise Http404
    if request.method != "POST":
        return _draft_page(request, study, kind)
    if request.POST.get("then") == "open" and kind == Round.Kind.RATING:
        return _open_next(request, study)
    prepare = prepare_next_round if kind == Round.Kind.RATING else prepare_next_survey
    try:
        drafted = prepare(study=study, actor=staff_of(request), now=database_now())
    except RoundError as fault:
        messages.error(request, str(fault))
        return redirect("facilitator:study", slug)
    return redirect("facilitator:round", slug, drafted.number)


def _open_next(request: HttpRequest, study: Study) -> HttpResponse:
    """Open the next round as the last one was, until the time that was chosen."""
    now = database_now()
    form = NextRoundForm(request.POST, study=study, now=now)
    if not form.is_valid():
        return _draft_page(request, study, Round.Kind.RATING, form)
    try:
        opened = open_next_round(
            study=study, actor=staff_of(request), closes_at=form.cleaned_data["closes_at"], now=now
        )
    except (RoundError, KeyStoreError) as fault:
        messages.error(request, _("The round did not open. %(why)s") % {"why": fault})
        return redirect("facilitator:study", study.slug)
    messages.success(request, _("%(round)s is open.") % {"round": opened})
    return redirect("facilitator:round", study.slug, opened.number)


def _draft_page(request: HttpRequest, study: Study, kind: str, form: NextRoundForm | None = None) -> HttpResponse:
    last, now = last_closed_round(study), database_now()
    if form is None and last and last.is_rating and kind == Round.Kind.RATING:
        form = NextRoundForm(study=study, now=now, initial=NextRoundForm.initial_of(last, now))
    course = course_of(study, now)
    context = {
        "study": study,
        "kind": kind,
        "next_phrase": course.next_phrase(kind),
        "standing": standing_words(course.reached, course.total, course.rule) if course.total else "",
        "sets_aside": study.protocol.settled == Protocol.Settled.SET_ASIDE and course.reached > 0,
        "form": form,
        "has_errors": bool(form and form.errors),
    }
    return render(request, "facilitator/draft_round.html", context, status=422 if context["has_errors"] else 200)


@login_required
@form_methods
@needs_keys
def round(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One round, as its state asks: its plan, who has submitted, the tally under way, or its results."""
    study = run_study(request, slug)
    round = round_in(study, number)
    if round.status == Round.Status.DRAFT:
        return _plan(request, study, round)
    if request.method == "POST":
        messages.error(request, _("This round has opened; only its closing time can be moved."))
        return redirect("facilitator:round", slug, number)
    if round.status == Round.Status.OPEN:
        return _watch(request, study, round)
    if round.status == Round.Status.CLOSING:
        return _wait(request, study, round)
    # The page that waits asks for itself again; what it then gets is not a part of it but a new page.
    return HttpResponseClientRefresh() if _polls(request) else result_page(request, study, round)


def _polls(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _wait(request: HttpRequest, study: Study, round: Round) -> HttpResponse:
    template = "facilitator/_closing.html" if _polls(request) else "facilitator/round_closing.html"
    return render(request, template, {"study": study, "round": round, "progress": tally_progress(round)})


def _plan(request: HttpRequest, study: Study, round: Round) -> HttpResponse:
    now, posted = database_now(), request.POST or None
    statements = statement_choices(study) if round.is_rating else []
    initial = PlanForm.initial_of(round, left_out_ids(round), statements)
    form = PlanForm(posted, study=study, now=now, statements=statements, initial=initial)
    questions = QuestionsForm(posted, round=round, vignettes=vignette_choices(study))
    if request.method == "POST" and all([form.is_valid(), questions.is_valid()]):
        try:
            opening.plan_draft(round=round, actor=staff_of(request), now=now, **_planned(study, form, questions))
        except RoundError as fault:
            messages.error(request, str(fault))
            return redirect("facilitator:round", study.slug, round.number)
        messages.success(request, _("The plan is saved."))
        return redirect("facilitator:open_round", study.slug, round.number)
    context = {
        "study": study,
        "round": round,
        "form": form,
        "questions": questions,
        "errors": questions.named_errors(),
        "has_errors": bool(form.errors or questions.errors),
    }
    return render(request, "facilitator/round_plan.html", context, status=422 if context["has_errors"] else 200)


def _planned(study: Study, form: PlanForm, questions: QuestionsForm) -> dict[str, Any]:
    """What `plan_draft` is to set."""
    plan, asked = form.cleaned_data, questions.cleaned_data
    survey = opening.SurveyPlan(
        questions=asked["questions"],
        keeps_base=asked["keeps_base"],
        top_least=asked["top_least"],
        top_most=asked["top_most"],
        left_out=vignettes_left_out(study, asked["vignettes"]) if asked["questions"] else [],
    )
    return {
        **{name: plan[name] for name in ("opens_at", "closes_at", "message")},
        "left_out": statements_left_out(study, plan.get("asked")),
        "survey": survey,
    }


def _watch(request: HttpRequest, study: Study, round: Round) -> HttpResponse:
    now, there = database_now(), attendance(round)
    least = study.protocol.least_answers
    others = Paginator(waiting_for(round), NAMES_A_PAGE)
    page = others.get_page(request.GET.get("page"))
    context = {
        "study": study,
        "round": round,
        "there": there,
        "page": page,
        "waiting": panelists_of(page),
        "least": least,
        "has_enough": there.submitted >= least,
        "is_over": round.closes_at is not None and round.closes_at <= now,
        "all_there": there.submitted == there.invited,
    }
    return render(request, "facilitator/round_open.html", context)


@login_required
@form_methods
@needs_keys
def open_round(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """What is missing before a draft opens; where nothing is, exactly what opening will do, and the button."""
    study = run_study(request, slug)
    round = round_in(study, number)
    if round.status != Round.Status.DRAFT:
        return redirect("facilitator:round", slug, number)
    now, fault_words, status = database_now(), "", 200
    if request.method == "POST":
        try:
            opening.open_round(round=round, actor=staff_of(request), now=now)
        except NotReady:
            fault_words, status = _("The round did not open: something is missing."), 409
        except KeyStoreError:
            fault_words, status = _("The round did not open: the key that protects its answers cannot be kept."), 409
        except RoundError as fault:
            messages.error(request, str(fault))
            return redirect("facilitator:round", slug, number)
        else:
            messages.success(request, _("%(round)s is open.") % {"round": round})
            return redirect("facilitator:round", slug, number)
    context = _opening_context(study, round, now) | {"fault": fault_words, "has_errors": bool(fault_words)}
    return render(request, "facilitator/open_round.html", context, status=status)


def _opening_context(study: Study, round: Round, now: dt.datetime) -> dict[str, Any]:
    tasks = tasks_of(course_of(study, now))
    return {
        "study": study,
        "round": round,
        "tasks": tasks,
        "missing": sum(not task.is_done for task in tasks),
        "panelists": panel_of(study).count(),
        "statements": statements_to_ask(round).count(),
        "options": options_to_ask(round).count(),
        "vignettes": vignettes_to_survey(round).count(),
        "questions": [Round.Question(name).label for name in round.questions],
        "asks_top": Round.Question.TOP in round.questions,
        "rule_words": rule_words(rule_of(study)),
        "reminds": round.closes_at is not None and round.closes_at - now >= 2 * opening.REMINDER_BEFORE_CLOSE,
    }


@login_required
@form_methods
@needs_keys
def close_round(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Close an open round now, after a look at what that means; with too few answers it stays open."""
    study = run_study(request, slug)
    round = round_in(study, number)
    if round.status != Round.Status.OPEN:
        return redirect("facilitator:round", slug, number)
    fault_words = ""
    if request.method == "POST":
        try:
            close(round_id=round.pk, actor=staff_of(request))
        except TooFewAnswers as fault:
            fault_words = str(fault)
        except RoundError as fault:
            messages.error(request, str(fault))
            return redirect("facilitator:round", slug, number)
        else:
            return redirect("facilitator:round", slug, number)
    there, least = attendance(round), study.protocol.least_answers
    context = {
        "study": study,
        "round": round,
        "there": there,
        "waiting": there.invited - there.submitted,
        "least": least,
        "has_enough": there.submitted >= least,
        "fault": fault_words,
        "has_errors": bool(fault_words),
    }
    return render(request, "facilitator/close_round.html", context, status=409 if fault_words else 200)


@login_required
@form_methods
def extend_round(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Move an open round's closing time to a later one."""
    study = run_study(request, slug)
    round = round_in(study, number)
    if round.status != Round.Status.OPEN:
        return redirect("facilitator:round", slug, number)
    now = database_now()
    form = ExtendForm(request.POST or None, study=study, now=now, initial={"closes_at": round.closes_at})
    if request.method == "POST" and form.is_valid():
        closes_at = form.cleaned_data["closes_at"]
        try:
            opening.extend_round(round=round, actor=staff_of(request), closes_at=closes_at, now=now)
        except RoundError as fault:
            form.add_error("closes_at", str(fault))
        else:
            messages.success(request, _("The round has a new closing time."))
            return redirect("facilitator:round", slug, number)
    context = {"study": study, "round": round, "form": form, "has_errors": bool(form.errors)}
    return render(request, "facilitator/extend_round.html", context)


@login_required
@form_methods
def cancel_round(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """End a draft or an open round without a result, for a recorded reason."""
    study = run_study(request, slug)
    round = round_in(study, number)
    if round.status not in (Round.Status.DRAFT, Round.Status.OPEN):
        messages.error(request, _("A round that is closing or closed cannot be cancelled."))
        return redirect("facilitator:round", slug, number)
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            opening.cancel_round(round=round, actor=staff_of(request), reason=reason, now=database_now())
        except RoundError as fault:
            form.add_error(None, str(fault))
        else:
            messages.success(request, _("%(round)s is cancelled.") % {"round": round})
            return redirect("facilitator:rounds", slug)
    context = {"study": study, "round": round, "form": form, "has_errors": bool(form.errors)}
    return render(request, "facilitator/cancel_round.html", context)


@login_required
@require_POST
def remind(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Send a reminder to whoever has not submitted when it is sent."""
    study = run_study(request, slug)
    round = round_in(study, number)
    try:
        opening.remind(round=round, actor=staff_of(request), now=database_now())
    except RoundError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("A reminder is on its way to everybody who has not submitted."))
    return redirect("facilitator:round", slug, number)
