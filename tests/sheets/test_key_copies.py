"""A copy of the keystore opens with its passphrase alone, brings lost keys back, and never a sealed study's."""

import datetime as dt
import json
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from surveys.sheets.key_copies import CopyRefused, bring_back, copy_keys, last_copied_on
from surveys.sheets.keystore import KeyDestroyed, destroy_study_key, ensure_study_key, opened_key, study_keys

TODAY = dt.date(2026, 11, 22)
PHRASE = "four words and a comma"


@pytest.fixture
def study(settings: Settings, tmp_path: Path) -> Iterator[uuid.UUID]:
    settings.DELPHI_KEYSTORE = tmp_path / "keystore"
    study_id = uuid.uuid4()
    ensure_study_key(study_id)
    yield study_id
    destroy_study_key(study_id)


@pytest.fixture
def copy(study: uuid.UUID, tmp_path: Path) -> Path:
    path = tmp_path / "apart" / "keys.json"
    path.parent.mkdir()
    assert copy_keys(to=path, passphrase=PHRASE, today=TODAY) == 1
    return path


def test_a_lost_key_comes_back(study: uuid.UUID, copy: Path) -> None:
    key = opened_key(study)
    destroy_study_key(study)
    restored = bring_back(source=copy, passphrase=PHRASE, sealed=())
    assert (restored.brought_back, restored.had_already, restored.sealed) == ((study,), (), ())
    assert opened_key(study) == key


def test_it_comes_back_under_another_master_key_too(study: uuid.UUID, copy: Path, settings: Settings) -> None:
    keys = study_keys(study)
    destroy_study_key(study)
    settings.DELPHI_MASTER_KEY = b"m" * 32
    bring_back(source=copy, passphrase=PHRASE, sealed=())
    assert study_keys(study) == keys


def test_a_sealed_study_s_key_does_not_come_back(study: uuid.UUID, copy: Path) -> None:
    destroy_study_key(study)
    assert bring_back(source=copy, passphrase=PHRASE, sealed={study}).sealed == (study,)
    with pytest.raises(KeyDestroyed):
        study_keys(study)


def test_a_key_that_is_there_stays(study: uuid.UUID, copy: Path) -> None:
    destroy_study_key(study)
    ensure_study_key(study)
    newer = opened_key(study)
    assert bring_back(source=copy, passphrase=PHRASE, sealed={study}).had_already == (study,)
    assert opened_key(study) == newer


def test_the_file_is_its_owner_s_and_holds_no_key(study: uuid.UUID, copy: Path) -> None:
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    content = copy.read_bytes()
    assert opened_key(study) not in content
    assert opened_key(study).hex().encode() not in content
    assert study.hex.encode() not in content
    assert json.loads(content)["throw_away_by"] == "2026-12-22"
    assert last_copied_on() == TODAY


def test_nothing_is_written_over(copy: Path) -> None:
    before = copy.read_bytes()
    with pytest.raises(CopyRefused, match="there already"):
        copy_keys(to=copy, passphrase=PHRASE, today=TODAY)
    assert copy.read_bytes() == before


@pytest.mark.parametrize("setting", ["DELPHI_KEYSTORE", "DELPHI_BACKUPS", "MEDIA_ROOT"])
def test_it_does_not_lie_beside_what_it_must_be_apart_from(
    study: uuid.UUID, settings: Settings, tmp_path: Path, setting: str
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    setattr(settings, setting, folder)
    with pytest.raises(CopyRefused, match="apart"):
        copy_keys(to=folder / "keys.json", passphrase=PHRASE, today=TODAY)
    assert not (folder / "keys.json").exists()


def test_a_short_passphrase_is_refused(study: uuid.UUID, tmp_path: Path) -> None:
    with pytest.raises(CopyRefused, match="12"):
        copy_keys(to=tmp_path / "keys.json", passphrase="short", today=TODAY)


def test_another_passphrase_opens_nothing(copy: Path) -> None:
    with pytest.raises(CopyRefused, match="passphrase"):
        bring_back(source=copy, passphrase=f"{PHRASE}!", sealed=())


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b"null", b'{"format": 1}', b'{"format":"delphi-keys-v1","salt":"x","nonce":"","box":""}'],
)
def test_a_file_that_is_no_copy_is_refused(study: uuid.UUID, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.json"
    file.write_bytes(content)
    with pytest.raises(CopyRefused, match="no copy"):
        bring_back(source=file, passphrase=PHRASE, sealed=())


def test_a_file_that_is_not_there_is_named(study: uuid.UUID, tmp_path: Path) -> None:
    with pytest.raises(CopyRefused, match=r"gone\.json"):
        bring_back(source=tmp_path / "gone.json", passphrase=PHRASE, sealed=())
