"""The database itself refuses a panelist with the address of somebody who works on the study, and the other way round."""

from typing import Any

from django.db import migrations

WHY = "whoever works on a study is none of its panelists"
# By table: what it is called when, and which address stands against which.
_WORKS_ON_IT = (
    "SELECT 1 FROM studies_studystaff AS staff JOIN accounts_user AS staff_user ON staff_user.id = staff.user_id "
    "WHERE staff.study_id = NEW.study_id AND lower(staff_user.email) = lower(NEW.email)"
)
_RATES_IN_IT = (
    "SELECT 1 FROM panels_panelist AS panelist JOIN accounts_user AS staff_user ON staff_user.id = NEW.user_id "
    "WHERE panelist.study_id = NEW.study_id AND lower(panelist.email) = lower(staff_user.email)"
)
_MOVES_INTO_IT = (
    "SELECT 1 FROM panels_panelist AS panelist JOIN studies_studystaff AS staff ON staff.study_id = panelist.study_id "
    "WHERE staff.user_id = NEW.id AND lower(panelist.email) = lower(NEW.email)"
)
GUARDS = (
    ("panels_panelist", "email", _WORKS_ON_IT),
    ("studies_studystaff", "user_id", _RATES_IN_IT),
    ("accounts_user", "email", _MOVES_INTO_IT),
)


def forwards(apps: Any, schema_editor: Any) -> None:
    for table, column, clash in GUARDS:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                f"CREATE FUNCTION {table}_refuse_staff() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN IF EXISTS ({clash}) THEN RAISE EXCEPTION '{WHY}'; END IF; RETURN NEW; END $$"
            )
            schema_editor.execute(
                f"CREATE TRIGGER {table}_apart BEFORE INSERT OR UPDATE OF {column} ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse_staff()"
            )
            continue
        for moment, name in (("INSERT", "inserted"), (f"UPDATE OF {column}", "updated")):
            schema_editor.execute(
                f"CREATE TRIGGER {table}_apart_{name} BEFORE {moment} ON {table} "
                f"WHEN EXISTS ({clash}) BEGIN SELECT RAISE(ABORT, '{WHY}'); END"
            )


def backwards(apps: Any, schema_editor: Any) -> None:
    for table, _column, _clash in GUARDS:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP TRIGGER {table}_apart ON {table}")
            schema_editor.execute(f"DROP FUNCTION {table}_refuse_staff()")
        else:
            schema_editor.execute(f"DROP TRIGGER {table}_apart_inserted")
            schema_editor.execute(f"DROP TRIGGER {table}_apart_updated")


class Migration(migrations.Migration):
    dependencies = [
        ("panels", "0003_consent_and_addresses"),
        ("studies", "0004_notice_and_groups"),
        ("accounts", "0001_initial"),
    ]
    operations = [migrations.RunPython(forwards, backwards)]
