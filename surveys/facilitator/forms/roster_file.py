"""Reading a list of panelists that was pasted or uploaded: rows, or faults that name their line. No database."""

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from surveys.vignettes.services.steps import is_hidden

LARGEST_FILE = 1024 * 1024
# What the confirmation posts again; Django refuses forms of more than 256 KB.
LONGEST_LIST = 200_000
MOST_ROWS = 2000
LONGEST_NAME, LONGEST_EMAIL, LONGEST_GROUP = 200, 254, 60
MOST_FAULTS = 20

_DELIMITERS = (",", ";", "\t")
_COLUMNS = ("name", "email", "group")
_HEADER_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("name", "full name", "panelist", "panelists", "expert"), "name"),
    **dict.fromkeys(("email", "e-mail", "mail", "email address", "e-mail address", "mail address", "address"), "email"),
    **dict.fromkeys(("group", "groups", "profession", "site", "stakeholder group"), "group"),
}


class RosterUnreadable(Exception):
    """The list as a whole cannot be read; the message is a sentence for the page."""


@dataclass(frozen=True)
class RosterRow:
    """One panelist of a list. `line` counts from 1."""

    line: int
    name: str
    email: str
    group: str = ""


@dataclass(frozen=True)
class RosterFault:
    """What is wrong in one line, as a sentence without the line."""

    line: int
    sentence: str

    def __str__(self) -> str:
        return _("Line %(line)d: %(fault)s") % {"line": self.line, "fault": self.sentence}


@dataclass(frozen=True)
class Roster:
    """What a list holds. With a fault, nothing of it may be imported."""

    rows: tuple[RosterRow, ...] = ()
    faults: tuple[RosterFault, ...] = ()


class _Bad(Exception):
    """What is wrong in a line."""


@dataclass
class _Reading:
    """What is known while the lines are read."""

    on_panel: frozenset[str]
    staff: frozenset[str]
    columns: Sequence[str] = _COLUMNS
    seen: dict[str, int] = field(default_factory=dict)


def decoded(content: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 where it begins with a byte order mark. Raises RosterUnreadable."""
    if len(content) > LARGEST_FILE:
        raise RosterUnreadable(_("This file is larger than 1 MB."))
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as fault:
            raise RosterUnreadable(_("This file is damaged: it is not the UTF-16 that it says it is.")) from fault
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        words = _("Line %(line)d: this is not UTF-8. Save the list as “CSV UTF-8”, or paste it.")
        raise RosterUnreadable(words % {"line": line}) from fault


def read_roster(text: str, *, on_panel: Sequence[str] = (), staff: Sequence[str] = ()) -> Roster:
    """The rows of a list, or its first twenty faults in the order of their lines.

    Commas, semicolons or tabs part the columns; a first line that names them may give another order than name,
    address, group. `on_panel` and `staff` are the addresses that cannot be added. Addresses are compared without
    regard to capitals. Raises RosterUnreadable for a list that is empty or too long.
    """
    if len(text.encode("utf-8", "surrogatepass")) > LONGEST_LIST:
        raise RosterUnreadable(_("This list is too long: import it in parts of at most 2,000 panelists."))
    reading = _Reading(frozenset(map(address_key, on_panel)), frozenset(map(address_key, staff)))
    rows: list[RosterRow] = []
    faults: list[RosterFault] = []
    for place, (line, cells) in enumerate(_lines(text.removeprefix("\ufeff"), faults)):
        try:
            if place == 0 and _is_header(cells):
                reading.columns = _columns(cells)
            else:
                rows.append(_row(line, cells, reading))
        except _Bad as fault:
            faults.append(RosterFault(line, str(fault)))
            if place == 0 and _is_header(cells):
                break  # without its columns no line can be read
        if len(rows) > MOST_ROWS:
            raise RosterUnreadable(_("This list has more than 2,000 panelists: import it in parts."))
        if len(faults) >= MOST_FAULTS:
            break
    if not rows and not faults:
        raise RosterUnreadable(_("There is no panelist in this list."))
    return Roster(() if faults else tuple(rows), tuple(faults))


def written_roster(rows: Sequence[RosterRow]) -> str:
    """The rows as CSV with a header: what the confirmation posts, and `read_roster` reads alike."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows((row.name, row.email, row.group) for row in rows)
    return out.getvalue()


def address_key(email: str) -> str:
    """What two spellings of one address have in common."""
    return unicodedata.normalize("NFKC", email.strip()).casefold()


def _lines(text: str, faults: list[RosterFault]) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold something, with their numbers; a line that is no CSV becomes a fault and ends it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True, skipinitialspace=True)
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield start, cells
            start = reader.line_num + 1
    except csv.Error:
        faults.append(RosterFault(start, _("a quotation mark is not closed, or stands within a word.")))


def _delimiter(text: str) -> str:
    """The sign that parts the columns of the first line that holds something; a comma where there is none."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = "".join(first.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)


def _heading(cell: str) -> str:
    return " ".join(cell.replace("_", " ").split()).casefold()


def _is_header(cells: Sequence[str]) -> bool:
    return "@" not in "".join(cells) and any(_heading(cell) in _HEADER_WORDS for cell in cells)


def _columns(cells: Sequence[str]) -> list[str]:
    columns = []
    for cell in cells:
        if not cell.strip():
            columns.append("")
            continue
        column = _HEADER_WORDS.get(_heading(cell))
        if column is None:
            words = _(
                "“%(column)s” is not a column of the panel. Leave it out: name, e-mail address and group may stand."
            )
            raise _Bad(words % {"column": _shown(cell)})
        if column in columns:
            raise _Bad(_("two columns are the panelist's %(column)s.") % {"column": column})
        columns.append(column)
    if "name" not in columns or "email" not in columns:
        raise _Bad(_("there must be a column “name” and a column “email”."))
    return columns


def _row(line: int, cells: Sequence[str], reading: _Reading) -> RosterRow:
    if any(cell.strip() for cell in cells[len(reading.columns) :]):
        raise _Bad(_("there are more than %(most)d columns.") % {"most": len(reading.columns)})
    values = dict(zip(reading.columns, cells, strict=False))
    if values.get("", "").strip():
        raise _Bad(_("there is something in a column without a heading."))
    name, email, group = (_plain(values.get(column, "")) for column in _COLUMNS)
    _check(name, email, group)
    _check_address(line, email, reading)
    return RosterRow(line, name, email, group)


def _plain(cell: str) -> str:
    if any((is_hidden(sign) or unicodedata.category(sign) == "Cs") and sign != "\t" for sign in cell.strip()):
        raise _Bad(_("it holds an invisible control character or the end of a line."))
    return " ".join(unicodedata.normalize("NFC", cell).split())


def _check(name: str, email: str, group: str) -> None:
    if not name:
        raise _Bad(_("the name is missing."))
    if not email:
        raise _Bad(_("the e-mail address is missing."))
    for value, most, words in (
        (name, LONGEST_NAME, _("the name is longer than %(most)d characters.")),
        (email, LONGEST_EMAIL, _("the e-mail address is longer than %(most)d characters.")),
        (group, LONGEST_GROUP, _("the group is longer than %(most)d characters.")),
    ):
        if len(value) > most:
            raise _Bad(words % {"most": most})
    try:
        validate_email(email)
    except ValidationError as fault:
        raise _Bad(_("“%(email)s” is not an e-mail address.") % {"email": _shown(email)}) from fault


def _check_address(line: int, email: str, reading: _Reading) -> None:
    key = address_key(email)
    if key in reading.seen:
        raise _Bad(_("%(email)s stands in line %(line)d already.") % {"email": email, "line": reading.seen[key]})
    reading.seen[key] = line
    if key in reading.on_panel:
        raise _Bad(_("%(email)s is on the panel already.") % {"email": email})
    if key in reading.staff:
        raise _Bad(_("%(email)s works on this study and cannot be one of its panelists.") % {"email": email})


def _shown(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:59]}…"
