"""The one way in which a sheet is written, and the one in which sheets are thrown away."""

import uuid

from django.db import DEFAULT_DB_ALIAS, connections

from surveys.sheets.boxes import SheetContent, seal_sheet
from surveys.sheets.models import Sheet
from surveys.sheets.queries import Place
from surveys.studies.prepared import BoundQuery

# Its columns stand in the order of the model's fields.
_UPSERT = """
    INSERT INTO sheets_sheet (id, round_id, pseudonym, box, state, version, replay)
    SELECT %s, %s, %s, %s, %s, %s, %s
    WHERE EXISTS ({condition})
    ON CONFLICT (round_id, pseudonym) DO UPDATE
    SET box = excluded.box, state = excluded.state, version = excluded.version, replay = excluded.replay
    WHERE sheets_sheet.version = excluded.version - 1
"""


def write_sheet(
    *,
    place: Place,
    condition: BoundQuery,
    content: SheetContent,
    state: Sheet.State,
    based_on: int,
    replay: uuid.UUID | None,
    room: int = 0,
) -> bool:
    """Write the sheet at `place` as version `based_on` + 1, where `condition` finds anything, and then True.

    False, and nothing is written, where it finds nothing or where another writer got there first. One conditional
    upsert; nothing else is written anywhere. The caller holds the round's lock. `room` is how many bytes the longest
    answers to the round's questions take.
    """
    version = based_on + 1
    box = seal_sheet(
        place.keys,
        round_id=place.round_id,
        pseudonym=place.pseudonym,
        state=int(state),
        version=version,
        content=content,
        room=room,
    )
    row = (uuid.uuid4(), place.round_id, place.pseudonym, box, state, version, replay)
    database = connections[DEFAULT_DB_ALIAS]
    fields = zip(Sheet._meta.concrete_fields, row, strict=True)
    # The values as this database's driver takes them: a UUID is text in SQLite.
    values = [field.get_db_prep_save(value, database) for field, value in fields]
    with database.cursor() as cursor:
        cursor.execute(_UPSERT.format(condition=condition.sql), [*values, *condition.values])
        written: int = cursor.rowcount
    return written == 1


def discard_sheets(*, round_id: uuid.UUID) -> int:
    """Delete the sheets of a cancelled round, unseen; returns how many there were."""
    return Sheet.objects.filter(round_id=round_id).delete()[0]


def discard_uncounted(*, round_id: uuid.UUID) -> int:
    """Delete the sheets of a closed round that were never submitted, or withdrawn; returns how many there were."""
    return Sheet.objects.filter(round_id=round_id).exclude(state=Sheet.State.SUBMITTED).delete()[0]
