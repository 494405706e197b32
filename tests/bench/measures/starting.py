"""How long `manage.py up` takes until it answers, on a migrated database, beside an empty project of Django's."""

import http.client
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.figures import Aim, Figure, Run
from tests.bench.installation import Installation
from tests.bench.programs import PATIENCE, ROOT, Failed, free_port, said_by
from tests.bench.sizes import Sizes

START = "start"
THREE_TIMES = Aim(3.0)
PAUSE = 0.005


def measure(place: Installation, sizes: Sizes) -> list[Figure]:
    """The one figure: the embedded way on SQLite, as `runserver` has it."""
    folder = place.folder / "start"
    folder.mkdir()
    ours = {name: place.variables[name] for name in ("PATH", "HOME", "LANG")} | {"DELPHI_DATA": str(folder / "data")}
    said_by([sys.executable, "manage.py", "migrate", "--noinput"], ours)
    project = _empty_project(folder, ours)
    runs = []
    # The first start of either reads its files from the disk and writes its bytecode.
    for number in range(sizes.runs + 1):
        mine, port = free_port(), free_port()
        taken = seconds([sys.executable, "manage.py", "up"], ROOT, {**ours, "PORT": str(mine)}, mine, "/healthz")
        bare = [sys.executable, "manage.py", "runserver", "--noreload", str(port)]
        beside = seconds(bare, project, ours, port, "/")
        if number:
            runs.append(Run(taken, beside))
    what = "runserver --noreload of a project that startproject has just made, until it answers; both on SQLite"
    return [Figure(START, "s", what, runs, THREE_TIMES)]


def _empty_project(folder: Path, variables: Mapping[str, str]) -> Path:
    """What `django-admin startproject` makes, migrated."""
    project = folder / "empty"
    project.mkdir()
    said_by([sys.executable, "-m", "django", "startproject", "empty", str(project)], variables)
    said_by([sys.executable, str(project / "manage.py"), "migrate", "--noinput"], variables)
    return project


def seconds(command: Sequence[str], folder: Path, variables: Mapping[str, str], port: int, path: str) -> float:
    """How long the command takes until it answers 200 at this path; it is ended then. Raises Failed."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=dict(variables), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not answers(port, path):
            if process.poll() is not None or time.perf_counter() - began > PATIENCE:
                raise Failed(f"{' '.join(command)} does not answer.")
            time.sleep(PAUSE)
        return time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(PATIENCE)


def answers(port: int, path: str) -> bool:
    """Whether this path answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
