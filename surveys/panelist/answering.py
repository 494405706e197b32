"""From what a page posted to the sheet: for the rating page and for submitting alike."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from surveys.panelist.access import Seat, holder_in, is_fetched, must_be, opened_round, seat_of
from surveys.panelist.course import seat_and_course
from surveys.panelist.forms import PostedSheet, read_replay, read_sheet
from surveys.panelist.gaps import gaps_of
from surveys.panelist.lateness import lateness_of
from surveys.panelist.preference_forms import own_changes, read_preferences, values_on_page
from surveys.panelist.words import done_words
from surveys.rounds.asked import Asked, asked_of
from surveys.rounds.models import Round
from surveys.rounds.queries import Survey
from surveys.rounds.services.merging import PreferenceChange, merge, merge_preferences
from surveys.rounds.services.saving import RoundNotOpen, Saved, save_sheet
from surveys.sheets.boxes import NOTHING
from surveys.sheets.keystore import KeyStoreError
from surveys.sheets.queries import OwnSheet, SheetHolder, own_sheet

PAD_TO = 4096


class TooLate(Exception):
    """The round that a form was drawn for takes no more from whoever is in this seat."""

    def __init__(self, seat: Seat, round: Round) -> None:
        super().__init__(f"{round} takes no more.")
        self.seat = seat
        self.round = round


@dataclass(frozen=True)
class Outcome:
    """What became of a posted form for this round, which asks `asked`.

    `saved` is None where its fields were refused and nothing was saved.
    """

    round_id: uuid.UUID
    asked: Asked
    posted: PostedSheet
    saved: Saved | None = None


def take_answers(request: HttpRequest, *, vignette: int | None = None) -> Outcome:
    """Read a posted form and save it; with `action=submit` submit the sheet, unless gaps were not warned of yet.

    A form may say for whom (`holder`) and for which round (`round`) it was drawn; a plain one is taken without.
    Where all is well nothing but the save asks the database, and under its lock who is signed in.
    Raises NobodySignedIn for somebody else's form, SessionEnded, ConsentMissing, HasWithdrawn, TooLate, KeyStoreError,
    and Http404 where no round was ever opened or where the round does not ask the page's `vignette`.
    """
    data, holder = request.POST, holder_in(request)
    must_be(holder, str(data.get("holder", "")))
    round_id, asked = _asked(request)
    posted = read_preferences(data, asked.survey, read_sheet(data, asked.names))
    is_elsewhere = vignette is not None and vignette not in asked.numbers
    if is_elsewhere or posted.errors:
        outcome = Outcome(round_id, asked, posted)
        seat_and_round(request, outcome)
        if is_elsewhere:
            raise Http404
        return outcome
    try:
        return Outcome(round_id, asked, posted, _saved(data, holder, round_id, asked, posted))
    except RoundNotOpen as fault:
        raise TooLate(*_seat_and_round(request, round_id)) from fault
    except Round.DoesNotExist as fault:
        raise _nothing_here(request) from fault
    except KeyStoreError:
        # A sealed study has no key any more, and nobody is signed in to it: that is to be said first.
        seat_of(request)
        raise


def _asked(request: HttpRequest) -> tuple[uuid.UUID, Asked]:
    """The round that a form was drawn for, or the present one where a form says nothing, and what it asks.

    Whether it is one of the holder's study is seen by whatever is done with it. Raises NobodySignedIn, and Http404
    where no such round was opened.
    """
    try:
        round_id = uuid.UUID(posted) if (posted := str(request.POST.get("round", ""))) else _present_round(request)
        asked = asked_of(round_id)
    except (ValueError, Round.DoesNotExist) as fault:
        raise _nothing_here(request) from fault
    return round_id, asked


def _present_round(request: HttpRequest) -> uuid.UUID:
    _seat, course = seat_and_course(request)
    round = course.open_round or course.latest
    if round is None:
        raise Round.DoesNotExist
    return round.pk


def _nothing_here(request: HttpRequest) -> Http404:
    """What to answer whoever is signed in and asks for what there is not. Raises NobodySignedIn for anybody else."""
    seat_of(request)
    return Http404()


def seat_and_round(request: HttpRequest, outcome: Outcome) -> tuple[Seat, Round]:
    """Who is signed in, and the round of the form, for a page that says what became of it.

    Raises NobodySignedIn, TooLate, and Http404.
    """
    seat, round = _seat_and_round(request, outcome.round_id)
    if round.status != Round.Status.OPEN:
        raise TooLate(seat, round)
    return seat, round


def _seat_and_round(request: HttpRequest, round_id: uuid.UUID) -> tuple[Seat, Round]:
    seat = seat_of(request)
    round = opened_round(seat, round_id)
    if round is None:
        raise Http404
    return seat, round


def _saved(data: QueryDict, holder: SheetHolder, round_id: uuid.UUID, asked: Asked, posted: PostedSheet) -> Saved:
    stored = own_sheet(holder, round_id) if asked.survey.questions else OwnSheet()
    preferences = own_changes(posted.preferences, asked.survey, stored.preferences)
    submit = data.get("action") == "submit" and (
        data.get("gaps") == "known"
        or not (_leaves_gaps(holder, round_id, asked, posted) or _leaves_option_gaps(asked.survey, stored, preferences))
    )
    return save_sheet(
        holder=holder,
        round_id=round_id,
        changes=posted.changes,
        preferences=preferences,
        submit=submit,
        replay=read_replay(data),
        half=str(data.get("half", "")),
    )


def _leaves_gaps(holder: SheetHolder, round_id: uuid.UUID, asked: Asked, posted: PostedSheet) -> bool:
    given = {change.number for change in posted.changes if change.says_choice and change.answer.is_given}
    if given.issuperset(asked.places):
        return False
    answers, _conflicts = merge(own_sheet(holder, round_id).answers, posted.changes)
    return any(not answers.get(number, NOTHING).is_given for number in asked.places)


def _leaves_option_gaps(survey: Survey, stored: OwnSheet, changes: tuple[PreferenceChange, ...]) -> bool:
    merged, _conflicts = merge_preferences(stored.preferences, changes)
    return any(gaps_of(survey, merged, vignette) for vignette in survey.vignettes)


def too_late(request: HttpRequest, late: TooLate) -> HttpResponse:
    """410: the round takes no more, and what that means for this panelist's sheet."""
    seat, round = late.seat, late.round
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


def stored_fields(outcome: Outcome, sheet: OwnSheet, number: int) -> dict[str, str]:
    """What is stored of all statements of the vignette with this number and of what else its page posted.

    By the names of the fields, and as a page shows it.
    """
    fields: dict[str, str] = {}
    on_page = {statement for statement, place in outcome.asked.places.items() if place == number}
    for statement in sorted(on_page | outcome.posted.numbers):
        answer = sheet.answer_to(statement)
        fields |= {f"s{statement}": answer.choice, f"reason-s{statement}": answer.reason}
    asked = {change.name for change in outcome.posted.preferences}
    for vignette in outcome.asked.survey.vignettes:
        shown = values_on_page(sheet.preferences, vignette.number, outcome.asked.survey.base_of(vignette))
        prefix = f"v{vignette.number}-"
        fields |= {name: shown.get(name.removeprefix(prefix), "") for name in asked if name.startswith(prefix)}
    return fields


def progress_fields(outcome: Outcome, sheet: OwnSheet) -> dict[str, Any]:
    """How far the sheet has come, for the page's script."""
    places, survey = outcome.asked.places, outcome.asked.survey
    if survey.questions:
        unrated = {place for number, place in places.items() if not sheet.answer_to(number).is_given}
        lacking = {one.number for one in survey.vignettes if gaps_of(survey, sheet.preferences, one)}
        total = len(outcome.asked.numbers)
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
