from django.apps import AppConfig


class MeetingsConfig(AppConfig):
    name = "surveys.meetings"
