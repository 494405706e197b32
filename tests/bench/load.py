"""A closed-loop load of browsers in a process of its own: each client begins its next cycle when the last is answered.

`python -m tests.bench.load` reads a plan as JSON and prints what became of it as JSON. Nothing of Django is imported.
"""

import contextlib
import dataclasses
import http.client
import json
import os
import re
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

CHOICES = (*(str(rating) for rating in range(1, 10)), "abstain")
PATIENCE = 60
IDLE = 1
KEPT = 10
"""Requests of one connection."""
_HIDDEN = re.compile(rb'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?')
_FORM, _FORM_ENDS = b'id="rating-form"', b"</form>"
_SUBMITS = b'name="action" value="submit"'


@dataclass(frozen=True)
class Client:
    """Where a browser's page is, and the secret of the personal link that it signs in with; none for the bare view."""

    page: str
    secret: str = ""


@dataclass(frozen=True)
class Side:
    """Ours or the yardstick, ready to be loaded: the server, and each client's page.

    `posted_to` is where autosave posts, and empty for the page's own address. `group` is the server's process group.
    """

    base: str
    clients: Sequence[Client]
    posted_to: Sequence[str] = ()
    group: int = 0

    def few(self, count: int) -> "Side":
        """The same with the first of the clients alone."""
        return replace(self, clients=self.clients[:count], posted_to=self.posted_to[:count])

    def browsers(self, statements: int) -> list["Browser"]:
        """A browser for each client."""
        posted_to = self.posted_to or [""] * len(self.clients)
        return [
            Browser(self.base, client.page, client.secret, statements, place)
            for client, place in zip(self.clients, posted_to, strict=True)
        ]


@dataclass(frozen=True)
class Plan:
    """What to do: `vote` gets the page and posts its form, `autosave` posts change after change as its script does.

    Each of the `sides` is loaded so often, in turn and never at once.
    """

    does: str
    statements: int
    sides: Sequence[Side]
    runs: int
    warm_seconds: float
    seconds: float

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Plan":
        """The plan in the shape of `dataclasses.asdict`."""
        sides = [Side(**{**one, "clients": [Client(**each) for each in one["clients"]]}) for one in told["sides"]]
        return cls(**{**told, "sides": sides})


@dataclass(frozen=True)
class Load:
    """What became of a plan: `rate` cycles a second over all clients, and what each cycle took, in milliseconds.

    `own_ms` is the time that the load itself had of the processors, by cycle, and `server_ms` that of the server's
    processes, which no other program on the machine makes longer.
    """

    rate: float
    cycles: int
    median_ms: float
    slowest_ms: float
    page_bytes: int
    answer_bytes: int
    own_ms: float
    server_ms: float

    @property
    def ms_a_cycle(self) -> float:
        """Milliseconds that a cycle takes the machine, whatever the number of clients."""
        return 1000 / self.rate


class Unexpected(Exception):
    """An answer that a browser of the benchmark did not expect, or a sheet that does not say what was posted."""


@dataclass
class Browser:
    """One browser with its connection kept open, its cookies, and the form before it."""

    base: str
    page: str
    secret: str
    statements: int
    posted_to: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)
    posted: dict[str, str] = field(default_factory=dict)
    turn: int = 0
    submits: bool = False
    page_bytes: int = 0
    answer_bytes: int = 0

    def __post_init__(self) -> None:
        url = urlsplit(self.base)
        self._connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=PATIENCE)
        self._used = 0.0
        self._asked = 0

    def come_in(self) -> None:
        """Sign in with the secret of a personal link, as the form without scripts takes it, and fill in a sheet."""
        if self.secret:
            self._ask("GET", "/panel/", expected=200)
            token = self.cookies["csrftoken"]
            self._ask("POST", "/panel/", {"csrfmiddlewaretoken": token, "code": self.secret}, expected=302)
        self.vote()
        self.look()

    def look(self) -> None:
        """Get the page, and check that it shows what was last posted. Raises Unexpected."""
        content = self._ask("GET", self.page, expected=200)
        self.page_bytes = len(content)
        begins = content.index(_FORM)
        form = content[begins : content.index(_FORM_ENDS, begins)]
        self.submits = _SUBMITS in form
        self.hidden = {name.decode(): value.decode() for name, value in _HIDDEN.findall(form)}
        if sum(name.startswith("seen-s") for name in self.hidden) != self.statements:
            raise Unexpected(f"{self.page} does not ask {self.statements} statements.")
        self._check(self.hidden)

    def vote(self) -> None:
        """Get the page, answer all its statements anew, and post its form with the button that goes on."""
        self.look()
        self.turn += 1
        answers = {f"s{n}": CHOICES[(self.turn + n) % len(CHOICES)] for n in range(1, self.statements + 1)}
        self._ask("POST", self.page, self._fields(answers, "submit" if self.submits else "save"), expected=302)
        self.posted = answers

    def autosave(self) -> None:
        """Change one answer and post it as the page's script does; what is answered tells all that is stored."""
        self.turn += 1
        changed = f"s{self.turn % self.statements + 1}"
        answers = {name: self.hidden[f"seen-{name}"] for name in (f"s{n}" for n in range(1, self.statements + 1))}
        answers[changed] = CHOICES[self.turn % len(CHOICES)]
        frame = {name: value for name, value in self.hidden.items() if not name.startswith("seen-")}
        own = {changed: answers[changed], f"seen-{changed}": self.hidden[f"seen-{changed}"]}
        fields = {**frame, **own, "action": "save", "replay": str(uuid.uuid4())}
        content = self._ask("POST", self.posted_to or self.page, fields, expected=200, fetched=True)
        self.answer_bytes = len(content)
        said = json.loads(content)
        if int(said["version"]) != int(self.hidden["version"]) + 1:
            raise Unexpected(f"{self.page} was saved as version {said['version']}, after {self.hidden['version']}.")
        self.posted = answers
        self.hidden |= {f"seen-{name}": value for name, value in said["seen"].items()}
        self.hidden["version"] = str(said["version"])
        self._check(self.hidden)

    def submit_again(self) -> None:
        """Post the same answers once more, also where the round takes no more and answers so."""
        self._ask("POST", self.page, self._fields(self.posted, "submit"), expected=frozenset((302, 410)))

    def leave(self) -> None:
        """Look once more at what was saved last, and close the connection."""
        self.look()
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _fields(self, answers: Mapping[str, str], action: str) -> dict[str, str]:
        """What a browser makes of the form: a radio that is not chosen says nothing, an empty text says so."""
        chosen = {name: value for name, value in answers.items() if value}
        return {**self.hidden, **chosen, **{f"reason-{name}": "" for name in answers}, "action": action}

    def _check(self, shown: Mapping[str, str]) -> None:
        wrong = [name for name, value in self.posted.items() if shown[f"seen-{name}"] != value]
        if wrong:
            raise Unexpected(f"{self.page} does not show what was saved of {', '.join(wrong)}.")

    def _ask(
        self,
        method: str,
        path: str,
        fields: Mapping[str, str] | None = None,
        *,
        expected: int | frozenset[int],
        fetched: bool = False,
    ) -> bytes:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if fetched:
            headers |= {"Accept": "application/json", "X-Requested-With": "fetch"}
        body = None if fields is None else urlencode(fields)
        # gunicorn closes connections that are idle for two seconds; a browser opens another one then. And a server
        # of two processes shares connections out, not requests: were they kept for good, luck would share them out.
        self._asked += 1
        if self._asked % KEPT == 0 or time.monotonic() - self._used > IDLE:
            self._connection.close()
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                cookie, _sign, rest = value.partition("=")
                self.cookies[cookie] = rest.partition(";")[0]
        content = response.read()
        self._used = time.monotonic()
        if response.status not in (expected if isinstance(expected, frozenset) else {expected}):
            raise Unexpected(f"{method} {path} was answered {response.status}: {content[:2000]!r}")
        return content


def loaded(plan: Plan) -> list[list[Load]]:
    """Load each side in each run; returns a list of loads for each side. Raises Unexpected."""
    sides = [side.browsers(plan.statements) for side in plan.sides]
    for browsers in sides:
        _together(browsers, Browser.come_in)
    found: list[list[Load]] = [[] for _side in sides]
    turns = list(zip(sides, plan.sides, found, strict=True))
    for _run in range(plan.runs):
        for browsers, side, kept in turns:
            kept.append(_load(plan, browsers, side.group))
        turns.reverse()
    return found


def _load(plan: Plan, browsers: Sequence[Browser], group: int) -> Load:
    """Let all browsers run warm, and count their whole cycles."""
    times: dict[str, list[float]] = {browser.page + browser.secret: [] for browser in browsers}
    turns, own, server = sum(browser.turn for browser in browsers), time.process_time(), processor_seconds(group)
    _together(browsers, lambda browser: _keep_on(plan, browser, times[browser.page + browser.secret]))
    own, server = time.process_time() - own, processor_seconds(group) - server
    turns = sum(browser.turn for browser in browsers) - turns
    _together(browsers, Browser.leave)
    cycles = [seconds for each in times.values() for seconds in each]
    return Load(
        # Of each client its own cycles by its own time, so that no cycle is cut by the end of the clock.
        rate=sum(len(each) / sum(each) for each in times.values()),
        cycles=len(cycles),
        median_ms=statistics.median(cycles) * 1000,
        slowest_ms=max(cycles) * 1000,
        page_bytes=browsers[0].page_bytes,
        answer_bytes=browsers[0].answer_bytes,
        own_ms=own * 1000 / turns,
        server_ms=server * 1000 / turns,
    )


def processor_seconds(group: int) -> float:
    """The time that the processes of this group had of the processors; 0 where the system does not tell it."""
    ticks = 0
    for told in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # From the third field on, after the name in brackets: state, parent, group; user and system time later.
            fields = told.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _together(browsers: Sequence[Browser], deed: Callable[[Browser], None]) -> None:
    """Let all browsers do this at once, each in a thread; raises what went wrong in one of them."""
    with ThreadPoolExecutor(len(browsers)) as pool:
        for done in [pool.submit(deed, browser) for browser in browsers]:
            done.result()


def _keep_on(plan: Plan, browser: Browser, times: list[float]) -> None:
    cycle = browser.vote if plan.does == "vote" else browser.autosave
    begins = time.perf_counter() + plan.warm_seconds
    while time.perf_counter() < begins:
        cycle()
    now = time.perf_counter()
    ends = now + plan.seconds
    while now < ends:
        began, _done = now, cycle()
        now = time.perf_counter()
        times.append(now - began)


def main() -> int:
    """Read the plan and print what became of it; exit 1 with one sentence where an answer was not the expected one."""
    plan = Plan.from_json(json.load(sys.stdin))
    try:
        sys.stdout.write(json.dumps([[dataclasses.asdict(load) for load in side] for side in loaded(plan)]))
    except Unexpected as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
