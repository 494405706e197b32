"""A receipt finds a sheet among the counted, and tells nothing of it to whoever has the receipt alone."""

import hashlib
import json
import uuid

from hypothesis import given
from hypothesis import strategies as st

from surveys.sheets.boxes import Answer, SheetContent
from surveys.sheets.receipts import choices_of, drawn_nonce, is_half, receipt

STUDY, ROUND = uuid.UUID(int=1), uuid.UUID(int=2)
NONCE = "00112233445566778899aabbccddeeff"


def made(choices: dict[str, str], nonce: str = NONCE, round_id: uuid.UUID = ROUND) -> str:
    return receipt(study_id=STUDY, round_id=round_id, nonce=nonce, choices=choices)


def test_it_is_the_hash_that_the_documentation_says() -> None:
    choices = {"2": "7", "1": "abstain"}
    text = b'{"1":"abstain","2":"7"}'
    content = b"delphi-receipt-v1" + bytes(15) + b"\x01" + bytes(15) + b"\x02" + bytes.fromhex(NONCE) + text
    assert made(choices) == hashlib.sha256(content).hexdigest()
    assert json.loads(text) == choices


def test_it_covers_every_choice_and_no_text() -> None:
    content = SheetContent(
        {1: Answer("8", "my own words"), 2: Answer("abstain"), 3: Answer("", "only words")},
        {"v1-ranking": "2,1", "v1-reasons": "words again", "v1-keep": "keep"},
        consent="c" * 64,
        nonce=NONCE,
    )
    assert choices_of(content) == {"1": "8", "2": "abstain", "v1-ranking": "2,1", "v1-keep": "keep"}


def test_another_choice_round_or_nonce_is_another_receipt() -> None:
    receipts = {
        made({"1": "7"}),
        made({"1": "8"}),
        made({"2": "7"}),
        made({"1": "7"}, nonce=NONCE[::-1]),
        made({"1": "7"}, round_id=STUDY),
    }
    assert len(receipts) == 5


@given(st.binary(min_size=16, max_size=16))
def test_neither_half_alone_decides_the_nonce(half: bytes) -> None:
    drawn = {drawn_nonce(half.hex()) for _ in range(3)}
    assert len(drawn) == 3
    assert half.hex() not in drawn
    assert all(is_half(nonce) for nonce in drawn)


@given(st.text())
def test_a_half_that_is_none_does_no_harm(half: str) -> None:
    assert is_half(drawn_nonce(half))


def test_the_browser_s_half_is_part_of_the_nonce(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("surveys.sheets.receipts.secrets.token_bytes", lambda n: b"\x0f" * n)
    assert drawn_nonce("f0" * 16) == "ff" * 16
    assert drawn_nonce() == "0f" * 16
