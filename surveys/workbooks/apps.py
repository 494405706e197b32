from django.apps import AppConfig


class WorkbooksConfig(AppConfig):
    """The ``workbooks`` package as a Django app."""

    name = "surveys.workbooks"
    label = "workbooks"
