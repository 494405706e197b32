"""An evaluation as a table to read: the main figures to two decimals, and the reasons under each statement."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from textwrap import fill

from surveys.consensus import Outcome, Stability, plain_number, round_half_up, rule_sentence
from surveys.operations.evaluation import Agreement, Evaluation, StatementEvaluation

UNDEFINED = "–"
_WIDTH = 100
_WIDEST_STATEMENT = 28
_INDENT = " " * 4
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
)
_LEFT = ("statement", "consensus")
_CONSENSUS = {
    Outcome.IN: "yes",
    Outcome.OUT: "no: out",
    Outcome.NEAR: "no: near",
    Outcome.NONE: "no",
    Outcome.NOT_EVALUABLE: "not judged",
}


def as_table(evaluation: Evaluation) -> str:
    """Return the rule as a sentence, a line of figures for each statement with why under it, and the agreement."""
    lines = [_wrapped(rule_sentence(evaluation.asked_for.rule))]
    if evaluation.round is not None:
        lines.append(f"Round {evaluation.round}.")
    if evaluation.left_out:
        lines.append(_wrapped(f"Left out: {', '.join(map(_one_line, evaluation.left_out))}."))
    heading, *figures = _aligned([_HEADINGS, *map(_row, evaluation.statements)])
    rows = [line for row, line in zip(evaluation.statements, figures, strict=True) for line in (line, *_why(row))]
    closing = [*_agreement(evaluation.agreement), f"Quantiles are of type {evaluation.asked_for.quantile}."]
    return "\n".join([*lines, "", heading, *rows, "", *closing])


def _row(row: StatementEvaluation) -> tuple[str, ...]:
    summary, verdict = row.summary, row.verdict
    return (
        _one_line(row.statement),
        str(verdict.n),
        str(verdict.abstained),
        str(verdict.missing),
        _decimals(summary.mean),
        *(UNDEFINED if value is None else plain_number(value) for value in (summary.median, summary.minimum)),
        UNDEFINED if summary.maximum is None else plain_number(summary.maximum),
        _decimals(summary.sd),
        _short(summary.iqr),
        _CONSENSUS[verdict.outcome],
    )


def _why(row: StatementEvaluation) -> Iterable[str]:
    label = row.verdict.classification
    yield _wrapped(f"{label.capitalize()}. {row.verdict.sentence}" if label else row.verdict.sentence, _INDENT)
    if row.stability is not None:
        yield _wrapped(_moves(row.stability, row.earlier), _INDENT)


def _moves(stability: Stability, earlier: int | None) -> str:
    if not stability.paired or stability.changed is None:
        return f"Nobody rated it both now and in round {earlier}."
    who = "1 panelist" if stability.paired == 1 else f"{stability.paired} panelists"
    changed = round_half_up(100 * stability.changed, 1)
    return (
        f"Since round {earlier}, of {who} who rated both times {changed}% changed their rating; "
        f"weighted kappa {_decimals(stability.weighted_kappa)}, Wilcoxon p {_p(stability.wilcoxon_p)}, "
        f"McNemar p {_p(stability.mcnemar_p)}, change of CV {_decimals(stability.cv_change)}."
    )


def _agreement(agreement: Agreement) -> list[str]:
    raters = agreement.complete_raters
    who = "1 panelist" if raters == 1 else f"{raters} panelists"
    alpha = ", ".join(f"{_decimals(value)} {level}" for level, value in agreement.krippendorff_alpha.items())
    return [
        _wrapped(
            f"Agreement of {who} who rated every statement: Kendall's W {_decimals(agreement.kendalls_w)}; "
            f"ICC for agreement {_decimals(agreement.icc_agreement_single)} single, "
            f"{_decimals(agreement.icc_agreement_average)} average; "
            f"ICC for consistency {_decimals(agreement.icc_consistency_single)} single, "
            f"{_decimals(agreement.icc_consistency_average)} average."
        ),
        _wrapped(
            f"Agreement of all ratings: Krippendorff's alpha {alpha}; Gwet's AC1 {_decimals(agreement.gwet_ac1)}, "
            f"AC2 {_decimals(agreement.gwet_ac2_linear)} linear, "
            f"{_decimals(agreement.gwet_ac2_quadratic)} quadratic."
        ),
    ]


def _decimals(value: Fraction | float | None) -> str:
    if value is None:
        return UNDEFINED
    return round_half_up(value, 2) if isinstance(value, Fraction) else f"{value:.2f}"


def _short(value: Fraction | None) -> str:
    """The exact value where that is short, else two decimals."""
    if value is None:
        return UNDEFINED
    exact = plain_number(value)
    return exact if len(exact) <= len("7.25") and "/" not in exact else round_half_up(value, 2)


def _p(value: float | None) -> str:
    return UNDEFINED if value is None else "<0.001" if value < 0.001 else f"{value:.3f}"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDEST_STATEMENT else line[: _WIDEST_STATEMENT - 1] + "…"


def _wrapped(text: str, indent: str = "") -> str:
    return fill(text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if heading in _LEFT else cell.rjust(width)
            for cell, width, heading in zip(row, widths, _HEADINGS, strict=True)
        ).rstrip()
        for row in rows
    ]
