"""What is frozen when a round closes: results, reasons, and who took part."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from surveys.panels.models import Panelist
from surveys.rounds.models import AskedStatement, AskedVignette, Round
from surveys.studies.models import Study


class RoundResult(models.Model):
    """How many belonged to the panel and how many submitted; the hash covers every result as it may be shown."""

    round = models.OneToOneField(Round, on_delete=models.CASCADE, primary_key=True, related_name="result")
    invited = models.PositiveIntegerField()
    submitted = models.PositiveIntegerField()
    # How many withdrew while the round was open; null in rounds that were frozen before anybody could.
    withdrew = models.PositiveIntegerField(null=True)
    digest = models.CharField(max_length=64)
    # What `digest` is the SHA-256 of, in its canonical form; null in rounds that were frozen before it was kept.
    hashed = models.JSONField(null=True)
    # The rule by which the round was judged, every threshold a number; null where it was frozen before that was kept.
    rule = models.JSONField(null=True)
    # The groups of the panel at the freeze, where that rule judges by group.
    groups = models.JSONField(null=True)
    # Agreement over all statements, where the counts of all are shown; as `services.agreeing` names it.
    agreement = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"result of {self.round_id}"


class Result(models.Model):
    """The frozen result of one statement in one round. `counts` are the nine counts, from 1 to 9.

    `changes` compares with the last earlier rating of the same people: `paired`, `raised`, `kept`, `lowered`
    and `bands`, the nine counts of moves between 1-3, 4-6 and 7-9; null where fewer than k are paired or
    where they would tell what somebody rated who joined or left. `stability` has the statistics of the same pairs.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked = models.OneToOneField(AskedStatement, on_delete=models.CASCADE, related_name="result")
    counts = models.JSONField()
    abstained = models.PositiveIntegerField()
    missing = models.PositiveIntegerField()
    consensus = models.BooleanField(null=True)
    changes = models.JSONField(null=True)
    stability = models.JSONField(null=True)
    # Whether those who rated differ from those of any earlier round by exactly one person.
    one_joined_or_left = models.BooleanField(default=False)

    class Meta:
        ordering = ("asked__number",)

    def __str__(self) -> str:
        return f"result of {self.asked_id}"


class SurveyResult(models.Model):
    """The frozen result of one vignette in a round that asked about options; `tally` as `sheets.tally` counts it.

    Its `one_apart` are the numbers of the options whose levels a subtraction would turn into one person's.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vignette = models.OneToOneField(AskedVignette, on_delete=models.CASCADE, related_name="survey_result")
    tally = models.JSONField()
    missing = models.PositiveIntegerField()
    # Whether those who answered differ from those of any survey that asked for levels by exactly one person.
    one_joined_or_left = models.BooleanField(default=False)

    class Meta:
        ordering = ("vignette__number",)

    def __str__(self) -> str:
        return f"result of {self.vignette_id}"


class GroupResult(models.Model):
    """The counts of one statement within one group of the panel, written only where the groups' thresholds allow it.

    With fewer in the group, among all others, or among all that are not shown, there is no row.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked = models.ForeignKey(AskedStatement, on_delete=models.CASCADE, related_name="group_results")
    group = models.CharField(max_length=60)
    counts = models.JSONField()
    abstained = models.PositiveIntegerField()
    missing = models.PositiveIntegerField()
    hides_counts = models.BooleanField(default=False)

    class Meta:
        ordering = ("asked__number", "group")
        constraints = (models.UniqueConstraint(fields=("asked", "group"), name="feedback_one_result_a_group"),)

    def __str__(self) -> str:
        return f"result of {self.asked_id} in {self.group}"


class Commitment(models.Model):
    """The receipt of one counted sheet: a hash that says nothing of it, published in the order of the hashes."""

    digest = models.CharField(max_length=64, primary_key=True)
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="commitments")

    class Meta:
        ordering = ("digest",)

    def __str__(self) -> str:
        return self.digest


class Sealing(models.Model):
    """The end of a study's key: announced, confirmed by a second person, carried out. Staff's names, nobody else's."""

    study = models.OneToOneField(Study, on_delete=models.CASCADE, primary_key=True, related_name="sealing")
    announced_at = models.DateTimeField()
    announced_by = models.CharField(max_length=254)
    # From when on a second person may confirm: the panel has a week to object.
    not_before = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=254, blank=True)
    # Until when, as the second person said, copies of the keystore may exist.
    copies_until = models.DateField(null=True)
    key_fingerprint = models.CharField(max_length=64, blank=True)
    key_destroyed_at = models.DateTimeField(null=True)
    # The dataset with a row for each panelist, where the protocol promised one and it could be made.
    dataset = models.JSONField(null=True)
    # Why there is no dataset, where the protocol promised one.
    no_dataset_because = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"sealing of {self.study_id}"


class Theme(models.Model):
    """What several comments of a study have in common, as its facilitator named it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="themes")
    name = models.CharField(_("theme"), max_length=120)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=("study", "name"),
                name="feedback_one_theme_a_name",
                violation_error_message=_("There is already a theme with this name."),
            ),
        )

    def __str__(self) -> str:
        return self.name


class Comment(models.Model):
    """What a panelist wrote, unlinked from its author, from the author's answers and from the author's others.

    It belongs to a vignette, and where it is a reason for a rating, to that statement.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Not looked at yet")
        PUBLISHED = "published", _("Published")
        HIDDEN = "hidden", _("Hidden")

    class Kind(models.TextChoices):
        REASON = "reason", _("Reason")
        FACTOR = "factor", _("Factor that is left out")
        NEW_OPTION = "new_option", _("Suggested option")
        CLEARER_WORDING = "clearer_wording", _("Suggested wording")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vignette = models.ForeignKey(AskedVignette, on_delete=models.CASCADE, related_name="comments")
    asked = models.ForeignKey(AskedStatement, on_delete=models.CASCADE, null=True, related_name="comments")
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.REASON)
    original = models.TextField()
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    hidden_because = models.CharField(max_length=300, blank=True)
    theme = models.ForeignKey(Theme, on_delete=models.SET_NULL, null=True, blank=True, related_name="comments")

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
    """One slice of a closing round's panel, from its first panelist's id on, and its encrypted counts.

    Deleted at the freeze. Whoever counts it claims it for a while.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="partial_tallies")
    slice_number = models.PositiveIntegerField()
    first = models.UUIDField()
    claimed_until = models.DateTimeField(null=True)
    is_counted = models.BooleanField(default=False)
    box = models.BinaryField(default=b"")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("round", "slice_number"), name="feedback_one_tally_a_slice"),)

    def __str__(self) -> str:
        return f"slice {self.slice_number} of {self.round_id}"
