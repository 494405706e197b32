"""The rules that studies have published, by name, with what each lets be chosen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from surveys.consensus.location import DEFAULT_QUANTILE, QuantileType
from surveys.consensus.rules import (
    AllOf,
    Band,
    ByRound,
    Clause,
    Condition,
    Denominator,
    Derived,
    Outcome,
    Population,
    Rule,
    Threshold,
)
from surveys.consensus.scales import NINE_POINTS, Scale

PERCENT = 100
SMALL_SCALE = 7


@dataclass(frozen=True)
class Choices:
    """What may be chosen of a rule; None takes what the rule has by itself.

    `threshold` is in percent for shares, in points of the scale for an interquartile range. `half_medians` says where a
    median of 6.5 goes: up to the top band, as in the RAND/UCLA manual, or to the middle.
    """

    scale: Scale = NINE_POINTS
    band: Band | None = None
    threshold: Fraction | None = None
    denominator: Denominator | None = None
    half_medians: str | None = None
    quantile: QuantileType = DEFAULT_QUANTILE
    population: Population = "everyone"


@dataclass(frozen=True)
class BuiltIn:
    """A published rule: how it is made of what was chosen, what may be chosen, and where it comes from."""

    build: Callable[[Choices], Rule]
    takes: frozenset[str]
    source: str


def built_in_rule(name: str, choices: Choices | None = None) -> Rule:
    """Return a published rule. Raises KeyError for an unknown name, ValueError for a choice that it does not have."""
    chosen = choices or Choices()
    kind = BUILT_IN[name]
    given = {
        "scale": chosen.scale != NINE_POINTS,
        "band": chosen.band is not None,
        "threshold": chosen.threshold is not None,
        "denominator": chosen.denominator is not None,
        "half_medians": chosen.half_medians is not None,
    }
    for choice, is_given in given.items():
        if is_given and choice not in kind.takes:
            raise ValueError(_not_taken(name, choice, chosen))
    if chosen.half_medians not in (None, "up", "middle"):
        raise ValueError(f"Half medians go up or middle, not {chosen.half_medians!r}.")
    return kind.build(chosen)


def top_band(scale: Scale) -> Band:
    """Return the band of agreement on a scale: its upper third, of two points at least where it has four or more.

    That is 7-9 of nine points, 8-10 of ten, 6-7 of seven and 4-5 of five.
    """
    size = max(scale.size // 3, 2) if scale.size > 3 else 1
    return scale.high - size + 1, scale.high


def agreeing_band(rule: Rule) -> Band:
    """Return the band in which a rating agrees: that of the rule's first share, or else the top band of its scale."""
    bands = [clause.band for clause in rule.clauses if clause.statistic == "share" and clause.band]
    return bands[0] if bands else top_band(rule.scale)


def _not_taken(name: str, choice: str, chosen: Choices) -> str:
    if choice == "scale":
        takers = ", ".join(known for known, kind in BUILT_IN.items() if "scale" in kind.takes)
        ends = f"{chosen.scale.low}-{chosen.scale.high}"
        return f"The rule {name} is made for the scale 1-9, not {ends}; for any scale there are {takers}."
    words = {"half_medians": "place for half medians"}
    return f"The rule {name} has no {words.get(choice, choice)} to choose."


def _paper(name: str, mean: int) -> Callable[[Choices], Rule]:
    def build(chosen: Choices) -> Rule:
        clauses = (
            Clause("least", ">", Fraction(5), population=chosen.population),
            Clause("mean", ">", Fraction(mean), population=chosen.population),
        )
        return Rule(name, AllOf(clauses))

    return build


_APPROPRIATENESS = {
    Outcome.IN: "appropriate",
    Outcome.OUT: "inappropriate",
    Outcome.NONE: "uncertain",
}


def _appropriate(name: str, agreed: Callable[[Band, Choices], Clause]) -> Callable[[Choices], Rule]:
    """A RAND/UCLA rule: the median says which band, and a clause about agreement whether it counts."""

    def build(chosen: Choices) -> Rule:
        lowest = Fraction(7) if chosen.half_medians == "middle" else Fraction(13, 2)
        high = Clause("median", ">=", lowest, population=chosen.population)
        low = Clause("median", "<=", Fraction(3), population=chosen.population)
        return Rule(
            name,
            AllOf((high, agreed((7, 9), chosen))),
            out=AllOf((low, agreed((1, 3), chosen))),
            quantile=chosen.quantile,
            labels=_APPROPRIATENESS,
        )

    return build


def _no_disagreement(_band: Band, chosen: Choices) -> Clause:
    return Clause("each_extreme", "<", Derived.PANEL_SIZE, population=chosen.population)


def _strict_agreement(band: Band, chosen: Choices) -> Clause:
    return Clause("outside", "<=", Derived.PANEL_SIZE, band=band, population=chosen.population)


def _relaxed_agreement(_band: Band, chosen: Choices) -> Clause:
    return Clause("outside_window", "<=", Derived.PANEL_SIZE, population=chosen.population)


def _no_wide_spread(_band: Band, chosen: Choices) -> Clause:
    return Clause("disagreement_index", "<=", Fraction(1), population=chosen.population)


def _core_outcomes(name: str, population: Population | None = None) -> Callable[[Choices], Rule]:
    def build(chosen: Choices) -> Rule:
        where = population or chosen.population
        counted: Denominator = chosen.denominator or "rated"

        def most_in(band: Band) -> Clause:
            return Clause("share", ">=", Fraction(70, PERCENT), band=band, denominator=counted, population=where)

        def few_in(band: Band) -> Clause:
            return Clause("share", "<", Fraction(15, PERCENT), band=band, denominator=counted, population=where)

        return Rule(
            name,
            AllOf((most_in((7, 9)), few_in((1, 3)))),
            out=AllOf((most_in((1, 3)), few_in((7, 9)))),
        )

    return build


def _percent_agreement(chosen: Choices) -> Rule:
    percent = Fraction(75) if chosen.threshold is None else chosen.threshold
    return Rule("Percent agreement", _share_in_band(chosen, ">=", percent / PERCENT), chosen.scale)


def _share_in_band(chosen: Choices, operator: str, threshold: Threshold) -> Condition:
    return Clause(
        "share",
        ">=" if operator == ">=" else ">",
        threshold,
        band=chosen.band or top_band(chosen.scale),
        denominator=chosen.denominator or "rated",
        population=chosen.population,
    )


def _median_iqr(chosen: Choices) -> Rule:
    low = (chosen.band or top_band(chosen.scale))[0]
    high = chosen.scale.mirrored(low)
    widest = Fraction(1 if chosen.scale.size <= SMALL_SCALE else 2) if chosen.threshold is None else chosen.threshold
    narrow = Clause("iqr", "<=", widest, population=chosen.population)
    return Rule(
        "Median with interquartile range",
        AllOf((Clause("median", ">=", Fraction(low), population=chosen.population), narrow)),
        chosen.scale,
        out=AllOf((Clause("median", "<=", Fraction(high), population=chosen.population), narrow)),
        quantile=chosen.quantile,
    )


def _importance(chosen: Choices) -> Rule:
    return Rule(
        "GRADE importance",
        Clause("median", ">=", Fraction(7), population=chosen.population),
        out=Clause("median", "<=", Fraction(3), population=chosen.population),
        labels={
            Outcome.IN: "critical",
            Outcome.NONE: "important, not critical",
            Outcome.OUT: "of limited importance",
        },
    )


def _super_majority(chosen: Choices) -> Rule:
    falling = ByRound((Fraction(75, PERCENT), Fraction(67, PERCENT), Fraction(50, PERCENT)))
    return Rule("Super-majority by round", _share_in_band(chosen, ">=", falling), chosen.scale)


def _majority_opinions(chosen: Choices) -> Rule:
    return Rule("Average percent of majority opinions", _share_in_band(chosen, ">", Derived.APMO), chosen.scale)


_OF_SHARES = frozenset({"scale", "band", "denominator"})
_OF_MEDIANS = frozenset({"half_medians"})

BUILT_IN: Mapping[str, BuiltIn] = {
    "full-consensus": BuiltIn(
        _paper("Full consensus", 7), frozenset(), "Marques and others, J Clin Psychiatry 2026;87(1):25cs16066"
    ),
    "strong-consensus": BuiltIn(
        _paper("Strong consensus", 8), frozenset(), "Marques and others, J Clin Psychiatry 2026;87(1):25cs16066"
    ),
    "rand-ucla": BuiltIn(
        _appropriate("RAND/UCLA", _no_disagreement), _OF_MEDIANS, "Fitch and others, RAND MR-1269, 2001"
    ),
    "rand-ucla-strict": BuiltIn(
        _appropriate("RAND/UCLA, strict agreement", _strict_agreement),
        frozenset(),
        "Fitch and others, RAND MR-1269, 2001",
    ),
    "rand-ucla-relaxed": BuiltIn(
        _appropriate("RAND/UCLA, relaxed agreement", _relaxed_agreement),
        _OF_MEDIANS,
        "Fitch and others, RAND MR-1269, 2001",
    ),
    "rand-ucla-ipras": BuiltIn(
        _appropriate("RAND/UCLA with IPRAS", _no_wide_spread), _OF_MEDIANS, "Fitch and others, RAND MR-1269, 2001"
    ),
    "cos-70-15": BuiltIn(
        _core_outcomes("COS 70/15"), frozenset({"denominator"}), "Williamson and others, Trials 2012;13:132"
    ),
    "cos-70-15-every-group": BuiltIn(
        _core_outcomes("COS 70/15 in every group", "every group"),
        frozenset({"denominator"}),
        "Williamson and others, Trials 2017;18(Suppl 3):280",
    ),
    "percent-agreement": BuiltIn(
        _percent_agreement, _OF_SHARES | {"threshold"}, "Diamond and others, J Clin Epidemiol 2014;67:401"
    ),
    "median-iqr": BuiltIn(
        _median_iqr,
        frozenset({"scale", "band", "threshold"}),
        "von der Gracht, Technol Forecast Soc Change 2012;79:1525",
    ),
    "grade-importance": BuiltIn(_importance, frozenset(), "Guyatt and others, J Clin Epidemiol 2011;64:395"),
    "super-majority": BuiltIn(_super_majority, _OF_SHARES, "van der Heijde and others, Ann Rheum Dis 2015;74:8"),
    "apmo": BuiltIn(_majority_opinions, _OF_SHARES, "Kapoor 1987, as used by Cottam and others 2004"),
}

NAMED_RULES: Mapping[str, Rule] = {name: built_in_rule(name) for name in BUILT_IN}

# All members rate the statement above neutral, with a mean exceeding 7, on a scale from 1 to 9.
FULL_CONSENSUS = NAMED_RULES["full-consensus"]
