"""The schedule of the embedded mode: what beat would send to workers, run by one thread of the server."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from django.db import close_old_connections, connections
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)


@dataclass
class Sweep:
    """Something to be run every so many seconds; due is a monotonic time."""

    name: str
    run: Callable[[], object]
    seconds: float
    due: float = field(default=0.0)


def sweeps() -> Iterator[Sweep]:
    """One sweep for each entry of CELERY_BEAT_SCHEDULE, run in this process.

    Celery is named, not imported, so that it is loaded when the first sweep is asked for: in the schedule's thread,
    while the server answers already. Raises KeyError for a task that no application has.
    """
    app = import_string("delphi.celery.app")
    app.loader.import_default_modules()
    for name, entry in app.conf.beat_schedule.items():
        yield Sweep(name, app.tasks[entry["task"]].run, float(entry["schedule"]))


def end_server() -> None:
    """End this process as TERM does."""
    os.kill(os.getpid(), signal.SIGTERM)


class Schedule(threading.Thread):
    """Runs sweeps one after the other until it is told to stop.

    The sweeps are asked for in the thread; `give_up` is called where that fails, for no server may run without them.
    """

    def __init__(self, sweeps: Iterable[Sweep], *, tick: float = 0.5, give_up: Callable[[], None] = end_server) -> None:
        super().__init__(name="schedule")
        self._sweeps = sweeps
        self._tick = tick
        self._give_up = give_up
        self._stopping = threading.Event()

    def run(self) -> None:
        """Run each sweep when it is due, and wait in between."""
        try:
            sweeps = list(self._sweeps)
        except Exception:
            logger.exception("The schedule cannot start, and the server ends.")
            self._give_up()
            return
        try:
            while not self._stopping.is_set():
                for sweep in sweeps:
                    self._run_if_due(sweep)
                self._stopping.wait(self._tick)
        finally:
            connections.close_all()

    def stop(self) -> None:
        """End after the sweep that is running now, and wait for it."""
        self._stopping.set()
        self.join()

    def _run_if_due(self, sweep: Sweep) -> None:
        if self._stopping.is_set() or time.monotonic() < sweep.due:
            return
        close_old_connections()
        try:
            sweep.run()
        except Exception:
            # What is due stays due in the database: the next turn finds it, and the others go on.
            logger.exception("The sweep %s failed and will be tried again.", sweep.name)
            connections.close_all()
        sweep.due = time.monotonic() + sweep.seconds
