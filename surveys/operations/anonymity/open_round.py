"""Attacks on a round that is open, by somebody who has the whole database: Q1 to Q8."""

import uuid
from collections import Counter
from collections.abc import Callable

from django.db import connection, transaction

from surveys.feedback.models import Participation
from surveys.operations.anonymity.evidence import (
    AT_THE_FREEZE,
    LEASE,
    PERSONS,
    SHEETS,
    answer_tables,
    columns_of,
    reachable_from,
    rows,
    tables,
)
from surveys.operations.anonymity.findings import Observation
from surveys.operations.anonymity.linking import by_order, by_transaction, correct, guessed_pseudonyms, taus
from surveys.operations.anonymity.seeded import Seeded, holder_of
from surveys.sheets.boxes import BoxTampered
from surveys.sheets.keystore import study_keys
from surveys.sheets.models import Sheet
from surveys.sheets.queries import own_sheet

TELLING = ("date", "time", "inet", "nextval", "identity", "serial", "autoincrement")


def times_and_numbers(_seeded: Seeded) -> Observation:
    """Q1: columns of answers that hold a time, an address, or a number that counts up."""
    found = [
        f"{table}.{column}: {kind}"
        for table in (*answer_tables(), *sorted(AT_THE_FREEZE))
        for column, kind in columns_of(table).items()
        if any(word in kind.lower() for word in TELLING) and (table, column) != LEASE
    ]
    return Observation(found=tuple(found))


def joins(_seeded: Seeded) -> Observation:
    """Q2: a path of foreign keys from answers to people."""
    found = [f"{table} leads to {PERSONS}" for table in answer_tables() if PERSONS in reachable_from(table)]
    if PERSONS not in reachable_from(*AT_THE_FREEZE):
        found.append("the walk is blind: it does not find the one table that does lead to people")
    return Observation(found=tuple(found))


def participation(seeded: Seeded) -> Observation:
    """Q3: any row, sheets apart, that says who has answered, or that came or changed while people answered."""
    named = set(Participation.objects.filter(round=seeded.open).values_list("panelist_id", flat=True))
    found = [f"{len(named)} rows of participation in the open round"] if named else []
    found += [
        f"{table}: {gone} rows went and {came} came while panelists answered"
        for table, (gone, came) in sorted(seeded.disturbed.items())
    ]
    return Observation(given_away=len(named), found=tuple(found))


def transactions(seeded: Seeded) -> Observation | None:
    """Q4: rows of people that were written by a sheet's transaction, or by the one before or after."""
    if connection.vendor != "postgresql":
        return None
    target = seeded.target()
    ways = {way: correct(guesses, target.truth) for way, guesses in by_transaction(target).items()}
    written = f"SELECT xmin::text FROM {SHEETS[0]} WHERE round_id = '{seeded.open.pk}'"  # noqa: S608
    found = []
    for table in tables():
        if table not in SHEETS:
            [(shared,)] = rows(f'SELECT count(*) FROM "{table}" WHERE xmin::text IN ({written})')  # noqa: S608
            found += [f"{table}: {shared} rows of a sheet's own transaction"] if shared else []
    return Observation(ways=ways, found=tuple(found))


def orders(seeded: Seeded) -> Observation:
    """Q5: the order of sheets, by place, id, pseudonym and content, beside every order of people."""
    target = seeded.target()
    ways = {way: correct(guesses, target.truth) for way, guesses in by_order(target).items()}
    return Observation(ways=ways, orders=taus(target))


def lengths(seeded: Seeded) -> Observation:
    """Q6: boxes told apart by their length, or by a nonce that was used twice."""
    boxes = [bytes(box) for box in Sheet.objects.filter(round_id=seeded.open.pk).values_list("box", flat=True)]
    counted = Counter(map(len, boxes))
    alone = sum(number == 1 for number in counted.values())
    found = [f"boxes of {len(counted)} lengths: {sorted(counted)}"] if len(counted) > 1 else []
    if len({box[:12] for box in boxes}) < len(boxes):
        found.append("a nonce was used twice")
    return Observation(given_away=alone, found=tuple(found))


def pseudonyms(seeded: Seeded) -> Observation:
    """Q7: pseudonyms computed from ids, names and addresses, under every key that is not in the keystore."""
    stored = {bytes(pseudonym) for (pseudonym,) in Sheet.objects.values_list("pseudonym")}
    hit = sum(not guessed_pseudonyms(panelist, seeded.open).isdisjoint(stored) for panelist in seeded.panel)
    keys = study_keys(seeded.study.pk)
    twice = sum(
        keys.pseudonym(seeded.open.pk, one.pk) == keys.pseudonym(seeded.closed.pk, one.pk) for one in seeded.panel
    )
    found = [f"{hit} pseudonyms guessed"] if hit else []
    found += [f"{twice} panelists have one pseudonym in both rounds"] if twice else []
    found += [] if stored >= set(seeded.truth()) else ["the attack is blind: these are not the stored pseudonyms"]
    return Observation(given_away=max(hit, twice), found=tuple(found))


def moved_boxes(seeded: Seeded) -> Observation:
    """Q8: boxes put in another's place, in a later round's, or under another state or version; then read."""
    opened: set[uuid.UUID] = set()
    found = []
    for way, move in _MOVES.items():
        with transaction.atomic():
            moved = move(seeded)
            read = _read(seeded)
            transaction.set_rollback(True)
        opened |= read
        found += [f"{way}: {len(read)} of {moved} sheets still opened"] if read else []
    if len(_read(seeded)) < len(seeded.panel):
        found.append("the attack is blind: sheets do not open in their own place either")
    return Observation(given_away=len(opened), found=tuple(found))


def _read(seeded: Seeded) -> set[uuid.UUID]:
    """Whose sheets of the open round the application opens."""
    opened = set()
    for panelist in seeded.panel:
        try:
            sheet = own_sheet(holder_of(panelist), seeded.open.pk)
        except BoxTampered:
            continue
        if sheet.answers:
            opened.add(panelist.pk)
    return opened


def _swap(seeded: Seeded) -> int:
    """Everybody's box goes to the next one's place, with its state and version."""
    sheets = list(Sheet.objects.filter(round_id=seeded.open.pk))
    for sheet, other in zip(sheets, [*sheets[1:], sheets[0]], strict=True):
        Sheet.objects.filter(pk=sheet.pk).update(box=bytes(other.box), state=other.state, version=other.version)
    return len(sheets)


def _copy_from_the_closed_round(seeded: Seeded) -> int:
    keys = study_keys(seeded.study.pk)
    for panelist in seeded.panel:
        here = keys.pseudonym(seeded.open.pk, panelist.pk)
        then = Sheet.objects.get(pseudonym=keys.pseudonym(seeded.closed.pk, panelist.pk))
        Sheet.objects.filter(pseudonym=here).update(box=bytes(then.box), state=then.state, version=then.version)
    return len(seeded.panel)


def _take_back(seeded: Seeded) -> int:
    """What was submitted is made a draft."""
    return Sheet.objects.filter(round_id=seeded.open.pk).update(state=Sheet.State.DRAFT)


def _renumber(seeded: Seeded) -> int:
    return Sheet.objects.filter(round_id=seeded.open.pk).update(version=99)


_MOVES: dict[str, Callable[[Seeded], int]] = {
    "swapped": _swap,
    "copied from the closed round": _copy_from_the_closed_round,
    "state changed": _take_back,
    "version changed": _renumber,
}
