"""Agreement of the panel over a round: figures that are kept where the counts of every statement are shown."""

import random

import numpy as np
import pytest

from surveys.consensus import intraclass, kendalls_w, krippendorff_alpha
from surveys.feedback.models import Result, RoundResult
from surveys.feedback.services import closing
from surveys.panels.queries import panel_of
from surveys.panels.services import remove_panelist
from surveys.rounds.models import Round
from surveys.studies.queries import database_now
from tests import factories

pytestmark = pytest.mark.django_db

# A row a statement, a column a panelist.
TABLE: list[list[int | str]] = [
    [8, 7, 9, 6, 5, 8, 9, 7, 8, 6],
    [3, 2, 5, 4, 1, 3, 6, 2, 4, 3],
    [9, 9, 8, 7, 6, 9, 9, 8, 7, 8],
]


def agreement_of(round: Round) -> dict[str, object] | None:
    return RoundResult.objects.get(round=round).agreement


def test_the_figures_are_those_of_the_ratings_whatever_the_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "SLICE", 3)
    round = factories.hold_round(factories.make_study(statements=3), TABLE)
    kept, ratings = agreement_of(round), np.array(TABLE).astype(int).T
    icc = intraclass(ratings)
    assert kept is not None
    assert icc is not None
    assert kept["complete_raters"] == 10
    assert kept["kendalls_w"] == round_to_four(kendalls_w(ratings))
    assert kept["icc_agreement_single"] == round_to_four(icc.agreement)
    assert kept["icc_consistency_average"] == round_to_four(icc.consistency_of_means)
    counts = [result.counts for result in Result.objects.order_by("asked__number")]
    assert kept["krippendorff_alpha"] == {
        level: round_to_four(krippendorff_alpha(counts, level)) for level in ("nominal", "ordinal", "interval")
    }
    assert set(kept) >= {"gwet_ac1", "gwet_ac2_linear", "gwet_ac2_quadratic"}


def round_to_four(figure: float | None) -> float:
    assert figure is not None
    return round(figure, 4)


def test_who_left_something_out_is_in_no_figure_of_complete_raters() -> None:
    table = [list(row) for row in TABLE]
    table[0][0], table[1][1] = "abstain", ""
    kept = agreement_of(factories.hold_round(factories.make_study(statements=3), table))
    assert kept is not None
    assert (kept["complete_raters"], kept["kendalls_w"]) == (
        8,
        round_to_four(kendalls_w(np.array(TABLE).astype(int).T[2:])),
    )


def test_of_fewer_than_eight_complete_raters_there_is_neither_w_nor_icc_nor_how_many() -> None:
    table = [list(row) for row in TABLE]
    table[0][0], table[1][1], table[2][2] = "abstain", "abstain", "abstain"
    kept = agreement_of(factories.hold_round(factories.make_study(statements=3), table))
    assert kept is not None
    assert (kept["complete_raters"], kept["kendalls_w"], kept["icc_consistency_single"]) == (None, None, None)
    assert kept["gwet_ac1"] is not None


@pytest.mark.parametrize("raters", [5, 7])
def test_there_are_no_figures_where_the_spread_of_a_statement_is_hidden(raters: int) -> None:
    table = [list(row) for row in TABLE]
    table[1] = [*table[1][:raters], *["abstain"] * (10 - raters)]
    assert agreement_of(factories.hold_round(factories.make_study(statements=3), table)) is None


def test_there_are_no_figures_where_one_person_joined_or_left() -> None:
    study = factories.make_study(statements=3)
    factories.hold_round(study, TABLE)
    leaver = random.Random(1).choice(list(panel_of(study)))
    remove_panelist(panelist=leaver, actor=factories.facilitator_of(study), now=database_now())
    second = factories.hold_round(study, [row[:9] for row in TABLE])
    assert all(Result.objects.filter(asked__round=second).values_list("one_joined_or_left", flat=True))
    assert agreement_of(second) is None


def test_one_statement_is_no_questionnaire() -> None:
    assert agreement_of(factories.hold_round(factories.make_study(statements=1), TABLE[:1])) is None
