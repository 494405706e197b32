"""What the schedule does about closing."""

from celery import shared_task

from surveys.feedback.services import closing, sealing
from surveys.studies.queries import database_now


@shared_task(ignore_result=True)
def close_due_rounds() -> None:
    """Close the rounds whose deadline has passed."""
    closing.close_due_rounds(now=database_now())


@shared_task(ignore_result=True)
def tally_closing_rounds() -> None:
    """Tally and freeze whatever is closing."""
    closing.finish_closing_rounds()


@shared_task(ignore_result=True)
def finish_sealings() -> None:
    """Destroy the keys of sealed studies where that was interrupted."""
    sealing.finish_sealings()
