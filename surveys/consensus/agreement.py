"""Agreement of the whole panel over a whole questionnaire."""

from fractions import Fraction

import numpy as np
import numpy.typing as npt

Ratings = npt.NDArray[np.integer]


def kendalls_w(ratings: Ratings) -> float | None:
    """Return Kendall's W, corrected for ties, from 0 to 1.

    `ratings` has a row for each panelist who rated everything and a column for each statement. With
    m panelists, n statements, R_j the sum of the ranks of statement j (each panelist's own ratings
    ranked, ties sharing their mean rank), and T_i the sum of t^3 - t over the ties of panelist i:
    W = 12 S / (m^2 (n^3 - n) - m sum T_i), S the sum of squared deviations of the R_j from their
    mean (Kendall 1948). None below two panelists or two statements, and where each panelist gave
    one rating to everything. Raises ValueError unless the table has two dimensions.
    """
    if ratings.ndim != 2:
        raise ValueError("Kendall's W needs a table: a row a panelist, a column a statement.")
    panelists, statements = ratings.shape
    if panelists < 2 or statements < 2:
        return None
    doubled, ties = _doubled_rank_sums(ratings)
    # Ranks are halves, so their doubles are whole; the mean of the R_j is m (n + 1) / 2.
    deviations = [total - panelists * (statements + 1) for total in doubled]
    spread = Fraction(sum(deviation**2 for deviation in deviations), 4)
    greatest = panelists**2 * (statements**3 - statements) - panelists * ties
    return float(12 * spread / greatest) if greatest else None


def _doubled_rank_sums(ratings: Ratings) -> tuple[list[int], int]:
    """Return twice the rank sum of each column, and the sum of t^3 - t over all rows' ties."""
    below = np.zeros(ratings.shape[0], dtype=np.int64)
    doubled = np.zeros(ratings.shape[1], dtype=np.int64)
    ties = 0
    for value in np.unique(ratings):
        equal = ratings == value
        tied = equal.sum(axis=1)
        doubled += (2 * below + tied + 1) @ equal
        ties += sum(int(size) ** 3 - int(size) for size in tied)
        below += tied
    return [int(total) for total in doubled], ties
