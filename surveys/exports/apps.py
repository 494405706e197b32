from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """The ``exports`` package as a Django app."""

    name = "surveys.exports"
    label = "exports"
