"""The Celery application. Without REDIS_URL every task runs at once, in the process that asks for it."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "delphi.settings")

app = Celery("delphi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
