"""Copies of the keystore for somebody else to keep: one file, encrypted under a passphrase, apart from all backups.

Without the keystore nobody sees their earlier answers, and no open round can be counted; with a copy of it beside a
backup of the database both are as good as open. So the copy is a file of its own, for a custodian of its own, and is
thrown away within a month. It opens under any master key: it stands in for a lost one too.
"""

import base64
import datetime as dt
import json
import os
import secrets
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from django.conf import settings
from django.utils.translation import gettext as _

from surveys.sheets.keystore import KEY_BYTES, NONCE_BYTES, keep_study_key, opened_key, stored_keys

KEPT_FOR = dt.timedelta(days=30)
"""How long a copy should be kept: until then a sealed study's key still exists in it."""
LEAST_PASSPHRASE = 12
_FORMAT = "delphi-keys-v1"
_SALT_BYTES = 16
_NOTE = "copied-on"


class CopyRefused(Exception):
    """Why keys cannot be copied or brought back so; the message is one sentence."""


@dataclass(frozen=True)
class Restored:
    """What became of the keys of a copy, by study."""

    brought_back: tuple[uuid.UUID, ...]
    had_already: tuple[uuid.UUID, ...]
    sealed: tuple[uuid.UUID, ...]


def copy_keys(*, to: Path, passphrase: str, today: dt.date) -> int:
    """Write every study's key into a new file, for its owner alone; returns how many.

    Raises CopyRefused for a short passphrase, a file that is there already, or one beside what it must be apart from;
    KeyStoreError where a key cannot be opened, and then nothing is written.
    """
    if len(passphrase) < LEAST_PASSPHRASE:
        raise CopyRefused(_("A passphrase needs at least %(least)d characters.") % {"least": LEAST_PASSPHRASE})
    _must_be_apart(to)
    keys = {study_id.hex: opened_key(study_id).hex() for study_id in stored_keys()}
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(NONCE_BYTES)
    box = AESGCM(_key_from(passphrase, salt)).encrypt(nonce, json.dumps(keys).encode(), _FORMAT.encode())
    content = {
        "format": _FORMAT,
        "copied_on": today.isoformat(),
        "throw_away_by": (today + KEPT_FOR).isoformat(),
        "salt": _text(salt),
        "nonce": _text(nonce),
        "box": _text(box),
    }
    _write_new(to, json.dumps(content, indent=2).encode() + b"\n")
    note = Path(settings.DELPHI_KEYSTORE) / _NOTE
    note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    note.write_text(today.isoformat())
    return len(keys)


def last_copied_on() -> dt.date | None:
    """The day of the last copy of this keystore; None where there was none."""
    try:
        return dt.date.fromisoformat((Path(settings.DELPHI_KEYSTORE) / _NOTE).read_text().strip())
    except (OSError, ValueError):
        return None


def bring_back(*, source: Path, passphrase: str, sealed: Collection[uuid.UUID]) -> Restored:
    """Put the keys of a copy into the keystore, wrapped by the present master key; never one of a sealed study.

    A key that is there already stays as it is. Raises CopyRefused for a file that is none or another passphrase,
    KeyStoreError where the keystore cannot be written.
    """
    keys = _read(source, passphrase)
    there = set(stored_keys())
    wanted = [study_id for study_id in keys if study_id not in there and study_id not in sealed]
    for study_id in wanted:
        keep_study_key(study_id, keys[study_id])
    return Restored(
        tuple(wanted),
        tuple(study_id for study_id in keys if study_id in there),
        tuple(study_id for study_id in keys if study_id in sealed and study_id not in there),
    )


def _read(source: Path, passphrase: str) -> Mapping[uuid.UUID, bytes]:
    try:
        content = json.loads(source.read_bytes())
        salt, nonce, box = (base64.b64decode(content[name], validate=True) for name in ("salt", "nonce", "box"))
        known = content["format"] == _FORMAT and len(nonce) == NONCE_BYTES
    except OSError as fault:
        raise CopyRefused(_("%(file)s cannot be read: %(why)s.") % {"file": source, "why": fault.strerror}) from fault
    except (ValueError, KeyError, TypeError) as fault:
        raise CopyRefused(_("%(file)s is no copy of a keystore.") % {"file": source}) from fault
    if not known:
        raise CopyRefused(_("%(file)s is no copy of a keystore that this version reads.") % {"file": source})
    try:
        opened = AESGCM(_key_from(passphrase, salt)).decrypt(nonce, box, _FORMAT.encode())
    except InvalidTag as fault:
        raise CopyRefused(_("The passphrase is another one, or the file was changed.")) from fault
    return {uuid.UUID(hex=name): bytes.fromhex(key) for name, key in json.loads(opened).items()}


def _key_from(passphrase: str, salt: bytes) -> bytes:
    """Argon2id with RFC 9106's second choice, for machines with less memory: 64 MiB, three passes, four lanes."""
    kdf = Argon2id(salt=salt, length=KEY_BYTES, iterations=3, lanes=4, memory_cost=64 * 1024)
    return kdf.derive(passphrase.encode())


def _must_be_apart(to: Path) -> None:
    """Refuse a place that goes into the same backup as the database, or lies in the keystore itself."""
    place = to.resolve()
    folders = [Path(settings.DELPHI_KEYSTORE), Path(settings.DELPHI_BACKUPS), Path(settings.MEDIA_ROOT)]
    name = settings.DATABASES["default"]["NAME"]
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        folders.append(Path(str(name)).parent)
    for folder in folders:
        if place.is_relative_to(folder.resolve()):
            shown = {"file": to, "folder": folder}
            raise CopyRefused(
                _("%(file)s lies in %(folder)s: a copy of the keys is kept apart from the database and its backups.")
                % shown
            )


def _write_new(to: Path, content: bytes) -> None:
    try:
        descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as fault:
        raise CopyRefused(_("%(file)s is there already; name a new file.") % {"file": to}) from fault
    except OSError as fault:
        raise CopyRefused(_("%(file)s cannot be written: %(why)s.") % {"file": to, "why": fault.strerror}) from fault


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
