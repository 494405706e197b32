"""The check before the sheet is submitted."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from surveys.panelist.access import Seat, is_fetched, panelists_page
from surveys.panelist.answering import (
    Outcome,
    TooLate,
    error_list,
    padded_json,
    seat_and_round,
    take_answers,
    too_late,
)
from surveys.panelist.consent import sheet_to_answer
from surveys.panelist.course import progress_of, seat_and_course
from surveys.panelist.words import ProgressWords
from surveys.rounds.asked import asked_in
from surveys.rounds.models import Round
from surveys.sheets.queries import OwnSheet


@require_http_methods(["GET", "HEAD", "POST"])
@panelists_page
def submit(request: HttpRequest) -> HttpResponse:
    """What is rated and what is not; a POST submits the sheet, where need be with the gaps that this page named."""
    if request.method == "POST":
        return _post(request)
    seat, course = seat_and_course(request)
    if course.latest is None:
        raise Http404
    round = course.answerable
    if round is None:
        return redirect("panelist:start")
    return _page(request, seat, round, sheet_to_answer(seat, round))


def _post(request: HttpRequest) -> HttpResponse:
    try:
        outcome = take_answers(request)
        saved = outcome.saved
        if saved is None or saved.clashes:
            return _not_submitted(request, outcome)
    except TooLate as late:
        return too_late(request, late)
    if is_fetched(request):
        state = "submitted" if saved.sheet.is_submitted else "draft"
        return padded_json({"state": state, "version": saved.sheet.version})
    return redirect("panelist:start" if saved.sheet.is_submitted else "panelist:submit")


def _not_submitted(request: HttpRequest, outcome: Outcome) -> HttpResponse:
    errors = error_list(outcome.posted, set()) or [("main", _("Your sheet was changed in another tab."))]
    status = 422 if outcome.saved is None else 409
    if is_fetched(request):
        return padded_json({"errors": dict(errors)}, status=status)
    seat, round = seat_and_round(request, outcome)
    return _page(request, seat, round, sheet_to_answer(seat, round), errors=errors, status=status)


def _page(
    request: HttpRequest,
    seat: Seat,
    round: Round,
    sheet: OwnSheet,
    *,
    errors: list[tuple[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    asked = asked_in(round)
    progress = progress_of(sheet, asked.vignettes, asked.survey)
    context = {
        "study": seat.study,
        "round": round,
        "mark": seat.mark,
        "progress": progress,
        "words": ProgressWords(progress),
        "errors": errors or [],
        "has_errors": status != 200,
    }
    return render(request, "panelist/submit.html", context, status=status)
