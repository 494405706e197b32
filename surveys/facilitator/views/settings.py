"""What a study is called and says of itself, and its protocol."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from surveys.consensus import rule_digest, stopping_phrase
from surveys.facilitator.access import run_study, staff_of
from surveys.facilitator.amendments import amendment_words
from surveys.facilitator.forms.protocol import ProtocolForm
from surveys.facilitator.forms.study import DeclarationsForm, SettingsForm
from surveys.feedback.queries import rule_of
from surveys.pages.verdict_words import in_words, rule_words
from surveys.studies.models import StudyStaff
from surveys.studies.notice import notice_of
from surveys.studies.queries import amendments_of, database_now, declarations_of, rules_of
from surveys.studies.services import StudyError, declare, protocol_facts, update_protocol, update_study


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    """What the study is called; beside it, its protocol and its staff."""
    study = run_study(request, slug)
    form = SettingsForm(request.POST) if request.method == "POST" else SettingsForm.of(study)
    if form.is_valid():
        try:
            update_study(study=study, actor=staff_of(request), now=database_now(), **form.cleaned_data)
        except StudyError as fault:
            study.refresh_from_db()
            form.add_error(None, str(fault))
        else:
            messages.success(request, _("Saved."))
            return redirect("facilitator:settings", study.slug)
    context = {
        "study": study,
        "form": form,
        "has_errors": bool(form.errors),
        "rule": rule_words(rule_of(study)),
        "colleagues": StudyStaff.objects.filter(study=study).select_related("user").order_by("user__name"),
    }
    return render(request, "facilitator/settings.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def protocol(request: HttpRequest, slug: str) -> HttpResponse:
    """The rule and the policies: to be changed until the first round opens, and to be read from then on."""
    study = run_study(request, slug)
    form = ProtocolForm(request.POST) if request.method == "POST" else ProtocolForm.of(study.protocol)
    if form.is_valid() and request.method == "POST":
        facts = {**protocol_facts(study.protocol), **form.cleaned_data}
        try:
            update_protocol(study=study, actor=staff_of(request), now=database_now(), **facts)
        except StudyError as fault:
            form.add_error(None, str(fault))
        else:
            messages.success(request, _("The protocol is saved."))
            return redirect("facilitator:protocol", study.slug)
    rules = rules_of(study.protocol)
    context = {
        "study": study,
        "form": form,
        "has_errors": bool(form.errors),
        "rule": rule_words(rules.rule),
        "digest": rule_digest(rules.rule),
        "stopping": in_words(stopping_phrase(rules.stopping)),
        "amendments": [amendment_words(one) for one in amendments_of(study)],
    }
    return render(request, "facilitator/protocol.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def notice(request: HttpRequest, slug: str) -> HttpResponse:
    """The notice as each panelist will read it before the first answer: as it would be locked now, or as it was."""
    study = run_study(request, slug)
    return render(request, "facilitator/notice.html", {"study": study, "parts": notice_of(study.protocol)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def declarations(request: HttpRequest, slug: str) -> HttpResponse:
    """What a manuscript declares of the study; to be written at any time, after the study is finished too."""
    study = run_study(request, slug)
    form = DeclarationsForm(request.POST) if request.method == "POST" else DeclarationsForm.of(declarations_of(study))
    if form.is_valid():
        try:
            declare(study=study, actor=staff_of(request), now=database_now(), **form.cleaned_data)
        except StudyError as fault:
            form.add_error(None, str(fault))
        else:
            messages.success(request, _("The declarations are saved."))
            return redirect("facilitator:declarations", study.slug)
    context = {"study": study, "form": form, "has_errors": bool(form.errors)}
    return render(request, "facilitator/declarations.html", context, status=422 if form.errors else 200)
