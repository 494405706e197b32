"""Panelists' browsers, seen from the wire: one connection, its cookies, and forms as the page's script posts them."""

import http.client
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from tests.faults.storm import PATIENCE


class Browser:
    """One browser at a server on this machine. Not for two threads at once."""

    def __init__(self, port: int, **cookies: str) -> None:
        self._port = port
        self._cookies = dict(cookies)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._used = time.monotonic()

    def get(self, path: str) -> tuple[int, bytes]:
        """The status and the content of a page."""
        return self._ask("GET", path)

    def post(self, path: str, fields: Mapping[str, str], *, fetched: bool = False) -> tuple[int, bytes]:
        """The answer to a form; with `fetched` to one that the page's script posts, which is JSON."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": self._cookies["csrftoken"]}
        if fetched:
            headers["X-Requested-With"] = "fetch"
        return self._ask("POST", path, urlencode(fields), headers)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(
        self, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        # A server closes connections that are idle, gunicorn after two seconds; a browser opens another one then.
        if time.monotonic() - self._used > 1:
            self._connection.close()
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        self._connection.request(method, path, body, {**(headers or {}), "Cookie": cookies})
        response = self._connection.getresponse()
        for name, value in response.headers.items():
            if name.lower() == "set-cookie":
                cookie, _sign, content = value.split(";", 1)[0].partition("=")
                self._cookies[cookie] = content
        content = response.read()
        self._used = time.monotonic()
        return response.status, content


def panelist_at(port: int, secret: str) -> Browser:
    """A browser in which a panelist has opened the personal link."""
    browser = Browser(port)
    assert browser.get("/panel/")[0] == 200
    assert browser.post("/panel/", {"code": secret})[0] == 302
    return browser


def staff_at(port: int, session: str, page: str) -> Browser:
    """A browser in which a member of staff is signed in, and has a page with a form before them."""
    browser = Browser(port, sessionid=session)
    assert browser.get(page)[0] == 200
    return browser


def state_in(content: bytes) -> Any:
    """What the answer to a fetched form says of the sheet."""
    return json.loads(content)["state"]


def answers_at(port: int) -> bool:
    """Whether the server is there."""
    browser = Browser(port)
    try:
        return browser.get("/healthz")[0] == 200
    except OSError:
        return False
    finally:
        browser.close()
