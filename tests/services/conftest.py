"""The real parts: a Celery worker on PostgreSQL and Redis, and a mail server that takes part."""

import contextlib
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message as Mail
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from celery import Celery
from redis import Redis

from tests import processes

PATIENCE = 240


def wait_until(holds: Callable[[], object]) -> None:
    """Wait until this holds. Raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.05)


@dataclass
class Post:
    """A mail server on a port of its own, which can be taken away, slowed down, and made to refuse somebody.

    Of `at_most` mails it is full, and whoever brings the next one waits until there is room.
    """

    port: int = field(default_factory=processes.free_port)
    mails: list[tuple[str, Mail]] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    seconds_a_mail: float = 0.0
    at_most: int = 1000
    controller: Controller | None = None

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, or answer as told."""
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep a mail."""
        time.sleep(self.seconds_a_mail)
        while len(self.mails) >= self.at_most:
            time.sleep(0.01)
        mail = message_from_bytes(envelope.content)
        self.mails += [(address, mail) for address in envelope.rcpt_tos]
        return "250 OK"

    def start(self) -> None:
        """Open the port."""
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self) -> None:
        """Close it."""
        if self.controller:
            self.controller.stop()
            self.controller = None

    def addresses(self) -> list[str]:
        """To whom mails went, one entry for each mail."""
        return sorted(address for address, _mail in self.mails)

    def secret_for(self, address: str) -> str:
        """The secret of the link in the last mail to this address."""
        return next(secret_in(mail) for to, mail in reversed(self.mails) if to == address)


def secret_in(mail: Mail) -> str:
    """The secret of the link in a mail."""
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    (found,) = re.findall(r"/panel/#t=(\S+)", text.decode())
    return str(found)


@pytest.fixture
def post() -> Iterator[Post]:
    """A mail server that answers."""
    server = Post()
    server.start()
    yield server
    server.at_most = Post.at_most
    server.stop()


def redis_url() -> str:
    """A Redis database of this test process's own, on the server of REDIS_URL."""
    number = 10 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4
    return f"{os.environ['REDIS_URL'].rsplit('/', 1)[0]}/{number}"


@dataclass
class Ear:
    """Everything that goes through Redis while somebody listens."""

    redis: "Redis[str]"
    heard: list[str] = field(default_factory=list)

    def listen(self, ready: threading.Event) -> None:
        """Note every command, until the connection is closed."""
        with contextlib.suppress(OSError, ValueError, AttributeError), self.redis.monitor() as monitor:
            ready.set()
            for command in monitor.listen():
                self.heard.append(str(command["command"]))

    def everything(self) -> str:
        """What was heard, and what lies there now."""
        values = [repr(self.redis.dump(key)) for key in self.redis.keys("*")]
        return "\n".join([*self.heard, *map(str, self.redis.keys("*")), *values])


@pytest.fixture
def redis() -> "Iterator[Redis[Any]]":
    """The empty Redis database of the worker; empty again afterwards."""
    client: Redis[Any] = Redis.from_url(redis_url())
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def ear(redis: "Redis[Any]") -> Iterator[Ear]:
    """Somebody who listens to all that goes through Redis."""
    ear, ready = Ear(Redis.from_url(redis_url(), socket_timeout=None)), threading.Event()
    listener = threading.Thread(target=ear.listen, args=[ready], daemon=True)
    listener.start()
    assert ready.wait(PATIENCE)
    yield ear
    ear.redis.connection_pool.disconnect()


@dataclass
class Celeries:
    """Starts workers and sends them tasks by name, as beat does."""

    variables: dict[str, str]
    stack: contextlib.ExitStack
    log: Path
    app: Celery

    def start(self, *more: str) -> "subprocess.Popen[str]":
        """A worker with the command of docker-compose.yml."""
        command = ("-m", "celery", "-A", "delphi", "worker", "--concurrency", "2", "--loglevel", "WARNING", *more)
        output = self.stack.enter_context(self.log.open("a"))
        return self.stack.enter_context(processes.running(*command, variables=self.variables, stderr=output))

    def send(self, task: str, times: int = 1) -> None:
        """Ask whoever works for this task."""
        for _ in range(times):
            self.app.send_task(task)

    def send_messages(self, times: int = 1) -> None:
        """The sweep of the outbox."""
        self.send("surveys.rounds.tasks.send_due_messages", times)

    def serve_link_requests(self) -> None:
        """The tick at which new links go out."""
        self.send("surveys.rounds.tasks.serve_link_requests")


@pytest.fixture
def celeries(post: Post, redis: "Redis[Any]", tmp_path: Path, transactional_db: None) -> Iterator[Celeries]:
    """The workers' side of an installation; no process is left afterwards."""
    variables = processes.environment(REDIS_URL=redis_url(), EMAIL_URL=f"smtp://127.0.0.1:{post.port}", DELPHI_POOL="4")
    app = Celery(broker=redis_url(), set_as_current=False)
    app.conf.broker_transport_options = {"socket_timeout": 5}
    with contextlib.ExitStack() as stack:
        yield Celeries(variables, stack, tmp_path / "worker.log", app)
    app.close()
