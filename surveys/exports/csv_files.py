"""Comma-separated files as RFC 4180 has them, in UTF-8, with no cell or heading that is a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

from surveys.exports.columns import (
    Value,
    headings,
    option_headings,
    option_rows,
    statement_rows,
    table_3_cells,
    table_3_headings,
    table_4_cells,
    table_4_headings,
)
from surveys.exports.rows import StudyExport
from surveys.exports.tables import Table3Row, Table4Row
from surveys.exports.text import unformulated


def study_csv(export: StudyExport) -> bytes:
    """One table: a row for each round and statement, in their order.

    Where no statement was asked, as in the file of an option survey, a row for each round, vignette and option. The
    rest stands in the other forms: a table that changes its columns half-way is read by no program.
    """
    options = [row for one in export.rounds for row in option_rows(export, one)]
    statements = [row for one in export.rounds for row in statement_rows(export, one)]
    if options and not statements:
        return written(option_headings(export), options)
    return written(headings(export), statements)


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
