"""The panelist's first page: what is to be done, and what the study has come to."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from surveys.feedback.queries import latest_results
from surveys.meetings.queries import is_evidence_shared, next_meeting, presentations_by
from surveys.meetings.services.evidence import is_web_address
from surveys.panelist.access import NobodySignedIn, Seat, panelists_page, withdrawn
from surveys.panelist.changes import Changes, changes_since
from surveys.panelist.consent import has_agreed, sheet_in
from surveys.panelist.course import Course, progress_of, seat_and_course
from surveys.panelist.lateness import closed_words
from surveys.panelist.statements import round_label
from surveys.panelist.views.entering import code_page, sign_in
from surveys.panelist.words import ProgressWords
from surveys.panels.queries import panel_of
from surveys.rounds.asked import asked_in
from surveys.rounds.models import AskedVignette, Round
from surveys.rounds.services.saving import HasWithdrawn
from surveys.sheets.queries import OwnSheet
from surveys.studies.models import Study
from surveys.studies.queries import replaced_before


@require_http_methods(["GET", "HEAD", "POST"])
@panelists_page
def start(request: HttpRequest) -> HttpResponse:
    """Where the panelist stands. A POST takes the code of a personal link; a GET never signs anybody in."""
    if request.method == "POST":
        return sign_in(request)
    try:
        seat, course = seat_and_course(request)
    except NobodySignedIn:
        return code_page(request)
    try:
        sheet = sheet_in(seat, course.under_way) if course.under_way else OwnSheet()
    except HasWithdrawn:
        return withdrawn(request)
    context: dict[str, Any] = {
        **_ahead(seat.study, course.now),
        "presents": presentations_by(seat.panelist),
        "study": seat.study,
        "panelist": seat.panelist,
        "mark": seat.mark,
        "released": course.released,
        "panel_size": panel_of(seat.study).count(),
        "has_open_round": course.open_round is not None,
        "replaced": replaced_before(seat.study, is_open=course.open_round is not None),
    }
    round = course.answerable
    if not seat.study.is_over and round:
        return render(request, "panelist/start.html", context | _open_round(seat, course, round, sheet))
    return render(request, "panelist/between.html", context | _between(seat, course, sheet))


def _ahead(study: Study, now: dt.datetime) -> dict[str, Any]:
    """What there is to read, and the next meeting with its agenda; a finished study meets no more."""
    meeting = None if study.is_over else next_meeting(study, now)
    return {
        "has_evidence": is_evidence_shared(study),
        "meeting": meeting,
        "place_is_link": meeting is not None and is_web_address(meeting.place),
        "agenda": meeting.agenda.all() if meeting else (),
    }


def _open_round(seat: Seat, course: Course, round: Round, sheet: OwnSheet) -> dict[str, Any]:
    asked = asked_in(round)
    released = course.released
    progress = progress_of(sheet, asked.vignettes, asked.survey)
    return {
        "round": round,
        "progress": progress,
        "has_agreed": has_agreed(seat, sheet),
        "has_receipt": sheet.is_submitted and bool(sheet.content.nonce),
        "words": ProgressWords(progress),
        "previous_label": round_label(released[0]) if released else "",
        "changes": _changes(seat, released[0], round, asked.vignettes) if released else None,
    }


def _changes(seat: Seat, before: Round, round: Round, vignettes: Sequence[AskedVignette]) -> Changes:
    latest = latest_results(seat.study, released_only=True) if round.is_rating else []
    return changes_since(before, round, vignettes, latest)


def _between(seat: Seat, course: Course, sheet: OwnSheet) -> dict[str, Any]:
    """Which of the states between two rounds it is: finished, none, over, closing, waiting or released."""
    round = course.latest
    if seat.study.is_over:
        state = "finished"
    elif round is None:
        state = "none"
    elif round.status == Round.Status.OPEN:
        state = "over"
    elif round.status == Round.Status.CLOSING:
        state = "closing"
    else:
        state = "released" if round.is_released else "waiting"
    is_pending = state in {"over", "closing"}
    return {
        "state": state,
        "round": round,
        "closed_words": closed_words(round) if round else "",
        "is_submitted": sheet.is_submitted if is_pending else None,
    }
