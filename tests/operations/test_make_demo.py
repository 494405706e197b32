"""The first command of the README, as a stranger runs it."""

import json
import os
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120
ELSEWHERE = {
    "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "EMAIL_URL": "smtp://127.0.0.1:9",
    "DELPHI_BASE_URL": "https://delphi.example.org",
}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until_serving(process: subprocess.Popen[str]) -> list[str]:
    """What it printed, up to the line that says where it serves."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith("Serving on"):
            return lines
    raise AssertionError(f"It ended with {process.wait()} after {lines} and {process.stderr and process.stderr.read()}")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_links_serves_and_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    port = free_port()
    process = subprocess.Popen(
        ["make", "--no-print-directory", "demo", f"PORT={port}", f"DEMO_DATA={tmp_path / 'demo'}"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **ELSEWHERE},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        printed = until_serving(process)
        links = [line for line in printed if f"http://127.0.0.1:{port}/panel/#t=" in line]
        assert len(links) == 10
        assert printed[-1] == f"Serving on http://127.0.0.1:{port}; Ctrl-C ends it."
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=30) as answer:
            assert json.load(answer) == {"database": True, "keystore": True, "migrations": True}
        # A terminal sends its Ctrl-C to everybody in the foreground, a supervisor its TERM to make alone.
        if number is signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        process.wait(PATIENCE)
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
