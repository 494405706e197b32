"""What is known of one statement's answers in one round: counts, and nobody's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from surveys.consensus.rules import Denominator
from surveys.consensus.scales import NINE_POINTS, Scale, check_counts, whole_number


@dataclass(frozen=True)
class Tally:
    """One statement's answers. `counts` holds one number for each point of the scale, the lowest first.

    `abstained` said that they cannot rate it; `missing` took part and gave nothing. `invited` belonged to the panel,
    None where that is unknown. `groups` has the same for each group of the panel, None for one of which too little is
    known to judge it.
    """

    counts: tuple[int, ...]
    abstained: int = 0
    missing: int = 0
    invited: int | None = None
    groups: Mapping[str, "Tally | None"] = field(default_factory=dict, hash=False)

    @property
    def n(self) -> int:
        """How many rated."""
        return sum(self.counts)

    def size(self, denominator: Denominator) -> int | None:
        """Return how many a denominator counts; None where it is unknown."""
        if denominator == "invited":
            return self.invited
        return self.n if denominator == "rated" else self.n + self.abstained + self.missing


def tally_of(
    counts: Sequence[int],
    scale: Scale = NINE_POINTS,
    *,
    abstained: int = 0,
    missing: int = 0,
    invited: int | None = None,
    groups: Mapping[str, Tally | None] | None = None,
) -> Tally:
    """Return the tally of these numbers, checked; raise ValueError where they do not fit the scale or one another."""
    tally = Tally(
        check_counts(counts, scale),
        whole_number(abstained, "number of abstentions"),
        whole_number(missing, "number of missing ratings"),
        None if invited is None else whole_number(invited, "number of those invited"),
        groups or {},
    )
    took_part = tally.n + tally.abstained + tally.missing
    if tally.invited is not None and tally.invited < took_part:
        raise ValueError(f"{took_part} took part, and {tally.invited} were invited.")
    return tally
