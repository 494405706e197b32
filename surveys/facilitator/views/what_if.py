"""What if: a closed round judged by other rules. Post hoc, for facilitators alone; it decides nothing."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from surveys.consensus import NAMED_RULES
from surveys.facilitator.access import round_in, run_study
from surveys.facilitator.forms.what_if import WhatIfForm
from surveys.facilitator.other_rules import columns_of, judged_by, named, sensitivity_rows, title_of
from surveys.feedback.queries import results_of
from surveys.pages.verdict_words import rule_words
from surveys.rounds.models import Round
from surveys.vignettes.queries import vignette_numbers


@login_required
@require_safe
def what_if(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """All built-in rules on the results of a round, and one that the address names with its choices."""
    study = run_study(request, slug)
    round = round_in(study, number)
    if round.status != Round.Status.CLOSED or not round.is_rating:
        return redirect("facilitator:round", slug, number)
    results = results_of(round)
    columns = columns_of(results, vignette_numbers(study))
    rows = sensitivity_rows(round, results, columns)
    form, fault = _form(request)
    chosen = form.name if form else ""
    judged = judged_by(form.name, form.judged_by, round, results, columns) if form and not fault else None
    context: dict[str, Any] = {
        "study": study,
        "round": round,
        "columns": columns,
        "rows": rows,
        "title": title_of(rows, len(columns)),
        "has_hidden": any(result.shown.counts is None for result in results),
        "rule_words": rule_words(results[0].rule),
        "rules": [(name, named(rule)[0], name == chosen) for name, rule in NAMED_RULES.items()],
        "form": form,
        "judged": judged,
        "has_errors": bool(fault),
        "errors": [("other-rule", fault)] if fault else [],
    }
    return render(request, "facilitator/what_if.html", context, status=422 if fault else 200)


def _form(request: HttpRequest) -> tuple[WhatIfForm | None, str]:
    """The form of the rule that the address names, and what is wrong with the address in one sentence."""
    name = request.GET.get("rule", "")
    if not name and not request.GET:
        return None, ""
    if name not in NAMED_RULES:
        return None, _("Choose one of the rules of the list.")
    form = WhatIfForm(request.GET)
    return form, form.sentence
