"""Results within groups of the panel, as files hold them; only of groups that pages show as well."""

from collections.abc import Iterator
from typing import Any

from surveys.consensus import NINE_POINTS
from surveys.exports.rows import RoundExport, StudyExport, exact_number
from surveys.feedback.queries import StatementResult

Value = str | int | float | bool | None
FIGURES = ("n", "abstained", "missing", "counts", "mean", "median", "share_high", "suppressed")


def groups_of_result(result: StatementResult) -> list[dict[str, Any]]:
    """A dictionary for each group that may be shown; what may not be is None and named in `suppressed`."""
    return [
        {
            "group": one.group,
            "n": one.n,
            "abstained": one.abstained,
            "missing": one.missing,
            "counts": None if one.counts is None else list(one.counts),
            "mean": None if one.mean is None else float(one.mean),
            "median": exact_number(one.median),
            "share_high": exact_number(one.share_high),
            "suppressed": list(one.suppressed),
        }
        for one in result.groups
    ]


def group_headings() -> list[str]:
    """The columns of `group_rows`."""
    counts = [f"count_{point}" for point in NINE_POINTS.points]
    figures = [name for key in FIGURES for name in (counts if key == "counts" else [key])]
    return ["round", "vignette", "statement_number", "statement", "group", *figures, "note"]


def group_rows(export: StudyExport, one: RoundExport) -> Iterator[list[Value]]:
    """One row for each statement of a round and each of its groups, in order. Suppressed is None."""
    for result in one.results:
        for facts in groups_of_result(result):
            counts = facts["counts"] or [None] * NINE_POINTS.size
            yield [
                one.round.number,
                result.asked.vignette.title,
                result.asked.number,
                result.asked.text,
                facts["group"],
                facts["n"],
                facts["abstained"],
                facts["missing"],
                *counts,
                facts["mean"],
                facts["median"],
                facts["share_high"],
                " ".join(facts["suppressed"]),
                " ".join(export.notes),
            ]
