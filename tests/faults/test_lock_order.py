"""Acts that need the same rows at once: one of them waits, and none is thrown out as the loser of a deadlock.

Seen to fail on PostgreSQL, while `close_round` locked its round before its study and `remind` the other way round.
"""

import threading
from typing import Any

import pytest

from surveys.feedback.services import closing
from surveys.rounds.services.opening import RoundError, remind
from surveys.studies.models import AuditEntry
from surveys.studies.queries import database_now
from surveys.studies.services import record
from tests.factories import agree, facilitator_of, make_study, open_round
from tests.faults.storm import in_threads

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_reminder_and_a_close_at_once_do_not_lock_each_other_out(monkeypatch: pytest.MonkeyPatch) -> None:
    round = open_round(make_study(panelists=5, statements=1))
    agree(round)
    actor = facilitator_of(round.study)
    flipped, reminding = threading.Event(), threading.Event()

    def record_late(**entry: Any) -> AuditEntry:
        flipped.set()
        reminding.wait(30)
        # So long that the reminder stands before the locked row.
        threading.Event().wait(0.5)
        return record(**entry)

    def send_reminder() -> None:
        flipped.wait(30)
        reminding.set()
        with pytest.raises(RoundError):
            remind(round=round, actor=actor, now=database_now())

    monkeypatch.setattr(closing, "record", record_late)
    assert in_threads(lambda: closing.close_round(round_id=round.pk, actor=actor), send_reminder) == []
    assert AuditEntry.objects.filter(action=closing.ROUND_CLOSED).count() == 1
