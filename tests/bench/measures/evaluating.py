"""`manage.py evaluate` on a file of ratings, beside pandas that reads it and counts, each a process of its own."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tests.bench.figures import Aim, Figure, Run
from tests.bench.installation import Installation
from tests.bench.programs import ROOT, Failed
from tests.bench.sizes import Sizes

EVALUATE = "evaluate"
TWICE = Aim(2.0)
MOST_MEGABYTES = 1000
FEWEST = 10_000
AT_ONCE = 2_000
COUNTS = (
    "import sys, pandas; "
    "print(pandas.read_csv(sys.argv[1]).groupby(['statement', 'rating']).size().unstack(fill_value=0).to_json())"
)


def measure(place: Installation, sizes: Sizes) -> list[Figure]:
    """The one figure: a long CSV file of 50 statements, from ten thousand ratings up."""
    counts = [FEWEST * 10**power for power in range(6) if FEWEST * 10**power <= sizes.ratings]
    growth, peaks = {}, {}
    runs: list[tuple[float, float]] = []
    for count in counts:
        path = place.folder / f"ratings-{count}.csv"
        write_ratings(path, count // sizes.statements, sizes.statements)
        ours = [sys.executable, "manage.py", "evaluate", str(path), "--format", "json"]
        pandas = [sys.executable, "-c", COUNTS, str(path)]
        often = sizes.runs if count == counts[-1] else 2
        pairs = [(taken(ours, place.variables), taken(pandas, place.variables)) for _run in range(often)]
        path.unlink()
        growth[count] = statistics.median(mine[0] for mine, _theirs in pairs)
        peaks[count] = max(mine[1] for mine, _theirs in pairs)
        runs = [(mine[0], theirs[0]) for mine, theirs in pairs]
    return [
        Figure(
            EVALUATE,
            "s",
            "pandas.read_csv of the same file and one groupby, in a process of its own",
            [Run(*pair) for pair in runs],
            TWICE,
            growth=growth,
            besides={"ratings": counts[-1], "peak_mb": peaks, "peak_mb_aim": f"at most {MOST_MEGABYTES}"},
        )
    ]


def write_ratings(path: Path, panelists: int, statements: int) -> None:
    """A long CSV file, the same each time: a row for each panelist and statement."""
    draw = np.random.default_rng(panelists)
    with path.open("w") as file:
        file.write("statement,panelist,rating\n")
        for first in range(0, panelists, AT_ONCE):
            ratings = draw.integers(1, 10, (min(AT_ONCE, panelists - first), statements)).tolist()
            file.write(
                "".join(
                    f"S{number:02d},P{first + place:06d},{rating}\n"
                    for place, row in enumerate(ratings)
                    for number, rating in enumerate(row)
                )
            )


def taken(command: Sequence[str], variables: Mapping[str, str]) -> tuple[float, float]:
    """The seconds that the command takes, and the megabytes at its peak. Raises Failed."""
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=dict(variables), stdout=subprocess.DEVNULL)
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Failed(f"{' '.join(command)} ended with {process.returncode}.")
    return time.perf_counter() - began, used.ru_maxrss / 1024
