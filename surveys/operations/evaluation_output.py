"""An evaluation written out: as a table to read, as JSON, as CSV. Undefined is null, or empty."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from surveys.consensus import plain_number, round_half_up, rule_sentence
from surveys.exports.text import unformulated
from surveys.operations.evaluation import Evaluation, StatementEvaluation

UNDEFINED = "–"
_WIDEST_STATEMENT = 48
_HEADINGS = (
    "statement",
    "n",
    "abstained",
    "missing",
    "mean",
    "median",
    "min",
    "max",
    "SD",
    "IQR",
    "consensus",
    "reasons",
)
_LEFT = ("statement", "consensus", "reasons")
_CONSENSUS = {True: "yes", False: "no", None: "not judged"}


def as_json(evaluation: Evaluation) -> str:
    """Return one JSON object: `rule`, `statements`, `agreement`, and `round` where there are any."""
    agreement = evaluation.agreement
    data: dict[str, Any] = {"rule": evaluation.rule_name}
    if evaluation.round is not None:
        data["round"] = evaluation.round
    data["statements"] = [_facts(row) for row in evaluation.statements]
    data["agreement"] = {
        "complete_raters": agreement.complete_raters,
        "kendalls_w": agreement.kendalls_w,
    }
    return json.dumps(data, indent=2, allow_nan=False)


def as_csv(evaluation: Evaluation) -> str:
    """Return a CSV table, a row a statement; numbers are unrounded and no cell is a formula."""
    points = [f"count_{point}" for point in evaluation.rule.scale.points]
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    for index, row in enumerate(evaluation.statements):
        facts = _facts(row)
        counts = dict(zip(points, facts.pop("counts"), strict=True))
        cells = {"rule": evaluation.rule_name, **facts, **counts, "reasons": row.verdict.sentence}
        if index == 0:
            writer.writerow(cells)
        writer.writerow([_cell(value) for value in cells.values()])
    return written.getvalue().removesuffix("\n")


def as_table(evaluation: Evaluation) -> str:
    """Return a table in plain text, figures to two decimals, under the rule as a sentence."""
    lines = [rule_sentence(evaluation.rule)]
    if evaluation.round is not None:
        lines.append(f"Round {evaluation.round}.")
    if evaluation.left_out:
        lines.append(f"Left out: {', '.join(map(_one_line, evaluation.left_out))}.")
    agreement = evaluation.agreement
    raters = agreement.complete_raters
    who = "1 panelist" if raters == 1 else f"{raters} panelists"
    w = UNDEFINED if agreement.kendalls_w is None else f"{agreement.kendalls_w:.2f}"
    closing = f"Kendall's W: {w} ({who} rated every statement)."
    rows = [_HEADINGS, *(_row(row) for row in evaluation.statements)]
    return "\n".join([*lines, "", *_aligned(rows), "", closing])


FORMATS: Mapping[str, Callable[[Evaluation], str]] = {
    "table": as_table,
    "json": as_json,
    "csv": as_csv,
}


def _facts(row: StatementEvaluation) -> dict[str, Any]:
    summary, verdict = row.summary, row.verdict
    return {
        "statement": row.statement,
        "n": verdict.n,
        "abstained": verdict.abstained,
        "missing": verdict.missing,
        "counts": list(summary.counts),
        "mean": None if summary.mean is None else float(summary.mean),
        "median": _number(summary.median),
        "minimum": summary.minimum,
        "maximum": summary.maximum,
        "sd": summary.sd,
        "iqr": _number(summary.iqr),
        "consensus": verdict.consensus,
        "reasons": list(verdict.reasons),
    }


def _number(value: Fraction | None) -> int | float | None:
    if value is None:
        return None
    return value.numerator if value.denominator == 1 else float(value)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return unformulated(value)
    return str(value)


def _row(row: StatementEvaluation) -> tuple[str, ...]:
    summary, verdict = row.summary, row.verdict
    exact = (summary.median, summary.minimum, summary.maximum)
    return (
        _one_line(row.statement),
        str(verdict.n),
        str(verdict.abstained),
        str(verdict.missing),
        UNDEFINED if summary.mean is None else round_half_up(summary.mean, 2),
        *(UNDEFINED if value is None else plain_number(value) for value in exact),
        UNDEFINED if summary.sd is None else f"{summary.sd:.2f}",
        UNDEFINED if summary.iqr is None else plain_number(summary.iqr),
        _CONSENSUS[verdict.consensus],
        verdict.sentence,
    )


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDEST_STATEMENT else line[: _WIDEST_STATEMENT - 1] + "…"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if heading in _LEFT else cell.rjust(width)
            for cell, width, heading in zip(row, widths, _HEADINGS, strict=True)
        ).rstrip()
        for row in rows
    ]
