"""A box opens in its own place alone, and its length tells nothing."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.sheets.boxes import CHOICES, Answer, BoxTampered, SheetContent, seal, seal_sheet, unseal, unseal_sheet
from surveys.sheets.keystore import StudyKeys

KEYS = StudyKeys(uuid.UUID(int=1), b"k" * 32)
ROUND = uuid.UUID(int=2)
PSEUDONYM = b"n" * 32

answers = st.dictionaries(
    st.integers(1, 300), st.builds(Answer, st.sampled_from(sorted(CHOICES)), st.text(max_size=200)), max_size=30
)


def _seal(given: dict[int, Answer], **place: object) -> bytes:
    return seal_sheet(KEYS, content=SheetContent(given), **_place(**place))  # type: ignore[arg-type]


def _place(**changed: object) -> dict[str, object]:
    return {"round_id": ROUND, "pseudonym": PSEUDONYM, "state": 0, "version": 1, **changed}


@given(answers)
def test_what_is_sealed_comes_out_again(given_answers: dict[int, Answer]) -> None:
    box = _seal(given_answers)
    assert unseal_sheet(KEYS, box=box, **_place()) == SheetContent(given_answers)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "elsewhere", [{"round_id": uuid.UUID(int=9)}, {"pseudonym": b"m" * 32}, {"state": 1}, {"version": 2}]
)
def test_a_box_opens_nowhere_else(elsewhere: dict[str, object]) -> None:
    box = _seal({1: Answer("8")})
    with pytest.raises(BoxTampered):
        unseal_sheet(KEYS, box=box, **_place(**elsewhere))  # type: ignore[arg-type]


@pytest.mark.parametrize("position", [0, 12, 100, -1])
def test_a_changed_byte_is_noticed(position: int) -> None:
    box = bytearray(_seal({1: Answer("8")}))
    box[position] ^= 1
    with pytest.raises(BoxTampered):
        unseal_sheet(KEYS, box=bytes(box), **_place())  # type: ignore[arg-type]


def test_boxes_have_one_length_whatever_is_in_them() -> None:
    empty = _seal({})
    full = _seal({number: Answer("9", "x" * 100) for number in range(1, 41)})
    assert len(empty) == len(full) == 12 + 8192 + 16


def test_a_longer_sheet_takes_whole_blocks() -> None:
    box = _seal({1: Answer("9", "é" * 4000), 2: Answer("9", "é" * 4000)})
    assert (len(box) - 28) % 4096 == 0
    assert len(box) > 12 + 8192 + 16


def test_the_same_answers_never_look_the_same() -> None:
    assert _seal({1: Answer("8")}) != _seal({1: Answer("8")})


@pytest.mark.parametrize("choice", ["0", "10", "4.5", "٣", "08", " 8", "Abstain", "none"])
def test_an_answer_is_a_whole_number_from_1_to_9_or_an_abstention(choice: str) -> None:
    with pytest.raises(ValueError, match="whole number from 1 to 9"):
        Answer(choice)


def test_a_reason_has_a_limit() -> None:
    with pytest.raises(ValueError, match="4000"):
        Answer("8", "x" * 4001)


def test_an_abstention_is_given_but_is_no_rating() -> None:
    assert (Answer("abstain").is_given, Answer("abstain").rating) == (True, None)
    assert (Answer("").is_given, Answer("").rating) == (False, None)
    assert (Answer("7").is_given, Answer("7").rating) == (True, 7)


def test_any_value_survives_its_box() -> None:
    assert unseal(b"k" * 32, seal(b"k" * 32, {"a": ["é", 1]}, b"here"), b"here") == {"a": ["é", 1]}
