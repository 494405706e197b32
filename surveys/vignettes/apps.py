from django.apps import AppConfig


class VignettesConfig(AppConfig):
    name = "surveys.vignettes"
