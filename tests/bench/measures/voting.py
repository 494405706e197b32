"""A vote, and a save of one answer, against bare views behind the same server.

A cycle gets the page and posts its form; its redirect is answered and not followed. The bare view does the same with a
form of as many bytes and a row of as many bytes; see tests/bench/bare.
"""

import dataclasses
import json
import os
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.bench.figures import Aim, Figure, Run
from tests.bench.installation import Installation, secrets_of
from tests.bench.load import Client, Load, Plan
from tests.bench.programs import Failed, said_by
from tests.bench.sizes import Sizes

PAGE = "/panel/vignette/1/"
BARE_SETTINGS = "tests.bench.bare.settings"
LEAST = 0.5
VOTE, AUTOSAVE = "vote", "autosave"


@dataclass(frozen=True)
class Kind:
    """One of the figures: what a browser does, on a page of so many statements."""

    does: str
    statements: int
    unit: str
    aim: Aim
    what: str

    def run(self, ours: Load, yardstick: Load) -> Run:
        """Both sides' loads in the figure's unit."""
        if self.does == VOTE:
            return Run(ours.rate, yardstick.rate)
        return Run(ours.ms_a_cycle, yardstick.ms_a_cycle)


_WHAT = (
    "a bare Django view that reads a row, renders a form of {} statements and as many bytes, and upserts as large a row"
)
KINDS = {
    "vote-7": Kind(VOTE, 7, "cycles/s", Aim(0.8, "at least"), _WHAT.format(7)),
    "vote-300": Kind(VOTE, 300, "cycles/s", Aim(0.8, "at least"), _WHAT.format(300)),
    "autosave": Kind(
        AUTOSAVE,
        7,
        "ms",
        Aim(1.3),
        "a bare Django view that upserts as large a row in as many round trips to the database and answers as many bytes",
    ),
}


@dataclass(frozen=True)
class Side:
    """Ours or the yardstick, ready to be loaded: the server, and each client's page."""

    base: str
    clients: Sequence[Client]
    posted_to: Sequence[str] = ()

    def few(self, count: int) -> "Side":
        """The same with the first of the clients alone."""
        return Side(self.base, self.clients[:count], self.posted_to[:count])


@dataclass(frozen=True)
class Loads:
    """What both sides did in each run, one right after the other."""

    ours: list[Load] = field(default_factory=list)
    yardstick: list[Load] = field(default_factory=list)

    def runs(self, kind: Kind) -> list[Run]:
        """The runs of the figure."""
        return [kind.run(*pair) for pair in zip(self.ours, self.yardstick, strict=True)]


class Ground:
    """The server of ours, and the studies that were made on it, each once."""

    def __init__(self, place: Installation, sizes: Sizes, base: str) -> None:
        self.place, self.sizes, self._base = place, sizes, base
        self._sides: dict[tuple[int, int], Side] = {}

    def ours(self, panelists: int, statements: int) -> Side:
        """A study of this size with everybody's sheet, and its first panelists as clients."""
        size = (panelists, statements)
        if size not in self._sides:
            study = self.place.study(*size)
            people = secrets_of(study, self.sizes.clients)
            self._fill(panelists - len(people))
            self._sides[size] = Side(self._base, [Client(PAGE, secret) for secret in people])
        return self._sides[size]

    def _fill(self, count: int) -> None:
        """Sheets of everybody else, that nobody opens: the table and its index are as large as they would be."""
        newest = "SELECT id FROM rounds_round ORDER BY opened_at DESC LIMIT 1"
        with self.place.connection() as connection, connection.cursor() as cursor:
            (round_id,) = cursor.execute(newest).fetchone() or (None,)
            columns = "id, round_id, pseudonym, box, state, version"
            with cursor.copy(f"COPY sheets_sheet ({columns}) FROM STDIN") as copy:
                for _sheet in range(count):
                    copy.write_row((os.urandom(16).hex(), round_id, os.urandom(32), os.urandom(8220), 1, 1))

    def load(self, kind: Kind, side: Side, seconds: float) -> Load:
        """What becomes of the load, which comes from a process of its own. Raises Failed."""
        warm = self.sizes.warm_seconds
        plan = Plan(side.base, kind.does, kind.statements, side.clients, warm, seconds, side.posted_to)
        command = [sys.executable, "-m", "tests.bench.load"]
        said = said_by(command, self.place.variables, told=json.dumps(dataclasses.asdict(plan)))
        return Load(**json.loads(said))

    def in_turn(self, kind: Kind, ours: Side, yardstick: Side, seconds: float) -> Loads:
        """Ours and the yardstick in turn, never at once; who begins changes from run to run."""
        found = Loads()
        turns = [(ours, found.ours), (yardstick, found.yardstick)]
        for _run in range(self.sizes.runs):
            for side, kept in turns:
                kept.append(self.load(kind, side, seconds))
            turns.reverse()
        return found

    def box_bytes(self) -> int:
        """The bytes of the sheet that a client saved in the newest study."""
        newest = """
            SELECT length(box) FROM sheets_sheet JOIN rounds_round ON rounds_round.id = round_id
            WHERE version > 1 ORDER BY opened_at DESC LIMIT 1
        """
        with self.place.connection() as connection:
            row = connection.execute(newest).fetchone()
        return int(row[0]) if row else 0


def measure(place: Installation, sizes: Sizes) -> list[Figure]:
    """The figures `vote-7`, `vote-300` and `autosave`."""
    with place.served() as base:
        ground = Ground(place, sizes, base)
        return [_measured(ground, name, kind) for name, kind in KINDS.items() if sizes.wants(name)]


def _measured(ground: Ground, name: str, kind: Kind) -> Figure:
    sizes = ground.sizes
    ours = ground.ours(sizes.panelists, kind.statements)
    with _bare(ground, kind, ours) as (yardstick, trips):
        loads = ground.in_turn(kind, ours, yardstick, sizes.load_seconds)
        runs = loads.runs(kind)
        besides: dict[str, Any] = {"clients": sizes.clients, "round_trips": trips}
        if kind.does == AUTOSAVE:
            alone = ground.in_turn(kind, ours.few(1), yardstick.few(1), sizes.growth_seconds)
            besides["ratio_of_one_client"] = statistics.median(run.ratio for run in alone.runs(kind))
        else:
            reached = statistics.median(run.ratio for run in runs)
            besides |= {"least": LEAST, "is_least_met": reached >= LEAST}
    return Figure(
        figure=name,
        unit=kind.unit,
        what=kind.what,
        runs=runs,
        aim=kind.aim,
        growth=_growth(ground, kind, loads.ours),
        besides=besides | {"ours": _seen(loads.ours), "yardstick": _seen(loads.yardstick)},
    )


def _seen(loads: Sequence[Load]) -> dict[str, float]:
    """What else there is to know of one side: how long a browser waits, how large pages are, what the load costs."""
    names = ("median_ms", "slowest_ms", "page_bytes", "answer_bytes", "own_ms")
    return {name: statistics.median(getattr(load, name) for load in loads) for name in names}


def _growth(ground: Ground, kind: Kind, ours: Sequence[Load]) -> dict[int, float]:
    """Milliseconds a cycle takes, by the number of panelists; `ours` are the loads of the study of the usual size."""
    sizes = ground.sizes
    growth = {}
    for panelists in sizes.growth:
        if panelists == sizes.panelists:
            growth[panelists] = statistics.median(load.ms_a_cycle for load in ours)
        else:
            side = ground.ours(panelists, kind.statements)
            growth[panelists] = ground.load(kind, side, sizes.growth_seconds).ms_a_cycle
    return growth


@contextmanager
def _bare(ground: Ground, kind: Kind, ours: Side) -> Iterator[tuple[Side, int]]:
    """The bare views, with pages, rows, answers and, for autosave, round trips as ours were found to have them.

    Also yields how many round trips ours makes for what the figure is about.
    """
    place = ground.place
    seen = ground.load(dataclasses.replace(kind, does=AUTOSAVE), ours.few(1), 0.05)
    trips = _round_trips(place, ours, kind)
    plan: dict[str, Any] = {
        "page_bytes": seen.page_bytes,
        "box_bytes": ground.box_bytes(),
        "answer_bytes": seen.answer_bytes,
        "in_transaction": trips["in_transaction"],
        "trivial_statements": 0,
    }
    variables = {"DJANGO_SETTINGS_MODULE": BARE_SETTINGS, "DATABASE_URL": place.new_database("bare")}
    said_by([sys.executable, "-m", "django", "migrate", "--run-syncdb"], {**place.variables, **variables})
    keys = range(1, len(ours.clients) + 1)
    side = Side(
        "",
        [Client(f"/sheet/{kind.statements}/{key}/") for key in keys],
        [f"/autosave/{kind.statements}/{key}/" for key in keys],
    )
    if kind.does == AUTOSAVE:
        _make_as_many(place, side, kind, plan, variables, trips["round_trips"])
    with place.served("tests.bench.bare.wsgi", **variables, BARE=json.dumps(plan)) as base:
        yield dataclasses.replace(side, base=base), trips["round_trips"]


def _make_as_many(
    place: Installation, side: Side, kind: Kind, plan: dict[str, Any], variables: Mapping[str, str], trips: int
) -> None:
    """Put so many trivial statements into the plan that the bare view makes as many round trips as ours.

    Raises Failed where that cannot be.
    """
    least = _round_trips(place, side, kind, BARE=json.dumps(plan), **variables)["round_trips"]
    plan["trivial_statements"] = trips - least
    made = _round_trips(place, side, kind, BARE=json.dumps(plan), **variables)["round_trips"]
    if made != trips:
        raise Failed(f"The bare view makes {made} round trips to the database, and ours {trips}.")


def _round_trips(place: Installation, side: Side, kind: Kind, **more: str) -> dict[str, Any]:
    """How many round trips what the figure is about makes, and whether in a transaction; ours unless told more."""
    told = {
        "application": "tests.bench.bare.wsgi" if more else "delphi.wsgi",
        "page": side.clients[0].page,
        "secret": side.clients[0].secret,
        "posted_to": side.posted_to[0] if side.posted_to else "",
        "statements": kind.statements,
    }
    found: dict[str, dict[str, Any]] = place.inside("round_trips", told=told, DELPHI_POOL="1", **more)
    return found[kind.does]
