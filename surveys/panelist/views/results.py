"""A released round, as one panelist sees it: the group's counts beside their own ratings."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from surveys.feedback.own_feedback import Earlier, released_feedback
from surveys.feedback.queries import participation
from surveys.pages.by_group import GroupTable, group_table
from surveys.pages.groups import group_on_page
from surveys.pages.levels import LEVEL_WORDS
from surveys.pages.radios import OwnMark
from surveys.pages.scale import GroupOnPage, Piece, pieces
from surveys.panelist.access import panelists_page
from surveys.panelist.consent import must_belong
from surveys.panelist.course import seat_and_course
from surveys.panelist.statements import own_marks, round_label
from surveys.panelist.survey_feedback import surveys_seen
from surveys.rounds.asked import asked_in
from surveys.rounds.models import AskedStatement, AskedVignette
from surveys.sheets.boxes import ABSTAIN
from surveys.studies.queries import release_entry


@dataclass(frozen=True)
class StatementSeen:
    """One statement of a released round: what the group answered, and the panelist's own answer."""

    wording: tuple[Piece, ...]
    group: GroupOnPage
    own_marks: tuple[OwnMark, ...]
    abstained: bool
    earlier: Earlier
    groups: GroupTable


@require_safe
@panelists_page
def results(request: HttpRequest, number: int) -> HttpResponse:
    """The results of a released round; 404 for any other."""
    seat, course = seat_and_course(request)
    must_belong(seat, course)
    released = course.released
    round = next((one for one in released if one.number == number), None)
    if round is None:
        raise Http404
    feedback = released_feedback(seat.holder, round)
    surveys = surveys_seen(seat.holder, round)
    vignettes = [
        (
            vignette,
            _aspect(vignette),
            [_seen(asked, feedback[asked.number], round_label(round)) for asked in vignette.statements.all()],
            surveys.get(vignette.pk),
        )
        for vignette in asked_in(round).vignettes
    ]
    context = {
        "study": seat.study,
        "round": round,
        "released": released,
        "participation": participation(round),
        "vignettes": vignettes,
        "levels": LEVEL_WORDS.items(),
        "entry": release_entry(seat.study.pk, round.released_at),
    }
    return render(request, "panelist/results.html", context)


def _aspect(vignette: AskedVignette) -> tuple[str, str]:
    """What is changed from the base case, cut before its first comma."""
    first, comma, rest = vignette.aspect.partition(",")
    return first, comma + rest


def _seen(asked: AskedStatement, earlier: Earlier, label: str) -> StatementSeen:
    return StatementSeen(
        wording=pieces(asked.text, asked.recommendations),
        group=group_on_page(earlier.result.shown, label),
        own_marks=own_marks(earlier.own, label),
        abstained=earlier.own.choice == ABSTAIN,
        earlier=earlier,
        groups=group_table(earlier.result.groups),
    )
