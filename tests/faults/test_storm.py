"""Nothing that was acknowledged is missing from the result, and nothing that came after the close is in it.

Seen to fail: without the lock of a round the closer no longer waits for saves that are under way, and on PostgreSQL the
storm in threads ends with acknowledged answers that are not in the frozen counts (SQLite keeps the promise by itself:
its transactions are IMMEDIATE). Without `in_turn`, on SQLite, ten of twelve panelists ended with "database is locked".
"""

import contextlib
import json
import secrets
import subprocess
import time
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection

from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.rounds.services import saving
from surveys.sheets.queries import SheetHolder
from surveys.sheets.services import write_sheet
from tests import processes
from tests.factories import holder_of, make_study, open_round
from tests.faults.storm import Acknowledged, History, check, close_in_the_storm, in_threads, save_until_closed

pytestmark = pytest.mark.django_db(transaction=True)

PANELISTS = 12
STATEMENTS = 5
PROCESSES = 2


@pytest.fixture
def round() -> Round:
    """An open round for the storm."""
    return open_round(make_study(panelists=PANELISTS, statements=STATEMENTS))


def holders_of(round: Round) -> list[SheetHolder]:
    """The whole panel."""
    return [holder_of(panelist) for panelist in panel_of(round.study)]


def longest_wait() -> int:
    """How many saves may overtake the closer: those that had begun, and a few rounds of those that had not."""
    return 6 * PANELISTS


@pytest.fixture
def _slow_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause between the look at the round and the write, where an answer could slip past the close."""
    most = 100 if connection.vendor == "postgresql" else 5

    def slowly(**sheet: Any) -> bool:
        time.sleep(secrets.randbelow(most) / 1000)
        return write_sheet(**sheet)

    monkeypatch.setattr(saving, "write_sheet", slowly)


@pytest.mark.usefixtures("_slow_writing")
def test_every_acknowledged_sheet_is_counted_and_none_after_the_close(round: Round) -> None:
    history, holders = History(), holders_of(round)
    faults = in_threads(
        lambda: close_in_the_storm(round.pk, history, PANELISTS),
        *(
            lambda holder=holder: save_until_closed(holder, round.pk, STATEMENTS, history)  # type: ignore[misc]
            for holder in holders
        ),
    )
    assert faults == []
    check(round, holders, STATEMENTS, history)
    assert history.while_closing() <= longest_wait()


def test_the_same_holds_for_panelists_in_processes_of_their_own(round: Round) -> None:
    history, holders = History(), holders_of(round)
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(submitters(round, holders[number::PROCESSES])) for number in range(PROCESSES)]
        for process in crowd:
            say(process, "begin")
        close_in_the_storm(round.pk, history, PANELISTS)
        reports = [hear(process) for process in crowd]
    assert [report["faults"] for report in reports] == [[]] * PROCESSES
    for report in reports:
        history.acknowledged += [acknowledged(save) for save in report["acknowledged"]]
        history.too_late += [uuid.UUID(panelist) for panelist in report["too_late"]]
    check(round, holders, STATEMENTS, history)
    assert history.while_closing() <= longest_wait()


@contextlib.contextmanager
def submitters(round: Round, holders: Sequence[SheetHolder]) -> Any:
    """A process in which these panelists wait for the word to begin."""
    orders = {
        "study": round.study_id,
        "round": round.pk,
        "panelists": [holder.panelist_id for holder in holders],
        "statements": STATEMENTS,
        # On SQLite the processes cannot queue for their turn, so they leave each other room as people do.
        "pause": 0.0 if connection.vendor == "postgresql" else 0.2,
    }
    command = ("-m", "tests.faults.submitter")
    with processes.running(*command, variables=processes.environment(), stdin=subprocess.PIPE) as process:
        say(process, json.dumps(orders, default=str))
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


def say(process: subprocess.Popen[str], line: str) -> None:
    """One line to a process."""
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str]) -> Any:
    """One line of JSON from a process."""
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def acknowledged(save: dict[str, Any]) -> Acknowledged:
    """A save that another process reported."""
    ratings = tuple(save["ratings"])
    return Acknowledged(uuid.UUID(save["panelist"]), ratings, save["submitted"], save["began"], save["ended"])
