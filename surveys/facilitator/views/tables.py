"""The tables of a paper, on pages and as files."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from surveys.exports import files
from surveys.exports import tables as paper
from surveys.facilitator.access import run_study
from surveys.facilitator.readings import round_label
from surveys.facilitator.recommendations import (
    abbreviation_words,
    n_words,
    result_words,
    row_on_page,
    standing_words,
)
from surveys.feedback.queries import rule_of
from surveys.pages.verdict_words import rule_words
from surveys.studies.models import Study
from surveys.vignettes.queries import grouped_by_category, options_of

FORMS = ("csv", "xlsx")


@login_required
@require_safe
def tables(request: HttpRequest, slug: str) -> HttpResponse:
    """Table 1, Table 2, and where Table 3 stands."""
    study = run_study(request, slug)
    rows = paper.table_3(study)
    context = {
        "study": study,
        "table_1": paper.table_1(study),
        "groups": grouped_by_category(options_of(study)),
        "rows": rows,
        "result": result_words(rows, rule_of(study)),
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
        "result": result_words(rows, rule_of(study)),
        "rule_words": rule_words(rule_of(study)),
        "eyebrow": _eyebrow(study, rows),
        "standing_words": standing_words(rows, rule_of(study)),
        "n_words": n_words(rows),
        "abbreviations": abbreviation_words(rows, paper.table_2(study)),
        "forms": FORMS,
    }
    return render(request, "facilitator/table_3.html", context)


def _eyebrow(study: Study, rows: list[paper.Table3Row]) -> str:
    """Which round the table is of: "Round 3, final"; of several rounds, the last."""
    if not rows:
        return _("No round is closed")
    last = max((row.result.asked.round for row in rows), key=lambda round: round.number)
    words = {"round": round_label(last)}
    return _("%(round)s, final") % words if study.status == Study.Status.FINISHED else _("After %(round)s") % words


@login_required
@require_safe
def table_3_file(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """Table 3 as a file, CSV or XLSX."""
    study = run_study(request, slug)
    if form not in FORMS:
        raise Http404
    file = files.table_3_file(study, form)
    response = HttpResponse(file.content, content_type=file.content_type)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response
