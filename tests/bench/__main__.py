"""`python -m tests.bench`: measure everything, print the table, write `bench.json`.

Exit 0 whatever the ratios are, 1 where a program of the benchmark failed, 2 where one is missing or the call is wrong.
"""

import argparse
import importlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure
from tests.bench.installation import Installation
from tests.bench.programs import ROOT, Failed, Missing
from tests.bench.sizes import Sizes, sizes_of
from tests.bench.table import as_markdown, as_text, described

MEASURES = {
    "vote-7": "voting",
    "vote-300": "voting",
    "autosave": "voting",
    "close": "closing",
    "close-two-workers": "closing",
    "results": "results",
    "reminders": "reminding",
    "export-histograms": "exporting",
    "export-rows": "exporting",
    "evaluate": "evaluating",
    "start": "starting",
    "page-weight": "weighing",
}
"""Which module of `tests.bench.measures` measures a figure. The table has them in this order."""

DOCUMENT = ROOT / "docs/benchmark.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"

Measure = Callable[[Installation, Sizes], list[Figure]]


def main(arguments: Sequence[str]) -> int:
    """Measure as the command line says; returns the exit code."""
    asked = _parser().parse_args(arguments)
    if asked.document and (asked.quick or asked.only):
        sys.stderr.write("The documentation shows a full run: --document goes with neither --quick nor --only.\n")
        return 2
    sizes = sizes_of(quick=asked.quick, only=frozenset(asked.only))
    # Told to leave, it leaves nothing running: what was begun is ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_told: sys.exit(128 + signal.SIGTERM))
    machine = described()
    try:
        found = measured(sizes)
    except Missing as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    except Failed as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    path = write(found)
    sys.stdout.write(f"{as_text(found, machine)}\n\nWritten to {path}\n")
    if asked.document:
        document(found, machine)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, in two minutes")
    parser.add_argument("--only", nargs="+", metavar="FIGURE", default=[], choices=MEASURES, help="only these figures")
    parser.add_argument("--document", action="store_true", help=f"put the table into {DOCUMENT.relative_to(ROOT)}")
    return parser


def measured(sizes: Sizes) -> list[dict[str, Any]]:
    """The figures that were asked for, as they stand in bench.json. Raises Missing and Failed."""
    modules = wanted_modules(sizes)
    found: dict[str, Figure] = {}
    with Installation() as place:
        for name in modules:
            began = time.monotonic()
            measure: Measure = importlib.import_module(f"tests.bench.measures.{name}").measure
            found |= {figure.figure: figure for figure in measure(place, sizes)}
            sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
            place.empty()
    return [found[name].as_json() for name in MEASURES if name in found and sizes.wants(name)]


def wanted_modules(sizes: Sizes) -> list[str]:
    """The modules that measure what was asked for, each once, in the order of MEASURES."""
    return list(dict.fromkeys(module for name, module in MEASURES.items() if sizes.wants(name)))


def write(found: Iterable[dict[str, Any]]) -> Path:
    """Write the figures to bench.json in DELPHI_DATA, `var/` unless that is set; returns its path."""
    folder = Path(os.environ.get("DELPHI_DATA") or ROOT / "var")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "bench.json"
    path.write_text(json.dumps(list(found), indent=2) + "\n")
    return path


def document(found: Sequence[dict[str, Any]], machine: str, path: Path = DOCUMENT) -> None:
    """Put the table into the page of the documentation, between its two marks."""
    before, begin, rest = path.read_text().partition(BEGIN)
    _old, end, after = rest.partition(END)
    path.write_text(f"{before}{begin}\n\n{as_markdown(found, machine)}\n\n{end}{after}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
