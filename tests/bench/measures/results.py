"""`results`: the pages about results of a panel of a hundred thousand, beside the same pages of a panel of ten."""

import statistics
from typing import Any

from tests.bench.figures import Aim, Figure, Run
from tests.bench.installation import Installation
from tests.bench.sizes import Sizes

FEW = 10


def measure(place: Installation, sizes: Sizes) -> list[Figure]:
    """The figure `results`."""
    panelists = sorted({FEW, *sizes.growth, sizes.most})
    told = {"sizes": panelists, "statements": sizes.statements, "runs": sizes.runs}
    found: dict[str, dict[str, Any]] = place.inside("results", told=told)
    few, most = found[str(FEW)], found[str(sizes.most)]
    return [
        Figure(
            figure="results",
            unit="ms",
            what=f"the same pages with {FEW} panelists",
            runs=[Run(ours, yardstick) for ours, yardstick in zip(most["runs"], few["runs"], strict=True)],
            aim=Aim(1.2),
            growth={size: statistics.median(found[str(size)]["runs"]) for size in panelists},
            besides={
                "panelists": sizes.most,
                "statements": sizes.statements,
                "pages": {str(FEW): few["pages"], str(sizes.most): most["pages"]},
                "are_queries_equal": _queries(few) == _queries(most),
            },
        )
    ]


def _queries(found: dict[str, Any]) -> dict[str, int]:
    return {name: page["queries"] for name, page in found["pages"].items()}
