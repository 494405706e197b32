"""Reads of comments: all of a closed round for its facilitators, published ones for the panel."""

import secrets
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count

from surveys.feedback.models import Comment, Theme
from surveys.rounds.models import Round
from surveys.studies.models import Study
from surveys.vignettes.models import LineageStep


def comments_of(round: Round) -> dict[uuid.UUID, list[Comment]]:
    """A closed round's reasons by asked statement, in an order that says nothing; for facilitators."""
    found: dict[uuid.UUID, list[Comment]] = defaultdict(list)
    for comment in Comment.objects.filter(asked__round=round).select_related("theme").order_by("id"):
        if comment.asked_id:
            found[comment.asked_id].append(comment)
    return dict(found)


def survey_comments_of(round: Round) -> dict[uuid.UUID, list[Comment]]:
    """A closed round's comments and suggestions about options, by asked vignette; for facilitators."""
    found: dict[uuid.UUID, list[Comment]] = defaultdict(list)
    comments = Comment.objects.filter(vignette__round=round, asked=None).select_related("theme")
    for comment in comments.order_by("kind", "id"):
        found[comment.vignette_id].append(comment)
    return dict(found)


def pending_comments(round: Round) -> int:
    """How many comments of a closed round nobody has looked at yet."""
    return Comment.objects.filter(vignette__round=round, state=Comment.State.PENDING).count()


def possible_causes(study: Study) -> list[Comment]:
    """The published comments and suggestions of closed rounds, the latest round first: what may cause a change."""
    comments = Comment.objects.filter(
        vignette__round__study=study,
        vignette__round__status=Round.Status.CLOSED,
        state=Comment.State.PUBLISHED,
    )
    return list(comments.select_related("vignette__round").order_by("-vignette__round__number", "kind", "id"))


def causes_told(study: Study, steps: Iterable[LineageStep]) -> dict[uuid.UUID, str]:
    """By comment, what the panel reads of the causes of these steps: published, of released rounds, if it reads any."""
    ids = {step.cause_id for step in steps if step.cause_id}
    if not ids or not study.protocol.shows_comments:
        return {}
    comments = Comment.objects.filter(
        pk__in=ids,
        state=Comment.State.PUBLISHED,
        vignette__round__study=study,
        vignette__round__released_at__isnull=False,
    )
    return dict(comments.values_list("pk", "body"))


@dataclass(frozen=True)
class ThemedComments:
    """The published comments of one theme, in a fresh random order; `theme` is empty for those without one."""

    theme: str
    bodies: tuple[str, ...]

    @property
    def n(self) -> int:
        """How many they are."""
        return len(self.bodies)


def themed(comments: Iterable[Comment]) -> list[ThemedComments]:
    """Published comments under their themes, the most frequent first, those without a theme last.

    Each time in another order, so that two comments of one person never stand in one place.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for comment in comments:
        if comment.state == Comment.State.PUBLISHED:
            groups[comment.theme.name if comment.theme else ""].append(comment.body)
    for bodies in groups.values():
        secrets.SystemRandom().shuffle(bodies)
    ordered = sorted(groups, key=lambda name: (name == "", -len(groups[name]), name))
    return [ThemedComments(name, tuple(groups[name])) for name in ordered]


def theme_counts(study: Study) -> list[tuple[Theme, int]]:
    """The themes of a study with how many comments stand under each; for facilitators."""
    themes = Theme.objects.filter(study=study).annotate(n=Count("comments")).order_by("name")
    return [(theme, theme.n) for theme in themes]
