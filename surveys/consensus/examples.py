"""Numbers on which a rule can be tried: the demonstration's seven statements in its first and its last rating round.

Every rating of these is simulated. The means of the last round are those that the published study prints (Marques and
others, J Clin Psychiatry 2026;87(1):25cs16066); no individual rating of it was ever published.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from surveys.consensus.resolving import rule_in_round
from surveys.consensus.rules import Rule
from surveys.consensus.tallies import Tally
from surveys.consensus.verdicts import Verdict, judge

FIRST_ROUND: Sequence[Tally] = (
    Tally((0, 0, 1, 0, 1, 0, 3, 3, 2)),
    Tally((0, 0, 0, 0, 0, 3, 4, 3, 0)),
    Tally((0, 0, 1, 1, 0, 2, 3, 2, 1)),
    Tally((0, 0, 1, 0, 1, 2, 2, 2, 1), abstained=1),
    Tally((0, 0, 0, 0, 1, 1, 2, 4, 2)),
    Tally((0, 0, 0, 1, 1, 2, 2, 4, 0)),
    Tally((0, 0, 0, 0, 0, 1, 3, 4, 2)),
)
LAST_ROUND: Sequence[Tally] = (
    Tally((0, 0, 0, 0, 0, 0, 0, 6, 4)),
    Tally((0, 0, 0, 0, 0, 0, 0, 7, 3)),
    Tally((0, 0, 0, 0, 0, 0, 0, 7, 3)),
    Tally((0, 0, 0, 0, 0, 0, 0, 5, 4), abstained=1),
    Tally((0, 0, 0, 0, 0, 0, 0, 5, 5)),
    Tally((0, 0, 0, 0, 0, 0, 0, 6, 4)),
    Tally((0, 0, 0, 0, 0, 0, 0, 3, 7)),
)
ROUNDS = {1: FIRST_ROUND, 3: LAST_ROUND}
PANEL = 10


@dataclass(frozen=True)
class Example:
    """One statement, by its number, in the first and in the last round: its tallies, and what a rule says of them."""

    number: int
    first: Tally
    last: Tally
    first_verdict: Verdict
    last_verdict: Verdict


def tried_out(rule: Rule) -> list[Example]:
    """Return what a rule for nine points says of the example; groups of its panel are not known."""
    rules = {number: rule_in_round(rule, number, tallies) for number, tallies in ROUNDS.items()}
    verdicts = {number: [judge(_known(one), rules[number]) for one in tallies] for number, tallies in ROUNDS.items()}
    pairs = zip(FIRST_ROUND, LAST_ROUND, verdicts[1], verdicts[3], strict=True)
    return [Example(number, *pair) for number, pair in enumerate(pairs, start=1)]


def _known(tally: Tally) -> Tally:
    return Tally(tally.counts, tally.abstained, tally.missing, invited=PANEL)
