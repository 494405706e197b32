"""The encrypted boxes: AES-256-GCM over JSON that is padded to a fixed length, bound to its place.

A box carries no time (so never Fernet), and its length tells no more than how many 4 KiB its texts take.
"""

import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from surveys.sheets.keystore import NONCE_BYTES, StudyKeys
from surveys.sheets.preferences import Preferences, is_text

PAD_TO = 4096
LEAST_LENGTH = 8192
ABSTAIN = "abstain"
CHOICES = frozenset(["", ABSTAIN, *(str(rating) for rating in range(1, 10))])
LONGEST_REASON = 4000
NONCE = "+nonce"
# What a sheet says besides answers, under names that no answer has; they take at most so many bytes.
_BESIDES = {"+consent": "consent", NONCE: "nonce", "+half": "half"}
_ROOM_BESIDES = 200


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


NOTHING = Answer()
"""Neither a rating nor a reason."""
Answers = Mapping[int, Answer]


@dataclass(frozen=True)
class SheetContent:
    """What a sheet says: answers to statements by their number, and preferences among options by field name.

    `consent` is the hash of the notice to which the panelist agreed in it, or empty. `nonce` are the 32 hexadecimal
    digits of its receipt, drawn at the first submission, and `half` those that the panelist's browser drew of it.
    """

    answers: Answers = field(default_factory=dict)
    preferences: Preferences = field(default_factory=dict)
    consent: str = ""
    nonce: str = ""
    half: str = ""


def seal(key: bytes, value: Any, bound_to: bytes, *, room: int = 0) -> bytes:
    """`value` as JSON, padded to whole steps and to `room` bytes, encrypted: nonce (12 bytes), then text with tag."""
    text = _json(value)
    length = max(LEAST_LENGTH, -(-max(len(text), room) // PAD_TO) * PAD_TO)
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, text.ljust(length), bound_to)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def unseal(key: bytes, box: bytes, bound_to: bytes) -> Any:
    """What was sealed for this place. Raises BoxTampered."""
    return _unsealed(AESGCM(key), box, bound_to)


def _unsealed(cipher: AESGCM, box: bytes, bound_to: bytes) -> Any:
    try:
        # Most of it is padding, which is faster cut off than parsed.
        return json.loads(cipher.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], bound_to).rstrip())
    except (InvalidTag, ValueError) as fault:
        raise BoxTampered("A box does not open in its place.") from fault


def seal_sheet(
    keys: StudyKeys,
    *,
    round_id: uuid.UUID,
    pseudonym: bytes,
    state: int,
    version: int,
    content: SheetContent,
    room: int = 0,
) -> bytes:
    """A sheet's box. What it is bound to: study, round, pseudonym, state and version.

    With `room` for all answers that are no texts its length depends on the texts alone.
    """
    answers = {str(number): [answer.choice, answer.reason] for number, answer in content.answers.items()}
    besides = {name: getattr(content, field) for name, field in _BESIDES.items() if getattr(content, field)}
    value = {**answers, **content.preferences, **besides}
    written = [answer.reason for answer in content.answers.values() if answer.reason]
    written += [_json([name, text]).decode() for name, text in content.preferences.items() if is_text(name)]
    place = _place(keys, round_id, pseudonym, state, version)
    return seal(keys.box_key, value, place, room=room + _ROOM_BESIDES + len(_json(written)))


def unseal_sheet(
    keys: StudyKeys, *, round_id: uuid.UUID, pseudonym: bytes, state: int, version: int, box: bytes
) -> SheetContent:
    """What a sheet says. Raises BoxTampered."""
    value = unseal_fields(keys, round_id=round_id, pseudonym=pseudonym, state=state, version=version, box=box)
    besides = {field: value.pop(name, "") for name, field in _BESIDES.items()}
    return SheetContent(
        {int(name): Answer(*given) for name, given in value.items() if name.isdecimal()},
        {name: given for name, given in value.items() if not name.isdecimal()},
        **besides,
    )


def unseal_fields(
    keys: StudyKeys, *, round_id: uuid.UUID, pseudonym: bytes, state: int, version: int, box: bytes
) -> dict[str, Any]:
    """What a sheet says as it stands in its box, for whoever opens many: `"3": ["8", "a reason"]`, fields by name.

    Raises BoxTampered.
    """
    value: dict[str, Any] = _unsealed(keys.box_cipher, box, _place(keys, round_id, pseudonym, state, version))
    return value


def is_besides(name: str) -> bool:
    """Whether the field of this name is neither an answer nor a preference."""
    return name in _BESIDES


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
