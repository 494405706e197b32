"""What the servers themselves write while a panelist comes in, saves and meets faults: each as it is really started.

Seen to fail: with `--access-logfile -` gunicorn writes the addresses of the pages, and with logging's own formatter the
fault of the database quotes the statement.
"""

import contextlib
import http.cookiejar
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from surveys.panels.queries import panel_of
from surveys.panels.services import mint_link
from surveys.rounds.models import Round
from surveys.sheets.models import Sheet
from surveys.studies.queries import database_now
from tests import processes
from tests.attacks.seeded import CANARY
from tests.factories import make_study, open_round

pytestmark = pytest.mark.django_db(transaction=True)

GUNICORN = ("-m", "gunicorn", "delphi.wsgi", "--worker-class", "gthread", "--workers", "2", "--threads", "8")
SERVERS = {"waitress": ("manage.py", "up"), "gunicorn": GUNICORN}


QUOTED = "FAULT-a1f0"


class Person:
    """Somebody at a real browser's other end: cookies, forms and all, over the network."""

    def __init__(self, port: int) -> None:
        self.token = ""
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.base = f"http://127.0.0.1:{port}"

    def get(self, path: str) -> tuple[int, str]:
        """Status and content."""
        return self._answer(urllib.request.Request(self.base + path))  # noqa: S310  http, on this machine

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        """Status and content of what follows a form that was sent."""
        if not self.token:
            (self.token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get("/panel/")[1]))
        data = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": self.token}).encode()
        return self._answer(urllib.request.Request(self.base + path, data=data))  # noqa: S310

    def _answer(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with self.opener.open(request, timeout=60) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()


def wait_for(port: int) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + processes.PATIENCE
    while time.monotonic() < deadline:
        try:
            if Person(port).get("/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError


@contextlib.contextmanager
def failing_saves() -> Iterator[None]:
    """A database that refuses each save and quotes what was to be saved."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE FUNCTION refuse_saves() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{QUOTED} %', NEW; END $$"
            )
            refusal = "FOR EACH ROW EXECUTE FUNCTION refuse_saves()"
        else:
            refusal = f"BEGIN SELECT RAISE(ABORT, '{QUOTED}'); END"
        cursor.execute(f"CREATE TRIGGER refuse_saves BEFORE UPDATE ON sheets_sheet {refusal}")
        try:
            yield
        finally:
            on_table = " ON sheets_sheet" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER refuse_saves{on_table}")
            if connection.vendor == "postgresql":
                cursor.execute("DROP FUNCTION refuse_saves()")


def comes_in_and_meets_faults(port: int, secret: str, round: Round) -> None:
    """A panelist saves; the sheet's box is damaged; the database refuses a save. Each time the canary is sent."""
    person, form = Person(port), {"s1": "3", "reason-s1": CANARY, "action": "save"}
    assert person.post("/panel/", code=secret)[0] == 200
    assert person.post("/panel/vignette/1/", **form)[0] == 200
    sheet = Sheet.objects.get(round_id=round.pk)
    Sheet.objects.filter(pk=sheet.pk).update(box=bytes(sheet.box)[::-1])
    assert person.post("/panel/vignette/1/", **form)[0] == 503
    Sheet.objects.filter(pk=sheet.pk).update(box=sheet.box)
    assert Person(port).post("/panel/link/", email="nobody@example.org")[0] == 200
    assert person.get(f"/panel/results/{CANARY}/")[0] == 404
    with failing_saves():
        assert person.post("/panel/vignette/1/", **{**form, "s1": "4"})[0] == 500
    assert person.post("/panel/sign-out/")[0] == 200


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_writes_nothing_of_who_came_when_and_what_they_sent(server: str, tmp_path: Path) -> None:
    study, port, log = make_study(panelists=6, statements=1), processes.free_port(), tmp_path / "log"
    round, panelist = open_round(study), panel_of(study)[0]
    secret = mint_link(panelist=panelist, now=database_now())
    variables = processes.environment(PORT=str(port), EMAIL_URL=f"smtp://127.0.0.1:{processes.free_port()}")
    command = SERVERS[server] if server == "waitress" else (*SERVERS[server], "--bind", f"127.0.0.1:{port}")
    with ExitStack() as stack:
        output = stack.enter_context(log.open("w"))
        process = stack.enter_context(processes.running(*command, variables=variables, stderr=output))
        wait_for(port)
        comes_in_and_meets_faults(port, secret, round)
        process.terminate()
        said = process.communicate(timeout=processes.PATIENCE)[0] + log.read_text()
    assert "BoxTampered" in said
    assert "Traceback" in said
    hidden = [
        CANARY,
        QUOTED,
        secret,
        panelist.email,
        panelist.name,
        "reason-s1",
        "nobody@example.org",
        "GET /",
        "POST /",
    ]
    hidden += ["127.0.0.1 -", panelist.pk.hex, str(panelist.pk), settings.SECRET_KEY]
    assert [each for each in hidden if each in said] == []
    # Of all requests the two that met a fault are spoken of, and nobody is named.
    assert set(re.findall(r"\S*/panel/\S*", said)) == {"/panel/vignette/1/"}
    assert said.count("/panel/vignette/1/") == len(re.findall(r"Service Unavailable|Internal Server Error", said)) == 2
