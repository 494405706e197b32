"""The encrypted boxes: AES-256-GCM over JSON that is padded to a fixed length, bound to its place.

A box carries no time (so never Fernet), and its length tells no more than how many 4 KiB it takes.
"""

import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from surveys.sheets.keystore import NONCE_BYTES, StudyKeys

PAD_TO = 4096
LEAST_LENGTH = 8192
ABSTAIN = "abstain"
CHOICES = frozenset(["", ABSTAIN, *(str(rating) for rating in range(1, 10))])
LONGEST_REASON = 4000


class BoxTampered(Exception):
    """A box does not open: it was changed, moved to another place, or sealed with another key."""


@dataclass(frozen=True)
class Answer:
    """One panelist's answer to one statement: `choice` is `1` to `9`, `abstain`, or empty for nothing."""

    choice: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        if self.choice not in CHOICES:
            raise ValueError(f"{self.choice!r} is neither a whole number from 1 to 9 nor {ABSTAIN!r}.")
        if len(self.reason) > LONGEST_REASON:
            raise ValueError(f"A reason has at most {LONGEST_REASON} characters.")

    @property
    def rating(self) -> int | None:
        """1 to 9, or None for an abstention and for nothing."""
        return int(self.choice) if self.choice not in ("", ABSTAIN) else None

    @property
    def is_given(self) -> bool:
        """Whether there is a rating or an abstention."""
        return self.choice != ""


Answers = Mapping[int, Answer]


def seal(key: bytes, value: Any, bound_to: bytes) -> bytes:
    """`value` as padded JSON, encrypted: nonce (12 bytes), then ciphertext with its tag."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    length = max(LEAST_LENGTH, -(-len(text) // PAD_TO) * PAD_TO)
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, text.ljust(length), bound_to)


def unseal(key: bytes, box: bytes, bound_to: bytes) -> Any:
    """What was sealed for this place. Raises BoxTampered."""
    try:
        return json.loads(AESGCM(key).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], bound_to))
    except (InvalidTag, ValueError) as fault:
        raise BoxTampered("A box does not open in its place.") from fault


def seal_answers(
    keys: StudyKeys, *, round_id: uuid.UUID, pseudonym: bytes, state: int, version: int, answers: Answers
) -> bytes:
    """A sheet's box. What it is bound to: study, round, pseudonym, state and version."""
    content = {str(number): [answer.choice, answer.reason] for number, answer in answers.items()}
    return seal(keys.box_key, content, _place(keys, round_id, pseudonym, state, version))


def unseal_answers(
    keys: StudyKeys, *, round_id: uuid.UUID, pseudonym: bytes, state: int, version: int, box: bytes
) -> dict[int, Answer]:
    """The answers of a sheet, by the statement's number in the round. Raises BoxTampered."""
    content = unseal(keys.box_key, box, _place(keys, round_id, pseudonym, state, version))
    return {int(number): Answer(choice, reason) for number, (choice, reason) in content.items()}


def _place(keys: StudyKeys, round_id: uuid.UUID, pseudonym: bytes, state: int, version: int) -> bytes:
    return b"".join(
        (
            b"sheet-v1",
            keys.study_id.bytes,
            round_id.bytes,
            pseudonym,
            bytes([state]),
            version.to_bytes(8, "big"),
        )
    )
