"""The database itself refuses to change what is frozen; a later migration that rebuilds a table must not lose that."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

FROZEN = {
    "feedback_commitment",
    "feedback_groupresult",
    "feedback_result",
    "feedback_roundresult",
    "feedback_surveyresult",
    "rounds_askedoption",
    "rounds_askedstatement",
    "rounds_askedvignette",
    "studies_auditentry",
    "vignettes_lineagestep",
}
# They refuse staff of a study on its panel, and the other way round.
APART = {"accounts_user", "panels_panelist", "studies_studystaff"}


def test_every_frozen_table_refuses_updates_after_all_migrations() -> None:
    where = (
        "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    )
    with connection.cursor() as cursor:
        cursor.execute(where)
        assert {row[0] for row in cursor.fetchall()} == FROZEN | APART
