"""`manage.py keys`: copy the keystore, bring keys back, list them."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from surveys.sheets.keystore import destroy_study_key, key_fingerprint
from surveys.studies.models import Study
from tests import factories

pytestmark = pytest.mark.django_db

PHRASE = "four words and a comma"


def keys(*arguments: str) -> str:
    out = StringIO()
    call_command("keys", *arguments, stdout=out)
    return out.getvalue()


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        keys(*arguments)
    assert caught.value.code == 2
    return capsys.readouterr().err.strip()


@pytest.fixture
def study(settings: Settings, tmp_path: Path) -> Study:
    """A study that has begun, with its key alone in a keystore."""
    settings.DELPHI_KEYSTORE = tmp_path / "keystore"
    study = factories.make_study(panelists=5, statements=1)
    factories.open_round(study)
    return study


def test_keys_go_out_and_come_back(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DELPHI_KEYS_PASSPHRASE", PHRASE)
    file, before = tmp_path / "keys.json", key_fingerprint(study.pk)
    assert "within 30 days" in keys("backup", "--to", str(file))
    destroy_study_key(study.pk)
    assert f"{study.slug}  running  no key" in keys("list")
    assert "Brought back: 1." in keys("restore", "--from", str(file))
    listed = keys("list")
    assert f"{study.slug}  running  {before}" in listed
    assert "Last copied on" in listed


def test_a_sealed_study_s_key_stays_away(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DELPHI_KEYS_PASSPHRASE", PHRASE)
    file = tmp_path / "keys.json"
    keys("backup", "--to", str(file))
    destroy_study_key(study.pk)
    Study.objects.filter(pk=study.pk).update(status=Study.Status.SEALED)
    assert "not brought back: 1" in keys("restore", "--from", str(file))
    assert f"{study.slug}  sealed  no key" in keys("list")


@pytest.mark.parametrize("arguments", [(), ("backup",), ("restore",), ("burn",)])
def test_what_is_not_understood_is_told_in_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert refusal(capsys, *arguments).startswith("Say `keys backup")


def test_without_a_terminal_the_passphrase_comes_from_the_environment(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "DELPHI_KEYS_PASSPHRASE" in refusal(capsys, "backup", "--to", str(tmp_path / "keys.json"))
