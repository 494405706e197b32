"""How much of everything the benchmark measures: the full run for `make bench`, the quick one for CI."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Sizes:
    """Counts are of people, statements, sheets or ratings; times are in seconds.

    Every ratio is the median over `runs`. A measure that can leave a figure out asks `wants` first.
    """

    runs: int = 5
    only: frozenset[str] = frozenset()
    is_quick: bool = False

    panelists: int = 1_000
    """Of the studies in which people vote."""
    growth: tuple[int, ...] = (10, 100, 1_000, 10_000)
    """Panelists, for what must not grow with them."""
    clients: int = 8
    load_runs: int = 7
    """Many short ones: what else a machine does comes and goes, and a pair of runs shares more of it."""
    warm_seconds: float = 0.3
    load_seconds: float = 1.8
    growth_runs: int = 3
    """Of what makes no ratio of the table: growth, and a client alone."""
    growth_seconds: float = 0.8

    most: int = 100_000
    """Panelists or sheets where the benchmark speaks of a hundred thousand: closing, results, exports."""
    closed: tuple[int, ...] = (10, 100, 1_000, 10_000, 100_000)
    """Sheets of the rounds that are closed."""
    least: int = 1_000
    """Sheets beside which the memory of closing is held flat."""
    shared: int = 10_000
    """Sheets of the tally that two workers share."""
    statements: int = 50
    """Of a round that is closed or exported."""
    reminded: int = 10_000
    """Panelists on the reminder list."""
    ratings: int = 10_000_000
    """Rows of the file that `manage.py evaluate` judges."""

    def wants(self, figure: str) -> bool:
        """Whether this figure was asked for; all are where none is named."""
        return not self.only or figure in self.only


FULL = Sizes()
QUICK = Sizes(
    is_quick=True,
    panelists=100,
    growth=(10, 100),
    load_runs=5,
    warm_seconds=0.1,
    load_seconds=0.25,
    growth_runs=1,
    growth_seconds=0.3,
    most=1_000,
    closed=(100, 4_000),
    least=100,
    shared=4_000,
    statements=10,
    reminded=1_000,
    ratings=100_000,
)


def sizes_of(*, quick: bool, only: frozenset[str]) -> Sizes:
    """The sizes of the full or of the quick benchmark, for these figures, or for all where none is named."""
    return replace(QUICK if quick else FULL, only=only)
