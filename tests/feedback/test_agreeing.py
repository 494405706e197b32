"""Agreement of the panel over a round: figures that are kept where the counts of every statement are shown."""

import random
from typing import Any

import numpy as np
import pytest

from surveys.consensus import intraclass, kendalls_w, krippendorff_alpha
from surveys.feedback import agreement
from surveys.feedback.models import Result, RoundResult
from surveys.feedback.services import closing, tallying
from surveys.panels.queries import panel_of
from surveys.panels.services import remove_panelist
from surveys.rounds.models import Round
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from tests import factories

pytestmark = pytest.mark.django_db

# A row a statement, a column a panelist.
TABLE: list[list[int | str]] = [
    [8, 7, 9, 6, 5, 8, 9, 7, 8, 6, 7, 9],
    [3, 2, 5, 4, 1, 3, 6, 2, 4, 3, 1, 2],
    [9, 9, 8, 7, 6, 9, 9, 8, 7, 8, 9, 6],
    [5, 4, 6, 5, 2, 7, 5, 3, 6, 4, 5, 8],
    [7, 8, 8, 9, 6, 7, 9, 8, 5, 7, 6, 9],
]


def make_study(panelists: int = 12, statements: int = 5) -> Study:
    return factories.make_study(panelists=panelists, statements=statements)


def wider(table: list[list[int | str]], *columns: int | str) -> list[list[int | str]]:
    """The table with further panelists, each with one answer to the first statement and one to all others."""
    first, others = columns[::2], columns[1::2]
    return [[*row, *(first if number == 0 else others)] for number, row in enumerate(table)]


def agreement_of(round: Round) -> dict[str, Any] | None:
    return RoundResult.objects.get(round=round).agreement


def test_the_figures_are_those_of_the_ratings_whatever_the_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallying, "SLICE", 3)
    round = factories.hold_round(make_study(), TABLE)
    kept, ratings = agreement_of(round), np.array(TABLE).astype(int).T
    icc = intraclass(ratings)
    assert kept is not None
    assert icc is not None
    assert kept["complete_raters"] == 12
    assert kept["kendalls_w"] == rounded(kendalls_w(ratings), 2)
    assert kept["icc_agreement_single"] == rounded(icc.agreement, 2)
    assert kept["icc_consistency_average"] == rounded(icc.consistency_of_means, 2)
    counts = [result.counts for result in Result.objects.order_by("asked__number")]
    assert kept["krippendorff_alpha"] == {
        level: rounded(krippendorff_alpha(counts, level), 4) for level in ("nominal", "ordinal", "interval")
    }
    assert set(kept) >= {"gwet_ac1", "gwet_ac2_linear", "gwet_ac2_quadratic"}


def rounded(figure: float | None, places: int) -> float:
    assert figure is not None
    return round(figure, places)


def test_what_is_of_all_ratings_follows_from_the_counts_whoever_gave_them() -> None:
    """Krippendorff's alpha and Gwet's coefficients stay the same where ratings change hands, statement by statement."""
    chance = random.Random(3)
    shuffled = [chance.sample(row, len(row)) for row in TABLE]
    found = [agreement_of(factories.hold_round(make_study(), table)) for table in (TABLE, shuffled)]
    of_all = [{name: one[name] for name in one if name not in agreement.OF_COMPLETE} for one in found if one]
    assert of_all[0] == of_all[1]
    assert found[0] != found[1]


def test_k_who_left_something_out_are_in_no_figure_of_complete_raters() -> None:
    table = wider(TABLE, *(8, "abstain") * 5)
    kept = agreement_of(factories.hold_round(make_study(17), table))
    assert kept is not None
    assert (kept["complete_raters"], kept["kendalls_w"]) == (
        12,
        rounded(kendalls_w(np.array(TABLE).astype(int).T), 2),
    )


@pytest.mark.parametrize(
    "others",
    [
        (8, "abstain"),
        (8, "abstain") * 4,
        # Five in all, and four of them rated the first statement, or one did.
        (*(8, "abstain") * 4, "abstain", 7),
        (8, "abstain", *("abstain", 7) * 4),
    ],
    ids=["one", "four", "four of five", "one of five"],
)
def test_where_fewer_than_k_left_something_out_there_is_neither_w_nor_icc_nor_how_many(
    others: tuple[int | str, ...],
) -> None:
    table = wider(TABLE, *others)
    kept = agreement_of(factories.hold_round(make_study(12 + len(others) // 2), table))
    assert kept is not None
    assert {kept[name] for name in agreement.OF_COMPLETE} == {None}
    assert kept["gwet_ac1"] is not None


def test_who_rated_nothing_stands_in_no_way() -> None:
    kept = agreement_of(factories.hold_round(make_study(13), wider(TABLE, "abstain", "abstain")))
    assert kept is not None
    assert kept["complete_raters"] == 12


@pytest.mark.parametrize(("panelists", "statements"), [(11, 5), (12, 4)])
def test_of_few_raters_or_statements_there_is_neither_w_nor_icc_nor_how_many(panelists: int, statements: int) -> None:
    table = [row[:panelists] for row in TABLE[:statements]]
    kept = agreement_of(factories.hold_round(make_study(panelists, statements), table))
    assert kept is not None
    assert {kept[name] for name in agreement.OF_COMPLETE} == {None}
    assert kept["krippendorff_alpha"]["ordinal"] is not None


@pytest.mark.parametrize("raters", [5, 7])
def test_there_are_no_figures_where_the_spread_of_a_statement_is_hidden(raters: int) -> None:
    table = [list(row) for row in TABLE]
    table[1] = [*table[1][:raters], *["abstain"] * (12 - raters)]
    assert agreement_of(factories.hold_round(make_study(), table)) is None


def test_there_are_no_figures_where_one_person_joined_or_left() -> None:
    study = make_study()
    factories.hold_round(study, TABLE)
    leaver = random.Random(1).choice(list(panel_of(study)))
    remove_panelist(panelist=leaver, actor=factories.facilitator_of(study), now=database_now())
    second = factories.hold_round(study, [row[:11] for row in TABLE])
    assert all(Result.objects.filter(asked__round=second).values_list("one_joined_or_left", flat=True))
    assert agreement_of(second) is None


@pytest.mark.parametrize(("complete", "expected"), [(12, None), (13, 13), (14, None), (15, 15)])
def test_complete_raters_that_are_one_more_or_fewer_than_in_an_earlier_round_are_not_told(
    complete: int, expected: int | None
) -> None:
    """Where one comes to a statement as another leaves it, its raters differ by two, but those of all by one."""
    study = make_study(28)
    told = []
    for more in (0, complete - 13):
        others: list[tuple[int | str, int | str]] = (
            [(7, 8)] * (1 + more) + [(8, "abstain")] * (7 - more) + [("abstain", 8)] * (7 - more)
        )
        others += [("abstain", "abstain")] * (1 + more)
        kept = agreement_of(factories.hold_round(study, wider(TABLE, *(one for pair in others for one in pair))))
        assert kept is not None
        told.append(kept["complete_raters"])
    assert told == [13, expected]


def test_what_an_earlier_version_froze_is_shown_no_further_than_today(monkeypatch: pytest.MonkeyPatch) -> None:
    def in_full(*_args: object, **_named: object) -> dict[str, object]:
        return {"complete_raters": 12, **dict.fromkeys(agreement.OF_COMPLETE[1:], 0.4567), "gwet_ac1": 0.1234}

    monkeypatch.setattr(closing, "agreement_of", in_full)
    rounds = {
        "left out": factories.hold_round(make_study(13), wider(TABLE, 8, "abstain")),
        "shown": factories.hold_round(make_study(), TABLE),
    }
    shown = {name: agreement.shown_agreements(round.study)[round.pk] for name, round in rounds.items()}
    assert RoundResult.objects.get(round=rounds["left out"]).agreement == in_full()
    assert shown["left out"] == {**dict.fromkeys(agreement.OF_COMPLETE), "gwet_ac1": 0.1234}
    assert shown["shown"] == {
        "complete_raters": 12, **dict.fromkeys(agreement.OF_COMPLETE[1:], 0.46), "gwet_ac1": 0.1234,
    }  # fmt: skip


def test_one_statement_is_no_questionnaire() -> None:
    assert agreement_of(factories.hold_round(make_study(statements=1), TABLE[:1])) is None
