"""The Django project: settings, addresses and the Celery application.

That one is loaded by whoever runs tasks, workers, beat and the schedule, and by no other command: see `delphi.celery`.
"""
