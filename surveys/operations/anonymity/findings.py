"""What an attack found, trial by trial, and when that is more than luck."""

import enum
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from scipy.stats import norm, poisson

from surveys.operations.anonymity.seeded import PANELISTS, Seeded

ALPHA = 0.001
"""How likely luck may be called a finding: once for all ways of guessing of all attacks, Q1 to Q22, which share it, and
once for the orders of Q5, since a perfect order of twelve in one study could not be told from luck with less."""
_OF_EACH_ATTACK = ALPHA / 22
_TAU_SD = math.sqrt(2 * (2 * PANELISTS + 5) / (9 * PANELISTS * (PANELISTS - 1)))


class State(enum.StrEnum):
    """Where the study stands when it is attacked."""

    OPEN = "round open"
    CLOSED = "round closed"
    SEALED = "study sealed"
    ANY = "any"


class Verdict(enum.StrEnum):
    """What came of an attack."""

    HOLDS = "holds"
    BROKEN = "BROKEN"
    LIMIT = "limit shown"
    NOT_HERE = "does not apply"


@dataclass(frozen=True)
class Observation:
    """What one attack saw in one trial.

    `ways` has for each way of guessing how many people it gave their own; `orders` Kendall's tau between two orders of
    the same people; `given_away` is how many were given away with no guessing; `found` says what must not be there.
    """

    ways: Mapping[str, int] = field(default_factory=dict)
    orders: Mapping[str, float] = field(default_factory=dict)
    given_away: int = 0
    found: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Attack:
    """One of the attacks Q1 to Q22: in which state, what is tried in plain words, and how.

    `look` returns None where this database knows nothing of the kind; `instead` says why. With `once` it is as good
    on the first trial as on all of them.
    """

    query: str
    title: str
    state: State
    tried: str
    look: Callable[[Seeded], Observation | None]
    instead: str = ""
    once: bool = False
    shows_limit: bool = False


@dataclass(frozen=True)
class Finding:
    """What came of an attack over all trials. `relinked` of `people` were given back by the best of so many `ways`.

    `chance` is the share that a blind guess would hit; `finding_from` is how many would be more than luck.
    """

    query: str
    title: str
    state: str
    tried: str
    trials: int
    relinked: int
    people: int
    chance: float
    ways: int
    finding_from: int
    verdict: Verdict
    found: tuple[str, ...] = ()
    note: str = ""

    @property
    def is_breach(self) -> bool:
        """Whether the promise does not hold."""
        return self.verdict == Verdict.BROKEN


def judge(attack: Attack, seen: Sequence[Observation | None]) -> Finding:
    """The finding of an attack over its trials."""
    observations = [each for each in seen if each is not None]
    people = PANELISTS * len(observations)
    totals = _totals([each.ways for each in observations])
    guessed = max(totals.values(), default=0)
    given_away = sum(each.given_away for each in observations)
    ways = len(totals)
    begins = finding_from(people, ways) if ways else 1
    found = tuple(dict.fromkeys(line for each in observations for line in each.found))
    found += _orders_found([each.orders for each in observations])
    found += tuple(
        f"{way}: {hits} of {people}" for way, hits in sorted(totals.items(), key=lambda at: -at[1]) if hits >= begins
    )
    relinked = max(guessed, given_away)
    notes = dict.fromkeys([*([] if observations else [attack.instead]), *(each.note for each in observations)])
    return Finding(
        query=attack.query,
        title=attack.title,
        state=str(attack.state),
        tried=attack.tried,
        trials=len(observations),
        relinked=relinked,
        people=people,
        chance=1 / PANELISTS if ways else 0.0,
        ways=ways,
        finding_from=begins,
        verdict=_verdict(attack, bool(observations), relinked == people, bool(found) or given_away > 0),
        found=found,
        note=" ".join(note for note in notes if note),
    )


def _verdict(attack: Attack, applies: bool, everybody: bool, is_more_than_luck: bool) -> Verdict:
    if not applies:
        return Verdict.NOT_HERE
    if attack.shows_limit:
        return Verdict.LIMIT if everybody else Verdict.BROKEN
    return Verdict.BROKEN if is_more_than_luck else Verdict.HOLDS


def _totals(ways: Sequence[Mapping[str, int]]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for each in ways:
        for way, hits in each.items():
            totals[way] = totals.get(way, 0) + hits
    return totals


def finding_from(people: int, ways: int) -> int:
    """From how many true guesses on the best of so many ways is more than luck.

    Each way has its share of what its attack may err. Two orders of the same people that have nothing to do with each
    other agree in about as many places as a Poisson variable of mean one (Montmort 1708, the fixed points of a random
    permutation); a binomial one calls luck a finding more often than that.
    """
    mean = people / PANELISTS
    return next((hits for hits in range(people + 1) if poisson.sf(hits - 1, mean) < _OF_EACH_ATTACK / ways), people + 1)


def _orders_found(orders: Sequence[Mapping[str, float]]) -> tuple[str, ...]:
    """The pairs of orders whose mean tau is further from 0 than luck would have it."""
    taus: dict[str, list[float]] = {}
    for each in orders:
        for name, tau in each.items():
            taus.setdefault(name, []).append(tau)
    found = []
    for name, values in taus.items():
        mean = sum(values) / len(values)
        if abs(mean) * math.sqrt(len(values)) / _TAU_SD > norm.isf(ALPHA / len(taus) / 2):
            found.append(f"{name}: Kendall's tau {mean:.2f} over {len(values)} trials")
    return tuple(found)
