"""Studies on their way to being sealed, all of it through the real services."""

from django.db import transaction

from surveys.accounts.models import User
from surveys.feedback.services.releasing import finish_study
from surveys.feedback.services.sealing import WAIT, announce_sealing, confirm_sealing
from surveys.panels.services import appoint_staff
from surveys.studies.models import Protocol, Study, StudyStaff
from surveys.studies.queries import database_now
from surveys.studies.services import record
from tests.factories import facilitator_of, hold_round, make_facilitator, make_study


def finished(study: Study) -> Study:
    """The study, finished."""
    finish_study(study=study, actor=facilitator_of(study), reason="All agree.", now=database_now())
    return fresh(study)


def exported(study: Study) -> None:
    """Somebody downloaded an export."""
    with transaction.atomic():
        record(study=study, actor=facilitator_of(study), action="exported", now=database_now(), detail={"form": "json"})


def announced(study: Study | None = None, *, releases_rows: bool = False) -> Study:
    """A finished study whose sealing is announced; with one released round of five panelists where none is given."""
    if study is None:
        study = make_study(panelists=5, statements=1)
        Protocol.objects.filter(study=study).update(releases_rows=releases_rows)
        hold_round(fresh(study))
    study = finished(study)
    exported(study)
    announce_sealing(study=study, actor=facilitator_of(study), now=database_now())
    return fresh(study)


def sealed(study: Study | None = None, *, releases_rows: bool = False) -> Study:
    """A study that is sealed, its key destroyed."""
    return confirmed_by_a_second(announced(study, releases_rows=releases_rows))


def confirmed_by_a_second(study: Study) -> Study:
    """An announced study, sealed as soon as the week is over."""
    now = database_now() + WAIT
    confirm_sealing(study=study, actor=second_of(study), copies_until=now.date(), now=now)
    return fresh(study)


def second_of(study: Study) -> User:
    """A second facilitator of the study, appointed where there is none yet."""
    first = facilitator_of(study)
    roles = StudyStaff.objects.filter(study=study, role=StudyStaff.Role.FACILITATOR).exclude(user=first)
    role = roles.select_related("user").first()
    if role:
        return role.user
    second = make_facilitator()
    appoint_staff(study=study, actor=first, user=second, role=StudyStaff.Role.FACILITATOR, now=database_now())
    return second


def fresh(study: Study) -> Study:
    """The study as the database has it."""
    return Study.objects.select_related("protocol").get(pk=study.pk)
