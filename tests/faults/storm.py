"""A storm of saves against a round, and the history of what was acknowledged.

Everybody saves as a request would: one connection for each save, given back afterwards. A save that returned was
acknowledged; whoever was too late was told so; anything else is a fault. Times are those of CLOCK_MONOTONIC, which
all processes of this machine share.
"""

import itertools
import secrets
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from django.db import connections

from surveys.feedback.models import PartialTally, Result
from surveys.feedback.services.closing import close_round, finish_closing
from surveys.rounds.models import Round
from surveys.rounds.services.merging import Change
from surveys.rounds.services.saving import RoundNotOpen, save_sheet
from surveys.sheets.boxes import ABSTAIN, Answer
from surveys.sheets.models import Sheet
from surveys.sheets.queries import OwnSheet, SheetHolder, own_sheet, submitted_count

ANSWERS = (*(str(rating) for rating in range(1, 10)), ABSTAIN)
PATIENCE = 240
"""Seconds after which something that has not happened is a fault."""


@dataclass(frozen=True)
class Acknowledged:
    """A save that came back: what it said, and when it began and ended."""

    panelist: uuid.UUID
    ratings: tuple[str, ...]
    submitted: bool
    began: float
    ended: float


@dataclass
class History:
    """What everybody was told, in the order in which each of them was told it, and when the closer came and went."""

    acknowledged: list[Acknowledged] = field(default_factory=list)
    too_late: list[uuid.UUID] = field(default_factory=list)
    asked_to_close: float = 0.0
    closed: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)
    """Ends the storm a while after the closer has come back or has failed, so that no fault makes it endless."""

    def submitters(self) -> set[uuid.UUID]:
        """Who has an acknowledged sheet that is submitted."""
        return {save.panelist for save in self.acknowledged if save.submitted}

    def last_of(self, panelist: uuid.UUID) -> Acknowledged:
        """The last save of this panelist that was acknowledged."""
        return next(save for save in reversed(self.acknowledged) if save.panelist == panelist)

    def counted(self, statements: int) -> list[dict[str, int]]:
        """What a tally of the last acknowledged sheets must find: how often each answer, a statement a row."""
        sheets = [self.last_of(panelist).ratings for panelist in self.submitters()]
        return [dict(Counter(sheet[place] for sheet in sheets)) for place in range(statements)]

    def while_closing(self) -> int:
        """How many saves were acknowledged while the closer waited for its turn."""
        return sum(self.asked_to_close < save.ended <= self.closed for save in self.acknowledged)


def any_ratings(statements: int) -> tuple[str, ...]:
    """An answer to every statement, drawn at random."""
    return tuple(secrets.choice(ANSWERS) for _ in range(statements))


def as_changes(ratings: Iterable[str]) -> list[Change]:
    """The changes of a page that answers every statement and says nothing of what it had shown."""
    return [Change(number, Answer(choice)) for number, choice in enumerate(ratings, start=1)]


def save_until_closed(
    holder: SheetHolder, round_id: uuid.UUID, statements: int, history: History, *, pause: float = 0.0
) -> None:
    """Save again and again, first as a draft and from then on submitted, until the round takes no more."""
    for turn in itertools.count():
        if history.over.is_set():
            return
        ratings, submit, began = any_ratings(statements), turn > 0, time.monotonic()
        try:
            save_sheet(holder=holder, round_id=round_id, changes=as_changes(ratings), submit=submit)
        except RoundNotOpen:
            history.too_late.append(holder.panelist_id)
            return
        finally:
            connections.close_all()
        history.acknowledged.append(Acknowledged(holder.panelist_id, ratings, submit, began, time.monotonic()))
        time.sleep(pause)


def close_in_the_storm(round_id: uuid.UUID, history: History, least: int) -> None:
    """Close once so many have submitted, tally and freeze, as the page and the schedule do."""
    try:
        wait_until(lambda: submitted_count(round_id) >= least)
        history.asked_to_close = time.monotonic()
        close_round(round_id=round_id, actor="schedule")
        history.closed = time.monotonic()
        finish_closing(round_id=round_id)
    finally:
        end_after(5, history)


def end_after(seconds: float, history: History) -> None:
    """End a storm that does not end by itself."""
    timer = threading.Timer(seconds, history.over.set)
    timer.daemon = True
    timer.start()


def check(round: Round, holders: Sequence[SheetHolder], statements: int, history: History) -> None:
    """What must hold after any storm."""
    everybody = sorted(holder.panelist_id for holder in holders)
    assert Round.objects.get(pk=round.pk).status == Round.Status.CLOSED
    assert sorted(history.too_late) == everybody
    assert [save for save in history.acknowledged if save.began > history.closed] == []
    assert frozen(round) == history.counted(statements)
    for holder in holders:
        sheet = own_sheet(holder, round.pk)
        assert (ratings_of(sheet, statements), sheet.is_submitted) == (
            history.last_of(holder.panelist_id).ratings,
            True,
        )
    assert Sheet.objects.filter(round_id=round.pk).count() == len(everybody)
    assert not PartialTally.objects.filter(round=round).exists()


def in_threads(*deeds: Callable[[], object]) -> list[BaseException]:
    """Do all of this at once, beginning together; returns what went wrong, in no order."""
    faults: list[BaseException] = []
    gate = threading.Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> None:
        try:
            gate.wait(PATIENCE)
            deed()
        except BaseException as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[deed], daemon=True) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return faults + [TimeoutError(thread.name) for thread in threads if thread.is_alive()]


def frozen(round: Round) -> list[dict[str, int]]:
    """The frozen counts in the shape of `History.counted`."""
    found = []
    for result in Result.objects.filter(asked__round=round).order_by("asked__number"):
        row = {str(rating): count for rating, count in enumerate(result.counts, start=1) if count}
        found.append({**row, ABSTAIN: result.abstained} if result.abstained else row)
    return found


def ratings_of(sheet: OwnSheet, statements: int) -> tuple[str, ...]:
    """What the sheet says of every statement of the round."""
    return tuple(sheet.answer_to(number).choice for number in range(1, statements + 1))


def wait_until(holds: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until this holds. Raises TimeoutError."""
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)
