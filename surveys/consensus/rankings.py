"""Rankings: every option in its place, without ties. Counts hold one number for each rank, the first rank first."""

from collections.abc import Sequence
from fractions import Fraction

from surveys.consensus.location import mean, quantile
from surveys.consensus.scales import Scale


def mean_rank(counts: Sequence[int]) -> Fraction | None:
    """Return the mean of the ranks that an option was given, exactly; None where nobody ranked it."""
    return mean(counts, Scale(1, len(counts)))


def median_rank(counts: Sequence[int]) -> Fraction | None:
    """Return the median of the ranks that an option was given; None where nobody ranked it."""
    return quantile(counts, Fraction(1, 2), Scale(1, len(counts)))


def borda(counts: Sequence[int]) -> int:
    """Return the option's Borda points: of n options the first in a ranking gets n - 1, the last 0 (Borda 1781).

    That is n minus the rank. Where n is given to the first and 1 to the last, every option has one point more for each
    ranking, and the order is the same.
    """
    return sum(count * (len(counts) - rank) for rank, count in enumerate(counts, start=1))


def first_choices(counts: Sequence[int]) -> Fraction | None:
    """Return the share of rankings that put the option first, from 0 to 1; None where nobody ranked it."""
    return in_top(counts, 1)


def in_top(counts: Sequence[int], k: int) -> Fraction | None:
    """Return the share of rankings that put the option k-th or better, from 0 to 1; None where nobody ranked it.

    Raises ValueError for a k below 1.
    """
    if k < 1:
        raise ValueError(f"The top of a ranking holds 1 option or more, not {k}.")
    n = sum(counts)
    return Fraction(sum(counts[:k]), n) if n else None


def agreement_of_rankings(table: Sequence[Sequence[int]]) -> Fraction | None:
    """Return Kendall's W of complete rankings without ties, from 0 to 1.

    `table` has a row an option, a column a rank: how many gave the option that rank. With m rankings of n options and
    R_j the sum of option j's ranks, W = 12 S / (m^2 (n^3 - n)), S = sum (R_j - m (n + 1) / 2)^2 (Kendall and Babington
    Smith 1939). None below two rankings or two options. Raises ValueError where the rows do not sum alike.
    """
    options = len(table)
    rankings = sum(table[0]) if table else 0
    if any(sum(row) != rankings or len(row) != options for row in table):
        raise ValueError("Every option needs as many ranks as there are rankings.")
    if rankings < 2 or options < 2:
        return None
    sums = [sum(rank * count for rank, count in enumerate(row, start=1)) for row in table]
    expected = Fraction(rankings * (options + 1), 2)
    spread = sum(((total - expected) * (total - expected) for total in sums), Fraction(0))
    return 12 * spread / (rankings**2 * (options**3 - options))
