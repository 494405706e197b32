from django.apps import AppConfig


class FacilitatorConfig(AppConfig):
    """The ``facilitator`` package as a Django app."""

    name = "surveys.facilitator"
    label = "facilitator"
