"""The evidence that panelists present before the first vote, and the meetings between votes."""

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from surveys.consensus.agenda import LEAST_MINUTES
from surveys.panels.models import Panelist
from surveys.studies.models import Study
from surveys.vignettes.models import LineageStep, Option

USUAL_SLOT = 10
LONGEST_SLOT = 240
LONGEST_MEETING = 24 * 60


class Presentation(models.Model):
    """The evidence for one option: who of the panel presents it, in how many minutes, and a summary.

    Its files and links hang on it. `has_news` tells that something was added since the panel was last told.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    option = models.OneToOneField(Option, on_delete=models.CASCADE, related_name="presentation")
    panelist = models.ForeignKey(
        Panelist, on_delete=models.SET_NULL, null=True, blank=True, related_name="presentations"
    )
    summary = models.TextField(_("summary"), max_length=8000, blank=True)
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), default=USUAL_SLOT, validators=[MinValueValidator(1), MaxValueValidator(LONGEST_SLOT)]
    )
    is_shared = models.BooleanField(default=False)
    has_news = models.BooleanField(default=False)

    class Meta:
        ordering = ("option__position",)

    def __str__(self) -> str:
        return f"evidence for {self.option_id}"


class PresentationFile(models.Model):
    """A file of a presentation. It lies in the database, so that one backup has all of a study."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    presentation = models.ForeignKey(Presentation, on_delete=models.CASCADE, related_name="files")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=100)
    content = models.BinaryField()
    size = models.PositiveIntegerField()

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return self.name


class PresentationLink(models.Model):
    """A page on the web that a presentation points to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    presentation = models.ForeignKey(Presentation, on_delete=models.CASCADE, related_name="links")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(_("title"), max_length=200)
    address = models.CharField(_("address"), max_length=500)

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return self.title


class Meeting(models.Model):
    """One meeting of the panel. `minutes_held` is None until somebody wrote down how long it took: then it was held.

    `after_round_id` names the round whose results were looked at; rounds stand beside this floor, so it is opaque.
    """

    class Mode(models.TextChoices):
        IN_PERSON = "in_person", _("in person")
        ONLINE = "online", _("online")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="meetings")
    number = models.PositiveSmallIntegerField()
    held_at = models.DateTimeField(_("when"))
    minutes_planned = models.PositiveSmallIntegerField(
        _("minutes planned"), validators=[MinValueValidator(LEAST_MINUTES), MaxValueValidator(LONGEST_MEETING)]
    )
    minutes_held = models.PositiveSmallIntegerField(
        _("minutes held"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(LONGEST_MEETING)]
    )
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.IN_PERSON)
    place = models.CharField(_("place or link"), max_length=500, blank=True)
    after_round_id = models.UUIDField(null=True, blank=True)
    panelists_present = models.PositiveSmallIntegerField(null=True, blank=True)
    facilitators_present = models.PositiveSmallIntegerField(null=True, blank=True)
    others_present = models.PositiveSmallIntegerField(null=True, blank=True)
    # Shown, and taken, only where the study says that meetings note names.
    names = models.TextField(max_length=4000, blank=True)
    notes = models.TextField(_("notes"), max_length=20_000, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("study", "number"), name="meetings_one_meeting_a_number"),)

    def __str__(self) -> str:
        return str(_("Meeting %(number)d") % {"number": self.number})

    @property
    def was_held(self) -> bool:
        """Whether somebody wrote down how long it took."""
        return self.minutes_held is not None

    @property
    def minutes(self) -> int:
        """How long it took, or as long as it is not held, how long it is to take."""
        return self.minutes_held or self.minutes_planned


class AgendaItem(models.Model):
    """One item of a meeting's agenda, and what came of it. What it speaks of is named by opaque ids."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="agenda")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(_("title"), max_length=300)
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), validators=[MinValueValidator(1), MaxValueValidator(LONGEST_MEETING)]
    )
    note = models.TextField(_("what came of it"), max_length=4000, blank=True)
    statement_id = models.UUIDField(null=True, blank=True)
    vignette_id = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return self.title


class Decision(models.Model):
    """What a meeting decided, and the steps of the questionnaire's lineage that followed from it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="decisions")
    position = models.PositiveSmallIntegerField()
    text = models.TextField(_("decision"), max_length=2000)
    steps = models.ManyToManyField(LineageStep, related_name="decisions", blank=True)

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return self.text
