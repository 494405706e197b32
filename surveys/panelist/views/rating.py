"""One vignette with what is asked of it: statements to rate, questions about options, or both."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from surveys.feedback.own_feedback import earlier_feedback
from surveys.pages.drawn import drawn_statement, drawn_words
from surveys.pages.scale import Conflict, conflict_note
from surveys.panelist.access import Seat, is_fetched, panelists_page, seat_of
from surveys.panelist.answering import (
    Outcome,
    TooLate,
    error_list,
    padded_json,
    progress_fields,
    stored_fields,
    take_answers,
    too_late,
)
from surveys.panelist.changes import vignette_change
from surveys.panelist.consent import sheet_to_answer
from surveys.panelist.course import course_of, progress_of
from surveys.panelist.forms import PostedSheet
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
    seat = seat_of(request)
    if request.method == "POST":
        return _post(request, seat, number)
    course = course_of(seat.study)
    if course.latest is None:
        raise Http404
    round = course.answerable
    if round is None:
        return redirect("panelist:start")
    return _page(request, seat, round, number, sheet_to_answer(seat, round))


def _post(request: HttpRequest, seat: Seat, number: int) -> HttpResponse:
    try:
        outcome = take_answers(request, seat, vignette=number)
    except TooLate as late:
        return too_late(request, seat, late.round)
    if is_fetched(request):
        return _answer(outcome)
    saved, posted = outcome.saved, outcome.posted
    if saved is None:
        sheet = sheet_to_answer(seat, outcome.round)
        return _page(request, seat, outcome.round, number, sheet, posted=posted, status=422)
    if saved.clashes:
        conflicts = _conflicts(outcome, saved)
        return _page(request, seat, outcome.round, number, saved.sheet, posted=posted, conflicts=conflicts, status=409)
    if "move" in request.POST:
        # The same page, drawn here: an address that leads to the moved option would tell which it is.
        return _page(request, seat, outcome.round, number, saved.sheet, moved=str(request.POST["move"]))
    return _go_on(request, saved, number, last=outcome.last)


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
    of_options = shown_conflicts(saved.preference_conflicts, outcome.survey, saved.sheet.preferences)
    return clashes(saved.conflicts) | of_options


def _answer(outcome: Outcome) -> HttpResponse:
    """The same in JSON, for the page's script; the wire format stands at the head of static/panelist/rate.js."""
    saved = outcome.saved
    if saved is None:
        return padded_json({"errors": outcome.posted.errors}, status=422)
    stored = {
        "state": "submitted" if saved.sheet.is_submitted else "draft",
        "version": saved.sheet.version,
        "seen": stored_fields(outcome, saved.sheet),
    }
    if saved.clashes:
        notes = [
            {"name": name, "theirs": clash.theirs, "mine": clash.mine, "html": _note(name, clash, outcome.survey)}
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
    asked = _asked(seat, round, survey, vignette, sheet, posted, conflicts or {}, moved)
    context = _frame(seat, round, vignettes, vignette, sheet, survey) | asked
    context |= {"errors": _errors(asked, vignette, posted, conflicts or {}), "has_errors": status != 200}
    context["reworded"] = vignette_change(round, vignette)
    if status != 200:
        context["save_state"] = "not-saved"
    return render(request, "panelist/rate.html", context, status=status)


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
        "script_words": drawn_words(len(items), asks_options=options is not None),
        "drawn": [drawn_statement(item, shows_comments=shows_comments) for item in items],
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


def _frame(
    seat: Seat,
    round: Round,
    vignettes: Sequence[AskedVignette],
    vignette: AskedVignette,
    sheet: OwnSheet,
    survey: Survey,
) -> dict[str, Any]:
    aspect, comma, rest = vignette.aspect.partition(",")
    progress = progress_of(sheet, vignettes, survey)
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
        "words": ProgressWords(progress),
        "version": sheet.version,
        "is_submitted": sheet.is_submitted,
        "save_state": "" if not sheet.version else "submitted" if sheet.is_submitted else "draft",
    }
