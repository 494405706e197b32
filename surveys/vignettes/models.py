"""What a study asks: vignettes, options and statements, and the steps that changed them since the first round.

Rounds keep their own copy of what they asked.
"""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from surveys.studies.models import Study


class Vignette(models.Model):
    """The base case, or the same case with one aspect changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="vignettes")
    position = models.PositiveSmallIntegerField()
    is_base = models.BooleanField(default=False)
    title = models.CharField(_("short title"), max_length=120, help_text=_("Such as “aged 70”."))
    aspect = models.CharField(
        _("what is changed from the base case"),
        max_length=200,
        blank=True,
        help_text=_("Such as “70 years old, not 30”. The words before the first comma are printed bold."),
    )
    text = models.TextField(
        _("text"), max_length=8000, help_text=_("Plain text; an empty line starts a new paragraph.")
    )
    is_dropped = models.BooleanField(default=False)

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(
                fields=("study",), condition=models.Q(is_base=True), name="vignettes_one_base_a_study"
            ),
        )

    def __str__(self) -> str:
        return self.title


class Option(models.Model):
    """A course of action that can be recommended."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="options")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(_("name"), max_length=120)
    category = models.CharField(_("category"), max_length=60, help_text=_("Such as Add or Switch."))
    explanation = models.CharField(
        _("in full"), max_length=300, blank=True, help_text=_("What an abbreviation stands for.")
    )
    is_dropped = models.BooleanField(default=False)

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(
                fields=("study", "name"),
                condition=models.Q(is_dropped=False),
                name="vignettes_one_option_a_name",
                violation_error_message=_("There is already an option with this name."),
            ),
        )

    def __str__(self) -> str:
        return self.name


class Statement(models.Model):
    """What the panel rates, for one vignette: composed from options, or written freely."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vignette = models.ForeignKey(Vignette, on_delete=models.CASCADE, related_name="statements")
    position = models.PositiveSmallIntegerField()
    text = models.CharField(_("wording"), max_length=600)
    options: "models.ManyToManyField[Option, StatementOption]" = models.ManyToManyField(
        Option, through="StatementOption", related_name="statements"
    )
    is_dropped = models.BooleanField(default=False)

    class Meta:
        ordering = ("vignette__position", "position")

    def __str__(self) -> str:
        return self.text


class StatementOption(models.Model):
    """An option that a composed statement names, and where in it."""

    statement = models.ForeignKey(Statement, on_delete=models.CASCADE, related_name="named_options")
    option = models.ForeignKey(Option, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=("statement", "option"), name="vignettes_option_named_once"),)

    def __str__(self) -> str:
        return f"{self.option_id} in {self.statement_id}"


class LineageStep(models.Model):
    """One recorded change of the questionnaire since the first round opened; the database refuses to change it.

    `before` and `after` are lists of what the items were and became, each a dictionary with `id`, `wording` and the
    item's other texts. `compares_with` names the one item of `before` whose earlier ratings still compare with those
    of every item in `after`: for a rewording the item itself, or null where they do not compare.
    """

    class Kind(models.TextChoices):
        OPTION = "option", _("Option")
        VIGNETTE = "vignette", _("Vignette")
        STATEMENT = "statement", _("Statement")

    class Step(models.TextChoices):
        ADD = "add", _("Added")
        REWORD = "reword", _("Reworded")
        MERGE = "merge", _("Merged")
        SPLIT = "split", _("Split")
        DROP = "drop", _("Dropped")
        RESTORE = "restore", _("Restored")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="lineage")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    step = models.CharField(max_length=8, choices=Step.choices)
    before = models.JSONField(default=list)
    after = models.JSONField(default=list)
    reason = models.CharField(max_length=1000)
    # The comment or suggestion that caused it; those stand on a higher floor.
    cause_id = models.UUIDField(null=True, blank=True)
    compares_with = models.UUIDField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("study", "number"), name="vignettes_steps_are_numbered"),)

    def __str__(self) -> str:
        return f"step {self.number}"
