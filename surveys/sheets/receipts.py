"""Receipts: a hash of a sheet's choices that says nothing of them, by which its panelist finds it among the counted.

The nonce is the exclusive or of two halves, one drawn in the panelist's browser and one here, so that neither side
alone decides it: two sheets that say the same never share a receipt. Without scripts only ours is random.
"""

import hashlib
import json
import re
import secrets
import uuid
from collections.abc import Mapping

from surveys.sheets.boxes import SheetContent
from surveys.sheets.preferences import is_text

FORMAT = "delphi-receipt-v1"
_NONCE_BYTES = 16
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_NONCE = re.compile(rf"[0-9a-f]{{{2 * _NONCE_BYTES}}}")


def drawn_nonce(half: str = "") -> str:
    """32 hexadecimal digits: 16 fresh random bytes, combined with the browser's where it drew some."""
    ours = secrets.token_bytes(_NONCE_BYTES)
    theirs = bytes.fromhex(half) if is_half(half) else bytes(_NONCE_BYTES)
    return bytes(a ^ b for a, b in zip(ours, theirs, strict=True)).hex()


def is_half(half: str) -> bool:
    """Whether this is what a browser may have drawn: 32 hexadecimal digits in small letters."""
    return _NONCE.fullmatch(half) is not None


def choices_of(content: SheetContent) -> dict[str, str]:
    """What the receipt covers, by name: `1` to `9` or `abstain` by a statement's number, and preferences by field.

    Texts are left out: a receipt that is shown to somebody must not tell who wrote what.
    """
    ratings = {str(number): answer.choice for number, answer in content.answers.items() if answer.is_given}
    return {**ratings, **{name: value for name, value in content.preferences.items() if not is_text(name)}}


def receipt(*, study_id: uuid.UUID, round_id: uuid.UUID, nonce: str, choices: Mapping[str, str]) -> str:
    """SHA-256 over `delphi-receipt-v1`, the ids of study and round, the nonce (16 bytes each) and the choices.

    The choices are JSON with sorted keys, without spaces, in UTF-8. Hexadecimal.
    """
    text = _CANONICAL.encode(dict(choices)).encode()
    content = FORMAT.encode() + study_id.bytes + round_id.bytes + bytes.fromhex(nonce) + text
    return hashlib.sha256(content).hexdigest()
