"""What agreement over a whole questionnaire needs of the panelists who rated all of it: sums, and nobody's ratings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ratings = npt.NDArray[np.integer]

CELLS_AT_ONCE = 2**18


@dataclass(frozen=True)
class CompleteRaters:
    """Sums over the `raters` who rated every statement; those of two parts of a panel add up.

    By statement `totals` are sums of ratings, and `doubled_ranks` twice the sums of ranks, each panelist's own ratings
    ranked and ties sharing their mean rank. `ties` is the sum of t^3 - t over the ties of every panelist, `squares`
    that of all squared ratings, and `rater_squares` that of each panelist's squared sum.
    """

    totals: tuple[int, ...]
    doubled_ranks: tuple[int, ...]
    raters: int = 0
    ties: int = 0
    squares: int = 0
    rater_squares: int = 0

    @property
    def statements(self) -> int:
        """How many statements there are."""
        return len(self.totals)

    def __add__(self, other: "CompleteRaters") -> "CompleteRaters":
        return CompleteRaters(
            tuple(map(sum, zip(self.totals, other.totals, strict=True))),
            tuple(map(sum, zip(self.doubled_ranks, other.doubled_ranks, strict=True))),
            self.raters + other.raters,
            self.ties + other.ties,
            self.squares + other.squares,
            self.rater_squares + other.rater_squares,
        )


def nobody(statements: int) -> CompleteRaters:
    """Return the sums over no panelists."""
    return CompleteRaters((0,) * statements, (0,) * statements)


def complete_raters(ratings: Ratings | Sequence[Sequence[int]]) -> CompleteRaters:
    """Return the sums over a table: a row for each panelist who rated everything, a column for each statement.

    Raises ValueError unless the table has two dimensions. Sums are exact below 2^63, far beyond any panel that rates on
    a scale of at most 100 points.
    """
    table = np.asarray(ratings)
    if table.ndim != 2:
        raise ValueError("Agreement needs a table: a row a panelist, a column a statement.")
    raters, statements = table.shape
    found = nobody(statements)
    # In blocks, which stay in the processor's cache however large the panel is.
    rows = max(1, CELLS_AT_ONCE // max(1, statements))
    for start in range(0, raters, rows):
        found += _sums(table[start : start + rows].astype(np.int64))
    return found


def _sums(block: npt.NDArray[np.int64]) -> CompleteRaters:
    raters, statements = block.shape
    below = np.zeros(raters, dtype=np.int64)
    doubled = np.zeros(statements, dtype=np.int64)
    rows_tied = np.zeros(statements + 1, dtype=np.int64)
    for value in np.unique(block):
        equal = block == value
        tied = np.count_nonzero(equal, axis=1)
        doubled += (2 * below + tied + 1) @ equal
        rows_tied += np.bincount(tied, minlength=statements + 1)
        below += tied
    return CompleteRaters(
        totals=tuple(block.sum(axis=0).tolist()),
        doubled_ranks=tuple(doubled.tolist()),
        raters=raters,
        # The cubes are Python's own whole numbers, which cannot overflow.
        ties=sum(count * (size**3 - size) for size, count in enumerate(rows_tied.tolist())),
        squares=int((block**2).sum()),
        rater_squares=int((block.sum(axis=1) ** 2).sum()),
    )
