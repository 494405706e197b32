"""The geometry of a distribution of ratings over the nine points of the scale.

Nothing here knows of HTML. Widths and horizontal places are percentages of the picture's width, so that a column stands
exactly over its button of the scale; heights and vertical places are pixels, so that text keeps its size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

POINTS = 9
MOST_BLOCKS = 20
"""Up to so many ratings one block stands for one rating; beyond, a solid bar for a share."""

Variant = Literal["panelist", "facilitator", "detail", "rounds", "small"]
Kind = Literal["bar", "disagree", "neutral", "agree"]


@dataclass(frozen=True)
class Measures:
    """A variant's looks, in pixels: the step of one block with its gap, the space above, the height of solid bars."""

    step: int
    least_step: int
    tallest: int
    above: int
    solid: int
    has_digits: bool
    has_rule: bool


MEASURES: dict[Variant, Measures] = {
    "panelist": Measures(16, 8, 112, 20, 70, has_digits=False, has_rule=False),
    "facilitator": Measures(16, 8, 112, 30, 70, has_digits=True, has_rule=True),
    "detail": Measures(30, 12, 270, 30, 150, has_digits=True, has_rule=True),
    "rounds": Measures(9, 8, 108, 16, 45, has_digits=False, has_rule=True),
    "small": Measures(0, 0, 0, 1, 24, has_digits=False, has_rule=False),
}


@dataclass(frozen=True)
class Bar:
    """One rectangle: its kind (a colour), left edge and width in percent, upper edge and height in pixels."""

    kind: Kind
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True)
class Label:
    """A number above a column or below the axis: its middle in percent, its baseline in pixels."""

    x: str
    y: str
    words: str


@dataclass(frozen=True)
class Drawing:
    """A whole distribution: `height` and `axis` in pixels, `median` and `rule` in percent where they are drawn."""

    height: int
    axis: str
    bars: tuple[Bar, ...]
    labels: tuple[Label, ...]
    digits: tuple[Label, ...]
    median: str | None
    rule: str | None


def percent(share: Fraction) -> str:
    """A share of the width (0 to 1) as an attribute: three decimals and the sign, `34.889%`."""
    return f"{float(share * 100):.3f}%"


def middle_of(point: Fraction | int) -> str:
    """Where a point of the scale (1 to 9, halves allowed) stands, in percent of the width."""
    return percent((Fraction(point) - Fraction(1, 2)) / POINTS)


def kind_of(point: int, *, coloured: bool) -> Kind:
    """The kind of a column: one slate for panelists, otherwise by the side of neutral."""
    if not coloured:
        return "bar"
    if point == 5:
        return "neutral"
    return "disagree" if point < 5 else "agree"


def checked_counts(counts: Sequence[int]) -> tuple[int, ...]:
    """The nine counts as a tuple.

    Raises ValueError for any other number of them, or a negative one.
    """
    result = tuple(counts)
    if len(result) != POINTS or any(count < 0 for count in result):
        raise ValueError(f"nine counts of 0 or more are needed, not {result!r}")
    return result


def draw(
    counts: Sequence[int],
    *,
    variant: Variant,
    median: Fraction | None = None,
    rule_above: int | None = 5,
    digits: bool | None = None,
) -> Drawing:
    """The drawing of nine counts.

    `rule_above` is the point that every rating must exceed; `digits` overrules the variant about the axis's numbers.
    Raises ValueError for an unknown variant, for counts that are not nine, or for a median off the scale.
    """
    if variant not in get_args(Variant):
        raise ValueError(f"no such variant: {variant!r}")
    if median is not None and not 1 <= median <= POINTS:
        raise ValueError(f"the median of ratings lies between 1 and 9, not at {median}")
    counts = checked_counts(counts)
    if variant == "small":
        return _draw_small(counts)
    measures = MEASURES[variant]
    coloured = variant != "panelist"
    if sum(counts) > MOST_BLOCKS:
        axis, bars, labels = _solid_bars(counts, measures, coloured=coloured)
    else:
        axis, bars, labels = _blocks(counts, measures, coloured=coloured)
    has_digits = measures.has_digits if digits is None else digits
    return Drawing(
        height=axis + (32 if has_digits else 12),
        axis=str(axis),
        bars=bars,
        labels=labels,
        digits=_digits(axis) if has_digits else (),
        median=None if median is None else middle_of(median),
        rule=percent(Fraction(rule_above, POINTS)) if measures.has_rule and rule_above is not None else None,
    )


def _column(point: int, filled: Fraction) -> tuple[str, str]:
    """Left edge and width of a point's column that fills so much of its ninth."""
    left = (Fraction(point - 1) + (1 - filled) / 2) / POINTS
    return percent(left), percent(filled / POINTS)


def _digits(axis: int) -> tuple[Label, ...]:
    return tuple(Label(middle_of(point), str(axis + 28), str(point)) for point in range(1, POINTS + 1))


def _blocks(
    counts: tuple[int, ...], measures: Measures, *, coloured: bool
) -> tuple[int, tuple[Bar, ...], tuple[Label, ...]]:
    """One block a rating, with the count above each column."""
    most = max(1, *counts)
    step = max(measures.least_step, min(measures.step, measures.tallest // most))
    axis = measures.above + step * most
    bars: list[Bar] = []
    labels: list[Label] = []
    for point, count in enumerate(counts, start=1):
        if not count:
            continue
        x, width = _column(point, Fraction(72, 100))
        kind = kind_of(point, coloured=coloured)
        bars.extend(Bar(kind, x, str(axis - step * place + 1), width, str(step - 2)) for place in range(1, count + 1))
        labels.append(Label(middle_of(point), str(axis - step * count - 5), str(count)))
    return axis, tuple(bars), tuple(labels)


def _solid_bars(
    counts: tuple[int, ...], measures: Measures, *, coloured: bool
) -> tuple[int, tuple[Bar, ...], tuple[Label, ...]]:
    """Bars in proportion, the tallest filling the height, with the percentage above."""
    axis = measures.above + measures.solid
    most, total = max(counts), sum(counts)
    bars: list[Bar] = []
    labels: list[Label] = []
    for point, count in enumerate(counts, start=1):
        if not count:
            continue
        x, width = _column(point, Fraction(72, 100))
        height = measures.solid * count / most
        bars.append(Bar(kind_of(point, coloured=coloured), x, f"{axis - height:.2f}", width, f"{height:.2f}"))
        labels.append(Label(middle_of(point), f"{axis - height - 5:.2f}", share_words(count, total)))
    return axis, tuple(bars), tuple(labels)


def share_words(count: int, total: int) -> str:
    """A count as a whole percentage, rounded half up; what is there but rounds to nothing is `<1%`."""
    whole = (200 * count + total) // (2 * total)
    return "<1%" if count and not whole else f"{whole}%"


def _draw_small(counts: tuple[int, ...]) -> Drawing:
    """Nine solid bars without a word, for a table's cell: 26 pixels high."""
    most = max(1, *counts)
    measures = MEASURES["small"]
    bars = []
    for point, count in enumerate(counts, start=1):
        if count:
            x, width = _column(point, Fraction(80, 100))
            height = measures.solid * count / most
            bars.append(Bar(kind_of(point, coloured=True), x, f"{25 - height:.2f}", width, f"{height:.2f}"))
    return Drawing(height=26, axis="25.5", bars=tuple(bars), labels=(), digits=(), median=None, rule=None)
