"""Kendall's W: whether panelists put the statements of a whole questionnaire in the same order."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from scipy import special

Ratings = npt.NDArray[np.integer]

CELLS_AT_ONCE = 2**18


@dataclass(frozen=True)
class Concordance:
    """Kendall's W, from 0 to 1, and Friedman's test that panelists rank at random.

    `chi_squared` is m (n - 1) W for m panelists and n statements, `degrees_of_freedom` is n - 1, and `p` is the upper
    tail of that chi-squared distribution (Friedman 1937). The distribution holds for large tables: with seven
    statements or fewer and a small panel `p` is rough.
    """

    w: float
    chi_squared: float
    degrees_of_freedom: int
    p: float


def concordance(ratings: Ratings) -> Concordance | None:
    """Return Kendall's W with its test. The table, None and what is raised are as in `kendalls_w`."""
    w = _exact_w(ratings)
    if w is None:
        return None
    panelists, statements = ratings.shape
    chi_squared = float(panelists * (statements - 1) * w)
    return Concordance(float(w), chi_squared, statements - 1, float(special.chdtrc(statements - 1, chi_squared)))


def kendalls_w(ratings: Ratings) -> float | None:
    """Return Kendall's W, corrected for ties, from 0 to 1.

    `ratings` has a row for each panelist who rated everything and a column for each statement. With m panelists, n
    statements, R_j the sum of the ranks of statement j (each panelist's own ratings ranked, ties sharing their mean
    rank), and T_i the sum of t^3 - t over the ties of panelist i: W = 12 S / (m^2 (n^3 - n) - m sum T_i), S the sum of
    squared deviations of the R_j from their mean (Kendall 1948). None below two panelists or two statements, and where
    each panelist gave one rating to everything. Raises ValueError unless the table has two dimensions.
    """
    w = _exact_w(ratings)
    return None if w is None else float(w)


def _exact_w(ratings: Ratings) -> Fraction | None:
    if ratings.ndim != 2:
        raise ValueError("Kendall's W needs a table: a row a panelist, a column a statement.")
    panelists, statements = ratings.shape
    if panelists < 2 or statements < 2:
        return None
    doubled, ties = _doubled_rank_sums(ratings)
    # Ranks are halves, so their doubles are whole; the mean of the R_j is m (n + 1) / 2.
    spread = Fraction(sum((total - panelists * (statements + 1)) ** 2 for total in doubled), 4)
    greatest = panelists**2 * (statements**3 - statements) - panelists * ties
    return 12 * spread / greatest if greatest else None


def _doubled_rank_sums(ratings: Ratings) -> tuple[list[int], int]:
    """Return twice the rank sum of each column, and the sum of t^3 - t over all rows' ties."""
    panelists, statements = ratings.shape
    doubled = np.zeros(statements, dtype=np.int64)
    rows_tied = np.zeros(statements + 1, dtype=np.int64)
    # In blocks, which stay in the processor's cache however large the panel is.
    rows = max(1, CELLS_AT_ONCE // statements)
    for start in range(0, panelists, rows):
        block = ratings[start : start + rows]
        below = np.zeros(len(block), dtype=np.int64)
        for value in np.unique(block):
            equal = block == value
            tied = np.count_nonzero(equal, axis=1)
            doubled += (2 * below + tied + 1) @ equal
            rows_tied += np.bincount(tied, minlength=statements + 1)
            below += tied
    # The cubes are Python's own whole numbers, which cannot overflow.
    return doubled.tolist(), sum(count * (size**3 - size) for size, count in enumerate(rows_tied.tolist()))
