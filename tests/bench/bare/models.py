"""One row for each sheet of the yardstick."""

from typing import ClassVar

from django.db import models


class Sheet(models.Model):
    """The answers of one browser, as many bytes as a sheet of ours."""

    objects: ClassVar[models.Manager["Sheet"]] = models.Manager()

    key = models.BigIntegerField(unique=True)
    box = models.BinaryField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        app_label = "bare"

    def __str__(self) -> str:
        return f"sheet {self.key}"
