"""Write everybody's submitted sheet into the open round of a study, sealed as the application seals them.

Called with the study's short name; prints how many were written.
"""

import json
import multiprocessing
import os
import secrets
import sys
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import django
from django.db import connection

django.setup()

from surveys.panels.models import Panelist
from surveys.rounds.models import AskedStatement, Round
from surveys.sheets.boxes import Answer, SheetContent, seal_sheet
from surveys.sheets.keystore import StudyKeys, study_keys
from surveys.sheets.models import Sheet
from surveys.sheets.preferences import room_for
from surveys.sheets.receipts import drawn_nonce

AT_ONCE = 500
REASON_EVERY = 1000
"""So many panelists for one who gives a reason: texts are counted one by one in any tally."""
Row = tuple[uuid.UUID, uuid.UUID, bytes, bytes, int, int]


def sealed(task: tuple[StudyKeys, uuid.UUID, int, Sequence[uuid.UUID]]) -> list[Row]:
    """The rows of these panelists' sheets; each rates every statement, or once in fifty abstains."""
    keys, round_id, statements, panelist_ids = task
    rows = []
    for panelist_id in panelist_ids:
        draws = secrets.token_bytes(statements)
        reason = "a reason" if panelist_id.int % REASON_EVERY == 0 else ""
        answers = {
            number: Answer(str(1 + draw % 9) if draw % 50 else "abstain", reason if number == 1 else "")
            for number, draw in enumerate(draws, start=1)
        }
        content = SheetContent(answers, nonce=drawn_nonce())
        pseudonym = keys.pseudonym(round_id, panelist_id)
        place: dict[str, Any] = {"round_id": round_id, "pseudonym": pseudonym, "state": 1, "version": 1}
        box = seal_sheet(keys, content=content, room=room_for(statements, 0, 0), **place)
        rows.append((uuid.uuid4(), round_id, pseudonym, box, 1, 1))
    return rows


def main() -> None:
    """Seal them in as many processes as there are cores, and copy them in."""
    round = Round.objects.get(study__slug=sys.argv[1], status=Round.Status.OPEN)
    statements = AskedStatement.objects.filter(round=round).count()
    panel = list(Panelist.objects.filter(study_id=round.study_id).values_list("pk", flat=True))
    keys = study_keys(round.study_id)
    parts = (panel[start : start + AT_ONCE] for start in range(0, len(panel), AT_ONCE))
    tasks = ((keys, round.pk, statements, ids) for ids in parts)
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool, connection.cursor() as cursor:
        _copy(cursor, pool.imap_unordered(sealed, tasks))
        cursor.execute("VACUUM (FREEZE, ANALYZE) sheets_sheet")
    sys.stdout.write(json.dumps({"sheets": Sheet.objects.filter(round_id=round.pk).count()}))


def _copy(cursor: Any, batches: Iterator[list[Row]]) -> None:
    columns = "id, round_id, pseudonym, box, state, version"
    with cursor.copy(f"COPY sheets_sheet ({columns}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["uuid", "uuid", "bytea", "bytea", "int2", "int4"])
        for rows in batches:
            for row in rows:
                copy.write_row(row)


if __name__ == "__main__":
    main()
