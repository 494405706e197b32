"""What the columns of a file are: who, what, how rated, and which to leave out.

Long: columns `statement`, `panelist`, `rating`, optionally `round` and `group`; others are not read. Wide: a row a
panelist, a column a statement; columns `panelist`, `round` and `group` are optional and no statements. A file is long
when it has a column `statement` or `rating` and is not the export of a survey program. Names of columns may be written
in capitals.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from surveys.operations.ratings.faults import InputFault, quoted
from surveys.operations.ratings.survey_exports import recognised

STATEMENT, PANELIST, RATING, ROUND, GROUP = "statement", "panelist", "rating", "round", "group"
LONG = (STATEMENT, PANELIST, RATING)
OPTIONAL = (ROUND, GROUP)


@dataclass(frozen=True)
class Heading:
    """A column to be read: its place in the file, from 0, its name, and its role.

    A role is one of the columns of a long file; in a wide file a column of ratings has the role RATING.
    """

    place: int
    name: str
    role: str


@dataclass(frozen=True)
class Layout:
    """The columns to be read and the names of those left out, in the order of the file."""

    headings: tuple[Heading, ...]
    left_out: tuple[str, ...]
    is_long: bool


def layout_of(header: Sequence[str], ignored: Sequence[str], called: Callable[[int], str]) -> Layout:
    """Return the layout that a header says; `called` is how the file's program calls a column, such as "B".

    Raises InputFault for a column without a name, a name that comes twice, or a column that is missing.
    """
    unknown = [name for name in ignored if name not in header]
    if unknown:
        raise InputFault(f"There is no column {quoted(unknown[0])} to leave out.")
    roles = [name.casefold() for name in header]
    export = None if all(role in roles for role in LONG) else recognised(header)
    left_out = {place for place, name in enumerate(header) if name in ignored}
    if export is not None:
        left_out |= export.administrative - ({export.panelist} if PANELIST not in roles else set())
    kept = [place for place in range(len(header)) if place not in left_out]
    _check_names(header, kept, called)
    names_left_out = tuple(header[place] for place in sorted(left_out))
    if export is None and {STATEMENT, RATING} & {roles[place] for place in kept}:
        return Layout(_long(header, kept), names_left_out, is_long=True)
    by = export.panelist if export is not None and PANELIST not in roles else None
    return Layout(_wide(header, kept, by), names_left_out, is_long=False)


def _check_names(header: Sequence[str], kept: Sequence[int], called: Callable[[int], str]) -> None:
    names: set[str] = set()
    for place in kept:
        name = header[place]
        if not name:
            raise InputFault(f"Column {called(place)} has no name in the header.")
        reserved = name.casefold() in (*LONG, *OPTIONAL)
        key = name.casefold() if reserved else name
        if key in names:
            raise InputFault(f"The header names the column {quoted(name)} twice.")
        names.add(key)


def _long(header: Sequence[str], kept: Sequence[int]) -> tuple[Heading, ...]:
    places = {header[place].casefold(): place for place in kept}
    missing = [role for role in LONG if role not in places]
    if missing:
        raise InputFault(f"The column {quoted(missing[0])} is missing from the header.")
    present = [role for role in (*LONG, *OPTIONAL) if role in places]
    return tuple(Heading(places[role], header[places[role]], role) for role in present)


def _wide(header: Sequence[str], kept: Sequence[int], by: int | None) -> tuple[Heading, ...]:
    """`by` is the place of a column that names the panelists though it is called otherwise."""
    headings = []
    for place in kept:
        role = header[place].casefold()
        is_rating = role not in (PANELIST, *OPTIONAL)
        headings.append(Heading(place, header[place], PANELIST if place == by else RATING if is_rating else role))
    if not any(heading.role == RATING for heading in headings):
        raise InputFault("The header has no column for a statement.")
    return tuple(headings)
