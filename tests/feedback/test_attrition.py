"""One person who came or went is given away by no histogram, whichever two rounds are compared; nor is a hidden result
kept where a stolen database would tell it."""

import json

import pytest
from django.apps import apps

from surveys.facilitator.readings import reading_of
from surveys.feedback.models import Comment, Result, SurveyResult
from surveys.feedback.queries import StatementResult, results_of
from surveys.feedback.survey_results import VignetteResult, survey_results_of
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.queries import statements_of
from surveys.vignettes.services import lineage
from surveys.vignettes.services.steps import Why
from tests import factories

pytestmark = pytest.mark.django_db

PANEL = "ABCDEFGHIJ"
LIKELY = {"v1-likelihood-1": "likely", "v1-likelihood-2": "likely"}


def rated_by(study: Study, *who: str, released: bool = True) -> list[StatementResult]:
    """A round in which these panelists, by letter, say 8 to statements 1, 2, …; the others submit with a gap."""
    round = factories.open_round(study)
    for place, panelist in enumerate(panel_of(study)):
        ratings = [8 if PANEL[place] in letters else "" for letters in who]
        factories.fill_sheet(panelist, round, ratings)
    closed = factories.close_and_freeze(round)
    return results_of(factories.release_round(closed) if released else closed)


@pytest.mark.parametrize(
    ("rounds", "shown"),
    [
        (["ABCDEFGHIJ", "ABCDEFGH", "ABCDEFGHI"], [True, True, False]),
        (["ABCDEFGHIJ", "ABCDEFG", "ABCDEFGHI"], [True, True, False]),
        (["ABCDEFGHIJ", "ABCDEFGH", "ABCDEFGHIJ"], [True, True, True]),
        (["ABCDEFGHI", "ABCDEFGHJ"], [True, True]),
        (["ABCDEFGHIJ", "ABCD", "ABCDEFGHI"], [True, False, False]),
        (["ABCD", "ABCDE", "ABCDEFG"], [False, False, True]),
    ],
)
def test_every_round_is_compared_with_every_earlier_one(rounds: list[str], shown: list[bool]) -> None:
    study = factories.make_study(statements=1)
    found = [rated_by(study, who)[0].shown for who in rounds]
    assert [result.counts is not None for result in found] == shown


def test_an_asking_that_was_never_shown_is_not_compared_with() -> None:
    study = factories.make_study(statements=1)
    rated_by(study, "ABCD")
    rated_by(study, "ABCDE")
    assert [row.one_joined_or_left for row in Result.objects.all()] == [False, False]


def test_a_merged_statement_is_compared_with_all_that_it_was_made_of() -> None:
    study = factories.make_study(statements=0)
    vignette = factories.make_vignette(study)
    statements = [factories.make_statement(vignette) for _number in range(2)]
    rated_by(study, "ABCDEFGHIJ", "ABCDEFG")
    lineage.merge_statements(
        statements=statements,
        text="Both.",
        compares_with=statements[1],
        actor=factories.facilitator_of(study),
        why=Why("They say the same."),
        now=database_now(),
    )
    assert statements_of(study).count() == 1
    assert rated_by(study, "ABCDEFGHI")[0].shown.counts is None


def answered_by(study: Study, who: str) -> VignetteResult:
    """A survey in which these panelists answer and the others submit nothing of it."""
    round = factories.open_survey(study, [Round.Question.LIKELIHOOD])
    for place, panelist in enumerate(panel_of(study)):
        factories.fill_preferences(panelist, round, LIKELY if PANEL[place] in who else {})
    return survey_results_of(factories.release_round(factories.close_and_freeze(round)))[0]


def test_every_survey_is_compared_with_every_earlier_one() -> None:
    study = factories.make_survey_study(options=2, vignettes=1)
    found = [answered_by(study, who).shown for who in ("ABCDEFGHIJ", "ABCDEFGH", "ABCDEFGHI")]
    assert [[option.levels is not None for option in shown.options] for shown in found] == [
        [True, True],
        [True, True],
        [False, False],
    ]


def test_of_a_statement_that_three_rated_no_row_holds_what_they_rated() -> None:
    study = factories.make_study(statements=2)
    round = factories.open_round(study)
    for place, panelist in enumerate(panel_of(study)):
        second: int | str = (2, 3, 4, "abstain", "abstain")[place] if place < 5 else ""
        reasons = {2: "Unlike everybody else"} if place < 5 else {}
        factories.fill_sheet(panelist, round, [8, second], reasons=reasons)
    result = results_of(factories.close_and_freeze(round))[1]
    row = Result.objects.get(asked__number=2)
    kept = (row.counts, row.abstained, row.missing, row.consensus, row.changes, row.one_joined_or_left)
    assert kept == ([0] * 9, 0, 0, None, None, False)
    assert not Comment.objects.exists()
    everything = [list(model._base_manager.values()) for model in apps.get_models()]
    assert "[0, 1, 1, 1, 0, 0, 0, 0, 0]" not in json.dumps(everything, default=repr)
    reading = reading_of(result, 1, None)
    assert (result.shown.is_hidden, reading.verdict, reading.figures) == (True, "fewer than 5 answers", ())


def test_of_a_vignette_that_three_answered_no_row_holds_what_they_answered() -> None:
    study = factories.make_survey_study(options=3, vignettes=1)
    said = LIKELY | {"v1-ranking": "1,2,3", "v1-top": "1", "v1-against": "2"}
    factories.hold_survey(study, [said] * 3 + [{}] * 7)
    row = SurveyResult.objects.get()
    assert (row.missing, row.tally.pop("one_apart")) == (0, [])
    assert set(json.dumps(row.tally)) & set("123456789") == set()
    assert survey_results_of(Round.objects.get())[0].shown.is_hidden


def test_of_what_few_said_among_many_who_answered_nothing_is_kept_either() -> None:
    study = factories.make_survey_study(options=3, vignettes=1)
    alone = LIKELY | {"v1-likelihood-3": "will_not", "v1-ranking": "3,2,1", "v1-top": "3"}
    factories.hold_survey(study, [alone] * 3 + [LIKELY] * 7)
    tally = SurveyResult.objects.get().tally
    assert (tally["answered"], tally["ranked"], tally["topped"]) == (10, 0, 0)
    assert (tally["likelihood"], tally["top"]) == ([[0, 10, 0, 0], [0, 10, 0, 0], [0] * 4], [0] * 3)
    assert tally["ranks"] == [[0] * 3] * 3


def test_counts_of_fewer_that_an_earlier_version_kept_are_not_compared_with() -> None:
    study = factories.make_study(statements=1)
    rated_by(study, "ABCD")
    asked = Result.objects.get().asked
    Result.objects.all().delete()
    Result.objects.create(asked=asked, counts=[0] * 7 + [4, 0], abstained=0, missing=6)
    rated_by(study, "ABCDE")
    assert Result.objects.get(asked__round__number=2).one_joined_or_left is False
