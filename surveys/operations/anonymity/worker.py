"""A process that opens sheets for as long as it runs, as a worker or a server does; started by `sealed_study`.

It reads lines of three ids, of a study, a panelist and a round, and answers each with `opened` or with why not.
"""

import sys
import uuid

from django.db import connection

from surveys.sheets.boxes import BoxTampered
from surveys.sheets.keystore import KeyStoreError
from surveys.sheets.queries import SheetHolder, own_sheet


def main() -> None:
    """Answer until there is nothing more to read."""
    for line in sys.stdin:
        study_id, panelist_id, round_id = map(uuid.UUID, line.split())
        sys.stdout.write(f"{outcome(study_id, panelist_id, round_id)}\n")
        sys.stdout.flush()
        connection.close()


def outcome(study_id: uuid.UUID, panelist_id: uuid.UUID, round_id: uuid.UUID) -> str:
    """`opened`, `empty`, or the name of what stands in the way."""
    try:
        sheet = own_sheet(SheetHolder(study_id=study_id, panelist_id=panelist_id), round_id)
    except (KeyStoreError, BoxTampered) as fault:
        return type(fault).__name__
    return "opened" if sheet.answers else "empty"
