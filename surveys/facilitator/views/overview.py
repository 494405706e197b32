"""A study as a whole: where it stands, how it ends, and what staff did to it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from surveys.facilitator.access import run_study, staff_of
from surveys.facilitator.course import Course, course_of, rows_of, steps_of, title_of
from surveys.facilitator.deeds import deed_of
from surveys.facilitator.forms.rounds import FinishForm
from surveys.facilitator.keys import needs_keys
from surveys.facilitator.lineage import flow_of
from surveys.facilitator.next_step import next_step
from surveys.facilitator.readings import round_label
from surveys.feedback.services.checking import broken_promise
from surveys.feedback.services.releasing import finish_study
from surveys.pages.verdict_words import in_words, rule_name, rule_words
from surveys.rounds.services.opening import RoundError
from surveys.studies.queries import audit_head, audit_trail, database_now
from surveys.studies.services import StudyError
from surveys.vignettes.queries import vignette_numbers

ENTRIES_A_PAGE = 100


@login_required
@require_safe
@needs_keys
def study(request: HttpRequest, slug: str) -> HttpResponse:
    """Where the study stands and what comes next."""
    study = run_study(request, slug)
    course = course_of(study, database_now())
    context: dict[str, Any] = {
        "study": study,
        "course": course,
        "title": title_of(course),
        "steps": steps_of(course),
        "next": next_step(course),
        "rows": rows_of(course, vignette_numbers(study)),
        "round_labels": [round_label(round) for round in course.shown],
        "rule_name": rule_name(course.rule),
        "rule_words": rule_words(course.rule),
        "reasons": [in_words(reason.phrase) for reason in course.further_reasons],
        "flow": flow_of(study),
    }
    return render(request, "facilitator/study.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def finish(request: HttpRequest, slug: str) -> HttpResponse:
    """End the study, for a recorded reason; offered with one where every statement has consensus."""
    study = run_study(request, slug)
    if study.is_over:
        return redirect("facilitator:study", slug)
    now = database_now()
    course = course_of(study, now)
    form = FinishForm(request.POST or None, initial={"reason": _preset_reason(course)})
    if request.method == "POST" and form.is_valid():
        try:
            finish_study(study=study, actor=staff_of(request), reason=form.cleaned_data["reason"], now=now)
        except (StudyError, RoundError) as fault:
            form.add_error(None, str(fault))
        else:
            messages.success(request, _("The study is finished."))
            return redirect("facilitator:study", slug)
    context = {"study": study, "course": course, "form": form, "has_errors": bool(form.errors)}
    context |= {"rule_name": rule_name(course.rule)}
    return render(request, "facilitator/finish.html", context)


def _preset_reason(course: Course) -> str:
    if not course.everywhere:
        return " ".join(in_words(reason.phrase) for reason in course.further_reasons)
    return _("Every statement has %(rule)s: the stopping rule is met.") % {"rule": rule_name(course.rule)}


@login_required
@require_safe
def log(request: HttpRequest, slug: str) -> HttpResponse:
    """What staff did to the study, newest first; never what a panelist did."""
    study = run_study(request, slug)
    page = Paginator(audit_trail(study), ENTRIES_A_PAGE).get_page(request.GET.get("page"))
    context = {"study": study, "page": page, "deeds": [deed_of(entry, study) for entry in page]}
    context |= {"head": audit_head(study.pk), "broken": broken_promise(study)}
    return render(request, "facilitator/log.html", context)
