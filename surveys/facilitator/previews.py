"""What each panelist will see of a closed round, and where that would give somebody away."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.facilitator.survey_readings import AS_ASKED, SurveyReading, survey_readings_of
from surveys.feedback.models import Comment
from surveys.feedback.queries import (
    StatementResult,
    ThemedComments,
    comments_of,
    results_of,
    survey_comments_of,
    themed,
)
from surveys.feedback.survey_results import survey_results_of
from surveys.feedback.thresholds import Shown
from surveys.pages.groups import group_on_page
from surveys.pages.round_words import round_phrase
from surveys.pages.scale import GroupOnPage, Piece, pieces
from surveys.rounds.models import Round
from surveys.studies.models import Study
from surveys.vignettes.queries import vignette_numbers


@dataclass(frozen=True)
class SurveyPreview:
    """One vignette's options as the panel will see them, with the comments and with warnings for the facilitator."""

    reading: SurveyReading
    themes: tuple[ThemedComments, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """One statement as the panel will see it, with warnings for the facilitator alone."""

    number: int
    vignette: str
    wording: tuple[Piece, ...]
    group: GroupOnPage
    themes: tuple[ThemedComments, ...]
    warnings: tuple[str, ...]


def survey_previews_of(study: Study, round: Round) -> list[SurveyPreview]:
    """What a closed round found about options, vignette by vignette; none where it asked nothing about them."""
    if not round.asks_options:
        return []
    comments = survey_comments_of(round) if study.protocol.shows_comments else {}
    return [
        _survey_preview(reading, comments.get(reading.result.vignette.pk, []))
        for reading in survey_readings_of(survey_results_of(round), vignette_numbers(study), AS_ASKED)
    ]


def _survey_preview(reading: SurveyReading, comments: list[Comment]) -> SurveyPreview:
    themes = () if reading.shown.is_hidden else tuple(themed(comments))
    return SurveyPreview(reading, themes, tuple(_survey_warnings(reading)))


def _survey_warnings(reading: SurveyReading) -> list[str]:
    """Where everybody answered alike, so that everybody's answer is known."""
    found = []
    for asked, shown in reading.result.rows:
        words = {"option": asked.name}
        if shown.levels and max(shown.levels) == sum(shown.levels):
            found.append(_("All gave %(option)s the same level, so everybody's is known.") % words)
        if shown.top == 1:
            found.append(_("All named %(option)s a top choice, so everybody's answer is known.") % words)
        if shown.against == 1:
            found.append(_("All would not recommend %(option)s, so everybody's answer is known.") % words)
    return found


def previews_of(study: Study, round: Round) -> list[Preview]:
    """The feedback of a closed round, statement by statement; every panelist sees their own rating beside it."""
    numbers, comments = vignette_numbers(study), comments_of(round)
    return [
        _preview(
            result,
            numbers[result.asked.vignette.vignette_id],
            round_phrase(round),
            comments.get(result.asked.pk, []) if study.protocol.shows_comments else [],
        )
        for result in results_of(round)
    ]


def _preview(result: StatementResult, number: int, label: str, comments: list[Comment]) -> Preview:
    shown = result.shown
    # As feedback.queries hands reasons to the panel: none beside a result that is hidden.
    themes = () if shown.is_hidden else tuple(themed(comments))
    return Preview(
        number=number,
        vignette=result.asked.vignette.title,
        wording=pieces(result.asked.text, result.asked.recommendations),
        group=group_on_page(shown, label),
        themes=themes,
        warnings=tuple(_warnings(shown, sum(group.n for group in themes))),
    )


def _warnings(shown: Shown, published: int) -> list[str]:
    found = []
    if shown.minimum is not None and shown.minimum == shown.maximum:
        words = {"n": shown.n, "rating": shown.minimum}
        found.append(_("All %(n)d rated %(rating)d, so everybody's rating is known.") % words)
    elif shown.counts and max(shown.counts) == (shown.n or 0) - 1:
        found.append(_("All but one gave the same rating: whoever gave the other one knows what all others rated."))
    if published and shown.n is not None and published >= shown.n:
        found.append(_("Everybody wrote a reason here, so each can tell which ones others wrote."))
    return found
