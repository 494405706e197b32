from django.apps import AppConfig


class PagesConfig(AppConfig):
    """The ``pages`` package as a Django app."""

    name = "surveys.pages"
    label = "pages"
