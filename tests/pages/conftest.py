"""A stage for the look alone: a small server of given pages under the project's own policy, without a database."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

Answer = Callable[[dict[str, str]], tuple[int, dict[str, Any]]]


@dataclass
class Stage:
    """Pages by path; what was posted, as it came; and the answer to the next post."""

    url: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    posts: list[dict[str, str]] = field(default_factory=list)
    answer: Answer | None = None


class Handler(BaseHTTPRequestHandler):
    """Serves the stage's pages and the project's static files, and hands posts to the stage."""

    stage: Stage

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path in self.stage.pages:
            self.reply(200, "text/html; charset=utf-8", self.stage.pages[path].encode())
            return
        found = finders.find(path.removeprefix(settings.STATIC_URL)) if path.startswith(settings.STATIC_URL) else None
        if isinstance(found, str):
            self.reply(200, guess_type(path)[0] or "application/octet-stream", Path(found).read_bytes())
        else:
            self.reply(404, "text/plain", b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        posted = dict(parse_qsl(body, keep_blank_values=True))
        self.stage.posts.append(posted)
        if self.headers.get("X-Requested-With") != "fetch" or self.stage.answer is None:
            self.reply(200, "text/html; charset=utf-8", b"<!doctype html><title>Posted</title><h1>Posted</h1>")
            return
        status, data = self.stage.answer(posted)
        self.reply(status, "application/json", json.dumps(data).encode())

    def reply(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        policy = "; ".join(f"{name} {value}" for name, value in settings.CONTENT_SECURITY_POLICY.items())
        self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A running stage, gone after the test."""
    result = Stage()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("StageHandler", (Handler,), {"stage": result}))
    result.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield result
    server.shutdown()
    server.server_close()
