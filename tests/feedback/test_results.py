"""Who sees what of a frozen result: staff from the close, panelists from the release, each their own earlier rating."""

import pytest
from pytest_django import DjangoAssertNumQueries

from surveys.feedback.models import Comment
from surveys.feedback.own_feedback import earlier_feedback, released_feedback
from surveys.feedback.queries import (
    histories,
    latest_results,
    results_of,
    results_of_rounds,
    results_of_statement,
    settled_statements,
)
from surveys.feedback.services.releasing import hide_comment
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.sheets.boxes import Answer
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import Statement
from surveys.vignettes.services.lineage import drop
from tests import factories

pytestmark = pytest.mark.django_db

AGREE = [8] * 10
ONE_AGAINST = [5, *[9] * 9]


def test_an_open_round_has_no_results_whoever_asks() -> None:
    round = factories.open_round(factories.make_study(statements=2))
    factories.agree(round)
    panelist = panel_of(round.study)[0]
    assert results_of(round) == []
    assert released_feedback(factories.holder_of(panelist), round) == {}
    assert latest_results(round.study) == []


def test_the_panel_sees_nothing_before_the_release() -> None:
    study = factories.make_study(statements=1)
    round = factories.hold_round(study, [AGREE], released=False)
    panelist = factories.holder_of(panel_of(study)[0])
    assert len(results_of(round)) == 1
    assert released_feedback(panelist, round) == {}
    released = factories.release_round(round)
    feedback = released_feedback(panelist, released)[1]
    assert (feedback.own, feedback.result.shown.n) == (Answer("8"), 10)


def test_each_panelist_sees_their_own_earlier_rating_beside_the_group() -> None:
    study = factories.make_study(statements=2)
    factories.hold_round(study, [[1, 2, 3, 4, 5, 6, 7, 8, 9, "abstain"], AGREE])
    round = factories.open_round(study)
    own = [earlier_feedback(factories.holder_of(panelist), round)[1][0].own.choice for panelist in panel_of(study)]
    assert own == ["1", "2", "3", "4", "5", "6", "7", "8", "9", "abstain"]
    feedback = earlier_feedback(factories.holder_of(panel_of(study)[0]), round)
    assert feedback[1][0].result.shown.counts == (1, 1, 1, 1, 1, 1, 1, 1, 1)
    assert feedback[2][0].result.shown.mean == 8


def test_an_earlier_draft_that_was_never_submitted_is_not_shown_as_a_rating() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    panel = list(panel_of(study))
    for panelist in panel[:9]:
        factories.fill_sheet(panelist, round, [8])
    factories.fill_sheet(panel[9], round, [2], submit=False)
    factories.release_round(factories.close_and_freeze(round))
    second = factories.open_round(study)
    assert earlier_feedback(factories.holder_of(panel[9]), second)[1][0].own == Answer()


def test_a_hidden_reason_reaches_nobody_and_a_published_one_everybody() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    for place, panelist in enumerate(panel_of(study)):
        factories.fill_sheet(panelist, round, [8], reasons={1: ["kept", "not kept"][place]} if place < 2 else None)
    closed = factories.close_and_freeze(round)
    unwanted = Comment.objects.get(original="not kept")
    hide_comment(comment=unwanted, actor=factories.facilitator_of(study), reason="names a person", now=database_now())
    released = factories.release_round(closed)
    assert released_feedback(factories.holder_of(panel_of(study)[5]), released)[1].reasons == ("kept",)


def test_a_statement_that_was_set_aside_keeps_its_last_result() -> None:
    study = factories.make_study(statements=2)
    factories.hold_round(study, [AGREE, ONE_AGAINST])
    settled = settled_statements(study)
    assert settled == [Statement.objects.filter(vignette__study=study).first()]
    second = factories.open_round(study, left_out=settled)
    factories.fill_all(second, [[9] * 10])
    factories.release_round(factories.close_and_freeze(second))
    latest = latest_results(study)
    assert [(result.asked.round.number, result.shown.mean) for result in latest] == [(1, 8), (2, 9)]
    by_round = results_of_rounds(study, Round.objects.filter(study=study))
    assert [len(history.by_round) for history in histories(study, by_round)] == [1, 2]


def test_a_dropped_statement_keeps_its_results_and_has_no_history() -> None:
    study = factories.make_study(statements=2)
    round = factories.hold_round(study, [AGREE, ONE_AGAINST])
    gone = round.asked_statements.get(number=2).statement
    drop(item=gone, actor=factories.facilitator_of(study), why=factories.WHY, now=database_now())
    by_round = results_of_rounds(study, [round])
    assert [len(results) for results in by_round.values()] == [2]
    assert [history.latest.asked.number for history in histories(study, by_round)] == [1]
    assert [result.asked.number for result in results_of_statement(study, gone)] == [2]


@pytest.mark.parametrize("statements", [1, 7])
def test_reading_results_takes_as_many_queries_for_many_as_for_one(
    statements: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    study = Study.objects.select_related("protocol").get(pk=factories.make_study(statements=statements).pk)
    factories.hold_round(study)
    round = Round.objects.select_related("study__protocol").get(pk=factories.open_round(study).pk)
    holder = factories.holder_of(panel_of(study)[0])
    first = Round.objects.select_related("study__protocol").get(study=study, number=1)
    with django_assert_num_queries(1):
        assert len(results_of(first)) == statements
    earlier_feedback(holder, round)
    # What is released, the own sheets, the reasons; the rest was read before.
    with django_assert_num_queries(3):
        assert len(earlier_feedback(holder, round)) == statements
