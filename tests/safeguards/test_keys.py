"""The keys: random, of their own, closed to others, and apart from what they open."""

import base64
import datetime as dt
import hashlib
import secrets
import uuid
from pathlib import Path
from typing import Any

import pytest

from surveys.safeguards.findings import Finding, Level
from surveys.safeguards.keys import (
    judge_copies,
    judge_keys,
    judge_keystore,
    judge_master_file,
    judge_master_key,
    look,
)
from surveys.sheets.keystore import ensure_study_key

SECRET_KEY = "a" * 16 + secrets.token_urlsafe(64)


def wrong(findings: list[Finding]) -> dict[str, str]:
    """What is wrong, by what was looked at."""
    return {finding.subject: finding.wrong for finding in findings if finding.level != Level.OK}


@pytest.fixture
def keystore(tmp_path: Path, settings: Any) -> Path:
    """A keystore with one key."""
    settings.DELPHI_KEYSTORE = tmp_path / "keystore"
    ensure_study_key(uuid.uuid4())
    return Path(settings.DELPHI_KEYSTORE)


def test_a_random_master_key_is_fine() -> None:
    assert wrong(judge_master_key(secrets.token_bytes(32), [SECRET_KEY])) == {}


@pytest.mark.parametrize("master", [b"", bytes(32), b"0123" * 8, secrets.token_bytes(16)], ids=range(4))
def test_a_master_key_that_is_not_random_is_refused(master: bytes) -> None:
    assert wrong(judge_master_key(master, [SECRET_KEY])) == {
        "The master key": "DELPHI_MASTER_KEY is not 32 random bytes."
    }


@pytest.mark.parametrize(
    "master",
    [
        SECRET_KEY.encode()[:32],
        SECRET_KEY.encode()[-32:],
        hashlib.sha256(SECRET_KEY.encode()).digest(),
        base64.urlsafe_b64decode(SECRET_KEY + "=" * (-len(SECRET_KEY) % 4))[:32],
    ],
    ids=["beginning", "end", "hash", "decoded"],
)
def test_a_master_key_made_from_a_secret_key_present_or_former_is_refused(master: bytes) -> None:
    for secret_keys in ([SECRET_KEY], ["another", SECRET_KEY]):
        assert list(wrong(judge_master_key(master, secret_keys))) == ["The master key and SECRET_KEY"]


def test_a_keystore_of_its_own_is_fine(keystore: Path, tmp_path: Path) -> None:
    assert wrong(judge_keystore(keystore, [tmp_path / "media"])) == {}
    assert wrong(judge_keystore(tmp_path / "not made yet", [])) == {}


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701])
def test_a_keystore_that_others_can_enter_is_refused(keystore: Path, mode: int) -> None:
    keystore.chmod(mode)
    assert list(wrong(judge_keystore(keystore, []))) == ["The folder of the keys is closed to others"]


def test_a_key_file_that_others_can_read_is_refused(keystore: Path) -> None:
    next(keystore.glob("*.key")).chmod(0o644)
    assert list(wrong(judge_keystore(keystore, []))) == ["The key files are closed to others"]


def test_a_keystore_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    assert "The folder of the keys can be written" in wrong(judge_keystore(tmp_path / "nowhere" / "keystore", []))


def test_a_keystore_inside_what_is_copied_or_served_is_refused(keystore: Path, tmp_path: Path) -> None:
    link = tmp_path / "static"
    link.symlink_to(keystore.parent)
    for folder in (keystore, keystore.parent, link):
        assert list(wrong(judge_keystore(keystore, [folder]))) == ["The folder of the keys lies apart"]


def test_a_self_made_master_key_beside_the_database_is_warned_of(tmp_path: Path) -> None:
    master, file, database = secrets.token_bytes(32), tmp_path / "master_key", tmp_path / "delphi.sqlite3"
    assert judge_master_file(file, master, database) == []
    file.write_text(base64.urlsafe_b64encode(master).decode())
    file.chmod(0o600)
    assert list(wrong(judge_master_file(file, master, database))) == ["The master key lies apart"]
    assert wrong(judge_master_file(file, master, None)) == {}
    # One that the environment gave instead is no matter of this file.
    assert judge_master_file(file, secrets.token_bytes(32), database) == []
    file.chmod(0o644)
    assert "The file of the master key is closed to others" in wrong(judge_master_file(file, master, None))


def test_a_key_that_another_master_key_wrapped_is_warned_of(keystore: Path, settings: Any) -> None:
    assert judge_keys(keystore).level == Level.OK
    settings.DELPHI_MASTER_KEY = secrets.token_bytes(32)
    assert judge_keys(keystore).wrong.startswith("1 key in the keystore cannot be opened")


@pytest.mark.django_db
def test_the_installation_of_the_tests_keeps_its_keys_well() -> None:
    assert [finding.subject for finding in look() if finding.level == Level.REFUSES] == []


@pytest.mark.parametrize(
    ("last", "keys", "level"),
    [
        (None, 0, Level.OK),
        (None, 1, Level.WARNS),
        (dt.date(2026, 11, 1), 1, Level.OK),
        (dt.date(2026, 10, 1), 1, Level.WARNS),
    ],
)
def test_a_keystore_that_was_not_copied_lately_is_warned_of(last: dt.date | None, keys: int, level: Level) -> None:
    assert judge_copies(last, dt.date(2026, 11, 22), keys).level == level
