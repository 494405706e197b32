"""Thresholds that hang on the round, or on the ratings of all statements of it, made into numbers."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from surveys.consensus.location import count_between
from surveys.consensus.rules import AllOf, AnyOf, Band, ByRound, Clause, Condition, Denominator, Derived, Not, Rule
from surveys.consensus.scales import NINE_POINTS, Scale
from surveys.consensus.tallies import Tally


def rule_in_round(rule: Rule, round_number: int, tallies: Sequence[Tally]) -> Rule:
    """Return the rule as it judges one round: every threshold by round or by majority opinions is a number.

    `round_number` counts rating rounds from 1, and `tallies` are all statements of that round. Thresholds by the size
    of the panel stay, as statements differ in how many rated them. Where no statement has a majority, a threshold by
    majority opinions stays too, and nothing can be judged by it.
    """
    return replace(
        rule,
        condition=_resolved(rule.condition, rule, round_number, tallies),
        out=None if rule.out is None else _resolved(rule.out, rule, round_number, tallies),
        near=None if rule.near is None else _resolved(rule.near, rule, round_number, tallies),
    )


def majority_average(
    tallies: Sequence[Tally], band: Band, scale: Scale = NINE_POINTS, denominator: Denominator = "rated"
) -> Fraction | None:
    """Return APMO, the average percent of majority opinions, as a share from 0 to 1.

    A statement has a majority that agrees where more than half of its denominator lie in `band`, and one that disagrees
    where more than half lie in the band's mirror image at the other end of the scale. APMO is the number of opinions in
    these majorities divided by all opinions: of those who rated, or of all who were asked (Kapoor 1987). None where
    there are no opinions.
    """
    low, high = band
    mirrored = (scale.mirrored(high), scale.mirrored(low))
    sizes = [tally.size(denominator) or 0 for tally in tallies]
    majorities = 0
    for tally, size in zip(tallies, sizes, strict=True):
        for side in {band, mirrored}:
            count = count_between(tally.counts, *side, scale)
            majorities += count if 2 * count > size else 0
    return Fraction(majorities, sum(sizes)) if sum(sizes) else None


def _resolved(condition: Condition, rule: Rule, round_number: int, tallies: Sequence[Tally]) -> Condition:
    if isinstance(condition, Not):
        return Not(_resolved(condition.part, rule, round_number, tallies))
    if isinstance(condition, AllOf | AnyOf):
        return type(condition)(tuple(_resolved(part, rule, round_number, tallies) for part in condition.parts))
    if isinstance(condition.threshold, ByRound):
        return replace(condition, threshold=condition.threshold.at(round_number))
    if condition.threshold is Derived.APMO:
        return replace(condition, threshold=_average(condition, rule, tallies) or Derived.APMO)
    return condition


def _average(clause: Clause, rule: Rule, tallies: Sequence[Tally]) -> Fraction | None:
    band = clause.band or (rule.scale.low, rule.scale.high)
    return majority_average(tallies, band, rule.scale, clause.denominator)
