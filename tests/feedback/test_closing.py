"""Closing: the flip, the tally, the freeze. What was submitted is counted, once, and the result never changes."""

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from surveys.feedback.models import Comment, PartialTally, Participation, Result, RoundResult
from surveys.feedback.queries import results_of
from surveys.feedback.services import tallying
from surveys.feedback.services.closing import (
    TallyMismatch,
    TooFewAnswers,
    close_due_rounds,
    close_round,
    finish_closing,
    finish_closing_rounds,
)
from surveys.panels.queries import panel_of
from surveys.panels.services import remove_panelist
from surveys.rounds.models import AskedStatement, Round
from surveys.rounds.services.opening import RoundError
from surveys.sheets.models import Sheet
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import canonical, database_now
from tests import database_files, factories

pytestmark = pytest.mark.django_db


def submit(round: Round, ratings: list[int | str]) -> None:
    """The first panelists submit these ratings of the only statement."""
    for panelist, rating in zip(panel_of(round.study), ratings, strict=False):
        factories.fill_sheet(panelist, round, [rating])


def test_the_result_is_what_was_submitted() -> None:
    round = factories.open_round(factories.make_study(statements=2))
    table: list[list[int | str]] = [[8, 8, 8, 8, 8, 9, 9, 9, 9, "abstain"], [5, 9, 9, 9, 9, 9, 9, 9, 9, ""]]
    factories.fill_all(round, table)
    closed = factories.close_and_freeze(round)
    first, second = Result.objects.all()
    assert (first.counts, first.abstained, first.missing, first.consensus) == ([0, 0, 0, 0, 0, 0, 0, 5, 4], 1, 0, True)
    assert (second.counts, second.abstained, second.missing) == ([0, 0, 0, 0, 1, 0, 0, 0, 8], 0, 1)
    assert second.consensus is False
    assert closed.status == Round.Status.CLOSED
    summary = RoundResult.objects.get()
    assert (summary.invited, summary.submitted, len(summary.digest)) == (10, 10, 64)


def test_a_draft_is_not_counted_and_does_not_outlive_the_close() -> None:
    round = factories.open_round(factories.make_study(statements=1))
    submit(round, [8] * 6)
    waiting = panel_of(round.study)[6]
    factories.fill_sheet(waiting, round, [1], submit=False)
    factories.close_and_freeze(round)
    assert sum(Result.objects.get().counts) == 6
    assert Sheet.objects.count() == 6
    assert Participation.objects.filter(responded=True).count() == 6
    assert Participation.objects.get(panelist=waiting).responded is False


def test_while_a_round_is_open_nobody_takes_part_on_paper() -> None:
    round = factories.open_round(factories.make_study(statements=1))
    submit(round, [8] * 10)
    assert not Participation.objects.exists()
    close_round(round_id=round.pk, actor=factories.facilitator_of(round.study))
    assert not Participation.objects.exists()
    assert not Result.objects.exists()


@pytest.mark.parametrize("submitted", [0, 4])
def test_with_too_few_answers_a_round_stays_open(submitted: int) -> None:
    round = factories.open_round(factories.make_study(statements=1))
    submit(round, [8] * submitted)
    with pytest.raises(TooFewAnswers) as refusal:
        close_round(round_id=round.pk, actor=factories.facilitator_of(round.study))
    assert str(refusal.value) == (
        f"{submitted} have submitted, and a result needs at least 5. Extend the round, or cancel it."
    )
    assert Round.objects.get(pk=round.pk).status == Round.Status.OPEN


def test_a_round_that_never_opened_cannot_be_closed() -> None:
    round = factories.draft(factories.make_study(statements=1))
    with pytest.raises(RoundError, match="Only an open round"):
        close_round(round_id=round.pk, actor="schedule")


def test_closing_twice_is_closing_once() -> None:
    round = factories.open_round(factories.make_study(statements=1))
    submit(round, [8] * 5)
    actor = factories.facilitator_of(round.study)
    for _time in range(2):
        close_round(round_id=round.pk, actor=actor)
        finish_closing(round_id=round.pk)
        finish_closing(round_id=round.pk)
    assert Result.objects.count() == 1
    assert AuditEntry.objects.filter(action="round closed").count() == 1
    assert AuditEntry.objects.filter(action="result frozen").count() == 1


def test_the_schedule_closes_a_minute_after_the_deadline() -> None:
    round = factories.open_round(factories.make_study(statements=1))
    submit(round, [8] * 5)
    now = database_now()
    Round.objects.filter(pk=round.pk).update(closes_at=now)
    assert close_due_rounds(now=now + dt.timedelta(seconds=59)) == 0
    assert close_due_rounds(now=now + dt.timedelta(seconds=60)) == 1
    assert finish_closing_rounds() == 1
    assert Round.objects.get(pk=round.pk).status == Round.Status.CLOSED


def test_the_schedule_leaves_a_round_with_too_few_answers_open() -> None:
    round = factories.open_round(factories.make_study(statements=1))
    submit(round, [8] * 4)
    Round.objects.filter(pk=round.pk).update(closes_at=database_now() - dt.timedelta(hours=1))
    assert close_due_rounds(now=database_now()) == 0
    assert Round.objects.get(pk=round.pk).status == Round.Status.OPEN


def test_an_interrupted_tally_is_taken_up_again_and_counts_each_sheet_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallying, "SLICE", 3)
    round = factories.open_round(factories.make_study(statements=1))
    submit(round, [1, 2, 3, 4, 5, 6, 7, 8, 9, 9])
    close_round(round_id=round.pk, actor=factories.facilitator_of(round.study))
    counted = tallying.count_sheets
    monkeypatch.setattr(tallying, "count_sheets", _fails_on_call(3, counted))
    with pytest.raises(OSError, match="pulled the plug"):
        finish_closing(round_id=round.pk)
    assert PartialTally.objects.filter(is_counted=True).count() == 2
    assert not Result.objects.exists()
    monkeypatch.setattr(tallying, "count_sheets", counted)
    finish_closing(round_id=round.pk)
    assert Result.objects.get().counts == [1, 1, 1, 1, 1, 1, 1, 1, 2]
    assert not PartialTally.objects.exists()


def _fails_on_call(number: int, function: Callable[..., object]) -> Callable[..., object]:
    calls = []

    def wrapped(**kwargs: object) -> object:
        calls.append(kwargs)
        if len(calls) == number:
            raise OSError("somebody pulled the plug")
        return function(**kwargs)

    return wrapped


def test_a_tampered_sheet_stops_the_close_and_loses_nothing() -> None:
    round = factories.open_round(factories.make_study(statements=1))
    submit(round, [8] * 6)
    sheet = Sheet.objects.all()[0]
    box = bytearray(bytes(sheet.box))
    box[50] ^= 1
    Sheet.objects.filter(pk=sheet.pk).update(box=bytes(box))
    close_round(round_id=round.pk, actor=factories.facilitator_of(round.study))
    assert finish_closing_rounds() == 0
    assert Round.objects.get(pk=round.pk).status == Round.Status.CLOSING
    assert (Result.objects.count(), Sheet.objects.count()) == (0, 6)


def test_a_sheet_of_nobody_stops_the_close() -> None:
    round = factories.open_round(factories.make_study(statements=1))
    submit(round, [8] * 6)
    Sheet.objects.create(round_id=round.pk, pseudonym=b"x" * 32, box=b"", state=Sheet.State.SUBMITTED)
    close_round(round_id=round.pk, actor=factories.facilitator_of(round.study))
    with pytest.raises(TallyMismatch):
        finish_closing(round_id=round.pk)
    assert not Result.objects.exists()


def test_reasons_come_out_without_their_authors_or_ratings() -> None:
    round = factories.open_round(factories.make_study(statements=1))
    for place, panelist in enumerate(panel_of(round.study)):
        factories.fill_sheet(panelist, round, [8], reasons={1: f"reason {place}"})
    factories.close_and_freeze(round)
    assert sorted(Comment.objects.values_list("original", flat=True)) == [f"reason {place}" for place in range(10)]
    names = {field.name for field in Comment._meta.get_fields()}
    assert names == {"id", "vignette", "asked", "kind", "original", "body", "state", "hidden_because", "theme"}


def test_a_reason_beside_a_result_that_is_hidden_is_not_kept() -> None:
    round = factories.open_round(factories.make_study(statements=2))
    for place, panelist in enumerate(panel_of(round.study)):
        rating = 8 if place < 4 else "abstain"
        factories.fill_sheet(panelist, round, [rating, 8], reasons={1: "hidden", 2: "shown"})
    factories.close_and_freeze(round)
    assert set(Comment.objects.values_list("asked__number", "original")) == {(2, "shown")}


def test_the_hash_covers_what_may_be_shown_and_nothing_that_could_be_guessed_from_it() -> None:
    study = factories.make_study(statements=3)
    factories.hold_round(study, [[8] * 10] * 3)
    round = factories.open_round(study)
    few, one_less, all_of_them = [9, 2, 5], [8] * 9, [9] * 10
    for place, panelist in enumerate(panel_of(study)):
        ratings = [(column[place : place + 1] or ["abstain"])[0] for column in (few, one_less, all_of_them)]
        factories.fill_sheet(panelist, round, ratings)
    factories.close_and_freeze(round)
    texts = list(AskedStatement.objects.filter(round=round).order_by("number").values_list("text", flat=True))
    facts = [
        [1, texts[0], None, None, None, None, None, None],
        [2, texts[1], 9, None, "8", 1, 0, True],
        [3, texts[2], 10, [0] * 8 + [10], "9", 0, 0, True],
    ]
    digest = hashlib.sha256(canonical([str(round.pk), facts])).hexdigest()
    assert RoundResult.objects.get(round=round).digest == digest


def test_moves_are_counted_for_those_who_rated_twice() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study, [[3, 5, 7, 8, 8, 8, 8, 8, 8, 8]])
    round = factories.hold_round(study, [[7, 5, 6, 8, 9, 8, 8, 8, 8, 8]])
    moves = results_of(round)[0].moves
    assert moves is not None
    assert (moves.paired, moves.raised, moves.kept, moves.lowered) == (10, 2, 7, 1)
    assert moves.bands == ((0, 0, 1), (0, 1, 0), (0, 1, 7))


@pytest.mark.parametrize(
    ("ratings", "known"),
    [
        ([8] * 8 + [5, 2], {"paired", "raised", "kept", "lowered", "bands"}),
        ([8] * 8 + [5, "abstain"], set()),
        ([8] * 8, {"paired", "raised", "kept", "lowered"}),
        ([8] * 5, {"paired", "raised", "kept", "lowered", "bands"}),
    ],
)
def test_how_others_moved_is_not_written_where_it_tells_what_few_others_rated(
    ratings: list[int | str], known: set[str]
) -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study, [[8] * 8 + [5, 2]])
    round = factories.open_round(study)
    submit(round, ratings)
    factories.close_and_freeze(round)
    changes = Result.objects.get(asked__round=round).changes or {}
    assert {name for name, value in changes.items() if value is not None} == known


def test_how_others_moved_is_not_written_where_one_came_for_another() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study, [[2, *[8] * 9]])
    remove_panelist(panelist=panel_of(study)[0], actor=factories.facilitator_of(study), now=database_now())
    factories.make_panel(study, 1)
    round = factories.open_round(study)
    submit(round, [8] * 10)
    result = results_of(factories.close_and_freeze(round))[0]
    assert (result.shown.n, result.moves, Result.objects.get(asked__round=round).changes) == (10, None, None)


def test_where_exactly_one_left_there_is_no_histogram_but_the_rule_speaks() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study, [[8] * 10])
    round = factories.open_round(study)
    submit(round, [8] * 9)
    result = results_of(factories.close_and_freeze(round))[0]
    assert (result.shown.counts, result.shown.n, result.shown.mean, result.is_settled) == (None, 9, 8, True)
    assert result.moves is None
    of_counts = ("counts", "ipr", "ipras", "disagreement_index", "cv", "mad_median", "tastle_wierman")
    assert result.shown.suppressed == of_counts


def test_somebody_who_was_taken_off_the_panel_has_left_too() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study, [[2, *[8] * 9]])
    actor = factories.facilitator_of(study)
    remove_panelist(panelist=panel_of(study)[0], actor=actor, now=database_now())
    round = factories.open_round(study)
    submit(round, [8] * 9)
    result = results_of(factories.close_and_freeze(round))[0]
    assert (result.shown.counts, result.shown.n, result.moves) == (None, 9, None)


def test_where_two_left_the_histogram_is_shown() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study, [[8] * 10])
    round = factories.open_round(study)
    submit(round, [8] * 8)
    assert results_of(factories.close_and_freeze(round))[0].shown.counts == (0, 0, 0, 0, 0, 0, 0, 8, 0)


def test_the_database_refuses_to_change_a_frozen_result() -> None:
    factories.hold_round(factories.make_study(statements=1))
    for rows, change in ((Result.objects, {"abstained": 3}), (RoundResult.objects, {"submitted": 3})):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            rows.update(**change)


@pytest.mark.django_db(transaction=True)
def test_a_database_too_busy_to_be_tidied_spoils_no_close() -> None:
    round = factories.open_round(factories.make_study(statements=1))
    submit(round, [8] * 5)
    close_round(round_id=round.pk, actor=factories.facilitator_of(round.study))
    refused = []

    def refuse(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("VACUUM"):
            refused.append(sql)
            raise OperationalError("database is locked")
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse):
        assert finish_closing_rounds() == 1
    assert (len(refused), Round.objects.get(pk=round.pk).status) == (1, Round.Status.CLOSED)


@pytest.mark.django_db(transaction=True)
def test_a_draft_leaves_no_remains_in_the_files_of_sqlite() -> None:
    round = factories.open_round(factories.make_study(statements=1))
    submit(round, [8] * 5)
    factories.fill_sheet(panel_of(round.study)[5], round, [1], submit=False)
    draft = bytes(Sheet.objects.get(state=Sheet.State.DRAFT).box)[6000:6200]
    assert (draft in database_files.content()) == (connection.vendor == "sqlite")
    close_round(round_id=round.pk, actor=factories.facilitator_of(round.study))
    assert finish_closing_rounds() == 1
    assert draft not in database_files.content()


def test_the_roster_thaws_at_the_freeze() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    assert Study.objects.get(pk=study.pk).roster_is_frozen
    submit(round, [8] * 5)
    close_round(round_id=round.pk, actor=factories.facilitator_of(study))
    assert Study.objects.get(pk=study.pk).roster_is_frozen
    finish_closing(round_id=round.pk)
    assert not Study.objects.get(pk=study.pk).roster_is_frozen
