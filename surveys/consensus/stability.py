"""How ratings moved between two rounds, from the paired table of earlier and present ratings."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from surveys.consensus.scales import NINE_POINTS, check_counts

BANDS = 3


@dataclass(frozen=True)
class Changes:
    """Moves of the `n` panelists who rated in both rounds.

    `bands[earlier][now]` counts them by thirds of the scale: 1 to 3, 4 to 6, 7 to 9.
    """

    n: int
    raised: int
    kept: int
    lowered: int
    bands: tuple[tuple[int, ...], ...]

    @property
    def changed_band(self) -> int:
        """How many moved from one third of the scale to another."""
        return self.n - sum(self.bands[band][band] for band in range(BANDS))

    @property
    def share_kept(self) -> Fraction | None:
        """The share of ratings that stayed the same, from 0 to 1; None without pairs."""
        return Fraction(self.kept, self.n) if self.n else None


def changes(matrix: Sequence[Sequence[int]]) -> Changes:
    """Return the moves in a 9 by 9 table: `matrix[earlier - 1][now - 1]` panelists made each.

    Raises ValueError for a table of any other shape, or with a negative count.
    """
    if len(matrix) != NINE_POINTS.size:
        raise ValueError(f"The table needs {NINE_POINTS.size} rows, not {len(matrix)}.")
    table = [check_counts(row) for row in matrix]
    width = NINE_POINTS.size // BANDS
    bands = [[0] * BANDS for _ in range(BANDS)]
    raised = kept = lowered = 0
    for earlier, row in enumerate(table):
        raised += sum(row[earlier + 1 :])
        kept += row[earlier]
        lowered += sum(row[:earlier])
        for now, count in enumerate(row):
            bands[earlier // width][now // width] += count
    return Changes(
        n=raised + kept + lowered,
        raised=raised,
        kept=kept,
        lowered=lowered,
        bands=tuple(map(tuple, bands)),
    )
