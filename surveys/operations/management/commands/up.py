"""Bring the embedded installation up."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse

from surveys.accounts.queries import no_account_yet
from surveys.operations.server import serve
from surveys.pages.setup_code import setup_code


class Command(BaseCommand):
    help = "Migrates the database, serves on PORT and runs the schedule, in one process, until TERM or INT."

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate where anything is to be migrated, then serve. Exits 2 where the port is taken."""
        if _is_behind():
            call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        serve(settings.PORT, ready=self._say_where)

    def _say_where(self) -> None:
        self.stdout.write(f"Serving on {settings.DELPHI_BASE_URL}; Ctrl-C ends it.")
        if no_account_yet():
            first_run = f"{settings.DELPHI_BASE_URL}{reverse('pages:first_run')}"
            self.stdout.write(f"Make the first administrator at {first_run} with the set-up code {setup_code()}")
        self.stdout.flush()


def _is_behind() -> bool:
    """Whether the database lacks a migration; asking takes a tenth of a migration that finds nothing to do."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
