"""Comma-separated files as RFC 4180 has them, in UTF-8, with no cell or heading that is a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

from surveys.exports.columns import (
    Value,
    headings,
    lineage_cells,
    lineage_headings,
    meeting_cells,
    meeting_headings,
    option_headings,
    option_rows,
    statement_rows,
    table_3_cells,
    table_3_headings,
    table_4_cells,
    table_4_headings,
)
from surveys.exports.rows import StudyExport, declared_facts
from surveys.exports.tables import Table3Row, Table4Row
from surveys.exports.text import unformulated


def study_csv(export: StudyExport) -> bytes:
    """One row for each round and statement, in their order.

    Below, each after an empty row and with its own heading: the options, Table 4, the lineage, what was declared and
    the meetings, where there are any.
    """
    rows: list[Sequence[Value]] = [row for one in export.rounds for row in statement_rows(export, one)]
    options = [row for one in export.rounds for row in option_rows(export, one)]
    rows += _section(option_headings(export), options)
    rows += _section(table_4_headings(), [table_4_cells(row) for row in export.table_4])
    rows += _section(lineage_headings(export), list(lineage_cells(export)))
    rows += _section(["declaration", "text"], declared_facts(export.declarations))
    rows += _section(meeting_headings(export), list(meeting_cells(export)))
    return written(headings(export), rows)


def _section(heading: Sequence[Value], rows: Sequence[Sequence[Value]]) -> list[Sequence[Value]]:
    return [[], heading, *rows] if rows else []


def table_3_csv(rows: Sequence[Table3Row], notes: Sequence[str] = ()) -> bytes:
    """Table 3 as the paper prints it; notes stand in rows of their own below."""
    return written(table_3_headings(), [*map(table_3_cells, rows), *([note] for note in notes)])


def table_4_csv(rows: Sequence[Table4Row], notes: Sequence[str] = ()) -> bytes:
    """Table 4 alone; notes stand in rows of their own below."""
    return written(table_4_headings(), [*map(table_4_cells, rows), *([note] for note in notes)])


def written(heading: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """The file: every text guarded, numbers left alone, undefined empty."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([unformulated(text) for text in heading])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return file.getvalue().encode()


def _cell(value: Value) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return unformulated(value) if isinstance(value, str) else value
