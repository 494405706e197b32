"""Load the demonstration, and serve it."""

import json
import os
import sys
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from delphi.environment import is_loopback
from surveys.operations.demonstration.content import read_content
from surveys.operations.demonstration.loading import Demonstration, load_demonstration
from surveys.operations.demonstration.staff import Account
from surveys.operations.demonstration.synthetic import MOST_PANELISTS, MOST_STATEMENTS, load_synthetic
from surveys.operations.refusal import Refusal, whole_number
from surveys.operations.server import serve
from surveys.rounds.services.opening import NotReady

STATEMENTS = 10
MOST_LISTED = 20


class Command(BaseCommand):
    help = (
        "Loads the demonstration, taking an earlier one away, and serves it on PORT until TERM or INT. With "
        "--panelists and --statements it makes a synthetic study instead. Migrates the database by itself."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take numbers as text: what is wrong is then told in one sentence, without usage."""
        parser.add_argument("--json", action="store_true", help="print one JSON object and do not serve")
        parser.add_argument("--panelists", metavar="N", help="a synthetic study with so many panelists")
        parser.add_argument("--statements", metavar="M", help=f"and so many statements ({STATEMENTS} unless given)")
        parser.add_argument("--open", action="store_true", help="open its round 1")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, then print the JSON or serve. Bad input and an address for others exit 2 with one sentence."""
        try:
            _check_address()
            size = _size(options)
            if not options["json"]:
                _run_as_demonstration()
            call_command("migrate", interactive=False, verbosity=0)
            loaded = _load(size, opened=options["open"])
        except Refusal as refusal:
            self.stderr.write(str(refusal))
            sys.exit(refusal.code)
        if options["json"]:
            self.stdout.write(json.dumps(_contract(loaded), ensure_ascii=False))
        else:
            serve(settings.PORT, ready=lambda: self._say(loaded))

    def _say(self, loaded: Demonstration) -> None:
        self.stdout.write("\n".join(_lines(loaded)))
        self.stdout.flush()


def _check_address() -> None:
    """Known accounts whose passwords are printed must not stand where other machines reach them."""
    if not is_loopback(urlsplit(settings.DELPHI_BASE_URL)):
        raise Refusal(
            f"The demonstration is for this machine alone, and DELPHI_BASE_URL is {settings.DELPHI_BASE_URL}."
        )


def _size(options: dict[str, Any]) -> tuple[int, int] | None:
    """Panelists and statements of a synthetic study, or None for the demonstration."""
    if options["panelists"] is None:
        if options["statements"] is not None or options["open"]:
            raise Refusal("A synthetic study needs --panelists N.")
        return None
    panelists = whole_number(options["panelists"], what="a number of panelists", most=MOST_PANELISTS)
    given = options["statements"]
    statements = STATEMENTS if given is None else given
    return panelists, whole_number(statements, what="a number of statements", most=MOST_STATEMENTS)


def _run_as_demonstration() -> None:
    """Start over with DELPHI_DEMO set, so that mail stays in memory: settings are read once, at the start."""
    if not settings.DELPHI_DEMO:
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "DELPHI_DEMO": "1"})  # noqa: S606


def _load(size: tuple[int, int] | None, *, opened: bool) -> Demonstration:
    content = read_content()
    try:
        if size is None:
            return load_demonstration(content)
        panelists, statements = size
        return load_synthetic(content, panelists=panelists, statements=statements, opened=opened)
    except NotReady as fault:
        raise Refusal(" ".join(f"{sentence.removesuffix('.')}." for sentence in fault.blockers)) from fault


def _contract(loaded: Demonstration) -> dict[str, Any]:
    """The object that other programs read; its names are a contract."""
    return {
        "facilitator": _account(loaded.facilitator),
        "administrator": _account(loaded.administrator),
        "study": loaded.study.slug,
        "open_study": loaded.open_study.slug,
        "panelists": [{"email": one.panelist.email, "link": one.link} for one in loaded.panel],
    }


def _account(account: Account) -> dict[str, str]:
    return {"email": account.user.email, "password": account.password}


def _lines(loaded: Demonstration) -> list[str]:
    base = settings.DELPHI_BASE_URL
    listed = loaded.panel[:MOST_LISTED]
    widest = max(len(one.panelist.name) for one in listed)
    more = len(loaded.panel) - len(listed)
    return [
        "The demonstration is loaded. All its answers are simulated.",
        "",
        f"Sign in at {base}/",
        *(
            f"  {role:<14} {account.user.email:<32} {account.password}"
            for role, account in (("Facilitator", loaded.facilitator), ("Administrator", loaded.administrator))
        ),
        "",
        f"“{loaded.open_study.title}”: a personal link for each panelist",
        *(f"  {one.panelist.name:<{widest}}  {one.link}" for one in listed),
        *([f"  and {more} more; --json prints them all"] if more else []),
        "",
        f"Serving on {base}; Ctrl-C ends it.",
    ]
