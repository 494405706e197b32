"""What is frozen when a round closes: results, reasons, and who took part."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from surveys.panels.models import Panelist
from surveys.rounds.models import AskedStatement, Round


class RoundResult(models.Model):
    """How many belonged to the panel and how many submitted; the hash covers every result as it may be shown."""

    round = models.OneToOneField(Round, on_delete=models.CASCADE, primary_key=True, related_name="result")
    invited = models.PositiveIntegerField()
    submitted = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"result of {self.round_id}"


class Result(models.Model):
    """The frozen result of one statement in one round. `counts` are the nine counts, from 1 to 9.

    `changes` compares with the last earlier rating of the same people: `paired`, `raised`, `kept`, `lowered`
    and `bands`, the nine counts of moves between 1-3, 4-6 and 7-9; null where fewer than k are paired or where they
    would tell what somebody rated who joined or left.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked = models.OneToOneField(AskedStatement, on_delete=models.CASCADE, related_name="result")
    counts = models.JSONField()
    abstained = models.PositiveIntegerField()
    missing = models.PositiveIntegerField()
    consensus = models.BooleanField(null=True)
    changes = models.JSONField(null=True)
    # Whether those who rated differ from those of the last earlier round by exactly one person.
    one_joined_or_left = models.BooleanField(default=False)

    class Meta:
        ordering = ("asked__number",)

    def __str__(self) -> str:
        return f"result of {self.asked_id}"


class Comment(models.Model):
    """A reason that a panelist wrote, unlinked from its author, from the rating and from the author's others."""

    class State(models.TextChoices):
        PENDING = "pending", _("Not looked at yet")
        PUBLISHED = "published", _("Published")
        HIDDEN = "hidden", _("Hidden")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked = models.ForeignKey(AskedStatement, on_delete=models.CASCADE, related_name="comments")
    original = models.TextField()
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    hidden_because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"comment {self.id}"


class Participation(models.Model):
    """Whether a panelist submitted in a closed round; written at the freeze, never before."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="participations")
    panelist = models.ForeignKey(Panelist, on_delete=models.CASCADE, related_name="participations")
    responded = models.BooleanField()

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("round", "panelist"), name="feedback_one_participation"),)

    def __str__(self) -> str:
        return f"participation {self.id}"


class PartialTally(models.Model):
    """The encrypted counts of one slice of a closing round; deleted at the freeze."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="partial_tallies")
    slice_number = models.PositiveIntegerField()
    box = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("round", "slice_number"), name="feedback_one_tally_a_slice"),)

    def __str__(self) -> str:
        return f"slice {self.slice_number} of {self.round_id}"
