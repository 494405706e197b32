"""Meetings: their plan, what was written down of them, and what they decided."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from surveys.facilitator.access import decision_in, meeting_in, run_study, staff_of
from surveys.facilitator.forms.fields import StaffForm
from surveys.facilitator.forms.meetings import DecisionForm, MeetingForm, RecordForm
from surveys.facilitator.meeting_words import attendance_words, step_words, timed_agenda, totals_words
from surveys.meetings.models import Decision, Meeting
from surveys.meetings.queries import decisions_of, meetings_of, next_meeting, totals_of
from surveys.meetings.services import meetings as services
from surveys.meetings.services.evidence import is_web_address
from surveys.meetings.services.meetings import MeetingError
from surveys.rounds.models import Round
from surveys.rounds.queries import closed_rounds, released_rounds
from surveys.studies.queries import database_now


@login_required
@require_safe
def meetings(request: HttpRequest, slug: str) -> HttpResponse:
    """All meetings, the next one first, and how many of which length were held."""
    study = run_study(request, slug)
    listed = list(meetings_of(study))
    held = [meeting for meeting in listed if meeting.was_held]
    context = {
        "study": study,
        "meetings": [*(meeting for meeting in listed if not meeting.was_held), *reversed(held)],
        "next": next_meeting(study, database_now()),
        "held": len(held),
        "total_minutes": sum(meeting.minutes for meeting in held),
        "totals": totals_words(totals_of(listed)),
        "is_finished": study.is_over,
    }
    return render(request, "facilitator/meetings.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan_meeting(request: HttpRequest, slug: str) -> HttpResponse:
    """Say when a new meeting is to be, and how."""
    study = run_study(request, slug)
    form = MeetingForm(request.POST, study=study) if request.method == "POST" else MeetingForm.new(study)
    if form.is_valid():
        try:
            meeting = services.plan_meeting(study=study, actor=staff_of(request), plan=form.plan, now=database_now())
        except MeetingError as fault:
            form.add_error(None, str(fault))
        else:
            messages.success(request, _("%(meeting)s is planned.") % {"meeting": meeting})
            return redirect("facilitator:meeting", study.slug, meeting.number)
    context = {"study": study, "form": form, "has_errors": bool(form.errors)}
    return render(request, "facilitator/plan_meeting.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def meeting(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One meeting on one page: facts, attendance, agenda with its clock, notes, decisions."""
    study = run_study(request, slug)
    found = meeting_in(study, number)
    items = list(found.agenda.all())
    decisions = [(each, [step_words(step) for step in each.steps.all()]) for each in decisions_of(found)]
    context = {
        "study": study,
        "meeting": found,
        "place_is_link": is_web_address(found.place),
        "after_round": _round_looked_at(found),
        "attendance": attendance_words(found),
        "agenda": timed_agenda(found, items),
        "agenda_minutes": sum(item.minutes for item in items),
        "decisions": decisions,
        "may_make": released_rounds(study).exists(),
        "may_delete": not (found.was_held or found.notes or decisions),
        "is_finished": study.is_over,
    }
    return render(request, "facilitator/meeting.html", context)


def _round_looked_at(meeting: Meeting) -> Round | None:
    if meeting.after_round_id is None:
        return None
    return closed_rounds(meeting.study).filter(pk=meeting.after_round_id).first()


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_meeting(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Move a meeting to another time or place."""
    found = meeting_in(run_study(request, slug), number)
    form = MeetingForm(request.POST, study=found.study) if request.method == "POST" else MeetingForm.of(found)

    def save() -> None:
        services.update_meeting(meeting=found, actor=staff_of(request), plan=form.plan, now=database_now())

    return _form_page(request, found, form, save, "facilitator/edit_meeting.html")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def write_up_meeting(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Write down how long it took, who was there by role, and what was said."""
    found = meeting_in(run_study(request, slug), number)
    form = RecordForm(request.POST, study=found.study) if request.method == "POST" else RecordForm.of(found)

    def save() -> None:
        services.write_up(meeting=found, actor=staff_of(request), what=form.record, now=database_now())

    return _form_page(request, found, form, save, "facilitator/write_up_meeting.html")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_meeting(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take away a meeting of which nothing was written down, after asking once."""
    study = run_study(request, slug)
    found = meeting_in(study, number)
    if request.method != "POST":
        return render(request, "facilitator/delete_meeting.html", {"study": study, "meeting": found})
    try:
        services.delete_meeting(meeting=found, actor=staff_of(request), now=database_now())
    except MeetingError as fault:
        messages.error(request, str(fault))
        return redirect("facilitator:meeting", study.slug, number)
    messages.success(request, _("%(meeting)s is deleted.") % {"meeting": found})
    return redirect("facilitator:meetings", study.slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def record_decision(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Write down a decision, and which steps of the lineage followed from it."""
    found = meeting_in(run_study(request, slug), number)
    form = DecisionForm(request.POST if request.method == "POST" else None, study=found.study)

    def save() -> None:
        services.record_decision(meeting=found, actor=staff_of(request), now=database_now(), **form.cleaned_data)

    return _form_page(request, found, form, save, "facilitator/edit_decision.html")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_decision(request: HttpRequest, slug: str, number: int, decision_id: uuid.UUID) -> HttpResponse:
    """Word a decision anew, or link other steps to it."""
    found = meeting_in(run_study(request, slug), number)
    decision = decision_in(found, decision_id)
    form = DecisionForm(request.POST, study=found.study) if request.method == "POST" else DecisionForm.of(decision)

    def save() -> None:
        services.update_decision(decision=decision, actor=staff_of(request), now=database_now(), **form.cleaned_data)

    return _form_page(request, found, form, save, "facilitator/edit_decision.html", decision=decision)


@login_required
@require_POST
def remove_decision(request: HttpRequest, slug: str, number: int, decision_id: uuid.UUID) -> HttpResponse:
    """Take a decision out; the log keeps it."""
    found = meeting_in(run_study(request, slug), number)
    decision = decision_in(found, decision_id)
    try:
        services.remove_decision(decision=decision, actor=staff_of(request), now=database_now())
    except MeetingError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("The decision is removed."))
    return redirect("facilitator:meeting", slug, number)


def _form_page(
    request: HttpRequest,
    meeting: Meeting,
    form: StaffForm,
    save: Callable[[], None],
    template: str,
    decision: Decision | None = None,
) -> HttpResponse:
    """The page of one form about a meeting; saved, it leads back to the meeting."""
    if form.is_valid():
        try:
            save()
        except MeetingError as fault:
            form.add_error(None, str(fault))
        else:
            messages.success(request, _("Saved."))
            return redirect("facilitator:meeting", meeting.study.slug, meeting.number)
    context: dict[str, Any] = {
        "study": meeting.study,
        "meeting": meeting,
        "decision": decision,
        "form": form,
        "has_errors": bool(form.errors),
    }
    return render(request, template, context, status=422 if form.errors else 200)
