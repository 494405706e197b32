"""Option surveys as their facilitator meets them: prepared, planned, opened, and their results."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from surveys.feedback.models import Comment
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.studies.models import AuditEntry, Study
from tests import factories
from tests.facilitator.reading import button, heading, main, plain, queries_for

pytestmark = pytest.mark.django_db

EVERYTHING = list(Round.Question.values)
# Ten panelists: what each says of the base case's four options, and that the variation is as the base case.
ANSWERS = [
    {
        "v1-likelihood-1": "definitely" if place < 8 else "likely",
        "v1-likelihood-2": "likely" if place < 5 else "will_not",
        "v1-ranking": "1,2,3,4" if place < 9 else "2,1,3,4",
        "v1-top": "1,2" if place < 6 else "1",
        "v1-against": "4" if place < 7 else "none",
        "v2-keep": "keep",
    }
    for place in range(10)
]


def address(study: Study, name: str, *rest: object) -> str:
    return reverse(f"facilitator:{name}", args=[study.slug, *rest])


def browser(study: Study) -> Client:
    return factories.signed_in(factories.facilitator_of(study))


def page(study: Study, name: str, *rest: object, query: str = "") -> str:
    response = browser(study).get(address(study, name, *rest) + query)
    assert response.status_code == 200
    return response.content.decode()


def card(html: str, number: int) -> str:
    """The card of one vignette."""
    found = re.search(rf'<section[^>]*id="vignette-{number}".*?</section>', html, re.DOTALL)
    assert found
    return found[0]


def rows(html: str) -> list[list[str]]:
    """The rows of the first table of options, in words; a bar is its label."""
    body = re.findall(r'<table class="options-table".*?<tbody[^>]*>(.*?)</tbody>', html, re.DOTALL)[0]
    body = re.sub(r'<svg[^>]*aria-label="([^"]*)".*?</svg>', r"\1", body, flags=re.DOTALL)
    lines = re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL)
    return [[plain(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL)] for line in lines]


def plan(study: Study, **fields: object) -> dict[str, object]:
    vignettes = [str(pk) for pk in study.vignettes.values_list("pk", flat=True)]
    given = {"closes_at": "2090-01-01T17:00", "opens_at": "", "message": "", "vignettes": vignettes}
    return {**given, "questions": ["likelihood", "top"], "top_least": "1", "top_most": "3", **fields}


# ---- prepare ----


def test_where_options_and_no_statement_stand_an_option_survey_comes_next() -> None:
    study = factories.make_survey_study()
    html = page(study, "study")
    assert "Next: prepare option survey 1" in html
    assert button(html) == "Prepare option survey 1"
    assert f'<form method="post" action="{address(study, "draft_round")}?kind=option_survey">' in html
    assert "Or prepare rating round 1" in main(html)
    assert "4 options to ask about, for 2 vignettes" in main(html)


def test_the_rounds_page_offers_both_kinds_and_one_of_them_first() -> None:
    study = factories.make_survey_study()
    html = page(study, "rounds")
    assert button(html) == "Prepare option survey 1"
    assert re.findall(r'action="[^"]*\?kind=(\w+)"', html) == ["option_survey", "rating"]


def test_a_survey_is_drafted_with_everything_and_leads_to_its_plan() -> None:
    study = factories.make_survey_study()
    response = browser(study).post(address(study, "draft_round") + "?kind=option_survey")
    assert (response.status_code, response["Location"]) == (302, address(study, "round", 1))
    round = Round.objects.get(study=study)
    assert (round.kind, round.questions) == (Round.Kind.OPTION_SURVEY, EVERYTHING)


def test_a_kind_that_there_is_not_prepares_nothing() -> None:
    study = factories.make_survey_study()
    assert browser(study).post(address(study, "draft_round") + "?kind=poll").status_code == 404
    assert not Round.objects.filter(study=study).exists()


def test_a_look_before_a_survey_is_drafted_changes_nothing() -> None:
    study = factories.make_survey_study()
    html = page(study, "draft_round", query="?kind=option_survey")
    assert heading(html) == "Prepare option survey 1?"
    assert not Round.objects.filter(study=study).exists()


# ---- the plan ----


def test_the_plan_sets_questions_top_choices_and_vignettes_with_the_times() -> None:
    study = factories.make_survey_study()
    factories.draft_survey(study)
    base, other = study.vignettes.order_by("position")
    fields = plan(study, vignettes=[str(base.pk)], keeps_base="on", top_most="2", message="Please answer.")
    response = browser(study).post(address(study, "round", 1), fields)
    assert (response.status_code, response["Location"]) == (302, address(study, "open_round", 1))
    round = Round.objects.get(study=study)
    assert (round.questions, round.keeps_base, round.top_least, round.top_most) == (["likelihood", "top"], True, 1, 2)
    assert list(round.left_out_vignettes.all()) == [other]
    assert round.message == "Please answer."
    html = page(study, "round", 1)
    checked = re.findall(r'name="(questions|vignettes|keeps_base)"[^>]*value="([^"]*)"[^>]*checked', html)
    assert [value for name, value in checked if name == "questions"] == ["likelihood", "top"]
    assert [value for name, value in checked if name == "vignettes"] == [str(base.pk)]
    assert "Statements to ask" not in html


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"questions": []}, "What to ask about the options: Choose at least one question."),
        ({"vignettes": []}, "Vignettes to ask about: Choose at least one vignette."),
        ({"top_least": "3", "top_most": "2"}, "Most top choices: Ask for at most as many top choices as at least"),
        ({"top_most": ""}, "Most top choices: Say how many top choices are asked for, at least and at most."),
        ({"top_most": "0"}, "Most top choices: "),
        ({"top_most": "9" * 400}, "Most top choices: "),
        ({"questions": ["everything"]}, "What to ask about the options: "),
        ({"vignettes": ["c0ffee"]}, "Vignettes to ask about: "),
    ],
)
def test_a_plan_with_a_fault_is_refused_with_one_sentence_and_nothing_is_saved(
    fields: dict[str, object], sentence: str
) -> None:
    study = factories.make_survey_study()
    before = factories.draft_survey(study)
    response = browser(study).post(address(study, "round", 1), plan(study, message="New.", **fields))
    html = response.content.decode()
    assert response.status_code == 422
    assert "<title>Error: Plan: Option survey 1</title>" in html
    assert sentence in plain(html)
    round = Round.objects.get(study=study)
    assert (round.message, round.questions, round.closes_at) == ("", before.questions, before.closes_at)


def test_a_fault_in_the_times_saves_no_question_either() -> None:
    study = factories.make_survey_study()
    factories.draft_survey(study)
    html = browser(study).post(address(study, "round", 1), plan(study, closes_at="soon")).content.decode()
    assert "Closes: Enter a day and a time" in plain(html)
    assert Round.objects.get(study=study).questions == EVERYTHING


def test_a_rating_round_may_ask_about_the_options_too() -> None:
    study = factories.make_survey_study()
    statement = factories.make_statement(study.vignettes.order_by("position")[0])
    factories.draft(study)
    html = page(study, "round", 1)
    assert "<details><summary>Also ask about the options</summary>" in html
    fields = plan(study, asked=[str(statement.pk)], questions=["against"])
    assert browser(study).post(address(study, "round", 1), fields).status_code == 302
    assert Round.objects.get(study=study).questions == ["against"]
    assert "<details open><summary>Also ask about the options</summary>" in page(study, "round", 1)


def test_a_rating_round_that_asks_nothing_of_options_records_nothing_of_them() -> None:
    study = factories.make_study(statements=1)
    factories.draft(study)
    statements = [str(pk) for pk in study.vignettes.values_list("statements__pk", flat=True)]
    assert (
        browser(study).post(address(study, "round", 1), plan(study, asked=statements, questions=[])).status_code == 302
    )
    assert not AuditEntry.objects.filter(study=study, action="questions planned").exists()


# ---- check and open ----


def test_the_check_says_exactly_what_will_be_asked() -> None:
    study = factories.make_survey_study(options=4, vignettes=2)
    factories.draft_survey(study, ["top", "against"], keeps_base=True, top=(1, 3))
    words = main(page(study, "open_round", 1))
    assert "Nothing is missing. Open option survey 1?" in words
    assert (
        "2 vignettes are shown. Of each, this is asked about 4 options, whose names are frozen for this round:" in words
    )
    assert (
        "Top choices, equally recommended Options one would not recommend Top choices: at least 1, at most 3." in words
    )
    assert "Variations may keep the base case's answers." in words
    assert "statements are asked" not in words


def test_a_survey_opens_and_its_page_calls_it_one() -> None:
    study = factories.make_survey_study()
    factories.draft_survey(study)
    client = browser(study)
    assert client.post(address(study, "open_round", 1)).status_code == 302
    assert heading(page(study, "round", 1)).startswith("Option survey 1 is open until")
    assert heading(page(study, "study")) == "Option survey 1 is open. 0 of 10 have submitted."
    assert "<title>Close option survey 1</title>" in page(study, "close_round", 1)
    assert "Cancel option survey 1 without a result?" in page(study, "cancel_round", 1)


# ---- the course ----


def test_after_a_survey_the_card_says_release_and_then_statements() -> None:
    study = factories.make_survey_study()
    round = factories.hold_survey(study, ANSWERS, released=False)
    html = page(study, "study")
    assert heading(html) == "Option survey 1 is closed. Its results are not released."
    assert "Next: release the results of option survey 1" in html
    factories.release_round(round)
    html = page(study, "study")
    assert heading(html) == "Option survey 1 is closed. The panel has its results."
    assert button(html) == "Look at the proposed statements"
    assert "Or prepare option survey 2" in main(html)
    assert address(study, "wall", 1) in html
    assert [plain(one) for one in re.findall(r"<li class=\"[^\"]*\"[^>]*><b>(.*?)</b>", html)] == [
        "Set-up",
        "Option survey 1",
        "Statements",
        "Finish",
    ]


def test_after_a_survey_without_top_choices_the_next_one_comes_next() -> None:
    study = factories.make_survey_study()
    factories.hold_survey(study, [{"v1-ranking": "1,2,3,4"}] * 10, ["ranking"])
    html = page(study, "study")
    assert button(html) == "Prepare option survey 2"
    assert address(study, "wall", 1) in html
    assert address(study, "proposals") not in html
    assert f'<a href="{address(study, "round", 1)}">Results: Option survey 1</a>' in html
    assert button(page(study, "rounds")) == "Prepare option survey 2"
    assert button(page(study, "round", 1)) == "Show these results to a meeting"


def test_surveys_and_rating_rounds_stand_in_one_course_each_with_its_number() -> None:
    study = factories.make_survey_study()
    factories.hold_survey(study, ANSWERS)
    factories.hold_survey(study, ANSWERS)
    for vignette in study.vignettes.all():
        factories.make_statement(vignette)
    html = page(study, "study")
    assert button(html) == "Prepare rating round 1"
    for rating in (6, 7, 8):
        factories.hold_round(study, [[rating] * 10] * 2)
    html = page(study, "round", 2)
    assert address(study, "wall", 2) in html
    assert address(study, "proposals") in html
    html = page(study, "study")
    assert [plain(one) for one in re.findall(r"<li class=\"[^\"]*\"[^>]*><b>(.*?)</b>", html)] == [
        "Set-up",
        "Option survey 1",
        "Option survey 2",
        "Round 1",
        "Round 2",
        "Round 3",
        "Finish",
    ]
    heads = re.findall(r'<th role="columnheader" scope="col">(.*?)</th>', html)
    assert heads == ["Vignette", "Round 1", "Round 2", "Round 3"]


# ---- results ----


def test_a_closed_survey_says_in_how_many_vignettes_half_agree_on_a_top_choice() -> None:
    study = factories.make_survey_study()
    factories.hold_survey(study, ANSWERS, released=False)
    html = page(study, "round", 1)
    sentence = "In 2 of 2 vignettes, at least half named the same option a top choice."
    assert heading(html) == f"Option survey 1 is closed. {sentence}"
    assert "10 of 10 panelists submitted." in html


def test_every_option_has_its_levels_ranks_and_shares() -> None:
    study = factories.make_survey_study()
    factories.hold_survey(study, ANSWERS, released=False)
    html = page(study, "round", 1)
    first = card(html, 1)
    assert rows(first) == [
        ["Choice 1 Add", "Definitely 8, likely 2, likely not 0, will not 0", "100%", "1.10", "1", "100%", "0%"],
        ["Choice 2 Add", "Definitely 0, likely 5, likely not 0, will not 5", "50%", "1.90", "2", "60%", "0%"],
        ["Choice 3 Switch", "not shown", "–", "3.00", "3", "0%", "0%"],
        ["Choice 4 Switch", "not shown", "–", "4.00", "4", "0%", "70%"],
    ]
    assert "10 panelists answered. Kendall's W 0.96, from 10 complete rankings." in plain(first)
    assert "10 kept all answers for the base case." in plain(card(html, 2))
    assert "Not shown to anyone: the levels of options to which fewer than 7 gave one." in plain(first)


def test_options_stand_by_top_choices_by_rank_or_as_asked() -> None:
    study = factories.make_survey_study()
    liked = [{"v1-top": "4", "v1-ranking": "3,4,2,1"} for _place in range(10)]
    factories.hold_survey(study, liked, released=False)

    def names(query: str) -> list[str]:
        return [row[0].split(" ")[1] for row in rows(card(page(study, "round", 1, query=query), 1))]

    assert names("") == names("?order=top") == names("?order=nonsense") == ["4", "1", "2", "3"]
    assert names("?order=rank") == ["3", "4", "2", "1"]
    assert names("?order=asked") == ["1", "2", "3", "4"]


def test_where_not_everybody_named_a_top_choice_the_page_says_how_many_did() -> None:
    study = factories.make_survey_study(vignettes=1)
    rated = [{"v1-top": "1", "v1-against": "4"} if place < 8 else {"v1-against": "4"} for place in range(10)]
    factories.hold_survey(study, rated, ["top", "against"], released=False)
    first = plain(card(page(study, "round", 1), 1))
    assert "10 panelists answered. 8 named a top choice." in first
    assert "Choice 1 Add 100%" in first


def test_who_abstains_and_who_answers_nothing_are_counted_apart() -> None:
    study = factories.make_survey_study(vignettes=1)
    rated = [{"v1-top": "1"} for _place in range(7)] + [{"v1-abstain": "yes"}, {}, {}]
    factories.hold_survey(study, rated, ["top"], released=False)
    assert "7 panelists answered. 1 abstained. 2 gave no answer." in plain(card(page(study, "round", 1), 1))


def test_too_few_answers_show_nothing_but_that() -> None:
    study = factories.make_survey_study()
    factories.hold_survey(study, [*ANSWERS[:4], *[{"v2-top": "1"}] * 6], released=False)
    first = card(page(study, "round", 1), 1)
    assert "Fewer than 5 panelists answered, so nothing of this vignette's result is shown to anyone." in plain(first)
    assert "%" not in plain(first)
    assert "<table" not in first


def test_what_the_thresholds_keep_back_is_said_in_one_sentence() -> None:
    study = factories.make_survey_study(panelists=6)
    factories.hold_survey(study, ANSWERS[:6], released=False)
    first = plain(card(page(study, "round", 1), 1))
    assert (
        "Not shown to anyone: the counts of the levels, with fewer than 7 answers; shares finer than tenths, with "
        "fewer than 7 answers; mean ranks and Kendall's W, with fewer than 8 complete rankings."
    ) in first
    assert "Kendall's W 0" not in first


def test_a_rating_round_with_questions_shows_both_kinds_of_result() -> None:
    study = factories.make_survey_study()
    statement = factories.make_statement(study.vignettes.order_by("position")[0])
    factories.make_statement(study.vignettes.order_by("position")[1])
    factories.draft(study)
    fields = plan(study, asked=[str(statement.pk)], questions=["against"])
    assert browser(study).post(address(study, "round", 1), fields).status_code == 302
    assert browser(study).post(address(study, "open_round", 1)).status_code == 302
    round = Round.objects.get(study=study)
    factories.have_agreed(study.pk)
    factories.agree(round)
    for panelist in panel_of(study):
        factories.fill_preferences(panelist, round, {"v1-against": "4"})
    factories.close_and_freeze(round)
    html = page(study, "round", 1)
    assert heading(html) == "Rating round 1 is closed. The statement has full consensus."
    assert 'id="statement-1"' in html
    assert rows(card(html, 1))[0] == ["Choice 1 Add", "0%"]
    assert rows(card(html, 1))[3] == ["Choice 4 Switch", "100%"]


@pytest.mark.parametrize("vignettes", [1, 7])
@pytest.mark.parametrize(("name", "queries"), [("round", 22), ("release", 12)])
def test_a_survey_takes_as_many_queries_for_one_vignette_as_for_seven(vignettes: int, name: str, queries: int) -> None:
    study = factories.make_survey_study(vignettes=vignettes)
    factories.hold_survey(study, ANSWERS if vignettes > 1 else [{"v1-top": "1"}] * 10, released=False)
    assert queries_for(browser(study), address(study, name, 1)) == queries


@pytest.mark.parametrize("vignettes", [1, 7])
@pytest.mark.parametrize(("name", "queries"), [("round", 9), ("open_round", 21)])
def test_a_draft_takes_as_many_queries_for_one_vignette_as_for_seven(vignettes: int, name: str, queries: int) -> None:
    study = factories.make_survey_study(vignettes=vignettes)
    factories.draft_survey(study)
    assert queries_for(browser(study), address(study, name, 1)) == queries


# ---- release ----


def test_the_release_shows_what_the_panel_will_see_and_warns_where_all_agree() -> None:
    study = factories.make_survey_study()
    round = factories.hold_survey(study, [{**row, "v1-reasons": "Works."} for row in ANSWERS], released=False)
    for comment in Comment.objects.filter(vignette__round=round):
        browser(study).post(address(study, "moderate_comment", 1, comment.pk), {"action": "publish", "body": "Works."})
    html = page(study, "release", 1)
    assert heading(html) == "This is what the panel will see of option survey 1"
    assert "All named Choice 1 a top choice, so everybody's answer is known." in plain(html)
    assert rows(html)[0][0] == "Choice 1 Add"
    assert html.count("<li>Works.</li>") == 10
    assert button(html) == "Release the results of option survey 1"
    assert browser(study).post(address(study, "release", 1)).status_code == 302
    round.refresh_from_db()
    assert round.is_released
