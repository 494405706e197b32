"""The agenda of a meeting: typed in, or made from the last released results."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms.formsets import BaseFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from surveys.facilitator.access import meeting_in, run_study, staff_of
from surveys.facilitator.agenda import proposed_agenda
from surveys.facilitator.forms.meetings import AgendaFormSet, AgendaItemForm, agenda_entries, agenda_initial
from surveys.meetings.services import meetings as services
from surveys.meetings.services.meetings import MeetingError
from surveys.rounds.queries import last_closed_round
from surveys.studies.queries import database_now


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_agenda(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Type the agenda in, an item a row, and note what came of each."""
    study = run_study(request, slug)
    meeting = meeting_in(study, number)
    items = list(meeting.agenda.all())
    rows = AgendaFormSet(request.POST) if request.method == "POST" else AgendaFormSet(initial=agenda_initial(items))
    faults: list[tuple[str, str]] = []
    if request.method == "POST" and rows.is_valid():
        entries = agenda_entries(rows, items)
        try:
            services.set_agenda(meeting=meeting, actor=staff_of(request), entries=entries, now=database_now())
        except MeetingError as fault:
            faults = [("agenda", str(fault))]
        else:
            messages.success(request, _("The agenda is saved."))
            return redirect("facilitator:meeting", study.slug, number)
    elif request.method == "POST":
        faults = _faults(rows)
    context = {"study": study, "meeting": meeting, "rows": rows, "errors": faults, "has_errors": bool(faults)}
    return render(request, "facilitator/edit_agenda.html", context, status=422 if faults else 200)


def _faults(rows: "BaseFormSet[AgendaItemForm]") -> list[tuple[str, str]]:
    """The faults of all rows, each with the field that it is about."""
    told = [("agenda", str(sentence)) for sentence in rows.non_form_errors()]
    for place, row in enumerate(rows, start=1):
        words = {"place": place}
        for field in row:
            label = _("Item %(place)d, %(field)s") % {**words, "field": str(field.label).lower()}
            told += [(field.auto_id, f"{label}: {sentence}") for sentence in field.errors]
    return told


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def make_agenda(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Propose an agenda from the released results, and take it over."""
    study = run_study(request, slug)
    meeting = meeting_in(study, number)
    proposed = proposed_agenda(study, meeting.minutes_planned)
    if request.method == "POST" and proposed:
        entries = [item.entry for item in proposed]
        try:
            services.set_agenda(meeting=meeting, actor=staff_of(request), entries=entries, now=database_now())
        except MeetingError as fault:
            messages.error(request, str(fault))
        else:
            messages.success(request, _("The agenda is saved."))
        return redirect("facilitator:meeting", study.slug, number)
    last = last_closed_round(study)
    context = {
        "study": study,
        "meeting": meeting,
        "proposed": proposed,
        "replaces": meeting.agenda.exists(),
        "unreleased": last if last and not last.is_released else None,
    }
    return render(request, "facilitator/make_agenda.html", context)
