"""Attack a scratch copy of this installation, and report what came of it."""

import signal
import sys
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from surveys.operations.anonymity.report import as_json, as_text, completed
from surveys.operations.anonymity.scratch import CheckFailed, attack_scratch
from surveys.operations.output import STANDARD_OUTPUT, write_output
from surveys.operations.refusal import BAD_INPUT, Refusal, whole_number

TRIALS = 3
MOST_TRIALS = 1000
BREACHED = 1
STOPPED = 130


class Command(BaseCommand):
    help = (
        "Attacks the anonymity of a made-up study on a scratch copy of this installation and reports how many people "
        "were re-linked. Exits 0 when the promise holds, 1 when an attack succeeds. Its own data is never touched."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take numbers as text: what is wrong is then told in one sentence, without usage."""
        parser.add_argument(
            "--trials", metavar="N", default=str(TRIALS), help=f"so many studies ({TRIALS} unless given)"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--output", metavar="FILE", default=STANDARD_OUTPUT, help="where to write; standard output unless given"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Attack, and write the report. Exits 1 where an attack succeeds, 2 where the check cannot be made."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _leave)
        try:
            trials = whole_number(options["trials"], what="a number of trials", most=MOST_TRIALS)
            result = attack_scratch(trials, said=lambda trial: self._say(trial, trials))
            report = completed(result, timezone.now())
            text = as_json(report) if options["json"] else as_text(report)
            write_output(text.encode(), options["output"])
        except Refusal as refusal:
            self.stderr.write(str(refusal))
            sys.exit(refusal.code)
        except CheckFailed as fault:
            self.stderr.write(f"The check could not be made, so it says nothing about the promise.\n{fault}")
            sys.exit(BAD_INPUT)
        except KeyboardInterrupt:
            self.stderr.write("Stopped; the scratch copy is gone.")
            sys.exit(STOPPED)
        if not report["holds"]:
            sys.exit(BREACHED)

    def _say(self, trial: int, trials: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"Study {trial} of {trials} is attacked.")


def _leave(_number: int, _frame: FrameType | None) -> None:
    """TERM ends as Ctrl-C does, also for a command in the background, so that nothing is left behind."""
    raise KeyboardInterrupt
