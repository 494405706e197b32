"""`reminders`: who of ten thousand has not submitted, beside a bare loop of as many HMACs and one query."""

import statistics
from typing import Any

from tests.bench.figures import Aim, Figure, Run
from tests.bench.installation import Installation
from tests.bench.sizes import Sizes


def measure(place: Installation, sizes: Sizes) -> list[Figure]:
    """The figure `reminders`."""
    panelists = sorted({*(size for size in sizes.growth if size <= sizes.reminded), sizes.reminded})
    found: dict[str, Any] = place.inside("reminding", told={"sizes": panelists, "runs": sizes.runs})
    return [
        Figure(
            figure="reminders",
            unit="ms",
            what="a bare loop of as many HMACs over panelists who are known already, and one query",
            runs=[Run(*pair) for pair in found[str(sizes.reminded)]],
            aim=Aim(3),
            growth={size: statistics.median(ours for ours, _bare in found[str(size)]) for size in panelists},
            besides={"panelists": sizes.reminded, **found["besides"]},
        )
    ]
