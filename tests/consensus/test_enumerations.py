"""Every panel of seven, eight and nine on nine points: how often the definitions of disagreement differ."""

from collections.abc import Iterator
from itertools import combinations_with_replacement

import pytest

from surveys.consensus import Scale, count_between, count_ratings
from surveys.consensus.dispersion import disagreement_index
from surveys.consensus.location import QUANTILE_TYPES, QuantileType
from surveys.consensus.panel_sizes import least_in_each_extreme

NINE = Scale(1, 9)


def panels(n: int) -> Iterator[tuple[int, ...]]:
    return (count_ratings(ratings) for ratings in combinations_with_replacement(NINE.points, n))


def disagrees(counts: tuple[int, ...], kind: QuantileType) -> bool:
    return (disagreement_index(counts, NINE, kind) or 0) > 1


def disagrees_classically(counts: tuple[int, ...]) -> bool:
    return min(count_between(counts, 1, 3), count_between(counts, 7, 9)) >= least_in_each_extreme(sum(counts))


@pytest.mark.parametrize(
    ("n", "all_panels", "type_7", "flips_of_6", "flips_of_2"),
    [(7, 6435, 1426, 1010, 406), (8, 12870, 2705, 2075, 760), (9, 24310, 5907, 3238, 3238)],
)
def test_the_type_of_quantiles_changes_verdicts(
    n: int, all_panels: int, type_7: int, flips_of_6: int, flips_of_2: int
) -> None:
    found = [[disagrees(counts, kind) for kind in QUANTILE_TYPES] for counts in panels(n)]
    assert len(found) == all_panels
    assert sum(seven for seven, _, _ in found) == type_7
    assert sum(seven != six for seven, six, _ in found) == flips_of_6
    assert sum(seven != two for seven, _, two in found) == flips_of_2


@pytest.mark.parametrize(
    ("n", "classical", "both", "only_ipras", "only_classical"),
    [(7, 600, 600, 826, 0), (8, 2145, 2145, 560, 0), (9, 5925, 5007, 900, 918)],
)
def test_the_classical_definition_and_ipras_differ(
    n: int, classical: int, both: int, only_ipras: int, only_classical: int
) -> None:
    found = [(disagrees_classically(counts), disagrees(counts, 7)) for counts in panels(n)]
    assert sum(by_table for by_table, _ in found) == classical
    assert found.count((True, True)) == both
    assert found.count((False, True)) == only_ipras
    assert found.count((True, False)) == only_classical


@pytest.mark.parametrize(("n", "ties"), [(7, 32), (8, 20), (9, 40)])
def test_ipr_equals_ipras_exactly_in_some_panels(n: int, ties: int) -> None:
    assert sum(disagreement_index(counts, NINE) == 1 for counts in panels(n)) == ties
