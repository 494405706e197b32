"""A sealing beside everything else that wants its rows: one of them waits, and nobody is thrown out of a deadlock."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from surveys.feedback.models import Sealing
from surveys.feedback.services import sealing as sealing_service
from surveys.feedback.services.sealing import WAIT, SealingError, confirm_sealing, finish_sealings
from surveys.panels.models import LinkToken, Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import StudySealed, end_access, mint_link, revoke_links
from surveys.rounds.services.leaving import withdraw
from surveys.rounds.services.mailing import send_due_messages
from surveys.rounds.services.saving import SessionEnded
from surveys.sheets.keystore import KeyDestroyed, study_keys
from surveys.sheets.models import Sheet
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import database_now
from tests.factories import facilitator_of, holder_of, make_administrator
from tests.faults.storm import in_threads
from tests.feedback.sealing import announced, second_of

pytestmark = pytest.mark.django_db(transaction=True)


def is_sealed_once(study: Study) -> bool:
    """Whether the study is sealed, whole and once."""
    entries = list(AuditEntry.objects.filter(study=study).values_list("action", flat=True))
    assert Study.objects.get(pk=study.pk).status == Study.Status.SEALED
    assert not Sheet.objects.filter(round_id__in=study.rounds.values("pk")).exists()
    assert not LinkToken.objects.filter(panelist__study=study).exists()
    with pytest.raises(KeyDestroyed):
        study_keys(study.pk)
    return entries.count("study sealed") == 1 == entries.count("key destroyed")


def sealing_of(study: Study, by: Any) -> Callable[[], None]:
    """The second person's act, when the week is over."""
    now = database_now() + WAIT
    return lambda: confirm_sealing(study=study, actor=by, copies_until=now.date(), now=now)


def test_two_second_persons_at_once_seal_it_once() -> None:
    study = announced()
    refused = []

    def confirm(by: Any) -> Callable[[], None]:
        seal = sealing_of(study, by)

        def deed() -> None:
            try:
                seal()
            except SealingError as fault:
                refused.append(str(fault))

        return deed

    people = [second_of(study), make_administrator(), make_administrator()]
    assert in_threads(*map(confirm, people)) == []
    assert refused == ["This study is sealed already."] * 2
    assert is_sealed_once(study)


def test_two_sweeps_at_once_note_the_key_s_end_once(monkeypatch: pytest.MonkeyPatch) -> None:
    study = announced()
    with monkeypatch.context() as killed:
        killed.setattr(sealing_service, "finish_sealings", lambda: 0)
        sealing_of(study, second_of(study))()
    study_keys(study.pk)
    assert in_threads(*[lambda: finish_sealings() and None] * 3) == []
    assert is_sealed_once(study)


def test_a_process_killed_between_the_commit_and_the_key_is_taken_up_by_the_sweep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = announced()

    def killed(_study_id: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(sealing_service, "destroy_study_key", killed)
        with pytest.raises(KeyboardInterrupt):
            sealing_of(study, second_of(study))()
    assert Study.objects.get(pk=study.pk).status == Study.Status.SEALED
    assert Sealing.objects.get(study=study).key_destroyed_at is None
    study_keys(study.pk)
    assert finish_sealings() == 1
    assert is_sealed_once(study)


def test_a_sealing_that_breaks_off_before_the_commit_leaves_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    study = announced()

    def breaks_off(**_: Any) -> None:
        raise InterruptedError

    with monkeypatch.context() as killed:
        killed.setattr(sealing_service, "record", breaks_off)
        with pytest.raises(InterruptedError):
            sealing_of(study, second_of(study))()
    assert Study.objects.get(pk=study.pk).status == Study.Status.FINISHED
    assert Sheet.objects.filter(round_id__in=study.rounds.values("pk")).count() == 5
    study_keys(study.pk)
    assert finish_sealings() == 0
    sealing_of(study, second_of(study))()
    assert is_sealed_once(study)


def test_links_that_are_revoked_and_a_panelist_who_withdraws_meanwhile_do_not_lock_it_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = announced()
    actor, (one, other, *_rest) = facilitator_of(study), list(panel_of(study))
    for panelist in (one, other):
        mint_link(panelist=panelist, now=database_now())
    seal = sealing_of(study, second_of(study))
    holds = threading.Event()

    def end_access_late(*, study: Study) -> None:
        holds.set()
        # So long that the others stand before the locked row.
        threading.Event().wait(0.5)
        end_access(study=study)

    def revoke() -> None:
        holds.wait(30)
        try:
            revoke_links(panelist=one, actor=actor, now=database_now())
        except StudySealed:
            return

    def leave() -> None:
        holds.wait(30)
        # The sealing has ended this session by then, and nobody is taken out by a session that has ended.
        with pytest.raises(SessionEnded):
            withdraw(panelist=other, holder=holder_of(other), now=database_now())

    monkeypatch.setattr(sealing_service, "end_access", end_access_late)
    assert in_threads(seal, revoke, leave) == []
    assert is_sealed_once(study)
    assert Panelist.objects.filter(pk=other.pk).exists()


def test_mails_that_are_sent_meanwhile_leave_no_link_behind() -> None:
    study = announced()
    deeds = [lambda: send_due_messages(now=database_now()) and None] * 2
    assert in_threads(sealing_of(study, second_of(study)), *deeds) == []
    send_due_messages(now=database_now())
    assert is_sealed_once(study)
