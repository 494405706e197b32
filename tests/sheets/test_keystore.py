"""Study keys lie outside the database, open for one installation alone, and are gone when they are destroyed."""

import hashlib
import hmac
import stat
import uuid
from pathlib import Path

import pytest
from pytest_django import Settings

from surveys.sheets.keystore import (
    KeyDestroyed,
    KeyStoreError,
    KeyUnreadable,
    destroy_study_key,
    ensure_study_key,
    installation_key,
    key_fingerprint,
    opened_key,
    study_keys,
)


@pytest.fixture
def keystore(settings: Settings, tmp_path: Path) -> Path:
    settings.DELPHI_KEYSTORE = tmp_path / "keys"
    return tmp_path / "keys"


def test_a_key_stays_the_same_until_it_is_destroyed(keystore: Path) -> None:
    study = uuid.uuid4()
    ensure_study_key(study)
    first = study_keys(study)
    ensure_study_key(study)
    assert study_keys(study) == first
    destroy_study_key(study)
    with pytest.raises(KeyDestroyed):
        study_keys(study)


def test_two_studies_share_no_key(keystore: Path) -> None:
    one, two = uuid.uuid4(), uuid.uuid4()
    ensure_study_key(one)
    ensure_study_key(two)
    first, second = study_keys(one), study_keys(two)
    parts = {first.pseudonym_key, first.box_key, first.tally_key}
    assert len(parts) == 3
    assert parts.isdisjoint({second.pseudonym_key, second.box_key, second.tally_key})


def test_the_file_is_wrapped_and_for_its_owner_alone(keystore: Path) -> None:
    study = uuid.uuid4()
    ensure_study_key(study)
    (file,) = keystore.iterdir()
    assert file.name == f"{study.hex}.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = file.read_bytes()
    keys = study_keys(study)
    assert len(content) == 60
    assert not any(key in content for key in (keys.pseudonym_key, keys.box_key, keys.tally_key))


def test_another_master_key_opens_nothing(keystore: Path, settings: Settings) -> None:
    study = uuid.uuid4()
    ensure_study_key(study)
    settings.DELPHI_MASTER_KEY = bytes(32)
    with pytest.raises(KeyUnreadable):
        study_keys(study)


def test_another_study_s_file_opens_nothing(keystore: Path) -> None:
    one, two = uuid.uuid4(), uuid.uuid4()
    ensure_study_key(one)
    ensure_study_key(two)
    (keystore / f"{one.hex}.key").write_bytes((keystore / f"{two.hex}.key").read_bytes())
    with pytest.raises(KeyUnreadable):
        study_keys(one)


@pytest.mark.parametrize("content", [b"", b"short", bytes(60), bytes(61)])
def test_a_damaged_file_opens_nothing_and_is_not_replaced(keystore: Path, content: bytes) -> None:
    study = uuid.uuid4()
    keystore.mkdir()
    (keystore / f"{study.hex}.key").write_bytes(content)
    with pytest.raises(KeyUnreadable):
        ensure_study_key(study)
    assert (keystore / f"{study.hex}.key").read_bytes() == content


def test_a_folder_that_cannot_be_written_is_said(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.DELPHI_KEYSTORE = tmp_path / "file" / "keys"
    with pytest.raises(KeyStoreError, match="cannot be"):
        ensure_study_key(uuid.uuid4())


def test_a_pseudonym_holds_for_one_round_one_study_and_one_panelist(keystore: Path) -> None:
    study, round_one, round_two, panelist = (uuid.uuid4() for _ in range(4))
    ensure_study_key(study)
    keys = study_keys(study)
    pseudonym = keys.pseudonym(round_one, panelist)
    assert len(pseudonym) == 32
    assert pseudonym == study_keys(study).pseudonym(round_one, panelist)
    assert pseudonym != keys.pseudonym(round_two, panelist)
    assert pseudonym != keys.pseudonym(round_one, uuid.uuid4())


def test_pseudonyms_are_the_hmac_of_their_place_singly_and_by_many(keystore: Path) -> None:
    study, round, *panelists = (uuid.uuid4() for _ in range(5))
    ensure_study_key(study)
    keys = study_keys(study)
    places = [b"v1" + study.bytes + round.bytes + panelist.bytes for panelist in panelists]
    expected = [hmac.new(keys.pseudonym_key, place, hashlib.sha256).digest() for place in places]
    assert keys.pseudonyms(round, panelists) == expected
    assert [keys.pseudonym(round, panelist) for panelist in panelists] == expected


def test_keys_of_the_installation_differ_by_purpose() -> None:
    assert installation_key("one") != installation_key("another")
    assert installation_key("one") == installation_key("one")


def test_a_fingerprint_names_the_key_and_is_told_when_it_is_made(keystore: Path) -> None:
    study, other = uuid.uuid4(), uuid.uuid4()
    made = ensure_study_key(study)
    assert made == key_fingerprint(study) == hashlib.sha256(b"delphi-key-fp" + opened_key(study)).hexdigest()
    assert ensure_study_key(study) == made != ensure_study_key(other)
    destroy_study_key(study)
    with pytest.raises(KeyDestroyed):
        key_fingerprint(study)


def test_what_a_killed_process_left_of_a_key_is_destroyed_with_it_and_no_other_is(keystore: Path) -> None:
    study, other = uuid.uuid4(), uuid.uuid4()
    ensure_study_key(study)
    ensure_study_key(other)
    left_over = keystore / f"{study.hex}.0123456789abcdef"
    left_over.write_bytes((keystore / f"{study.hex}.key").read_bytes())
    destroy_study_key(study)
    assert [path.name for path in keystore.iterdir()] == [f"{other.hex}.key"]
