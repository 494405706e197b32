"""The tables of a paper, on pages and as files."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from surveys.consensus import Rule
from surveys.exports import files
from surveys.exports import tables as paper
from surveys.facilitator.access import run_study
from surveys.facilitator.forms.surveys import ThresholdForm
from surveys.facilitator.readings import round_label
from surveys.facilitator.recommendations import (
    abbreviation_words,
    abbreviations_of,
    against_by_vignette,
    n_words,
    result_words,
    row_on_page,
    standing_words,
)
from surveys.feedback.queries import rule_of
from surveys.feedback.survey_results import latest_survey_results
from surveys.pages.verdict_words import rule_words
from surveys.rounds.models import Round
from surveys.rounds.queries import closed_rounds
from surveys.studies.models import Study
from surveys.vignettes.queries import grouped_by_category, options_of

FORMS = ("csv", "xlsx")
FORMS_OF_TABLE_4 = (*FORMS, "json")
HALF_IN_PERCENT = 50


@login_required
@require_safe
def tables(request: HttpRequest, slug: str) -> HttpResponse:
    """Table 1, Table 2, and where Table 3 stands."""
    study = run_study(request, slug)
    rows = paper.table_3(study)
    context = {
        "study": study,
        "asks_against": any(Round.Question.AGAINST in round.questions for round in closed_rounds(study)),
        "table_1": paper.table_1(study),
        "groups": grouped_by_category(options_of(study)),
        "rows": rows,
        "result": result_words(rows, _latest_rule(study, rows)),
    }
    return render(request, "facilitator/tables.html", context)


@login_required
@require_safe
def table_3(request: HttpRequest, slug: str) -> HttpResponse:
    """Table 3, the main recommendations, with a sentence of result on top."""
    study = run_study(request, slug)
    rows = paper.table_3(study)
    context: dict[str, Any] = {
        "study": study,
        "rows": [row_on_page(row) for row in rows],
        "result": result_words(rows, _latest_rule(study, rows)),
        "rule_words": _rule_words(study, rows),
        "eyebrow": _eyebrow(study, rows),
        "standing_words": standing_words(rows, _latest_rule(study, rows)),
        "n_words": n_words(rows),
        "abbreviations": abbreviation_words(rows, paper.table_2(study)),
        "forms": FORMS,
    }
    return render(request, "facilitator/table_3.html", context)


def _latest_rule(study: Study, rows: Sequence[paper.Table3Row]) -> Rule:
    """The rule of the last round that gave a row; the study's own where none did."""
    last = max((row.result for row in rows), key=lambda result: result.asked.round.number, default=None)
    return last.rule if last else rule_of(study)


def _rule_words(study: Study, rows: Sequence[paper.Table3Row]) -> str:
    """The rule in one sentence; where rounds were judged by different ones, one for each."""
    found: dict[Rule, list[str]] = {}
    for round, rule in {row.result.asked.round: row.result.rule for row in rows}.items():
        found.setdefault(rule, []).append(round_label(round))
    if len(found) <= 1:
        return rule_words(_latest_rule(study, rows))
    return " ".join(
        _("%(rounds)s: %(rule)s") % {"rounds": ", ".join(rounds), "rule": rule_words(rule)}
        for rule, rounds in found.items()
    )


def _eyebrow(study: Study, rows: list[paper.Table3Row]) -> str:
    """Which round the table is of: "Round 3, final"; of several rounds, the last."""
    if not rows:
        return _("No round is closed")
    last = max((row.result.asked.round for row in rows), key=lambda round: round.number)
    words = {"round": round_label(last)}
    return _("%(round)s, final") % words if study.is_over else _("After %(round)s") % words


@login_required
@require_safe
def table_3_file(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """Table 3 as a file, CSV or XLSX."""
    study = run_study(request, slug)
    if form not in FORMS:
        raise Http404
    return _download(files.table_3_file(study, form))


@login_required
@require_safe
def table_4(request: HttpRequest, slug: str) -> HttpResponse:
    """Table 4, the options not recommended, from a share up that the address may name; half by default."""
    study = run_study(request, slug)
    form = _threshold_form(request)
    percentage = form.cleaned_data["threshold"] if form.is_valid() else HALF_IN_PERCENT
    results = latest_survey_results(study, Round.Question.AGAINST)
    rows = paper.table_4_of(study, results, Fraction(percentage, 100))
    context: dict[str, Any] = {
        "study": study,
        "form": form,
        "percentage": percentage,
        "groups": against_by_vignette(rows),
        "results": results,
        "withheld": sum(result.shown.is_hidden for result in results),
        "abbreviations": abbreviations_of({row.option for row in rows}, paper.table_2(study)),
        "forms": FORMS_OF_TABLE_4,
        "has_errors": bool(form.errors),
    }
    return render(request, "facilitator/table_4.html", context, status=422 if form.errors else 200)


def _threshold_form(request: HttpRequest) -> ThresholdForm:
    return ThresholdForm(request.GET if "threshold" in request.GET else {"threshold": HALF_IN_PERCENT})


@login_required
@require_safe
def table_4_file(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """Table 4 as a file, from the share up that the address names; 404 for one that is no whole percentage."""
    study = run_study(request, slug)
    threshold = _threshold_form(request)
    if form not in FORMS_OF_TABLE_4 or not threshold.is_valid():
        raise Http404
    return _download(files.table_4_file(study, form, Fraction(threshold.cleaned_data["threshold"], 100)))


def _download(file: files.ExportFile) -> HttpResponse:
    response = HttpResponse(file.content, content_type=file.content_type)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response
