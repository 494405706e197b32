"""From votes for options to a recommendation: who names an option counts, and half of them included is a half."""

from collections.abc import Sequence
from fractions import Fraction

HALF = Fraction(1, 2)


def named_by(votes: Sequence[int], n: int, threshold: Fraction = HALF) -> tuple[int, ...]:
    """Return the places of the options that at least `threshold` of n named, the most named first.

    `votes` has a number for each option. Options with as many votes keep their order. Nothing is named by nobody.
    """
    chosen = [place for place, count in enumerate(votes) if n and Fraction(count, n) >= threshold]
    return tuple(sorted(chosen, key=lambda place: -votes[place]))


def proposed(votes: Sequence[int], n: int, most: int) -> tuple[int, ...]:
    """Return the places of the options that make the proposed statement, the most named first, at most `most`.

    Those that at least half named; where none reached half, the most named, all of them where several are level.
    Where `most` would cut between options that are level, none of the level ones is taken. () where nobody voted.
    """
    found = named_by(votes, n)
    if not found:
        top = max(votes, default=0)
        found = tuple(place for place, count in enumerate(votes) if count == top) if top else ()
    if len(found) <= most:
        return found
    level = votes[found[most]]
    return tuple(place for place in found[:most] if votes[place] > level)
