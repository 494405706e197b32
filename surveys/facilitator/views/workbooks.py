"""Spreadsheets: a study made from a workbook, the empty template, and a questionnaire as a workbook; and copies."""

from collections.abc import Sequence

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from surveys.facilitator.access import run_study, staff_of, study_creator, write_study
from surveys.facilitator.forms.workbook import CopyForm, WorkbookForm, sealed, unsealed
from surveys.panels.services import PanelError
from surveys.studies.models import StudyStaff
from surveys.studies.queries import database_now, role_in
from surveys.studies.services import StudyError
from surveys.vignettes.services.steps import QuestionnaireError
from surveys.workbooks import services
from surveys.workbooks.archive import WorkbookUnreadable
from surveys.workbooks.content import Content, StatementRow
from surveys.workbooks.parsing import parsed
from surveys.workbooks.queries import content_of
from surveys.workbooks.reading import read_workbook
from surveys.workbooks.writing import empty_workbook, study_workbook

MOST_FAULTS = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def start_from_workbook(request: HttpRequest) -> HttpResponse:
    """Upload a workbook, look at what it would make, and confirm; nothing is stored between the two."""
    creator = study_creator(request)
    if request.method != "POST":
        return _page(request, WorkbookForm())
    if request.POST.get("action") == "confirm":
        return _confirmed(request)
    form = WorkbookForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form)
    try:
        reading = read_workbook(parsed(form.cleaned_data["file"].read()), staff=[creator.email])
        if reading.content is None:
            return _page(request, form, [str(fault) for fault in reading.faults])
        return _preview(request, reading.content, sealed(reading.content, creator))
    except WorkbookUnreadable as fault:
        return _page(request, form, [str(fault)])


def _confirmed(request: HttpRequest) -> HttpResponse:
    creator = study_creator(request)
    try:
        study = services.start_from_workbook(
            content=unsealed(request.POST.get("content", ""), creator),
            facilitator=creator,
            is_demonstration=settings.DELPHI_DEMO,
            now=database_now(),
        )
    except (WorkbookUnreadable, StudyError, QuestionnaireError, PanelError) as fault:
        return _page(request, WorkbookForm(), [str(fault)])
    messages.success(request, _("The study is created from the workbook. Read its questionnaire over."))
    return redirect("facilitator:questionnaire", study.slug)


def _page(request: HttpRequest, form: WorkbookForm, faults: Sequence[str] = ()) -> HttpResponse:
    """The page of the upload; with the first faults of the workbook, and how many more there are."""
    told = list(faults[:MOST_FAULTS])
    if len(faults) > MOST_FAULTS:
        more = len(faults) - MOST_FAULTS
        told.append(ngettext("There is %(n)d more fault.", "There are %(n)d more faults.", more) % {"n": more})
    has_errors = bool(told) or (form.is_bound and bool(form.errors))
    context = {
        "form": form,
        "errors": [("id_file", fault) for fault in told],
        "has_errors": has_errors,
    }
    return render(request, "facilitator/start_from_workbook.html", context, status=422 if has_errors else 200)


def _preview(request: HttpRequest, content: Content, text: str) -> HttpResponse:
    """What the workbook would make."""
    by_vignette: dict[int, list[StatementRow]] = {}
    for statement in content.statements:
        by_vignette.setdefault(statement.vignette, []).append(statement)
    context = {
        "content": content,
        "text": text,
        "vignettes": [(row, by_vignette.get(place, [])) for place, row in enumerate(content.vignettes)],
        "has_groups": any(row.group for row in content.panelists),
    }
    return render(request, "facilitator/workbook_preview.html", context)


@login_required
@require_safe
def workbook_template(request: HttpRequest) -> HttpResponse:
    """The empty workbook, with a sheet that explains it."""
    study_creator(request)
    return _file("study-template.xlsx", empty_workbook())


@login_required
@require_safe
def questionnaire_workbook(request: HttpRequest, slug: str) -> HttpResponse:
    """The questionnaire as a workbook; with the panel for facilitators alone."""
    study = write_study(request, slug)
    with_panel = role_in(study, staff_of(request)) == StudyStaff.Role.FACILITATOR
    content = content_of(study, with_panel=with_panel)
    return _file(f"{study.slug}-workbook.xlsx", study_workbook(content, with_panel=with_panel))


def _file(name: str, content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def copy_study(request: HttpRequest, slug: str) -> HttpResponse:
    """Start a new study from this one's protocol and questionnaire."""
    study = run_study(request, slug)
    form = CopyForm(request.POST or None, initial={"title": _("%(title)s, again") % {"title": study.title[:180]}})
    if form.is_valid():
        try:
            copied = services.copy_study(
                study=study,
                title=form.cleaned_data["title"],
                facilitator=staff_of(request),
                is_demonstration=settings.DELPHI_DEMO,
                now=database_now(),
            )
        except (StudyError, QuestionnaireError) as fault:
            form.add_error(None, str(fault))
        else:
            messages.success(request, _("The new study is created. Add its panel next."))
            return redirect("facilitator:questionnaire", copied.slug)
    context = {
        "study": study,
        "form": form,
        "has_errors": bool(form.errors),
        "content": content_of(study, with_panel=False),
    }
    return render(request, "facilitator/copy_study.html", context, status=422 if form.errors else 200)
