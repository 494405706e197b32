"""A vote, and a save of one answer, against bare views behind the same server.

A cycle gets the page and posts its form; its redirect is answered and not followed. The bare view does the same with a
form of as many bytes and a row of as many bytes; see tests/bench/bare.
"""

import dataclasses
import json
import os
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.bench.figures import Aim, Figure, Run
from tests.bench.installation import Installation, secrets_of
from tests.bench.load import Client, Load, Plan, Side
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

    def runs(self, ours: Sequence[Load], yardstick: Sequence[Load]) -> list[Run]:
        """Both sides' loads in the figure's unit, run by run."""
        name = "rate" if self.does == VOTE else "ms_a_cycle"
        return [Run(getattr(one, name), getattr(other, name)) for one, other in zip(ours, yardstick, strict=True)]


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
        "a bare view that puts one answer into as large a row with as many round trips, and answers as many bytes",
    ),
}


class Ground:
    """The server of ours, and the studies that were made on it, each once."""

    def __init__(self, place: Installation, sizes: Sizes, base: str) -> None:
        self.place, self.sizes, self._base = place, sizes, base
        self._sides: dict[tuple[int, int], Side] = {}
        self._bare: dict[str, str] = {}

    def ours(self, panelists: int, statements: int) -> Side:
        """A study of this size with everybody's sheet, and its first panelists as clients."""
        size = (panelists, statements)
        if size not in self._sides:
            study = self.place.study(*size)
            people = secrets_of(study, self.sizes.clients)
            self._fill(panelists - len(people))
            clients = [Client(PAGE, secret) for secret in people]
            self._sides[size] = Side(self._base, clients, group=self.place.group_of(self._base))
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

    def loads(self, kind: Kind, sides: Sequence[Side], runs: int, seconds: float) -> list[list[Load]]:
        """What becomes of each side in each run; the load comes from a process of its own. Raises Failed."""
        plan = Plan(kind.does, kind.statements, sides, runs, self.sizes.warm_seconds, seconds)
        command = [sys.executable, "-m", "tests.bench.load"]
        said = said_by(command, self.place.variables, told=json.dumps(dataclasses.asdict(plan)))
        return [[Load(**load) for load in side] for side in json.loads(said)]

    def bare_variables(self) -> dict[str, str]:
        """The environment of the bare views, on a database of their own that is made once."""
        if not self._bare:
            url = self.place.new_database("bare")
            self._bare = {"DJANGO_SETTINGS_MODULE": BARE_SETTINGS, "DATABASE_URL": url}
            migrate = [sys.executable, "-m", "django", "migrate", "--run-syncdb"]
            said_by(migrate, {**self.place.variables, **self._bare})
        return self._bare

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
        found = ground.loads(kind, [ours, yardstick], sizes.load_runs, sizes.load_seconds)
        runs = kind.runs(*found)
        besides: dict[str, Any] = {"clients": sizes.clients, "round_trips": trips}
        if kind.does == AUTOSAVE:
            alone = ground.loads(kind, [ours.few(1), yardstick.few(1)], sizes.growth_runs, sizes.growth_seconds)
            besides["ratio_of_one_client"] = _ratio(kind.runs(*alone))
        else:
            besides |= {"least": LEAST, "is_least_met": _ratio(runs) >= LEAST}
    return Figure(
        figure=name,
        unit=kind.unit,
        what=kind.what,
        runs=runs,
        aim=kind.aim,
        growth=_growth(ground, kind, found[0]),
        besides=besides | {"ours": _seen(found[0]), "yardstick": _seen(found[1])},
    )


def _ratio(runs: Sequence[Run]) -> float:
    return statistics.median(run.ratio for run in runs)


def _seen(loads: Sequence[Load]) -> dict[str, float]:
    """What else there is to know of one side: how long a browser waits, how large pages are, what the load costs."""
    names = ("median_ms", "slowest_ms", "page_bytes", "answer_bytes", "own_ms", "server_ms")
    return {name: statistics.median(getattr(load, name) for load in loads) for name in names}


def _growth(ground: Ground, kind: Kind, ours: Sequence[Load]) -> dict[int, float]:
    """Milliseconds a cycle takes, by the number of panelists; `ours` are the loads of the study of the usual size."""
    sizes = ground.sizes
    growth = {}
    for panelists in sizes.growth:
        if panelists == sizes.panelists:
            loads = ours
        else:
            side = ground.ours(panelists, kind.statements)
            (loads,) = ground.loads(kind, [side], sizes.growth_runs, sizes.growth_seconds)
        growth[panelists] = statistics.median(load.ms_a_cycle for load in loads)
    return growth


@contextmanager
def _bare(ground: Ground, kind: Kind, ours: Side) -> Iterator[tuple[Side, int]]:
    """The bare views, with pages, rows, answers and, for autosave, round trips as ours were found to have them.

    Also yields how many round trips ours makes for what the figure is about.
    """
    place = ground.place
    seen = _seen_inside(place, ours, kind)
    wire = seen[kind.does]
    # Beside reading and writing the row there are the pool's check of the connection and, in a transaction, its begin
    # and its end.
    least = 5 if wire["in_transaction"] else 3
    plan: dict[str, Any] = {
        "page_bytes": seen["page_bytes"],
        "box_bytes": ground.box_bytes(),
        "answer_bytes": seen["answer_bytes"],
        "in_transaction": wire["in_transaction"],
        "trivial_statements": max(0, wire["round_trips"] - least),
    }
    keys = range(1, len(ours.clients) + 1)
    side = Side(
        "",
        [Client(f"/sheet/{kind.statements}/{key}/") for key in keys],
        [f"/autosave/{kind.statements}/{key}/" for key in keys],
    )
    variables = {**ground.bare_variables(), "BARE": json.dumps(plan)}
    if kind.does == AUTOSAVE:
        made = _seen_inside(place, side, kind, **variables)[kind.does]
        if made != wire:
            raise Failed(f"The bare view does not ask the database as ours does: {made}, and not {wire}.")
    with place.served("tests.bench.bare.wsgi", **variables) as base:
        yield dataclasses.replace(side, base=base, group=place.group_of(base)), wire["round_trips"]


def _seen_inside(place: Installation, side: Side, kind: Kind, **more: str) -> dict[str, Any]:
    """What `tests.bench.inside.round_trips` sees; of ours, unless told the variables of the bare views."""
    told = {
        "application": "tests.bench.bare.wsgi" if more else "delphi.wsgi",
        "page": side.clients[0].page,
        "secret": side.clients[0].secret,
        "posted_to": side.posted_to[0] if side.posted_to else "",
        "statements": kind.statements,
    }
    found: dict[str, Any] = place.inside("round_trips", told=told, DELPHI_POOL="1", **more)
    return found
