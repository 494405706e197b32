"""Mail that really leaves: through a Celery worker on PostgreSQL and Redis, to a mail server.

Seen to fail: without the condition in `claim`, sweeps that ran at once sent mails twice; without the look at claims
that have run out, a killed worker's mail was never sent.
"""

import datetime as dt
import signal
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from django.test import Client
from redis import Redis

from surveys.panels.models import LinkRequest, LinkToken, Message, Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import revoke_links
from surveys.rounds.services.opening import remind
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from tests import processes
from tests.attacks.seeded import CANARY
from tests.factories import facilitator_of, fill_sheet, make_study, open_round
from tests.services.conftest import Celeries, Ear, Post, wait_until

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

PANELISTS = 8


@pytest.fixture
def study() -> Study:
    """A study whose first round can open."""
    return make_study(panelists=PANELISTS, statements=1)


def addresses_of(panelists: Sequence[Panelist]) -> list[str]:
    """Where they get their mail."""
    return sorted(panelist.email for panelist in panelists)


def everything_is_done() -> bool:
    """Whether no message waits or is under way."""
    return not Message.objects.exclude(state=Message.State.DONE).exists()


def make_due(**which: Any) -> None:
    """Let the time go by until messages that were put off are due again."""
    Message.objects.filter(state=Message.State.PENDING, **which).update(due=database_now() - dt.timedelta(seconds=1))


def enter(secret: str) -> Client:
    """A browser in which somebody has posted this code."""
    browser = Client()
    browser.post("/panel/", {"code": secret})
    return browser


def is_in(browser: Client) -> bool:
    """Whether the browser is signed in."""
    return browser.get("/panel/scale/").status_code == 200


def test_invitations_arrive_and_each_link_lets_its_panelist_in(
    study: Study, celeries: Celeries, post: Post, ear: Ear
) -> None:
    celeries.start()
    round = open_round(study, days=1)
    celeries.send_messages()
    wait_until(lambda: len(post.mails) == PANELISTS and everything_is_done())
    panel = list(panel_of(study))
    assert post.addresses() == addresses_of(panel)
    secrets = {panelist: post.secret_for(panelist.email) for panelist in panel}
    assert len(set(secrets.values())) == PANELISTS
    # Twice: on the telephone too.
    browsers = {panelist: (enter(secret), enter(secret)) for panelist, secret in secrets.items()}
    assert all(is_in(browser) for pair in browsers.values() for browser in pair)
    first, *others = panel
    revoke_links(panelist=first, actor=facilitator_of(study), now=database_now())
    assert not is_in(enter(secrets[first]))
    assert not any(is_in(browser) for browser in browsers[first])
    assert all(is_in(browsers[panelist][0]) and is_in(enter(secrets[panelist])) for panelist in others)
    for panelist in panel:
        fill_sheet(panelist, round, [7], reasons={1: CANARY})
    celeries.send_messages()
    # What goes through Redis: the names of tasks, and nothing of anybody.
    passed = ear.everything()
    assert "send_due_messages" in passed
    hidden = [CANARY, *secrets.values(), *addresses_of(panel), *(panelist.pk.hex for panelist in panel)]
    assert [each for each in hidden if each in passed] == []


def test_a_reminder_reaches_only_those_who_have_not_submitted_and_all_rows_end_alike(
    study: Study, celeries: Celeries, post: Post
) -> None:
    round, panel = open_round(study, days=1), list(panel_of(study))
    Message.objects.all().delete()
    for panelist in panel[:3]:
        fill_sheet(panelist, round, [7])
    fill_sheet(panel[3], round, [7], submit=False)
    celeries.start()
    remind(round=round, actor=facilitator_of(study), now=database_now())
    # One more submits after the reminder was asked for, and before it is sent.
    fill_sheet(panel[4], round, [7])
    tokens = LinkToken.objects.count()
    celeries.send_messages()
    wait_until(everything_is_done)
    assert post.addresses() == addresses_of([panel[3], *panel[5:]])
    assert set(Message.objects.values_list("state", "attempts", "claimed_at")) == {(Message.State.DONE, 1, None)}
    assert LinkToken.objects.count() == tokens + PANELISTS


def test_while_the_mail_server_is_away_mails_wait_and_then_arrive_once(
    study: Study, celeries: Celeries, post: Post
) -> None:
    post.stop()
    open_round(study, days=1)
    worker = celeries.start()
    celeries.send_messages(times=3)
    wait_until(lambda: "outbox waits" in celeries.log.read_text())
    assert set(Message.objects.values_list("state", flat=True)) == {Message.State.PENDING}
    assert not Panelist.objects.filter(is_unreachable=True).exists()
    post.start()
    make_due()
    celeries.send_messages(times=3)
    wait_until(everything_is_done)
    processes.end(worker)
    assert post.addresses() == addresses_of(panel_of(study))


def test_an_address_that_is_refused_for_good_is_marked_and_one_refused_for_now_is_tried_again(
    study: Study, celeries: Celeries, post: Post
) -> None:
    gone, busy, *others = panel_of(study)
    post.refuses = {gone.email: "550 no such person", busy.email: "451 come back later"}
    open_round(study, days=1)
    celeries.start()
    celeries.send_messages()
    wait_until(lambda: Message.objects.exclude(state=Message.State.DONE).count() == 1)
    assert post.addresses() == addresses_of(others)
    assert list(Panelist.objects.filter(is_unreachable=True)) == [gone]
    (waiting,) = Message.objects.exclude(state=Message.State.DONE)
    assert (waiting.panelist, waiting.state, waiting.attempts) == (busy, Message.State.PENDING, 1)
    post.refuses = {}
    make_due()
    celeries.send_messages()
    wait_until(everything_is_done)
    assert post.addresses() == addresses_of([busy, *others])


def test_a_killed_worker_s_mails_are_sent_by_the_next_one(study: Study, celeries: Celeries, post: Post) -> None:
    post.at_most = 2
    open_round(study, days=1)
    first = celeries.start()
    celeries.send_messages()
    # In the midst of a mail, not between two.
    wait_until(lambda: len(post.mails) == 2 and Message.objects.filter(state=Message.State.DONE).count() == 2)
    wait_until(lambda: Message.objects.filter(state=Message.State.SENDING).exists())
    processes.end(first, signal.SIGKILL)
    under_way = set(Message.objects.filter(state=Message.State.SENDING).values_list("panelist__email", flat=True))
    assert len(under_way) == 1
    assert Message.objects.filter(state=Message.State.PENDING).exists()
    post.at_most = Post.at_most
    celeries.start()
    celeries.send_messages()
    # What the killed worker had in its hands is not touched before its claim has run out.
    wait_until(lambda: Message.objects.exclude(state=Message.State.DONE).count() == 1)
    Message.objects.filter(state=Message.State.SENDING).update(claimed_at=database_now() - dt.timedelta(minutes=6))
    celeries.send_messages()
    wait_until(everything_is_done)
    sent = Counter(post.addresses())
    assert sorted(sent) == addresses_of(panel_of(study))
    twice = {address for address, mails in sent.items() if mails > 1}
    assert twice <= under_way
    assert max(sent.values()) <= 2


def test_sweeps_that_run_at_once_send_nothing_twice(celeries: Celeries, post: Post) -> None:
    study = make_study(panelists=30, statements=1)
    post.seconds_a_mail = 0.01
    open_round(study, days=1)
    celeries.start()
    celeries.start()
    celeries.send_messages(times=6)
    wait_until(everything_is_done)
    assert post.addresses() == addresses_of(panel_of(study))


def test_an_emptied_redis_loses_nothing_and_beat_alone_finds_what_is_due(
    study: Study, celeries: Celeries, post: Post, redis: "Redis[Any]"
) -> None:
    open_round(study, days=1)
    celeries.send_messages()
    redis.flushdb()
    assert redis.dbsize() == 0
    celeries.start("--beat", "--schedule", str(celeries.log.with_name("beat")))
    wait_until(lambda: len(post.mails) == PANELISTS and everything_is_done())
    assert post.addresses() == addresses_of(panel_of(study))


def test_a_requested_link_goes_to_whoever_asked_and_the_rows_do_not_tell_who_did(
    study: Study, celeries: Celeries, post: Post, ear: Ear
) -> None:
    open_round(study, days=1)
    Message.objects.all().delete()
    asking = panel_of(study)[2]
    pages = [
        Client().post("/panel/link/", {"email": address}).content for address in (asking.email, "nobody@example.net")
    ]
    assert pages[0] == pages[1]
    assert LinkRequest.objects.count() == 2
    assert len({len(request.box) for request in LinkRequest.objects.all()}) == 1
    celeries.start()
    celeries.serve_link_requests()
    wait_until(lambda: not LinkRequest.objects.exists())
    assert post.addresses() == [asking.email]
    assert Counter(LinkToken.objects.values_list("panelist_id", flat=True)) == Counter(
        panelist.pk for panelist in panel_of(study)
    )
    secret = post.secret_for(asking.email)
    assert is_in(enter(secret))
    passed = ear.everything()
    assert "serve_link_requests" in passed
    assert [each for each in (secret, asking.email, "nobody@example.net") if each in passed] == []
