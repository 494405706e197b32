"""From what a page posted to the sheet: for the rating page and for submitting alike."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from surveys.panelist.access import Seat, is_fetched, round_in
from surveys.panelist.course import course_of
from surveys.panelist.forms import PostedSheet, read_replay, read_sheet
from surveys.panelist.gaps import gaps_of
from surveys.panelist.lateness import lateness_of
from surveys.panelist.preference_forms import own_changes, read_preferences, values_on_page
from surveys.panelist.words import done_words
from surveys.rounds.asked import asked_in
from surveys.rounds.models import Round
from surveys.rounds.queries import Survey
from surveys.rounds.services.saving import (
    Change,
    PreferenceChange,
    RoundNotOpen,
    Saved,
    merge,
    merge_preferences,
    save_sheet,
)
from surveys.sheets.boxes import Answer
from surveys.sheets.queries import OwnSheet, own_sheet

PAD_TO = 4096


class TooLate(Exception):
    """The round that a form was drawn for takes no more."""

    def __init__(self, round: Round) -> None:
        super().__init__(f"{round} takes no more.")
        self.round = round


@dataclass(frozen=True)
class Outcome:
    """What became of a posted form. `saved` is None where its fields were refused and nothing was saved.

    `places` has the vignette of each statement of the round, `survey` what the round asks about options.
    """

    round: Round
    places: Mapping[int, int]
    survey: Survey
    posted: PostedSheet
    saved: Saved | None

    @property
    def last(self) -> int:
        """The number of the round's last vignette."""
        return max(_vignettes(self.places, self.survey))


def _vignettes(places: Mapping[int, int], survey: Survey) -> set[int]:
    return {*places.values(), *(vignette.number for vignette in survey.vignettes)}


def take_answers(request: HttpRequest, seat: Seat, *, vignette: int | None = None) -> Outcome:
    """Read a posted form and save it; with `action=submit` submit the sheet, unless gaps were not warned of yet.

    A form may say for whom (`holder`) and for which round (`round`) it was drawn; a plain one is taken without.
    Raises NobodySignedIn for somebody else's form, ConsentMissing, HasWithdrawn, TooLate, and Http404 where no round
    was ever opened or where the round does not ask the page's `vignette`.
    """
    data = request.POST
    seat.must_be(str(data.get("holder", "")))
    round = _round_to_answer(seat, str(data.get("round", "")))
    asked = asked_in(round)
    places, survey = asked.places, asked.survey
    if vignette is not None and vignette not in _vignettes(places, survey):
        raise Http404
    posted = read_preferences(data, survey, read_sheet(data, places))
    if posted.errors:
        return Outcome(round, places, survey, posted, None)
    stored = own_sheet(seat.holder, round.pk) if survey.questions else OwnSheet()
    preferences = own_changes(posted.preferences, survey, stored.preferences)
    submit = data.get("action") == "submit" and (
        data.get("gaps") == "known"
        or not (_leaves_gaps(seat, round, places, posted.changes) or _leaves_option_gaps(survey, stored, preferences))
    )
    try:
        saved = save_sheet(
            holder=seat.holder,
            round_id=round.pk,
            changes=posted.changes,
            preferences=preferences,
            submit=submit,
            replay=read_replay(data),
            half=str(data.get("half", "")),
        )
    except RoundNotOpen as fault:
        # The flip may have come since the round was read: say what is true now.
        raise TooLate(round_in(seat, str(round.pk)) or round) from fault
    return Outcome(round, places, survey, posted, saved)


def _round_to_answer(seat: Seat, posted: str) -> Round:
    course = None if posted else course_of(seat.study)
    round = (course.open_round or course.latest) if course else round_in(seat, posted)
    if round is None:
        raise Http404
    if round.status != Round.Status.OPEN:
        raise TooLate(round)
    return round


def _leaves_gaps(seat: Seat, round: Round, places: Mapping[int, int], changes: tuple[Change, ...]) -> bool:
    given = {change.number for change in changes if change.says_choice and change.answer.is_given}
    if given.issuperset(places):
        return False
    answers, _conflicts = merge(own_sheet(seat.holder, round.pk).answers, changes)
    return any(not answers.get(number, Answer()).is_given for number in places)


def _leaves_option_gaps(survey: Survey, stored: OwnSheet, changes: tuple[PreferenceChange, ...]) -> bool:
    merged, _conflicts = merge_preferences(stored.preferences, changes)
    return any(gaps_of(survey, merged, vignette) for vignette in survey.vignettes)


def too_late(request: HttpRequest, seat: Seat, round: Round) -> HttpResponse:
    """410: the round takes no more, and what that means for this panelist's sheet."""
    sheet = own_sheet(seat.holder, round.pk) if round.status != Round.Status.CANCELLED else OwnSheet()
    context = {
        "study": seat.study,
        "lateness": lateness_of(round, is_submitted=sheet.is_submitted),
        "has_errors": True,
    }
    if is_fetched(request):
        return padded_json({"html": render_to_string("panelist/_late.html", context)}, status=410)
    return render(request, "panelist/late.html", context, status=410)


def error_list(posted: PostedSheet, on_page: set[str]) -> list[tuple[str, str]]:
    """The summary of what is wrong, each with the id of the place on the page that it is about."""
    found = []
    for name, sentence in posted.errors.items():
        statement = name.removeprefix("reason-")
        if name.startswith("v") and name in on_page:
            found.append((f"field-{name}", sentence))
        elif statement in on_page:
            found.append((name if name != statement else f"statement-{statement}", sentence))
        elif name in posted.values:
            found.append(("main", _("%(name)s: %(sentence)s") % {"name": name, "sentence": sentence}))
        else:
            found.append(("main", sentence))
    return found


def stored_fields(outcome: Outcome, sheet: OwnSheet) -> dict[str, str]:
    """What is stored of what a page posted, by the names of its fields, and as a page shows it."""
    fields: dict[str, str] = {}
    for number in sorted(outcome.posted.numbers):
        answer = sheet.answer_to(number)
        fields |= {f"s{number}": answer.choice, f"reason-s{number}": answer.reason}
    asked = {change.name for change in outcome.posted.preferences}
    for vignette in outcome.survey.vignettes:
        shown = values_on_page(sheet.preferences, vignette.number, outcome.survey.base_of(vignette))
        prefix = f"v{vignette.number}-"
        fields |= {name: shown.get(name.removeprefix(prefix), "") for name in asked if name.startswith(prefix)}
    return fields


def progress_fields(outcome: Outcome, sheet: OwnSheet) -> dict[str, Any]:
    """How far the sheet has come, for the page's script."""
    places, survey = outcome.places, outcome.survey
    unrated = {place for number, place in places.items() if not sheet.answer_to(number).is_given}
    if survey.questions:
        lacking = {one.number for one in survey.vignettes if gaps_of(survey, sheet.preferences, one)}
        total = len(_vignettes(places, survey))
        done = total - len(unrated | lacking)
    else:
        total = len(places)
        done = sum(sheet.answer_to(number).is_given for number in places)
    words = done_words(done, total, by_vignette=bool(survey.questions))
    return {"done": done, "total": total, "words": words}


def padded_json(data: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """JSON followed by spaces up to the next 4 KiB, so that its length does not tell a draft from a submission."""
    text = json.dumps(data, ensure_ascii=False).encode()
    padded = text.ljust(-(-len(text) // PAD_TO) * PAD_TO)
    return HttpResponse(padded, content_type="application/json", status=status)
