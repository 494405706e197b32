"""The questionnaire: vignettes with their statements, and options."""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from surveys.facilitator.access import option_in, staff_of, vignette_in, write_study
from surveys.facilitator.changing import (
    WHY_FIELDS,
    ask_whether_ratings_compare,
    ask_why,
    causes_for,
    compares,
    suggested_name,
    texts_of,
    why_of,
)
from surveys.facilitator.forms.fields import StaffForm
from surveys.facilitator.forms.questionnaire import OptionForm, VignetteForm
from surveys.rounds.models import AskedStatement
from surveys.studies.models import Study
from surveys.studies.queries import database_now, role_in
from surveys.vignettes.models import Option, Vignette
from surveys.vignettes.queries import (
    base_vignette,
    dropped_of,
    grouped_by_category,
    kind_of,
    options_of,
    reading_of,
    vignettes_of,
)
from surveys.vignettes.services import writing
from surveys.vignettes.services.steps import QuestionnaireError

STEPS = {"up": writing.UP, "down": writing.DOWN}


@login_required
@require_safe
def questionnaire(request: HttpRequest, slug: str) -> HttpResponse:
    """All vignettes with their statements, and all options by category."""
    study = write_study(request, slug)
    vignettes = list(vignettes_of(study))
    base_text = next((vignette.text for vignette in vignettes if vignette.is_base), "")
    variations = [vignette.pk for vignette in vignettes if not vignette.is_base]
    context = {
        **_frame(request, study),
        "vignettes": [(vignette, reading_of(vignette, base_text)) for vignette in vignettes],
        "statement_count": sum(len(vignette.statements.all()) for vignette in vignettes),
        "first": variations[0] if variations else None,
        "last": variations[-1] if variations else None,
        "groups": grouped_by_category(options_of(study)),
        "is_finished": study.is_over,
        "is_draft": study.status == Study.Status.DRAFT,
        "dropped": [(item, f"{kind_of(item)}s", kind_of(item).label) for item in dropped_of(study)],
    }
    return render(request, "facilitator/questionnaire.html", context)


def _frame(request: HttpRequest, study: Study) -> dict[str, object]:
    return {"study": study, "role": role_in(study, staff_of(request))}


def _back(study: Study, place: str = "") -> HttpResponse:
    address = reverse("facilitator:questionnaire", args=[study.slug])
    return redirect(f"{address}#{place}" if place else address)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add_vignette(request: HttpRequest, slug: str) -> HttpResponse:
    """Write the base case, or a variation that begins with the base case's text."""
    study = write_study(request, slug)
    base = base_vignette(study)
    initial = {"text": base.text if base else "", "title": "" if base else _("Base case")}
    form = VignetteForm(request.POST or None, initial=initial, is_base=base is None)
    _ask_why(form, request, study)

    def save() -> Vignette:
        actor, why = staff_of(request), why_of(form)
        return writing.add_vignette(study=study, actor=actor, now=database_now(), why=why, **texts_of(form))

    return _vignette_page(request, study, form, Vignette(is_base=base is None), base, save)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_vignette(request: HttpRequest, slug: str, vignette_id: uuid.UUID) -> HttpResponse:
    """Reword a vignette, and see how it reads."""
    study = write_study(request, slug)
    vignette = vignette_in(study, vignette_id)
    form = (
        VignetteForm(request.POST, is_base=vignette.is_base) if request.method == "POST" else VignetteForm.of(vignette)
    )
    _ask_why(form, request, study)
    if AskedStatement.objects.filter(vignette__vignette=vignette).exists():
        ask_whether_ratings_compare(form)

    def save() -> Vignette:
        writing.update_vignette(
            vignette=vignette,
            actor=staff_of(request),
            now=database_now(),
            why=why_of(form),
            compares=compares(form),
            **texts_of(form),
        )
        return vignette

    return _vignette_page(request, study, form, vignette, base_vignette(study), save)


def _ask_why(form: StaffForm, request: HttpRequest, study: Study) -> None:
    ask_why(form, study, causes_for(study, staff_of(request)), request.GET.get("cause", ""))


def _vignette_page(
    request: HttpRequest,
    study: Study,
    form: VignetteForm,
    vignette: Vignette,
    base: Vignette | None,
    save: Callable[[], Vignette],
) -> HttpResponse:
    wants_preview = request.POST.get("action") == "preview"
    if wants_preview:
        for name in set(WHY_FIELDS) & set(form.fields):
            form.fields[name].required = False
    reading = None
    if form.is_valid() and wants_preview:
        draft = Vignette(is_base=vignette.is_base, **texts_of(form))
        reading = reading_of(draft, base.text if base else "")
    elif form.is_valid():
        try:
            saved = save()
        except QuestionnaireError as fault:
            form.add_error(None, str(fault))
        else:
            messages.success(request, _("“%(title)s” is saved.") % {"title": saved.title})
            if base and saved.pk != base.pk and saved.text == base.text:
                messages.warning(request, _("Its text is still that of the base case: nothing is marked as changed."))
            return _back(study, f"vignette-{saved.pk}")
    context = {
        **_frame(request, study),
        "form": form,
        "vignette": vignette,
        "is_new": vignette._state.adding,
        "reading": reading,
        "has_errors": bool(form.errors),
    }
    return render(request, "facilitator/edit_vignette.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_vignette(request: HttpRequest, slug: str, vignette_id: uuid.UUID) -> HttpResponse:
    """Delete a vignette with its statements, after asking once."""
    study = write_study(request, slug)
    vignette = vignette_in(study, vignette_id)
    if study.status != Study.Status.DRAFT:
        return redirect("facilitator:drop", study.slug, "vignettes", vignette.pk)
    if request.method != "POST":
        context = {**_frame(request, study), "vignette": vignette, "statements": vignette.statements.count()}
        return render(request, "facilitator/delete_vignette.html", context)
    try:
        writing.delete_vignette(vignette=vignette, actor=staff_of(request), now=database_now())
    except QuestionnaireError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("“%(title)s” is deleted.") % {"title": vignette.title})
    return _back(study)


@login_required
@require_POST
def move_vignette(request: HttpRequest, slug: str, vignette_id: uuid.UUID) -> HttpResponse:
    """Move a variation one place up or down."""
    study = write_study(request, slug)
    vignette = vignette_in(study, vignette_id)
    try:
        writing.move_vignette(vignette=vignette, actor=staff_of(request), step=_step(request), now=database_now())
    except QuestionnaireError as fault:
        messages.error(request, str(fault))
    return _back(study, f"vignette-{vignette.pk}")


def _step(request: HttpRequest) -> int:
    step = STEPS.get(request.POST.get("step", ""))
    if step is None:
        raise Http404
    return step


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add_option(request: HttpRequest, slug: str) -> HttpResponse:
    """Add an option."""
    study = write_study(request, slug)
    causes, preset = causes_for(study, staff_of(request)), request.GET.get("cause", "")
    form = OptionForm(request.POST or None, study=study, initial={"name": suggested_name(causes, preset)})
    ask_why(form, study, causes, preset)

    def save() -> Option:
        actor, why = staff_of(request), why_of(form)
        return writing.add_option(study=study, actor=actor, now=database_now(), why=why, **texts_of(form))

    return _option_page(request, study, form, None, save)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_option(request: HttpRequest, slug: str, option_id: uuid.UUID) -> HttpResponse:
    """Rename an option, or move it to another category."""
    study = write_study(request, slug)
    option = option_in(study, option_id)
    form = OptionForm(request.POST, study=study) if request.method == "POST" else OptionForm.of(option)
    _ask_why(form, request, study)

    def save() -> Option:
        actor, why = staff_of(request), why_of(form)
        writing.update_option(option=option, actor=actor, now=database_now(), why=why, **texts_of(form))
        return option

    return _option_page(request, study, form, option_in(study, option_id), save)


def _option_page(
    request: HttpRequest, study: Study, form: OptionForm, option: Option | None, save: Callable[[], Option]
) -> HttpResponse:
    if form.is_valid():
        try:
            saved = save()
        except QuestionnaireError as fault:
            form.add_error("name", str(fault))
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved.name})
            again = request.POST.get("action") == "another"
            return redirect("facilitator:add_option", study.slug) if again else _back(study, "options")
    context = {**_frame(request, study), "form": form, "option": option, "has_errors": bool(form.errors)}
    return render(request, "facilitator/edit_option.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_option(request: HttpRequest, slug: str, option_id: uuid.UUID) -> HttpResponse:
    """Delete an option that no statement names, after asking once."""
    study = write_study(request, slug)
    option = option_in(study, option_id)
    if study.status != Study.Status.DRAFT:
        return redirect("facilitator:drop", study.slug, "options", option.pk)
    if request.method != "POST":
        return render(request, "facilitator/delete_option.html", {**_frame(request, study), "option": option})
    try:
        writing.delete_option(option=option, actor=staff_of(request), now=database_now())
    except QuestionnaireError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("“%(name)s” is deleted.") % {"name": option.name})
    return _back(study, "options")


@login_required
@require_POST
def move_option(request: HttpRequest, slug: str, option_id: uuid.UUID) -> HttpResponse:
    """Move an option one place up or down within its category."""
    study = write_study(request, slug)
    option = option_in(study, option_id)
    try:
        writing.move_option(option=option, actor=staff_of(request), step=_step(request), now=database_now())
    except QuestionnaireError as fault:
        messages.error(request, str(fault))
    return _back(study, f"option-{option.pk}")
