"""The consensus rule: built by clauses until the first round opens, amended for a reason from then on."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from surveys.consensus import BUILT_IN, FULL_CONSENSUS, NAMED_RULES, rule_to_json
from surveys.facilitator.access import run_study, staff_of
from surveys.facilitator.forms.protocol import AmendmentForm
from surveys.facilitator.forms.rule import RuleForm
from surveys.facilitator.trying import trial_of
from surveys.feedback.queries import rule_of
from surveys.pages.verdict_words import rule_words
from surveys.rounds.queries import next_round_number
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.studies.services import StudyError, amend_protocol, protocol_facts, update_protocol

SAVE, TRY = "save", "try"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, slug: str) -> HttpResponse:
    """The rule in lines, with its sentence and what it says of the demonstration; a locked one is only amended."""
    study = run_study(request, slug)
    if study.protocol.is_locked:
        return redirect("facilitator:amend", slug)
    form = _form(request, study)
    if request.method == "POST" and request.POST.get("action") == SAVE and form.is_settled:
        facts = {**protocol_facts(study.protocol), "rule": rule_to_json(form.rule())}
        try:
            update_protocol(study=study, actor=staff_of(request), now=database_now(), **facts)
        except StudyError as fault:
            form.fault = str(fault)
        else:
            messages.success(request, _("The rule is saved."))
            return redirect("facilitator:protocol", slug)
    return _answer(request, study, form, {})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def amend(request: HttpRequest, slug: str) -> HttpResponse:
    """A change of the rule or of the stopping rule of a study that has begun: a deviation that is recorded."""
    study = run_study(request, slug)
    if not study.protocol.is_locked:
        return redirect("facilitator:rule", slug)
    form = _form(request, study)
    is_post = request.method == "POST"
    amendment = AmendmentForm(request.POST) if is_post else AmendmentForm.of(study.protocol)
    saves = is_post and request.POST.get("action") == SAVE
    if saves and all([form.is_settled, amendment.is_valid()]):
        try:
            amend_protocol(
                study=study,
                actor=staff_of(request),
                rule=rule_to_json(form.rule()),
                from_round=next_round_number(study),
                now=database_now(),
                **amendment.cleaned_data,
            )
        except StudyError as fault:
            form.fault = str(fault)
        else:
            messages.success(request, _("The amendment is recorded."))
            return redirect("facilitator:protocol", slug)
    more = {"amendment": amendment, "from_round": next_round_number(study)}
    return _answer(request, study, form, more, is_refused=saves and not amendment.is_valid())


def _form(request: HttpRequest, study: Study) -> RuleForm:
    """The form as it was sent; else of the published rule that the address names, else of the study's own.

    Lines cannot say every rule that a file could hold: then they begin with the usual one.
    """
    if request.method == "POST":
        return RuleForm.posted(request.POST)
    name = request.GET.get("from", "")
    if name and name not in NAMED_RULES:
        raise Http404
    return RuleForm.of(NAMED_RULES[name] if name else rule_of(study)) or RuleForm.of_lines(FULL_CONSENSUS)


def _answer(
    request: HttpRequest, study: Study, form: RuleForm, more: dict[str, Any], *, is_refused: bool = False
) -> HttpResponse:
    # A line that was just added has nothing to be told off for.
    tells_errors = request.POST.get("action") in (SAVE, TRY)
    is_whole = form.is_settled
    context = {
        "study": study,
        "form": form,
        "trial": trial_of(form.rule()) if is_whole else None,
        "errors": form.errors if tells_errors else [],
        "tells_errors": tells_errors,
        "own_sentence": rule_words(rule_of(study)),
        "published": [
            (name, NAMED_RULES[name].name, rule_words(NAMED_RULES[name]), kind.source)
            for name, kind in BUILT_IN.items()
        ],
        **more,
    }
    if request.headers.get("HX-Request"):
        return render(request, "facilitator/_trial.html", context)
    context["has_errors"] = is_refused or bool(context["errors"])
    return render(request, "facilitator/rule.html", context, status=422 if context["has_errors"] else 200)
