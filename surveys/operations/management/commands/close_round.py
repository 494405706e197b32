"""Close a round, tally it and freeze its result."""

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from surveys.feedback.queries import participation, results_of
from surveys.feedback.services.closing import (
    TallyMismatch,
    TooFewAnswers,
    close_round,
    finish_closing,
    tidy,
)
from surveys.operations.finding import round_of_study, study_named
from surveys.operations.refusal import Refusal, whole_number
from surveys.rounds.models import Round
from surveys.rounds.services.opening import RoundError
from surveys.sheets.boxes import BoxTampered
from surveys.sheets.keystore import KeyStoreError

ACTOR = "close_round command"
PAUSE = 0.2
TALLY_FAILED = 1
TOO_FEW = 3


class Command(BaseCommand):
    help = (
        "Closes a round, tallies it and freezes its result before it returns. With fewer submitted sheets than a "
        "result needs it says so and exits 3, changing nothing."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the number as text: what is wrong is then told in one sentence, without usage."""
        parser.add_argument("study", metavar="STUDY", help="the study's short name, as in its address")
        parser.add_argument("number", metavar="N", help="the round's number over all votes of the study")

    def handle(self, *args: Any, **options: Any) -> None:
        """Close, and say what came of it. Exits 2 for bad input, 3 for too few answers, 1 where no tally is made."""
        try:
            said = _close(options["study"], options["number"])
        except Refusal as refusal:
            self.stderr.write(str(refusal))
            sys.exit(refusal.code)
        self.stdout.write(said)


def _close(slug: str, number: str) -> str:
    study = study_named(slug)
    round = round_of_study(study, whole_number(number, what="the number of a round"))
    if round.status == Round.Status.CLOSED:
        return f"{round} is closed already; its result stays as it is."
    try:
        close_round(round_id=round.pk, actor=ACTOR)
        while not finish_closing(round_id=round.pk):
            # Workers are counting the last slices: whoever ends last freezes.
            time.sleep(PAUSE)
    except TooFewAnswers as fault:
        raise Refusal(str(fault), TOO_FEW) from fault
    except RoundError as fault:
        raise Refusal(f"{round}: {fault}") from fault
    except (TallyMismatch, KeyStoreError, BoxTampered) as fault:
        raise Refusal(f"{round} takes no more answers, but its tally failed: {fault}", TALLY_FAILED) from fault
    tidy()
    return _outcome(round)


def _outcome(round: Round) -> str:
    took_part = participation(round)
    results = results_of(round)
    reached = sum(result.is_settled for result in results)
    who = f"{took_part.submitted} of {took_part.invited} panelists submitted" if took_part else ""
    return f"{round} is closed: {who}; {reached} of {len(results)} statements have consensus."
