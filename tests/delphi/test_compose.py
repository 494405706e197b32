"""docker-compose.yml: its shape, and its very commands run against the services that are named."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import redis
import yaml

from surveys.safeguards.findings import Level
from surveys.safeguards.logs import judge_server
from surveys.safeguards.postgresql import judge_settings
from tests.safeguards.test_postgresql import STOCK

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PATIENCE = 240


def mounted(service: str) -> dict[str, str]:
    """Volume by volume, where the service has it."""
    return dict(volume.split(":", 1) for volume in SERVICES[service].get("volumes", []))


def test_it_keeps_to_the_compose_specification() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.compose-spec",
            str(ROOT / "docker-compose.yml"),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_it_starts_the_parts_of_the_services_mode() -> None:
    assert sorted(SERVICES) == ["beat", "db", "mail", "migrate", "redis", "web", "worker"]


def test_the_keystore_is_with_those_who_need_it_and_never_with_the_database() -> None:
    holders = {service for service in SERVICES if "keystore" in mounted(service)}
    assert holders == {"web", "worker", "beat"}
    assert {mounted(service)["keystore"] for service in holders} == {"/keystore"}
    assert mounted("db") == {"database": "/var/lib/postgresql/data"}
    assert all("database" not in mounted(service) for service in SERVICES if service != "db")


def test_every_volume_is_declared_and_used() -> None:
    assert set(COMPOSE["volumes"]) == {name for service in SERVICES for name in mounted(service)}


def test_the_application_waits_for_migrations_and_redis() -> None:
    for service in ("web", "worker", "beat"):
        assert SERVICES[service]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"},
            "redis": {"condition": "service_healthy"},
        }
    assert SERVICES["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}


def test_everything_that_stays_up_is_watched() -> None:
    watched = {service for service, parts in SERVICES.items() if "healthcheck" in parts}
    assert watched == {"web", "worker", "beat", "db", "redis"}


def test_ports_are_open_to_this_machine_alone() -> None:
    ports = [port for parts in SERVICES.values() for port in parts.get("ports", [])]
    assert ports == ["127.0.0.1:${PORT:-8000}:8000", "127.0.0.1:8025:8025"]


def test_no_log_of_its_database_gets_a_value_and_none_of_its_server_a_request() -> None:
    command = SERVICES["db"]["command"]
    given = dict(option.split("=") for option in command[2::2])
    assert command[1::2] == ["-c"] * len(given)
    findings = judge_settings({**STOCK, **given, "data_checksums": "on"})
    assert [finding.subject for finding in findings if finding.level != Level.OK] == []
    assert (given["log_error_verbosity"], given["log_parameter_max_length"]) == ("terse", "0")
    assert SERVICES["db"]["environment"]["POSTGRES_INITDB_ARGS"] == "--data-checksums"
    assert judge_server(SERVICES["web"]["command"], []).level == Level.OK


def test_secrets_have_no_default() -> None:
    given = SERVICES["web"]["environment"]
    assert given["SECRET_KEY"] == "${SECRET_KEY:?set it in .env}"
    assert given["DELPHI_MASTER_KEY"] == "${DELPHI_MASTER_KEY:?set it in .env}"
    assert SERVICES["db"]["environment"]["POSTGRES_PASSWORD"] == "${POSTGRES_PASSWORD:?set it in .env}"


def test_the_example_explains_every_variable_that_compose_reads() -> None:
    read = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    example = (ROOT / ".env.example").read_text()
    assert read <= set(re.findall(r"^#?([A-Z_]+)=", example, flags=re.MULTILINE))
    filled = re.findall(r"^(SECRET_KEY|DELPHI_MASTER_KEY|POSTGRES_PASSWORD)=(.*)$", example, flags=re.MULTILINE)
    assert filled == [("SECRET_KEY", ""), ("DELPHI_MASTER_KEY", ""), ("POSTGRES_PASSWORD", "")]


def test_the_image_serves_as_compose_does() -> None:
    command = re.search(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert command is not None
    assert json.loads(command[1]) == SERVICES["web"]["command"]


# The very commands --------------------------------------------------------------------------------------------------

Environment = dict[str, str]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def fresh_database(url: str) -> Iterator[str]:
    """A database of its own on the same server, dropped at the end."""
    name = f"test_compose_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Environment]:
    """What compose hands the application, on the named PostgreSQL and Redis."""
    broker = urlunsplit(urlsplit(os.environ["REDIS_URL"])._replace(path="/15"))
    port = free_port()
    with fresh_database(os.environ["DATABASE_URL"]) as database, redis.Redis.from_url(broker) as store:
        store.flushdb()
        yield {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "DATABASE_URL": database,
            "REDIS_URL": broker,
            "EMAIL_URL": "smtp://127.0.0.1:9",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "DELPHI_MASTER_KEY": secrets.token_urlsafe(32),
            "DELPHI_BASE_URL": "https://delphi.example.org",
            "DELPHI_DATA": str(tmp_path / "data"),
            "DELPHI_KEYSTORE": str(tmp_path / "keystore"),
            "PORT": str(port),
        }
        store.flushdb()


def command_of(service: str, environment: Environment) -> list[str]:
    """The command as compose has it, on this test's port and folder."""
    replaced = {
        "0.0.0.0:8000": f"127.0.0.1:{environment['PORT']}",
        "/tmp/celerybeat-schedule": f"{environment['DELPHI_DATA']}/celerybeat-schedule",
    }
    return [replaced.get(word, word) for word in SERVICES[service]["command"]]


@contextmanager
def running(service: str, environment: Environment) -> Iterator[subprocess.Popen[bytes]]:
    """The service as a process group of its own, ended by TERM and then for good."""
    process = subprocess.Popen(command_of(service, environment), cwd=ROOT, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def done(*command: str, environment: Environment) -> subprocess.CompletedProcess[str]:
    """The command, run to its end."""
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE)


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it holds before patience runs out."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.5)
    return False


@pytest.mark.services
def test_its_commands_migrate_serve_work_and_beat(environment: Environment) -> None:
    probe = [word.replace("8000", environment["PORT"]) for word in SERVICES["web"]["healthcheck"]["test"][1:]]

    def tasks_done() -> dict[str, int]:
        asked = done("celery", "-A", "delphi", "inspect", "stats", "--json", environment=environment)
        if asked.returncode:
            return {}
        totals: dict[str, int] = next(iter(json.loads(asked.stdout).values()))["total"]
        return totals

    with ExitStack() as stack:
        stack.enter_context(running("web", environment))
        assert done(*probe, environment=environment).returncode == 1
        migrated = done(*command_of("migrate", environment), environment=environment)
        assert migrated.returncode == 0, migrated.stderr
        assert eventually(lambda: done(*probe, environment=environment).returncode == 0)
        stack.enter_context(running("worker", environment))
        stack.enter_context(running("beat", environment))
        expected = {
            "surveys.rounds.tasks.open_due_rounds",
            "surveys.rounds.tasks.send_due_messages",
            "surveys.rounds.tasks.serve_link_requests",
            "surveys.feedback.tasks.close_due_rounds",
            "surveys.feedback.tasks.tally_closing_rounds",
        }
        assert eventually(lambda: expected <= set(tasks_done()))
        assert list((Path(environment["DELPHI_DATA"])).glob("celerybeat-schedule*"))
