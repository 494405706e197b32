"""A whole installation of the services mode for the benchmark alone: database, Redis, keystore, servers and workers."""

import base64
import contextlib
import http.client
import json
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
import redis
import yaml
from psycopg import sql

from tests.bench.programs import (
    PATIENCE,
    ROOT,
    accepts,
    as_postgres,
    free_port,
    give_to_postgres,
    postgresql,
    redis_server,
    running,
    said_by,
)

USER = "delphi"
DATABASE = "delphi"
_TEMPLATE = "migrated"
_SYSTEM = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
COMPOSE = ROOT / "docker-compose.yml"


class Installation:
    """A folder, a PostgreSQL cluster and a Redis of its own on loopback, migrated; all of it goes away at the end.

    `folder` is where measures may write. `variables` is the environment of every process that belongs to it.
    """

    def __init__(self) -> None:
        self._things = contextlib.ExitStack()
        self.folder = Path()
        self.variables: dict[str, str] = {}
        self._groups: dict[str, int] = {}
        self._postgresql_port = 0
        self._password = secrets.token_urlsafe(24)

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as things:
            self.folder = Path(tempfile.mkdtemp(prefix="delphi-bench-"))
            things.callback(shutil.rmtree, self.folder, ignore_errors=True)
            # The user of the database passes through it to the cluster's own folder, and sees nothing else.
            self.folder.chmod(0o711)
            self._postgresql_port = things.enter_context(_cluster(self.folder, self._password))
            redis_port = things.enter_context(_redis(self.folder))
            self.variables = self._variables(redis_port)
            template = self.new_database(_TEMPLATE)
            self.manage("migrate", "--noinput", DATABASE_URL=template)
            self.manage("collectstatic", "--noinput", DATABASE_URL=template)
            self.empty()
            self._things = things.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._things.close()

    def empty(self) -> None:
        """Put a migrated, empty database in the place of the present one, and empty Redis. No server may be running."""
        self.new_database(DATABASE, template=_TEMPLATE)
        redis.Redis.from_url(self.variables["REDIS_URL"]).flushall()

    def new_database(self, name: str, template: str = "template0") -> str:
        """The address of a new database of the cluster, as its template is; an earlier one of this name is dropped."""
        with self.connection("postgres") as connection:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(name)))
            create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        return self.database_url(name)

    def database_url(self, name: str = DATABASE) -> str:
        """The address of a database of the cluster."""
        return f"postgres://{USER}:{self._password}@127.0.0.1:{self._postgresql_port}/{name}"

    def connection(self, name: str = DATABASE) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection to a database of the cluster, from this process; each statement is a transaction."""
        return psycopg.connect(self.database_url(name), autocommit=True)

    def manage(self, *args: str, **more: str) -> str:
        """What `manage.py` prints; `more` are variables of the environment. Raises Failed."""
        return said_by([sys.executable, "manage.py", *args], {**self.variables, **more})

    def study(self, panelists: int, statements: int) -> dict[str, Any]:
        """A synthetic study, its round 1 open: the object of `manage.py demo --json`."""
        sizes = ("--panelists", str(panelists), "--statements", str(statements))
        made: dict[str, Any] = json.loads(self.manage("demo", *sizes, "--open", "--json"))
        return made

    def inside(self, module: str, *args: str, told: Any = None, **more: str) -> Any:
        """What `tests.bench.inside.MODULE` prints as JSON in a process of its own; `told` reaches it as JSON on stdin.

        `more` are variables of the environment. Raises Failed.
        """
        command = [sys.executable, "-m", f"tests.bench.inside.{module}", *args]
        return json.loads(said_by(command, {**self.variables, **more}, told=json.dumps(told)))

    @contextlib.contextmanager
    def served(self, application: str = "delphi.wsgi", **more: str) -> Iterator[str]:
        """The base URL of gunicorn as docker-compose.yml starts it, with this application on a free port."""
        port = free_port()
        command = [sys.executable, "-m", *composed("web"), "--bind", f"127.0.0.1:{port}"]
        command[command.index("delphi.wsgi")] = application
        log = self.folder / f"{application}.log"
        base = f"http://127.0.0.1:{port}"
        with running(command, {**self.variables, **more}, log, lambda: _serves(port)) as process:
            self._groups[base] = process.pid
            yield base

    def group_of(self, base: str) -> int:
        """The process group of the server at this base URL."""
        return self._groups[base]

    @contextlib.contextmanager
    def workers(self, count: int) -> Iterator[None]:
        """So many Celery workers of one process each."""
        with contextlib.ExitStack() as stack:
            for number in range(1, count + 1):
                stack.enter_context(self._worker(f"bench{number}@localhost"))
            yield

    @contextlib.contextmanager
    def _worker(self, name: str) -> Iterator[None]:
        celery = [sys.executable, "-m", *composed("worker")]
        celery[celery.index("--concurrency") + 1] = "1"
        ready = self.folder / f"{name}.ready"
        command = [*celery, "--hostname", name, "--without-gossip", "--without-mingle", "--pidfile", str(ready)]
        with running(command, self.variables, self.folder / f"{name}.log", lambda: self._pongs(name)):
            yield
        ready.unlink(missing_ok=True)

    def _pongs(self, name: str) -> bool:
        ask = [sys.executable, "-m", "celery", "-A", "delphi", "inspect", "ping", "--destination", name]
        with contextlib.suppress(Exception):
            return "pong" in said_by(ask, self.variables)
        return False

    def _variables(self, redis_port: int) -> dict[str, str]:
        keys = {name: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode() for name in ("SECRET", "MASTER")}
        return {
            "PATH": f"{Path(sys.executable).parent}:{_SYSTEM}",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "DJANGO_SETTINGS_MODULE": "delphi.settings",
            "DATABASE_URL": self.database_url(),
            "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
            "EMAIL_URL": "dummymail://",
            "SECRET_KEY": keys["SECRET"],
            "DELPHI_MASTER_KEY": keys["MASTER"],
            "DELPHI_DATA": str(self.folder / "data"),
            "DELPHI_KEYSTORE": str(self.folder / "keystore"),
            "DELPHI_STATIC_MANIFEST": "1",
        }


def composed(service: str) -> list[str]:
    """The command of a service in docker-compose.yml, without the address that it binds to."""
    command: list[str] = yaml.safe_load(COMPOSE.read_text())["services"][service]["command"]
    if "--bind" in command:
        place = command.index("--bind")
        del command[place : place + 2]
    return command


@contextlib.contextmanager
def _cluster(folder: Path, password: str) -> Iterator[int]:
    """A new PostgreSQL cluster on a free port of loopback; what is committed is on the disk, as anywhere."""
    home = folder / "postgresql"
    home.mkdir(mode=0o700)
    give_to_postgres(home)
    said = home / "password"
    said.write_text(password)
    give_to_postgres(said)
    data, port = home / "data", free_port()
    variables = {"PATH": _SYSTEM, "LANG": "C.UTF-8"}
    initdb = [postgresql("initdb"), "--pgdata", str(data), "--username", USER, "--pwfile", str(said)]
    said_by(as_postgres([*initdb, "--auth", "scram-sha-256", "--encoding", "UTF8", "--data-checksums"]), variables)
    said.unlink()
    server = [postgresql("postgres"), "-D", str(data), "-p", str(port), "-k", str(home), "-h", "127.0.0.1"]
    command = as_postgres([*server, *_composed_settings()])

    def answers() -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            url = f"postgres://{USER}:{password}@127.0.0.1:{port}/postgres"
            psycopg.connect(url, connect_timeout=3).close()
            return True
        return False

    with running(command, variables, folder / "postgresql.log", answers, ends_by=signal.SIGINT):
        yield port


def _composed_settings() -> Sequence[str]:
    """How docker-compose.yml has PostgreSQL set: what its logs leave out."""
    return composed("db")[1:]


@contextlib.contextmanager
def _redis(folder: Path) -> Iterator[int]:
    port = free_port()
    command = [redis_server(), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), *composed("redis")[1:]]
    with running(command, {"PATH": _SYSTEM}, folder / "redis.log", lambda: accepts(port)):
        yield port


def _serves(port: int) -> bool:
    """Whether anything answers a request on this port, whatever it is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def secrets_of(study: Mapping[str, Any], count: int) -> list[str]:
    """The secrets of the first panelists' personal links in what `Installation.study` made."""
    return [one["link"].partition("#t=")[2] for one in study["panelists"][:count]]
