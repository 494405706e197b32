"""Panelists, their link tokens and the outbox: the only home of names and addresses.

No row here carries a time at which a panelist did anything.
"""

import uuid

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from surveys.studies.models import Study


class Panelist(models.Model):
    """One person of a study's panel."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="panelists")
    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail address"), max_length=254)
    group = models.CharField(_("group"), max_length=60, blank=True)
    token_epoch = models.PositiveIntegerField(default=0)
    is_unreachable = models.BooleanField(default=False)
    # The hash of the notice to which this panelist agreed; written for the whole panel when a round is frozen.
    consent = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("name", "email")
        constraints = (
            models.UniqueConstraint(
                "study",
                Lower("email"),
                name="panels_one_panelist_an_address",
                violation_error_message=_("This address is already on the panel."),
            ),
        )

    def __str__(self) -> str:
        return self.name


class LinkToken(models.Model):
    """The SHA-256 of one personal link's secret; valid while its epoch is the panelist's."""

    token_hash = models.BinaryField(primary_key=True, max_length=32)
    panelist = models.ForeignKey(Panelist, on_delete=models.CASCADE, related_name="link_tokens")
    epoch = models.PositiveIntegerField()
    expires_on = models.DateField()

    def __str__(self) -> str:
        return f"link of {self.panelist_id}"


class Message(models.Model):
    """One mail of the outbox: ids only, never a body, a link or an address."""

    class Kind(models.TextChoices):
        INVITATION = "invitation", _("Invitation")
        REMINDER = "reminder", _("Reminder")
        LINK = "link", _("Personal link")
        RESULTS = "results", _("Results")
        EVIDENCE = "evidence", _("Evidence")
        ADDRESS = "address", _("Change of address")
        SEALING = "sealing", _("Sealing")

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SENDING = "sending", _("Being sent")
        DONE = "done", _("Done")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="messages")
    panelist = models.ForeignKey(Panelist, on_delete=models.CASCADE, related_name="messages")
    round_id = models.UUIDField(null=True, blank=True)
    batch = models.UUIDField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("due", "id")
        constraints = (models.UniqueConstraint(fields=("batch", "panelist"), name="panels_one_message_a_batch"),)
        indexes = (models.Index(fields=("state", "due"), name="panels_messages_waiting"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class AddressChange(models.Model):
    """A new address that waits: for the old one to confirm it or, where `replaces`, for the open round to be frozen.

    The confirming link goes to the old address; its secret is stored as a hash, once it was sent.
    """

    panelist = models.OneToOneField(Panelist, on_delete=models.CASCADE, primary_key=True, related_name="address_change")
    email = models.EmailField(_("new e-mail address"), max_length=254)
    replaces = models.BooleanField(default=False)
    token_hash = models.BinaryField(max_length=32, null=True, unique=True)

    def __str__(self) -> str:
        return f"new address of {self.panelist_id}"


class LinkRequest(models.Model):
    """What a panelist asked of their address, sealed; served and deleted at the next tick.

    It asks for a link, or confirms a new address; both look alike.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    box = models.BinaryField()

    def __str__(self) -> str:
        return str(self.id)
