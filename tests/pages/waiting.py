"""Waiting for mails that a thread of their own sends."""

import threading

from surveys.pages.mails import RESET_THREAD


def wait_for_mails() -> None:
    """Return once every password mail that was asked for has been sent, or has failed."""
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer) and thread.name == RESET_THREAD:
            thread.join(10)
