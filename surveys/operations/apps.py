from django.apps import AppConfig
from django.core.checks import register

from surveys.operations.checks import spreadsheets_are_read_safely


class OperationsConfig(AppConfig):
    """The ``operations`` package as a Django app."""

    name = "surveys.operations"
    label = "operations"

    def ready(self) -> None:
        """Have the checks run with Django's own."""
        register(spreadsheets_are_read_safely)
