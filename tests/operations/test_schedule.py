"""The schedule's thread: every sweep in its turn, whatever happens to the others."""

import threading
import time
from collections.abc import Iterator

import pytest
from django.conf import settings

from surveys.operations.schedule import Schedule, Sweep, sweeps


def test_a_fault_in_one_sweep_stops_neither_it_nor_the_others(caplog: pytest.LogCaptureFixture) -> None:
    turns: list[str] = []
    enough = threading.Event()

    def faulty() -> None:
        turns.append("faulty")
        raise RuntimeError("no")

    def sound() -> None:
        turns.append("sound")
        if turns.count("sound") == 3:
            enough.set()

    schedule = Schedule([Sweep("faulty", faulty, 0.01), Sweep("sound", sound, 0.01)], tick=0.01)
    schedule.start()
    assert enough.wait(10)
    schedule.stop()
    assert turns.count("faulty") >= 3


def test_a_sweep_rests_for_its_seconds() -> None:
    turns: list[float] = []
    schedule = Schedule([Sweep("seldom", lambda: turns.append(time.monotonic()), 3600)], tick=0.01)
    schedule.start()
    time.sleep(0.1)
    schedule.stop()
    assert len(turns) == 1


def test_stopping_waits_for_the_sweep_under_way() -> None:
    begun, done = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        time.sleep(0.2)
        done.set()

    schedule = Schedule([Sweep("slow", slow, 3600)], tick=0.01)
    schedule.start()
    assert begun.wait(10)
    schedule.stop()
    assert done.is_set()
    assert not schedule.is_alive()


def test_without_its_sweeps_it_ends_the_server(caplog: pytest.LogCaptureFixture) -> None:
    ended = threading.Event()

    def faulty() -> Iterator[Sweep]:
        raise KeyError("surveys.rounds.tasks.nothing")
        yield

    schedule = Schedule(faulty(), give_up=ended.set)
    schedule.start()
    schedule.join(10)
    assert ended.is_set()


def test_it_runs_what_beat_would_send() -> None:
    assert [sweep.name for sweep in sweeps()] == list(settings.CELERY_BEAT_SCHEDULE)
