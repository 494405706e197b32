from django.apps import AppConfig


class StudiesConfig(AppConfig):
    name = "surveys.studies"
