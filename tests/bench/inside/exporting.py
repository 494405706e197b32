"""The files of closed studies and of one dataset, made again and again.

`python -m tests.bench.inside.exporting make`, with `{"sizes", "statements"}` on standard input, makes a study of each
size whose round is frozen and that has a dataset of as many rows, and prints their short names by size. With
`{"slugs": {SIZE: NAME}, "runs"}` the modes `files` and `rows` print seconds by size, run by run, and `peak` prints the
megabytes that this process took for one file of rows.
"""

import hashlib
import io
import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

import numpy as np
import pandas as pd
from django.db import transaction

from surveys.exports.datasets import dataset_file
from surveys.exports.files import export_file
from surveys.feedback.models import Commitment, RoundResult, Sealing
from surveys.feedback.services.counting import judged, write_results
from surveys.feedback.services.disclosing import dataset_of
from surveys.operations.demonstration.content import read_content
from surveys.operations.demonstration.synthetic import load_synthetic
from surveys.rounds.models import AskedStatement, Round
from surveys.sheets.counts import SliceCounts, StatementCounts
from surveys.sheets.rows import ABSTAINED, NOTHING, Rows
from surveys.studies.models import Study
from surveys.studies.queries import database_now, sha256_of

WITH_RECEIPTS = ("json", "xlsx")
OFTEN = 5
PANEL = 10
ABSTAIN, MISS = 0.02, 0.02


@transaction.atomic
def freeze(study: Study, size: int) -> None:
    """Freeze what `size` made-up sheets say, with their receipts, as the freeze of a tally does; and keep their rows.

    The sheets themselves are not made: no export reads one.
    """
    round = Round.objects.get(study=study)
    asked = AskedStatement.objects.filter(round=round).select_related("round", "vignette").order_by("number")
    statements = list(asked)
    rows = made_up(round, statements, size)
    Sealing.objects.create(
        study=study,
        announced_at=database_now(),
        not_before=database_now(),
        dataset=dataset_of(rows, range(len(statements)), statements, size, shows_groups=False),
    )
    tables = [np.bincount(rows.choices[:, column], minlength=ABSTAINED + 1).tolist() for column in range(len(asked))]
    counts = {
        one.number: StatementCounts(counts=table[1:ABSTAINED], abstained=table[ABSTAINED])
        for one, table in zip(statements, tables, strict=True)
    }
    total = SliceCounts(submitted=size, statements=counts)
    how = judged(round, total)
    facts = write_results(round, total, how)
    digests = (hashlib.sha256(f"{round.pk} {number}".encode()).hexdigest() for number in range(size))
    Commitment.objects.bulk_create((Commitment(digest=one, round=round) for one in digests), batch_size=5_000)
    facts_hash = sha256_of(facts)
    RoundResult.objects.create(round=round, invited=size, submitted=size, digest=facts_hash, hashed=facts, **how.frozen)
    Round.objects.filter(pk=round.pk).update(status=Round.Status.CLOSED, closed_at=database_now())


def made_up(round: Round, statements: list[AskedStatement], size: int) -> Rows:
    """The same rows each time."""
    draw = np.random.default_rng(size)
    choices = draw.integers(1, ABSTAINED, (size, len(statements)), dtype=np.uint8)
    kind = draw.random(choices.shape)
    choices[kind < ABSTAIN] = ABSTAINED
    choices[kind > 1 - MISS] = NOTHING
    columns = tuple((round.pk, one.number) for one in statements)
    return Rows(columns, ("",), np.zeros(size, dtype=np.int32), np.ones((size, 1), dtype=np.bool_), choices)


def seconds(deed: Callable[[], Any], often: int = 1) -> float:
    """How long it takes once, over so many times."""
    began = time.perf_counter()
    for _time in range(often):
        deed()
    return (time.perf_counter() - began) / often


def files(studies: dict[str, Study], runs: int) -> dict[str, list[dict[str, float]]]:
    """By form, for each run, the seconds by size that a file of the study took; the first of each is not counted.

    The forms that list receipts are written once for each size: they are no ratio's.
    """
    for study in studies.values():
        export_file(study, form="csv")
    tables = [{size: seconds(_csv_of(study), OFTEN) for size, study in studies.items()} for _run in range(runs)]
    found = {"csv": tables}
    for form in WITH_RECEIPTS:
        found[form] = [{size: seconds(lambda: export_file(study, form=form)) for size, study in studies.items()}]  # noqa: B023
    return found


def _csv_of(study: Study) -> Callable[[], object]:
    return lambda: export_file(study, form="csv")


def rows_of(studies: dict[str, Study], runs: int) -> dict[str, list[dict[str, float]]]:
    """By size, for each run, the seconds of the file as it is handed out, and of pandas with the table in memory."""
    found = {}
    for size, study in studies.items():
        dataset = Sealing.objects.get(study=study).dataset
        table = pd.DataFrame(
            [row["ratings"] for row in dataset["rows"]],
            columns=[one["name"] for one in dataset["columns"]],
            dtype=object,
        )
        table.insert(0, "code", [row["code"] for row in dataset["rows"]])
        as_written = as_pandas_writes(table)
        if dataset_file(study, "csv").content != as_written:
            raise AssertionError("The two files differ.")
        found[size] = [
            {
                "ours": seconds(lambda: dataset_file(study, "csv")),  # noqa: B023
                "yardstick": seconds(lambda: as_pandas_writes(table)),  # noqa: B023
            }
            for _run in range(runs)
        ]
    return found


def as_pandas_writes(table: pd.DataFrame) -> bytes:
    """The table as CSV, with the ends of lines that RFC 4180 asks for."""
    file = io.BytesIO()
    table.to_csv(file, index=False, lineterminator="\r\n")
    return file.getvalue()


def peak(studies: dict[str, Study]) -> float:
    """Megabytes that the process grew by for the file of rows of the one study, at its peak."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for study in studies.values():
        dataset_file(study, "csv")
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def main(mode: str) -> None:
    """Do what the mode says, and print what was found."""
    told = json.load(sys.stdin)
    modes: dict[str, Callable[[], Any]] = {
        "make": lambda: {str(size): made(size, told["statements"]) for size in told["sizes"]},
        "files": lambda: files(named(told["slugs"]), told["runs"]),
        "rows": lambda: rows_of(named(told["slugs"]), told["runs"]),
        "peak": lambda: peak(named(told["slugs"])),
    }
    sys.stdout.write(json.dumps(modes[mode]()))


def made(size: int, statements: int) -> str:
    """The short name of a new study, frozen as if so many had rated; its panel is small, for no export reads it."""
    study = load_synthetic(read_content(), panelists=PANEL, statements=statements, opened=True).study
    # The next one of this size would take it away.
    Study.objects.filter(pk=study.pk).update(title=f"{size} panelists")
    freeze(study, size)
    return study.slug


def named(slugs: dict[str, str]) -> dict[str, Study]:
    """The studies of these short names, by size."""
    return {size: Study.objects.get(slug=slug) for size, slug in slugs.items()}


if __name__ == "__main__":
    main(sys.argv[1])
