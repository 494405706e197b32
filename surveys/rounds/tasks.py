"""What the schedule does about rounds. Each task finds its own work, so a lost one loses nothing."""

from celery import shared_task

from surveys.rounds.services import mailing, opening
from surveys.studies.queries import database_now


@shared_task(ignore_result=True)
def send_due_messages() -> None:
    """Send what waits in the outbox."""
    mailing.send_due_messages(now=database_now())


@shared_task(ignore_result=True)
def serve_link_requests() -> None:
    """Answer panelists who asked for their link."""
    mailing.serve_link_requests(now=database_now())


@shared_task(ignore_result=True)
def open_due_rounds() -> None:
    """Open the rounds whose time has come."""
    opening.open_due_rounds(now=database_now())
