"""Closing an option survey: what is counted, what is kept of it, and what is shown."""

from fractions import Fraction

import pytest
from django.db import DatabaseError, transaction

from surveys.feedback.comments import pending_comments, survey_comments_of, theme_counts, themed
from surveys.feedback.models import Comment, RoundResult, SurveyResult
from surveys.feedback.services.questions import surveys_of
from surveys.feedback.services.releasing import prepare_next_survey, put_under_theme
from surveys.feedback.survey_results import (
    latest_survey_results,
    not_recommended,
    proposals_of,
    survey_results_of,
)
from surveys.panels.queries import panel_of
from surveys.rounds.models import AskedVignette, Round
from surveys.rounds.services.opening import cancel_round
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import Option, Vignette
from surveys.vignettes.services.lineage import drop
from surveys.vignettes.services.steps import Why
from tests import factories

pytestmark = pytest.mark.django_db

# Ten panelists on three options: rank sums 14, 19 and 27.
RANKINGS = ["1,2,3"] * 8 + ["3,2,1", "2,3,1"]


def rows(count: int = 10, **fields: object) -> list[dict[str, str]]:
    """The same fields for so many panelists; a list gives each their own."""
    made: list[dict[str, str]] = [{} for _ in range(count)]
    for name, given in fields.items():
        for place in range(count):
            value = given[place] if isinstance(given, list) else given
            made[place][name.replace("_", "-", 1)] = str(value)
    return made


def one(round: Round, number: int = 1) -> SurveyResult:
    return SurveyResult.objects.get(vignette__round=round, vignette__number=number)


def test_levels_top_choices_and_what_is_not_recommended_are_counted_for_each_option() -> None:
    study = factories.make_survey_study(options=3, vignettes=1)
    levels = ["definitely"] * 4 + ["likely"] * 3 + ["likely_not"] * 2 + ["will_not"]
    table = rows(v1_top=["1"] * 6 + ["1,3"] * 3 + ["3"], v1_against=["2"] * 5 + ["none"] * 2 + [""] * 3)
    for row, level in zip(table, levels, strict=True):
        row["v1-likelihood-2"] = level
    round = factories.hold_survey(study, table)
    [result] = survey_results_of(round)
    first, second, third = result.shown.options
    assert (result.shown.n, result.shown.topped, result.shown.missing) == (10, 10, 0)
    assert (second.levels, second.likely) == ((4, 3, 2, 1), Fraction(7, 10))
    assert (first.top, second.top, third.top) == (Fraction(9, 10), 0, Fraction(2, 5))
    assert (first.against, second.against) == (0, Fraction(1, 2))
    assert first.levels is None


def test_rankings_give_mean_and_median_ranks_and_kendalls_w() -> None:
    study = factories.make_survey_study(options=3, vignettes=1)
    round = factories.hold_survey(study, rows(v1_ranking=RANKINGS))
    [result] = survey_results_of(round)
    ranks = [(option.mean_rank, option.median_rank) for option in result.shown.options]
    assert ranks == [(Fraction(14, 10), 1), (Fraction(19, 10), 2), (Fraction(27, 10), 3)]
    sums = [14, 19, 27]
    assert result.shown.kendalls_w == Fraction(12 * sum((total - 20) ** 2 for total in sums), 100 * 24)


def test_an_incomplete_ranking_is_not_counted_and_is_said_to_be_few() -> None:
    study = factories.make_survey_study(options=3, vignettes=1)
    round = factories.hold_survey(study, rows(v1_ranking=["1,2,3"] * 7 + ["1,2"] * 3))
    [result] = survey_results_of(round)
    assert (result.shown.n, result.shown.ranked) == (10, 7)
    assert [option.median_rank for option in result.shown.options] == [1, 2, 3]
    assert [option.mean_rank for option in result.shown.options] == [None] * 3
    assert {"mean_rank", "kendalls_w"} <= set(result.shown.suppressed)


def test_kept_answers_count_for_the_variation_and_revised_ones_in_their_place() -> None:
    study = factories.make_survey_study(options=3, vignettes=2)
    table = rows(v1_top="1", v2_keep=["keep"] * 6 + ["revise"] * 3 + [""])
    for row in table[6:9]:
        row["v2-top"] = "2"
    round = factories.hold_survey(study, table)
    base, variation = survey_results_of(round)
    assert (base.shown.n, variation.shown.n, variation.shown.missing, variation.shown.kept) == (10, 9, 1, 6)
    assert [option.top for option in variation.shown.options] == [Fraction(6, 9), Fraction(3, 9), 0]


def test_whoever_cannot_answer_for_a_patient_abstains() -> None:
    study = factories.make_survey_study(options=3, vignettes=1)
    round = factories.hold_survey(study, rows(v1_top="1", v1_abstain=[""] * 8 + ["yes"] * 2))
    [result] = survey_results_of(round)
    assert (result.shown.n, result.shown.abstained, result.shown.missing) == (8, 2, 0)


def test_fewer_than_five_answers_show_nothing_and_their_comments_are_not_kept() -> None:
    study = factories.make_survey_study(options=3, vignettes=2)
    table = rows(v1_top="1", v2_top=["1"] * 4 + [""] * 6, v2_reasons="because of her age")
    round = factories.hold_survey(study, table)
    base, variation = survey_results_of(round)
    assert (base.shown.n, variation.shown.n, variation.shown.options, variation.rows) == (10, None, (), [])
    assert "top" not in variation.shown.suppressed
    assert not Comment.objects.filter(vignette=variation.vignette).exists()


def test_below_seven_answers_shares_are_rounded_and_levels_hidden() -> None:
    study = factories.make_survey_study(options=3, vignettes=1)
    table = rows(6, v1_top=["1"] * 4 + ["2"] * 2)
    for row in table:
        row["v1-likelihood-1"] = "likely"
    [result] = survey_results_of(factories.hold_survey(study, table))
    assert [option.top for option in result.shown.options] == [Fraction(7, 10), Fraction(3, 10), 0]
    assert (result.shown.options[0].levels, "levels" in result.shown.suppressed) == (None, True)


def test_levels_stay_hidden_where_exactly_one_person_differs_from_the_last_survey() -> None:
    study = factories.make_survey_study(options=3, vignettes=1)
    table = [{"v1-likelihood-1": "likely", "v1-likelihood-2": "will_not"} for _ in range(10)]
    first = factories.hold_survey(study, table)
    second = factories.hold_survey(study, table[:9])
    third = factories.hold_survey(study, table[:7])
    assert [one(round).one_joined_or_left for round in (first, second, third)] == [False, True, False]
    assert [survey_results_of(round)[0].shown.options[0].levels for round in (first, second, third)] == [
        (0, 10, 0, 0),
        None,
        (0, 7, 0, 0),
    ]


def test_a_frozen_result_cannot_be_changed() -> None:
    round = factories.hold_survey(factories.make_survey_study(), rows(v1_top="1"))
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        SurveyResult.objects.filter(pk=one(round).pk).update(missing=3)


def test_nothing_that_is_frozen_tells_one_panelist_from_another() -> None:
    round = factories.hold_survey(factories.make_survey_study(options=3, vignettes=1), rows(v1_ranking=RANKINGS))
    tally = one(round).tally
    assert set(tally) == {
        *("answered", "abstained", "kept", "ranked", "topped", "likelihood", "ranks", "top", "against", "one_apart"),
    }
    assert tally["ranks"] == [[8, 0, 2], [1, 9, 0], [1, 1, 8]]


def test_the_hash_covers_what_may_be_shown() -> None:
    study = factories.make_survey_study(options=3, vignettes=1)
    digests = [
        RoundResult.objects.get(round=factories.hold_survey(study, rows(v1_top=top))).digest for top in ("1", "2")
    ]
    assert len(set(digests)) == 2


def test_comments_and_suggestions_come_out_loose_by_kind_and_wait_to_be_looked_at() -> None:
    study = factories.make_survey_study(options=3, vignettes=1)
    table = rows(
        v1_top="1",
        v1_reasons=[f"reason {place}" for place in range(10)],
        v1_factors=["frailty"] + [""] * 9,
        v1_new_options=["light therapy"] + [""] * 9,
        v1_clearer_wording=["say which SSRI"] + [""] * 9,
    )
    round = factories.hold_survey(study, table, released=False)
    [comments] = survey_comments_of(round).values()
    kinds = [comment.kind for comment in comments]
    assert (len(comments), pending_comments(round)) == (13, 13)
    assert kinds.count(Comment.Kind.REASON) == 10
    assert {(comment.kind, comment.body) for comment in comments if comment.kind != Comment.Kind.REASON} == {
        ("factor", "frailty"),
        ("new_option", "light therapy"),
        ("clearer_wording", "say which SSRI"),
    }
    assert {comment.asked for comment in comments} == {None}


@pytest.mark.parametrize("written", [10, 1])
def test_a_round_that_asks_for_texts_alone_keeps_them(written: int) -> None:
    study = factories.make_survey_study(options=3, vignettes=1)
    table = rows(v1_new_options=["light therapy"] * written + [""] * (10 - written))
    [result] = survey_results_of(factories.hold_survey(study, table, [Round.Question.NEW_OPTIONS]))
    assert (result.shown.n, result.shown.missing) == (10, 0)
    assert Comment.objects.filter(vignette=result.vignette).count() == written


def test_themes_group_published_comments_and_count_them() -> None:
    study = factories.make_survey_study(options=3, vignettes=1)
    round = factories.hold_survey(study, rows(v1_top="1", v1_reasons=[f"reason {n}" for n in range(10)]))
    actor, now = factories.facilitator_of(study), database_now()
    comments = list(Comment.objects.order_by("body"))
    for comment in comments[:3]:
        put_under_theme(comment=comment, theme=" Side  effects ", actor=actor, now=now)
    put_under_theme(comment=comments[3], theme="Access", actor=actor, now=now)
    [found] = survey_comments_of(round).values()
    groups = themed(found)
    assert [(group.theme, group.n) for group in groups] == [("Side effects", 3), ("Access", 1), ("", 6)]
    assert sorted(groups[0].bodies) == ["reason 0", "reason 1", "reason 2"]
    put_under_theme(comment=comments[3], theme="", actor=actor, now=now)
    assert [(theme.name, n) for theme, n in theme_counts(study)] == [("Side effects", 3)]


def test_published_comments_stand_in_a_fresh_order_each_time() -> None:
    study = factories.make_survey_study(options=3, vignettes=1)
    round = factories.hold_survey(study, rows(v1_top="1", v1_reasons=[f"reason {n}" for n in range(10)]))
    [found] = survey_comments_of(round).values()
    assert len({themed(found)[0].bodies for _ in range(10)}) > 1


def test_what_half_would_not_recommend_is_listed_half_included() -> None:
    study = factories.make_survey_study(options=3, vignettes=1)
    factories.hold_survey(study, rows(v1_top="3", v1_against=["1,2"] * 4 + ["1"] + [""] * 5))
    results = latest_survey_results(study, "against")
    assert [(found.option.name, found.share) for found in not_recommended(results)] == [("Choice 1", Fraction(1, 2))]
    assert [found.option.name for found in not_recommended(results, Fraction(2, 5))] == ["Choice 1", "Choice 2"]


def test_the_last_survey_that_asked_counts_also_where_a_later_one_did_not_ask() -> None:
    study = factories.make_survey_study(options=3, vignettes=2)
    first = factories.hold_survey(study, rows(v1_top="1", v1_against="2", v2_keep="keep"))
    factories.hold_survey(study, rows(v1_top="3"), ["top"])
    assert [found.result.round.number for found in not_recommended(latest_survey_results(study, "against"))] == [1, 1]
    results = latest_survey_results(study, Round.Question.TOP)
    assert [result.round.number for result in results] == [2, 2]
    assert results[1].shown.is_hidden
    assert first.number == 1


def test_the_top_choices_propose_a_statement_with_the_numbers_that_speak_for_it() -> None:
    study = factories.make_survey_study(options=4, vignettes=1)
    factories.hold_survey(study, rows(v1_top=["4,2"] * 6 + ["4,1"] * 3 + ["3"]))
    [proposal] = proposals_of(study)
    assert [option.name for option in proposal.options] == ["Choice 4", "Choice 2"]
    assert [(vote.option.name, vote.share) for vote in proposal.speaking_for] == [
        ("Choice 4", Fraction(9, 10)),
        ("Choice 2", Fraction(6, 10)),
    ]
    assert [vote.option.name for vote in proposal.votes] == ["Choice 4", "Choice 2", "Choice 1", "Choice 3"]


def test_a_dropped_option_is_not_proposed_and_a_dropped_vignette_has_no_proposal() -> None:
    study = factories.make_survey_study(options=3, vignettes=2)
    factories.hold_survey(study, rows(v1_top="1,2", v2_keep="keep"))
    study = Study.objects.get(pk=study.pk)
    actor, now = factories.facilitator_of(study), database_now()
    drop(item=Option.objects.get(study=study, name="Choice 1"), actor=actor, why=Why("too rare"), now=now)
    drop(item=Vignette.objects.get(study=study, is_base=False), actor=actor, why=Why("agreed"), now=now)
    [proposal] = proposals_of(study)
    assert [option.name for option in proposal.options] == ["Choice 2"]


def test_too_few_top_choices_propose_nothing() -> None:
    study = factories.make_survey_study(options=3, vignettes=1)
    factories.hold_survey(study, rows(v1_top=["1"] * 4 + [""] * 6, v1_against="none"))
    assert [proposal.options for proposal in proposals_of(study)] == [()]


def test_a_round_may_ask_statements_and_options_at_once() -> None:
    study = factories.make_survey_study(options=3, vignettes=1)
    factories.make_statement(Vignette.objects.get(study=study))
    round = factories.draft(study)
    Round.objects.filter(pk=round.pk).update(questions=["against"])
    opened = factories.open_as_known(Round.objects.get(pk=round.pk))
    for panelist in panel_of(study):
        factories.fill_preferences(panelist, opened, {"v1-against": "2"}, submit=False)
        factories.fill_sheet(panelist, opened, [8])
    closed = factories.close_and_freeze(opened)
    [result] = survey_results_of(closed)
    assert (result.shown.options[1].against, result.shown.options[1].top) == (1, None)
    assert RoundResult.objects.get(round=closed).submitted == 10


def test_the_next_survey_asks_what_the_last_one_did() -> None:
    study = factories.make_survey_study()
    factories.hold_survey(study, rows(v1_top="1"), ["top", "against"], keeps_base=False, top=(2, 2))
    round = prepare_next_survey(study=study, actor=factories.facilitator_of(study), now=database_now())
    assert (round.questions, round.keeps_base, round.top_least, round.top_most) == (["top", "against"], False, 2, 2)
    assert str(round) == "Option survey 2"


def test_a_cancelled_survey_leaves_nothing() -> None:
    study = factories.make_survey_study()
    round = factories.open_survey(study)
    factories.fill_preferences(panel_of(study)[0], round, {"v1-top": "1"})
    cancel_round(round=round, actor=factories.facilitator_of(study), reason="too early", now=database_now())
    assert not AskedVignette.objects.filter(round=round).exists()
    assert factories.open_survey(study).number == 1


@pytest.mark.parametrize("vignettes", [1, 4])
def test_reading_results_takes_as_many_queries_for_many_as_for_one(
    vignettes: int, django_assert_num_queries: object
) -> None:
    study = factories.make_survey_study(vignettes=vignettes)
    round = factories.hold_survey(study, rows(v1_top="1"))
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert len(survey_results_of(round)) == vignettes


@pytest.mark.parametrize("vignettes", [1, 4])
def test_the_tally_is_asked_with_as_many_queries_for_many_vignettes_as_for_one(
    vignettes: int, django_assert_num_queries: object
) -> None:
    study = factories.make_survey_study(vignettes=vignettes)
    factories.hold_survey(study, rows(v1_top="1"))
    round = factories.open_survey(study)
    with django_assert_num_queries(6):  # type: ignore[operator]
        assert len(surveys_of(round)) == vignettes
