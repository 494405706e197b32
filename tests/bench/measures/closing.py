"""`close` and `close-two-workers`: the flip, the tally and the freeze of a whole round, and a tally that two share."""

import contextlib
import statistics
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from celery import Celery

from tests.bench.figures import Aim, Figure, Run
from tests.bench.installation import Installation, secrets_of
from tests.bench.load import Browser
from tests.bench.programs import Failed
from tests.bench.sizes import Sizes

CLOSE, TWO = "close", "close-two-workers"
PAGE = "/panel/vignette/1/"
BETWEEN = 0.1
BETWEEN_LOOKS = 0.01
_IS_COUNTED = "SELECT NOT EXISTS (SELECT 1 FROM feedback_partialtally WHERE round_id = %s AND NOT is_counted)"
_IS_CLOSED = "SELECT status = 'closed' FROM rounds_round WHERE id = %s"
PATIENCE = 120


def measure(place: Installation, sizes: Sizes) -> list[Figure]:
    """Both figures, each on sheets that were sealed as the application seals them."""
    studies = {size: _study(place, size, sizes.statements) for size in sorted({*sizes.closed, sizes.least})}
    found = []
    if sizes.wants(CLOSE):
        found.append(_close(place, sizes, studies))
    if sizes.wants(TWO):
        found.append(_two_workers(place, sizes, studies[sizes.shared]))
    return found


def _study(place: Installation, panelists: int, statements: int) -> Mapping[str, Any]:
    """A study of this size in which everybody has submitted: the object of `manage.py demo --json`."""
    study = place.study(panelists, statements)
    written = place.inside("closing_sheets", study["study"])
    if written["sheets"] != panelists:
        raise Failed(f"{written['sheets']} of {panelists} sheets were written.")
    return study


def _close(place: Installation, sizes: Sizes, studies: Mapping[int, Mapping[str, Any]]) -> Figure:
    most = max(sizes.closed)
    found = {
        size: place.inside("closing", told={"study": study["study"], "runs": sizes.runs if size == most else 1})
        for size, study in studies.items()
        if size != most
    }
    with place.served() as base, _submissions(base, studies[most], sizes.statements) as waits:
        found[most] = place.inside("closing", told={"study": studies[most]["study"], "runs": sizes.runs})
    runs = found[most]["runs"]
    return Figure(
        figure=CLOSE,
        unit="s",
        what=f"a bare loop that reads the same {most} boxes of {sizes.statements} answers with one query, decrypts, "
        "parses and counts them, and writes nothing",
        runs=[Run(run["ours"], run["yardstick"]) for run in runs],
        aim=Aim(3.0),
        growth={size: statistics.median(run["ours"] for run in found[size]["runs"]) for size in found},
        besides={
            "sheets": most,
            "parts_s": {part: statistics.median(run[part] for run in runs) for part in ("flip", "tally", "freeze")},
            "ratio_to_a_loop_over_boxes_in_memory": statistics.median(r["ours"] / r["without_reading"] for r in runs),
            "ratio_of_the_tally_alone": statistics.median(run["tally"] / run["yardstick"] for run in runs),
            "peak_mb": {str(size): found[size]["peak_mb"] for size in found},
            "peak_grows_by_mb": found[most]["peak_mb"] - found[sizes.least]["peak_mb"],
            "submissions_meanwhile": len(waits),
            "longest_wait_of_a_submission_s": max(waits, default=None),
            "consent": "everybody had agreed to the notice in an earlier round, so none had to be noted",
        },
    )


@contextlib.contextmanager
def _submissions(base: str, study: Mapping[str, Any], statements: int) -> Iterator[list[float]]:
    """What a panelist waits, in seconds, who submits again and again while the round closes, opens and closes."""
    browser = Browser(base, PAGE, secrets_of(study, 1)[0], statements)
    browser.come_in()
    waits: list[float] = []
    over = threading.Event()

    def submit() -> None:
        while not over.wait(BETWEEN):
            began = time.perf_counter()
            browser.submit_again()
            waits.append(time.perf_counter() - began)

    crowd = threading.Thread(target=submit, daemon=True)
    crowd.start()
    try:
        yield waits
    finally:
        over.set()
        crowd.join(PATIENCE)
        browser.close()


def _two_workers(place: Installation, sizes: Sizes, study: Mapping[str, Any]) -> Figure:
    rates: dict[int, list[float]] = {1: [], 2: []}
    for count, found in rates.items():
        with place.workers(count):
            # Once unmeasured: a worker loads the application with its first task.
            seconds = [_tallied_by_workers(place, study) for _run in range(sizes.runs + 1)]
            found += [sizes.shared / taken for taken in seconds[1:]]
    return Figure(
        figure=TWO,
        unit="sheets/s",
        what="the same tally by one worker",
        runs=[Run(two, one) for one, two in zip(rates[1], rates[2], strict=True)],
        aim=Aim(1.6, "at least"),
        besides={"sheets": sizes.shared, "workers": "Celery, one process each, told by the sweep's task as beat tells"},
    )


def _tallied_by_workers(place: Installation, study: Mapping[str, Any]) -> float:
    """Seconds from the sweep's task until every slice is counted; then it waits until the round is closed."""
    round_id = place.inside("closing", told={"study": study["study"], "only_flip": True})["round"]
    queue = Celery(broker=place.variables["REDIS_URL"])
    with place.connection() as connection:
        began = time.perf_counter()
        queue.send_task("surveys.feedback.tasks.tally_closing_rounds")
        _wait_until(connection, _IS_COUNTED, round_id, began)
        taken = time.perf_counter() - began
        _wait_until(connection, _IS_CLOSED, round_id, began)
    return taken


def _wait_until(connection: psycopg.Connection[tuple[Any, ...]], question: str, round_id: str, began: float) -> None:
    while connection.execute(question, [round_id]).fetchone() != (True,):
        if time.perf_counter() - began > PATIENCE:
            raise Failed("The workers did not close the round.")
        time.sleep(BETWEEN_LOOKS)
