"""The columns of files that are tables: one row for each round and statement, and Table 3."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from surveys.consensus import NINE_POINTS
from surveys.exports.rows import STATISTICS, RoundExport, StudyExport, statement_facts
from surveys.exports.tables import Table3Row
from surveys.feedback.queries import StatementResult

Value = str | int | float | bool | None


def headings(export: StudyExport) -> list[str]:
    """The columns of `statement_rows`; the time zone stands in the heading of the times."""
    counts = [f"count_{point}" for point in NINE_POINTS.points]
    statistics = [name for key in STATISTICS for name in (counts if key == "counts" else [key])]
    return [
        "round",
        "kind",
        f"closed ({export.study.time_zone})",
        "invited",
        "submitted",
        "vignette",
        "statement_number",
        "statement",
        *statistics,
        "suppressed",
        "note",
    ]


def statement_rows(export: StudyExport, one: RoundExport) -> Iterator[list[Value]]:
    """One row for each statement of a round, in order. Undefined and suppressed are None."""
    closed = one.round.closed_at
    for result in one.results:
        yield [
            one.round.number,
            one.round.kind,
            closed.astimezone(export.zone).strftime("%Y-%m-%d %H:%M") if closed else None,
            one.participation.invited,
            one.participation.submitted,
            result.asked.vignette.title,
            result.asked.number,
            result.asked.text,
            *_statistics(result),
            " ".join(export.notes),
        ]


def _statistics(result: StatementResult) -> list[Value]:
    facts = statement_facts(result)
    facts["counts"] = facts["counts"] or [None] * NINE_POINTS.size
    values: list[Value] = []
    for key in STATISTICS:
        if key == "counts":
            values += facts[key]
        else:
            values.append(" ".join(facts[key]) if isinstance(facts[key], list) else facts[key])
    return [*values, " ".join(facts["suppressed"])]


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
