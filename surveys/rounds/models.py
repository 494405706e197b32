"""Rounds, and the frozen copy of what each one asked."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from surveys.studies.models import Study
from surveys.vignettes.models import Option, Statement, Vignette


class Round(models.Model):
    """One anonymous vote of a study.

    An option survey asks `questions` about every vignette. A rating round asks statements, and may ask such questions
    as well.
    """

    class Kind(models.TextChoices):
        OPTION_SURVEY = "option_survey", _("Option survey")
        RATING = "rating", _("Rating round")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Being prepared")
        OPEN = "open", _("Open")
        CLOSING = "closing", _("Closing")
        CLOSED = "closed", _("Closed")
        CANCELLED = "cancelled", _("Cancelled")

    class Question(models.TextChoices):
        LIKELIHOOD = "likelihood", _("How likely to recommend each option")
        RANKING = "ranking", _("Ranking of all options")
        TOP = "top", _("Top choices, equally recommended")
        AGAINST = "against", _("Options one would not recommend")
        REASONS = "reasons", _("Comments with reasons")
        FACTORS = "factors", _("Factors that the vignette leaves out")
        NEW_OPTIONS = "new_options", _("Suggestions of further options")
        CLEARER_WORDING = "clearer_wording", _("Suggestions of clearer wording")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="rounds")
    number = models.PositiveSmallIntegerField()
    kind_number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=14, choices=Kind.choices, default=Kind.RATING)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    opens_at = models.DateTimeField(_("opens"), null=True, blank=True)
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True)
    message = models.TextField(
        _("message to the panel"),
        max_length=2000,
        blank=True,
        help_text=_("Stands in the invitation and on the panelist's first page."),
    )
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    # The statements a facilitator leaves out of a draft; what was asked is frozen in AskedStatement.
    left_out = models.ManyToManyField(Statement, related_name="+", blank=True)
    left_out_vignettes = models.ManyToManyField(Vignette, related_name="+", blank=True)
    questions = models.JSONField(default=list, blank=True)
    # Whether a variation may be answered with "as for the base case", so that only differences are entered.
    keeps_base = models.BooleanField(default=False)
    top_least = models.PositiveSmallIntegerField(_("fewest top choices"), default=1)
    top_most = models.PositiveSmallIntegerField(_("most top choices"), default=3)
    # The number of the questionnaire's last lineage step when the round opened.
    after_step = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(
                fields=("study", "number"),
                condition=~models.Q(status="cancelled"),
                name="rounds_one_round_a_number",
            ),
            models.UniqueConstraint(
                fields=("study",),
                condition=models.Q(status__in=("draft", "open", "closing")),
                name="rounds_one_unfinished_a_study",
            ),
            models.CheckConstraint(
                condition=models.Q(top_least__gte=1, top_most__gte=models.F("top_least")), name="rounds_top_choices"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.kind_number}"

    @property
    def asks_options(self) -> bool:
        """Whether it asks anything about options."""
        return bool(self.questions)

    @property
    def is_rating(self) -> bool:
        """Whether it asks statements."""
        return self.kind == Round.Kind.RATING

    @property
    def is_released(self) -> bool:
        return self.released_at is not None


class AskedVignette(models.Model):
    """A vignette as a round showed it; never changed after the round opened."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="asked_vignettes")
    vignette = models.ForeignKey(Vignette, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    is_base = models.BooleanField(default=False)
    title = models.CharField(max_length=120)
    aspect = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    base_text = models.TextField(blank=True)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("round", "number"), name="rounds_one_vignette_a_number"),)

    def __str__(self) -> str:
        return self.title


class AskedStatement(models.Model):
    """A statement as a round worded it; sheets name it by its number, 1, 2, … within the round."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="asked_statements")
    vignette = models.ForeignKey(AskedVignette, on_delete=models.CASCADE, related_name="statements")
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="asked")
    number = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=600)
    recommendations = models.JSONField(default=list)

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=("round", "number"), name="rounds_one_statement_a_number"),
            models.UniqueConstraint(fields=("round", "statement"), name="rounds_statement_asked_once"),
        )

    def __str__(self) -> str:
        return self.text


class AskedOption(models.Model):
    """An option as a round named it; sheets name it by its number, 1, 2, … within the round."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="asked_options")
    option = models.ForeignKey(Option, on_delete=models.PROTECT, related_name="asked")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    category = models.CharField(max_length=60)
    explanation = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("round", "number"), name="rounds_one_option_a_number"),)

    def __str__(self) -> str:
        return self.name
