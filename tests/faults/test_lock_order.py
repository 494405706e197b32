"""Acts that need the same rows at once: one of them waits, and none is thrown out as the loser of a deadlock.

Seen to fail on PostgreSQL, while `close_round` locked its round and `update_protocol` its protocol before the study,
and `remind` and `open_round` the other way round.
"""

import threading
from functools import partial
from typing import Any

import pytest

from surveys.consensus import FULL_CONSENSUS, NAMED_RULES, Rule, rule_to_json
from surveys.feedback.queries import rules_by_round
from surveys.feedback.services import closing
from surveys.feedback.services.checking import broken_promise
from surveys.panels import services as panels
from surveys.rounds.services import opening
from surveys.rounds.services.opening import RoundError, remind
from surveys.rounds.services.opening import open_round as open_drafted_round
from surveys.studies import services as studies
from surveys.studies.models import AuditEntry, Protocol, Study, StudyStaff
from surveys.studies.queries import amendments_of, broken_link, database_now, rules_of
from surveys.studies.services import record
from tests.factories import (
    agree,
    close_and_freeze,
    draft,
    facilitator_of,
    hold_round,
    make_facilitator,
    make_study,
    notice_digest,
    open_round,
)
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


def amend(study: Study, rule: Rule, reason: str) -> None:
    studies.amend_protocol(
        study=study,
        actor=facilitator_of(study),
        rule=rule_to_json(rule),
        stable_percent=15,
        most_rounds=None,
        reason=reason,
        from_round=2,
        now=database_now(),
    )


STRONG, COS = NAMED_RULES["strong-consensus"], NAMED_RULES["cos-70-15"]


def test_two_amendments_at_once_follow_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    study = make_study(panelists=5, statements=1)
    hold_round(study)
    first, second = threading.Event(), threading.Event()

    def record_late(**entry: Any) -> AuditEntry:
        if entry["detail"].get("reason") == "First.":
            first.set()
            second.wait(30)
            threading.Event().wait(0.5)
        return record(**entry)

    def amend_at_once() -> None:
        first.wait(30)
        second.set()
        amend(study, COS, "Second.")

    monkeypatch.setattr(studies, "record", record_late)
    assert in_threads(lambda: amend(study, STRONG, "First."), amend_at_once) == []
    study = Study.objects.get(pk=study.pk)
    found = amendments_of(study)
    assert [amendment.reason for amendment in found] == ["First.", "Second."]
    assert found[1].before == found[0].after
    assert rules_of(study.protocol) == found[1].after
    assert broken_link(study.pk) is None


def test_the_same_amendment_twice_at_once_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    study = make_study(panelists=5, statements=1)
    hold_round(study)
    begun, both = threading.Event(), threading.Event()

    def record_late(**entry: Any) -> AuditEntry:
        begun.set()
        both.wait(30)
        threading.Event().wait(0.5)
        return record(**entry)

    def amend_again() -> None:
        begun.wait(30)
        both.set()
        with pytest.raises(studies.NoAmendment, match="Nothing changes"):
            amend(study, STRONG, "Twice.")

    monkeypatch.setattr(studies, "record", record_late)
    assert in_threads(lambda: amend(study, STRONG, "Once."), amend_again) == []
    assert [one.reason for one in amendments_of(Study.objects.get(pk=study.pk))] == ["Once."]


def test_an_amendment_as_the_next_round_opens_waits_and_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    study = make_study(panelists=5, statements=1)
    hold_round(study)
    round = draft(study)
    opened, amending = threading.Event(), threading.Event()

    def record_late(**entry: Any) -> AuditEntry:
        if entry["action"] == "round opened":
            opened.set()
            amending.wait(30)
            threading.Event().wait(0.5)
        return record(**entry)

    def amend_too_late() -> None:
        opened.wait(30)
        amending.set()
        with pytest.raises(studies.NoAmendment, match="A round is open"):
            amend(study, STRONG, "Too late.")

    def open_it() -> None:
        open_drafted_round(round=round, actor=facilitator_of(study), now=database_now())

    monkeypatch.setattr(opening, "record", record_late)
    assert in_threads(open_it, amend_too_late) == []
    assert rules_of(Protocol.objects.get(study=study)).rule == FULL_CONSENSUS


def test_a_round_that_opens_during_an_amendment_is_judged_by_what_was_amended(monkeypatch: pytest.MonkeyPatch) -> None:
    study = make_study(panelists=5, statements=1)
    hold_round(study)
    round = draft(study)
    amended, opening_it = threading.Event(), threading.Event()

    def record_late(**entry: Any) -> AuditEntry:
        amended.set()
        opening_it.wait(30)
        threading.Event().wait(0.5)
        return record(**entry)

    def open_at_once() -> None:
        amended.wait(30)
        opening_it.set()
        open_drafted_round(round=round, actor=facilitator_of(study), now=database_now())

    monkeypatch.setattr(studies, "record", record_late)
    assert in_threads(lambda: amend(study, STRONG, "In time."), open_at_once) == []
    monkeypatch.undo()
    # Opened anew to a panel that agreed before.
    study.panelists.update(consent=notice_digest(study.pk))
    agree(round)
    close_and_freeze(round)
    rules = [rule.name for rule in rules_by_round(Study.objects.get(pk=study.pk)).values()]
    assert sorted(rules) == ["Full consensus", "Strong consensus"]
    assert broken_promise(Study.objects.get(pk=study.pk)) is None


def test_an_amendment_as_a_round_closes_is_refused_and_locks_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    round = open_round(make_study(panelists=5, statements=1))
    agree(round)
    flipped, amending = threading.Event(), threading.Event()

    def record_late(**entry: Any) -> AuditEntry:
        flipped.set()
        amending.wait(30)
        threading.Event().wait(0.5)
        return record(**entry)

    def amend_meanwhile() -> None:
        flipped.wait(30)
        amending.set()
        with pytest.raises(studies.NoAmendment, match="A round is open"):
            amend(round.study, STRONG, "Meanwhile.")

    monkeypatch.setattr(closing, "record", record_late)
    actor = facilitator_of(round.study)
    assert in_threads(lambda: closing.close_round(round_id=round.pk, actor=actor), amend_meanwhile) == []
    closing.finish_closing(round_id=round.pk)
    assert [rule.name for rule in rules_by_round(round.study).values()] == ["Full consensus"]
