"""Who has not submitted, of ever more panelists, half of whom have: as the application derives it, and by a bare loop.

Reads `{"sizes", "runs"}` and prints, by size, pairs of milliseconds, the application's first; of the last size also how
long its page takes, and to queue a reminder.
"""

import hmac
import json
import secrets
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

import django
from django.test import Client

django.setup()

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from surveys.operations.demonstration.content import read_content
from surveys.operations.demonstration.synthetic import load_synthetic
from surveys.panels.models import Panelist
from surveys.rounds.models import Round
from surveys.rounds.queries import waiting_for
from surveys.rounds.services.opening import remind
from surveys.sheets.keystore import study_keys
from surveys.sheets.models import Sheet
from surveys.studies.queries import database_now

BOX_BYTES = 8220
REPEATS = 5


def open_round(panelists: int) -> Round:
    """A round of so many, of whom every second has submitted a sheet that nobody opens."""
    made = load_synthetic(read_content(), panelists=panelists, statements=1, opened=True)
    round = Round.objects.select_related("study").get(study=made.study)
    submitted = list(Panelist.objects.filter(study=made.study).order_by("name").values_list("pk", flat=True))[::2]
    columns = "id, round_id, pseudonym, box, state, version"
    with connection.cursor() as cursor, cursor.copy(f"COPY {Sheet._meta.db_table} ({columns}) FROM STDIN") as into:
        for pseudonym in study_keys(round.study_id).pseudonyms(round.pk, submitted):
            box = secrets.token_bytes(BOX_BYTES)
            into.write_row((uuid.uuid4(), round.pk, pseudonym, box, int(Sheet.State.SUBMITTED), 1))
    return round


def bare_loop(round: Round, panel: list[uuid.UUID], key: bytes) -> list[uuid.UUID]:
    """One query, and an HMAC for each panelist, who is known already."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pseudonym FROM sheets_sheet WHERE round_id = %s AND state = 1", [round.pk])
        submitted = {bytes(row[0]) for row in cursor.fetchall()}
    place = b"v1" + round.study_id.bytes + round.pk.bytes
    return [one for one in panel if hmac.digest(key, place + one.bytes, "sha256") not in submitted]


def milliseconds(deed: Callable[[], Any]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    deed()
    return (time.perf_counter() - began) * 1000


def pairs(round: Round, runs: int) -> list[tuple[float, float]]:
    """Ours and the bare loop in turn, each run the least of a few. Raises ValueError where they find other people."""
    panel = list(Panelist.objects.filter(study=round.study_id).order_by("name").values_list("pk", flat=True))
    key = study_keys(round.study_id).pseudonym_key

    def ours() -> list[uuid.UUID]:
        return waiting_for(round)

    def bare() -> list[uuid.UUID]:
        return bare_loop(round, panel, key)

    if ours() != bare() or len(ours()) != len(panel) // 2:
        raise ValueError("The two lists of whom to remind are not one.")
    found = []
    for _run in range(runs):
        both = [(milliseconds(ours), milliseconds(bare)) for _repeat in range(REPEATS)]
        found.append((min(one for one, _ in both), min(one for _, one in both)))
    return found


def besides(round: Round) -> dict[str, Any]:
    """How long the page takes on which the list stands, with how many queries, and to queue a reminder for all."""
    client = Client(headers={"host": "127.0.0.1"})
    actor = round.study.staff_roles.get().user
    client.force_login(actor)
    address = reverse("facilitator:round", args=[round.study.slug, round.number])
    client.get(address)
    page_ms = milliseconds(lambda: client.get(address))
    with CaptureQueriesContext(connection) as queries:
        size = len(client.get(address).content)
    queue_ms = milliseconds(lambda: remind(round=round, actor=actor, now=database_now()))
    return {"page_ms": page_ms, "page_queries": len(queries), "page_bytes": size, "queue_ms": queue_ms}


def main() -> None:
    """Make the rounds, time both, and print."""
    told = json.load(sys.stdin)
    rounds = {size: open_round(size) for size in told["sizes"]}
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    found: dict[str, Any] = {str(size): pairs(round, told["runs"]) for size, round in rounds.items()}
    found["besides"] = besides(rounds[max(rounds)])
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
