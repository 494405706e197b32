"""Q19: after the seal neither an older backup with the master key nor a worker that still runs opens a sheet.

Each attack is first seen to succeed on the same study before it is sealed.
"""

import contextlib
import sqlite3
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from surveys.panels.models import LinkToken, Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import mint_link, panelist_with
from surveys.sheets.keystore import KeyDestroyed, study_keys
from surveys.sheets.models import Sheet
from surveys.sheets.queries import own_sheet
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from tests.database_files import content
from tests.factories import holder_of
from tests.feedback.sealing import announced, confirmed_by_a_second
from tests.processes import database_url, environment, running

pytestmark = pytest.mark.django_db(transaction=True)

RATING = "8"
# A worker: it opens one panelist's sheet for each line that it reads, in the same process all the time.
WORKER = """
import sys, uuid
import django
django.setup()
from surveys.sheets.keystore import KeyStoreError
from surveys.sheets.queries import SheetHolder, own_sheet
for line in sys.stdin:
    study, panelist, round = map(uuid.UUID, line.split())
    try:
        said = own_sheet(SheetHolder(study_id=study, panelist_id=panelist), round).answer_to(1).choice or "nothing"
    except KeyStoreError as fault:
        said = type(fault).__name__
    print(said, flush=True)
"""


@contextlib.contextmanager
def worker(**variables: str) -> Iterator["subprocess.Popen[str]"]:
    """A process with the application's master key and keystore, on the test's database or on another."""
    with running("-c", WORKER, variables=environment(**variables), stdin=subprocess.PIPE) as process:
        yield process


def asked(process: "subprocess.Popen[str]", panelist: Panelist, round_id: uuid.UUID) -> str:
    """What the worker reads of this panelist's sheet."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{panelist.study_id} {panelist.pk} {round_id}\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def pieces_of(box: bytes) -> list[bytes]:
    """Short pieces of a box: as a whole it is cut in two wherever a page of the file ends."""
    return [box[start : start + 64] for start in range(0, len(box), 64)]


def put_back(study: Study, sheets: list[Sheet], tokens: list[LinkToken], epochs: dict[uuid.UUID, int]) -> None:
    """The rows of a dump from before the seal, in their places again."""
    Sheet.objects.bulk_create(sheets)
    LinkToken.objects.bulk_create(tokens)
    for panelist_id, epoch in epochs.items():
        Panelist.objects.filter(pk=panelist_id).update(token_epoch=epoch)
    Study.objects.filter(pk=study.pk).update(status=Study.Status.FINISHED)


def test_a_dump_from_before_the_seal_and_the_master_key_open_nothing() -> None:
    study = announced()
    round_id, panelist = study.rounds.get().pk, panel_of(study)[0]
    secret = mint_link(panelist=panelist, now=database_now())
    sheets = list(Sheet.objects.filter(round_id=round_id))
    tokens = list(LinkToken.objects.filter(panelist__study=study))
    epochs = dict(panel_of(study).values_list("pk", "token_epoch"))
    with worker() as running_still:
        assert asked(running_still, panelist, round_id) == RATING
        confirmed_by_a_second(study)
        assert (Sheet.objects.count(), LinkToken.objects.count()) == (0, 0)
        assert asked(running_still, panelist, round_id) == "KeyDestroyed"
        put_back(study, sheets, tokens, epochs)
        assert Sheet.objects.filter(round_id=round_id).count() == len(sheets) == 5
        # Even the old link lets its owner in again, and shows nothing.
        assert panelist_with(secret=secret, now=database_now()) == panelist
        assert asked(running_still, panelist, round_id) == "KeyDestroyed"
    with pytest.raises(KeyDestroyed):
        own_sheet(holder_of(panelist), round_id)
    with pytest.raises(KeyDestroyed):
        study_keys(study.pk)
    with worker() as fresh:
        assert asked(fresh, panelist, round_id) == "KeyDestroyed"


@pytest.fixture
def on_sqlite() -> bool:
    """Whether the database is a file that somebody could have copied."""
    return connection.vendor == "sqlite"


def test_a_copy_of_the_file_from_before_the_seal_opens_nothing(on_sqlite: bool, tmp_path: Path) -> None:
    study = announced()
    round_id, panelist = study.rounds.get().pk, panel_of(study)[0]
    pieces = pieces_of(bytes(Sheet.objects.filter(round_id=round_id)[0].box))
    copy = tmp_path / "older.sqlite3"
    variables = {}
    if on_sqlite:
        with contextlib.closing(sqlite3.connect(copy)) as target:
            connection.ensure_connection()
            connection.connection.backup(target)
        variables = {"DATABASE_URL": database_url(str(copy))}
        written = content()
        assert any(piece in written for piece in pieces)
    with worker(**variables) as before:
        assert asked(before, panelist, round_id) == RATING
    confirmed_by_a_second(study)
    with worker(**variables) as after:
        assert asked(after, panelist, round_id) == "KeyDestroyed"
    if on_sqlite:
        older = copy.read_bytes()
        assert any(piece in older for piece in pieces)
    found = content()
    assert not any(piece in found for piece in pieces)
