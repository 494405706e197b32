"""Ways to say whose a sheet is, for somebody who has the database alone. Each returns its guesses.

A guess is a pair: the pseudonym of a sheet, and the id of a panelist. `correct` says how many of them are true.
"""

import hashlib
import hmac
import itertools
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.conf import settings
from django.db import connection

from surveys.panels.models import Panelist
from surveys.rounds.models import Round
from tests.attacks.evidence import in_physical_order, references_of, rows, tables

Guess = tuple[bytes, uuid.UUID]

LUCK = 7
"""Of twelve guesses drawn at random, eight are true once in a hundred thousand times; so many are no finding."""


def correct(guesses: Iterable[Guess], truth: dict[bytes, uuid.UUID]) -> int:
    """How many sheets are given to their own panelist, and to no other."""
    by_sheet: dict[bytes, set[uuid.UUID]] = defaultdict(set)
    for pseudonym, panelist in guesses:
        by_sheet[pseudonym].add(panelist)
    return sum(panelists == {truth.get(pseudonym)} for pseudonym, panelists in by_sheet.items())


def strongest(round: Round, truth: dict[bytes, uuid.UUID]) -> int:
    """How many sheets the best of all attacks gives back to their panelists."""
    return max(correct(attack(round), truth) for attack in attacks())


def attacks() -> list[Callable[[Round], list[Guess]]]:
    """Every way there is, on this database."""
    found = [by_place(table, backwards) for table in tables_with_persons() for backwards in (False, True)]
    found += [by_number(table) for table in tables_with_persons()]
    found += [by_pseudonym(table) for table in tables_with_persons()]
    if connection.vendor == "postgresql":
        found += [by_transaction(table, away) for table in tables_with_persons() for away in (-1, 0, 1)]
    return found


def tables_with_persons() -> list[str]:
    """The panel's own table, and every table that refers to it."""
    return ["panels_panelist", *(table for table in tables() if "panels_panelist" in references_of(table))]


def person_in(table: str) -> str:
    """The column that names the panelist."""
    return "id" if table == "panels_panelist" else "panelist_id"


def as_id(value: Any) -> uuid.UUID:
    """A UUID, however the database keeps it."""
    return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))


def sheets_in_place(round: Round, *columns: str) -> list[tuple[Any, ...]]:
    """The round's sheets, in the order in which a dump lists them."""
    found = in_physical_order("sheets_sheet", "round_id", *columns)
    return [row[1:] for row in found if as_id(row[0]) == round.pk]


def last_mentions(table: str) -> list[uuid.UUID]:
    """The panelists in the order of their last rows in a table."""
    last = {as_id(row[0]): place for place, row in enumerate(in_physical_order(table, person_in(table)))}
    return sorted(last, key=last.__getitem__)


def by_place(table: str, backwards: bool) -> Callable[[Round], list[Guess]]:
    """Lay the sheets, as they lie, beside a table of people, as it lies."""

    def attack(round: Round) -> list[Guess]:
        people = last_mentions(table)
        ordered = reversed(people) if backwards else people
        return [
            (sheet[0], panelist) for sheet, panelist in zip(sheets_in_place(round, "pseudonym"), ordered, strict=False)
        ]

    return attack


def by_number(table: str) -> Callable[[Round], list[Guess]]:
    """Lay the sheets in the order of their ids beside a table of people as it lies."""

    def attack(round: Round) -> list[Guess]:
        sheets = sorted((as_id(row[1]), row[0]) for row in sheets_in_place(round, "pseudonym", "id"))
        return [(sheet, panelist) for (_id, sheet), panelist in zip(sheets, last_mentions(table), strict=False)]

    return attack


def by_pseudonym(table: str) -> Callable[[Round], list[Guess]]:
    """Lay the sheets in the order of their pseudonyms, which is that of an index, beside a table of people."""

    def attack(round: Round) -> list[Guess]:
        sheets = sorted(sheet[0] for sheet in sheets_in_place(round, "pseudonym"))
        return list(zip(sheets, last_mentions(table), strict=False))

    return attack


def by_transaction(table: str, away: int) -> Callable[[Round], list[Guess]]:
    """Join on PostgreSQL's hidden transaction number, or on the one before or after; shared ones say nothing."""

    def attack(round: Round) -> list[Guess]:
        people: dict[int, set[uuid.UUID]] = defaultdict(set)
        for number, panelist in rows(f'SELECT xmin::text::bigint, {person_in(table)} FROM "{table}"'):  # noqa: S608
            people[number].add(as_id(panelist))
        alone = {number: next(iter(found)) for number, found in people.items() if len(found) == 1}
        return [
            (sheet, alone[int(number) + away])
            for sheet, number in sheets_in_place(round, "pseudonym", "xmin")
            if int(number) + away in alone
        ]

    return attack


def guessed_pseudonyms(panelist: Panelist, round: Round) -> set[bytes]:
    """What comes out of every obvious name of a panelist under every key that is not in the keystore."""
    study = round.study
    names: list[bytes] = [panelist.pk.bytes, str(panelist.pk).encode(), panelist.pk.hex.encode()]
    names += [panelist.email.encode(), panelist.email.lower().encode(), panelist.name.encode()]
    before = [b"", study.pk.bytes, round.pk.bytes, study.pk.bytes + round.pk.bytes]
    before += [str(study.pk).encode(), str(round.pk).encode(), study.slug.encode()]
    messages = [version + place + name for version in (b"", b"v1") for place in before for name in names]
    keys = [b"", settings.SECRET_KEY.encode(), settings.DELPHI_MASTER_KEY, bytes(32), study.pk.bytes]
    keys += [str(study.pk).encode(), round.pk.bytes, str(round.pk).encode()]
    digests: list[Any] = [hashlib.sha256, hashlib.sha512, hashlib.blake2b, hashlib.md5]
    found = {
        hmac.new(key, message, digest).digest()[:32]
        for key, message, digest in itertools.product(keys, messages, digests)
    }
    return found | {digest(message).digest()[:32] for message, digest in itertools.product(messages, digests)}


def mean_tau(orders: Collection[tuple[list[Any], list[Any]]], kendall: Callable[..., Any]) -> float:
    """Kendall's tau between two orders of the same things, on average over the trials."""
    taus = [
        float(kendall([first.index(each) for each in first], [second.index(each) for each in first]).statistic)
        for first, second in orders
    ]
    return sum(taus) / len(taus)
