"""The comments behind the steps of a questionnaire's lineage, as the panel may read them."""

import uuid
from collections.abc import Iterable

from surveys.feedback.models import Comment
from surveys.feedback.queries import results_of_rounds
from surveys.feedback.survey_results import survey_results_of_rounds
from surveys.studies.models import Study
from surveys.vignettes.models import LineageStep


def causes_told(study: Study, steps: Iterable[LineageStep]) -> dict[uuid.UUID, str]:
    """By comment, what the panel reads of the causes of these steps: published, of released rounds, if it reads any.

    What was written where too few answered for a result is left out, as it is beside that result.
    """
    ids = {step.cause_id for step in steps if step.cause_id}
    if not ids or not study.protocol.shows_comments:
        return {}
    comments = list(
        Comment.objects.filter(
            pk__in=ids,
            state=Comment.State.PUBLISHED,
            vignette__round__study=study,
            vignette__round__released_at__isnull=False,
        ).select_related("vignette__round")
    )
    hidden = _hidden(study, comments)
    return {comment.pk: comment.body for comment in comments if (comment.asked_id or comment.vignette_id) not in hidden}


def _hidden(study: Study, comments: Iterable[Comment]) -> set[uuid.UUID]:
    """The askings of these comments whose result nobody sees."""
    rounds = {comment.vignette.round for comment in comments}
    rated = [result for found in results_of_rounds(study, rounds).values() for result in found]
    surveyed = [result for found in survey_results_of_rounds(study, rounds).values() for result in found]
    return {result.asked.pk for result in rated if result.shown.is_hidden} | {
        result.vignette.pk for result in surveyed if result.shown.is_hidden
    }
