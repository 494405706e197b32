"""Browsers of everybody, at the application in this process, and what logs say meanwhile."""

import contextlib
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client

from surveys.accounts.models import User

# Loggers that write out pages and queries at DEBUG: the settings hold them at WARNING, each by its name.
HELD = ("django.server", "django.template", "django.db.backends")


class Browser(Client):
    """Comes by the address that people use, and is shown a page for a fault, not the fault itself."""

    def __init__(self) -> None:
        url = urlsplit(settings.DELPHI_BASE_URL)
        of_request: dict[str, Any] = {"HTTP_HOST": url.netloc}
        if url.scheme == "https":
            of_request |= {"wsgi.url_scheme": "https", "HTTP_X_FORWARDED_PROTO": "https"}
        super().__init__(raise_request_exception=False, **of_request)


def browser_of_staff(user: User) -> Browser:
    """A browser in which this member of staff is signed in."""
    browser = Browser()
    browser.force_login(user)
    return browser


def browser_of_panelist(secret: str) -> Browser:
    """A browser in which the panelist has opened the personal link with this secret."""
    browser = Browser()
    browser.post("/panel/", {"code": secret})
    return browser


class Ear(logging.Handler):
    """Keeps all that is logged: the line as it would be written, and what it was made of."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record."""
        self.lines.append(f"{self.format(record)} {record.args!r}")

    def forget(self) -> None:
        """Begin anew."""
        self.lines.clear()

    @property
    def said(self) -> str:
        """Everything since then."""
        return "\n".join(self.lines)


@contextlib.contextmanager
def listening() -> Iterator[Ear]:
    """Every logger that exists and is not held back by the settings, at its lowest level, heard by one ear alone."""
    ear, root = Ear(), logging.getLogger()
    names = {*settings.LOGGING["loggers"], *root.manager.loggerDict}
    loggers = [logging.getLogger(name) for name in names if not name.startswith(HELD)]
    before = [(each, each.propagate, each.level, each.disabled, each.handlers) for each in loggers]
    outside, level = root.handlers, root.level
    for logger in loggers:
        logger.propagate, logger.disabled, logger.handlers = True, False, []
        logger.setLevel(logging.DEBUG)
    root.handlers = [ear]
    root.setLevel(logging.DEBUG)
    try:
        yield ear
    finally:
        for logger, propagate, was, disabled, handlers in before:
            logger.propagate, logger.disabled, logger.handlers = propagate, disabled, handlers
            logger.setLevel(was)
        root.handlers = outside
        root.setLevel(level)
