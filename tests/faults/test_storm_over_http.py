"""The storm once more, from browsers against a server with several threads or processes.

Whoever reads "submitted" is counted with exactly that answer; whoever is late reads it in a 410; nobody meets a fault.
The server is the one that each mode really has: waitress with its schedule on SQLite, gunicorn on PostgreSQL.
Seen to fail: without `in_turn`, panelists on SQLite were answered 503 because the database was locked.
"""

import contextlib
import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from surveys.feedback.services.closing import finish_closing
from surveys.panels.models import Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import mint_link
from surveys.rounds.models import Round
from surveys.sheets.queries import submitted_count
from surveys.studies.queries import database_now
from tests import processes
from tests.factories import facilitator_of, holder_of, make_study, open_round, signed_in
from tests.faults.browsers import answers_at, panelist_at, staff_at, state_in
from tests.faults.storm import Acknowledged, History, any_ratings, check, end_after, in_threads, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

PANELISTS = 10
STATEMENTS = 4


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The port of a server on the test's database."""
    port = processes.free_port()
    command = ("manage.py", "up")
    if connection.vendor == "postgresql":
        served = ("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", "2", "--threads", "8")
        command = ("-m", "gunicorn", "delphi.wsgi", *served, "--worker-tmp-dir", str(tmp_path))
    variables = processes.environment(PORT=str(port), DELPHI_POOL="8")
    said = tmp_path / "server.log"
    with said.open("w") as log, processes.running(*command, variables=variables, stderr=log) as server:
        wait_until(lambda: answers_at(port) or server.poll() is not None)
        yield port
    faults = [line for line in said.read_text().splitlines() if "ERROR" in line or "Traceback" in line]
    assert faults == []


def save_in_a_browser(port: int, panelist: Panelist, secret: str, history: History) -> None:
    """Draft once and then submit, again and again, until a page says that it is too late."""
    browser = panelist_at(port, secret)
    with contextlib.closing(browser):
        for turn in itertools.count():
            if history.over.is_set():
                return
            ratings, submit, began = any_ratings(STATEMENTS), turn > 0, time.monotonic()
            fields = {f"s{number}": choice for number, choice in enumerate(ratings, start=1)}
            action = {"action": "submit" if submit else "save"}
            status, content = browser.post("/panel/vignette/1/", {**fields, **action}, fetched=True)
            if status == 410:
                history.too_late.append(panelist.pk)
                return
            assert (status, state_in(content)) == (200, "submitted" if submit else "draft")
            history.acknowledged.append(Acknowledged(panelist.pk, ratings, submit, began, time.monotonic()))


def close_in_a_browser(port: int, session: str, round: Round, history: History) -> None:
    """Press the facilitator's button in the thick of the storm."""
    try:
        page = f"/studies/{round.study.slug}/rounds/{round.number}/close/"
        with contextlib.closing(staff_at(port, session, page)) as browser:
            wait_until(lambda: submitted_count(round.pk) == PANELISTS)
            history.asked_to_close = time.monotonic()
            assert browser.post(page, {})[0] == 302
            history.closed = time.monotonic()
    finally:
        end_after(5, history)


def test_whoever_reads_that_it_is_submitted_is_counted(port: int) -> None:
    study = make_study(panelists=PANELISTS, statements=STATEMENTS)
    round, panel, now = open_round(study), list(panel_of(study)), database_now()
    secrets = {panelist: mint_link(panelist=panelist, now=now) for panelist in panel}
    session = signed_in(facilitator_of(study)).cookies["sessionid"].value
    history = History()
    faults = in_threads(
        lambda: close_in_a_browser(port, session, round, history),
        *(
            lambda panelist=panelist: save_in_a_browser(  # type: ignore[misc]
                port, panelist, secrets[panelist], history
            )
            for panelist in panel
        ),
    )
    assert faults == []
    if connection.vendor == "postgresql":
        finish_closing(round_id=round.pk)
    wait_until(lambda: Round.objects.get(pk=round.pk).status == Round.Status.CLOSED)
    check(round, [holder_of(panelist) for panelist in panel], STATEMENTS, history)
    assert history.while_closing() <= 6 * PANELISTS
