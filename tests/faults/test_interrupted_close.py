"""A close that breaks off is taken up again, and a sheet that is not what it was is never counted nor passed over."""

import logging
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from surveys.feedback.models import Comment, PartialTally, Participation, Result, RoundResult
from surveys.feedback.services import closing, tallying
from surveys.feedback.services.closing import TallyMismatch, close_round, finish_closing, finish_closing_rounds
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.sheets.boxes import BoxTampered
from surveys.sheets.keystore import KeyDestroyed, KeyUnreadable
from surveys.sheets.models import Sheet
from tests.factories import facilitator_of, fill_sheet, make_study, open_round
from tests.faults.storm import frozen

pytestmark = pytest.mark.django_db(transaction=True)

RATINGS = [[1, 9], [2, 8], [3, 7], [4, 6], [5, 5], ["abstain", 4], [7, ""]]
EXPECTED = [
    {"1": 1, "2": 1, "3": 1, "4": 1, "5": 1, "7": 1, "abstain": 1},
    {"9": 1, "8": 1, "7": 1, "6": 1, "5": 1, "4": 1},
]
SECRET = "canary of a reason"


class Interrupted(Exception):
    """The process was killed here."""


@pytest.fixture
def round(monkeypatch: pytest.MonkeyPatch) -> Round:
    """A closing round whose seven sheets are counted in slices of three."""
    monkeypatch.setattr(tallying, "SLICE", 3)
    opened = open_round(make_study(panelists=len(RATINGS), statements=2))
    for panelist, ratings in zip(panel_of(opened.study), RATINGS, strict=True):
        fill_sheet(panelist, opened, ratings, reasons={1: SECRET})
    return close_round(round_id=opened.pk, actor=facilitator_of(opened.study))


def nothing_is_frozen(round: Round) -> bool:
    """Whether the round still waits for its result, of which there is no trace."""
    traces = (
        Result.objects.filter(asked__round=round),
        Comment.objects.filter(vignette__round=round),
        Participation.objects.filter(round=round),
        RoundResult.objects.filter(round=round),
    )
    waits = Round.objects.get(pk=round.pk).status == Round.Status.CLOSING
    return waits and not any(rows.exists() for rows in traces)


def is_frozen_once(round: Round) -> bool:
    """Whether the result is there, whole and once."""
    assert Round.objects.get(pk=round.pk).status == Round.Status.CLOSED
    assert frozen(round) == EXPECTED
    assert RoundResult.objects.get(round=round).submitted == len(RATINGS)
    assert Comment.objects.filter(vignette__round=round).count() == len(RATINGS)
    return not PartialTally.objects.filter(round=round).exists()


def breaks_off(*_: Any, **__: Any) -> Any:
    """What a killed process does."""
    raise Interrupted


@pytest.mark.parametrize("killed", [0, 1, 2])
def test_a_tally_killed_in_any_slice_is_taken_up_again(
    round: Round, killed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tallying.count_sheets
    calls: list[int] = []

    def count(**which: Any) -> Any:
        calls.append(len(which["panelist_ids"]))
        return breaks_off() if len(calls) == killed + 1 else whole(**which)

    monkeypatch.setattr(tallying, "count_sheets", count)
    with pytest.raises(Interrupted):
        finish_closing(round_id=round.pk)
    assert PartialTally.objects.filter(round=round, is_counted=True).count() == killed
    assert nothing_is_frozen(round)
    assert finish_closing_rounds() == 1
    # The slices that were counted before are not counted again.
    assert calls == [3, 3, 1][: killed + 1] + [3, 3, 1][killed:]
    assert is_frozen_once(round)


@pytest.mark.parametrize("place", ["write_results", "_write_participation", "discard_uncounted", "record"])
def test_a_freeze_that_breaks_off_leaves_nothing_and_is_done_again(
    round: Round, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(closing, place, breaks_off)
        with pytest.raises(Interrupted):
            finish_closing(round_id=round.pk)
    assert nothing_is_frozen(round)
    assert finish_closing_rounds() == 1
    assert is_frozen_once(round)


@pytest.fixture
def _the_log_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets pytest's handler, which stands at the root, hear the application's own log."""
    monkeypatch.setattr(logging.getLogger("surveys"), "propagate", True)


def flipped_bit(box: bytes) -> bytes:
    """The box with one bit of its ciphertext changed."""
    return box[:100] + bytes([box[100] ^ 1]) + box[101:]


@pytest.mark.usefixtures("_the_log_is_heard")
def test_a_tampered_box_stops_the_tally_and_nothing_is_frozen(round: Round, caplog: pytest.LogCaptureFixture) -> None:
    sheet = Sheet.objects.filter(round_id=round.pk).order_by("pseudonym")[3]
    Sheet.objects.filter(pk=sheet.pk).update(box=flipped_bit(bytes(sheet.box)))
    with pytest.raises(BoxTampered):
        finish_closing(round_id=round.pk)
    caplog.clear()
    assert finish_closing_rounds() == 0
    assert nothing_is_frozen(round)
    assert [record.getMessage() for record in caplog.records] == [f"round {round.pk} cannot be tallied: BoxTampered"]
    assert SECRET not in caplog.text
    assert bytes(sheet.pseudonym).hex() not in caplog.text
    # With the box as it was, the next sweep finishes.
    Sheet.objects.filter(pk=sheet.pk).update(box=sheet.box)
    assert finish_closing_rounds() == 1
    assert is_frozen_once(round)


@pytest.mark.parametrize("field", ["state", "version"])
def test_what_stands_beside_a_box_cannot_be_changed_either(round: Round, field: str) -> None:
    sheet = Sheet.objects.filter(round_id=round.pk).order_by("pseudonym")[0]
    changed = {"state": Sheet.State.DRAFT, "version": sheet.version + 1}[field]
    Sheet.objects.filter(pk=sheet.pk).update(**{field: changed})
    with pytest.raises((BoxTampered, TallyMismatch)):
        finish_closing(round_id=round.pk)
    assert nothing_is_frozen(round)


def test_two_boxes_that_changed_places_stop_the_tally(round: Round) -> None:
    one, other = Sheet.objects.filter(round_id=round.pk).order_by("pseudonym")[:2]
    Sheet.objects.filter(pk=one.pk).update(box=other.box)
    Sheet.objects.filter(pk=other.pk).update(box=one.box)
    with pytest.raises(BoxTampered):
        finish_closing(round_id=round.pk)
    assert nothing_is_frozen(round)


def test_a_sheet_that_was_slipped_in_stops_the_freeze(round: Round) -> None:
    copied = Sheet.objects.filter(round_id=round.pk).order_by("pseudonym")[0]
    Sheet.objects.create(round_id=round.pk, pseudonym=b"x" * 32, box=copied.box, state=1, version=1)
    with pytest.raises(TallyMismatch):
        finish_closing(round_id=round.pk)
    assert nothing_is_frozen(round)


def test_a_sheet_that_was_taken_away_after_the_close_stops_the_freeze(round: Round) -> None:
    Sheet.objects.filter(round_id=round.pk).order_by("pseudonym")[0].delete()
    with pytest.raises(TallyMismatch):
        finish_closing(round_id=round.pk)
    assert nothing_is_frozen(round)


@pytest.mark.usefixtures("_the_log_is_heard")
def test_without_the_key_the_round_waits_until_it_is_back(round: Round, caplog: pytest.LogCaptureFixture) -> None:
    (key,) = settings.DELPHI_KEYSTORE.glob(f"{round.study_id.hex}*")
    kept = key.read_bytes()
    key.unlink()
    with pytest.raises(KeyDestroyed):
        finish_closing(round_id=round.pk)
    assert finish_closing_rounds() == 0
    assert nothing_is_frozen(round)
    assert caplog.messages == [f"round {round.pk} cannot be tallied: KeyDestroyed"]
    key.write_bytes(kept)
    key.chmod(0o600)
    assert finish_closing_rounds() == 1
    assert is_frozen_once(round)


def test_a_damaged_key_file_opens_nothing(round: Round) -> None:
    (key,) = settings.DELPHI_KEYSTORE.glob(f"{round.study_id.hex}*")
    key.chmod(0o600)
    key.write_bytes(key.read_bytes()[:-1])
    with pytest.raises(KeyUnreadable):
        finish_closing(round_id=round.pk)
    assert nothing_is_frozen(round)


def test_after_the_close_no_draft_is_left(round: Round) -> None:
    assert finish_closing_rounds() == 1
    assert not Sheet.objects.filter(round_id=round.pk, state=Sheet.State.DRAFT).exists()
    assert not connection.in_atomic_block
