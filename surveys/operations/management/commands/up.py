"""Bring the embedded installation up."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.urls import reverse

from surveys.accounts.queries import no_account_yet
from surveys.operations.server import serve
from surveys.pages.setup_code import setup_code


class Command(BaseCommand):
    help = "Migrates the database, serves on PORT and runs the schedule, in one process, until TERM or INT."

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, then serve. Exits 2 where the port is taken."""
        call_command("migrate", interactive=False, verbosity=0)
        serve(settings.PORT, ready=self._say_where)

    def _say_where(self) -> None:
        self.stdout.write(f"Serving on {settings.DELPHI_BASE_URL}; Ctrl-C ends it.")
        if no_account_yet():
            first_run = f"{settings.DELPHI_BASE_URL}{reverse('pages:first_run')}"
            self.stdout.write(f"Make the first administrator at {first_run} with the set-up code {setup_code()}")
        self.stdout.flush()
