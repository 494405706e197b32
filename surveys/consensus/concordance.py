"""Kendall's W: whether panelists put the statements of a whole questionnaire in the same order."""

from dataclasses import dataclass
from fractions import Fraction

from surveys.consensus.complete_raters import CompleteRaters, Ratings, complete_raters
from surveys.consensus.tails import chi_squared_tail


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
    return concordance_of(complete_raters(ratings))


def kendalls_w(ratings: Ratings) -> float | None:
    """Return Kendall's W, corrected for ties, from 0 to 1.

    `ratings` has a row for each panelist who rated everything and a column for each statement. With m panelists, n
    statements, R_j the sum of the ranks of statement j (each panelist's own ratings ranked, ties sharing their mean
    rank), and T_i the sum of t^3 - t over the ties of panelist i: W = 12 S / (m^2 (n^3 - n) - m sum T_i), S the sum of
    squared deviations of the R_j from their mean (Kendall 1948). None below two panelists or two statements, and where
    each panelist gave one rating to everything. Raises ValueError unless the table has two dimensions.
    """
    w = _exact_w(complete_raters(ratings))
    return None if w is None else float(w)


def concordance_of(sums: CompleteRaters) -> Concordance | None:
    """Return Kendall's W with its test, from sums; None as in `kendalls_w`."""
    w = _exact_w(sums)
    if w is None:
        return None
    chi_squared = float(sums.raters * (sums.statements - 1) * w)
    p = chi_squared_tail(sums.statements - 1, chi_squared)
    return Concordance(float(w), chi_squared, sums.statements - 1, p)


def _exact_w(sums: CompleteRaters) -> Fraction | None:
    panelists, statements = sums.raters, sums.statements
    if panelists < 2 or statements < 2:
        return None
    # Ranks are halves, so their doubles are whole; the mean of the R_j is m (n + 1) / 2.
    spread = Fraction(sum((total - panelists * (statements + 1)) ** 2 for total in sums.doubled_ranks), 4)
    greatest = panelists**2 * (statements**3 - statements) - panelists * sums.ties
    return 12 * spread / greatest if greatest else None
