"""The rounds of a study: prepared, checked, opened, watched over, closed."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from surveys.facilitator.access import round_in, run_study, staff_of
from surveys.facilitator.asking import left_out_ids, statement_choices, statements_left_out
from surveys.facilitator.course import course_of, standing_words, tasks_of
from surveys.facilitator.forms.rounds import CancelForm, ExtendForm, NextRoundForm, PlanForm
from surveys.facilitator.keys import needs_keys
from surveys.facilitator.views.results import result_page
from surveys.feedback.queries import rule_of, standing
from surveys.feedback.services.closing import TooFewAnswers
from surveys.feedback.services.closing import close_round as close
from surveys.feedback.services.releasing import open_next_round, prepare_next_round
from surveys.pages.verdict_words import rule_words
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.rounds.queries import attendance, last_closed_round, rounds_of, statements_to_ask, unfinished_round
from surveys.rounds.services import opening
from surveys.rounds.services.opening import NotReady, RoundError
from surveys.sheets.keystore import KeyStoreError
from surveys.studies.models import Protocol, Study
from surveys.studies.queries import database_now

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@login_required
@require_safe
def rounds(request: HttpRequest, slug: str) -> HttpResponse:
    """All rounds of the study that were not cancelled, the latest first."""
    study = run_study(request, slug)
    found = list(rounds_of(study))
    unfinished = [round for round in found if round.status != Round.Status.CLOSED]
    context = {
        "study": study,
        "rounds": found[::-1],
        "unfinished": unfinished[0] if unfinished else None,
        "closed": len(found) - len(unfinished),
        "may_draft": not unfinished and study.status != Study.Status.FINISHED,
        "next_number": 1 + sum(round.kind == Round.Kind.RATING for round in found),
    }
    return render(request, "facilitator/rounds.html", context)


@login_required
@form_methods
def draft_round(request: HttpRequest, slug: str) -> HttpResponse:
    """Prepare the next rating round, with one action, and go to its plan; or open it at once."""
    study = run_study(request, slug)
    unfinished = unfinished_round(study)
    if unfinished:
        return redirect("facilitator:round", slug, unfinished.number)
    if request.method == "POST" and request.POST.get("then") == "open":
        return _open_next(request, study)
    if request.method == "POST":
        try:
            drafted = prepare_next_round(study=study, actor=staff_of(request), now=database_now())
        except RoundError as fault:
            messages.error(request, str(fault))
            return redirect("facilitator:study", slug)
        return redirect("facilitator:round", slug, drafted.number)
    return _draft_page(request, study)


def _open_next(request: HttpRequest, study: Study) -> HttpResponse:
    """Open the next round as the last one was, until the time that was chosen."""
    now = database_now()
    form = NextRoundForm(request.POST, study=study, now=now)
    if not form.is_valid():
        return _draft_page(request, study, form)
    try:
        opened = open_next_round(
            study=study, actor=staff_of(request), closes_at=form.cleaned_data["closes_at"], now=now
        )
    except (RoundError, KeyStoreError) as fault:
        messages.error(request, _("The round did not open. %(why)s") % {"why": fault})
        return redirect("facilitator:study", study.slug)
    messages.success(request, _("%(round)s is open.") % {"round": opened})
    return redirect("facilitator:round", study.slug, opened.number)


def _draft_page(request: HttpRequest, study: Study, form: NextRoundForm | None = None) -> HttpResponse:
    last, now = last_closed_round(study), database_now()
    if form is None and last:
        form = NextRoundForm(study=study, now=now, initial=NextRoundForm.initial_of(last, now))
    found = standing(study)
    context = {
        "study": study,
        "next_number": 1 + rounds_of(study).filter(kind=Round.Kind.RATING).count(),
        "standing": standing_words(found.reached, found.total, rule_of(study)) if found.total else "",
        "sets_aside": study.protocol.settled == Protocol.Settled.SET_ASIDE and found.reached > 0,
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
    return render(request, template, {"study": study, "round": round})


def _plan(request: HttpRequest, study: Study, round: Round) -> HttpResponse:
    now = database_now()
    statements = statement_choices(study)
    initial = PlanForm.initial_of(round, left_out_ids(round), statements)
    form = PlanForm(request.POST or None, study=study, now=now, statements=statements, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            opening.plan_round(
                round=round,
                actor=staff_of(request),
                opens_at=form.cleaned_data["opens_at"],
                closes_at=form.cleaned_data["closes_at"],
                message=form.cleaned_data["message"],
                left_out=statements_left_out(study, form.cleaned_data.get("asked")),
                now=now,
            )
        except RoundError as fault:
            messages.error(request, str(fault))
            return redirect("facilitator:round", study.slug, round.number)
        messages.success(request, _("The plan is saved."))
        return redirect("facilitator:open_round", study.slug, round.number)
    context = {"study": study, "round": round, "form": form, "has_errors": bool(form.errors)}
    return render(request, "facilitator/round_plan.html", context)


def _watch(request: HttpRequest, study: Study, round: Round) -> HttpResponse:
    now, there = database_now(), attendance(round)
    least = study.protocol.least_answers
    context = {
        "study": study,
        "round": round,
        "there": there,
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
