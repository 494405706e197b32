"""A released round on the wall of a meeting."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from surveys.facilitator.access import round_in, run_study
from surveys.facilitator.survey_readings import LEVEL_KINDS
from surveys.facilitator.wall import against_rows, screens_of
from surveys.pages.levels import LEVEL_WORDS
from surveys.vignettes.queries import grouped_by_category, options_of


@login_required
@require_safe
def wall(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The results of a released round, then Tables 4 and 2: what a meeting of the panel may see, without names."""
    study = run_study(request, slug)
    round = round_in(study, number)
    if not round.is_released:
        messages.error(request, _("A meeting sees what the panel has: release these results first."))
        return redirect("facilitator:round", slug, number)
    screens = screens_of(study, round)
    table = against_rows(screens)
    context = {
        "study": study,
        "round": round,
        "screens": screens,
        "levels": list(zip(LEVEL_KINDS, LEVEL_WORDS.values(), strict=True)),
        "table_4": table,
        "table_4_place": len(screens) + 1,
        "groups": grouped_by_category(options_of(study)),
        "last": len(screens) + bool(table) + 1,
    }
    return render(request, "facilitator/wall.html", context)
