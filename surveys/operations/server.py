"""The embedded server: waitress and the schedule in one process."""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

from django.conf import settings
from django.core.management.base import CommandError
from waitress.server import create_server

from delphi.wsgi import application
from surveys.operations.schedule import Schedule, sweeps

THREADS = 8
GRACE_SECONDS = 5


def serve(port: int, *, ready: Callable[[], None] | None = None) -> None:
    """Serve on 127.0.0.1 and run the schedule until TERM or INT; `ready` is called once the port is open.

    Must run in the main thread. Raises CommandError, with exit code 2, where the port cannot be had.
    """
    try:
        server = create_server(
            application,
            host="127.0.0.1",
            port=port,
            threads=THREADS,
            ident="",
            # Above what may be attached, so that whoever attaches more is told so on the page.
            max_request_body_size=50 * 1024 * 1024,
            clear_untrusted_proxy_headers=False,
        )
    except OSError as fault:
        raise CommandError(f"Port {port} cannot be served: {fault.strerror}.", returncode=2) from fault
    _leave_on_signals()
    schedule = Schedule(sweeps())
    schedule.start()
    if settings.DELPHI_DEMO:
        threading.Thread(target=_leave_with_parent, args=[os.getppid()], name="parent", daemon=True).start()
    try:
        if ready is not None:
            ready()
        # Ends with the SystemExit of the signal, after the requests under way.
        server.run()
    except SystemExit:
        pass
    finally:
        # A second signal must not cut short a sweep that is freezing a round.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        server.close()
        server.task_dispatcher.shutdown(timeout=GRACE_SECONDS)
        schedule.stop()


def _leave_on_signals() -> None:
    def leave(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)


def _leave_with_parent(parent: int) -> None:
    """Stop the server when whoever started it is gone: a killed `make demo` leaves nothing behind."""
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(1)
    os.kill(os.getpid(), signal.SIGTERM)
