"""The columns of a file as codes, so that ten million ratings fit into memory.

Every check then looks at the few distinct texts of a column instead of its many rows.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from surveys.operations.ratings.faults import InputFault
from surveys.operations.ratings.layouts import Heading

Codes = npt.NDArray[np.signedinteger[Any]]


@dataclass(frozen=True)
class Column:
    """One column: `texts[codes[row]]` is the cell of a row, texts being in order of appearance."""

    heading: Heading
    texts: tuple[str, ...]
    codes: Codes

    def first_row(self, code: int) -> int:
        """The first row, from 0, that has this code."""
        return int((self.codes == code).argmax())


@dataclass(frozen=True)
class Table:
    """The columns that are read, the names of those left out, and how a person finds a cell again.

    `place` takes a row of data, from 0, and a heading, and says where that is: 'Line 2, column "A"'.
    """

    columns: tuple[Column, ...]
    left_out: tuple[str, ...]
    place: Callable[[int, Heading], str]

    @property
    def rows(self) -> int:
        """How many rows of data there are."""
        return len(self.columns[0].codes)

    def of(self, role: str) -> Column | None:
        """The column that has this role."""
        return next((column for column in self.columns if column.heading.role == role), None)

    def fault(self, row: int, column: Column, what: str) -> InputFault:
        """The fault of one cell, named as the file's own program names it."""
        return InputFault(f"{self.place(row, column.heading)}: {what}.")


class Coder:
    """Turns the cells of one column into codes, in the order in which texts appear.

    Two texts that differ in padding alone are one.
    """

    def __init__(self) -> None:
        self._known = _Known()
        self._pieces: list[Codes] = []

    def add(self, cells: Sequence[str]) -> None:
        """Take the cells of the rows that follow."""
        codes = map(self._known.__getitem__, cells)
        self._pieces.append(np.fromiter(codes, dtype=np.int32, count=len(cells)))

    def add_coded(self, texts: Sequence[str], codes: Codes) -> None:
        """Take the rows that follow as codes of these texts, which are in the order of appearance."""
        self._pieces.append(np.fromiter(map(self._known.__getitem__, texts), dtype=np.int32)[codes])

    def column(self, heading: Heading) -> Column:
        """All that was taken, as a column."""
        texts = tuple(self._known.texts)
        # Few texts take a byte a row.
        smallest = np.min_scalar_type(-max(len(texts), 1))
        empty = np.empty(0, dtype=smallest)
        codes = np.concatenate([empty, *self._pieces], dtype=smallest, casting="same_kind")
        self._pieces.clear()
        return Column(heading, texts, codes)


class _Known(dict[str, int]):
    """The code of every text as it was written; `texts` holds them without padding."""

    def __init__(self) -> None:
        self.texts: dict[str, int] = {}

    def __missing__(self, text: str) -> int:
        code = self[text] = self.texts.setdefault(trimmed(text), len(self.texts))
        return code


def trimmed(cell: str) -> str:
    """The cell without blanks and tabs around it."""
    return cell.strip(" \t")


def coded(headings: Iterable[Heading], chunks: Iterable[Sequence[Sequence[str]]]) -> tuple[Column, ...]:
    """Return the columns of these headings from chunks of rows, each row as wide as the file."""
    coders = {heading: Coder() for heading in headings}
    for chunk in chunks:
        by_column = list(zip(*chunk, strict=True))
        for heading, coder in coders.items():
            coder.add(by_column[heading.place])
    return tuple(coder.column(heading) for heading, coder in coders.items())
