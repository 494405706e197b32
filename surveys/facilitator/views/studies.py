"""The studies of a facilitator or author, and a new one."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from surveys.accounts.models import User
from surveys.facilitator.access import study_creator, writer
from surveys.facilitator.forms.study import USUAL_STEM, StudyForm
from surveys.studies.models import StudyStaff
from surveys.studies.queries import database_now, studies_of
from surveys.studies.services import StudyError
from surveys.studies.services import create_study as create_study_service


@login_required
@require_safe
def studies(request: HttpRequest) -> HttpResponse:
    """One's own studies, newest first."""
    user = writer(request)
    roles = StudyStaff.objects.filter(user=user).select_related("study").order_by("-study__created_at", "study__slug")
    return render(request, "facilitator/studies.html", {"roles": roles, "may_create": user.may_create_studies})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def create_study(request: HttpRequest) -> HttpResponse:
    """Name a new study. Made in the demonstration it is one too: its mail is sent to nobody but shown on a page."""
    creator = study_creator(request)
    form = StudyForm(request.POST or None, initial={"question_stem": USUAL_STEM, "time_zone": _usual_zone(creator)})
    if form.is_valid():
        try:
            study = create_study_service(
                facilitator=creator, now=database_now(), is_demonstration=settings.DELPHI_DEMO, **form.cleaned_data
            )
        except StudyError as fault:
            form.add_error(None, str(fault))
        else:
            messages.success(request, _("The study is created. Write its questionnaire next."))
            return redirect("facilitator:questionnaire", study.slug)
    context = {"form": form, "has_errors": bool(form.errors), "knows_zone": studies_of(creator).exists()}
    return render(request, "facilitator/create_study.html", context, status=422 if form.errors else 200)


def _usual_zone(user: User) -> str:
    last = studies_of(user).order_by("-created_at").first()
    return last.time_zone if last else "UTC"
