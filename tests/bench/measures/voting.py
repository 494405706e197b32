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
from dataclasses import dataclass
from typing import Any

from tests.bench.figures import Aim, Figure, Run
from tests.bench.installation import Installation, secrets_of
from tests.bench.load import Client, Load, Plan
from tests.bench.programs import said_by
from tests.bench.sizes import Sizes

STATEMENTS = {"vote-7": 7, "vote-300": 300, "autosave": 7}
LEAST = 0.5
WISHED = 0.8
DEAREST = 1.3
PAGE = "/panel/vignette/1/"
WHAT = {
    "vote-7": "a bare Django view that reads one row, renders a form of 7 statements and as many bytes, and upserts a "
    "row of as many bytes",
    "vote-300": "the same with 300 statements",
    "autosave": "a bare Django view that makes as many round trips to the database and answers as many bytes",
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

    ours: list[Load]
    yardstick: list[Load]


def measure(place: Installation, sizes: Sizes) -> list[Figure]:
    """The figures `vote-7`, `vote-300` and `autosave`."""
    wanted = [name for name in STATEMENTS if sizes.wants(name)]
    with place.served() as base:
        figures = [_vote(place, sizes, base, name) for name in wanted if name != "autosave"]
        return figures + ([_autosave(place, sizes, base)] if "autosave" in wanted else [])


def _vote(place: Installation, sizes: Sizes, base: str, name: str) -> Figure:
    statements = STATEMENTS[name]
    ours = _ours(place, base, sizes, sizes.panelists, statements)
    with _bare(place, sizes, ours, statements) as yardstick:
        loads = _loads(place, sizes, "vote", statements, ours, yardstick)
    return Figure(
        figure=name,
        unit="cycles/s",
        what=WHAT[name],
        runs=[Run(one.rate, other.rate) for one, other in zip(loads.ours, loads.yardstick, strict=True)],
        aim=Aim(WISHED, "at least"),
        growth=_growth(place, sizes, base, "vote", statements),
        besides={
            "least": LEAST,
            "is_least_met": _ratio(loads) >= LEAST,
            "clients": sizes.clients,
            **_seen(loads),
        },
    )


def _autosave(place: Installation, sizes: Sizes, base: str) -> Figure:
    statements = STATEMENTS["autosave"]
    ours = _ours(place, base, sizes, sizes.panelists, statements)
    trips = _round_trips(place, ours.few(1), statements)
    with _bare(place, sizes, ours, statements, trips["autosave"]) as yardstick:
        alone = _loads(place, sizes, "autosave", statements, ours.few(1), yardstick.few(1))
        loads = _loads(place, sizes, "autosave", statements, ours, yardstick)
    return Figure(
        figure="autosave",
        unit="ms",
        what=WHAT["autosave"],
        runs=[Run(_ms(one), _ms(other)) for one, other in zip(loads.ours, loads.yardstick, strict=True)],
        aim=Aim(DEAREST),
        growth=_growth(place, sizes, base, "autosave", statements),
        besides={
            "clients": sizes.clients,
            "ratio_of_one_client": 1 / _ratio(alone),
            "round_trips": trips["autosave"]["round_trips"],
            **_seen(loads),
        },
    )


def _ms(load: Load) -> float:
    """Milliseconds a cycle takes the machine, whatever the number of clients."""
    return 1000 / load.rate


def _ratio(loads: Loads) -> float:
    """The median of the runs' rates, ours by the yardstick's."""
    return statistics.median(one.rate / other.rate for one, other in zip(loads.ours, loads.yardstick, strict=True))


def _seen(loads: Loads) -> dict[str, Any]:
    """What else there is to know of the loads: how long a browser waits, how large pages are, what the load costs."""
    sides = {"ours": loads.ours, "yardstick": loads.yardstick}
    return {
        side: {
            name: statistics.median(getattr(load, name) for load in seen)
            for name in ("median_ms", "slowest_ms", "page_bytes", "answer_bytes", "own_ms")
        }
        for side, seen in sides.items()
    }


def _ours(place: Installation, base: str, sizes: Sizes, panelists: int, statements: int) -> Side:
    """A synthetic study of this size, everybody's sheet there already, and its first panelists as clients."""
    study = place.study(panelists, statements)
    people = secrets_of(study, sizes.clients)
    _fill(place, panelists - len(people))
    return Side(base, [Client(PAGE, secret) for secret in people])


def _fill(place: Installation, count: int) -> None:
    """Sheets of everybody else, that nobody opens: the table and its index are as large as they would be."""
    with place.connection() as connection, connection.cursor() as cursor:
        newest = "SELECT id FROM rounds_round ORDER BY opened_at DESC LIMIT 1"
        (round_id,) = cursor.execute(newest).fetchone() or (None,)
        columns = "id, round_id, pseudonym, box, state, version"
        with cursor.copy(f"COPY sheets_sheet ({columns}) FROM STDIN") as copy:
            for _sheet in range(count):
                copy.write_row((os.urandom(16).hex(), round_id, os.urandom(32), os.urandom(8220), 1, 1))


@contextmanager
def _bare(
    place: Installation,
    sizes: Sizes,
    ours: Side,
    statements: int,
    trips: Mapping[str, Any] | None = None,
) -> Iterator[Side]:
    """The bare views on a database of their own, with pages, rows and answers as large as ours were found to be."""
    seen = _run(place, Plan(ours.base, "autosave", statements, ours.clients[:1], 0, 0.05))
    plan: dict[str, Any] = {
        "page_bytes": {str(statements): seen.page_bytes},
        "box_bytes": {str(statements): _box_bytes(place)},
        "autosave": {
            "trivial_statements": 0,
            "in_transaction": bool(trips and trips["in_transaction"]),
            "answer_bytes": seen.answer_bytes,
        },
    }
    variables = {
        "DJANGO_SETTINGS_MODULE": "tests.bench.bare.settings",
        "DATABASE_URL": place.new_database("bare"),
    }
    said_by([sys.executable, "-m", "django", "migrate", "--run-syncdb"], {**place.variables, **variables})
    clients = [Client(f"/sheet/{statements}/{key}/") for key in range(sizes.clients)]
    posted_to = [f"/autosave/{statements}/{key}/" for key in range(sizes.clients)]
    side = Side("", clients, posted_to)
    if trips:
        _as_many(place, side, statements, plan, variables, trips["round_trips"])
    with place.served("tests.bench.bare.wsgi", **variables, BARE=json.dumps(plan)) as base:
        yield dataclasses.replace(side, base=base)


def _as_many(
    place: Installation, side: Side, statements: int, plan: dict[str, Any], variables: Mapping[str, str], trips: int
) -> None:
    """Give the bare autosave so many trivial statements that it makes as many round trips as ours; counted again."""
    for _time in range(2):
        found = _round_trips(place, side, statements, BARE=json.dumps(plan), **variables)["autosave"]["round_trips"]
        plan["autosave"]["trivial_statements"] += trips - found
    if plan["autosave"]["trivial_statements"] < 0 or found != trips:
        raise ValueError(f"The bare view makes {found} round trips, and ours {trips}.")


def _round_trips(place: Installation, side: Side, statements: int, **more: str) -> dict[str, Any]:
    """By `page`, `vote` and `autosave`: how many round trips each makes, and whether in a transaction."""
    told = {
        "application": "tests.bench.bare.wsgi" if more else "delphi.wsgi",
        "page": side.clients[0].page,
        "secret": side.clients[0].secret,
        "posted_to": side.posted_to[0] if side.posted_to else "",
        "statements": statements,
    }
    found: dict[str, Any] = place.inside("round_trips", told=told, DELPHI_POOL="1", **more)
    return found


def _box_bytes(place: Installation) -> int:
    """The bytes of the sheet that a client saved last."""
    with place.connection() as connection:
        row = connection.execute("SELECT length(box) FROM sheets_sheet WHERE version > 1 LIMIT 1").fetchone()
    return int(row[0]) if row else 0


def _loads(place: Installation, sizes: Sizes, kind: str, statements: int, ours: Side, yardstick: Side) -> Loads:
    """Ours and the yardstick in turn, never at once; who begins changes from run to run."""
    found = Loads([], [])
    turns = [(ours, found.ours), (yardstick, found.yardstick)]
    for _run_number in range(sizes.runs):
        for side, kept in turns:
            seconds = (sizes.warm_seconds, sizes.load_seconds)
            kept.append(_run(place, Plan(side.base, kind, statements, side.clients, *seconds, side.posted_to)))
        turns.reverse()
    return found


def _growth(place: Installation, sizes: Sizes, base: str, kind: str, statements: int) -> dict[int, float]:
    """Milliseconds a cycle, by the number of panelists."""
    growth = {}
    for panelists in sizes.growth:
        side = _ours(place, base, sizes, panelists, statements)
        plan = Plan(base, kind, statements, side.clients, sizes.warm_seconds, sizes.growth_seconds)
        growth[panelists] = _ms(_run(place, plan))
    return growth


def _run(place: Installation, plan: Plan) -> Load:
    """The load, from a process of its own. Raises Failed where an answer was not the expected one."""
    command = [sys.executable, "-m", "tests.bench.load"]
    said = said_by(command, place.variables, told=json.dumps(dataclasses.asdict(plan)))
    return Load(**json.loads(said))
