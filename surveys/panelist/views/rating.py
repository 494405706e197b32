"""One vignette with its statements, to be rated."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from surveys.feedback.queries import earlier_feedback
from surveys.pages.scale import Conflict, conflict_note
from surveys.panelist.access import Seat, is_fetched, panelists_page, seat_of
from surveys.panelist.answering import (
    Outcome,
    TooLate,
    error_list,
    padded_json,
    stored_fields,
    take_answers,
    too_late,
)
from surveys.panelist.course import course_of, progress_of, takes_answers, vignettes_of
from surveys.panelist.forms import PostedSheet
from surveys.panelist.statements import clashes, statements_on_page
from surveys.rounds.models import AskedVignette, Round
from surveys.rounds.services.saving import Saved
from surveys.sheets.queries import OwnSheet, own_sheet
from surveys.studies.queries import database_now


@require_http_methods(["GET", "HEAD", "POST"])
@panelists_page
def rate(request: HttpRequest, number: int) -> HttpResponse:
    """The vignette with this number in the open round; a POST saves what it says of the sheet."""
    seat = seat_of(request)
    if request.method == "POST":
        return _post(request, seat, number)
    course = course_of(seat.study)
    if course.latest is None:
        raise Http404
    round = course.open_round
    if round is None or not takes_answers(round, database_now()):
        return redirect("panelist:start")
    return _page(request, seat, round, number, own_sheet(seat.holder, round.pk))


def _post(request: HttpRequest, seat: Seat, number: int) -> HttpResponse:
    try:
        outcome = take_answers(request, seat, vignette=number)
    except TooLate as late:
        return too_late(request, seat, late.round)
    if is_fetched(request):
        return _answer(outcome)
    if outcome.saved is None:
        sheet = own_sheet(seat.holder, outcome.round.pk)
        return _page(request, seat, outcome.round, number, sheet, posted=outcome.posted, status=422)
    if outcome.saved.conflicts:
        conflicts = clashes(outcome.saved.conflicts)
        sheet = outcome.saved.sheet
        return _page(
            request, seat, outcome.round, number, sheet, posted=outcome.posted, conflicts=conflicts, status=409
        )
    return _go_on(request, outcome.saved, number, last=max(outcome.places.values()))


def _go_on(request: HttpRequest, saved: Saved, number: int, *, last: int) -> HttpResponse:
    """After a save: stay for a button inside the page, else the next vignette, and after the last one the check."""
    if "clear" in request.POST or "use" in request.POST:
        return redirect("panelist:rate", number=number)
    if request.POST.get("action") == "submit":
        return redirect("panelist:start" if saved.sheet.is_submitted else "panelist:submit")
    if number < last:
        return redirect("panelist:rate", number=number + 1)
    return redirect("panelist:start" if saved.sheet.is_submitted else "panelist:submit")


def _answer(outcome: Outcome) -> HttpResponse:
    """The same in JSON, for the page's script; the wire format stands at the head of static/panelist/rate.js."""
    saved = outcome.saved
    if saved is None:
        return padded_json({"errors": outcome.posted.errors}, status=422)
    stored = {
        "state": "submitted" if saved.sheet.is_submitted else "draft",
        "version": saved.sheet.version,
        "seen": stored_fields(saved.sheet, outcome.posted.numbers),
    }
    if saved.conflicts:
        notes = [
            {"name": name, "theirs": clash.theirs, "mine": clash.mine, "html": conflict_note(name, clash)}
            for name, clash in clashes(saved.conflicts).items()
        ]
        return padded_json({**stored, "conflicts": notes}, status=409)
    total = len(outcome.places)
    done = sum(saved.sheet.answer_to(number).is_given for number in outcome.places)
    progress = {
        "done": done,
        "total": total,
        "words": _("%(done)d of %(total)d rated") % {"done": done, "total": total},
    }
    return padded_json({**stored, "progress": progress})


def _page(
    request: HttpRequest,
    seat: Seat,
    round: Round,
    number: int,
    sheet: OwnSheet,
    *,
    posted: PostedSheet | None = None,
    conflicts: Mapping[str, Conflict] | None = None,
    status: int = 200,
) -> HttpResponse:
    vignettes = vignettes_of(round)
    vignette = next((one for one in vignettes if one.number == number), None)
    if vignette is None:
        raise Http404
    earlier = earlier_feedback(seat.holder, round)
    asked = list(vignette.statements.all())
    statements = statements_on_page(asked, sheet, earlier, posted=posted, conflicts=conflicts)
    names = {item.name for item in statements}
    errors = error_list(posted, names) if posted else []
    errors += [
        ("main", _("%(name)s: it was changed in another tab. Reload the page.") % {"name": name})
        for name in conflicts or {}
        if name.removeprefix("reason-") not in names
    ]
    context = _frame(seat, round, vignettes, vignette, sheet) | {
        "statements": statements,
        "errors": errors,
        "has_errors": status != 200,
    }
    if status != 200:
        context["save_state"] = "not-saved"
    return render(request, "panelist/rate.html", context, status=status)


def _frame(
    seat: Seat, round: Round, vignettes: Sequence[AskedVignette], vignette: AskedVignette, sheet: OwnSheet
) -> dict[str, Any]:
    aspect, comma, rest = vignette.aspect.partition(",")
    progress = progress_of(sheet, vignettes)
    return {
        "study": seat.study,
        "round": round,
        "mark": seat.mark,
        "vignette": vignette,
        "aspect": aspect,
        "aspect_rest": comma + rest,
        "total": len(vignettes),
        "next": vignette.number + 1 if vignette.number < len(vignettes) else None,
        "previous": vignette.number - 1 if vignette.number > 1 else None,
        "progress": progress,
        "version": sheet.version,
        "is_submitted": sheet.is_submitted,
        "save_state": "" if not sheet.version else "submitted" if sheet.is_submitted else "draft",
    }
