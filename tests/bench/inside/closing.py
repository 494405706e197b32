"""Closes the open round of a study again and again: a bare loop over its boxes; then the flip, the tally, the freeze.

Reads `{"study", "runs", "only_flip"}` and prints pairs of seconds, the application's first, with what the tally and the
freeze took of it, and the peak of this process's memory in MB. Between two runs what was frozen is taken back, with the
database's triggers off. `only_flip` leaves tally and freeze to workers.
"""

import json
import resource
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import django
import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

django.setup()

from django.db import connection

from surveys.feedback.services.closing import close_round, finish_closing, freeze
from surveys.feedback.services.tallying import tally
from surveys.rounds.models import AskedStatement, Round
from surveys.sheets.keystore import study_keys
from surveys.sheets.models import Sheet

AT_ONCE = 1000
TAKEN_BACK = (
    "DELETE FROM feedback_groupresult WHERE asked_id IN (SELECT id FROM rounds_askedstatement WHERE round_id = %s)",
    "DELETE FROM feedback_result WHERE asked_id IN (SELECT id FROM rounds_askedstatement WHERE round_id = %s)",
    "DELETE FROM feedback_comment WHERE vignette_id IN (SELECT id FROM rounds_askedvignette WHERE round_id = %s)",
    "DELETE FROM feedback_commitment WHERE round_id = %s",
    "DELETE FROM feedback_participation WHERE round_id = %s",
    "DELETE FROM feedback_roundresult WHERE round_id = %s",
    "UPDATE studies_study SET roster_is_frozen = TRUE WHERE id = (SELECT study_id FROM rounds_round WHERE id = %s)",
    "UPDATE rounds_round SET status = 'open', closed_at = NULL WHERE id = %s",
)
Box = tuple[bytes, int, int, bytes]


def bare_loop(round: Round, statements: int) -> dict[str, float]:
    """Seconds for reading every box with one query, decrypting, parsing and counting it; and without the reading."""
    key, study_id = study_keys(round.study_id).box_key, round.study_id
    counts = np.zeros((statements, 11), dtype=np.int64)
    began, spent = time.perf_counter(), 0.0
    for boxes in _boxes(round):
        opened = time.perf_counter()
        _bare(boxes, key, study_id, round.pk, counts)
        spent += time.perf_counter() - opened
    if not counts[:, 1:].any():
        raise ValueError("The bare loop counted nothing.")
    return {"yardstick": time.perf_counter() - began, "without_reading": spent}


def _boxes(round: Round) -> Iterator[list[Box]]:
    rows = Sheet.objects.filter(round_id=round.pk).values_list("pseudonym", "state", "version", "box")
    stream = ((bytes(pseudonym), state, version, bytes(box)) for pseudonym, state, version, box in rows.iterator())
    while part := list(islice(stream, AT_ONCE)):
        yield part


def _bare(
    boxes: list[Box], key: bytes, study_id: uuid.UUID, round_id: uuid.UUID, counts: npt.NDArray[np.int64]
) -> None:
    cipher, codes = AESGCM(key), {"": 0, **{str(n): n for n in range(1, 10)}, "abstain": 10}
    names = [str(number) for number in range(1, len(counts) + 1)]
    table = np.empty((len(boxes), len(names)), dtype=np.int8)
    for row, (pseudonym, state, version, box) in enumerate(boxes):
        place = b"sheet-v1" + study_id.bytes + round_id.bytes + pseudonym + bytes([state]) + version.to_bytes(8, "big")
        said = json.loads(cipher.decrypt(box[:12], box[12:], place))
        table[row] = [codes[said[name][0]] for name in names]
    for column in range(len(names)):
        counts[column] += np.bincount(table[:, column], minlength=11)


def seconds(deed: Callable[[], Any]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began


def take_back(round: Round) -> None:
    """Open the round again, as it was."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for statement in TAKEN_BACK:
            cursor.execute(statement, [round.pk])
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM feedback_participation, feedback_commitment, feedback_partialtally")


def close(round: Round) -> dict[str, float]:
    """Close it, and how long each part takes."""
    flip = seconds(lambda: close_round(round_id=round.pk, actor="benchmark"))
    closing = Round.objects.select_related("study__protocol").get(pk=round.pk)
    tallied = seconds(lambda: tally(closing))
    frozen = seconds(lambda: freeze(round_id=round.pk))
    if not finish_closing(round_id=round.pk):
        raise ValueError("The round is not closed.")
    return {"flip": flip, "tally": tallied, "freeze": frozen}


def main() -> None:
    """Close so often, and print."""
    told = json.load(sys.stdin)
    round = Round.objects.get(study__slug=told["study"], kind=Round.Kind.RATING)
    if told.get("only_flip"):
        if round.status == Round.Status.CLOSED:
            take_back(round)
        close_round(round_id=round.pk, actor="benchmark")
        sys.stdout.write(json.dumps({"round": str(round.pk)}))
        return
    statements = AskedStatement.objects.filter(round=round).count()
    runs = []
    for _run in range(told["runs"]):
        bare = bare_loop(round, statements)
        parts = close(round)
        runs.append({"ours": sum(parts.values()), **bare, **parts})
        take_back(round)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"runs": runs, "peak_mb": peak}))


if __name__ == "__main__":
    main()
