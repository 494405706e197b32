"""The cards of a closed round's page: a statement's or a vignette's result, with the comments on it."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from surveys.facilitator.forms.rounds import CommentForm
from surveys.facilitator.forms.surveys import ThemeForm
from surveys.facilitator.giveaways import Giveaways
from surveys.facilitator.readings import Reading, readings_of
from surveys.facilitator.survey_readings import SurveyReading, survey_readings_of
from surveys.feedback.comments import ThemedComments, comments_of, survey_comments_of, themed
from surveys.feedback.models import Comment
from surveys.feedback.queries import results_of
from surveys.feedback.survey_results import survey_results_of
from surveys.panels.queries import people_of
from surveys.rounds.models import Round
from surveys.rounds.queries import earlier_askings
from surveys.studies.models import Study
from surveys.vignettes.queries import vignette_numbers

_Warned = Mapping[uuid.UUID, tuple[str, ...]]


@dataclass(frozen=True)
class Refused:
    """Forms that were not accepted, by the id of their comment; the page shows them with what is wrong."""

    comments: Mapping[uuid.UUID, CommentForm] = field(default_factory=dict)
    themes: Mapping[uuid.UUID, ThemeForm] = field(default_factory=dict)

    @property
    def errors(self) -> list[tuple[str, str]]:
        """(id of the field, sentence) of each error, for the summary on top of the page."""
        return [
            (form[name].auto_id, str(sentence))
            for form in (*self.comments.values(), *self.themes.values())
            for name, sentences in form.errors.items()
            for sentence in sentences
        ]


@dataclass(frozen=True)
class CommentCard:
    """A comment with the form of its theme; `form` says what becomes of it, None once the results are released.

    `warnings` say before the release where the comment would give its author away.
    """

    comment: Comment
    form: CommentForm | None
    theme_form: ThemeForm
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class ResultCard:
    """A statement's result with the comments on it; `themes` are the published ones as the panel reads them."""

    reading: Reading
    comments: tuple[CommentCard, ...]
    themes: tuple[ThemedComments, ...]


@dataclass(frozen=True)
class SurveyCard:
    """A vignette's answers about options with the comments and suggestions; `themes` as on a `ResultCard`."""

    reading: SurveyReading
    comments: tuple[CommentCard, ...]
    themes: tuple[ThemedComments, ...]


def result_cards(study: Study, round: Round, refused: Refused) -> list[ResultCard]:
    """A closed round's statements; none in an option survey."""
    before = {number: asked.round for number, asked in earlier_askings(round).items()}
    comments = comments_of(round)
    warned = _warned(round, comments.values())
    return [
        ResultCard(reading, *_commented(comments.get(reading.result.asked.pk, []), round, refused, warned))
        for reading in readings_of(results_of(round), vignette_numbers(study), before)
    ]


def survey_cards(study: Study, round: Round, order: str, refused: Refused) -> list[SurveyCard]:
    """A closed round's vignettes with their options in this order; none where it asked nothing about options."""
    if not round.asks_options:
        return []
    comments = survey_comments_of(round)
    warned = _warned(round, comments.values())
    return [
        SurveyCard(reading, *_commented(comments.get(reading.result.vignette.pk, []), round, refused, warned))
        for reading in survey_readings_of(survey_results_of(round), vignette_numbers(study), order)
    ]


def _warned(round: Round, comments: Iterable[Iterable[Comment]]) -> dict[uuid.UUID, tuple[str, ...]]:
    """By comment, where it would give its author away as it stands; nothing once the results are released."""
    if round.is_released:
        return {}
    listed = [comment for some in comments for comment in some if comment.state != Comment.State.HIDDEN]
    if not listed:
        return {}
    giveaways = Giveaways(people_of(round.study), [comment.body for comment in listed])
    others = [comment.original for comment in listed]
    return {comment.pk: tuple(giveaways.in_comment(comment.body, others)) for comment in listed}


def _commented(
    comments: Iterable[Comment], round: Round, refused: Refused, warned: _Warned
) -> tuple[tuple[CommentCard, ...], tuple[ThemedComments, ...]]:
    listed = list(comments)
    return tuple(_comment_card(comment, round, refused, warned) for comment in listed), tuple(themed(listed))


def _comment_card(comment: Comment, round: Round, refused: Refused, warned: _Warned) -> CommentCard:
    theme_form = refused.themes.get(comment.pk) or ThemeForm.of(comment)
    if round.is_released:
        return CommentCard(comment, None, theme_form)
    form = refused.comments.get(comment.pk) or CommentForm.of(comment)
    return CommentCard(comment, form, theme_form, warned.get(comment.pk, ()))
