"""What is kept of how ratings moved: counts from k pairs, statistics from eight, and neither where it tells of few."""

from collections.abc import Sequence

import pytest

from surveys.consensus import FULL_CONSENSUS, changes, stability
from surveys.feedback.models import Result
from surveys.feedback.queries import results_of
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.studies.models import Study
from tests import factories
from tests.grouping import grouped_study

pytestmark = pytest.mark.django_db

STATISTICS = {"weighted_kappa", "wilcoxon_p", "mcnemar_p", "cv_change", "scheibe"}


def held(study: Study, ratings: Sequence[int | str]) -> Round:
    """A round with these ratings of its one statement; "" submits nothing."""
    round = factories.open_round(study)
    for panelist, rating in zip(panel_of(study), ratings, strict=True):
        if rating:
            factories.fill_sheet(panelist, round, [rating])
    return factories.close_and_freeze(round)


def paired(then: Sequence[int], now: Sequence[int]) -> list[list[int]]:
    table = [[0] * 9 for _point in range(9)]
    for before, after in zip(then, now, strict=True):
        table[before - 1][after - 1] += 1
    return table


@pytest.mark.parametrize(("pairs", "is_kept"), [(7, False), (8, True), (10, True)])
def test_statistics_of_pairs_are_kept_from_eight_on(pairs: int, is_kept: bool) -> None:
    then, now = [3, 5, 7, 8, 8, 6, 9, 2, 8, 8][:pairs], [7, 5, 6, 8, 9, 7, 9, 3, 8, 7][:pairs]
    study = factories.make_study(statements=1, panelists=pairs)
    factories.release_round(held(study, then))
    round = held(study, now)
    row, moves = Result.objects.get(asked__round=round), results_of(round)[0].moves
    assert moves is not None
    assert (moves.paired, moves.moved_band) == (pairs, changes(paired(then, now)).changed_band)
    assert (row.stability is not None) == is_kept
    assert set(moves.stability) == (STATISTICS if is_kept else set())
    if row.stability:
        expected = stability(paired(then, now))
        assert moves.stability["wilcoxon_p"] == pytest.approx(expected.wilcoxon_p)
        assert moves.stability["weighted_kappa"] == pytest.approx(expected.weighted_kappa)
        assert moves.stability["scheibe"] == pytest.approx(float(expected.scheibe or 0))


@pytest.mark.parametrize(
    ("left", "has_changes", "has_statistics"), [(0, True, True), (1, False, False), (2, True, False), (5, True, True)]
)
def test_statistics_are_kept_with_the_bands_alone(left: int, has_changes: bool, has_statistics: bool) -> None:
    study = factories.make_study(statements=1, panelists=14)
    factories.release_round(held(study, [8] * 14))
    row = Result.objects.get(asked__round=held(study, [7] * (14 - left) + [""] * left))
    assert (row.changes is not None) == has_changes
    assert (row.stability is not None) == has_statistics
    if row.changes:
        assert (row.changes["bands"] is not None) == has_statistics


def test_statistics_of_pairs_that_tell_one_beside_a_group_are_not_kept() -> None:
    study = grouped_study({"Nurses": 7, "Physicians": 14})
    factories.release_round(held(study, [*[8] * 7, *[2] * 7, *[""] * 7]))
    row = Result.objects.get(asked__round=held(study, [*[8] * 7, 2, *[""] * 6, *[2] * 6, ""]))
    assert row.changes is not None
    assert (row.changes["paired"], row.changes["bands"], row.stability) == (8, None, None)


def test_how_many_moved_is_told_where_the_bands_are() -> None:
    study = factories.make_study(statements=1)
    factories.release_round(held(study, [3, 5, 7, 8, 8, 8, 8, 8, 8, 8]))
    round = held(study, [7, 5, 6, 8, 9, 8, 8, 8, 8, 8])
    row = Result.objects.get(asked__round=round)
    assert row.changes is not None
    for bands, expected in ((row.changes["bands"], 2), (None, None)):
        kept = row.changes | {"bands": bands}
        Result.objects.filter(pk=row.pk).delete()
        row.changes, row.stability = kept, None
        row.save(force_insert=True)
        moves = results_of(round)[0].moves
        assert moves is not None
        assert (moves.moved_band, moves.stability) == (expected, {})
    assert results_of(round)[0].rule == FULL_CONSENSUS
