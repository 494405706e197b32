"""The notice, to which a panelist agrees before the first answer, and the way out of a study."""

from contextlib import suppress
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from surveys.panelist import session
from surveys.panelist.access import Seat, panelists_page
from surveys.panelist.consent import has_agreed, must_belong, sheet_in
from surveys.panelist.course import Course, seat_and_course
from surveys.rounds.services import leaving
from surveys.rounds.services.saving import RoundNotOpen, give_consent
from surveys.sheets.queries import OwnSheet
from surveys.studies.notice import notice_of
from surveys.studies.queries import database_now


@require_http_methods(["GET", "HEAD", "POST"])
@panelists_page
def notice(request: HttpRequest) -> HttpResponse:
    """Who can see what, in full; a POST agrees to it. It asks only whoever could answer and has not agreed yet."""
    seat, course = seat_and_course(request)
    must_belong(seat, course)
    if request.method == "POST" and request.POST.get("action") == "agree":
        return _agree(request, seat, course)
    round = course.open_round
    has_said_yes = has_agreed(seat, sheet_in(seat, round) if round else OwnSheet())
    can_answer = course.answerable is not None
    context = {
        "study": seat.study,
        "parts": notice_of(seat.study.protocol),
        "is_locked": seat.study.protocol.is_locked,
        "is_asked": can_answer and not has_said_yes,
        "has_agreed": bool(seat.study.protocol.notice_digest) and has_said_yes,
        "mark": seat.mark,
    }
    return render(request, "panelist/notice.html", context)


def _agree(request: HttpRequest, seat: Seat, course: Course) -> HttpResponse:
    seat.must_be(str(request.POST.get("holder", "")))
    if course.open_round:
        # Where it is too late to answer, and so to agree, the first page says that the round is over.
        with suppress(RoundNotOpen):
            give_consent(holder=seat.holder, round_id=course.open_round.pk)
    return redirect("panelist:start")


@require_http_methods(["GET", "HEAD", "POST"])
@panelists_page
def withdraw(request: HttpRequest) -> HttpResponse:
    """What it means to withdraw from the study; a POST does it, for good, and signs this browser out."""
    seat, course = seat_and_course(request)
    if request.method == "POST" and request.POST.get("action") == "withdraw":
        return _withdraw(request, seat, course)
    must_belong(seat, course)
    return _page(request, seat, course)


def _withdraw(request: HttpRequest, seat: Seat, course: Course) -> HttpResponse:
    # Nobody is withdrawn by a form that does not say for whom it was drawn: it cannot be taken back.
    seat.must_be(str(request.POST.get("holder") or "nobody"))
    try:
        leaving.withdraw(panelist=seat.panelist, holder=seat.holder, now=database_now())
    except leaving.BeingCounted as fault:
        return _page(request, seat, course, error=str(fault), status=409)
    context = {"study": seat.study, "round": course.under_way}
    response = render(request, "panelist/goodbye.html", context)
    session.end(response)
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _page(request: HttpRequest, seat: Seat, course: Course, *, error: str = "", status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "study": seat.study,
        "panelist": seat.panelist,
        "mark": seat.mark,
        "round": course.under_way,
        "has_results": bool(course.released),
        "error": error,
        "has_errors": bool(error),
    }
    return render(request, "panelist/withdraw.html", context, status=status)
