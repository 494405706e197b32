"""Rating scales, and turning ratings into counts, one for each point of the scale."""

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """A rating scale of whole numbers from `low` to `high`, both included."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low >= self.high:
            raise ValueError(f"A scale from {self.low} to {self.high} has fewer than two points.")

    @property
    def size(self) -> int:
        """How many points the scale has."""
        return self.high - self.low + 1

    @property
    def points(self) -> range:
        """The points of the scale, the lowest first."""
        return range(self.low, self.high + 1)

    def mirrored(self, point: int) -> int:
        """Return the point that lies as far from the other end: 3 for 7 on nine points."""
        return self.low + self.high - point


NINE_POINTS = Scale(1, 9)


def count_ratings(ratings: Iterable[int], scale: Scale = NINE_POINTS) -> tuple[int, ...]:
    """Return how often each point of the scale was given, the lowest point first.

    Raises ValueError, naming the value, for anything that is no whole number on the scale; a bool
    and a float such as 8.0 are refused too.
    """
    counts = [0] * scale.size
    for rating in ratings:
        counts[_point(rating, scale) - scale.low] += 1
    return tuple(counts)


def check_counts(counts: Sequence[int], scale: Scale = NINE_POINTS) -> tuple[int, ...]:
    """Return the counts as a tuple; raise ValueError unless there is one, 0 or more, per point."""
    if len(counts) != scale.size:
        raise ValueError(f"The scale from {scale.low} to {scale.high} needs {scale.size} counts, not {len(counts)}.")
    return tuple(whole_number(count, "count") for count in counts)


def whole_number(value: object, what: str) -> int:
    """Return `value` as an int; raise ValueError unless it is a whole number of 0 or more."""
    number = _as_int(value)
    if number is None or number < 0:
        raise ValueError(f"A {what} is a whole number of 0 or more, not {value!r}.")
    return number


def _point(value: object, scale: Scale) -> int:
    number = _as_int(value)
    if number is None or not scale.low <= number <= scale.high:
        raise ValueError(f"A rating is a whole number from {scale.low} to {scale.high}, not {value!r}.")
    return number


def _as_int(value: object) -> int | None:
    # NumPy's integers are no subclass of int, but they have __index__; True has it too, and is
    # no rating.
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None
