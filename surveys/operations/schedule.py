"""The schedule of the embedded mode: what beat would send to workers, run by one thread of the server."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from celery import current_app
from django.db import close_old_connections, connections

logger = logging.getLogger(__name__)


@dataclass
class Sweep:
    """Something to be run every so many seconds; due is a monotonic time."""

    name: str
    run: Callable[[], object]
    seconds: float
    due: float = field(default=0.0)


def sweeps() -> list[Sweep]:
    """One sweep for each entry of CELERY_BEAT_SCHEDULE, run in this process.

    Raises KeyError for a task that no application has.
    """
    current_app.loader.import_default_modules()
    return [
        Sweep(name, current_app.tasks[entry["task"]].run, float(entry["schedule"]))
        for name, entry in current_app.conf.beat_schedule.items()
    ]


class Schedule(threading.Thread):
    """Runs sweeps one after the other until it is told to stop."""

    def __init__(self, sweeps: Iterable[Sweep], *, tick: float = 0.5) -> None:
        super().__init__(name="schedule")
        self._sweeps = list(sweeps)
        self._tick = tick
        self._stopping = threading.Event()

    def run(self) -> None:
        """Run each sweep when it is due, and wait in between."""
        try:
            while not self._stopping.is_set():
                for sweep in self._sweeps:
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
