"""Moves between two rounds."""

from fractions import Fraction

import pytest

from surveys.consensus import changes


def _table(*pairs: tuple[int, int]) -> list[list[int]]:
    table = [[0] * 9 for _ in range(9)]
    for earlier, now in pairs:
        table[earlier - 1][now - 1] += 1
    return table


def test_moves_are_counted_by_direction_and_by_thirds() -> None:
    moves = changes(_table((5, 8), (5, 5), (7, 9), (9, 3), (3, 4), (4, 3), (8, 8)))
    assert (moves.n, moves.raised, moves.kept, moves.lowered) == (7, 3, 2, 2)
    assert moves.bands == ((0, 1, 0), (1, 1, 1), (1, 0, 2))
    assert moves.changed_band == 4
    assert moves.share_kept == Fraction(2, 7)


def test_without_pairs_nothing_moved() -> None:
    moves = changes(_table())
    assert (moves.n, moves.raised, moves.kept, moves.lowered) == (0, 0, 0, 0)
    assert moves.share_kept is None


@pytest.mark.parametrize("table", [[[0] * 9] * 8, [[0] * 8] * 9, [[-1] * 9] * 9])
def test_a_table_of_another_shape_is_refused(table: list[list[int]]) -> None:
    with pytest.raises(ValueError, match=r"needs 9|0 or more"):
        changes(table)
