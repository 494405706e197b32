"""Whether the keys are secret, of their own, and apart from the data that they open."""

import base64
import binascii
import contextlib
import datetime as dt
import hashlib
import os
import stat
import uuid
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.safeguards.findings import Finding, Level, judged
from surveys.sheets.key_copies import KEPT_FOR, last_copied_on
from surveys.sheets.keystore import KEY_BYTES, KeyStoreError, study_keys

OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO
LEAST_DIFFERENT_BYTES = 8


def judge_master_key(master: bytes, secret_keys: Iterable[str]) -> list[Finding]:
    """The findings about the master key, given the keys that sign sessions."""
    made_from = {made for secret_key in secret_keys for made in _made_from(secret_key)}
    remedy = _("Make 32 random bytes for DELPHI_MASTER_KEY before the first round opens.")
    return [
        judged(
            _("The master key"),
            holds=len(master) == KEY_BYTES and len(set(master)) >= LEAST_DIFFERENT_BYTES,
            wrong=_("DELPHI_MASTER_KEY is not 32 random bytes."),
            remedy=remedy,
        ),
        judged(
            _("The master key and SECRET_KEY"),
            holds=master not in made_from,
            wrong=_("DELPHI_MASTER_KEY is made from SECRET_KEY, so who has the one has the other."),
            remedy=remedy,
        ),
    ]


def _made_from(secret_key: str) -> set[bytes]:
    """The keys that somebody in a hurry would make of another."""
    raw = secret_key.encode()
    made = {raw[:KEY_BYTES], raw[-KEY_BYTES:], raw[:KEY_BYTES].ljust(KEY_BYTES, b"\0"), hashlib.sha256(raw).digest()}
    with contextlib.suppress(binascii.Error, ValueError):
        made.add(base64.b64decode(secret_key + "=" * (-len(secret_key) % 4), altchars=b"-_")[:KEY_BYTES])
    return made


def judge_keystore(folder: Path, apart: Iterable[Path]) -> list[Finding]:
    """The findings about the folder of the study keys; `apart` are folders whose copies must not hold it."""
    there = os.access(folder, os.F_OK)
    return [
        judged(
            _("The folder of the keys can be written"),
            holds=os.access(folder if there else folder.parent, os.W_OK | os.X_OK),
            wrong=_("The keystore %(folder)s cannot be written, so no study gets a key.") % {"folder": folder},
            remedy=_("Let the user who runs the application own it."),
        ),
        judged(
            _("The folder of the keys is closed to others"),
            holds=not (there and folder.stat().st_mode & OPEN_TO_OTHERS),
            wrong=_("The keystore %(folder)s is open to other users of the machine.") % {"folder": folder},
            remedy=_("Close it: chmod 700 %(folder)s") % {"folder": folder},
        ),
        _judge_files(folder),
        _judge_place(folder, apart),
    ]


def _judge_files(folder: Path) -> Finding:
    open_files = sum(bool(file.stat().st_mode & OPEN_TO_OTHERS) for file in _key_files(folder))
    return judged(
        _("The key files are closed to others"),
        holds=not open_files,
        wrong=ngettext(
            "%(n)d key file in the keystore %(folder)s is open to other users of the machine.",
            "%(n)d key files in the keystore %(folder)s are open to other users of the machine.",
            open_files,
        )
        % {"n": open_files, "folder": folder},
        remedy=_("Close them: chmod 600 %(folder)s/*.key") % {"folder": folder},
    )


def _judge_place(folder: Path, apart: Iterable[Path]) -> Finding:
    place = folder.resolve()
    around = [str(other) for other in apart if other.resolve() in (place, *place.parents)]
    return judged(
        _("The folder of the keys lies apart"),
        holds=not around,
        wrong=_("The keystore lies in %(folders)s, so a copy of that takes the keys along.")
        % {"folders": ", ".join(around)},
        remedy=_("Move it, and name its new place in DELPHI_KEYSTORE."),
    )


def judge_master_file(file: Path, master: bytes, database: Path | None) -> list[Finding]:
    """The findings about a master key that the application made itself; none where it was given."""
    if not (file.exists() and _is_kept_in(file, master)):
        return []
    return [
        judged(
            _("The file of the master key is closed to others"),
            holds=not file.stat().st_mode & OPEN_TO_OTHERS,
            wrong=_("Other users of this machine can read the master key in %(file)s.") % {"file": file},
            remedy=_("Close it: chmod 600 %(file)s") % {"file": file},
        ),
        judged(
            _("The master key lies apart"),
            holds=database is None or file.parent.resolve() not in database.resolve().parents,
            level=Level.WARNS,
            wrong=_("The master key and the keystore lie in the folder of the database, %(folder)s.")
            % {"folder": file.parent},
            remedy=_("Never copy that folder whole; give DELPHI_MASTER_KEY and DELPHI_KEYSTORE places of their own."),
        ),
    ]


def _is_kept_in(file: Path, master: bytes) -> bool:
    try:
        text = file.read_text().strip()
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_") == master
    except (OSError, ValueError):
        return False


def judge_keys(folder: Path) -> Finding:
    """The finding about the keys themselves: whether this installation's master key opens each."""
    shut = 0
    for file in _key_files(folder):
        try:
            study_keys(uuid.UUID(hex=file.stem))
        except (KeyStoreError, ValueError):
            shut += file.exists()
    return judged(
        _("The keys open"),
        holds=not shut,
        level=Level.WARNS,
        wrong=ngettext(
            "%(n)d key in the keystore cannot be opened with this master key: its study's sheets stay closed.",
            "%(n)d keys in the keystore cannot be opened with this master key: their studies' sheets stay closed.",
            shut,
        )
        % {"n": shut},
        remedy=_("Restore the keystore and the master key that belong together."),
    )


def judge_copies(last: dt.date | None, today: dt.date, keys: int) -> Finding:
    """The finding about copies of the keystore: there is one, and not one of long ago."""
    return judged(
        _("A copy of the keys"),
        holds=not keys or (last is not None and today - last <= KEPT_FOR),
        level=Level.WARNS,
        wrong=_("The keystore was last copied on %(day)s.") % {"day": last.isoformat()}
        if last
        else _("The keystore was never copied: where it is lost, all earlier answers are."),
        remedy=_("Copy it with manage.py keys backup, for somebody who has no backup of the database."),
    )


def _key_files(folder: Path) -> list[Path]:
    try:
        return sorted(folder.glob("*.key"))
    except OSError:
        return []


def look() -> list[Finding]:
    """What is found of this installation's keys."""
    folder = Path(settings.DELPHI_KEYSTORE)
    database = Path(str(connection.settings_dict["NAME"])) if connection.vendor == "sqlite" else None
    copied = [settings.MEDIA_ROOT, settings.DELPHI_BACKUPS, settings.STATIC_ROOT, *settings.STATICFILES_DIRS]
    secret_keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [
        *judge_master_key(settings.DELPHI_MASTER_KEY, secret_keys),
        *judge_master_file(Path(settings.DELPHI_DATA) / "master_key", settings.DELPHI_MASTER_KEY, database),
        *judge_keystore(folder, [Path(path) for path in copied if path]),
        judge_keys(folder),
        judge_copies(last_copied_on(), dt.datetime.now(dt.UTC).date(), len(_key_files(folder))),
    ]
