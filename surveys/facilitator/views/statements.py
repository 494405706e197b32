"""The statements of a vignette: composed from options, or written freely."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from surveys.facilitator.access import staff_of, statement_in, vignette_in, write_study
from surveys.facilitator.changing import ask_whether_ratings_compare, ask_why, causes_for, compares, why_of
from surveys.facilitator.forms.fields import StaffForm
from surveys.facilitator.forms.questionnaire import OptionsForm, WordingForm
from surveys.studies.models import Study
from surveys.studies.queries import database_now, role_in
from surveys.vignettes.models import StatementOption, Vignette
from surveys.vignettes.queries import composed_text, options_of
from surveys.vignettes.services import writing
from surveys.vignettes.services.steps import QuestionnaireError


def _frame(request: HttpRequest, study: Study, vignette: Vignette) -> dict[str, object]:
    return {"study": study, "role": role_in(study, staff_of(request)), "vignette": vignette}


def _back(study: Study, vignette: Vignette) -> HttpResponse:
    return redirect(f"{reverse('facilitator:questionnaire', args=[study.slug])}#vignette-{vignette.pk}")


def _ask_why(form: StaffForm, request: HttpRequest, study: Study) -> None:
    ask_why(form, study, causes_for(study, staff_of(request)), request.GET.get("cause", ""))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def compose_statement(request: HttpRequest, slug: str, vignette_id: uuid.UUID) -> HttpResponse:
    """Tick options, see the statement that they make, mend its wording, save it.

    The address may name options that are ticked from the start, and a reason.
    """
    study = write_study(request, slug)
    vignette = vignette_in(study, vignette_id)
    action = request.POST.get("action", "")
    chosen = OptionsForm(request.POST if request.method == "POST" else None, study=study)
    if action not in ("preview", "save") or not chosen.is_valid():
        return _choose_options(request, study, vignette, chosen, asks_again=action == "choose")
    text = composed_text([option.name for option in chosen.ticked], study.question_stem)
    preset = {"text": text, "reason": request.GET.get("reason", "")}
    wording = WordingForm(request.POST) if action == "save" else WordingForm(initial=preset)
    _ask_why(wording, request, study)
    if wording.is_valid():
        try:
            writing.compose_statement(
                vignette=vignette,
                actor=staff_of(request),
                options=chosen.ticked,
                text=wording.cleaned_data["text"],
                now=database_now(),
                why=why_of(wording),
            )
        except QuestionnaireError as fault:
            wording.add_error(None, str(fault))
        else:
            messages.success(request, _("The statement is saved."))
            return _back(study, vignette)
    context = {
        **_frame(request, study, vignette),
        "form": wording,
        "chosen": chosen.ticked,
        "has_errors": bool(wording.errors),
    }
    return render(request, "facilitator/word_statement.html", context, status=422 if wording.errors else 200)


def _choose_options(
    request: HttpRequest, study: Study, vignette: Vignette, chosen: OptionsForm, *, asks_again: bool
) -> HttpResponse:
    has_errors = request.method == "POST" and not asks_again
    preset = chosen if request.method == "POST" else OptionsForm(request.GET, study=study)
    context = {
        **_frame(request, study, vignette),
        "groups": chosen.groups,
        "ticked": {option.pk for option in preset.ticked},
        "errors": [("options", sentence) for sentence in chosen.non_field_errors()] if has_errors else [],
        "has_errors": has_errors,
    }
    return render(request, "facilitator/compose_statement.html", context, status=422 if has_errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def write_statement(request: HttpRequest, slug: str, vignette_id: uuid.UUID) -> HttpResponse:
    """Write a statement in one's own words."""
    study = write_study(request, slug)
    vignette = vignette_in(study, vignette_id)
    form = WordingForm(request.POST or None)
    _ask_why(form, request, study)
    if form.is_valid():
        actor, why, text = staff_of(request), why_of(form), form.cleaned_data["text"]
        try:
            writing.write_statement(vignette=vignette, actor=actor, text=text, now=database_now(), why=why)
        except QuestionnaireError as fault:
            form.add_error(None, str(fault))
        else:
            messages.success(request, _("The statement is saved."))
            return _back(study, vignette)
    context = {
        **_frame(request, study, vignette),
        "form": form,
        "has_errors": bool(form.errors),
        "has_options": options_of(study).exists(),
    }
    return render(request, "facilitator/write_statement.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_statement(request: HttpRequest, slug: str, statement_id: uuid.UUID) -> HttpResponse:
    """Reword a statement; the options that it names stay linked."""
    study = write_study(request, slug)
    statement = statement_in(study, statement_id)
    form = WordingForm(request.POST) if request.method == "POST" else WordingForm.of(statement)
    is_asked = statement.asked.exists()
    _ask_why(form, request, study)
    if is_asked:
        ask_whether_ratings_compare(form)
    if request.method == "POST" and form.is_valid():
        try:
            writing.update_statement(
                statement=statement,
                actor=staff_of(request),
                text=form.cleaned_data["text"],
                now=database_now(),
                why=why_of(form),
                compares=compares(form),
            )
        except QuestionnaireError as fault:
            form.add_error(None, str(fault))
        else:
            messages.success(request, _("The statement is saved."))
            return _back(study, statement.vignette)
    named = StatementOption.objects.filter(statement=statement).order_by("position").select_related("option")
    context = {
        **_frame(request, study, statement.vignette),
        "statement": statement,
        "named": named,
        "names_gone": any(link.option.is_dropped for link in named),
        "is_asked": is_asked,
        "form": form,
        "has_errors": bool(form.errors),
    }
    return render(request, "facilitator/edit_statement.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_statement(request: HttpRequest, slug: str, statement_id: uuid.UUID) -> HttpResponse:
    """Delete a statement while the study is being prepared, after asking once."""
    study = write_study(request, slug)
    statement = statement_in(study, statement_id)
    if study.status != Study.Status.DRAFT:
        return redirect("facilitator:drop", study.slug, "statements", statement.pk)
    if request.method != "POST":
        context = {**_frame(request, study, statement.vignette), "statement": statement}
        return render(request, "facilitator/delete_statement.html", context)
    try:
        writing.delete_statement(statement=statement, actor=staff_of(request), now=database_now())
    except QuestionnaireError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("The statement is deleted."))
    return _back(study, statement.vignette)
