"""How ratings moved between two rounds, from the paired table of earlier and present ratings.

Such a table has a row for each point of the scale: `matrix[earlier - low][now - low]` panelists rated `earlier` then
and `now` now. Stability is another question than consensus (Dajani, Sincoff and Talley 1979), and a test that finds no
shift has not shown that there was none: the p values here describe, and nothing is called stable because of them.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from surveys.consensus.chance_corrected import weighted_kappa
from surveys.consensus.dispersion import coefficient_of_variation
from surveys.consensus.location import count_between
from surveys.consensus.scales import NINE_POINTS, Scale, check_counts
from surveys.consensus.tails import fair_tail

Bands = Sequence[tuple[int, int]]
Table = Sequence[Sequence[int]]

THIRDS: Bands = ((1, 3), (4, 6), (7, 9))
AGREEING = (7, 9)


@dataclass(frozen=True)
class Changes:
    """Moves of the `n` panelists who rated in both rounds.

    `bands[earlier][now]` counts them by bands of the scale, on nine points its thirds: 1 to 3, 4 to 6, 7 to 9. It is
    empty where the scale has no bands.
    """

    n: int
    raised: int
    kept: int
    lowered: int
    bands: tuple[tuple[int, ...], ...]

    @property
    def changed_band(self) -> int | None:
        """How many moved from one band to another; None where the scale has no bands."""
        return self.n - sum(row[band] for band, row in enumerate(self.bands)) if self.bands else None

    @property
    def share_kept(self) -> Fraction | None:
        """The share of ratings that stayed the same, from 0 to 1; None without pairs."""
        return Fraction(self.kept, self.n) if self.n else None


@dataclass(frozen=True)
class Stability:
    """How the ratings of the `paired` panelists, who rated in both rounds, moved. What is undefined is None.

    `changed` is the share whose rating differs, `moved_band` the share that went from one band to another (None where
    the scale has none). `weighted_kappa` has quadratic weights; it can be low where few moved, if ratings lie close
    together (Holey et al. 2007). `wilcoxon_p` and `mcnemar_p` are two-sided, see the functions of these names.
    `cv_change` is the later coefficient of variation minus the earlier, each sd / mean with n - 1. `scheibe` is the net
    change of the distribution, sum |n1_k - n2_k| / (2 n) over the points k; Scheibe, Skutsch and Schofer (1975) call a
    statement stable below 15%. Moves in opposite directions cancel in it, so it stands beside `changed`, never alone.
    """

    paired: int
    changed: Fraction | None
    moved_band: Fraction | None
    weighted_kappa: float | None
    wilcoxon_p: float | None
    mcnemar_p: float | None
    cv_change: float | None
    scheibe: Fraction | None


def changes(matrix: Table, scale: Scale = NINE_POINTS, bands: Bands | None = None) -> Changes:
    """Return the moves in a paired table; `bands` are the first and last points of each band, the lowest band first.

    Without `bands` nine points fall into their thirds, and other scales have none. Raises ValueError for a table that
    does not fit the scale, for a negative count, and for bands that do not hold each point of the scale once.
    """
    table = _checked(matrix, scale)
    spans = _bands_of(scale, bands)
    place = [index for index, (low, high) in enumerate(spans) for _ in range(low, high + 1)]
    moved = [[0] * len(spans) for _ in spans]
    raised = kept = lowered = 0
    for earlier, row in enumerate(table):
        raised += sum(row[earlier + 1 :])
        kept += row[earlier]
        lowered += sum(row[:earlier])
        for now, band in enumerate(place):
            moved[place[earlier]][band] += row[now]
    return Changes(
        n=raised + kept + lowered,
        raised=raised,
        kept=kept,
        lowered=lowered,
        bands=tuple(map(tuple, moved)),
    )


def stability(
    matrix: Table, scale: Scale = NINE_POINTS, agree: tuple[int, int] = AGREEING, bands: Bands | None = None
) -> Stability:
    """Return how stable one statement's ratings were; who rates from `agree[0]` to `agree[1]` agrees with it.

    `bands` are as in `changes`, and so is what is raised.
    """
    table = _checked(matrix, scale)
    moves = changes(table, scale, bands)
    n = moves.n
    earlier, now = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    net = sum(abs(before - after) for before, after in zip(earlier, now, strict=True))
    return Stability(
        paired=n,
        changed=Fraction(n - moves.kept, n) if n else None,
        moved_band=Fraction(moves.changed_band, n) if n and moves.changed_band is not None else None,
        weighted_kappa=weighted_kappa(table),
        wilcoxon_p=wilcoxon_p(_differences(table)),
        mcnemar_p=mcnemar_p(*_discordant(table, scale, agree)),
        cv_change=_cv_change(earlier, now, scale),
        scheibe=Fraction(net, 2 * n) if n else None,
    )


def wilcoxon_p(differences: Mapping[int, int]) -> float | None:
    """Return the two-sided p of Wilcoxon's signed-rank test; `differences[d]` is how many pairs differ by d.

    Zeros are dropped; V is the sum of the ranks of the positive among all absolute differences. Without ties among
    these the distribution of V is exact. With ties, which share their mean rank, V is taken as normal with mean
    n (n + 1) / 4 and variance n (n + 1) (2 n + 1) / 24 - sum (t^3 - t) / 48, without continuity correction (Hollander
    and Wolfe 1973). None where no pair differs. Fewer than six differences cannot give an exact p below 0.05.
    """
    sizes = sorted({abs(difference) for difference, count in differences.items() if difference and count})
    if not sizes:
        return None
    tied = [differences.get(size, 0) + differences.get(-size, 0) for size in sizes]
    n = doubled = 0
    for size, ties in zip(sizes, tied, strict=True):
        doubled += differences.get(size, 0) * (2 * n + ties + 1)
        n += ties
    if n == len(sizes):
        return _exact_signed_rank_p(doubled // 2, n)
    deviation = Fraction(abs(2 * doubled - n * (n + 1)), 4)
    variance = Fraction(2 * n * (n + 1) * (2 * n + 1) - sum(ties**3 - ties for ties in tied), 48)
    return math.erfc(math.sqrt(deviation * deviation / variance / 2))


def mcnemar_p(left: int, joined: int) -> float | None:
    """Return the exact two-sided p of McNemar's test (1947): twice a binomial tail at 1/2, at most 1.

    `left` panelists agreed only in the earlier round, `joined` only in the later one. None where there are neither: the
    test then has nothing to go by, though some programs print 1.
    """
    if not left + joined:
        return None
    return min(1.0, 2 * fair_tail(min(left, joined), left + joined))


def mcnemar_statistic(left: int, joined: int) -> Fraction | None:
    """Return McNemar's (left - joined)^2 / (left + joined), chi-squared with one degree of freedom in large panels."""
    return Fraction((left - joined) ** 2, left + joined) if left + joined else None


def chi_square(table: Table) -> Fraction | None:
    """Return Pearson's chi-squared of a table of counts, of any shape; its empty rows and columns are left out.

    It is N (sum O^2 / (row total x column total) - 1). With a row a round it compares the rounds' distributions
    (Dajani, Sincoff and Talley 1979); of a paired table it asks whether a panelist's rating tells the next one (Chaffin
    and Talley 1980). None unless two rows and two columns are left.
    """
    rows, columns = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    if sum(map(bool, rows)) < 2 or sum(map(bool, columns)) < 2:
        return None
    cells = [(count, i, j) for i, row in enumerate(table) for j, count in enumerate(row) if count]
    return sum(rows) * sum((Fraction(count**2, rows[i] * columns[j]) for count, i, j in cells), Fraction(-1))


def predictive_lambda(table: Table) -> Fraction | None:
    """Return Goodman and Kruskal's lambda (1954): what knowing the earlier rating saves in guessing the later one.

    It is (sum of the rows' greatest counts - greatest column total) / (N - greatest column total), from 0 to 1. None
    where the later ratings are all alike.
    """
    commonest = max((sum(column) for column in zip(*table, strict=True)), default=0)
    rest = sum(map(sum, table)) - commonest
    return Fraction(sum(map(max, table)) - commonest, rest) if rest else None


def _checked(matrix: Table, scale: Scale) -> list[tuple[int, ...]]:
    if len(matrix) != scale.size:
        raise ValueError(f"The table needs {scale.size} rows, not {len(matrix)}.")
    return [check_counts(row, scale) for row in matrix]


def _bands_of(scale: Scale, bands: Bands | None) -> Bands:
    if bands is None:
        return THIRDS if scale == NINE_POINTS else ()
    if [point for low, high in bands for point in range(low, high + 1)] != list(scale.points):
        raise ValueError(f"Bands hold each point from {scale.low} to {scale.high} once, in order.")
    return bands


def _differences(table: Table) -> Counter[int]:
    found: Counter[int] = Counter()
    for earlier, row in enumerate(table):
        for now, count in enumerate(row):
            found[now - earlier] += count
    return found


def _discordant(table: Table, scale: Scale, agree: tuple[int, int]) -> tuple[int, int]:
    """Return how many agreed only in the earlier round, and how many only in the later one."""
    left = joined = 0
    for rating, row in zip(scale.points, table, strict=True):
        agreeing = count_between(row, *agree, scale)
        if agree[0] <= rating <= agree[1]:
            left += sum(row) - agreeing
        else:
            joined += agreeing
    return left, joined


def _cv_change(earlier: Sequence[int], now: Sequence[int], scale: Scale) -> float | None:
    before, after = coefficient_of_variation(earlier, scale), coefficient_of_variation(now, scale)
    return None if before is None or after is None else after - before


def _exact_signed_rank_p(positive: int, n: int) -> float:
    # ways[v] is in how many of the 2^n choices of signs the positive ranks add up to v.
    ways = [1]
    for rank in range(1, n + 1):
        ways = [a + b for a, b in zip(ways + [0] * rank, [0] * rank + ways, strict=True)]
    tail = min(positive, len(ways) - 1 - positive)
    return float(min(Fraction(1), Fraction(2 * sum(ways[: tail + 1]), 2**n)))
