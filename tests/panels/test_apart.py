"""Who runs or writes a study never rates in it: the database itself keeps the two apart."""

import pytest
from django.db import DatabaseError, connection, transaction

from surveys.accounts.models import User
from surveys.panels.models import Panelist
from surveys.studies.models import StudyStaff
from tests import factories

pytestmark = pytest.mark.django_db


def refused(sql: str, *values: object) -> None:
    with (
        pytest.raises(DatabaseError, match="none of its panelists"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, values)


def test_no_row_makes_a_facilitator_a_panelist() -> None:
    study = factories.make_study(panelists=1, statements=1)
    staff = factories.facilitator_of(study)
    with pytest.raises(DatabaseError, match="none of its panelists"), transaction.atomic():
        Panelist.objects.create(study=study, name="Me", email=staff.email.upper())
    refused("UPDATE panels_panelist SET email = %s", staff.email)


def test_no_row_makes_a_panelist_a_facilitator() -> None:
    study = factories.make_study(panelists=1, statements=1)
    panelist = Panelist.objects.get(study=study)
    user = factories.make_facilitator(email=panelist.email.upper())
    with pytest.raises(DatabaseError, match="none of its panelists"), transaction.atomic():
        StudyStaff.objects.create(study=study, user=user, role="facilitator")
    refused("UPDATE studies_studystaff SET user_id = %s", user.pk)
    refused("UPDATE accounts_user SET email = %s WHERE id = (SELECT user_id FROM studies_studystaff)", panelist.email)


def test_in_another_study_they_may() -> None:
    study, other = factories.make_study(panelists=1, statements=1), factories.make_study(panelists=1, statements=1)
    staff = factories.facilitator_of(study)
    Panelist.objects.create(study=other, name="Me", email=staff.email)
    assert User.objects.filter(email=staff.email).exists()
