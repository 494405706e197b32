"""Kappa, AC1, AC2 and alpha against published examples and sums over every pair of ratings."""

from collections.abc import Callable, Sequence
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.consensus import gwet_ac, krippendorff_alpha, weighted_kappa
from surveys.consensus.chance_corrected import AlphaLevel, GwetWeights, KappaWeights
from tests.consensus.published_ratings import ANXIETY, COHEN, GWET, KRIPPENDORFF

Ratings = Sequence[Sequence[int]]

POINTS = 5
# A row a statement, and all of its ratings.
ratings_of_statements = st.lists(st.lists(st.integers(1, POINTS), max_size=5), min_size=1, max_size=6)
square_tables = st.integers(1, 5).flatmap(
    lambda size: st.lists(st.lists(st.integers(0, 9), min_size=size, max_size=size), min_size=size, max_size=size)
)
gwet_weights = st.sampled_from(GwetWeights.__args__)
alpha_levels = st.sampled_from(AlphaLevel.__args__)
kappa_weights = st.sampled_from(KappaWeights.__args__)

GAPS: dict[str, Callable[[int], float]] = {
    "unweighted": lambda gap: gap != 0,
    "identity": lambda gap: gap != 0,
    "linear": abs,
    "quadratic": lambda gap: gap**2,
    "ordinal": lambda gap: abs(gap) * (abs(gap) + 1) / 2,
}


def counted(ratings: Ratings) -> list[list[int]]:
    return [[list(row).count(point) for point in range(1, POINTS + 1)] for row in ratings]


def paired(earlier: Sequence[int], now: Sequence[int], points: int) -> list[list[int]]:
    pairs = list(zip(earlier, now, strict=True))
    return [[pairs.count((a, b)) for b in range(1, points + 1)] for a in range(1, points + 1)]


def naive_kappa(pairs: Sequence[tuple[int, int]], weights: str) -> float | None:
    gap = GAPS[weights]
    observed = np.mean([gap(a - b) for a, b in pairs]) if pairs else 0
    expected = np.mean([gap(a - b) for a, _ in pairs for _, b in pairs]) if pairs else 0
    return float(1 - observed / expected) if expected else None


def naive_ac(ratings: Ratings, weights: str) -> float | None:
    def weight(a: int, b: int) -> float:
        return 1 - GAPS[weights](a - b) / GAPS[weights](POINTS - 1)

    agreement = [np.mean([weight(a, b) for a, b in permutations(row, 2)]) for row in ratings if len(row) > 1]
    if not agreement:
        return None
    points = range(1, POINTS + 1)
    shares = [np.mean([row.count(point) / len(row) for row in map(list, ratings) if row]) for point in points]
    total = sum(weight(a, b) for a in points for b in points)
    chance = total / (POINTS * (POINTS - 1)) * sum(share * (1 - share) for share in shares)
    return float((np.mean(agreement) - chance) / (1 - chance))


def naive_alpha(ratings: Ratings, level: str) -> float | None:
    rows = [row for row in ratings if len(row) > 1]
    values = [value for row in rows for value in row]

    def apart(a: int, b: int) -> float:
        if level != "ordinal":
            return GAPS["identity" if level == "nominal" else "quadratic"](a - b)
        low, high = min(a, b), max(a, b)
        between = sum(low <= value <= high for value in values)
        return (between - (values.count(low) + values.count(high)) / 2) ** 2 if low < high else 0

    observed = sum(apart(a, b) / (len(row) - 1) for row in rows for a, b in permutations(row, 2))
    expected = sum(apart(a, b) for a, b in permutations(values, 2))
    return 1 - (len(values) - 1) * observed / expected if expected else None


@pytest.mark.parametrize(
    ("weights", "kappa"), [("unweighted", 0.1195), ("linear", 0.1892), ("quadratic", 0.2968)], ids=str
)
def test_kappa_of_two_raters_of_anxiety(weights: KappaWeights, kappa: float) -> None:
    table = paired(ANXIETY[0].tolist(), ANXIETY[1].tolist(), 6)
    assert weighted_kappa(table, weights) == pytest.approx(kappa, abs=5e-5)


@pytest.mark.parametrize(
    ("weights", "kappa"), [("unweighted", 0.4915), ("linear", 0.4737), ("quadratic", 0.4545)], ids=str
)
def test_kappa_of_cohens_diagnoses(weights: KappaWeights, kappa: float) -> None:
    assert weighted_kappa(COHEN, weights) == pytest.approx(kappa, abs=5e-5)
    assert weighted_kappa(np.array(COHEN), weights) == weighted_kappa(COHEN, weights)


@pytest.mark.parametrize(
    ("weights", "ac"),
    [("identity", 0.77544), ("linear", 0.85874), ("quadratic", 0.91400), ("ordinal", 0.89894)],
    ids=str,
)
def test_ac_of_gwets_four_raters(weights: GwetWeights, ac: float) -> None:
    assert gwet_ac(counted(GWET), weights) == pytest.approx(ac, abs=5e-6)


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.7434211), ("ordinal", 0.8153875), ("interval", 0.8491071)], ids=str
)
def test_alpha_of_krippendorffs_four_observers(level: AlphaLevel, alpha: float) -> None:
    assert krippendorff_alpha(counted(list(zip(*KRIPPENDORFF, strict=True))), level) == pytest.approx(alpha, abs=5e-8)


@given(st.lists(st.tuples(st.integers(1, POINTS), st.integers(1, POINTS)), max_size=8), kappa_weights)
def test_kappa_is_that_of_every_pair(pairs: list[tuple[int, int]], weights: KappaWeights) -> None:
    table = paired([a for a, _ in pairs], [b for _, b in pairs], POINTS)
    expected = naive_kappa(pairs, weights)
    assert weighted_kappa(table, weights) == (None if expected is None else pytest.approx(expected, abs=1e-12))


@given(ratings_of_statements, gwet_weights)
def test_ac_is_that_of_every_pair(ratings: Ratings, weights: GwetWeights) -> None:
    expected = naive_ac(ratings, weights)
    found = gwet_ac(counted(ratings), weights)
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-12))
    assert found is None or found <= 1
    assert found is None or weights != "identity" or found >= -1


@given(ratings_of_statements, alpha_levels)
def test_alpha_is_that_of_every_pair(ratings: Ratings, level: AlphaLevel) -> None:
    expected = naive_alpha(ratings, level)
    found = krippendorff_alpha(counted(ratings), level)
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-12))
    assert found is None or -1 < found <= 1


@given(square_tables, kappa_weights)
def test_kappa_has_no_first_and_no_second(table: list[list[int]], weights: KappaWeights) -> None:
    swapped = [list(column) for column in zip(*table, strict=True)]
    backwards = [row[::-1] for row in table[::-1]]
    assert weighted_kappa(table, weights) == weighted_kappa(swapped, weights) == weighted_kappa(backwards, weights)


@given(st.data(), ratings_of_statements, gwet_weights, alpha_levels)
def test_order_and_direction_and_statements_without_ratings_change_nothing(
    data: st.DataObject, ratings: Ratings, weights: GwetWeights, level: AlphaLevel
) -> None:
    table = counted(ratings)
    others = [data.draw(st.permutations(table)), [row[::-1] for row in table], [*table, [0] * POINTS]]
    for other in others:
        assert gwet_ac(other, weights) == gwet_ac(table, weights)
        assert krippendorff_alpha(other, level) == krippendorff_alpha(table, level)


@given(st.data(), ratings_of_statements)
def test_names_of_points_without_order_change_nothing(data: st.DataObject, ratings: Ratings) -> None:
    table = counted(ratings)
    order = data.draw(st.permutations(range(POINTS)))
    renamed = [[row[point] for point in order] for row in table]
    assert gwet_ac(renamed) == gwet_ac(table)
    assert krippendorff_alpha(renamed, "nominal") == krippendorff_alpha(table, "nominal")


@given(
    st.lists(st.tuples(st.integers(1, POINTS), st.integers(2, 9)), min_size=1, max_size=6), gwet_weights, alpha_levels
)
def test_panelists_of_one_mind_agree_entirely(
    statements: list[tuple[int, int]], weights: GwetWeights, level: AlphaLevel
) -> None:
    table = counted([[rating] * panelists for rating, panelists in statements])
    differ = len({rating for rating, _ in statements}) > 1
    assert gwet_ac(table, weights) == 1
    assert krippendorff_alpha(table, level) == (1 if differ else None)
    both = [rating for rating, _ in statements]
    assert weighted_kappa(paired(both, both, POINTS)) == (1 if differ else None)


def test_kappa_where_one_side_or_both_gave_one_rating() -> None:
    assert weighted_kappa([[0, 0, 0], [0, 0, 0], [1, 4, 5]]) == 0
    assert weighted_kappa([[0, 3], [0, 0]]) == 0
    assert weighted_kappa([[0, 0], [0, 3]]) is None
    assert weighted_kappa([[0, 0], [0, 0]]) is None
    assert weighted_kappa([]) is None


def test_ac_stays_high_near_consensus_where_alpha_does_not() -> None:
    table = [[0, 10]] * 9 + [[1, 9]]
    assert krippendorff_alpha(table, "nominal") == pytest.approx(0, abs=1e-12)
    assert gwet_ac(table) == pytest.approx((0.98 - 0.0198) / (1 - 0.0198))


def test_ac_depends_on_how_many_points_the_scale_has() -> None:
    assert gwet_ac([[2, 1], [0, 3]]) != gwet_ac([[2, 1, 0], [0, 3, 0]])


@pytest.mark.parametrize("table", [[], [[0, 0], [0, 0]], [[1, 0], [0, 1]]], ids=["no statement", "empty", "singles"])
def test_without_two_ratings_of_anything_agreement_is_undefined(table: list[list[int]]) -> None:
    assert gwet_ac(table) is None
    assert krippendorff_alpha(table, "interval") is None


def test_a_single_point_is_no_scale() -> None:
    assert gwet_ac([[3], [4]]) is None
    assert krippendorff_alpha([[3], [4]], "nominal") is None


def test_large_panels_do_not_overflow() -> None:
    small = [[3, 1, 0, 2], [0, 0, 5, 1]]
    large = np.array(small, dtype=np.int64) * 10**12
    shares = [[count / sum(row) for count in row] for row in small]
    agreement = np.mean([sum(share**2 for share in row) for row in shares])
    chance = sum(share * (1 - share) for share in np.mean(shares, axis=0)) / 3
    assert gwet_ac(large) == pytest.approx((agreement - chance) / (1 - chance))
    assert krippendorff_alpha(large, "ordinal") == pytest.approx(
        krippendorff_alpha(large // 10**6, "ordinal"), abs=1e-5
    )


@pytest.mark.parametrize(
    "table", [[[1, -1], [0, 2]], [[1, 2.5], [0, 2]], [[1, 2], [3]]], ids=["less", "part", "ragged"]
)
def test_tables_that_are_none_are_refused(table: list[list[int]]) -> None:
    for function in (weighted_kappa, gwet_ac, lambda counts: krippendorff_alpha(counts, "nominal")):
        with pytest.raises(ValueError):
            function(table)


def test_kappa_needs_a_square_and_counts_a_table() -> None:
    with pytest.raises(ValueError, match="square"):
        weighted_kappa([[1, 2, 3], [4, 5, 6]])
    with pytest.raises(ValueError, match="rows and columns"):
        gwet_ac(np.array([1, 2, 3]))
