"""The mails that panelists get: what they say, and that they carry no answer."""

import datetime as dt

import pytest
from django.core import mail

from surveys.panels.models import Message
from surveys.rounds.models import Round
from surveys.rounds.services.mailing import send_due_messages
from surveys.rounds.services.opening import remind
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import audit_head, database_now
from tests.factories import (
    close_and_freeze,
    facilitator_of,
    fill_preferences,
    fill_sheet,
    make_study,
    make_survey_study,
    open_round,
    open_survey,
    release_round,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    study = make_study(panelists=6, statements=1, title="Depression & <more>")
    study.time_zone = "America/Chicago"
    study.save()
    return study


@pytest.fixture
def round(study: Study) -> Round:
    round = open_round(study)
    closes_at = dt.datetime(2097, 10, 4, 22, 0, tzinfo=dt.UTC)
    Round.objects.filter(pk=round.pk).update(closes_at=closes_at, message="Welcome & thank you.")
    return round


def sent(kind: str) -> list[mail.EmailMessage]:
    """Send what waits of this kind and nothing else."""
    Message.objects.exclude(kind=kind).delete()
    mail.outbox.clear()
    send_due_messages(now=database_now())
    return sorted(mail.outbox, key=lambda message: message.body)


def link_line(message: mail.EmailMessage) -> str:
    (line,) = [line for line in str(message.body).splitlines() if "#t=" in line and line.startswith("http")]
    return line


def test_an_invitation_names_study_round_and_deadline_and_carries_the_link(round: Round) -> None:
    invitations = sent(Message.Kind.INVITATION)
    assert len(invitations) == 6
    message = invitations[0]
    assert message.subject == "Depression & <more>: rating round 1 is open"
    assert message.body.startswith("Dear Panelist 01,\n")
    assert "It closes on Friday, October 4, 17:00 (Chicago time)." in message.body
    assert "Welcome & thank you." in message.body
    assert "never what" in message.body
    assert len({link_line(each) for each in invitations}) == 6
    assert "nonymous" not in message.body


def test_a_reminder_tells_holders_of_a_draft_that_it_is_not_counted(study: Study, round: Round) -> None:
    submitted, drafting, *_others = study.panelists.order_by("name")
    fill_sheet(submitted, round, [8])
    fill_sheet(drafting, round, [7], reasons={1: "Because of her age."}, submit=False)
    sent(Message.Kind.INVITATION)
    remind(round=round, actor=facilitator_of(study), now=database_now())
    by_address = {message.to[0]: message for message in sent(Message.Kind.REMINDER)}
    assert submitted.email not in by_address
    assert len(by_address) == 5
    mine = by_address.pop(drafting.email)
    # Whoever reads over a shoulder or in a server's log learns no more from one subject than from another.
    subject = "Depression & <more>: your sheet of rating round 1 is not submitted yet"
    assert {message.subject for message in [mine, *by_address.values()]} == {subject}
    assert "A draft is not counted: open your link and submit it." in mine.body
    assert "Because of her age" not in mine.body
    assert all("draft" not in message.body for message in by_address.values())
    assert all("Friday, October 4, 17:00 (Chicago time)" in message.body for message in [mine, *by_address.values()])


def test_the_mail_about_results_holds_none_of_them(study: Study, round: Round) -> None:
    for panelist in study.panelists.all():
        fill_sheet(panelist, round, [8], reasons={1: "Because of her age."})
    release_round(close_and_freeze(round))
    messages = sent(Message.Kind.RESULTS)
    assert len(messages) == 6
    assert messages[0].subject == "Depression & <more>: the results of rating round 1"
    assert "Because of her age" not in messages[0].body
    head = audit_head(study.pk)
    entries = AuditEntry.objects.filter(study=study)
    assert entries.latest("number").action == "results released"
    assert {f"\n{head}\n" in str(message.body) for message in messages} == {True}
    assert f"({entries.count()} entries)" in messages[0].body
    rest = str(messages[0].body).replace(link_line(messages[0]), "").replace(head, "")
    assert "8" not in rest.replace(f"({entries.count()} entries)", "")


def test_the_mails_of_an_option_survey_speak_of_it_and_of_answers() -> None:
    study = make_survey_study(panelists=5)
    round = open_survey(study)
    (invitation, *_others) = sent(Message.Kind.INVITATION)
    assert invitation.subject == "First choices: option survey 1 is open"
    assert "Option survey 1 is open." in invitation.body
    remind(round=round, actor=facilitator_of(study), now=database_now())
    (reminder, *_others) = sent(Message.Kind.REMINDER)
    assert reminder.subject == "First choices: your sheet of option survey 1 is not submitted yet"
    for panelist in study.panelists.all():
        fill_preferences(panelist, round, {"v1-abstain": "yes"})
    release_round(close_and_freeze(round))
    (results, *_others) = sent(Message.Kind.RESULTS)
    assert results.subject == "First choices: the results of option survey 1"
    for message in (invitation, reminder, results):
        assert "rating" not in str(message.body)
