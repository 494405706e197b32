"""What each panelist will see of a closed round, and where that would give somebody away."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.facilitator.giveaways import Giveaways, in_comments, in_groups, in_result
from surveys.facilitator.survey_readings import AS_ASKED, SurveyReading, survey_readings_of
from surveys.feedback.comments import ThemedComments, comments_of, survey_comments_of, themed
from surveys.feedback.models import Comment
from surveys.feedback.queries import StatementResult, results_of
from surveys.feedback.survey_results import survey_results_of
from surveys.pages.by_group import GroupTable, group_table
from surveys.pages.groups import group_on_page
from surveys.pages.round_words import round_phrase
from surveys.pages.scale import GroupOnPage, Piece, pieces
from surveys.panels.queries import people_of
from surveys.rounds.models import Round
from surveys.studies.models import Protocol, Study
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
    by_group: GroupTable
    themes: tuple[ThemedComments, ...]
    warnings: tuple[str, ...]


def survey_previews_of(study: Study, round: Round) -> list[SurveyPreview]:
    """What a closed round found about options, vignette by vignette; none where it asked nothing about them."""
    if not round.asks_options:
        return []
    comments = survey_comments_of(round) if study.protocol.shows_comments else {}
    search = _search(study, comments.values())
    return [
        _survey_preview(reading, comments.get(reading.result.vignette.pk, []), search)
        for reading in survey_readings_of(survey_results_of(round), vignette_numbers(study), AS_ASKED)
    ]


@dataclass(frozen=True)
class _Search:
    """What published comments are searched for, and the round's other comments, to compare with."""

    giveaways: Giveaways
    others: tuple[str, ...]

    def in_themes(self, themes: Iterable[ThemedComments]) -> list[str]:
        return in_comments(themes, self.giveaways, self.others)


def _search(study: Study, comments: Iterable[Iterable[Comment]]) -> _Search:
    listed = [comment for some in comments for comment in some]
    giveaways = Giveaways(people_of(study), [comment.body for comment in listed])
    return _Search(giveaways, tuple(comment.original for comment in listed))


def _survey_preview(reading: SurveyReading, comments: list[Comment], search: _Search) -> SurveyPreview:
    themes = () if reading.shown.is_hidden else tuple(themed(comments))
    return SurveyPreview(reading, themes, (*_survey_warnings(reading), *search.in_themes(themes)))


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
    numbers, comments = vignette_numbers(study), comments_of(round) if study.protocol.shows_comments else {}
    search = _search(study, comments.values())
    return [
        _preview(study, result, numbers[result.asked.vignette.vignette_id], comments.get(result.asked.pk, []), search)
        for result in results_of(round)
    ]


def _preview(study: Study, result: StatementResult, number: int, comments: list[Comment], search: _Search) -> Preview:
    shown = result.shown
    # As feedback.queries hands reasons and groups to the panel: no reason beside a result that is hidden.
    themes = () if shown.is_hidden else tuple(themed(comments))
    groups = result.groups if study.protocol.groups == Protocol.Groups.PANEL else ()
    return Preview(
        number=number,
        vignette=result.asked.vignette.title,
        wording=pieces(result.asked.text, result.asked.recommendations),
        group=group_on_page(shown, round_phrase(result.asked.round)),
        by_group=group_table(groups),
        themes=themes,
        warnings=(
            *in_result(shown, sum(group.n for group in themes)),
            # Where all rated alike, so did every group.
            *(in_groups(groups, study.protocol.least_answers) if shown.share_high not in (0, 1) else ()),
            *search.in_themes(themes),
        ),
    )
