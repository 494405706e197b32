"""Tables without hidden row numbers, for migrations.

SQLite numbers the rows of an ordinary table in the order of their insertion, which tells who wrote when. A table
WITHOUT ROWID is kept in the order of its random primary key. Other databases are left alone.
"""

from typing import Any

from django.db import migrations


class CreateRowlessModel(migrations.CreateModel):
    """`CreateModel` whose table has no row numbers on SQLite. No later migration may rebuild the table."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        plain = schema_editor.sql_create_table
        schema_editor.sql_create_table = f"{plain} WITHOUT ROWID"
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            schema_editor.sql_create_table = plain
