"""A study, its protocol, its staff, and the chain of what staff did."""

import uuid

from django.conf import settings
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

LEAST_ANSWERS = 5
STABLE_PERCENT = 15
MOST_PERCENT = 50


class Study(models.Model):
    """One Delphi study."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Being set up")
        RUNNING = "running", _("Running")
        FINISHED = "finished", _("Finished")
        SEALED = "sealed", _("Sealed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(_("short name in addresses"), max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=200)
    question_stem = models.CharField(
        _("question stem"),
        max_length=300,
        help_text=_("What follows the options in a composed statement."),
    )
    about = models.TextField(
        _("about this study"),
        max_length=4000,
        blank=True,
        help_text=_("Shown to panelists on their first page."),
    )
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    is_demonstration = models.BooleanField(default=False)
    names_at_meetings = models.BooleanField(_("meetings note who was there by name"), default=False)
    # Who belongs to the panel cannot change while a round is open: kept by the services that open and freeze.
    roster_is_frozen = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    finish_reason = models.TextField(blank=True)

    staff: "models.ManyToManyField[models.Model, StudyStaff]" = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="StudyStaff", related_name="studies"
    )

    class Meta:
        ordering = ("-created_at", "slug")
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return self.title

    @property
    def is_over(self) -> bool:
        """Whether it is finished, sealed or not: nothing in it is asked or changed any more."""
        return self.status in (Study.Status.FINISHED, Study.Status.SEALED)


class StudyStaff(models.Model):
    """Who of the staff works on a study, and as what."""

    class Role(models.TextChoices):
        FACILITATOR = "facilitator", _("Facilitator")
        AUTHOR = "author", _("Author")

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="staff_roles")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="study_roles")
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("study", "user"), name="studies_one_role_a_study"),)

    def __str__(self) -> str:
        return f"{self.role} of {self.study_id}"


class Protocol(models.Model):
    """The rule and the policies of a study: locked and hashed when its first round opens."""

    class Settled(models.TextChoices):
        ASK_AGAIN = "ask_again", _("Ask them again with the others")
        SET_ASIDE = "set_aside", _("Set them aside, and carry their last result")

    class Groups(models.TextChoices):
        NOBODY = "nobody", _("Nobody: there are no results by group")
        FACILITATORS = "facilitators", _("Facilitators")
        PANEL = "panel", _("Facilitators and, after the release, the panel")

    LONGEST_NOTICE = 4000

    study = models.OneToOneField(Study, on_delete=models.CASCADE, primary_key=True, related_name="protocol")
    rule = models.JSONField()
    # Of a hundred panelists who rated in both rounds, how many may have moved by a band; null asks for no stability.
    stable_percent = models.PositiveSmallIntegerField(
        _("ratings moved little where at most this many percent moved by a band"),
        null=True,
        blank=True,
        default=STABLE_PERCENT,
        validators=[MaxValueValidator(MOST_PERCENT)],
    )
    most_rounds = models.PositiveSmallIntegerField(
        _("limit of rating rounds"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    settled = models.CharField(
        _("statements that reached consensus"),
        max_length=10,
        choices=Settled.choices,
        default=Settled.ASK_AGAIN,
    )
    least_answers = models.PositiveSmallIntegerField(
        _("fewest answers for a result"),
        default=LEAST_ANSWERS,
        validators=[MinValueValidator(LEAST_ANSWERS)],
        help_text=_("With fewer answers than this nothing is shown to anyone. Never below 5."),
    )
    shows_comments = models.BooleanField(
        _("panelists read the reasons of others, unsigned, after the close"), default=True
    )
    groups = models.CharField(
        _("who sees results by group"),
        max_length=12,
        choices=Groups.choices,
        default=Groups.NOBODY,
    )
    releases_rows = models.BooleanField(
        _("a dataset with a row for each panelist is made when the study is sealed"), default=False
    )
    notice = models.TextField(
        _("your own words in the notice"),
        blank=True,
        validators=[MaxLengthValidator(LONGEST_NOTICE)],
        help_text=_(
            "Who runs the study, who approved it, whom to ask. Each panelist reads it with the notice, and agrees."
        ),
    )
    locked_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    # The notice as it stood when the protocol was locked, and the hash to which a panelist's consent refers.
    locked_notice = models.JSONField(default=list, blank=True)
    notice_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(least_answers__gte=LEAST_ANSWERS), name="studies_least_answers_floor"
            ),
        )

    def __str__(self) -> str:
        return f"protocol of {self.study_id}"

    @property
    def is_locked(self) -> bool:
        return self.locked_at is not None


class Declarations(models.Model):
    """What a manuscript declares of a study, in its facilitators' own words."""

    LONGEST = 4000

    study = models.OneToOneField(Study, on_delete=models.CASCADE, primary_key=True, related_name="declarations")
    panel = models.TextField(_("who the panel is"), blank=True, validators=[MaxLengthValidator(LONGEST)])
    conflicts_of_interest = models.TextField(
        _("conflicts of interest"), blank=True, validators=[MaxLengthValidator(LONGEST)]
    )
    funding = models.TextField(_("funding"), blank=True, validators=[MaxLengthValidator(LONGEST)])
    data_availability = models.TextField(
        _("availability of data"), blank=True, validators=[MaxLengthValidator(LONGEST)]
    )
    ai_use = models.TextField(_("use of AI"), blank=True, validators=[MaxLengthValidator(LONGEST)])

    class Meta:
        verbose_name_plural = "declarations"

    def __str__(self) -> str:
        return f"declarations of {self.study_id}"


class AuditEntry(models.Model):
    """One thing that staff, or the schedule on their behalf, did to a study; never what a panelist did."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="audit_entries")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=254)
    action = models.CharField(max_length=60)
    detail = models.JSONField(default=dict)
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("study", "number"), name="studies_audit_is_a_chain"),)

    def __str__(self) -> str:
        return f"{self.number}. {self.action}"
