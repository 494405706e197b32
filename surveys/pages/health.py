"""Whether the installation is alive, and whether it is ready."""

import os
import uuid
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from surveys.sheets import keystore


def database_answers() -> bool:
    """Whether a statement comes back from the database."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    except DatabaseError:
        return False


def keystore_opens() -> bool:
    """Whether keys can be made, and a key that is there was wrapped by this installation's master key."""
    folder = Path(settings.DELPHI_KEYSTORE)
    if not folder.exists():
        return os.access(folder.parent, os.W_OK | os.X_OK)
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return False
    try:
        kept = next(folder.glob("*.key"), None)
        if kept is not None:
            keystore.study_keys(uuid.UUID(hex=kept.stem))
    except keystore.KeyDestroyed:
        # A study was sealed between the two looks at the folder.
        return True
    except (keystore.KeyStoreError, ValueError, OSError):
        return False
    return True


def migrations_applied() -> bool:
    """Whether the database has every migration that this code knows."""
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return False


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, 503 when it does not."""
    alive = database_answers()
    return JsonResponse({"database": alive}, status=200 if alive else 503)


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, the keystore opens and every migration is applied; 503 otherwise."""
    alive = database_answers()
    parts = {
        "database": alive,
        "keystore": keystore_opens(),
        "migrations": alive and migrations_applied(),
    }
    return JsonResponse(parts, status=200 if all(parts.values()) else 503)
