"""One encrypted sheet for each panelist and round. It knows rounds and panelists by nothing but opaque bytes.

There is no time, no serial number and no reference to a person here; see the anonymity pages of the documentation.
"""

import uuid

from django.db import models


class Sheet(models.Model):
    """One panelist's answers in one round, encrypted, under a pseudonym that holds for that round alone."""

    class State(models.IntegerChoices):
        DRAFT = 0
        SUBMITTED = 1
        WITHDRAWN = 2

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round_id = models.UUIDField()
    pseudonym = models.BinaryField(max_length=32)
    box = models.BinaryField()
    state = models.SmallIntegerField(choices=State.choices, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1)
    replay = models.UUIDField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("round_id", "pseudonym"), name="sheets_one_sheet_a_round"),)

    def __str__(self) -> str:
        return f"sheet of round {self.round_id}"
