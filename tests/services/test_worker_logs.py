"""What a worker writes at its most talkative, while mail goes out and a task breaks: no link, no name, no value.

Seen to fail: with logging's own formatter the fault of the database quotes the row.
"""

import contextlib
import datetime as dt
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection

from surveys.feedback.models import RoundResult
from surveys.panels.models import Message
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.studies.queries import database_now
from tests import processes
from tests.attacks.seeded import CANARY
from tests.factories import fill_sheet, make_study, open_round
from tests.services.conftest import Celeries, Post, wait_until

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

PANELISTS = 6
QUOTED = "FAULT-77ce"


@contextlib.contextmanager
def failing_freezes() -> Iterator[None]:
    """A database that refuses each result and quotes it."""
    table = RoundResult._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse_results() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{QUOTED} %', NEW; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER refuse_results BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_results()"
        )
        try:
            yield
        finally:
            cursor.execute(f"DROP TRIGGER refuse_results ON {table}")
            cursor.execute("DROP FUNCTION refuse_results()")


def test_a_worker_at_debug_writes_nothing_of_anybody(celeries: Celeries, post: Post) -> None:
    study = make_study(panelists=PANELISTS, statements=1)
    panel = list(panel_of(study))
    refused = panel[-1].email
    post.refuses = {refused: "550 no such person"}
    round = open_round(study, days=1)
    worker = celeries.start("--loglevel", "DEBUG", "--task-events")
    celeries.send_messages()
    wait_until(lambda: not Message.objects.exclude(state=Message.State.DONE).exists())
    secrets = [post.secret_for(panelist.email) for panelist in panel[:-1]]
    for panelist in panel:
        fill_sheet(panelist, round, [7], reasons={1: CANARY})
    Round.objects.filter(pk=round.pk).update(closes_at=database_now() - dt.timedelta(minutes=5))
    with failing_freezes():
        celeries.send("surveys.feedback.tasks.close_due_rounds")
        wait_until(lambda: Round.objects.get(pk=round.pk).status == Round.Status.CLOSING)
        celeries.send("surveys.feedback.tasks.tally_closing_rounds")
        wait_until(lambda: "Traceback" in celeries.log.read_text())
    celeries.send("surveys.feedback.tasks.tally_closing_rounds")
    wait_until(lambda: Round.objects.get(pk=round.pk).status == Round.Status.CLOSED)
    processes.end(worker)
    said = celeries.log.read_text()
    assert "django.db.utils." in said
    hidden = [CANARY, QUOTED, *secrets, *(panelist.email for panelist in panel), *(panelist.name for panelist in panel)]
    hidden += [form for panelist in panel for form in (str(panelist.pk), panelist.pk.hex)]
    hidden += [settings.SECRET_KEY, settings.DELPHI_MASTER_KEY.hex()]
    assert [each for each in hidden if each in said] == []
