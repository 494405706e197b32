"""A statement's results within the groups of the panel, as a small table says them."""

from collections.abc import Iterable
from dataclasses import dataclass

from surveys.feedback.thresholds import ShownGroup
from surveys.pages.drawing import plain, two_places
from surveys.pages.shares import percent_words


@dataclass(frozen=True)
class GroupRow:
    """One group: how many rated, and their median, share of 7 to 9 and mean in words; "" where one is kept back."""

    group: str
    n: int
    median: str
    share_high: str
    mean: str


@dataclass(frozen=True)
class GroupTable:
    """The groups of one statement that may be shown, in the order of their names; none of them may be."""

    rows: tuple[GroupRow, ...] = ()

    @property
    def has_means(self) -> bool:
        """Whether the mean of any group may be shown."""
        return any(row.mean for row in self.rows)


def group_table(groups: Iterable[ShownGroup]) -> GroupTable:
    """The table of these groups."""
    return GroupTable(
        tuple(
            GroupRow(
                group=one.group,
                n=one.n,
                median="" if one.median is None else plain(one.median),
                share_high=percent_words(one.share_high, one.n),
                mean="" if one.mean is None else two_places(one.mean),
            )
            for one in groups
        )
    )
