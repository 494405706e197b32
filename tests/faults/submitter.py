"""Panelists in a process of their own: `python -m tests.faults.submitter`, with what to do as JSON on standard input.

Says `ready`, waits for a line, and then saves until the round is closed. Tells the history as JSON at the end.
"""

import json
import sys
import uuid
from dataclasses import asdict

import django

django.setup()

from surveys.sheets.queries import SheetHolder  # noqa: E402
from tests.faults.storm import PATIENCE, History, end_after, in_threads, save_until_closed  # noqa: E402


def say(line: str) -> None:
    """One line to whoever gave the orders."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Take the orders, save, and report."""
    orders = json.loads(sys.stdin.readline())
    history = History()
    round_id, study_id = uuid.UUID(orders["round"]), uuid.UUID(orders["study"])
    holders = [SheetHolder(study_id, uuid.UUID(panelist)) for panelist in orders["panelists"]]
    say("ready")
    sys.stdin.readline()
    end_after(PATIENCE, history)
    faults = in_threads(
        *(
            lambda holder=holder: save_until_closed(  # type: ignore[misc]
                holder, round_id, orders["statements"], history, pause=orders["pause"]
            )
            for holder in holders
        )
    )
    report = {
        "acknowledged": [asdict(save) for save in history.acknowledged],
        "too_late": history.too_late,
        "faults": [repr(fault) for fault in faults],
    }
    say(json.dumps(report, default=str))


if __name__ == "__main__":
    main()
