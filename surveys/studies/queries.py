"""Reads of studies, and the database's clock."""

import datetime as dt
import uuid

from django.db import connection
from django.db.models import QuerySet

from surveys.accounts.models import User
from surveys.studies.models import AuditEntry, Declarations, Study, StudyStaff

DECLARED = ("panel", "conflicts_of_interest", "funding", "data_availability", "ai_use")
RESULTS_RELEASED = "results released"


def database_now() -> dt.datetime:
    """The database's clock, in UTC: the one clock by which rounds open and close."""
    sql = (
        "SELECT clock_timestamp()"
        if connection.vendor == "postgresql"
        else "SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        value = cursor.fetchone()[0]
    moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)
    return moment.astimezone(dt.UTC)


def studies_of(user: User) -> QuerySet[Study]:
    """The studies on which this member of staff works; an administrator reaches all of them elsewhere."""
    return Study.objects.filter(staff_roles__user=user).distinct()


def role_in(study: Study, user: User) -> str | None:
    """`facilitator` or `author`, or None for somebody who does not work on this study."""
    return StudyStaff.objects.filter(study=study, user=user).values_list("role", flat=True).first()


def audit_trail(study: Study) -> QuerySet[AuditEntry]:
    """What staff did to a study, newest first; for its facilitators."""
    return AuditEntry.objects.filter(study=study).order_by("-number")


def release_entry(study_id: uuid.UUID, released_at: dt.datetime | None) -> AuditEntry | None:
    """The entry of the release at this moment, whose digest pages and mails of these results print; None before it."""
    if released_at is None:
        return None
    found = AuditEntry.objects.filter(study_id=study_id, action=RESULTS_RELEASED, at=released_at)
    return found.order_by("number").last()


def declarations_of(study: Study) -> Declarations:
    """What the study declares; empty texts where nothing was written yet."""
    return Declarations.objects.filter(study=study).first() or Declarations(study=study)


def declared(declarations: Declarations) -> dict[str, str]:
    """The texts of the declarations by name, in their order."""
    return {name: getattr(declarations, name) for name in DECLARED}
