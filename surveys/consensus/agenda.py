"""The agenda of a meeting, made from the last results: in which order, and how many minutes for each statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from surveys.consensus.location import share

LEAST_MINUTES = 3


@dataclass(frozen=True)
class Discussed:
    """What is known of one statement before a meeting.

    `short` is how many ratings would have to change for consensus (`short_of`): 0 where it is reached, None where it
    is not known or may not be shown. `polarisation` is from 0 to 1, None where the counts may not be shown.
    """

    key: str
    short: int | None
    polarisation: Fraction | None = None


@dataclass(frozen=True)
class AgendaSlot:
    """One item of the agenda: the statements of which it speaks, and its whole minutes."""

    keys: tuple[str, ...]
    minutes: int
    is_resolved: bool = False


def polarisation(counts: Sequence[int]) -> Fraction | None:
    """How far a panel is split in two, exactly: 4 · share of 1 to 4 · share of 6 to 9; None without ratings.

    0 where all stand on one side, 1 where half stand on each. It is the variance of a coin of two sides, scaled by its
    greatest value of 1/4; ratings of 5 belong to no side and so lower it. Raises ValueError for wrong counts.
    """
    below, above = share(counts, 1, 4), share(counts, 6, 9)
    return None if below is None or above is None else 4 * below * above


def plan_agenda(items: Sequence[Discussed], minutes: int) -> list[AgendaSlot]:
    """Share `minutes` out among the statements; the slots' minutes sum up to it, and none has fewer than 3.

    Order: unresolved statements first, those that lack the fewest ratings before others, the more polarised first
    among equals, then in the given order; those of which nothing is known come after them. The resolved ones are one
    slot together, the last. Where 3 minutes for each would be too much, the unresolved ones that come last share one
    slot, and with room for a single slot the resolved ones are left out.

    Weights: each slot has its 3 minutes; the rest is shared out in proportion to 1 + 1/short + polarisation, where
    what is not known adds nothing, and 1 for a slot of several statements. What is left of whole minutes goes to the
    largest remainders, the earlier slot first among equals. Raises ValueError for fewer than 3 minutes.
    """
    if minutes < LEAST_MINUTES:
        raise ValueError(f"An agenda needs at least {LEAST_MINUTES} minutes, not {minutes}.")
    unresolved = sorted((item for item in items if item.short != 0), key=_place)
    resolved = tuple(item.key for item in items if item.short == 0)
    room = minutes // LEAST_MINUTES
    if not unresolved:
        return [AgendaSlot(resolved, minutes, is_resolved=True)] if resolved else []
    shows_resolved = bool(resolved) and room > 1
    alone = room - shows_resolved
    if len(unresolved) > alone:
        alone -= 1
    groups: list[tuple[tuple[str, ...], Fraction]] = [((item.key,), _weight(item)) for item in unresolved[:alone]]
    if len(unresolved) > alone:
        groups.append((tuple(item.key for item in unresolved[alone:]), Fraction(1)))
    if shows_resolved:
        groups.append((resolved, Fraction(1)))
    allotted = _shared_out(minutes, [weight for _keys, weight in groups])
    last = len(groups) - 1
    return [
        AgendaSlot(keys, given, is_resolved=shows_resolved and place == last)
        for place, ((keys, _weight_of), given) in enumerate(zip(groups, allotted, strict=True))
    ]


def _place(item: Discussed) -> tuple[bool, int, Fraction]:
    """Where an unresolved statement stands; `sorted` keeps equals in the given order."""
    return item.short is None, item.short or 0, -(item.polarisation or Fraction(0))


def _weight(item: Discussed) -> Fraction:
    closeness = Fraction(1, item.short) if item.short else Fraction(0)
    return 1 + closeness + (item.polarisation or Fraction(0))


def _shared_out(minutes: int, weights: Sequence[Fraction]) -> list[int]:
    """Whole minutes for each weight, 3 at least, by the largest remainders."""
    spare, total = minutes - LEAST_MINUTES * len(weights), sum(weights)
    exact = [spare * weight / total for weight in weights]
    given = [int(part) for part in exact]
    first = sorted(range(len(weights)), key=lambda place: given[place] - exact[place])
    for place in first[: spare - sum(given)]:
        given[place] += 1
    return [LEAST_MINUTES + part for part in given]
