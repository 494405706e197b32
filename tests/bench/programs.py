"""The server programs that the benchmark starts for itself: where they are, and how they are started and ended."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90
_DEBIAN = "/usr/lib/postgresql"


class Missing(Exception):
    """A program is not on this machine and could not be put there; says so in one sentence."""


class Failed(Exception):
    """A program of the benchmark ended with an error; has its last words."""


def redis_server() -> str:
    """The path of redis-server, installed where the machine lets us. Raises Missing."""
    return _found("redis-server", lambda: shutil.which("redis-server"))


def postgresql(program: str) -> str:
    """The path of a program of PostgreSQL, such as initdb, of the newest version there is. Raises Missing."""
    return _found("postgresql", lambda: _of_postgresql(program))


def _of_postgresql(program: str) -> str | None:
    # The folder with the other programs goes first: a link in PATH may stand alone.
    versions = sorted(Path(_DEBIAN).glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    return shutil.which(program, path=os.pathsep.join(map(str, versions))) or shutil.which(program)


def _found(package: str, find: Callable[[], str | None]) -> str:
    path = find()
    if path is None:
        subprocess.run([str(ROOT / "tools/apt.sh"), package], check=False)
        path = find()
    if path is None:
        raise Missing(
            f"The benchmark starts PostgreSQL and Redis for itself, and {package} is not on this machine: install it."
        )
    return path


def as_postgres(command: Sequence[str]) -> list[str]:
    """The command as the user `postgres` where we are root, as whom PostgreSQL refuses to run."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else list(command)


def give_to_postgres(path: Path) -> None:
    """Let the user `postgres` have this, where we are root. Raises Missing where there is no such user."""
    if os.geteuid() == 0:
        try:
            user = pwd.getpwnam("postgres")
        except KeyError as fault:
            raise Missing(
                "PostgreSQL does not run as root, and there is no user postgres: run it as yourself."
            ) from fault
        os.chown(path, user.pw_uid, user.pw_gid)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def said_by(command: Sequence[str], variables: Mapping[str, str], *, told: str = "") -> str:
    """What the command prints, having read `told`. Raises Failed with what it says on standard error."""
    done = subprocess.run(
        list(command), cwd=ROOT, env=dict(variables), input=told, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(f"{' '.join(command)} ended with {done.returncode}:\n{(done.stderr or done.stdout)[-4000:]}")
    return done.stdout


@contextlib.contextmanager
def running(
    command: Sequence[str],
    variables: Mapping[str, str],
    log: Path,
    answers: Callable[[], bool],
    *,
    ends_by: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """The command in a process group of its own, from when it answers on; at the end the whole group is gone.

    What it says goes into `log`. Raises Failed where it ends before it answers, or never does.
    """
    with log.open("ab") as words:
        process = subprocess.Popen(
            list(command), cwd=ROOT, env=dict(variables), stdout=words, stderr=words, start_new_session=True
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"{' '.join(command)} does not answer:\n{log.read_text()[-4000:]}")
            time.sleep(0.05)
        yield process
    finally:
        _end(process, ends_by)


def _end(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    for each in (number, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, each)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)


def accepts(port: int) -> bool:
    """Whether somebody listens on this port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
