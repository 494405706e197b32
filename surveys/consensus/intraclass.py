"""Intraclass correlations: how much of the variance of ratings lies between statements, not between panelists."""

from dataclasses import dataclass
from fractions import Fraction

from surveys.consensus.complete_raters import CompleteRaters, Ratings, complete_raters


@dataclass(frozen=True)
class Intraclass:
    """Two-way intraclass correlations, in McGraw and Wong's names (1996). What is undefined is None.

    Statements are the subjects and panelists the judges. `agreement` is ICC(A,1), in which a panelist who rates all
    higher than others disagrees; `consistency` is ICC(C,1), in which this does not matter. Both are of one panelist's
    ratings, the `_of_means` ICC(A,k) and ICC(C,k) of the means of k panelists. All can be negative.
    """

    agreement: float | None
    agreement_of_means: float | None
    consistency: float | None
    consistency_of_means: float | None


def intraclass(ratings: Ratings) -> Intraclass | None:
    """Return the intraclass correlations of a complete table: a row a panelist, a column a statement.

    With k panelists, n statements and the mean squares R between statements, C between panelists and E of what is left:
    ICC(A,1) = (R - E) / (R + (k - 1) E + k (C - E) / n), ICC(A,k) = (R - E) / (R + (C - E) / n),
    ICC(C,1) = (R - E) / (R + (k - 1) E), ICC(C,k) = (R - E) / R (Shrout and Fleiss 1979; McGraw and Wong 1996).
    A correlation is None where its denominator is 0. The denominator estimates a variance, and where that comes out
    below 0, as in small tables without agreement, the quotient means nothing and may lie above 1; it is returned as
    other programs print it. None for all below two panelists or two statements, and where every rating is the same.
    Raises ValueError unless the table has two dimensions.
    """
    return intraclass_of(complete_raters(ratings))


def intraclass_of(sums: CompleteRaters) -> Intraclass | None:
    """Return the intraclass correlations from sums; None as in `intraclass`."""
    k, n = sums.raters, sums.statements
    if k < 2 or n < 2:
        return None
    between, panelists, rest = _mean_squares(sums)
    if not between and not panelists and not rest:
        return None
    shift = (panelists - rest) / n
    return Intraclass(
        agreement=_ratio(between - rest, between + (k - 1) * rest + k * shift),
        agreement_of_means=_ratio(between - rest, between + shift),
        consistency=_ratio(between - rest, between + (k - 1) * rest),
        consistency_of_means=_ratio(between - rest, between),
    )


def _mean_squares(sums: CompleteRaters) -> tuple[Fraction, Fraction, Fraction]:
    """Return the mean squares between statements, between panelists and of the rest, each times k n."""
    k, n = sums.raters, sums.statements
    corrected = sum(sums.totals) ** 2
    between = n * sum(total**2 for total in sums.totals) - corrected
    panelists = k * sums.rater_squares - corrected
    rest = k * n * sums.squares - corrected - between - panelists
    return Fraction(between, n - 1), Fraction(panelists, k - 1), Fraction(rest, (n - 1) * (k - 1))


def _ratio(part: Fraction, whole: Fraction) -> float | None:
    return float(part / whole) if whole else None
