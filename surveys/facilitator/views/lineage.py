"""Changing a questionnaire that has begun: merge, split, drop, restore; and every step of its lineage."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from surveys.facilitator.access import item_in, staff_of, write_study
from surveys.facilitator.changing import (
    NOT_BEGUN,
    ask_whether_ratings_compare,
    ask_why,
    causes_for,
    texts_of,
    why_of,
)
from surveys.facilitator.forms.fields import StaffForm
from surveys.facilitator.forms.lineage import (
    LEAST_PARTS,
    MOST_PARTS,
    ask_which_compares,
    error_list,
    form_of,
    merged_texts,
    part_forms,
)
from surveys.facilitator.lineage import flow_of, kinds_of, told_steps
from surveys.rounds.models import AskedStatement
from surveys.studies.models import Study, StudyStaff
from surveys.studies.queries import database_now, role_in
from surveys.vignettes.models import Option, Statement, Vignette
from surveys.vignettes.queries import Item, grouped_by_category, options_of, vignettes_of
from surveys.vignettes.services import lineage as steps
from surveys.vignettes.services.steps import QuestionnaireError

KINDS = ("vignettes", "options", "statements")


@login_required
@require_safe
def lineage(request: HttpRequest, slug: str) -> HttpResponse:
    """Every recorded step of the questionnaire, all or of one kind; for facilitators with the picture."""
    study = write_study(request, slug)
    role = role_in(study, staff_of(request))
    told = told_steps(study, staff_of(request))
    wanted = request.GET.get("kind", "")
    context = {
        "study": study,
        "role": role,
        "kinds": kinds_of(told, wanted),
        "origin": [step for step in told if step.is_origin and wanted in ("", step.kind)],
        "steps": [step for step in told if not step.is_origin and wanted in ("", step.kind)],
        "total": len(told),
        "changes": sum(not step.is_origin for step in told),
        "flow": flow_of(study) if role == StudyStaff.Role.FACILITATOR else None,
    }
    return render(request, "facilitator/lineage.html", context)


def _frame(request: HttpRequest, study: Study, kind: str) -> dict[str, object]:
    return {"study": study, "role": role_in(study, staff_of(request)), "kind": kind}


def _back(study: Study, place: str) -> HttpResponse:
    return redirect(f"{reverse('facilitator:questionnaire', args=[study.slug])}#{place}")


def _place_of(item: Item) -> str:
    if isinstance(item, Option):
        return "options"
    return f"vignette-{item.pk if isinstance(item, Vignette) else item.vignette_id}"


def _too_early(request: HttpRequest, study: Study) -> HttpResponse | None:
    """Send back whoever comes here while the questionnaire is simply being written."""
    if study.status != Study.Status.DRAFT:
        return None
    messages.error(request, str(NOT_BEGUN))
    return redirect("facilitator:questionnaire", study.slug)


def _ask_why(form: StaffForm, request: HttpRequest, study: Study) -> None:
    ask_why(form, study, causes_for(study, staff_of(request)), request.GET.get("cause", ""))


def _is_done(form: StaffForm, step: Callable[[], object]) -> bool:
    """Whether the step is taken; a refused one is told on the form."""
    try:
        step()
    except QuestionnaireError as fault:
        form.add_error(None, str(fault))
        return False
    return True


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def drop(request: HttpRequest, slug: str, kind: str, item_id: uuid.UUID) -> HttpResponse:
    """Ask an item no more, for a reason."""
    study = write_study(request, slug)
    item = item_in(study, kind, item_id)
    too_early = _too_early(request, study)
    if too_early:
        return too_early
    form = StaffForm(request.POST if request.method == "POST" else None)
    _ask_why(form, request, study)

    def step() -> None:
        steps.drop(item=item, actor=staff_of(request), why=why_of(form), now=database_now())

    if form.is_valid() and _is_done(form, step):
        messages.success(request, _("“%(wording)s” is dropped. What was answered about it stays.") % {"wording": item})
        return _back(study, _place_of(item))
    context = {**_frame(request, study, kind), "item": item, "form": form, "has_errors": bool(form.errors)}
    context["goes_too"] = _goes_too(item)
    return render(request, "facilitator/drop.html", context, status=422 if form.errors else 200)


def _goes_too(item: Item) -> list[Statement]:
    """The statements that a drop concerns: those of a vignette, and those that name an option."""
    asked = Statement.objects.filter(is_dropped=False, vignette__is_dropped=False).order_by("vignette__position")
    if isinstance(item, Vignette):
        return list(asked.filter(vignette=item))
    return list(asked.filter(named_options__option=item)) if isinstance(item, Option) else []


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: HttpRequest, slug: str, kind: str, item_id: uuid.UUID) -> HttpResponse:
    """Ask an item again that was dropped, merged or split."""
    study = write_study(request, slug)
    item = item_in(study, kind, item_id)
    too_early = _too_early(request, study)
    if too_early:
        return too_early
    if not item.is_dropped:
        return _back(study, _place_of(item))
    form = StaffForm(request.POST if request.method == "POST" else None)
    _ask_why(form, request, study)

    def step() -> None:
        steps.restore(item=item, actor=staff_of(request), why=why_of(form), now=database_now())

    if form.is_valid() and _is_done(form, step):
        messages.success(request, _("“%(wording)s” is asked again.") % {"wording": item})
        return _back(study, _place_of(item))
    context = {**_frame(request, study, kind), "item": item, "form": form, "has_errors": bool(form.errors)}
    return render(request, "facilitator/restore.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Tick two or more, then name what comes out. The address keeps what is ticked."""
    study = write_study(request, slug)
    if kind not in KINDS:
        raise Http404
    too_early = _too_early(request, study)
    if too_early:
        return too_early
    groups = _groups(study, kind)
    wanted = set(request.GET.getlist("item"))
    items = [item for _label, members in groups for item in members if str(item.pk) in wanted]
    fault = _cannot_merge(items)
    if fault:
        return _choose(request, study, kind, groups, wanted, fault)
    form = form_of(items[0], study, request.POST if request.method == "POST" else None, initial=merged_texts(items))
    if kind == "statements" and AskedStatement.objects.filter(statement__in=items).exists():
        ask_which_compares(form, items)
    _ask_why(form, request, study)
    if form.is_valid() and _is_done(form, lambda: _merge(items, form, request)):
        messages.success(request, _("They are merged."))
        return _back(study, _place_of(items[0]))
    context = {**_frame(request, study, kind), "items": items, "form": form, "has_errors": bool(form.errors)}
    return render(request, "facilitator/merge.html", context, status=422 if form.errors else 200)


def _groups(study: Study, kind: str) -> list[tuple[str, list[Any]]]:
    """What can be merged with each other."""
    if kind == "options":
        return [(group.category, list(group.options)) for group in grouped_by_category(options_of(study))]
    vignettes = list(vignettes_of(study))
    if kind == "vignettes":
        return [(_("Variations"), [vignette for vignette in vignettes if not vignette.is_base])]
    found = [(vignette.title, list(vignette.statements.all())) for vignette in vignettes]
    return [(title, statements) for title, statements in found if len(statements) > 1]


def _cannot_merge(items: Sequence[Any]) -> str:
    if len(items) < 2:
        return _("Choose at least two different ones to merge.")
    if isinstance(items[0], Statement) and len({item.vignette_id for item in items}) > 1:
        return _("Only statements of one vignette can be merged.")
    return ""


def _choose(
    request: HttpRequest,
    study: Study,
    kind: str,
    groups: Sequence[tuple[str, list[Any]]],
    wanted: set[str],
    fault: str,
) -> HttpResponse:
    has_errors = "chosen" in request.GET or request.method == "POST"
    context = {
        **_frame(request, study, kind),
        "groups": groups,
        "wanted": wanted,
        "cause": request.GET.get("cause", ""),
        "errors": [("items", fault)] if has_errors else [],
        "has_errors": has_errors,
    }
    return render(request, "facilitator/choose_to_merge.html", context, status=422 if has_errors else 200)


def _merge(items: Sequence[Any], form: StaffForm, request: HttpRequest) -> object:
    texts = texts_of(form)
    shared: dict[str, Any] = {"actor": staff_of(request), "why": why_of(form), "now": database_now()}
    if isinstance(items[0], Option):
        return steps.merge_options(options=items, into=steps.OptionTexts(**texts), **shared)
    if isinstance(items[0], Vignette):
        return steps.merge_vignettes(vignettes=items, into=steps.VignetteTexts(**texts), **shared)
    chosen = form.cleaned_data.get("compares", "")
    compares_with = next((item for item in items if str(item.pk) == chosen), None)
    return steps.merge_statements(statements=items, compares_with=compares_with, **texts, **shared)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def split(request: HttpRequest, slug: str, kind: str, item_id: uuid.UUID) -> HttpResponse:
    """Make two or more of one; a button of the page adds another part."""
    study = write_study(request, slug)
    item = item_in(study, kind, item_id)
    too_early = _too_early(request, study)
    if too_early:
        return too_early
    data = request.POST if request.method == "POST" else None
    adds = data is not None and data.get("action") == "another"
    parts = part_forms(item, study, data)
    form = StaffForm(None if adds else data, initial=_typed(request) if adds else None)
    _ask_why(form, request, study)
    if isinstance(item, Statement) and item.asked.exists():
        ask_whether_ratings_compare(form)
    # All are checked, so that the page names every error at once.
    checked = [one.is_valid() for one in (*parts, form)]
    if all(checked) and _is_done(form, lambda: _split(item, parts, form, request)):
        messages.success(request, _("“%(wording)s” is split.") % {"wording": item})
        return _back(study, _place_of(item))
    errors = error_list([*parts, form])
    context = {
        **_frame(request, study, kind),
        "item": item,
        "parts": parts,
        "form": form,
        "errors": errors,
        "has_errors": bool(errors),
        "takes_more": LEAST_PARTS <= len(parts) < MOST_PARTS,
    }
    return render(request, "facilitator/split.html", context, status=422 if errors else 200)


def _typed(request: HttpRequest) -> dict[str, Any]:
    return {name: request.POST.get(name, "") for name in ("reason", "cause", "compares")}


def _split(item: Item, parts: Sequence[StaffForm], form: StaffForm, request: HttpRequest) -> object:
    shared: dict[str, Any] = {"actor": staff_of(request), "why": why_of(form), "now": database_now()}
    texts = [texts_of(part) for part in parts]
    if isinstance(item, Option):
        return steps.split_option(option=item, into=[steps.OptionTexts(**one) for one in texts], **shared)
    if isinstance(item, Vignette):
        return steps.split_vignette(vignette=item, into=[steps.VignetteTexts(**one) for one in texts], **shared)
    wordings = [one["text"] for one in texts]
    compares = form.cleaned_data.get("compares") == "yes"
    return steps.split_statement(statement=item, into=wordings, compares=compares, **shared)
