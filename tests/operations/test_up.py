"""The embedded server as a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 240


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def up(data: Path, port: int, **variables: str) -> subprocess.Popen[str]:
    """`manage.py up` as the leader of a process group of its own."""
    environment = {"PATH": os.environ["PATH"], "DELPHI_DATA": str(data), "PORT": str(port), **variables}
    return subprocess.Popen(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for all, so that it is migrated once."""
    return tmp_path_factory.mktemp("up") / "data"


@pytest.fixture
def port() -> int:
    """A free port."""
    return free_port()


@pytest.fixture
def server(data: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """A server that has said where it serves."""
    process = up(data, port)
    assert process.stdout is not None
    said = process.stdout.readline()
    try:
        assert said == f"Serving on http://127.0.0.1:{port}; Ctrl-C ends it.\n", process.communicate(timeout=5)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(PATIENCE)


def answer(port: int, path: str) -> dict[str, bool]:
    """The JSON that stands at the path."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
        assert response.status == 200
        read: dict[str, bool] = json.load(response)
        return read


def group_is_empty(leader: int) -> bool:
    """Whether no process of the group is left."""
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_migrates_serves_and_leaves_nothing_behind(
    server: subprocess.Popen[str], port: int, number: signal.Signals
) -> None:
    assert answer(port, "/healthz") == {"database": True}
    assert answer(port, "/readyz") == {"database": True, "keystore": True, "migrations": True}
    server.send_signal(number)
    out, err = server.communicate(timeout=PATIENCE)
    assert (server.returncode, out, err) == (0, "", "")
    assert group_is_empty(server.pid)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_the_schedule_runs_without_a_fault(server: subprocess.Popen[str], port: int) -> None:
    time.sleep(3)
    assert answer(port, "/healthz") == {"database": True}
    server.terminate()
    _, err = server.communicate(timeout=PATIENCE)
    assert err == ""


def test_a_port_that_is_taken_is_one_sentence_and_exit_2(data: Path, port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        process = up(data, port)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (2, "")
    assert err == f"CommandError: Port {port} cannot be served: Address already in use.\n"


def test_the_demonstration_leaves_with_whoever_started_it(data: Path, port: int) -> None:
    starter = subprocess.Popen(
        ["sh", "-c", f'"{sys.executable}" manage.py up & echo $!; wait'],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DELPHI_DATA": str(data), "PORT": str(port), "DELPHI_DEMO": "1"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert starter.stdout is not None
    child = int(starter.stdout.readline())
    assert starter.stdout.readline().startswith("Serving on")
    starter.kill()
    starter.wait(PATIENCE)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and Path(f"/proc/{child}").exists():
        time.sleep(0.1)
    assert not Path(f"/proc/{child}").exists()
