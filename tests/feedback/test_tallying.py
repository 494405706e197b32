"""A round is counted in slices by whoever claims them; a claim runs out, and nothing is frozen before the last."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connection, transaction

from surveys.feedback import tasks
from surveys.feedback.models import PartialTally, Result, RoundResult
from surveys.feedback.services import closing as closing_service
from surveys.feedback.services import tallying
from surveys.feedback.services.closing import TallyMismatch, close_round, finish_closing, freeze
from surveys.feedback.services.tallying import LEASE, TallyProgress, tally, tally_progress, uncounted_slices
from surveys.rounds.models import Round
from surveys.rounds.services.locks import hold_round, lock_round
from surveys.studies.queries import database_now
from tests import factories
from tests.faults.storm import in_threads
from tests.panelist.browsing import enter, first_panelist

pytestmark = pytest.mark.django_db


@pytest.fixture
def closing(monkeypatch: pytest.MonkeyPatch) -> Round:
    """A closing round of ten panelists in slices of three."""
    monkeypatch.setattr(tallying, "SLICE", 3)
    round = factories.open_round(factories.make_study(statements=2))
    factories.agree(round)
    return close_round(round_id=round.pk, actor=factories.facilitator_of(round.study))


def claim_one(round: Round, until: dt.datetime) -> PartialTally:
    """A slice that somebody else is counting."""
    claimed = PartialTally.objects.filter(round=round, is_counted=False).order_by("slice_number")[0]
    PartialTally.objects.filter(pk=claimed.pk).update(claimed_until=until)
    return claimed


def test_the_flip_cuts_the_panel_and_the_tally_counts_slice_by_slice(closing: Round) -> None:
    assert tally_progress(closing) == TallyProgress(0, 4)
    assert uncounted_slices(closing.pk) == 4
    assert tally(closing)
    assert tally_progress(closing) == TallyProgress(4, 4)
    freeze(round_id=closing.pk)
    assert tally_progress(closing) == TallyProgress(0, 0)
    assert [result.counts for result in Result.objects.all()] == [[0, 0, 0, 0, 0, 0, 0, 10, 0]] * 2


def test_what_somebody_else_is_counting_is_left_to_them_and_not_frozen_without(closing: Round) -> None:
    taken = claim_one(closing, database_now() + LEASE)
    assert not finish_closing(round_id=closing.pk)
    assert Round.objects.get(pk=closing.pk).status == Round.Status.CLOSING
    assert [one.pk for one in PartialTally.objects.filter(is_counted=False)] == [taken.pk]
    with pytest.raises(TallyMismatch, match="not counted"):
        freeze(round_id=closing.pk)
    # The other one is killed, and the lease runs out.
    claim_one(closing, database_now() - dt.timedelta(seconds=1))
    assert finish_closing(round_id=closing.pk)
    assert RoundResult.objects.get(round=closing).submitted == 10


def test_a_slice_that_could_not_be_counted_is_free_at_once(closing: Round, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks_off(**_: Any) -> Any:
        raise OSError

    with monkeypatch.context() as broken:
        broken.setattr(tallying, "count_sheets", breaks_off)
        with pytest.raises(OSError):
            tally(closing)
    assert not PartialTally.objects.filter(claimed_until__isnull=False).exists()
    assert tally(closing)


def test_a_slow_one_whose_lease_ran_out_changes_nothing(closing: Round, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, slow = tallying.count_sheets, []

    def count(**which: Any) -> Any:
        counts = whole(**which)
        if not slow:
            slow.append(which)
            PartialTally.objects.update(claimed_until=None)
            assert finish_closing(round_id=closing.pk)
        return counts

    monkeypatch.setattr(tallying, "count_sheets", count)
    assert tally(closing)
    assert RoundResult.objects.get(round=closing).submitted == 10
    assert not PartialTally.objects.exists()


def test_a_round_that_began_to_close_before_there_were_slices_is_cut_then(closing: Round) -> None:
    PartialTally.objects.all().delete()
    assert finish_closing(round_id=closing.pk)
    assert RoundResult.objects.get(round=closing).submitted == 10


def test_a_sweep_that_comes_late_cuts_nothing_and_tidies_nothing(
    closing: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    tidied: list[bool] = []
    monkeypatch.setattr(closing_service, "tidy", lambda: tidied.append(True))
    late = Round.objects.select_related("study__protocol").get(pk=closing.pk)
    for _hand in range(3):
        tasks.tally_round(str(closing.pk))
    assert tidied == [True]
    # It had read the round while that was closing, and is killed before it would freeze.
    assert tally(late)
    assert not PartialTally.objects.exists()


@pytest.mark.parametrize(("slices", "asked"), [(1, 0), (3, 2), (50, tasks.MOST_HANDS - 1)])
def test_a_sweep_through_the_queue_asks_other_workers_to_help(
    closing: Round, slices: int, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str]] = []
    monkeypatch.setattr(tasks, "uncounted_slices", lambda _round: slices)
    monkeypatch.setattr(tasks.tally_round, "apply_async", lambda args, **_: sent.append(args))
    sweep = tasks.tally_closing_rounds
    sweep.push_request(called_directly=False, is_eager=False)
    try:
        sweep.run()
    finally:
        sweep.pop_request()
    assert sent == [(str(closing.pk),)] * asked
    assert Round.objects.get(pk=closing.pk).status == Round.Status.CLOSED


def test_the_embedded_schedule_counts_alone(closing: Round, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_queue(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(tasks.tally_round, "apply_async", no_queue)
    tasks.tally_closing_rounds.run()
    assert Round.objects.get(pk=closing.pk).status == Round.Status.CLOSED


@pytest.mark.django_db(transaction=True)
def test_two_tallies_at_once_count_every_slice_once_and_one_freezes(
    closing: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, counted = tallying.count_sheets, []

    def count(**which: Any) -> Any:
        counted.append(tuple(which["panelist_ids"]))
        return whole(**which)

    monkeypatch.setattr(tallying, "count_sheets", count)

    def help_along() -> None:
        tasks.tally_round(str(closing.pk))

    assert in_threads(help_along, help_along, help_along) == []
    finish_closing(round_id=closing.pk)
    assert len(counted) == len(set(counted)) == 4
    assert RoundResult.objects.get(round=closing).submitted == 10


@pytest.mark.django_db(transaction=True)
def test_whoever_submits_while_it_is_frozen_is_answered_and_does_not_wait(closing: Round) -> None:
    client, answered, told = enter(first_panelist(closing.study)), threading.Event(), []
    frozen = threading.Event()

    def freezes() -> None:
        with transaction.atomic():
            hold_round(closing.pk)
            lock_round(closing.pk)
            frozen.set()
            # Far longer than the answer takes; a page that waited for the lock would come after it.
            told.append(answered.wait(20))

    def submits() -> None:
        frozen.wait(20)
        posted = {"s1": "7", "round": str(closing.pk), "action": "submit"}
        told.append(client.post("/panel/vignette/1/", posted).status_code)
        answered.set()
        connection.close()

    assert in_threads(freezes, submits) == []
    assert told == [410, True]
