from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """The ``operations`` package as a Django app."""

    name = "surveys.operations"
    label = "operations"
