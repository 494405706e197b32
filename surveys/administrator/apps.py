from django.apps import AppConfig


class AdministratorConfig(AppConfig):
    """The ``administrator`` package as a Django app."""

    name = "surveys.administrator"
    label = "administrator"
