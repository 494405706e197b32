"""An evaluation written out: as JSON, as CSV, as a table to read. Undefined is null, or empty."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from surveys.consensus import Stability
from surveys.exports.text import unformulated
from surveys.operations.evaluation import Evaluation, StatementEvaluation
from surveys.operations.evaluation_table import as_table

STABILITY = ("paired", "changed", "weighted_kappa", "wilcoxon_p", "mcnemar_p", "cv_change")


def as_json(evaluation: Evaluation) -> str:
    """Return one JSON object: `rule`, `statements`, `agreement`, and `round` where there are any."""
    data: dict[str, Any] = {"rule": evaluation.asked_for.name}
    if evaluation.round is not None:
        data["round"] = evaluation.round
    data["statements"] = [_facts(row, evaluation) for row in evaluation.statements]
    data["agreement"] = {name: _number(value) for name, value in vars(evaluation.agreement).items()}
    return json.dumps(data, indent=2, allow_nan=False)


def as_csv(evaluation: Evaluation) -> str:
    """Return a CSV table, a row a statement; numbers are unrounded and no cell is a formula."""
    points = [f"count_{point}" for point in evaluation.asked_for.rule.scale.points]
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    for index, row in enumerate(evaluation.statements):
        facts = _facts(row, evaluation)
        counts = dict(zip(points, facts.pop("counts"), strict=True))
        moves = facts.pop("stability", None) or {}
        reasons = facts.pop("reasons") and row.verdict.sentence
        compared = {f"stability_{name}": moves.get(name) for name in STABILITY} if evaluation.has_earlier else {}
        cells = {"rule": evaluation.asked_for.name, **facts, "reasons": reasons, **counts, **compared}
        if index == 0:
            writer.writerow(cells)
        writer.writerow([_cell(value) for value in cells.values()])
    return written.getvalue().removesuffix("\n")


FORMATS: Mapping[str, Callable[[Evaluation], str]] = {
    "table": as_table,
    "json": as_json,
    "csv": as_csv,
}


def _facts(row: StatementEvaluation, evaluation: Evaluation) -> dict[str, Any]:
    summary, verdict = row.summary, row.verdict
    facts: dict[str, Any] = {
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
        "q1": _number(summary.q1),
        "q3": _number(summary.q3),
        "ipr": _number(summary.ipr),
        "ipras": _number(summary.ipras),
        "disagreement_index": _number(summary.disagreement_index),
        "cv": summary.cv,
        "mad_median": _number(summary.mad_median),
        "tastle_wierman": summary.tastle_wierman,
        "consensus": verdict.consensus,
        "outcome": str(verdict.outcome),
    }
    if evaluation.asked_for.rule.labels:
        facts["classification"] = verdict.classification
    facts["reasons"] = list(verdict.reasons)
    if evaluation.has_earlier:
        facts["stability"] = _moves(row.stability)
    return facts


def _moves(stability: Stability | None) -> dict[str, Any] | None:
    return None if stability is None else {name: _number(getattr(stability, name)) for name in STABILITY}


def _number(value: Any) -> Any:
    """A plain number: a fraction as a whole number or a float, within mappings too."""
    if isinstance(value, Mapping):
        return {name: _number(one) for name, one in value.items()}
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else float(value)
    return value


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return unformulated(value)
    return str(value)
