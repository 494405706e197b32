"""Tables whose rows never change once they are written, for migrations: the database itself refuses.

Deleting is left to erasure, rehearsals and reloads.
"""

from typing import Any

from django.db import migrations


def refuse_updates(table: str, why: str) -> migrations.RunPython:
    """A migration's operation after which every UPDATE of the table fails with `why`, a phrase without quotes."""

    def forwards(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001  Django calls it so
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                f"CREATE FUNCTION {table}_refuse_update() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{why}'; END $$"
            )
            refusal = f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse_update()"
        else:
            refusal = f"BEGIN SELECT RAISE(ABORT, '{why}'); END"
        schema_editor.execute(f"CREATE TRIGGER {table}_is_frozen BEFORE UPDATE ON {table} {refusal}")

    def backwards(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP TRIGGER {table}_is_frozen ON {table}")
            schema_editor.execute(f"DROP FUNCTION {table}_refuse_update()")
        else:
            schema_editor.execute(f"DROP TRIGGER {table}_is_frozen")

    return migrations.RunPython(forwards, backwards)
