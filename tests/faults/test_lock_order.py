"""Acts that need the same rows at once: one of them waits, and none is thrown out as the loser of a deadlock.

Seen to fail on PostgreSQL, while `close_round` locked its round and `update_protocol` its protocol before the study,
and `remind` and `open_round` the other way round.
"""

import threading
from functools import partial
from typing import Any

import pytest

from surveys.feedback.services import closing
from surveys.panels import services as panels
from surveys.rounds.services.opening import RoundError, remind
from surveys.rounds.services.opening import open_round as open_drafted_round
from surveys.studies import services as studies
from surveys.studies.models import AuditEntry, Protocol, StudyStaff
from surveys.studies.queries import database_now
from surveys.studies.services import record
from tests.factories import agree, draft, facilitator_of, make_facilitator, make_study, open_round
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


def test_a_protocol_that_is_saved_as_the_first_round_opens_is_locked_as_it_was_saved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    round = draft(make_study(panelists=5, statements=1))
    study, actor = round.study, facilitator_of(round.study)
    saved, opening = threading.Event(), threading.Event()

    def record_late(**entry: Any) -> AuditEntry:
        if entry["action"] == "protocol changed":
            saved.set()
            opening.wait(30)
            threading.Event().wait(0.5)
        return record(**entry)

    def save_protocol() -> None:
        studies.update_protocol(
            study=study,
            actor=actor,
            rule=study.protocol.rule,
            stable_percent=15,
            most_rounds=None,
            settled=Protocol.Settled.SET_ASIDE,
            least_answers=5,
            shows_comments=True,
            groups="nobody",
            releases_rows=False,
            notice="",
            now=database_now(),
        )

    def open_at_once() -> None:
        saved.wait(30)
        opening.set()
        open_drafted_round(round=round, actor=actor, now=database_now())

    monkeypatch.setattr(studies, "record", record_late)
    assert in_threads(save_protocol, open_at_once) == []
    protocol = Protocol.objects.get(study=study)
    assert (protocol.settled, protocol.is_locked) == (Protocol.Settled.SET_ASIDE, True)


def test_nobody_comes_to_rate_in_a_study_and_to_work_on_it_at_the_same_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    study = make_study(panelists=0, statements=1)
    actor, colleague = facilitator_of(study), make_facilitator()
    added, appointing = threading.Event(), threading.Event()

    def record_late(**entry: Any) -> AuditEntry:
        added.set()
        appointing.wait(30)
        threading.Event().wait(0.5)
        return record(**entry)

    def appoint() -> None:
        added.wait(30)
        appointing.set()
        with pytest.raises(panels.PanelError):
            panels.appoint_staff(study=study, actor=actor, user=colleague, role="facilitator", now=database_now())

    monkeypatch.setattr(panels, "record", record_late)
    rows = [panels.NewPanelist(colleague.name, colleague.email)]
    add = partial(panels.add_panelists, study=study, actor=actor, rows=rows, now=database_now())
    assert in_threads(add, appoint) == []
    assert list(StudyStaff.objects.filter(study=study).values_list("user", flat=True)) == [actor.pk]
