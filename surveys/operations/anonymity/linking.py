"""Ways to say whose a sheet is, for somebody who has the database alone. Each returns its guesses.

A guess is a pair: the pseudonym of a sheet, and the id of a panelist. `correct` says how many of them are true.
"""

import hashlib
import hmac
import itertools
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from scipy.stats import kendalltau

from surveys.operations.anonymity.evidence import PERSONS, SHEETS, in_physical_order, rows, tables_with_persons
from surveys.panels.models import Panelist
from surveys.rounds.models import Round

Guess = tuple[bytes, uuid.UUID]


@dataclass(frozen=True)
class Target:
    """The open round under attack, its panel, and the truth that no attacker has: whose each pseudonym is."""

    round_id: uuid.UUID
    people: frozenset[uuid.UUID]
    truth: Mapping[bytes, uuid.UUID]


def correct(guesses: Iterable[Guess], truth: Mapping[bytes, uuid.UUID]) -> int:
    """How many sheets are given to their own panelist, and to no other."""
    by_sheet: dict[bytes, set[uuid.UUID]] = defaultdict(set)
    for pseudonym, panelist in guesses:
        by_sheet[pseudonym].add(panelist)
    return sum(panelists == {truth.get(pseudonym)} for pseudonym, panelists in by_sheet.items())


def as_id(value: Any) -> uuid.UUID:
    """A UUID, however the database keeps it."""
    return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))


def person_in(table: str) -> str:
    """The column that names the panelist."""
    return "id" if table == PERSONS else "panelist_id"


def sheets_in_place(round_id: uuid.UUID, *columns: str) -> list[tuple[Any, ...]]:
    """The round's sheets, in the order in which a dump lists them."""
    found = in_physical_order(*SHEETS, "round_id", *columns)
    return [row[1:] for row in found if as_id(row[0]) == round_id]


def orders_of_sheets(round_id: uuid.UUID) -> dict[str, list[bytes]]:
    """The pseudonyms of a round in every order that the table knows."""
    placed = sheets_in_place(round_id, "pseudonym", "id", "box")
    return {
        "place": [row[0] for row in placed],
        "id": [row[0] for row in sorted(placed, key=lambda row: as_id(row[1]))],
        "pseudonym": sorted(row[0] for row in placed),
        "box": [row[0] for row in sorted(placed, key=lambda row: bytes(row[2]))],
    }


def orders_of_people(people: frozenset[uuid.UUID]) -> dict[str, list[uuid.UUID]]:
    """These panelists in the order of their last rows in every table that names them; as far as it names them."""
    found = {}
    for table in tables_with_persons():
        mentions = enumerate(in_physical_order(table, person_in(table)))
        last = {as_id(row[0]): place for place, row in mentions if row[0] is not None}
        order = sorted((person for person in last if person in people), key=last.__getitem__)
        if order:
            found[table] = order
    return {**found, "id of panelist": sorted(people)}


def by_order(target: Target) -> dict[str, list[Guess]]:
    """Lay the sheets, in each order of theirs, beside each table of people as it lies, forwards and backwards."""
    found = {}
    people = orders_of_people(target.people)
    for (name, sheets), (table, order) in itertools.product(orders_of_sheets(target.round_id).items(), people.items()):
        found[f"{name} of sheet beside {table}"] = list(zip(sheets, order, strict=False))
        found[f"{name} of sheet beside {table} backwards"] = list(zip(sheets, reversed(order), strict=False))
    return found


def taus(target: Target) -> dict[str, float]:
    """Kendall's tau between each order of the sheets and each table of people that names the whole panel."""
    found = {}
    people = orders_of_people(target.people)
    for name, sheets in orders_of_sheets(target.round_id).items():
        owners = [target.truth[pseudonym] for pseudonym in sheets if pseudonym in target.truth]
        for table, order in people.items():
            if len(owners) == len(order) > 1:
                found[f"{name} of sheet beside {table}"] = tau(owners, order)
    return found


def tau(first: Sequence[Any], second: Sequence[Any]) -> float:
    """Kendall's tau between two orders of the same things, from -1 to 1."""
    places = {each: place for place, each in enumerate(second)}
    return float(kendalltau(range(len(first)), [places[each] for each in first]).statistic)


def by_transaction(target: Target) -> dict[str, list[Guess]]:
    """Join on PostgreSQL's hidden transaction number, or the one before or after; shared ones say nothing."""
    if connection.vendor != "postgresql":
        return {}
    sheets = sheets_in_place(target.round_id, "pseudonym", "xmin")
    found = {}
    for table in tables_with_persons():
        people: dict[int, set[uuid.UUID]] = defaultdict(set)
        for number, panelist in rows(f'SELECT xmin::text::bigint, {person_in(table)} FROM "{table}"'):  # noqa: S608
            if panelist is not None:
                people[number].add(as_id(panelist))
        alone = {number: next(iter(those)) for number, those in people.items() if len(those) == 1}
        for away in (-1, 0, 1):
            found[f"transaction {away:+d} of {table}"] = [
                (sheet, alone[int(number) + away]) for sheet, number in sheets if int(number) + away in alone
            ]
    return found


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
