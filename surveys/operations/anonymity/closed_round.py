"""Attacks on what is readable once a round is closed: Q9 to Q11, Q16 and Q18."""

import itertools
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import DatabaseError, connection, transaction

from surveys.exports.files import CONTENT_TYPES, export_file
from surveys.feedback.models import Comment, Commitment, GroupResult, Result, RoundResult, SurveyResult
from surveys.feedback.queries import results_of
from surveys.operations.anonymity.evidence import PARTICIPATION, ROW_A_PERSON, in_physical_order, rows
from surveys.operations.anonymity.findings import Observation
from surveys.operations.anonymity.linking import as_id, orders_of_people
from surveys.operations.anonymity.seeded import Seeded, holder_of
from surveys.rounds.models import AskedStatement, Round
from surveys.sheets.queries import own_sheet
from surveys.sheets.receipts import choices_of, receipt

# A reason stands under these statements, and names its author.
REASONED = (1, 2)
FROZEN = (RoundResult, Result, SurveyResult, GroupResult, Commitment)

Owners = list[uuid.UUID]


def at_one_stroke(seeded: Seeded) -> Observation | None:
    """Q9: the transaction numbers of what was frozen, joined with those of participation."""
    if connection.vendor != "postgresql":
        return None
    written: dict[str, set[uuid.UUID]] = defaultdict(set)
    for round_id, panelist, number in in_physical_order(PARTICIPATION, "round_id", "panelist_id", "xmin"):
        if as_id(round_id) == seeded.open.pk:
            written[number].add(as_id(panelist))
    found, ways = [], {}
    for name, row_numbers in _rows_by_transaction(seeded).items():
        pairs = [(owner, written.get(number, set())) for owner, number in row_numbers]
        ways[f"transaction of {name}"] = sum(people == {owner} for owner, people in pairs)
        narrowed = sum(0 < len(people) < len(seeded.panel) for _owner, people in pairs)
        found += [f"{name}: {narrowed} rows share a transaction with some of the panel alone"] if narrowed else []
    return Observation(ways=ways, found=tuple(found))


def _rows_by_transaction(seeded: Seeded) -> dict[str, list[tuple[uuid.UUID | None, str]]]:
    receipts = _receipts(seeded)
    asked = _asked(seeded.open)
    comments = in_physical_order("feedback_comment", "asked_id", "original", "xmin")
    commitments = in_physical_order("feedback_commitment", "digest", "xmin")
    return {
        "comments": [(seeded.author_of(row[1]), row[2]) for row in comments if row[0] and as_id(row[0]) in asked],
        "receipts": [(receipts[row[0]], row[1]) for row in commitments if row[0] in receipts],
    }


def _asked(round: Round) -> dict[uuid.UUID, int]:
    """The numbers of the statements of a round that have reasons, by the id of the asking."""
    found = AskedStatement.objects.filter(round=round, number__in=REASONED)
    return dict(found.values_list("pk", "number"))


def _receipts(seeded: Seeded) -> dict[str, uuid.UUID]:
    """Whose each receipt of the round is; computed with the study's key."""
    found = {}
    for panelist in seeded.panel:
        content = own_sheet(holder_of(panelist), seeded.open.pk).content
        if content.nonce:
            ids = {"study_id": seeded.study.pk, "round_id": seeded.open.pk}
            found[receipt(**ids, nonce=content.nonce, choices=choices_of(content))] = panelist.pk
    return found


def orders_of_frozen(seeded: Seeded) -> dict[str, Owners]:
    """Whose the reasons and the receipts are, in every order in which their tables can be read."""
    asked, receipts = _asked(seeded.open), _receipts(seeded)
    placed: dict[int, list[tuple[uuid.UUID, uuid.UUID]]] = {number: [] for number in REASONED}
    for asked_id, text, row_id in in_physical_order("feedback_comment", "asked_id", "original", "id"):
        author = seeded.author_of(text)
        if asked_id and as_id(asked_id) in asked and author:
            placed[asked[as_id(asked_id)]].append((as_id(row_id), author))
    found = {}
    for number, reasons in placed.items():
        found[f"place of reasons {number}"] = [author for _id, author in reasons]
        found[f"id of reasons {number}"] = [author for _id, author in sorted(reasons)]
    digests = [row[0] for row in in_physical_order("feedback_commitment", "digest") if row[0] in receipts]
    found["place of receipts"] = [receipts[digest] for digest in digests]
    found["order of receipts"] = [receipts[digest] for digest in sorted(digests)]
    return found


def freeze_order(seeded: Seeded) -> Observation:
    """Q10: the order of reasons and receipts beside each other and beside every order of people."""
    frozen = orders_of_frozen(seeded)
    people: dict[str, Owners] = orders_of_people(frozenset(one.pk for one in seeded.panel))
    took_part = in_physical_order(PARTICIPATION, "round_id", "panelist_id")
    people["participation"] = [as_id(row[1]) for row in took_part if as_id(row[0]) == seeded.open.pk]
    people["submitting"] = [panelist.pk for panelist in seeded.submitted]
    ways = {}
    for (name, one), (beside, other) in _pairs(frozen, people):
        ways[f"{name} beside {beside}"] = _matches(one, other)
        ways[f"{name} beside {beside} backwards"] = _matches(one, other[::-1])
    found = (
        [] if len(frozen["place of reasons 2"]) == len(seeded.panel) else ["the attack is blind: reasons are missing"]
    )
    found += [] if len(frozen["place of receipts"]) == len(seeded.panel) else ["the attack is blind: no receipts"]
    return Observation(ways=ways, found=tuple(found))


def _pairs(
    frozen: Mapping[str, Owners], people: Mapping[str, Owners]
) -> Iterator[tuple[tuple[str, Owners], tuple[str, Owners]]]:
    for one, other in itertools.combinations(frozen.items(), 2):
        # Not a table beside itself in another order: that says nothing about anybody.
        if one[0].split(" of ")[1] != other[0].split(" of ")[1]:
            yield one, other
    yield from itertools.product(frozen.items(), people.items())


def _matches(one: Owners, other: Sequence[uuid.UUID]) -> int:
    """How many stand in the same place, among those who stand in both."""
    both = set(one) & set(other)
    return sum(a == b for a, b in zip((x for x in one if x in both), (x for x in other if x in both), strict=False))


def frozen_rows(_seeded: Seeded) -> Observation:
    """Q11: an UPDATE of each frozen table that has a row."""
    found, tried = [], 0
    for model in FROZEN:
        table, column = model._meta.db_table, model._meta.fields[-1].column
        if not model._base_manager.exists():
            continue
        tried += 1
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(f'UPDATE "{table}" SET "{column}" = "{column}"')  # noqa: S608
                    changed = cursor.rowcount
                transaction.set_rollback(True)
            found.append(f"{table}: {changed} rows could be changed")
        except DatabaseError:
            continue
    return Observation(found=tuple(found or (["the attack is blind: nothing was frozen"] if tried < 3 else [])))


def exports(seeded: Seeded) -> Observation:
    """Q16: two exports of one round, byte for byte; and the reasons of both rounds in the order of the export."""
    found = []
    for form in CONTENT_TYPES:
        first, second = (export_file(seeded.study, form=form, round=seeded.open).content for _ in range(2))
        found += [f"two exports as {form} differ"] if first != second else []
    ways = {}
    for number in REASONED:
        here, then = (_reasons_as_read(seeded, round, number) for round in (seeded.open, seeded.closed))
        ways[f"reasons {number} of both rounds"] = _matches(here, then)
        ways[f"reasons {number} of both rounds backwards"] = _matches(here, then[::-1])
    return Observation(ways=ways, found=tuple(found))


def _reasons_as_read(seeded: Seeded, round: Round, number: int) -> Owners:
    texts = Comment.objects.filter(asked__round=round, asked__number=number).values_list("original", flat=True)
    return [author for author in map(seeded.author_of, texts) if author]


def subtractions(seeded: Seeded) -> Observation:
    """Q18: every number that is shown, by round and group, subtracted from every other that it may be taken from."""
    given_away: set[uuid.UUID] = set()
    found = []
    least = seeded.study.protocol.least_answers
    cells = [cell for round in (seeded.closed, seeded.open) for cell in _cells(seeded, round)]
    for cell in cells:
        if len(cell.people) < least:
            given_away |= cell.people
            found.append(f"{cell.name}: shown for {len(cell.people)}")
    for one, other in itertools.combinations(cells, 2):
        left = _left_over(one, other, least)
        if left:
            given_away |= left
            found.append(f"{one.name} less {other.name}: {len(left)} left")
    if not cells:
        found.append("the attack is blind: no histogram is shown")
    return Observation(given_away=len(given_away), found=tuple(found))


@dataclass(frozen=True)
class Cell:
    """One histogram that is shown, and whose ratings it counts; `group` is empty for the whole panel."""

    round: Round
    number: int
    group: str
    people: frozenset[uuid.UUID]

    @property
    def name(self) -> str:
        """The histogram in words."""
        return f"{self.round}, statement {self.number}{f', {self.group}' if self.group else ''}"


def _left_over(one: Cell, other: Cell, least: int) -> frozenset[uuid.UUID]:
    """Those whose ratings a subtraction would tell, because they are so few; nobody where nothing is told."""
    if one.number != other.number:
        return frozenset()
    apart = one.people ^ other.people
    if one.round == other.round:
        # A part taken from its whole leaves a group of its own.
        nested = one.people <= other.people or other.people <= one.people
        return apart if nested and len(apart) < least else frozenset()
    # The same people in two rounds leave whoever joined or left, as far as the others kept their ratings.
    return apart if one.group == other.group and len(apart) == 1 else frozenset()


def _cells(seeded: Seeded, round: Round) -> list[Cell]:
    groups: dict[str, set[uuid.UUID]] = defaultdict(set)
    for panelist in seeded.panel:
        groups[panelist.group].add(panelist.pk)
    found = []
    for result in results_of(round):
        number = result.asked.number
        if result.shown.counts is not None:
            found.append(Cell(round, number, "", frozenset(seeded.raters(round, number))))
    for row in GroupResult.objects.filter(asked__round=round, hides_counts=False).select_related("asked"):
        people = seeded.raters(round, row.asked.number) & groups[row.group]
        found.append(Cell(round, row.asked.number, row.group, frozenset(people)))
    return found


def row_numbers(_seeded: Seeded) -> Observation | None:
    """Q20: SQLite's hidden row numbers, which count up as rows are written."""
    if connection.vendor != "sqlite":
        return None
    found = []
    for table in ROW_A_PERSON:
        try:
            with transaction.atomic():
                rows(f'SELECT rowid FROM "{table}"')  # noqa: S608
            found.append(f"{table} numbers its rows as they come")
        except DatabaseError:
            continue
    return Observation(found=tuple(found))
