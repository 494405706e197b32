"""The pages about results of closed rounds that differ in nothing but how many rated, one page after the other.

Reads `{"sizes", "statements", "runs"}` and prints by size the milliseconds of all pages in each run, and by page the
median and the number of queries. The least and the greatest size take turns; those between are read in one run.
"""

import gc
import json
import math
import secrets
import statistics
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import django
from django.test import Client

django.setup()

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from surveys.feedback.models import Commitment, Participation, Result, RoundResult
from surveys.feedback.services.closing import close_round, finish_closing
from surveys.feedback.services.releasing import release
from surveys.operations.demonstration.content import read_content
from surveys.operations.demonstration.loading import Demonstration
from surveys.operations.demonstration.synthetic import load_synthetic
from surveys.panels.models import Message, Panelist
from surveys.rounds.models import Round
from surveys.rounds.services.merging import Change
from surveys.rounds.services.saving import save_sheet
from surveys.sheets.boxes import Answer
from surveys.sheets.queries import SheetHolder
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import Statement

RATERS = 10
REPEATS = 2
LISTS_PEOPLE = {"panel"}
"""A page that counts and sorts the people of a panel; it is timed, and is none about results."""
HOST = {"host": "127.0.0.1"}


@dataclass(frozen=True)
class Page:
    """One page, in the browser of whoever reads it."""

    name: str
    client: Client
    address: str

    def milliseconds(self) -> float:
        """How long it takes. Raises ValueError where it is not there."""
        began = time.perf_counter()
        status = self.client.get(self.address).status_code
        took = (time.perf_counter() - began) * 1000
        if status != 200:
            raise ValueError(f"{self.address} answers {status}.")
        return took

    def queries(self) -> int:
        """How many queries it makes, without those of the session, which lies in a cache."""
        with CaptureQueriesContext(connection) as found:
            self.client.get(self.address)
        return len(found)


def pages_of(panelists: int, statements: int) -> list[Page]:
    """The pages of a study whose round so many rated, to be told from no other by anything else."""
    made = load_synthetic(read_content(), panelists=RATERS, statements=statements, opened=True)
    # The next one of this size would take it away.
    Study.objects.filter(pk=made.study.pk).update(title=f"{panelists} panelists")
    round = frozen_round(made, statements)
    if panelists > RATERS:
        multiply(round, panelists)
    release(round=round, actor=made.facilitator.user, now=database_now())
    Message.objects.all().delete()
    return list(pages(made))


def frozen_round(made: Demonstration, statements: int) -> Round:
    """Round 1 as it is frozen where ten rated every statement, each of them in another way."""
    round = Round.objects.get(study=made.study)
    for place, panelist in enumerate(Panelist.objects.filter(study=made.study)):
        holder = SheetHolder(made.study.pk, panelist.pk, panelist.token_epoch)
        ratings = [(number, 1 + (place * (1 + number % 3) + number) % 9) for number in range(1, statements + 1)]
        changes = [Change(number, Answer(str(rating))) for number, rating in ratings]
        save_sheet(holder=holder, round_id=round.pk, changes=changes, submit=True)
    close_round(round_id=round.pk, actor=made.facilitator.user)
    finish_closing(round_id=round.pk)
    return Round.objects.select_related("study__protocol").get(pk=round.pk)


def multiply(round: Round, panelists: int) -> None:
    """Let as many more have rated in the same way: the rows are there that freezing so many sheets leaves."""
    more = [uuid.uuid4() for _ in range(panelists - RATERS)]
    people = (
        (one, round.study_id, f"Panelist {n:06d}", f"p{n}@synthetic.example", "", 0, False, "")
        for n, one in enumerate(more, start=RATERS + 1)
    )
    columns = ("id", "study_id", "name", "email", "group", "token_epoch", "is_unreachable", "consent")
    copy(Panelist._meta.db_table, columns, people)
    took_part = ((uuid.uuid4(), round.pk, one, True) for one in more)
    copy(Participation._meta.db_table, ("id", "round_id", "panelist_id", "responded"), took_part)
    copy(Commitment._meta.db_table, ("digest", "round_id"), ((secrets.token_hex(32), round.pk) for _one in more))
    with connection.cursor() as cursor:
        # A frozen result never changes: the database itself refuses it.
        tables = (Result._meta.db_table, RoundResult._meta.db_table)
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        RoundResult.objects.filter(round=round).update(invited=panelists, submitted=panelists)
        for result in Result.objects.filter(asked__round=round):
            counts = [count * panelists // RATERS for count in result.counts]
            Result.objects.filter(pk=result.pk).update(counts=counts)
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def copy(table: str, columns: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> None:
    """Write many rows at once."""
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as into:
        for row in rows:
            into.write_row(row)


def pages(made: Demonstration) -> Iterator[Page]:
    """The pages that say what a closed round found: the facilitator's, and the panelist's."""
    facilitator, panelist = Client(headers=HOST), Client(headers=HOST)
    facilitator.force_login(made.facilitator.user)
    panelist.post("/panel/", {"code": made.panel[0].link.split("#t=")[1]})
    of_study, slug = partial(Page, client=facilitator), made.study.slug
    for name in ("study", "rounds", "panel", "tables", "table_3", "lineage"):
        yield of_study(name, address=reverse(f"facilitator:{name}", args=[slug]))
    for name in ("round", "release", "what_if", "wall"):
        yield of_study(name, address=reverse(f"facilitator:{name}", args=[slug, 1]))
    one = Statement.objects.filter(vignette__study=made.study)[0]
    yield of_study("statement", address=reverse("facilitator:statement", args=[slug, one.pk]))
    yield Page("results", panelist, reverse("panelist:results", args=[1]))


def run(sides: Sequence[Sequence[Page]]) -> list[dict[str, float]]:
    """By side the milliseconds of each page, the least of a few looks; the sides take turns, and in beginning too."""
    found: list[dict[str, float]] = [{} for _side in sides]
    for same in zip(*sides, strict=True):
        turn = list(zip(same, found, strict=True))
        for _look in range(REPEATS):
            for page, times in turn:
                # What other pages left behind is not this one's to clear away.
                gc.collect()
                times[page.name] = min(page.milliseconds(), times.get(page.name, math.inf))
            turn.reverse()
    return found


def read(sides: Sequence[Sequence[Page]], runs: int) -> list[dict[str, Any]]:
    """By side the milliseconds of all pages in each run, and of each page the median and the number of queries."""
    timed = list(zip(*(run(sides) for _run in range(runs)), strict=True))
    return [
        {
            "runs": [sum(ms for name, ms in one.items() if name not in LISTS_PEOPLE) for one in each],
            "pages": {
                page.name: {"ms": statistics.median(one[page.name] for one in each), "queries": page.queries()}
                for page in side
            },
        }
        for side, each in zip(sides, timed, strict=True)
    ]


def main() -> None:
    """Make the studies, read their pages, and print."""
    told = json.load(sys.stdin)
    sizes: list[int] = told["sizes"]
    sides = {size: pages_of(size, told["statements"]) for size in sizes}
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    for page in (page for side in sides.values() for page in side):
        page.milliseconds()
    gc.freeze()
    compared = [min(sizes), max(sizes)]
    found = dict(zip(compared, read([sides[size] for size in compared], told["runs"]), strict=True))
    between = [size for size in sizes if size not in compared]
    found |= zip(between, read([sides[size] for size in between], 1), strict=True)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
