"""Moves are counted only across versions of a statement that its facilitator says compare."""

import pytest

from surveys.facilitator.course import course_of
from surveys.feedback.own_feedback import earlier_feedback
from surveys.feedback.queries import StatementResult, results_of, settled_statements
from surveys.panels.queries import panel_of
from surveys.panels.services import remove_panelist
from surveys.rounds.models import Round
from surveys.rounds.queries import forebears
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import Statement, Vignette
from surveys.vignettes.queries import statements_of
from surveys.vignettes.services import lineage, writing
from surveys.vignettes.services.steps import Why
from tests.factories import (
    agree,
    close_and_freeze,
    facilitator_of,
    fill_sheet,
    hold_round,
    holder_of,
    make_statement,
    make_study,
    open_round,
    release_round,
)

pytestmark = pytest.mark.django_db

LOW, HIGH = [6] * 8, [8] * 8


def study_of(statements: int = 1) -> Study:
    """Eight panelists and one vignette with so many statements."""
    study = make_study(panelists=8, statements=1)
    for _number in range(statements - 1):
        make_statement(Vignette.objects.get(study=study))
    return study


def by(study: Study) -> dict[str, object]:
    return {"actor": facilitator_of(study), "why": Why("The panel asked for it."), "now": database_now()}


def moved(round: Round) -> list[tuple[int, int, int] | None]:
    """By statement, how many raised, kept and lowered their rating; None where nothing is paired."""
    return [_told(result) for result in results_of(round)]


def _told(result: StatementResult) -> tuple[int, int, int] | None:
    return result.moves and (result.moves.raised, result.moves.kept, result.moves.lowered)


def reword(study: Study, *, compares: bool) -> None:
    statement = statements_of(study)[0]
    writing.update_statement(statement=statement, text="Worded anew.", compares=compares, **by(study))


@pytest.mark.parametrize(("compares", "expected"), [(True, [(8, 0, 0)]), (False, [None])])
def test_a_reworded_statement(compares: bool, expected: list[object]) -> None:
    study = study_of()
    hold_round(study, [LOW])
    reword(study, compares=compares)
    assert moved(hold_round(study, [HIGH])) == expected


def test_two_rewordings_of_which_one_does_not_compare() -> None:
    study = study_of()
    hold_round(study, [LOW])
    reword(study, compares=False)
    statement = statements_of(study)[0]
    writing.update_statement(statement=statement, text="And again.", compares=True, **by(study))
    assert moved(hold_round(study, [HIGH])) == [None]
    assert moved(hold_round(study, [HIGH])) == [(0, 8, 0)]


@pytest.mark.parametrize(("compares", "expected"), [(True, [(8, 0, 0)]), (False, [None])])
def test_a_statement_whose_vignette_is_reworded(compares: bool, expected: list[object]) -> None:
    study = study_of()
    hold_round(study, [LOW])
    vignette = Vignette.objects.get(study=study)
    writing.update_vignette(vignette=vignette, title="Base", text="Another woman.", compares=compares, **by(study))
    assert moved(hold_round(study, [HIGH])) == expected


@pytest.mark.parametrize(("compares", "expected"), [(True, (8, 0, 0)), (False, None)])
def test_a_statement_that_was_set_aside_and_reworded_meanwhile(compares: bool, expected: object) -> None:
    study = study_of(statements=2)
    hold_round(study, [LOW, LOW])
    first = statements_of(study)[0]
    aside = open_round(study, left_out=[first])
    agree(aside)
    release_round(close_and_freeze(aside))
    reword(study, compares=compares)
    assert moved(hold_round(study, [HIGH, HIGH])) == [expected, (0, 8, 0)]


@pytest.mark.parametrize(("parent", "expected"), [(0, [(8, 0, 0)]), (1, [(0, 0, 8)]), (None, [None])])
def test_a_merged_statement_moves_from_the_parent_that_compares(parent: int | None, expected: list[object]) -> None:
    study = study_of(statements=2)
    hold_round(study, [LOW, [9] * 8])
    statements = list(statements_of(study))
    compares_with = None if parent is None else statements[parent]
    lineage.merge_statements(statements=statements, text="Both.", compares_with=compares_with, **by(study))
    assert moved(hold_round(study, [HIGH])) == expected


@pytest.mark.parametrize(("compares", "expected"), [(True, [(8, 0, 0), (0, 8, 0)]), (False, [None, None])])
def test_the_parts_of_a_split_statement(compares: bool, expected: list[object]) -> None:
    study = study_of()
    hold_round(study, [LOW])
    statement = statements_of(study)[0]
    lineage.split_statement(statement=statement, into=["One.", "Two."], compares=compares, **by(study))
    assert moved(hold_round(study, [HIGH, LOW])) == expected


def test_a_merged_statement_that_is_reworded_before_it_is_asked() -> None:
    study = study_of(statements=2)
    hold_round(study, [LOW, LOW])
    first, second = statements_of(study)
    lineage.merge_statements(statements=[first, second], text="Both.", compares_with=first, **by(study))
    reword(study, compares=False)
    assert moved(hold_round(study, [HIGH])) == [None]


def test_a_restored_statement_goes_on_where_it_was() -> None:
    study = study_of(statements=2)
    hold_round(study, [LOW, LOW])
    first, second = statements_of(study)
    lineage.merge_statements(statements=[first, second], text="Both.", **by(study))
    hold_round(study, [HIGH])
    lineage.restore(item=first, **by(study))
    assert moved(hold_round(study, [HIGH, HIGH])) == [(0, 8, 0), (8, 0, 0)]


def test_where_one_person_left_since_a_parent_was_rated_its_counts_are_withheld() -> None:
    study = study_of(statements=2)
    hold_round(study, [LOW, LOW])
    first, second = statements_of(study)
    lineage.merge_statements(statements=[first, second], text="Both.", compares_with=second, **by(study))
    remove_panelist(panelist=panel_of(study)[0], actor=facilitator_of(study), now=database_now())
    (result,) = results_of(hold_round(study, [HIGH[:7]]))
    assert (result.shown.counts, result.moves) == (None, None)


def test_a_rewording_that_does_not_compare_is_no_way_around_the_rule_for_one_who_left() -> None:
    study = study_of()
    hold_round(study)
    reword(study, compares=False)
    remove_panelist(panelist=panel_of(study)[0], actor=facilitator_of(study), now=database_now())
    [result] = results_of(hold_round(study))
    assert (result.shown.n, result.shown.counts, result.moves) == (7, None, None)


def test_a_panelist_sees_the_own_ratings_of_every_parent_and_of_nobody_else() -> None:
    study = study_of(statements=2)
    first_round = open_round(study)
    for place, panelist in enumerate(panel_of(study)):
        fill_sheet(panelist, first_round, [1 + place, 9 - place])
    release_round(close_and_freeze(first_round))
    first, second = statements_of(study)
    lineage.merge_statements(statements=[first, second], text="Both.", compares_with=first, **by(study))
    round = open_round(study)
    seen = [earlier_feedback(holder_of(panelist), round)[1] for panelist in panel_of(study)]
    assert [[(parent.own.rating, parent.compares) for parent in parents] for parents in seen] == [
        [(1 + place, True), (9 - place, False)] for place in range(8)
    ]


def test_generations_of_merges_and_splits_are_followed_to_what_was_asked() -> None:
    study = study_of(statements=2)
    hold_round(study, [LOW, LOW])
    first, second = statements_of(study)
    merged = lineage.merge_statements(statements=[first, second], text="Both.", compares_with=first, **by(study))
    lineage.split_statement(statement=merged, into=["One.", "Two."], compares=True, **by(study))
    round = open_round(study)
    found = {
        number: [(parent.asked.statement_id, parent.compares) for parent in parents]
        for number, parents in forebears(round).items()
    }
    assert found == {number: [(first.pk, True), (second.pk, False)] for number in (1, 2)}
    assert Statement.objects.filter(is_dropped=True).count() == 3


@pytest.mark.parametrize(("compares", "settled"), [(True, 1), (False, 0)])
def test_consensus_is_of_the_words_that_were_rated(compares: bool, settled: int) -> None:
    study = study_of()
    hold_round(study)
    reword(study, compares=compares)
    assert len(settled_statements(study)) == settled
    course = course_of(study, database_now())
    assert (course.reached, course.everywhere) == (settled, bool(settled))
