from django.apps import AppConfig


class PanelistConfig(AppConfig):
    """The ``panelist`` package as a Django app."""

    name = "surveys.panelist"
    label = "panelist"
