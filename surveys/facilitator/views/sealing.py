"""Sealing a study: announcing it, calling it off, confirming it as the second person, and what is left of it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from surveys.exports.certificates import certificate_file
from surveys.facilitator.access import run_study, staff_of
from surveys.facilitator.keys import needs_keys
from surveys.facilitator.to_do import Task
from surveys.feedback.services.sealing import SealingError, announce_sealing, call_off_sealing
from surveys.pages.attachments import attached
from surveys.pages.sealing import (
    CopiesForm,
    SealingOnPage,
    certificate_in,
    confirmed,
    dataset_attachment,
    sealing_on_page,
)
from surveys.studies.models import Study
from surveys.studies.queries import database_now


@login_required
@require_safe
def sealing(request: HttpRequest, slug: str) -> HttpResponse:
    """What sealing is, what it needs, and where it stands."""
    return _page(request, run_study(request, slug))


def _page(request: HttpRequest, study: Study, form: CopiesForm | None = None) -> HttpResponse:
    now = database_now()
    shown = sealing_on_page(study, staff_of(request), now)
    has_errors = form is not None
    context: dict[str, Any] = {
        "study": study,
        "sealing": shown,
        "tasks": _tasks(study, shown),
        "form": form or CopiesForm.from_day(now),
        "has_errors": has_errors,
        "confirm": reverse("facilitator:confirm_sealing", args=[study.slug]),
        "certificate": reverse("facilitator:certificate", args=[study.slug]),
        "dataset": reverse("facilitator:dataset", args=[study.slug, "csv"]),
        "dataset_json": reverse("facilitator:dataset", args=[study.slug, "json"]),
    }
    return render(request, "facilitator/sealing.html", context, status=422 if has_errors else 200)


def _tasks(study: Study, shown: SealingOnPage) -> list[Task]:
    """The checklist with the pages that mend it; an export is an administrator's to download."""
    pages = {"study": reverse("facilitator:finish", args=[study.slug])}
    pages["rounds"] = reverse("facilitator:rounds", args=[study.slug])
    return [Task(item.text, item.is_done, "" if item.is_done else pages.get(item.place, "")) for item in shown.items]


@login_required
@require_POST
@needs_keys
def announce(request: HttpRequest, slug: str) -> HttpResponse:
    """Tell the panel that the study is sealed in a week."""
    study = run_study(request, slug)
    try:
        announce_sealing(study=study, actor=staff_of(request), now=database_now())
    except SealingError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("The sealing is announced. Every panelist is told by mail."))
    return redirect("facilitator:sealing", study.slug)


@login_required
@require_POST
def call_off(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the announcement back."""
    study = run_study(request, slug)
    try:
        call_off_sealing(study=study, actor=staff_of(request), now=database_now())
    except SealingError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("The sealing is called off. Every panelist is told by mail."))
    return redirect("facilitator:sealing", study.slug)


@login_required
@require_POST
def confirm(request: HttpRequest, slug: str) -> HttpResponse:
    """Seal the study as the second person."""
    study, form = run_study(request, slug), CopiesForm(request.POST)
    if not confirmed(form, study=study, user=staff_of(request), now=database_now()):
        return _page(request, study, form)
    messages.success(request, _("The study is sealed."))
    return redirect("facilitator:sealing", study.slug)


@login_required
@require_safe
def certificate(request: HttpRequest, slug: str) -> HttpResponse:
    """The seal certificate, to read and to print; 404 before the key is destroyed."""
    study = run_study(request, slug)
    context = {"study": study, "certificate": certificate_in(study)}
    context["certificate_json"] = reverse("facilitator:certificate_file", args=[study.slug])
    return render(request, "facilitator/certificate.html", context)


@login_required
@require_safe
def certificate_json(request: HttpRequest, slug: str) -> HttpResponse:
    """The seal certificate as JSON; 404 before the key is destroyed."""
    return attached(certificate_file(certificate_in(run_study(request, slug))))


@login_required
@require_safe
def dataset(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """The dataset with a row for each panelist, recorded in the audit chain; 404 where there is none."""
    return dataset_attachment(run_study(request, slug), staff_of(request), form, database_now())
