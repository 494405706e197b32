"""The settings follow the environment, and refuse what would give people away."""

import base64
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECRET_KEY = "a-secret-key-that-somebody-put-into-the-environment-0123456789"
MASTER_KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
PUBLIC = {
    "DELPHI_BASE_URL": "https://delphi.example.org",
    "SECRET_KEY": SECRET_KEY,
    "DELPHI_MASTER_KEY": MASTER_KEY,
}
SHOW = """
import json
from django.conf import settings
names = [name for name in dir(settings) if name.isupper() and name != "LANGUAGES"]
print(json.dumps({name: getattr(settings, name) for name in names}, default=str))
"""

Start = Callable[..., subprocess.CompletedProcess[str]]
Settings = Callable[..., dict[str, Any]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts the project with exactly these variables, and a data folder of its own."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "DELPHI_DATA": str(tmp_path / "data"), **variables}
        return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)

    return run


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "http", "PORT must be a whole number from 1 to 65535."),
        ("PORT", "0", "PORT must be a whole number from 1 to 65535."),
        ("TRUSTED_PROXY_COUNT", "one", "TRUSTED_PROXY_COUNT must be a whole number from 0 to 99."),
        ("DATABASE_URL", "garbage", "DATABASE_URL must name a PostgreSQL database, or SQLite as sqlite:///PATH."),
    ],
)
def test_a_variable_that_means_nothing_is_refused_in_one_sentence(
    start: Start, name: str, value: str, sentence: str
) -> None:
    done = start("manage.py", "check", **{name: value})
    assert (done.returncode, done.stderr) == (2, f"{sentence}\n")


def test_an_empty_variable_is_as_good_as_none(settings_of: Settings) -> None:
    found = settings_of(PORT="", TRUSTED_PROXY_COUNT="", DATABASE_URL="")
    assert (found["PORT"], found["TRUSTED_PROXY_COUNT"]) == (8000, 0)


@pytest.fixture
def settings_of(start: Start) -> Settings:
    """The settings that these variables lead to."""

    def read(**variables: str) -> dict[str, Any]:
        done = start("-c", SHOW, DJANGO_SETTINGS_MODULE="delphi.settings", **variables)
        assert done.returncode == 0, done.stderr
        shown: dict[str, Any] = json.loads(done.stdout)
        return shown

    return read


def refusal(start: Start, **variables: str) -> str:
    """The sentence with which the project declines to start."""
    done = start("manage.py", "check", **variables)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_without_anything_it_runs_embedded_on_sqlite(settings_of: Settings, tmp_path: Path) -> None:
    shown = settings_of()
    assert shown["DELPHI_BASE_URL"] == "http://127.0.0.1:8000"
    assert shown["ALLOWED_HOSTS"] == ["127.0.0.1", "[::1]", "localhost"]
    assert shown["DATABASES"]["default"]["ENGINE"] == "django.db.backends.sqlite3"
    assert shown["DATABASES"]["default"]["NAME"] == str(tmp_path / "data/delphi.sqlite3")
    assert shown["DATABASES"]["default"]["OPTIONS"] == {
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
    }
    assert shown["SESSION_ENGINE"] == "django.contrib.sessions.backends.db"
    assert shown["CELERY_TASK_ALWAYS_EAGER"] is True
    assert shown["EMAIL_BACKEND"] == "django.core.mail.backends.console.EmailBackend"
    assert shown["DEBUG"] is False


def test_secrets_are_made_once_and_for_the_owner_alone(settings_of: Settings, tmp_path: Path) -> None:
    first, second = settings_of(), settings_of()
    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert first["DELPHI_MASTER_KEY"] == second["DELPHI_MASTER_KEY"]
    for name in ("secret_key", "master_key"):
        assert stat.S_IMODE((tmp_path / "data" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_the_services_are_those_of_the_environment(settings_of: Settings) -> None:
    shown = settings_of(
        **PUBLIC,
        DATABASE_URL="postgres://delphi:secret@db:5432/delphi",
        REDIS_URL="redis://redis:6379/0",
        EMAIL_URL="smtp://mail:1025",
    )
    database = shown["DATABASES"]["default"]
    assert (database["ENGINE"], database["HOST"]) == ("django.db.backends.postgresql", "db")
    assert database["CONN_MAX_AGE"] == 0
    assert database["CONN_HEALTH_CHECKS"] is True
    assert database["OPTIONS"]["pool"] == {"min_size": 1, "max_size": 16, "timeout": 5}
    assert shown["SESSION_ENGINE"] == "django.contrib.sessions.backends.cached_db"
    assert shown["CACHES"]["default"]["BACKEND"] == "django.core.cache.backends.redis.RedisCache"
    assert shown["CELERY_BROKER_URL"] == "redis://redis:6379/0"
    assert shown["CELERY_TASK_ALWAYS_EAGER"] is False
    assert (shown["EMAIL_HOST"], shown["EMAIL_PORT"]) == ("mail", 1025)


def test_https_brings_secure_cookies_and_hsts(settings_of: Settings) -> None:
    shown = settings_of(**PUBLIC)
    assert shown["ALLOWED_HOSTS"] == ["delphi.example.org"]
    assert shown["CSRF_TRUSTED_ORIGINS"] == ["https://delphi.example.org"]
    assert shown["SESSION_COOKIE_NAME"] == "__Host-sessionid"
    assert shown["CSRF_COOKIE_NAME"] == "__Host-csrftoken"
    assert shown["SESSION_COOKIE_SECURE"] is True
    assert shown["CSRF_COOKIE_SECURE"] is True
    assert shown["SECURE_SSL_REDIRECT"] is True
    assert shown["SECURE_HSTS_SECONDS"] == 31_536_000


def test_http_on_loopback_keeps_plain_cookies(settings_of: Settings) -> None:
    shown = settings_of(PORT="8123")
    assert shown["DELPHI_BASE_URL"] == "http://127.0.0.1:8123"
    assert shown["SESSION_COOKIE_NAME"] == "sessionid"
    assert shown["SECURE_SSL_REDIRECT"] is False
    assert shown["SECURE_HSTS_SECONDS"] == 0


def test_the_demonstration_keeps_its_mail_in_memory(settings_of: Settings) -> None:
    shown = settings_of(DELPHI_DEMO="1", EMAIL_URL="smtp://mail:1025")
    assert shown["EMAIL_BACKEND"] == "django.core.mail.backends.locmem.EmailBackend"


def test_it_refuses_its_own_secrets_where_others_can_reach_it(start: Start) -> None:
    url = "http://192.0.2.7:8000"
    assert refusal(start, DELPHI_BASE_URL=url) == (
        f"Set SECRET_KEY and DELPHI_MASTER_KEY in the environment: DELPHI_BASE_URL is {url}, "
        "and only a loopback http address may run with secrets that the application made itself.\n"
    )


def test_it_refuses_debug_where_others_can_reach_it(start: Start) -> None:
    assert refusal(start, **PUBLIC, DEBUG="1") == (
        "DEBUG must be off when DELPHI_BASE_URL is https://delphi.example.org.\n"
    )


def test_it_refuses_one_secret_for_both_purposes(start: Start) -> None:
    assert refusal(start, SECRET_KEY=MASTER_KEY, DELPHI_MASTER_KEY=MASTER_KEY) == (
        "SECRET_KEY and DELPHI_MASTER_KEY must not be the same.\n"
    )


def test_it_refuses_a_keystore_that_goes_along_with_the_data(start: Start, tmp_path: Path) -> None:
    assert refusal(start, DELPHI_KEYSTORE=str(tmp_path / "data/media/keys")) == (
        "DELPHI_KEYSTORE must be a folder of its own, not the one of the database, media or backups.\n"
    )


def test_it_refuses_databases_that_it_was_not_made_for(start: Start) -> None:
    assert refusal(start, DATABASE_URL="mysql://root@127.0.0.1/test") == (
        "DATABASE_URL must name a PostgreSQL database, or SQLite as sqlite:///PATH.\n"
    )


def test_a_stranger_s_host_is_refused_and_fills_no_log(start: Start) -> None:
    ask = "import django; django.setup(); from django.test import Client; print(Client(HTTP_HOST='x.y').get('/'))"
    done = start("-c", ask, DJANGO_SETTINGS_MODULE="delphi.settings")
    assert (done.returncode, "400" in done.stdout, done.stderr) == (0, True, "")


def test_what_is_shipped_passes_the_deployment_check(start: Start) -> None:
    done = start(
        "manage.py",
        "check",
        "--deploy",
        "--fail-level",
        "WARNING",
        **PUBLIC,
        DATABASE_URL="postgres://delphi:secret@db:5432/delphi",
        REDIS_URL="redis://redis:6379/0",
        EMAIL_URL="smtp://mail:1025",
    )
    assert (done.returncode, done.stderr) == (0, "")
