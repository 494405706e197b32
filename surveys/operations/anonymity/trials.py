"""Whole trials: a fresh study each, attacked while it is open, when it has closed, and when it is sealed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from surveys.operations.anonymity.browsers import listening
from surveys.operations.anonymity.catalogue import ATTACKS, WHEN_CLOSED, WHEN_SEALED, WHILE_OPEN
from surveys.operations.anonymity.findings import Attack, Finding, Observation, judge
from surveys.operations.anonymity.seeded import Seeded, build, close_and_freeze

Seen = dict[str, list[Observation | None]]


def run(
    trials: int, *, variables: Mapping[str, str] | None = None, said: Callable[[int], None] = lambda _trial: None
) -> list[Finding]:
    """All attacks over so many trials, in the order of their numbers. `said` is told of each trial when it is done.

    The database must be empty and nobody else's; the study's mails must be kept in memory.
    """
    seen: Seen = {attack.query: [] for attack in ATTACKS}
    for trial in range(trials):
        with listening() as ear:
            seeded = build(ear, variables)
            _look(WHILE_OPEN, seeded, seen, trial)
            frozen = replace(seeded, open=close_and_freeze(seeded.open, seeded.facilitator))
            _look(WHEN_CLOSED, frozen, seen, trial)
            _look(WHEN_SEALED, frozen, seen, trial)
        said(trial + 1)
    return [judge(attack, seen[attack.query]) for attack in ATTACKS]


def _look(attacks: Iterable[Attack], seeded: Seeded, seen: Seen, trial: int) -> None:
    for attack in attacks:
        if trial == 0 or not attack.once:
            seen[attack.query].append(attack.look(seeded))
