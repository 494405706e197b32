"""One vignette with what is asked of it: statements to rate, questions about options, or both."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from surveys.feedback.own_feedback import earlier_feedback
from surveys.pages.drawn import drawn_statements
from surveys.pages.scale import Conflict, conflict_note
from surveys.panelist.access import Seat, is_fetched, panelists_page
from surveys.panelist.answering import (
    Outcome,
    TooLate,
    error_list,
    padded_json,
    progress_fields,
    seat_and_round,
    stored_fields,
    take_answers,
    too_late,
)
from surveys.panelist.changes import vignette_change
from surveys.panelist.consent import sheet_to_answer
from surveys.panelist.course import Progress, progress_of, seat_and_course
from surveys.panelist.forms import PostedSheet
from surveys.panelist.frame import Frame, drawn_page
from surveys.panelist.preferences import focus_after, preference_note, shown_conflicts, survey_on_page
from surveys.panelist.statements import clashes, statements_on_page
from surveys.panelist.survey_feedback import earlier_survey
from surveys.panelist.words import ProgressWords
from surveys.rounds.asked import asked_in
from surveys.rounds.models import AskedVignette, Round
from surveys.rounds.queries import Survey
from surveys.rounds.services.saving import Saved
from surveys.sheets.queries import OwnSheet


@require_http_methods(["GET", "HEAD", "POST"])
@panelists_page
def rate(request: HttpRequest, number: int) -> HttpResponse:
    """The vignette with this number in the open round; a POST saves what it says of the sheet."""
    if request.method == "POST":
        return _post(request, number)
    seat, course = seat_and_course(request)
    if course.latest is None:
        raise Http404
    round = course.answerable
    if round is None:
        return redirect("panelist:start")
    return _page(request, seat, round, number, sheet_to_answer(seat, round))


def _post(request: HttpRequest, number: int) -> HttpResponse:
    try:
        outcome = take_answers(request, vignette=number)
        if is_fetched(request):
            return _answer(outcome, number)
        saved = outcome.saved
        if saved is None or saved.clashes or "move" in request.POST:
            return _page_again(request, number, outcome)
    except TooLate as late:
        return too_late(request, late)
    return _go_on(request, saved, number, last=max(outcome.asked.numbers))


def _page_again(request: HttpRequest, number: int, outcome: Outcome) -> HttpResponse:
    """The page with what was wrong or changed meanwhile, or after a step in a ranking.

    That one is drawn here, since an address that leads to the moved option would tell which it is.
    """
    seat, round = seat_and_round(request, outcome)
    saved, posted = outcome.saved, outcome.posted
    if saved is None:
        return _page(request, seat, round, number, sheet_to_answer(seat, round), posted=posted, status=422)
    if saved.clashes:
        conflicts = _conflicts(outcome, saved)
        return _page(request, seat, round, number, saved.sheet, posted=posted, conflicts=conflicts, status=409)
    return _page(request, seat, round, number, saved.sheet, moved=str(request.POST["move"]))


def _go_on(request: HttpRequest, saved: Saved, number: int, *, last: int) -> HttpResponse:
    """After a save: stay for a button inside the page, else the next vignette, and after the last one the check."""
    if "clear" in request.POST or "use" in request.POST:
        return redirect("panelist:rate", number=number)
    if request.POST.get("action") == "submit":
        return redirect("panelist:start" if saved.sheet.is_submitted else "panelist:submit")
    if number < last:
        return redirect("panelist:rate", number=number + 1)
    return redirect("panelist:start" if saved.sheet.is_submitted else "panelist:submit")


def _conflicts(outcome: Outcome, saved: Saved) -> dict[str, Conflict]:
    """By field, what another tab made of it and what stands on this page."""
    of_options = shown_conflicts(saved.preference_conflicts, outcome.asked.survey, saved.sheet.preferences)
    return clashes(saved.conflicts) | of_options


def _answer(outcome: Outcome, number: int) -> HttpResponse:
    """The same in JSON, for the page's script; the wire format stands at the head of static/panelist/rate.js."""
    saved = outcome.saved
    if saved is None:
        return padded_json({"errors": outcome.posted.errors}, status=422)
    stored = {
        "state": "submitted" if saved.sheet.is_submitted else "draft",
        "version": saved.sheet.version,
        "seen": stored_fields(outcome, saved.sheet, number),
    }
    if saved.clashes:
        notes = [
            {"name": name, "theirs": clash.theirs, "mine": clash.mine, "html": _note(name, clash, outcome.asked.survey)}
            for name, clash in _conflicts(outcome, saved).items()
        ]
        return padded_json({**stored, "conflicts": notes}, status=409)
    return padded_json({**stored, "progress": progress_fields(outcome, saved.sheet)})


def _note(name: str, clash: Conflict, survey: Survey) -> str:
    return preference_note(name, clash, survey) if name.startswith("v") else conflict_note(name, clash)


def _page(
    request: HttpRequest,
    seat: Seat,
    round: Round,
    number: int,
    sheet: OwnSheet,
    *,
    posted: PostedSheet | None = None,
    conflicts: Mapping[str, Conflict] | None = None,
    moved: str = "",
    status: int = 200,
) -> HttpResponse:
    asked_of_all = asked_in(round)
    vignettes, survey = asked_of_all.vignettes, asked_of_all.survey
    vignette = next((one for one in vignettes if one.number == number), None)
    if vignette is None:
        raise Http404
    clashing = conflicts or {}
    asked = _asked(seat, round, survey, vignette, sheet, posted, clashing, moved)
    frame = Frame(round.pk, vignette, len(vignettes), len(asked["statements"]), seat.study.is_demonstration)
    own = _own(seat, sheet, progress_of(sheet, vignettes, survey)) | {"drawn": asked["drawn"]}
    reworded = vignette_change(round, vignette)
    if status == HTTPStatus.OK and not (asked["survey"] or reworded):
        return HttpResponse(drawn_page(request, frame, save_state=_save_state(sheet), own=own))
    context = {
        **frame.context(asks_options=asked["survey"] is not None),
        **asked,
        **own,
        "study": seat.study,
        "reworded": reworded,
        "is_submitted": sheet.is_submitted,
        "save_state": _save_state(sheet) if status == HTTPStatus.OK else "not-saved",
        "errors": _errors(asked, vignette, posted, clashing),
        "has_errors": status != HTTPStatus.OK,
    }
    return render(request, "panelist/rate.html", context, status=status)


def _own(seat: Seat, sheet: OwnSheet, progress: Progress) -> dict[str, str]:
    """What the page says of the panelist's own sheet, beside its answers."""
    return {"version": str(sheet.version), "mark": seat.mark, "done": ProgressWords(progress).done}


def _save_state(sheet: OwnSheet) -> str:
    if not sheet.version:
        return ""
    return "submitted" if sheet.is_submitted else "draft"


def _asked(
    seat: Seat,
    round: Round,
    survey: Survey,
    vignette: AskedVignette,
    sheet: OwnSheet,
    posted: PostedSheet | None,
    conflicts: Mapping[str, Conflict],
    moved: str,
) -> dict[str, Any]:
    """What is asked of the vignette: its statements, and the questions about options."""
    statements = list(vignette.statements.all())
    earlier = earlier_feedback(seat.holder, round) if statements else {}
    before = earlier_survey(seat.holder, survey, round, vignette)
    options = survey_on_page(
        survey,
        vignette,
        sheet.preferences,
        posted=posted,
        conflicts={name: clash for name, clash in conflicts.items() if name.startswith("v")},
        earlier=before.own if before else None,
    )
    items = statements_on_page(statements, sheet, earlier, posted=posted, conflicts=conflicts)
    shows_comments = seat.study.protocol.shows_comments
    return {
        "statements": items,
        "drawn": drawn_statements(items, shows_comments=shows_comments),
        "survey": options,
        "before": before,
        "moved": focus_after(moved, options.ranking if options else None),
    }


def _errors(
    asked: Mapping[str, Any], vignette: AskedVignette, posted: PostedSheet | None, conflicts: Mapping[str, Conflict]
) -> list[tuple[str, str]]:
    names = {item.name for item in asked["statements"]} | _names_of(posted, vignette)
    errors = error_list(posted, names) if posted else []
    return errors + [
        ("main", _("%(name)s: it was changed in another tab. Reload the page.") % {"name": name})
        for name in conflicts
        if name.removeprefix("reason-") not in names
    ]


def _names_of(posted: PostedSheet | None, vignette: AskedVignette) -> set[str]:
    """The posted fields about options that stand on the page of this vignette."""
    prefix = f"v{vignette.number}-"
    return {name for name in posted.values if name.startswith(prefix)} if posted else set()
