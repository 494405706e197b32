"""Study keys: 32 random bytes each, wrapped by the installation's master key, in a folder outside the database.

Whoever has the database alone can compute no pseudonym and open no box. The files are read afresh for every
request, so that a destroyed key is gone at once, in workers that are still running too.
"""

import hashlib
import hmac
import os
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

KEY_BYTES = 32
NONCE_BYTES = 12
_WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + 16


class KeyStoreError(Exception):
    """The keystore cannot give a study's key."""


class KeyDestroyed(KeyStoreError):
    """There is no key for this study: it was never made, or it was destroyed."""


class KeyUnreadable(KeyStoreError):
    """The key's file is there, but this installation cannot open it."""


@dataclass(frozen=True, repr=False)
class StudyKeys:
    """The keys that are derived from a study's key by HKDF-SHA256 (RFC 5869), one for each purpose."""

    study_id: uuid.UUID
    study_key: bytes

    @cached_property
    def pseudonym_key(self) -> bytes:
        """The key of the pseudonyms."""
        return self._derived("pseudonym")

    @cached_property
    def box_key(self) -> bytes:
        """The key of the sheets."""
        return self._derived("box")

    @cached_property
    def tally_key(self) -> bytes:
        """The key of the partial tables."""
        return self._derived("tally")

    def _derived(self, purpose: str) -> bytes:
        return derived(self.study_key, purpose, self.study_id.bytes)

    @cached_property
    def box_cipher(self) -> AESGCM:
        """The cipher of the boxes, for whoever opens many."""
        return AESGCM(self.box_key)

    def pseudonym(self, round_id: uuid.UUID, panelist_id: uuid.UUID) -> bytes:
        """HMAC-SHA256 over study, round and panelist: 32 bytes, another one in every round."""
        return self.pseudonyms(round_id, [panelist_id])[0]

    def pseudonyms(self, round_id: uuid.UUID, panelist_ids: Iterable[uuid.UUID]) -> list[bytes]:
        """The pseudonyms of many panelists in one round, in the order in which they are given."""
        place = b"v1" + self.study_id.bytes + round_id.bytes
        return [hmac.digest(self.pseudonym_key, place + one.bytes, "sha256") for one in panelist_ids]


def derived(key: bytes, purpose: str, salt: bytes = b"") -> bytes:
    """32 bytes derived from `key` for one purpose."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=f"delphi-{purpose}-v1".encode()).derive(key)


def installation_key(purpose: str) -> bytes:
    """A key of the whole installation, derived from its master key."""
    return derived(settings.DELPHI_MASTER_KEY, purpose)


def ensure_study_key(study_id: uuid.UUID) -> str:
    """The fingerprint of the study's key, which is made unless it has one.

    Raises KeyStoreError where the folder cannot be written, or where the key that is there cannot be opened.
    """
    path = _path(study_id)
    if not path.exists():
        keep_study_key(study_id, secrets.token_bytes(KEY_BYTES))
    return key_fingerprint(study_id)


def keep_study_key(study_id: uuid.UUID, key: bytes) -> None:
    """Put a key into the keystore, wrapped by the master key, unless the study has one. Raises KeyStoreError."""
    path = _path(study_id)
    nonce = secrets.token_bytes(NONCE_BYTES)
    wrapped = nonce + AESGCM(settings.DELPHI_MASTER_KEY).encrypt(nonce, key, _bound_to(study_id))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_once(path, wrapped)
    except OSError as fault:
        raise KeyStoreError(f"The keystore at {path.parent} cannot be written: {fault.strerror}.") from fault


def _write_once(path: Path, content: bytes) -> None:
    """Write a file that appears whole or not at all, and only if it was not there."""
    draft = path.with_suffix(f".{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def study_keys(study_id: uuid.UUID) -> StudyKeys:
    """The study's keys, read from its file. Raises KeyDestroyed without one, KeyUnreadable for a wrong one."""
    return StudyKeys(study_id, opened_key(study_id))


def key_fingerprint(study_id: uuid.UUID) -> str:
    """SHA-256 over `delphi-key-fp` and the study's key, hexadecimal: it names a destroyed key, and opens nothing.

    Raises KeyDestroyed without a key, KeyUnreadable for a wrong one.
    """
    return hashlib.sha256(b"delphi-key-fp" + opened_key(study_id)).hexdigest()


def opened_key(study_id: uuid.UUID) -> bytes:
    """The study's own key, 32 bytes. Raises KeyDestroyed without one, KeyUnreadable for a wrong one."""
    try:
        wrapped = _content(_name(study_id))
    except FileNotFoundError as fault:
        raise KeyDestroyed(f"There is no key for study {study_id}.") from fault
    except OSError as fault:
        raise KeyUnreadable(f"The key of study {study_id} cannot be read: {fault.strerror}.") from fault
    if len(wrapped) != _WRAPPED_BYTES:
        raise KeyUnreadable(f"The key file of study {study_id} is damaged.")
    try:
        return AESGCM(settings.DELPHI_MASTER_KEY).decrypt(
            wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _bound_to(study_id)
        )
    except InvalidTag as fault:
        raise KeyUnreadable(f"The key of study {study_id} was wrapped by another master key.") from fault


def _content(path: str) -> bytes:
    """The first bytes of a file, in as few calls of the system as there can be: every request reads a key."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, _WRAPPED_BYTES + 1)
    finally:
        os.close(descriptor)


def stored_keys() -> list[uuid.UUID]:
    """The studies that have a key in the keystore."""
    return sorted(uuid.UUID(hex=path.stem) for path in Path(settings.DELPHI_KEYSTORE).glob("*.key"))


def destroy_study_key(study_id: uuid.UUID) -> None:
    """Delete the study's key for ever; does nothing where there is none. Raises OSError where it cannot be deleted.

    With it go drafts of the file that a killed process left behind while the key was made: they hold it as well.
    """
    folder = _path(study_id).parent
    for path in folder.glob(f"{study_id.hex}.*"):
        path.unlink(missing_ok=True)
    if folder.exists():
        _sync_folder(folder)


def _path(study_id: uuid.UUID) -> Path:
    return Path(_name(study_id))


def _name(study_id: uuid.UUID) -> str:
    return f"{settings.DELPHI_KEYSTORE}/{study_id.hex}.key"


def _bound_to(study_id: uuid.UUID) -> bytes:
    return b"delphi-study-key-v1" + study_id.bytes
