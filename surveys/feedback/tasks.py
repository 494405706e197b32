"""What the schedule does about closing."""

import uuid
from typing import Any

from celery import shared_task

from surveys.feedback.services import closing, sealing
from surveys.feedback.services.tallying import uncounted_slices
from surveys.studies.queries import database_now

MOST_HANDS = 8
"""So many workers are asked at once to count the slices of one round."""

HANDS_WAIT = 5
"""Seconds after which a worker that was asked and is busy need not come: the next sweep asks anew."""


@shared_task(ignore_result=True)
def close_due_rounds() -> None:
    """Close the rounds whose deadline has passed."""
    closing.close_due_rounds(now=database_now())


@shared_task(bind=True, ignore_result=True)
def tally_closing_rounds(self: Any) -> None:
    """Tally and freeze whatever is closing, with the help of other workers where there are any."""
    round_ids = closing.closing_rounds()
    # The embedded schedule and the tests call it without a queue.
    if not (self.request.called_directly or self.request.is_eager):
        for round_id in round_ids:
            for _hand in range(min(uncounted_slices(round_id), MOST_HANDS) - 1):
                tally_round.apply_async((str(round_id),), expires=HANDS_WAIT)
    closing.finish_closing_rounds(round_ids)


@shared_task(ignore_result=True)
def tally_round(round_id: str) -> None:
    """Help to tally one closing round; whoever finds its last slice counted freezes it."""
    closing.finish_closing_rounds([uuid.UUID(round_id)])


@shared_task(ignore_result=True)
def finish_sealings() -> None:
    """Destroy the keys of sealed studies where that was interrupted."""
    sealing.finish_sealings()
