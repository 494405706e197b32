"""Health as the watcher of the server sees it."""

import uuid
from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings

from surveys.pages import health
from surveys.sheets import keystore


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    """A keystore of this test's own."""
    path = tmp_path / "keystore"
    settings.DELPHI_KEYSTORE = path
    return path


@pytest.mark.django_db
def test_it_is_alive_while_the_database_answers(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"database": True})


@pytest.mark.django_db
def test_it_says_503_when_the_database_does_not_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise DatabaseError

    monkeypatch.setattr(connection, "cursor", gone)
    for address in ("/healthz", "/readyz"):
        answer = client.get(address)
        assert answer.status_code == 503
        assert answer.json()["database"] is False


@pytest.mark.django_db
def test_it_is_ready_with_database_keystore_and_migrations(client: Client, folder: Path) -> None:
    keystore.ensure_study_key(uuid.uuid4())
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"database": True, "keystore": True, "migrations": True}


@pytest.mark.django_db
def test_it_is_not_ready_with_a_key_that_another_master_key_wrapped(
    client: Client, folder: Path, settings: Settings
) -> None:
    keystore.ensure_study_key(uuid.uuid4())
    settings.DELPHI_MASTER_KEY = bytes(32)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"database": True, "keystore": False, "migrations": True}


def test_a_key_file_with_a_name_that_is_none_is_a_fault(folder: Path) -> None:
    folder.mkdir()
    (folder / "stray.key").write_bytes(b"")
    assert health.keystore_opens() is False


def test_a_keystore_that_was_never_used_can_be_made(folder: Path) -> None:
    assert not folder.exists()
    assert health.keystore_opens() is True


def test_a_keystore_that_is_nowhere_is_a_fault(settings: Settings, tmp_path: Path) -> None:
    settings.DELPHI_KEYSTORE = tmp_path / "no" / "such" / "folder"
    assert health.keystore_opens() is False


@pytest.mark.django_db
def test_it_is_not_ready_with_a_migration_to_come(client: Client, folder: Path) -> None:
    MigrationRecorder.Migration.objects.filter(app="feedback").delete()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"database": True, "keystore": True, "migrations": False}


@pytest.mark.django_db
def test_it_only_answers_questions(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
    assert client.head("/healthz").status_code == 200
