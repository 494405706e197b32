"""What each panelist will see of a closed round, and where that would give somebody away."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.facilitator.readings import round_phrase
from surveys.feedback.models import Comment
from surveys.feedback.queries import StatementResult, comments_of, results_of
from surveys.feedback.thresholds import Shown
from surveys.pages.groups import group_on_page
from surveys.pages.scale import GroupOnPage, Piece, pieces
from surveys.rounds.models import Round
from surveys.studies.models import Study
from surveys.vignettes.queries import vignette_numbers


@dataclass(frozen=True)
class Preview:
    """One statement as the panel will see it, with warnings for the facilitator alone."""

    number: int
    vignette: str
    wording: tuple[Piece, ...]
    group: GroupOnPage
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]


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
    published = [] if shown.is_hidden else [c.body for c in comments if c.state == Comment.State.PUBLISHED]
    return Preview(
        number=number,
        vignette=result.asked.vignette.title,
        wording=pieces(result.asked.text, result.asked.recommendations),
        group=group_on_page(shown, label),
        reasons=tuple(published),
        warnings=tuple(_warnings(shown, published)),
    )


def _warnings(shown: Shown, published: list[str]) -> list[str]:
    found = []
    if shown.minimum is not None and shown.minimum == shown.maximum:
        words = {"n": shown.n, "rating": shown.minimum}
        found.append(_("All %(n)d rated %(rating)d, so everybody's rating is known.") % words)
    elif shown.counts and max(shown.counts) == (shown.n or 0) - 1:
        found.append(_("All but one gave the same rating: whoever gave the other one knows what all others rated."))
    if published and shown.n is not None and len(published) >= shown.n:
        found.append(_("Everybody wrote a reason here, so each can tell which ones others wrote."))
    return found
