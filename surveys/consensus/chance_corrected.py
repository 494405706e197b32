"""Agreement beyond chance: weighted kappa, Gwet's AC1 and AC2, Krippendorff's alpha. All from counts, all exact.

The three differ in what they call chance. Where nearly every rating falls on one point, as it does near consensus,
kappa and alpha come out low although almost everybody agrees; AC1 and AC2 do not (Gwet 2008).
"""

import operator
from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import accumulate
from typing import Literal

import numpy as np
import numpy.typing as npt

from surveys.consensus.scales import whole_number

Counts = Sequence[Sequence[int]] | npt.NDArray[np.integer]
KappaWeights = Literal["unweighted", "linear", "quadratic"]
GwetWeights = Literal["identity", "linear", "quadratic", "ordinal"]
AlphaLevel = Literal["nominal", "ordinal", "interval"]


def weighted_kappa(table: Counts, weights: KappaWeights = "quadratic") -> float | None:
    """Return Cohen's weighted kappa of two panelists, or of the same panelists in two rounds, at most 1.

    `table[i][j]` counts what was rated at point i by the one and at point j by the other. Kappa is
    1 - N sum v_ij O_ij / sum v_ij row_i column_j (Cohen 1968), with v 1 off the diagonal (unweighted, Cohen 1960),
    |i - j| (linear) or (i - j)^2 (quadratic). It is 0 where one side gave one rating throughout and the other did not,
    and None where both gave the same one throughout, or nothing. Raises ValueError unless the table is a square of
    whole numbers of 0 or more.
    """
    counts = _checked(table)
    if any(len(row) != len(counts) for row in counts):
        raise ValueError("Kappa needs a square table: a row and a column for each point of the scale.")
    distances = _distances("identity" if weights == "unweighted" else weights, len(counts))
    rows, columns = [sum(row) for row in counts], [sum(column) for column in zip(*counts, strict=True)]
    observed = sum(_product(apart, row) for apart, row in zip(distances, counts, strict=True))
    expected = _distance_between(rows, columns, distances)
    return float(1 - Fraction(sum(rows) * observed, expected)) if expected else None


def gwet_ac(counts: Counts, weights: GwetWeights = "identity") -> float | None:
    """Return Gwet's AC1 (identity weights) or AC2 (any other), at most 1; ratings may be missing in any pattern.

    `counts` has a row a statement, a column a point of the scale. With q points, r_ik ratings of statement i at point
    k, r_i of it in all, and weights w_kl of 1 on the diagonal: p_a is the mean of
    sum_kl w_kl r_ik (r_il - [k = l]) / (r_i (r_i - 1)) over the statements with two ratings or more; pi_k is the mean
    of r_ik / r_i over those with one or more; p_e = sum w_kl / (q (q - 1)) x sum pi_k (1 - pi_k); and
    AC = (p_a - p_e) / (1 - p_e) (Gwet 2014). Weights are 1 - d / d_max, with d 1 off the diagonal (identity), |k - l|
    (linear), (k - l)^2 (quadratic) or |k - l| (|k - l| + 1) / 2 (ordinal).

    q counts every column, used or not, and AC depends on it: give every point of the scale its column. Programs that
    take only the points that were used as their scale find another number. None below two points, and where no
    statement has two ratings. Raises ValueError unless the table is one of whole numbers of 0 or more.
    """
    statements = _checked(counts)
    paired = [row for row in statements if sum(row) > 1]
    points = len(statements[0]) if statements else 0
    if points < 2 or not paired:
        return None
    distances = _distances(weights, points)
    greatest = distances[0][-1]
    apart = _sum_by_size((sum(row) * (sum(row) - 1), _distance_between(row, row, distances)) for row in paired)
    disagreement = apart / (len(paired) * greatest)
    rated = [row for row in statements if any(row)]
    shares = [_sum_by_size((sum(row), row[point]) for row in rated) / len(rated) for point in range(points)]
    all_weights = points**2 - Fraction(sum(map(sum, distances)), greatest)
    by_chance = all_weights / (points * (points - 1)) * sum(share * (1 - share) for share in shares)
    return float(1 - disagreement / (1 - by_chance))


def krippendorff_alpha(counts: Counts, level: AlphaLevel) -> float | None:
    """Return Krippendorff's alpha, above -1 and at most 1; ratings may be missing in any pattern.

    `counts` has a row a statement, a column a point of the scale. Only statements with two ratings or more count. With
    n_uk ratings of statement u at point k, n_u of it in all, n_k at point k in all and n altogether: alpha is
    1 - (n - 1) sum_u (sum_kl n_uk n_ul d_kl / (n_u - 1)) / sum_kl n_k n_l d_kl (Krippendorff 2011). Here d is 1 for
    any two points (nominal), (k - l)^2 (interval), or the squared difference of the mean ranks that the points have
    among all n ratings (ordinal). None where only one point is in use, or nothing was rated twice. Raises ValueError
    unless the table is one of whole numbers of 0 or more.
    """
    paired = [row for row in _checked(counts) if sum(row) > 1]
    totals = [sum(column) for column in zip(*paired, strict=True)]
    if level == "ordinal":
        # Twice the mean rank, less 1: whole numbers, and the factor cancels.
        places = [2 * upto - total for upto, total in zip(accumulate(totals), totals, strict=True)]
        distances = [[(a - b) ** 2 for b in places] for a in places]
    else:
        distances = _distances("identity" if level == "nominal" else "quadratic", len(totals))
    expected = _distance_between(totals, totals, distances)
    if not expected:
        return None
    observed = _sum_by_size((sum(row) - 1, _distance_between(row, row, distances)) for row in paired)
    return float(1 - (sum(totals) - 1) * observed / expected)


def _checked(table: Counts) -> list[list[int]]:
    if isinstance(table, np.ndarray) and table.ndim != 2:
        raise ValueError("Counts come as a table of rows and columns.")
    counts = [[whole_number(count, "count") for count in row] for row in table]
    if len({len(row) for row in counts}) > 1:
        raise ValueError("Every row of a table has as many columns.")
    return counts


def _distances(weights: GwetWeights, points: int) -> list[list[int]]:
    """Return how far apart any two points are, in whole numbers, 0 on the diagonal."""
    of_gap = {
        "identity": [min(gap, 1) for gap in range(points)],
        "linear": list(range(points)),
        "quadratic": [gap**2 for gap in range(points)],
        "ordinal": [gap * (gap + 1) // 2 for gap in range(points)],
    }[weights]
    return [[of_gap[abs(a - b)] for b in range(points)] for a in range(points)]


def _distance_between(left: Sequence[int], right: Sequence[int], distances: Sequence[Sequence[int]]) -> int:
    """Return the sum of the distances of every pair, one from the left and one from the right."""
    return sum(count * _product(apart, right) for count, apart in zip(left, distances, strict=True) if count)


def _product(left: Sequence[int], right: Sequence[int]) -> int:
    return sum(map(operator.mul, left, right))


def _sum_by_size(parts: Iterable[tuple[int, int]]) -> Fraction:
    """Return the sum of part / size; parts of one size are added first, which keeps the fractions small."""
    sums: Counter[int] = Counter()
    for size, part in parts:
        sums[size] += part
    return sum((Fraction(part, size) for size, part in sums.items()), Fraction(0))
