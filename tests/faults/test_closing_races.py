"""Closers, sweeps, extensions and saves that meet.

Seen to fail: where the query of a save took no lock, the first test's save was acknowledged on PostgreSQL and its
answer was not in the result; where the statement that writes did not look at round and session, what an old one had
read was written; a slower sweep left partial tables behind while `freeze` did nothing about a closed round; while the
schedule did not look at the deadline again under its lock, it closed rounds that had just been extended.
"""

import datetime as dt
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from surveys.feedback.models import PartialTally, Participation, Result, RoundResult
from surveys.feedback.services import closing
from surveys.feedback.services.closing import close_round, finish_closing, finish_closing_rounds, freeze
from surveys.feedback.services.tallying import tally
from surveys.panels.queries import panel_of
from surveys.panels.services import revoke_links
from surveys.rounds.models import Round
from surveys.rounds.services import saving
from surveys.rounds.services.merging import Change
from surveys.rounds.services.opening import RoundError, extend_round
from surveys.rounds.services.saving import GRACE, RoundNotOpen, SessionEnded
from surveys.sheets.boxes import Answer
from surveys.sheets.queries import SheetHolder, own_sheet, place_of
from surveys.sheets.services import write_sheet
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import database_now
from tests.factories import agree, facilitator_of, fill_sheet, make_study, open_round
from tests.faults.storm import frozen, in_threads

pytestmark = pytest.mark.django_db(transaction=True)

PANELISTS = 6
STATEMENTS = 2


@pytest.fixture
def round() -> Round:
    """An open round in which everybody has submitted."""
    opened = open_round(make_study(panelists=PANELISTS, statements=STATEMENTS))
    agree(opened)
    return opened


def test_the_close_waits_for_a_save_that_is_under_way(round: Round, monkeypatch: pytest.MonkeyPatch) -> None:
    written, flipped = threading.Event(), threading.Event()

    def commit_late(**sheet: Any) -> bool:
        is_written = write_sheet(**sheet)
        written.set()
        flipped.wait(1.5)
        return is_written

    def close() -> None:
        written.wait(30)
        close_round(round_id=round.pk, actor="schedule")
        finish_closing(round_id=round.pk)
        flipped.set()

    monkeypatch.setattr(saving, "write_sheet", commit_late)
    panelist = panel_of(round.study)[0]
    assert in_threads(close, lambda: fill_sheet(panelist, round, [1, 2])) == []
    assert frozen(round) == [{"8": PANELISTS - 1, "1": 1}, {"8": PANELISTS - 1, "2": 1}]


def revoked(round: Round) -> None:
    panelist = panel_of(round.study)[0]
    revoke_links(panelist=panelist, actor=facilitator_of(round.study), now=database_now())


@pytest.mark.parametrize(
    ("deed", "told"),
    [
        (lambda round: close_round(round_id=round.pk, actor="schedule"), RoundNotOpen),
        (revoked, SessionEnded),
    ],
    ids=["closed", "revoked"],
)
def test_a_save_that_read_what_was_before_writes_nothing(
    round: Round, monkeypatch: pytest.MonkeyPatch, deed: Callable[[Round], object], told: type[Exception]
) -> None:
    panelist = panel_of(round.study)[0]
    holder = SheetHolder(round.study_id, panelist.pk, panelist.token_epoch)
    before = saving._found(holder, place_of(holder, round.pk))
    stored, written = own_sheet(holder, round.pk), []

    def read_late(*whose: Any) -> Any:
        return saving_found(*whose) if written else before

    def write(**sheet: Any) -> bool:
        written.append(write_sheet(**sheet))
        return written[-1]

    saving_found = saving._found
    monkeypatch.setattr(saving, "_found", read_late)
    monkeypatch.setattr(saving, "write_sheet", write)
    deed(round)
    with pytest.raises(told):
        saving.save_sheet(holder=holder, round_id=round.pk, changes=[Change(1, Answer("1"))])
    assert written == [False]
    assert own_sheet(holder, round.pk) == stored


def test_two_closers_and_two_sweeps_at_once_make_one_result(round: Round) -> None:
    def close() -> None:
        close_round(round_id=round.pk, actor="schedule")
        finish_closing(round_id=round.pk)

    assert in_threads(close, close, finish_closing_rounds, finish_closing_rounds) == []
    assert frozen(round) == [{"8": PANELISTS}] * STATEMENTS
    assert Result.objects.filter(asked__round=round).count() == STATEMENTS
    assert RoundResult.objects.filter(round=round).count() == 1
    assert Participation.objects.filter(round=round).count() == PANELISTS
    assert not PartialTally.objects.filter(round=round).exists()
    deeds = AuditEntry.objects.filter(study=round.study, action__in=["round closed", "result frozen"])
    assert list(deeds.values_list("action", flat=True)) == ["round closed", "result frozen"]


def test_a_sweep_that_comes_after_the_freeze_leaves_no_partial_table(round: Round) -> None:
    closing_round = close_round(round_id=round.pk, actor="schedule")
    finish_closing(round_id=round.pk)
    # A second sweep that had looked at the round before the first one froze it.
    assert tally(closing_round)
    freeze(round_id=round.pk)
    assert not PartialTally.objects.filter(round=round).exists()
    assert frozen(round) == [{"8": PANELISTS}] * STATEMENTS


def test_an_extension_and_the_deadline_s_close_do_not_both_happen(round: Round) -> None:
    facilitator = facilitator_of(round.study)
    now = database_now()
    Round.objects.filter(pk=round.pk).update(closes_at=now - GRACE)
    later = now + dt.timedelta(days=3)
    refused: list[RoundError] = []

    def extend() -> None:
        try:
            extend_round(round=round, actor=facilitator, closes_at=later, now=now)
        except RoundError as reason:
            refused.append(reason)

    assert in_threads(extend, lambda: closing.close_due_rounds(now=now)) == []
    found = Round.objects.get(pk=round.pk)
    extended = AuditEntry.objects.filter(study=round.study, action="round extended").exists()
    closed = AuditEntry.objects.filter(study=round.study, action="round closed").exists()
    assert [closed, extended] in ([True, False], [False, True])
    assert bool(refused) == closed
    if extended:
        assert (found.status, found.closes_at) == (Round.Status.OPEN, later)
    else:
        assert (found.status, found.closes_at) == (Round.Status.CLOSING, now - GRACE)


def test_whoever_saves_after_the_close_is_told_and_changes_nothing(round: Round) -> None:
    close_round(round_id=round.pk, actor="schedule")
    with pytest.raises(RoundNotOpen) as told:
        fill_sheet(panel_of(round.study)[0], round, [1, 1])
    assert told.value.status == Round.Status.CLOSING
    finish_closing(round_id=round.pk)
    with pytest.raises(RoundNotOpen) as told:
        fill_sheet(panel_of(round.study)[0], round, [1, 1])
    assert told.value.status == Round.Status.CLOSED
    assert frozen(round) == [{"8": PANELISTS}] * STATEMENTS


def test_two_rounds_close_at_once_without_waiting_for_each_other(round: Round) -> None:
    other = open_round(make_study(panelists=PANELISTS, statements=STATEMENTS))
    agree(other, 3)

    def close(round_id: uuid.UUID) -> None:
        close_round(round_id=round_id, actor="schedule")
        finish_closing(round_id=round_id)

    assert in_threads(lambda: close(round.pk), lambda: close(other.pk)) == []
    assert (frozen(round), frozen(other)) == ([{"8": PANELISTS}] * STATEMENTS, [{"3": PANELISTS}] * STATEMENTS)
    assert not Study.objects.filter(roster_is_frozen=True).exists()
