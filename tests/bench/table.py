"""The benchmark's figures as a table to read: on the terminal, and as Markdown for the documentation."""

import datetime as dt
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HEADINGS = ("figure", "ours", "yardstick", "ratio", "aim", "met", "spread", "exponent")


def rows(figures: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """A row of words for each figure, in the order of HEADINGS; `figures` as they stand in bench.json."""
    return [_row(figure) for figure in figures]


def _row(figure: Mapping[str, Any]) -> tuple[str, ...]:
    spread = figure["spread"]
    unit = figure["unit"]
    return (
        figure["figure"],
        f"{_number(figure['ours'])} {unit}",
        f"{_number(figure['yardstick']['value'])} {unit}",
        f"{figure['ratio']:.2f}",
        f"{figure['better']} {figure['aim']:g}",
        "yes" if figure["met"] else "no",
        f"{spread['least']:.2f} to {spread['greatest']:.2f} in {spread['runs']}",
        "" if figure["exponent"] is None else f"{figure['exponent']:.2f}",
    )


def _number(value: float) -> str:
    """Three significant digits, never in powers of ten."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def as_text(figures: Sequence[Mapping[str, Any]], machine: str) -> str:
    """The table in columns, and beneath it what each yardstick is, and on what machine it was."""
    table = [HEADINGS, *rows(figures)]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
    lines.insert(1, "  ".join("-" * width for width in widths))
    yardsticks = [f"{figure['figure']}: against {figure['yardstick']['what']}" for figure in figures]
    return "\n".join([*lines, "", *yardsticks, "", machine])


def as_markdown(figures: Sequence[Mapping[str, Any]], machine: str) -> str:
    """The same for the documentation."""
    lines = ["| " + " | ".join(row) + " |" for row in (HEADINGS, ("---",) * len(HEADINGS), *rows(figures))]
    yardsticks = [f"- `{figure['figure']}`: against {figure['yardstick']['what']}" for figure in figures]
    return "\n".join([*lines, "", *yardsticks, "", machine])


def described() -> str:
    """On what machine the figures are measured, and how busy it is now."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    today = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"
    system = f"{platform.system()} {platform.release().partition('-')[0]}, Python {platform.python_version()}"
    return (
        f"Measured on {today} on {cores} cores ({_processor()}) with {memory:.0f} GiB of memory, {system}; servers, "
        f"database and load on the same machine. Before it began, {os.getloadavg()[0]:.1f} processes on average wanted "
        "a core."
    )


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text().splitlines():
            name, _colon, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.machine()
