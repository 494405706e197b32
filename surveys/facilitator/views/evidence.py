"""The evidence before the first vote: who presents which option, what there is to read, and showing it to the panel."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import SystemRandom

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from surveys.facilitator.access import evidence_file_in, evidence_link_in, option_in, run_study, staff_of
from surveys.facilitator.forms.evidence import FileForm, LinkForm, PresenterForm, SummaryForm
from surveys.facilitator.forms.fields import StaffForm
from surveys.meetings.models import Presentation
from surveys.meetings.queries import Exhibit, evidence_of, has_content, presentations_of, unshared_evidence
from surveys.meetings.services import evidence as services
from surveys.meetings.services.files import EvidenceError
from surveys.pages.attachments import attachment
from surveys.panels.queries import panel_of
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import Option


@dataclass(frozen=True)
class ExhibitRow:
    """One line of the table: the option, its presentation, and what there is in words ("" for nothing)."""

    exhibit: Exhibit
    content: str
    state: str


@login_required
@require_safe
def evidence(request: HttpRequest, slug: str) -> HttpResponse:
    """All options by category: who presents them, for how long, and what there is to read."""
    study = run_study(request, slug)
    groups = [(group.category, [_row(each) for each in group.exhibits]) for group in evidence_of(study)]
    rows = [row for _category, lines in groups for row in lines]
    asked = [row for row in rows if not row.exhibit.option.is_dropped]
    there = [row.exhibit.presentation for row in rows if row.exhibit.presentation]
    context = {
        "study": study,
        "groups": groups,
        "options": len(asked),
        "assigned": sum(each.panelist_id is not None for each in there),
        "ready": sum(bool(row.content) for row in asked),
        "new": sum(row.state == "new" for row in rows),
        "total_minutes": sum(each.minutes for each in there if each.panelist_id or has_content(each)),
        "panelists": panel_of(study).count(),
        "is_finished": study.is_over,
    }
    return render(request, "facilitator/evidence.html", context)


def _row(exhibit: Exhibit) -> ExhibitRow:
    presentation = exhibit.presentation
    content = _content_words(presentation) if presentation else ""
    if presentation is None or not content:
        return ExhibitRow(exhibit, "", "")
    return ExhibitRow(exhibit, content, "new" if presentation.has_news else "shared" if presentation.is_shared else "")


def _content_words(presentation: Presentation) -> str:
    """What there is to read: "summary, 2 files, 1 link"."""
    files, links = len(presentation.files.all()), len(presentation.links.all())
    told = [
        _("summary") if presentation.summary else "",
        ngettext("%(n)d file", "%(n)d files", files) % {"n": files} if files else "",
        ngettext("%(n)d link", "%(n)d links", links) % {"n": links} if links else "",
    ]
    return ", ".join(words for words in told if words)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def assign_options(request: HttpRequest, slug: str) -> HttpResponse:
    """Give every option to a panelist, evenly: those that nobody has, or after asking once all of them anew."""
    study = run_study(request, slug)
    if request.method != "POST":
        return render(request, "facilitator/assign_options.html", {"study": study})
    try:
        given = services.assign_evenly(
            study=study,
            actor=staff_of(request),
            random=SystemRandom(),
            anew=request.POST.get("anew") == "yes",
            now=database_now(),
        )
    except EvidenceError as fault:
        messages.error(request, str(fault))
    else:
        words = ngettext("%(n)d option is assigned.", "%(n)d options are assigned.", given) % {"n": given}
        messages.success(request, words)
    return redirect("facilitator:evidence", study.slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def share_evidence(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all there is to the panel, and mail everybody, after saying what that means."""
    study = run_study(request, slug)
    if request.method != "POST":
        context = {"study": study, "new": unshared_evidence(study), "panelists": panel_of(study).count()}
        return render(request, "facilitator/share_evidence.html", context)
    try:
        services.share_evidence(study=study, actor=staff_of(request), now=database_now())
    except EvidenceError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("The panel can read the evidence, and a mail tells everybody so."))
    return redirect("facilitator:evidence", study.slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_presentation(request: HttpRequest, slug: str, option_id: uuid.UUID) -> HttpResponse:
    """The evidence for one option: its presenter, summary, files and links, each saved on its own."""
    study = run_study(request, slug)
    option = option_in(study, option_id)
    presentation = presentations_of(study).filter(option=option).first()
    forms: dict[str, StaffForm] = {
        "assign": PresenterForm(study=study, initial={"panelist": presentation.panelist_id if presentation else None}),
        "describe": SummaryForm.of(presentation),
        "attach": FileForm(),
        "link": LinkForm(),
    }
    action = request.POST.get("action", "")
    if request.method == "POST":
        if action not in forms:
            raise Http404
        forms[action] = _posted(request, study, action)
        if forms[action].is_valid() and _saved(request, option, action, forms[action]):
            return redirect("facilitator:edit_presentation", study.slug, option.pk)
    bound = forms.get(action)
    context = {
        "study": study,
        "option": option,
        "presentation": presentation,
        "forms": forms,
        "bound": bound,
        "has_errors": bound is not None,
        "is_finished": study.is_over,
    }
    return render(request, "facilitator/edit_presentation.html", context, status=422 if bound else 200)


def _posted(request: HttpRequest, study: Study, action: str) -> StaffForm:
    if action == "assign":
        return PresenterForm(request.POST, study=study)
    if action == "attach":
        return FileForm(request.POST, request.FILES)
    return SummaryForm(request.POST) if action == "describe" else LinkForm(request.POST)


def _saved(request: HttpRequest, option: Option, action: str, form: StaffForm) -> bool:
    """Whether the one service that the form is for took it; its refusal stands in the form."""
    data, now, actor = form.cleaned_data, database_now(), staff_of(request)

    def attach() -> None:
        file = data["file"]
        services.attach_file(option=option, actor=actor, name=file.name, content=file.read(), now=now)

    deeds: Mapping[str, tuple[Callable[[], object], str]] = {
        "assign": (lambda: services.assign(option=option, actor=actor, now=now, **data), _("The presenter is saved.")),
        "describe": (
            lambda: services.describe_presentation(option=option, actor=actor, now=now, **data),
            _("The summary is saved."),
        ),
        "attach": (attach, _("The file is attached.")),
        "link": (lambda: services.add_link(option=option, actor=actor, now=now, **data), _("The link is added.")),
    }
    deed, words = deeds[action]
    try:
        deed()
    except EvidenceError as fault:
        form.add_error("file" if action == "attach" else None, str(fault))
        return False
    messages.success(request, words)
    return True


@login_required
@require_safe
def evidence_file(request: HttpRequest, slug: str, file_id: uuid.UUID) -> HttpResponse:
    """A file of the evidence, to save."""
    return attachment(evidence_file_in(run_study(request, slug), file_id))


@login_required
@require_POST
def remove_evidence_file(request: HttpRequest, slug: str, file_id: uuid.UUID) -> HttpResponse:
    """Delete a file for good."""
    study = run_study(request, slug)
    file = evidence_file_in(study, file_id)
    try:
        services.remove_file(file=file, actor=staff_of(request), now=database_now())
    except EvidenceError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("“%(name)s” is removed.") % {"name": file.name})
    return redirect("facilitator:edit_presentation", study.slug, file.presentation.option_id)


@login_required
@require_POST
def remove_evidence_link(request: HttpRequest, slug: str, link_id: uuid.UUID) -> HttpResponse:
    """Take a link out."""
    study = run_study(request, slug)
    link = evidence_link_in(study, link_id)
    try:
        services.remove_link(link=link, actor=staff_of(request), now=database_now())
    except EvidenceError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("“%(title)s” is removed.") % {"title": link.title})
    return redirect("facilitator:edit_presentation", study.slug, link.presentation.option_id)
