"""Sealing: two people, a week, and then a key that is gone for the database of today and for that of last week."""

import datetime as dt
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core import mail

from surveys.feedback.checklist import blockers_to_sealing
from surveys.feedback.models import Sealing
from surveys.feedback.services import sealing as sealing_service
from surveys.feedback.services.sealing import (
    WAIT,
    NotReadyToSeal,
    SealingError,
    announce_sealing,
    call_off_sealing,
    confirm_sealing,
    finish_sealings,
)
from surveys.panels.models import AddressChange, LinkToken, Message, Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import (
    StudySealed,
    correct_panelist,
    mint_link,
    panelist_with,
    remove_panelist,
    revoke_links,
    send_link_again,
)
from surveys.rounds.services.mailing import request_link, send_due_messages, serve_link_requests
from surveys.rounds.services.opening import RoundError, draft_round
from surveys.sheets.keystore import KeyDestroyed, destroy_study_key, key_fingerprint, study_keys
from surveys.sheets.models import Sheet
from surveys.sheets.queries import own_sheet
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import database_now
from tests.factories import (
    facilitator_of,
    hold_round,
    holder_of,
    make_administrator,
    make_author,
    make_facilitator,
    make_study,
    open_round,
)
from tests.feedback.sealing import announced, exported, finished, sealed, second_of

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def actions(study: Study) -> list[str]:
    """What the audit chain says, in order."""
    return list(AuditEntry.objects.filter(study=study).order_by("number").values_list("action", flat=True))


def seal(study: Study, by: Any = None, now: dt.datetime | None = None) -> None:
    """Confirm the sealing when the week is over."""
    moment = now or database_now() + WAIT
    confirm_sealing(study=study, actor=by or second_of(study), copies_until=(moment + DAY).date(), now=moment)


def test_a_running_study_cannot_be_sealed_and_is_told_all_that_it_lacks() -> None:
    study = make_study(panelists=5, statements=1)
    hold_round(study, released=False)
    assert blockers_to_sealing(study) == [
        "Finish the study",
        "Release the results of every round to the panel",
        "Have an administrator of this installation download an export of the results",
    ]
    with pytest.raises(NotReadyToSeal):
        announce_sealing(study=study, actor=facilitator_of(study), now=database_now())
    assert not Sealing.objects.exists()


def test_an_open_round_stands_in_the_way() -> None:
    study = make_study(panelists=5, statements=1)
    open_round(study)
    assert "Close or cancel the round that has not closed" in blockers_to_sealing(study)


def test_an_export_from_before_the_last_result_does_not_do() -> None:
    study = make_study(panelists=5, statements=1)
    hold_round(study)
    exported(study)
    hold_round(study)
    study = finished(study)
    assert len(blockers_to_sealing(study)) == 1
    exported(study)
    assert blockers_to_sealing(study) == []


def test_an_announcement_gives_the_panel_a_week_and_a_mail() -> None:
    study = announced()
    sealing = Sealing.objects.get(study=study)
    assert sealing.not_before - sealing.announced_at == dt.timedelta(days=7)
    assert sealing.key_fingerprint == key_fingerprint(study.pk)
    send_due_messages(now=database_now())
    sent = [message for message in mail.outbox if "about to be destroyed" in message.subject]
    assert sorted(message.to[0] for message in sent) == sorted(panel_of(study).values_list("email", flat=True))
    body = " ".join(str(sent[0].body).split())
    assert "Sealing destroys the key" in body
    assert "“Your answers as counted”" in body
    assert "#t=" in body


def test_the_mail_says_how_to_stay_out_of_a_dataset_that_was_promised() -> None:
    study = announced(releases_rows=True)
    send_due_messages(now=database_now())
    assert "withdraw from the study before that day" in " ".join(str(mail.outbox[-1].body).split())
    assert study.protocol.releases_rows


def test_a_demonstration_waits_for_nobody() -> None:
    study = finished(make_and_hold())
    Study.objects.filter(pk=study.pk).update(is_demonstration=True)
    exported(study)
    now = database_now()
    announce_sealing(study=study, actor=facilitator_of(study), now=now)
    seal(study, now=now)
    assert Study.objects.get(pk=study.pk).status == Study.Status.SEALED


def make_and_hold() -> Study:
    """A study with one released round."""
    study = make_study(panelists=5, statements=1)
    hold_round(study)
    return study


def test_the_key_is_named_in_the_chain_from_before_the_first_answer() -> None:
    study = make_study(panelists=5, statements=1)
    open_round(study)
    made = AuditEntry.objects.get(study=study, action="key made")
    assert made.detail == {"fingerprint": key_fingerprint(study.pk)}
    assert made.number < AuditEntry.objects.get(study=study, action="round opened").number


def test_another_key_than_the_one_that_was_made_is_not_sealed_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    study = finished(make_and_hold())
    exported(study)
    monkeypatch.setattr(sealing_service, "key_fingerprint", lambda _study_id: "0" * 64)
    with pytest.raises(SealingError, match="another key"):
        announce_sealing(study=study, actor=facilitator_of(study), now=database_now())


def test_it_is_not_announced_twice() -> None:
    study = announced()
    with pytest.raises(SealingError, match="announced already"):
        announce_sealing(study=study, actor=facilitator_of(study), now=database_now())


def test_whoever_announced_it_does_not_confirm_it() -> None:
    study = announced()
    announcer = facilitator_of(study)
    announcer.email = announcer.email.upper()
    with pytest.raises(SealingError, match="second person"):
        seal(study, by=announcer)
    assert Study.objects.get(pk=study.pk).status == Study.Status.FINISHED


def test_nobody_from_outside_and_no_author_confirms_it() -> None:
    study = announced()
    for stranger in (make_facilitator(), make_author(study)):
        with pytest.raises(SealingError, match="another facilitator"):
            seal(study, by=stranger)
    study_keys(study.pk)


def test_an_administrator_may_be_the_second_person() -> None:
    study = announced()
    seal(study, by=make_administrator())
    assert Study.objects.get(pk=study.pk).status == Study.Status.SEALED


def test_before_the_week_is_over_nobody_confirms_it() -> None:
    study = announced()
    announced_at = Sealing.objects.get(study=study).announced_at
    with pytest.raises(SealingError, match="not over yet"):
        seal(study, now=announced_at + WAIT - dt.timedelta(seconds=1))
    study_keys(study.pk)
    seal(study, now=announced_at + WAIT)
    with pytest.raises(KeyDestroyed):
        study_keys(study.pk)


def test_copies_are_not_said_to_have_ended_in_the_past() -> None:
    study = announced()
    now = database_now() + WAIT
    with pytest.raises(SealingError, match="today or later"):
        confirm_sealing(study=study, actor=second_of(study), copies_until=(now - DAY).date(), now=now)


def test_what_is_not_announced_cannot_be_confirmed_or_called_off() -> None:
    study = finished(make_and_hold())
    with pytest.raises(SealingError, match="not announced"):
        seal(study)
    with pytest.raises(SealingError, match="not announced"):
        call_off_sealing(study=study, actor=second_of(study), now=database_now())


def test_calling_it_off_tells_the_panel_and_leaves_everything() -> None:
    study = announced()
    send_due_messages(now=database_now())
    mail.outbox.clear()
    call_off_sealing(study=study, actor=facilitator_of(study), now=database_now())
    send_due_messages(now=database_now())
    assert {message.subject.split(": ")[1] for message in mail.outbox} == {"the sealing is called off"}
    assert len(mail.outbox) == panel_of(study).count()
    assert not Sealing.objects.filter(study=study).exists()
    study_keys(study.pk)
    assert actions(study)[-1] == "sealing called off"


def test_sealing_leaves_no_sheet_no_link_no_session_and_no_key() -> None:
    study, other = announced(), make_and_hold()
    panelist = panel_of(study)[0]
    secret = mint_link(panelist=panelist, now=database_now())
    AddressChange.objects.create(panelist=panelist, email="new@example.org")
    own = Sheet.objects.filter(round_id__in=study.rounds.values("pk"))
    assert own.count() == 5
    kept = Sheet.objects.exclude(pk__in=own.values("pk")).count()
    epochs = dict(panel_of(study).values_list("pk", "token_epoch"))
    seal(study)
    assert not own.exists()
    assert Sheet.objects.count() == kept == 5
    assert not LinkToken.objects.filter(panelist__study=study).exists()
    assert panelist_with(secret=secret, now=database_now()) is None
    assert not AddressChange.objects.exists()
    assert not Message.objects.filter(study=study).exclude(state=Message.State.DONE).exists()
    assert {pk: epoch + 1 for pk, epoch in epochs.items()} == dict(panel_of(study).values_list("pk", "token_epoch"))
    with pytest.raises(KeyDestroyed):
        study_keys(study.pk)
    study_keys(other.pk)


def test_the_chain_says_who_did_what_and_which_key_is_gone() -> None:
    study = sealed()
    assert [deed for deed in actions(study) if deed != "staff added"][-3:] == [
        "sealing announced",
        "study sealed",
        "key destroyed",
    ]
    sealing = Sealing.objects.get(study=study)
    last = AuditEntry.objects.filter(study=study).order_by("number").last()
    assert last is not None
    assert last.detail == {"fingerprint": sealing.key_fingerprint}
    assert last.at == sealing.key_destroyed_at
    assert sealing.announced_by == facilitator_of(study).email != sealing.confirmed_by


def test_it_is_sealed_once() -> None:
    study = sealed()
    before = actions(study)
    with pytest.raises(SealingError, match="sealed already"):
        seal(study, by=make_administrator())
    with pytest.raises(SealingError, match="sealed already"):
        call_off_sealing(study=study, actor=facilitator_of(study), now=database_now())
    with pytest.raises(SealingError):
        announce_sealing(study=study, actor=facilitator_of(study), now=database_now())
    assert finish_sealings() == 0
    assert actions(study) == before


def test_what_was_interrupted_before_the_key_went_is_finished_by_the_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    study = announced()
    with monkeypatch.context() as killed:
        killed.setattr(sealing_service, "finish_sealings", lambda: 0)
        seal(study)
    assert Study.objects.get(pk=study.pk).status == Study.Status.SEALED
    study_keys(study.pk)
    assert finish_sealings() == 1
    with pytest.raises(KeyDestroyed):
        study_keys(study.pk)
    assert actions(study).count("key destroyed") == 1


def test_what_was_interrupted_after_the_key_went_is_noted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    study = announced()

    def breaks_off(**_: Any) -> None:
        raise InterruptedError

    with monkeypatch.context() as killed:
        killed.setattr(sealing_service, "tidy", breaks_off)
        with pytest.raises(InterruptedError):
            seal(study)
    assert Sealing.objects.get(study=study).key_destroyed_at is None
    assert finish_sealings() == 1
    assert finish_sealings() == 0
    assert actions(study).count("key destroyed") == 1


def test_a_key_that_cannot_be_deleted_now_is_deleted_later(monkeypatch: pytest.MonkeyPatch) -> None:
    study = announced()

    def read_only(_study_id: uuid.UUID) -> None:
        raise PermissionError

    with monkeypatch.context() as broken:
        broken.setattr(sealing_service, "destroy_study_key", read_only)
        seal(study)
    assert Sealing.objects.get(study=study).key_destroyed_at is None
    assert finish_sealings() == 1


def test_a_lost_key_does_not_keep_a_study_from_being_sealed() -> None:
    study = finished(make_and_hold())
    exported(study)
    noted = key_fingerprint(study.pk)
    destroy_study_key(study.pk)
    announce_sealing(study=study, actor=facilitator_of(study), now=database_now())
    seal(study)
    assert Sealing.objects.get(study=study).key_fingerprint == noted


def test_after_sealing_the_panel_stays_and_gets_no_mail() -> None:
    study = announced()
    panelist, actor, now = panel_of(study)[0], facilitator_of(study), database_now()
    late = Message.objects.get(study=study, panelist=panelist, kind=Message.Kind.SEALING)
    seal(study)
    deeds: list[Callable[..., None]] = [revoke_links, send_link_again, remove_panelist]
    for refused in [*deeds, partial(correct_panelist, name="X", group="")]:
        with pytest.raises(StudySealed):
            refused(panelist=panelist, actor=actor, now=now)
    with pytest.raises(RoundError):
        draft_round(study=study, actor=actor, now=now)
    # One that another sender had in hand at that moment.
    late.save(force_insert=True)
    mail.outbox.clear()
    request_link(address=panelist.email)
    send_due_messages(now=database_now())
    serve_link_requests(now=database_now())
    assert mail.outbox == []
    assert not LinkToken.objects.filter(panelist__study=study).exists()
    assert Panelist.objects.filter(study=study).count() == 5


def test_an_older_copy_of_the_tables_opens_nothing() -> None:
    study = announced()
    round = study.rounds.get()
    panelist = panel_of(study)[0]
    holder, rows = holder_of(panelist), list(Sheet.objects.filter(round_id=round.pk))
    assert own_sheet(holder, round.pk).answer_to(1).choice == "8"
    seal(study)
    Sheet.objects.bulk_create(rows)
    Study.objects.filter(pk=study.pk).update(status=Study.Status.FINISHED)
    with pytest.raises(KeyDestroyed):
        own_sheet(holder, round.pk)
