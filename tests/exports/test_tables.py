from fractions import Fraction

from surveys.exports.tables import Table1Row, Table2Row, Table4Row, table_1, table_2, table_3, table_4, table_4_of
from surveys.feedback.survey_results import survey_results_of
from surveys.studies.models import Protocol, Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import Statement, Vignette
from surveys.vignettes.services.steps import Why
from surveys.vignettes.services.writing import add_option
from tests import factories


def test_table_1_lists_the_vignettes_and_what_each_changes(study: Study) -> None:
    assert table_1(study) == [
        Table1Row(1, "Vignette 1", ""),
        Table1Row(2, "Vignette 2", "32 years old, not 30"),
        Table1Row(3, "Vignette 3", "33 years old, not 30"),
        Table1Row(4, "Vignette 4", "34 years old, not 30"),
    ]


def test_table_2_lists_the_options_with_their_categories(study: Study) -> None:
    add_option(
        study=study,
        actor=factories.facilitator_of(study),
        name="SRI",
        category="Switch",
        explanation="A serotonin reuptake inhibitor",
        why=Why("A panelist suggested it."),
        now=database_now(),
    )
    assert table_2(study) == [
        Table2Row("lithium", "Add", ""),
        Table2Row("TMS", "Add", ""),
        Table2Row("ECT", "Add", ""),
        Table2Row("SRI", "Switch", "A serotonin reuptake inhibitor"),
    ]


def test_table_3_says_what_is_recommended_and_how_the_panel_rated_it(study: Study) -> None:
    rows = [
        (row.number, row.vignette, row.recommendations, row.all_above_neutral, row.mean, row.printed_mean, row.n)
        for row in table_3(study)
    ]
    assert rows == [
        (1, "Vignette 1", ("lithium",), True, Fraction(76, 9), "8.44", 9),
        (2, "Vignette 2", ("lithium", "TMS"), True, Fraction(51, 7), "7.29", 7),
        (3, "Vignette 3", ("lithium", "TMS", "ECT"), False, Fraction(7), "7.00", 5),
        (4, "Vignette 4", ("lithium",), None, None, None, None),
    ]
    assert [row.is_hidden for row in table_3(study)] == [False, False, False, True]


def test_table_3_rounds_a_half_up_from_the_exact_mean(db: None) -> None:
    study = factories.make_study(panelists=8, statements=1)
    factories.hold_round(study, [[8, 8, 8, 8, 8, 8, 8, 9]])
    (row,) = table_3(study)
    assert (row.mean, row.printed_mean) == (Fraction(65, 8), "8.13")


def test_a_statement_that_was_set_aside_keeps_its_last_round_and_its_vignettes_number(db: None) -> None:
    study = factories.make_study(statements=2)
    Protocol.objects.filter(study=study).update(settled=Protocol.Settled.SET_ASIDE)
    factories.hold_round(study, [[9] * 10, [6] * 10])
    settled = Statement.objects.get(vignette__position=1)
    second = factories.open_round(study, left_out=[settled])
    factories.fill_all(second, [[8] * 10])
    factories.close_and_freeze(second)
    rows = [(row.number, row.printed_mean, row.result.asked.round.number) for row in table_3(study)]
    assert rows == [(1, "9.00", 1), (2, "8.00", 2)]


def test_before_a_round_has_closed_there_is_no_recommendation(db: None) -> None:
    study = factories.make_study(statements=2)
    factories.agree(factories.open_round(study))
    assert table_3(study) == []
    assert table_4(study) == []


def test_a_vignette_keeps_the_title_under_which_it_was_rated(study: Study) -> None:
    Vignette.objects.filter(study=study, position=1).update(title="Another")
    assert table_3(study)[0].vignette == "Vignette 1"
    assert table_1(study)[0].vignette == "Another"


def test_a_rule_without_the_neutral_clause_still_answers_by_the_least_rating_from_seven_up(db: None) -> None:
    study = factories.make_study(statements=3)
    rule = {"name": "Mean", "all": [{"statistic": "mean", "operator": ">", "threshold": "7"}]}
    Protocol.objects.filter(study=study).update(rule=rule)
    study = Study.objects.get(pk=study.pk)
    five: list[int | str] = [9, 9, 9, 9, 9, "", "", "", "", ""]
    factories.hold_round(study, [[9] * 10, [5] + [9] * 9, five])
    assert [row.all_above_neutral for row in table_3(study)] == [True, False, None]


def test_tables_are_read_with_few_queries(study: Study, django_assert_num_queries: object) -> None:
    study = Study.objects.select_related("protocol").get(pk=study.pk)
    database_now()
    with django_assert_num_queries(4):  # type: ignore[operator]
        table_3(study)


def against(*votes: str) -> list[dict[str, str]]:
    """A sheet for each of these: the options by number that are not recommended for the base case."""
    return [{"v1-against": vote, "v2-against": "none"} for vote in votes]


def test_table_4_lists_what_at_least_half_would_not_recommend_half_included(db: None) -> None:
    study = factories.make_survey_study(options=3)
    factories.hold_survey(study, against(*["1,2"] * 5, *["1"] * 2, *["3"] * 3), ["against"])
    assert table_4(study) == [
        Table4Row(1, "Vignette 1", "Choice 1", Fraction(70)),
        Table4Row(1, "Vignette 1", "Choice 2", Fraction(50)),
    ]
    assert [row.option for row in table_4(study, Fraction(7, 10))] == ["Choice 1"]
    assert [row.option for row in table_4(study, Fraction(3, 10))] == ["Choice 1", "Choice 2", "Choice 3"]


def test_table_4_is_of_the_last_survey_that_asked_and_of_each_by_itself(db: None) -> None:
    study = factories.make_survey_study(options=3)
    first = factories.hold_survey(study, against(*["1"] * 10), ["against"])
    second = factories.hold_survey(study, against(*["2"] * 10), ["against"])
    factories.hold_survey(study, [{"v1-top": "3"}] * 10, ["top"])
    assert [row.option for row in table_4(study)] == ["Choice 2"]
    assert [row.option for row in table_4_of(study, survey_results_of(first))] == ["Choice 1"]
    assert [row.option for row in table_4_of(study, survey_results_of(second))] == ["Choice 2"]


def test_options_that_too_few_answered_about_are_not_in_table_4(db: None) -> None:
    study = factories.make_survey_study(options=3)
    factories.hold_survey(study, [*against(*["1"] * 4), *[{"v1-abstain": "yes", "v2-abstain": "yes"}] * 6])
    assert table_4(study) == []
