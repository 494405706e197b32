"""Rules drawn at random, and a second engine, written otherwise, that judges them from the ratings themselves."""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from hypothesis import strategies as st

from surveys.consensus import NINE_POINTS, AllOf, AnyOf, Clause, Not, Outcome, Rule, Tally, count_ratings
from surveys.consensus.rules import Condition, Derived, Operator

OPERATORS: tuple[Operator, ...] = (">", ">=", "<", "<=")
POPULATIONS = ("everyone", "every group", "any group")
Groups = Mapping[str, Sequence[int] | None]

ratings_lists = st.lists(st.integers(1, 9), max_size=25)
some_ratings = st.lists(st.integers(1, 9), min_size=1, max_size=25)
bands = st.tuples(st.integers(1, 9), st.integers(1, 9)).filter(lambda band: band[0] <= band[1])
operators = st.sampled_from(OPERATORS)
populations = st.sampled_from(POPULATIONS)
points = st.fractions(min_value=Fraction(3, 2), max_value=Fraction(17, 2), max_denominator=12)
widths = st.fractions(min_value=0, max_value=9, max_denominator=12)
shares = st.fractions(min_value=0, max_value=1, max_denominator=20)

plain_clauses = st.one_of(
    st.builds(Clause, st.sampled_from(["least", "most", "mean", "median"]), operators, points, population=populations),
    st.builds(
        Clause, st.sampled_from(["iqr", "sd", "cv", "disagreement_index"]), operators, widths, population=populations
    ),
)
share_clauses = st.builds(
    Clause,
    st.just("share"),
    operators,
    shares,
    band=bands,
    denominator=st.sampled_from(["rated", "asked"]),
    population=populations,
)
count_clauses = st.one_of(
    st.builds(Clause, st.just("outside"), operators, st.integers(0, 9).map(Fraction), band=bands),
    st.builds(
        Clause,
        st.sampled_from(["each_extreme", "outside_window"]),
        operators,
        st.just(Derived.PANEL_SIZE),
        population=populations,
    ),
)
clauses = st.one_of(plain_clauses, share_clauses, count_clauses)
conditions: st.SearchStrategy[Condition] = st.recursive(
    clauses,
    lambda parts: st.one_of(
        st.builds(AllOf, st.lists(parts, min_size=1, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(parts, min_size=1, max_size=3).map(tuple)),
        st.builds(Not, parts),
    ),
    max_leaves=5,
)


def depth(condition: Condition) -> int:
    """How many levels of "all", "any" and "not" lie around the deepest clause."""
    if isinstance(condition, Clause):
        return 0
    if isinstance(condition, Not):
        return 1 + depth(condition.part)
    return 1 + max(map(depth, condition.parts))


shallow = conditions.filter(lambda condition: depth(condition) <= 5)
rules = st.builds(
    Rule,
    name=st.text(min_size=1, max_size=20).filter(str.strip),
    condition=shallow,
    quorum=st.integers(1, 8),
    out=st.none() | shallow,
    near=st.none() | shallow,
    quantile=st.sampled_from([7, 6, 2]),
    labels=st.dictionaries(st.sampled_from(Outcome), st.sampled_from(["good", "bad"]), max_size=2),
)
groupings = st.dictionaries(
    st.sampled_from(["Nurses", "Physicians", "Pharmacists"]), st.none() | st.lists(st.integers(1, 9), max_size=9)
)


def tally(ratings: Sequence[int], abstained: int = 0, missing: int = 0, groups: Groups | None = None) -> Tally:
    """The tally of these ratings, and of those of each group; None is a group of which too little is known."""
    return Tally(
        count_ratings(ratings),
        abstained,
        missing,
        groups={
            name: None if some is None else Tally(count_ratings(some), abstained)
            for name, some in (groups or {}).items()
        },
    )


def outcome_by_hand(
    rule: Rule, ratings: Sequence[int], abstained: int = 0, missing: int = 0, groups: Groups | None = None
) -> Outcome:
    """What a rule without quorum clauses says, worked out from the sorted ratings, "not" taken at its word."""
    if len(ratings) < rule.quorum:
        return Outcome.NOT_EVALUABLE
    by_group = [
        None if some is None or not some or len(some) < rule.quorum else (sorted(some), len(some) + abstained)
        for some in (groups or {}).values()
    ]
    everyone = (sorted(ratings), len(ratings) + abstained + missing)
    named = ((Outcome.IN, rule.condition), (Outcome.OUT, rule.out), (Outcome.NEAR, rule.near))
    for outcome, condition in named:
        holds = False if condition is None else _holds(condition, everyone, by_group, rule.quantile)
        if holds is None:
            return Outcome.NOT_EVALUABLE
        if holds:
            return outcome
    return Outcome.NONE


Some = tuple[list[int], int]


def _holds(condition: Condition, everyone: Some, groups: list[Some | None], kind: int) -> bool | None:
    if isinstance(condition, Not):
        held = _holds(condition.part, everyone, groups, kind)
        return None if held is None else not held
    if isinstance(condition, AllOf | AnyOf):
        parts = [_holds(part, everyone, groups, kind) for part in condition.parts]
        return _together(parts, wants_all=isinstance(condition, AllOf))
    if condition.population == "everyone":
        return _met(condition, everyone, kind)
    met = [None if group is None else _met(condition, group, kind) for group in groups]
    return _together(met, wants_all=condition.population == "every group") if met else None


def _together(parts: list[bool | None], *, wants_all: bool) -> bool | None:
    decisive = not wants_all
    if any(part is decisive for part in parts):
        return decisive
    return None if None in parts else wants_all


def _met(clause: Clause, some: Some, kind: int) -> bool | None:
    ratings, asked = some
    value = _value(clause, ratings, asked, kind)
    threshold = clause.threshold
    if threshold is Derived.PANEL_SIZE:
        n = len(ratings)
        table = {
            8: (2, 3),
            9: (2, 3),
            10: (2, 3),
            11: (3, 4),
            12: (3, 4),
            13: (3, 4),
            14: (4, 5),
            15: (4, 5),
            16: (4, 5),
        }
        beyond = (max(0, (n - 2) // 3), math.ceil(n / 3) if n < 8 else (n + 1) // 3)
        threshold = Fraction(table.get(n, beyond)[clause.statistic == "each_extreme"])
    assert isinstance(threshold, Fraction)
    if value is None:
        return None
    if clause.statistic in ("sd", "cv"):
        threshold = threshold**2
    return {">": value > threshold, ">=": value >= threshold, "<": value < threshold, "<=": value <= threshold}[
        clause.operator
    ]


def _value(clause: Clause, ratings: list[int], asked: int, kind: int) -> Fraction | None:
    n, name = len(ratings), clause.statistic
    centre = Fraction(sum(ratings), n)
    if name == "least":
        return Fraction(ratings[0])
    if name == "most":
        return Fraction(ratings[-1])
    if name == "mean":
        return centre
    if name == "median":
        return Fraction(ratings[(n - 1) // 2] + ratings[n // 2], 2)
    if name in ("sd", "cv"):
        squares = sum(((rating - centre) ** 2 for rating in ratings), Fraction(0))
        variance = squares / (n - 1) if n > 1 else None
        return variance if variance is None or name == "sd" else variance / centre**2
    if name == "iqr":
        return _quantile(ratings, Fraction(3, 4), kind) - _quantile(ratings, Fraction(1, 4), kind)
    if name == "disagreement_index":
        low, high = _quantile(ratings, Fraction(3, 10), kind), _quantile(ratings, Fraction(7, 10), kind)
        return (high - low) / (Fraction("2.35") + Fraction("1.5") * abs(5 - (low + high) / 2))
    if name == "each_extreme":
        return Fraction(min(sum(rating <= 3 for rating in ratings), sum(rating >= 7 for rating in ratings)))
    if name == "outside_window":
        middle = Fraction(ratings[(n - 1) // 2] + ratings[n // 2], 2)
        windows = [range(low, low + 3) for low in range(1, 8) if low <= middle <= low + 2]
        return Fraction(min(sum(rating not in window for rating in ratings) for window in windows))
    low_end, high_end = clause.band or (1, 9)
    inside = sum(low_end <= rating <= high_end for rating in ratings)
    return (
        Fraction(n - inside) if name == "outside" else Fraction(inside, n if clause.denominator == "rated" else asked)
    )


def _quantile(ratings: list[int], p: Fraction, kind: int) -> Fraction:
    n = len(ratings)
    if kind == 2:
        place = n * p
        pair = (place, place + 1) if place.denominator == 1 else (Fraction(math.ceil(place)),) * 2
        return Fraction(sum(ratings[min(max(int(one), 1), n) - 1] for one in pair), 2)
    place = (n - 1) * p + 1 if kind == 7 else min(max((n + 1) * p, Fraction(1)), Fraction(n))
    below = math.floor(place)
    return ratings[below - 1] + (place - below) * (ratings[min(below, n - 1)] - ratings[below - 1])


assert NINE_POINTS.size == 9
