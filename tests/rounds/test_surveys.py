import pytest
from django.db import DatabaseError, transaction

from surveys.feedback.survey_results import survey_results_of
from surveys.panels.queries import panel_of
from surveys.rounds.checklist import blockers_to_opening
from surveys.rounds.models import AskedOption, AskedStatement, AskedVignette, Round
from surveys.rounds.queries import (
    earlier_surveys,
    options_to_ask,
    survey_of,
    vignettes_to_ask,
    vignettes_to_survey,
)
from surveys.rounds.services.merging import PreferenceChange
from surveys.rounds.services.opening import (
    RoundError,
    SurveyPlan,
    cancel_round,
    draft_round,
    plan_draft,
    plan_questions,
)
from surveys.rounds.services.saving import UnknownPreference, save_sheet
from surveys.sheets.queries import own_sheet
from surveys.studies.queries import database_now
from surveys.vignettes.models import LineageStep, Option, Vignette
from surveys.vignettes.services.lineage import drop
from surveys.vignettes.services.steps import Why
from tests.factories import (
    close_and_freeze,
    draft,
    draft_survey,
    facilitator_of,
    fill_preferences,
    fill_sheet,
    hold_round,
    holder_of,
    make_statement,
    make_study,
    make_survey_study,
    open_as_known,
    open_round,
    open_survey,
    release_round,
)

pytestmark = pytest.mark.django_db


def test_an_option_survey_freezes_what_it_asks_and_asks_no_statement() -> None:
    study = make_survey_study(options=3, vignettes=2)
    make_statement(Vignette.objects.get(study=study, is_base=True))
    round = open_survey(study, ["likelihood", "top"])
    Option.objects.filter(study=study, position=1).update(name="Renamed", explanation="later")
    assert [option.name for option in AskedOption.objects.filter(round=round)] == ["Choice 1", "Choice 2", "Choice 3"]
    assert AskedVignette.objects.filter(round=round).count() == 2
    assert not AskedStatement.objects.filter(round=round).exists()
    assert (str(round), round.number, survey_of(round).questions) == ("Option survey 1", 1, ("likelihood", "top"))


def test_the_database_refuses_to_change_what_was_asked() -> None:
    round = open_survey(make_survey_study())
    for model in (AskedOption, AskedVignette):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            model.objects.filter(round=round).update(number=9)
    step = LineageStep.objects.filter(study=round.study)[0]
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        LineageStep.objects.filter(pk=step.pk).update(reason="another")


def test_surveys_and_rating_rounds_are_numbered_apart_and_counted_together() -> None:
    study = make_study(statements=1)
    hold_round(study)
    now, actor = database_now(), facilitator_of(study)
    survey = draft_round(study=study, actor=actor, now=now, kind=Round.Kind.OPTION_SURVEY)
    assert (survey.number, survey.kind_number, str(survey)) == (2, 1, "Option survey 1")
    cancel_round(round=survey, actor=actor, reason="not needed", now=now)
    assert draft(study).number == 2


def test_a_survey_needs_questions_options_and_vignettes_and_says_which_are_missing() -> None:
    study = make_survey_study(options=1, vignettes=1)
    now = database_now()
    assert blockers_to_opening(draft_survey(study, []), now) == ["Choose what to ask about the options"]
    round = Round.objects.get(study=study)
    actor = facilitator_of(study)
    survey = SurveyPlan(["top"], keeps_base=False, top_least=1, top_most=3, left_out=[])
    plan_questions(round=round, actor=actor, survey=survey, now=now)
    round.refresh_from_db()
    assert blockers_to_opening(round, now) == ["List at least two options"]
    Option.objects.create(study=study, position=2, name="Another", category="Add")
    assert blockers_to_opening(round, now) == ["There are fewer options than the 3 top choices that are allowed"]
    vignettes = list(Vignette.objects.filter(study=study))
    survey = SurveyPlan(["top"], keeps_base=False, top_least=1, top_most=2, left_out=vignettes)
    plan_questions(round=round, actor=actor, survey=survey, now=now)
    round.refresh_from_db()
    assert blockers_to_opening(round, now) == ["There is no vignette to ask about"]


@pytest.mark.parametrize(("least", "most"), [(0, 3), (3, 2)])
def test_top_choices_are_at_least_one_and_no_fewer_at_most_than_at_least(least: int, most: int) -> None:
    study = make_survey_study()
    round = draft_survey(study)
    survey = SurveyPlan(["top"], keeps_base=False, top_least=least, top_most=most, left_out=[])
    with pytest.raises(RoundError, match="top choice"):
        plan_questions(round=round, actor=facilitator_of(study), survey=survey, now=database_now())


def test_an_open_survey_asks_what_it_asks() -> None:
    study = make_survey_study()
    round = open_survey(study)
    survey = SurveyPlan([], keeps_base=False, top_least=1, top_most=1, left_out=[])
    with pytest.raises(RoundError, match="has opened"):
        plan_questions(round=round, actor=facilitator_of(study), survey=survey, now=database_now())


def test_what_was_dropped_is_asked_no_more() -> None:
    study = make_survey_study(options=3, vignettes=2)
    opened = open_survey(study)
    cancel_round(round=opened, actor=facilitator_of(study), reason="once more", now=database_now())
    dropped_option = Option.objects.filter(study=study)[0]
    dropped_vignette = Vignette.objects.get(study=study, is_base=False)
    for item in (dropped_option, dropped_vignette):
        study.refresh_from_db()
        item.study.refresh_from_db()
        drop(item=item, actor=facilitator_of(study), why=Why("not needed"), now=database_now())
    round = draft_survey(study)
    assert [option.name for option in options_to_ask(round)] == ["Choice 2", "Choice 3"]
    assert [vignette.is_base for vignette in vignettes_to_ask(round)] == [True]


def test_preferences_are_saved_beside_ratings_and_merge_by_field() -> None:
    study = make_survey_study()
    round, panelist = open_survey(study), panel_of(study)[0]
    fill_preferences(panelist, round, {"v1-top": "1,3", "v1-likelihood-2": "likely"}, submit=False)
    fill_preferences(panelist, round, {"v1-top": "2", "v2-keep": "keep"})
    sheet = own_sheet(holder_of(panelist), round.pk)
    assert sheet.preferences == {"v1-top": "2", "v1-likelihood-2": "likely", "v2-keep": "keep"}
    assert (sheet.is_submitted, sheet.version) == (True, 2)


def test_the_same_field_changed_in_two_tabs_is_a_conflict_and_is_not_submitted() -> None:
    study = make_survey_study()
    round, panelist = open_survey(study), panel_of(study)[0]
    fill_preferences(panelist, round, {"v1-top": "1"}, submit=False)
    saved = save_sheet(
        holder=holder_of(panelist),
        round_id=round.pk,
        preferences=[PreferenceChange("v1-top", "2", seen=""), PreferenceChange("v1-against", "3", seen="")],
        submit=True,
    )
    assert saved.clashes
    assert [(clash.name, clash.theirs, clash.mine) for clash in saved.preference_conflicts] == [("v1-top", "1", "2")]
    stored = own_sheet(holder_of(panelist), round.pk)
    assert (stored.is_submitted, dict(stored.preferences)) == (False, {"v1-top": "1", "v1-against": "3"})


def test_an_emptied_field_leaves_the_sheet() -> None:
    study = make_survey_study()
    round, panelist = open_survey(study), panel_of(study)[0]
    fill_preferences(panelist, round, {"v1-top": "1"}, submit=False)
    fill_preferences(panelist, round, {"v1-top": ""}, submit=False)
    assert own_sheet(holder_of(panelist), round.pk).preferences == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("v1-top", "1,2,3,4"),
        ("v1-top", "5"),
        ("v3-top", "1"),
        ("v1-keep", "keep"),
        ("v1-likelihood-5", "likely"),
        ("v1-likelihood-1", "perhaps"),
        ("v1-factors", "x" * 4001),
        ("v1-clearer_wording", "asked of another round"),
        ("s1", "7"),
    ],
)
def test_what_the_round_does_not_ask_is_refused_and_nothing_is_saved(name: str, value: str) -> None:
    study = make_survey_study(options=4, vignettes=2)
    round, panelist = open_survey(study, ["likelihood", "top", "factors"]), panel_of(study)[0]
    with pytest.raises(UnknownPreference):
        fill_preferences(panelist, round, {"v2-top": "1", name: value})
    assert own_sheet(holder_of(panelist), round.pk).version == 0


def test_a_rating_round_that_asks_no_options_takes_no_preferences() -> None:
    study = make_study(statements=1)
    hold_round(study)
    with pytest.raises(UnknownPreference):
        fill_preferences(panel_of(study)[0], open_round(study), {"v1-abstain": "yes"})


def test_a_draft_s_plan_is_set_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    study = make_survey_study()
    round = draft_survey(study, ["top"])
    survey = SurveyPlan(["against"], keeps_base=False, top_least=1, top_most=2, left_out=[])

    def refuse(**_plan: object) -> None:
        raise RoundError("It has opened meanwhile.")

    monkeypatch.setattr("surveys.rounds.services.opening.plan_round", refuse)
    with pytest.raises(RoundError):
        plan_draft(
            round=round,
            actor=facilitator_of(study),
            opens_at=None,
            closes_at=None,
            message="New.",
            left_out=[],
            survey=survey,
            now=database_now(),
        )
    planned = Round.objects.get(pk=round.pk)
    assert (planned.questions, planned.top_most, planned.message) == (["top"], 3, "")


def test_a_rating_round_asks_about_the_options_of_no_vignette_that_its_plan_leaves_out() -> None:
    study = make_survey_study(options=3, vignettes=2)
    base, variation = Vignette.objects.filter(study=study).order_by("position")
    for vignette in (base, variation):
        make_statement(vignette)

    def opened(left_out: Vignette) -> Round:
        round = draft(study)
        survey = SurveyPlan(["likelihood"], keeps_base=True, top_least=1, top_most=3, left_out=[left_out])
        plan_questions(round=round, actor=facilitator_of(study), survey=survey, now=database_now())
        round.refresh_from_db()
        assert list(vignettes_to_survey(round)) == [one for one in (base, variation) if one != left_out]
        return open_as_known(round)

    first = opened(left_out=variation)
    assert AskedVignette.objects.filter(round=first).count() == 2
    survey = survey_of(first)
    assert [vignette.number for vignette in survey.vignettes] == [1]
    assert not survey.takes("v2-likelihood-1", "likely")
    for panelist in panel_of(study):
        fill_sheet(panelist, first, [8, 8])
        fill_preferences(panelist, first, {"v1-likelihood-1": "likely"})
    closed = close_and_freeze(first)
    assert [result.vignette.vignette for result in survey_results_of(closed)] == [base]
    release_round(closed)
    second = opened(left_out=base)
    assert earlier_surveys(second) == {}
    [vignette] = survey_of(second).vignettes
    assert (vignette.vignette, survey_of(second).base_of(vignette)) == (variation, 0)
    for panelist in panel_of(study):
        fill_preferences(panelist, second, {"v2-likelihood-1": "likely"})
    assert [result.vignette.vignette for result in survey_results_of(close_and_freeze(second))] == [variation]
