"""The columns of files that are tables: rows of statements, options, steps and meetings, and Tables 3 and 4."""

import datetime as dt
from collections.abc import Iterator

from django.utils.translation import gettext as _

from surveys.consensus import NINE_POINTS
from surveys.exports.meetings import DecisionRow
from surveys.exports.preferences import OPTION_FIGURES, VIGNETTE_FIGURES, options_of_result, vignette_facts
from surveys.exports.rows import STABILITY, STATISTICS, RoundExport, StudyExport, exact_number, statement_facts
from surveys.exports.tables import Table3Row, Table4Row
from surveys.feedback.queries import StatementResult
from surveys.sheets.preferences import LEVELS

Value = str | int | float | bool | None


def headings(export: StudyExport) -> list[str]:
    """The columns of `statement_rows`; the time zone stands in the heading of the times."""
    counts = [f"count_{point}" for point in NINE_POINTS.points]
    statistics = [name for key in STATISTICS for name in (counts if key == "counts" else [key])]
    return [
        *_round_headings(export),
        "vignette",
        "statement_number",
        "statement",
        *statistics,
        "quantile_type",
        *(f"stability_{name}" for name in STABILITY),
        "suppressed",
        "note",
    ]


def statement_rows(export: StudyExport, one: RoundExport) -> Iterator[list[Value]]:
    """One row for each statement of a round, in order. Undefined and suppressed are None."""
    for result in one.results:
        yield [
            *_round_cells(export, one),
            result.asked.vignette.title,
            result.asked.number,
            result.asked.text,
            *_statistics(result),
            " ".join(export.notes),
        ]


def _round_headings(export: StudyExport) -> list[str]:
    return ["round", "kind", f"closed ({export.study.time_zone})", "invited", "submitted"]


def _round_cells(export: StudyExport, one: RoundExport) -> list[Value]:
    closed = _moment(export, one.round.closed_at)
    return [one.round.number, one.round.kind, closed, one.participation.invited, one.participation.submitted]


def _moment(export: StudyExport, moment: dt.datetime | None) -> str | None:
    return moment.astimezone(export.zone).strftime("%Y-%m-%d %H:%M") if moment else None


def _statistics(result: StatementResult) -> list[Value]:
    facts = statement_facts(result)
    facts["counts"] = facts["counts"] or [None] * NINE_POINTS.size
    values: list[Value] = []
    for key in STATISTICS:
        if key == "counts":
            values += facts[key]
        else:
            value = facts.get(key)
            values.append(" ".join(value) if isinstance(value, list) else value)
    moves = facts["stability"] or {}
    stability = [moves.get(name) for name in STABILITY]
    return [*values, result.rule.quantile, *stability, " ".join(facts["suppressed"])]


def option_headings(export: StudyExport) -> list[str]:
    """The columns of `option_rows`: the vignette's figures stand before the option, the option's after it."""
    levels = [f"count_{level}" for level in LEVELS]
    figures = [name for key in OPTION_FIGURES for name in (levels if key == "levels" else [key])]
    return [
        *_round_headings(export),
        "vignette_number",
        "vignette",
        *VIGNETTE_FIGURES,
        "option_number",
        "option",
        "category",
        *figures,
        "suppressed",
        "note",
    ]


def option_rows(export: StudyExport, one: RoundExport) -> Iterator[list[Value]]:
    """One row for each vignette and option of a round, in order. Undefined and suppressed are None."""
    for result in one.surveys:
        vignette = vignette_facts(result)
        for option, facts in options_of_result(result):
            levels = facts.pop("levels") or [None] * len(LEVELS)
            yield [
                *_round_cells(export, one),
                result.vignette.number,
                result.vignette.title,
                *(vignette[name] for name in VIGNETTE_FIGURES),
                option.number,
                option.name,
                option.category,
                *levels,
                *facts.values(),
                " ".join(vignette["suppressed"]),
                " ".join(export.notes),
            ]


def lineage_headings(export: StudyExport) -> list[str]:
    """The columns of `lineage_cells`."""
    return [
        "step_number",
        "kind",
        "step",
        "vignette",
        "from",
        "to",
        "reason",
        "compares",
        f"at ({export.study.time_zone})",
    ]


def lineage_cells(export: StudyExport) -> Iterator[list[Value]]:
    """One row for each step; several wordings stand in one cell, a line each."""
    for row in export.lineage:
        before, after = "\n".join(row.before), "\n".join(row.after)
        at = _moment(export, row.at)
        yield [row.number, row.kind, row.step, row.vignette, before, after, row.reason, row.compares, at]


def table_4_headings() -> list[str]:
    """The columns of Table 4."""
    return [_("Vignette"), _("Not recommended"), _("Percent")]


def table_4_cells(row: Table4Row) -> list[Value]:
    """One row of Table 4."""
    return [f"{row.number}. {row.vignette}", row.option, exact_number(row.percent)]


def table_3_headings() -> list[str]:
    """The columns of Table 3."""
    return [_("Vignette"), _("Main recommendations"), _("All ratings 6 or higher?"), _("Mean"), _("n")]


def table_3_cells(row: Table3Row) -> list[Value]:
    """One row of Table 3, the mean with its two decimals; where too few answered, that stands instead."""
    name = f"{row.number}. {row.vignette}"
    wording = "; ".join(row.recommendations) or row.statement
    if row.is_hidden:
        least = row.result.shown.least_answers
        return [name, wording, _("fewer than %(least)d answers") % {"least": least}, None, None]
    answer = {True: _("Yes"), False: _("No"), None: None}[row.all_above_neutral]
    return [name, wording, answer, row.printed_mean, row.n]


def meeting_headings(export: StudyExport) -> list[str]:
    """The columns of `meeting_cells`; names are one only where the study notes them."""
    counts = ["panelists", "facilitators", "others"]
    names = ["names"] if export.study.names_at_meetings else []
    held = f"held ({export.study.time_zone})"
    return ["meeting", held, "minutes", "mode", *counts, *names, "decision", "lineage_steps"]


def meeting_cells(export: StudyExport) -> Iterator[list[Value]]:
    """A row for each decision of each meeting, and one for a meeting without decisions."""
    for row in export.meetings:
        names = [row.names] if export.study.names_at_meetings else []
        held_at = row.held_at.astimezone(export.zone).strftime("%Y-%m-%d %H:%M")
        counts = [row.panelists, row.facilitators, row.others]
        for decision in row.decisions or (DecisionRow("", ()),):
            steps = " ".join(str(number) for number in decision.steps)
            yield [row.number, held_at, row.minutes, row.mode, *counts, *names, decision.text, steps]
