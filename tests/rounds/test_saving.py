"""A save merges into the panelist's own sheet; nothing is lost, nothing is counted that was not submitted."""

import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from surveys.panels.models import Panelist
from surveys.rounds.models import Round
from surveys.rounds.services.locks import is_one_writer
from surveys.rounds.services.merging import Change, Conflict, merge
from surveys.rounds.services.opening import cancel_round
from surveys.rounds.services.saving import RoundNotOpen, UnknownStatement, save_sheet
from surveys.sheets.boxes import CHOICES, Answer
from surveys.sheets.models import Sheet
from surveys.sheets.queries import SheetHolder, own_sheet
from surveys.studies.queries import database_now
from tests import factories


@pytest.fixture
def round(db: None) -> Round:
    return factories.open_round(factories.make_study(panelists=5, statements=3))


@pytest.fixture
def holder(round: Round) -> SheetHolder:
    return factories.holder_of(Panelist.objects.filter(study=round.study)[0])


def save(holder: SheetHolder, round: Round, *changes: Change, **kwargs: object) -> object:
    return save_sheet(holder=holder, round_id=round.pk, changes=changes, **kwargs)  # type: ignore[arg-type]


def test_a_draft_is_kept_and_stays_a_draft(holder: SheetHolder, round: Round) -> None:
    saved = save_sheet(holder=holder, round_id=round.pk, changes=[Change(2, Answer("8", "because"))])
    assert (saved.sheet.version, saved.sheet.is_submitted, saved.conflicts) == (1, False, ())
    assert own_sheet(holder, round.pk).answers == {2: Answer("8", "because")}


def test_changing_a_submitted_sheet_leaves_it_submitted(holder: SheetHolder, round: Round) -> None:
    save(holder, round, Change(1, Answer("8")), submit=True)
    save(holder, round, Change(1, Answer("9")))
    sheet = own_sheet(holder, round.pk)
    assert (sheet.is_submitted, sheet.answer_to(1)) == (True, Answer("9"))


def test_other_statements_stay_as_they_are(holder: SheetHolder, round: Round) -> None:
    save(holder, round, Change(1, Answer("8")))
    save(holder, round, Change(3, Answer("2")))
    assert own_sheet(holder, round.pk).answers == {1: Answer("8"), 3: Answer("2")}


def test_two_tabs_on_one_statement_are_a_conflict_and_nothing_is_submitted(holder: SheetHolder, round: Round) -> None:
    save(holder, round, Change(1, Answer("6"), seen=Answer()))
    saved = save_sheet(
        holder=holder,
        round_id=round.pk,
        changes=[Change(1, Answer("8"), seen=Answer()), Change(2, Answer("3"), seen=Answer())],
        submit=True,
    )
    assert saved.conflicts == (Conflict(1, theirs=Answer("6"), mine=Answer("8")),)
    assert not saved.sheet.is_submitted
    assert own_sheet(holder, round.pk).answers == {1: Answer("6"), 2: Answer("3")}


def test_a_page_that_changed_nothing_overwrites_nothing(holder: SheetHolder, round: Round) -> None:
    save(holder, round, Change(1, Answer("6"), seen=Answer()))
    saved = save_sheet(holder=holder, round_id=round.pk, changes=[Change(1, Answer(), seen=Answer())])
    assert (saved.conflicts, saved.sheet.answer_to(1)) == ((), Answer("6"))


def test_a_plain_form_that_does_not_say_what_it_saw_is_taken_at_its_word(holder: SheetHolder, round: Round) -> None:
    save(holder, round, Change(1, Answer("6")))
    save(holder, round, Change(1, Answer("8")))
    assert own_sheet(holder, round.pk).answer_to(1) == Answer("8")


def test_the_same_replay_key_saves_once(holder: SheetHolder, round: Round) -> None:
    key = uuid.uuid4()
    first = save_sheet(holder=holder, round_id=round.pk, changes=[Change(1, Answer("8"))], replay=key)
    again = save_sheet(holder=holder, round_id=round.pk, changes=[Change(1, Answer("8"))], replay=key)
    assert first.sheet.version == again.sheet.version == own_sheet(holder, round.pk).version == 1


@pytest.mark.parametrize("number", [0, 4, -1, 300])
def test_a_statement_of_no_place_in_this_round_is_refused_whole(holder: SheetHolder, round: Round, number: int) -> None:
    with pytest.raises(UnknownStatement):
        save(holder, round, Change(1, Answer("8")), Change(number, Answer("8")))
    assert own_sheet(holder, round.pk).version == 0


def test_a_minute_after_the_deadline_nothing_is_taken(holder: SheetHolder, round: Round) -> None:
    now = database_now()
    Round.objects.filter(pk=round.pk).update(closes_at=now - dt.timedelta(seconds=30))
    save(holder, round, Change(1, Answer("8")))
    Round.objects.filter(pk=round.pk).update(closes_at=now - dt.timedelta(seconds=61))
    with pytest.raises(RoundNotOpen):
        save(holder, round, Change(1, Answer("2")))
    assert own_sheet(holder, round.pk).answer_to(1) == Answer("8")


@pytest.mark.parametrize("status", ["draft", "closing", "closed", "cancelled"])
def test_only_an_open_round_takes_answers(holder: SheetHolder, round: Round, status: str) -> None:
    Round.objects.filter(pk=round.pk).update(status=status)
    with pytest.raises(RoundNotOpen):
        save(holder, round, Change(1, Answer("2")))
    assert Sheet.objects.count() == 0


def test_a_cancelled_round_takes_nothing(holder: SheetHolder, round: Round) -> None:
    cancel_round(round=round, actor=factories.facilitator_of(round.study), reason="x", now=database_now())
    with pytest.raises(RoundNotOpen):
        save(holder, round, Change(1, Answer("2")))


def test_a_save_writes_the_sheet_and_reads_little(
    holder: SheetHolder, round: Round, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # A savepoint and its release; the round with its lock, the clock, the session and the sheet; the upsert. And where
    # there is one writer, the round once more before it is waited for.
    save(holder, round, Change(1, Answer("7")))
    with django_assert_num_queries(5 if is_one_writer() else 4):
        save(holder, round, Change(1, Answer("8")))


answers = st.builds(Answer, st.sampled_from(sorted(CHOICES)), st.sampled_from(["", "one", "another"]))


@given(stored=answers, mine=answers, seen=answers)
def test_merging_keeps_what_one_side_changed_and_reports_what_both_did(
    stored: Answer, mine: Answer, seen: Answer
) -> None:
    merged, conflicts = merge({1: stored}, [Change(1, mine, seen)])
    result = merged[1]
    for value, theirs, ours, before in (
        (result.choice, stored.choice, mine.choice, seen.choice),
        (result.reason, stored.reason, mine.reason, seen.reason),
    ):
        if ours == before:
            assert value == theirs
        elif theirs == before:
            assert value == ours
        else:
            assert value == theirs
            assert bool(conflicts) or ours == theirs
    if seen == stored:
        assert (result, conflicts) == (mine, ())
