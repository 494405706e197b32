"""The files of a closed study, and the dataset with a row for each panelist, for few and for many panelists."""

import statistics

from tests.bench.figures import Aim, Figure, Run
from tests.bench.installation import Installation
from tests.bench.sizes import Sizes

FEWEST = 10
HISTOGRAMS, ROWS = "export-histograms", "export-rows"
AS_CHEAP, AS_PANDAS = Aim(1.2), Aim(2.0)


def measure(place: Installation, sizes: Sizes) -> list[Figure]:
    """Both figures, of studies that hold frozen results and, so that nobody waits for a tally, no sheets."""
    counts = sorted({FEWEST, *sizes.growth, sizes.most})
    slugs = place.inside("exporting", "make", told={"sizes": counts, "statements": sizes.statements})
    found = []
    if sizes.wants(HISTOGRAMS):
        found.append(_histograms(place, sizes, slugs))
    if sizes.wants(ROWS):
        found.append(_rows(place, sizes, slugs))
    return found


def _histograms(place: Installation, sizes: Sizes, slugs: dict[str, str]) -> Figure:
    found = place.inside("exporting", "files", told={"slugs": slugs, "runs": sizes.runs})
    few, many = str(FEWEST), str(sizes.most)
    return Figure(
        HISTOGRAMS,
        "ms",
        f"the same file of a study of {FEWEST} panelists",
        [Run(run[many] * 1000, run[few] * 1000) for run in found["csv"]],
        AS_CHEAP,
        growth={int(size): statistics.median(run[size] for run in found["csv"]) * 1000 for size in slugs},
        besides={
            "file": f"the CSV file of {sizes.statements} statements, of {sizes.most} panelists",
            "with_receipts": "JSON and XLSX also list the receipt of every counted sheet, and so grow with them",
            "json_ms": _milliseconds(found["json"][0]),
            "xlsx_ms": _milliseconds(found["xlsx"][0]),
        },
    )


def _milliseconds(by_size: dict[str, float]) -> dict[str, float]:
    return {size: value * 1000 for size, value in by_size.items()}


def _rows(place: Installation, sizes: Sizes, slugs: dict[str, str]) -> Figure:
    found = place.inside("exporting", "rows", told={"slugs": slugs, "runs": sizes.runs})
    many = str(sizes.most)
    return Figure(
        ROWS,
        "s",
        f"pandas.DataFrame.to_csv of the same {sizes.most} by {sizes.statements} table, which is in memory already",
        [Run(**run) for run in found[many]],
        AS_PANDAS,
        growth={int(size): statistics.median(run["ours"] for run in runs) for size, runs in found.items()},
        besides={
            "file": "read from the database, where the sealing put it, and written as CSV; the same bytes",
            "peak_mb": place.inside("exporting", "peak", told={"slugs": {many: slugs[many]}}),
        },
    )
