"""The flow of a questionnaire's items through the rounds, as geometry: columns are rounds, lanes are items.

Plain facts in, numbers and words out; the template draws them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_LANES = 30
"""So many lanes a band draws; those that changed go first."""

LABELS, COLUMN, LANE, HEAD, BAND, LONGEST_LABEL = 220, 116, 24, 34, 30, 32
TURN = COLUMN // 2


@dataclass(frozen=True)
class Event:
    """What befell an item on its way into a column, or what the column's round found: `sign` names how it is drawn.

    Signs: add, reword, merge, split, drop, restore, consensus; empty where the joined lanes show it.
    """

    column: int
    sign: str
    words: str


@dataclass(frozen=True)
class Item:
    """An option, a vignette or a statement. `spans` are the columns in which it stood: from, and up to (None: still).

    `parents` are the keys of what it was merged or split from.
    """

    key: str
    name: str
    spans: tuple[tuple[int, int | None], ...]
    events: tuple[Event, ...] = ()
    parents: tuple[str, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether anything befell it after it was there."""
        return len(self.spans) > 1 or any(event.sign != "consensus" and event.column for event in self.events)


@dataclass(frozen=True)
class Band:
    """The items of one kind, with a count for each column in words; `more` says how many lanes are left out."""

    name: str
    items: tuple[Item, ...]
    counts: tuple[str, ...]
    more: str = ""


@dataclass(frozen=True)
class Sign:
    """A sign at a place of a lane, and what it means. `is_late` marks what was not there from the beginning."""

    kind: str
    x: int
    words: str
    is_late: bool


@dataclass(frozen=True)
class Lane:
    """One item as it is drawn: a label, lines from x to x, joins from its parents, signs."""

    item: Item
    label: str
    y: int
    lines: tuple[tuple[int, int], ...]
    joins: tuple[str, ...]
    signs: tuple[Sign, ...]
    told: tuple[tuple[str, str], ...]

    @property
    def text_y(self) -> int:
        """The line that words on the lane stand on."""
        return self.y + 4


@dataclass(frozen=True)
class DrawnBand:
    """A band as it is drawn: its heading at `y`, its counts as (x, words), its lanes; and the counts with columns."""

    band: Band
    y: int
    counts: tuple[tuple[int, str], ...]
    lanes: tuple[Lane, ...]
    more_y: int
    told_counts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Flow:
    """The whole picture: its size, the columns as (x, words), the bands."""

    width: int
    height: int
    columns: tuple[tuple[int, str], ...]
    bands: tuple[DrawnBand, ...]


def lanes_to_draw(items: Sequence[Item]) -> tuple[Item, ...]:
    """At most MOST_LANES of these in their order: the changed ones, then the others."""
    if len(items) <= MOST_LANES:
        return tuple(items)
    first = sorted(range(len(items)), key=lambda place: (not items[place].is_changed, place))[:MOST_LANES]
    return tuple(items[place] for place in sorted(first))


def draw(columns: Sequence[str], bands: Sequence[Band]) -> Flow:
    """The picture of these bands, whose items are all drawn, through these columns."""
    places = tuple((middle(number), words) for number, words in enumerate(columns))
    y, drawn = HEAD, []
    for band in bands:
        drawn.append(_band(band, y, columns))
        y += BAND + LANE * (len(band.items) + bool(band.more)) + LANE // 2
    return Flow(LABELS + COLUMN * len(columns), y, places, tuple(drawn))


def middle(column: int) -> int:
    """The middle of a column."""
    return LABELS + COLUMN * column + TURN


def _band(band: Band, y: int, columns: Sequence[str]) -> DrawnBand:
    rows = {item.key: y + BAND + LANE * place + LANE // 2 for place, item in enumerate(band.items)}
    known = {item.key: item for item in band.items}
    return DrawnBand(
        band,
        y + BAND // 2 + 4,
        tuple((middle(number), words) for number, words in enumerate(band.counts)),
        tuple(_lane(item, rows, known, columns) for item in band.items),
        y + BAND + LANE * len(band.items) + LANE // 2 + 4,
        tuple(zip(columns, band.counts, strict=True)),
    )


def _lane(item: Item, rows: Mapping[str, int], known: Mapping[str, Item], columns: Sequence[str]) -> Lane:
    y = rows[item.key]
    begins = item.spans[0][0] if item.spans else 0
    joins = tuple(
        _join(_end_of(known[parent], len(columns)), rows[parent], middle(begins), y)
        for parent in item.parents
        if parent in known
    )
    return Lane(
        item,
        shortened(item.name),
        y,
        tuple(_line(span, len(columns)) for span in item.spans),
        joins,
        _signs(item, len(columns)),
        tuple((columns[event.column], event.words) for event in item.events),
    )


def _signs(item: Item, columns: int) -> tuple[Sign, ...]:
    """Where each event stands: before its column what ended the lane, behind the middle what the round found."""
    signs, taken = [], dict[int, int]()
    for event in item.events:
        if not event.sign:
            continue
        if event.sign == "drop":
            x = next((_line(span, columns)[1] for span in item.spans if span[1] == event.column), middle(event.column))
        elif event.sign == "consensus":
            x = middle(event.column) + TURN // 2
        else:
            # Several in one column stand side by side.
            x = middle(event.column) + 16 * taken.get(event.column, 0)
            taken[event.column] = taken.get(event.column, 0) + 1
        signs.append(Sign(event.sign, x, event.words, event.column > 0))
    return tuple(signs)


def _line(span: tuple[int, int | None], columns: int) -> tuple[int, int]:
    begin, end = span
    start = middle(begin)
    return start, LABELS + COLUMN * columns if end is None else max(start + LANE // 2, middle(end) - TURN)


def _end_of(item: Item, columns: int) -> int:
    return _line(item.spans[-1], columns)[1] if item.spans else middle(0)


def _join(x: int, y: int, to_x: int, to_y: int) -> str:
    """A bend from the end of a parent's lane to the beginning of what came of it."""
    half = (x + to_x) // 2
    return f"M{x} {y} C{half} {y} {half} {to_y} {to_x} {to_y}"


def shortened(name: str) -> str:
    """A name that fits beside its lane."""
    return name if len(name) <= LONGEST_LABEL else f"{name[: LONGEST_LABEL - 1].rstrip()}…"
