"""The database itself refuses to change a frozen result. Deleting is left to erasure, rehearsals and reloads."""

from typing import Any

from django.db import migrations

TABLES = ("feedback_result", "feedback_roundresult")


def forwards(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE FUNCTION feedback_refuse_update() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'a frozen result never changes'; END $$"
        )
    for table in TABLES:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                f"CREATE TRIGGER {table}_is_frozen BEFORE UPDATE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION feedback_refuse_update()"
            )
        else:
            schema_editor.execute(
                f"CREATE TRIGGER {table}_is_frozen BEFORE UPDATE ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'a frozen result never changes'); END"
            )


def backwards(apps: Any, schema_editor: Any) -> None:
    for table in TABLES:
        on_table = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER {table}_is_frozen{on_table}")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION feedback_refuse_update()")


class Migration(migrations.Migration):
    dependencies = [("feedback", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards)]
