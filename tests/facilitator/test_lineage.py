"""Changing a questionnaire that has begun on the pages of its staff, and its lineage."""

import re
import uuid
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from surveys.facilitator.lineage import told_steps
from surveys.feedback.models import Comment
from surveys.feedback.services.releasing import hide_comment, publish_comment, release
from surveys.rounds.models import Round
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import LineageStep, Option, Statement, Vignette
from surveys.vignettes.queries import lineage_of, options_of, statements_of, vignettes_of
from surveys.vignettes.services import lineage, writing
from surveys.vignettes.services.steps import Why
from tests.facilitator.reading import heading, main
from tests.factories import (
    close_and_freeze,
    draft,
    facilitator_of,
    fill_preferences,
    hold_round,
    hold_survey,
    make_author,
    make_option,
    make_statement,
    make_study,
    make_survey_study,
    make_vignette,
    open_survey,
    signed_in,
)

pytestmark = pytest.mark.django_db

WHY = "They said the same."


def asked_study(statements: int = 2) -> Study:
    """A base case with so many statements and two variations, options A, B and C, and a round that is over."""
    study = make_study(panelists=5, statements=1)
    base = Vignette.objects.get(study=study)
    for _number in range(statements - 1):
        make_statement(base)
    for title in ("Older", "Younger"):
        make_statement(make_vignette(study, title))
    for name in ("A", "B", "C"):
        make_option(study, name)
    hold_round(study)
    return Study.objects.get(pk=study.pk)


def at(name: str, study: Study, *things: object) -> str:
    return reverse(f"facilitator:{name}", args=[study.slug, *things])


def running(study: Study) -> Client:
    return signed_in(facilitator_of(study))


def last_step(study: Study) -> LineageStep:
    step = lineage_of(study).last()
    assert step is not None
    return step


def suggest(study: Study, words: str) -> Comment:
    """A suggestion of an option survey, published; the survey is not released."""
    round = open_survey(study, (Round.Question.TOP, Round.Question.NEW_OPTIONS))
    for place, panelist in enumerate(study.panelists.order_by("name")):
        fill_preferences(panelist, round, {"v1-top": "1"} | ({} if place else {"v1-new_options": words}))
    comment = Comment.objects.get(vignette__round=close_and_freeze(round))
    publish_comment(comment=comment, actor=facilitator_of(study), body=words, now=database_now())
    return comment


# ---- what a change asks ----


def test_in_a_draft_no_page_asks_why_and_none_drops() -> None:
    study = make_study(panelists=0, statements=1)
    option = make_option(study)
    client = running(study)
    page = client.get(at("questionnaire", study)).content.decode()
    assert ("/drop/" in page, "/delete/" in page, "Merge" in page, "lineage" in page) == (False, True, False, False)
    assert 'name="reason"' not in client.get(at("edit_option", study, option.pk)).content.decode()
    for address in (at("drop", study, "options", option.pk), at("split", study, "options", option.pk)):
        assert client.get(address)["Location"] == at("questionnaire", study)
    assert client.get(at("merge", study, "options"))["Location"] == at("questionnaire", study)


@pytest.mark.parametrize("name", ["add_option", "add_vignette", "edit_option", "edit_vignette", "edit_statement"])
def test_once_it_has_begun_a_change_needs_a_reason_and_a_refused_page_keeps_what_was_typed(name: str) -> None:
    study = asked_study()
    things = {"edit_option": Option, "edit_vignette": Vignette, "edit_statement": Statement}
    places = [things[name].objects.first().pk] if name in things else []  # type: ignore[attr-defined]
    typed = {"name": "Typed", "category": "Add", "title": "Typed", "aspect": "x", "text": "Typed words", "cause": ""}
    response = running(study).post(at(name, study, *places), {**typed, "compares": "yes"})
    page = response.content.decode()
    assert (response.status_code, "<title>Error:" in page) == (422, True)
    assert "Say why: the panel reads the reason beside the change." in page
    assert "Typed" in page
    assert not lineage_of(study).exclude(step="add").exists()


def test_a_reworded_statement_says_whether_ratings_compare_and_nothing_is_chosen_beforehand() -> None:
    study = asked_study()
    statement = statements_of(study)[0]
    client, address = running(study), at("edit_statement", study, statement.pk)
    assert not re.search(r'name="compares"[^>]*checked', client.get(address).content.decode())
    form = {"text": "Reworded.", "reason": WHY}
    assert "Choose yes or no." in client.post(address, form).content.decode()
    assert client.post(address, {**form, "compares": "no"}).status_code == 302
    assert (last_step(study).step, last_step(study).compares_with, last_step(study).reason) == ("reword", None, WHY)


def test_what_was_never_asked_is_not_asked_whether_it_compares() -> None:
    study = asked_study()
    actor, now = facilitator_of(study), database_now()
    vignette = writing.add_vignette(study=study, actor=actor, title="N", aspect="n", text="N", why=Why("x"), now=now)
    page = running(study).get(at("edit_vignette", study, vignette.pk)).content.decode()
    assert ('name="reason"' in page, 'name="compares"' in page) == (True, False)


def test_a_preview_needs_no_reason_yet() -> None:
    study = asked_study()
    form = {"title": "T", "aspect": "x", "text": "A text.", "action": "preview"}
    response = running(study).post(at("edit_vignette", study, vignettes_of(study)[1].pk), form)
    assert (response.status_code, "As panelists will read it" in response.content.decode()) == (200, True)


def test_a_suggestion_prefills_the_option_that_it_caused_and_stands_in_the_lineage() -> None:
    study = asked_study()
    comment = suggest(study, "Zuranolone, by mouth")
    client, address = running(study), f"{at('add_option', study)}?cause={comment.pk}"
    page = unescape(client.get(address).content.decode())
    assert 'value="Zuranolone, by mouth"' in page
    assert f'<option value="{comment.pk}" selected>Option survey 1, ' in page
    form = {"name": "Zuranolone", "category": "Add", "reason": WHY, "cause": str(comment.pk)}
    assert client.post(address, form).status_code == 302
    assert last_step(study).cause_id == comment.pk
    assert "Caused by: “Zuranolone, by mouth” (Suggested option" in main(
        client.get(at("lineage", study)).content.decode()
    )


@pytest.mark.parametrize("cause", ["nonsense", "0b3a4854-f177-4b4a-b4c4-2e82bc023900"])
def test_a_cause_that_is_none_is_refused_and_presets_nothing(cause: str) -> None:
    study = asked_study()
    client, address = running(study), f"{at('add_option', study)}?cause={cause}"
    assert " selected>" not in client.get(address).content.decode().replace('<option value="" selected>', "")
    form = {"name": "Zuranolone", "category": "Add", "reason": WHY, "cause": cause}
    assert client.post(address, form).status_code == 422


def test_a_comment_that_was_hidden_later_is_told_no_more() -> None:
    study = asked_study()
    comment = suggest(study, "A name in it")
    actor, now = facilitator_of(study), database_now()
    why = Why(WHY, comment.pk)
    writing.add_option(study=study, actor=actor, name="D", category="Add", why=why, now=now)
    hide_comment(comment=comment, actor=actor, reason="It names somebody.", now=now)
    assert "A name in it" not in running(study).get(at("lineage", study)).content.decode()


# ---- dropping and restoring ----


def test_an_option_is_dropped_with_a_reason_and_restored_from_the_questionnaire() -> None:
    study = asked_study()
    option = options_of(study)[0]
    client, address = running(study), at("drop", study, "options", option.pk)
    assert heading(client.get(address).content.decode()) == "Drop this option?"
    refused = client.post(address, {"reason": ""})
    assert (refused.status_code, options_of(study).count()) == (422, 3)
    assert client.post(address, {"reason": WHY})["Location"] == f"{at('questionnaire', study)}#options"
    page = client.get(at("questionnaire", study)).content.decode()
    assert "No longer asked" in page
    back = at("restore", study, "options", option.pk)
    assert back in page
    client.post(back, {"reason": "Missed after all."})
    assert [step.step for step in lineage_of(study)][-2:] == ["drop", "restore"]
    assert options_of(study).count() == 3
    assert client.get(back)["Location"] == f"{at('questionnaire', study)}#options"


def test_what_goes_with_a_vignette_is_said_before_and_the_base_case_is_never_dropped() -> None:
    study = asked_study()
    base, older, _younger = vignettes_of(study)
    client = running(study)
    words = main(client.get(at("drop", study, "vignettes", older.pk)).content.decode())
    assert f"These statements go with it: {older.statements.get().text}" in words
    refused = client.post(at("drop", study, "vignettes", base.pk), {"reason": WHY})
    assert "so it stays. Reword it instead." in refused.content.decode()


def test_a_statement_that_names_a_dropped_option_is_pointed_out_and_warned_of_but_blocks_nothing() -> None:
    study = asked_study()
    actor, now = facilitator_of(study), database_now()
    base, option = vignettes_of(study)[0], options_of(study)[0]
    writing.compose_statement(vignette=base, actor=actor, options=[option], why=Why(WHY), now=now)
    client = running(study)
    words = main(client.get(at("drop", study, "options", option.pk)).content.decode())
    assert "These statements name it and keep their wording." in words
    lineage.drop(item=option, actor=actor, why=Why(WHY), now=now)
    assert "It names “A”, which is no longer among the options." in main(
        client.get(at("questionnaire", study)).content.decode()
    )
    round = draft(study)
    page = main(client.get(at("open_round", study, round.number)).content.decode())
    assert "Warning: 1 statement names an option that is dropped or merged" in page
    assert client.post(at("open_round", study, round.number)).status_code == 302


# ---- merging and splitting ----


def test_options_are_ticked_and_then_named() -> None:
    study = asked_study()
    first, second, third = options_of(study)
    client, address = running(study), at("merge", study, "options")
    assert heading(client.get(address).content.decode()) == "Which options become one?"
    alone = client.get(address, {"item": str(first.pk), "chosen": "yes"})
    assert (alone.status_code, "Choose at least two different ones" in alone.content.decode()) == (422, True)
    chosen = f"{address}?item={first.pk}&item={second.pk}&item={uuid.uuid4()}"
    page = client.get(chosen).content.decode()
    assert (heading(page), 'value="A or B"' in page) == ("Make one option of 2", True)
    response = client.post(chosen, {"name": "AB", "category": "Add", "explanation": "", "reason": WHY})
    assert response["Location"] == f"{at('questionnaire', study)}#options"
    assert [option.name for option in options_of(study)] == ["AB", third.name]


def test_statements_are_merged_with_the_ratings_that_still_compare() -> None:
    study = asked_study()
    first, second = statements_of(study)[:2]
    client = running(study)
    chosen = f"{at('merge', study, 'statements')}?item={first.pk}&item={second.pk}"
    form = {"text": "Both.", "reason": WHY}
    assert "Choose one of them, or none." in client.post(chosen, form).content.decode()
    client.post(chosen, {**form, "compares": str(second.pk)})
    assert last_step(study).compares_with == second.pk
    other = statements_of(study)[1]
    foreign = client.get(
        f"{at('merge', study, 'statements')}?chosen=yes&item={statements_of(study)[0].pk}&item={other.pk}"
    )
    assert foreign.status_code == 422


def test_variations_are_merged_and_the_base_case_is_not_offered() -> None:
    study = asked_study()
    base, older, younger = vignettes_of(study)
    client, address = running(study), at("merge", study, "vignettes")
    assert str(base.pk) not in client.get(address).content.decode()
    chosen = f"{address}?item={older.pk}&item={younger.pk}"
    form = {"title": "Of another age", "aspect": "not 30", "text": "A woman.", "reason": WHY}
    assert client.post(chosen, form).status_code == 302
    assert [vignette.title for vignette in vignettes_of(study)] == [base.title, "Of another age"]


def test_a_statement_is_split_into_as_many_parts_as_are_added_without_a_script() -> None:
    study = asked_study()
    statement = statements_of(study)[0]
    client, address = running(study), at("split", study, "statements", statement.pk)
    assert client.get(address).content.decode().count('<textarea name="part') == 2
    typed = {"parts": "2", "part1-text": "One.", "part2-text": "Two.", "reason": WHY, "compares": "no"}
    page = client.post(address, {**typed, "action": "another"}).content.decode()
    assert (page.count('<textarea name="part'), "One." in page, WHY in page) == (3, True, True)
    assert re.search(r'value="no"[^>]*checked', page)
    full = {**typed, "parts": "3", "part3-text": "Three.", "action": "save"}
    assert client.post(address, {**full, "part2-text": ""}).status_code == 422
    assert client.post(address, full).status_code == 302
    assert [one.text for one in statements_of(study).filter(vignette=statement.vignette)][-3:] == [
        "One.",
        "Two.",
        "Three.",
    ]


@pytest.mark.parametrize(("parts", "shown"), [("999", 2), ("-1", 2), ("99", 10), ("x", 2), ("²", 2)])
def test_a_page_of_parts_stays_within_bounds(parts: str, shown: int) -> None:
    study = asked_study()
    address = at("split", study, "options", options_of(study)[0].pk)
    page = running(study).post(address, {"parts": parts}).content.decode()
    assert len(re.findall(r'<input type="text" name="part\d+-name"', page)) == shown


def test_an_option_and_a_variation_are_split() -> None:
    study = asked_study()
    option, older = options_of(study)[0], vignettes_of(study)[1]
    client = running(study)
    names = {"part1-name": "A1", "part1-category": "Add", "part2-name": "A2", "part2-category": "Add"}
    client.post(at("split", study, "options", option.pk), {"parts": "2", **names, "reason": WHY})
    assert {"A1", "A2"} <= {one.name for one in options_of(study)}
    texts = {f"part{n}-{field}": f"{field} {n}" for n in (1, 2) for field in ("title", "aspect", "text")}
    client.post(at("split", study, "vignettes", older.pk), {"parts": "2", **texts, "reason": WHY})
    assert {"title 1", "title 2"} <= {one.title for one in vignettes_of(study)}


def test_a_refused_step_changes_nothing_and_is_told() -> None:
    study = asked_study()
    first, second, _third = options_of(study)
    chosen = f"{at('merge', study, 'options')}?item={first.pk}&item={second.pk}"
    response = running(study).post(chosen, {"name": "C", "category": "Add", "explanation": "", "reason": WHY})
    assert (response.status_code, "There is already an option with this name." in response.content.decode()) == (
        422,
        True,
    )
    assert options_of(study).count() == 3


def test_a_kind_that_is_none_and_things_of_another_study_are_not_there() -> None:
    study, other = asked_study(), asked_study()
    client = running(study)
    foreign = options_of(other)[0]
    assert client.get(at("merge", study, "rounds")).status_code == 404
    for name in ("drop", "split", "restore"):
        assert client.get(at(name, study, "options", foreign.pk)).status_code == 404
        assert client.get(at(name, study, "statements", options_of(study)[0].pk)).status_code == 404


# ---- the lineage's page ----


def test_every_step_stands_in_order_with_its_words_marked_and_can_be_filtered() -> None:
    study = asked_study()
    actor, now = facilitator_of(study), database_now()
    option = options_of(study)[0]
    writing.update_option(option=option, actor=actor, name="An A", category="Add", why=Why("Clearer."), now=now)
    lineage.drop(item=statements_of(study)[0], actor=actor, why=Why("Not needed."), now=now)
    client = running(study)
    page = client.get(at("lineage", study)).content.decode()
    assert heading(page) == "The questionnaire has changed by 2 recorded steps"
    assert re.search(r"<ins><span class=\"visually-hidden\">[^<]*added[^<]*</span>An</ins>", page)
    assert page.index("Why: Clearer.") < page.index("Why: Not needed.")
    words = main(client.get(f"{at('lineage', study)}?kind=option").content.decode())
    assert ("Clearer." in words.split("Flow through")[0], "Not needed." in words.split("Flow through")[0]) == (
        True,
        False,
    )


def test_before_the_first_round_the_lineage_is_empty() -> None:
    study = make_study(panelists=0, statements=1)
    assert (
        heading(running(study).get(at("lineage", study)).content.decode())
        == "The lineage begins when the first round opens"
    )


def test_an_author_changes_and_reads_the_lineage_without_results_or_what_the_panel_cannot_read() -> None:
    study = asked_study()
    author = signed_in(make_author(study))
    page = author.get(at("lineage", study)).content.decode()
    assert ("Reached consensus" in page, '<svg class="flow"' in page) == (False, False)
    assert "Reached consensus" in running(study).get(at("lineage", study)).content.decode()
    option = options_of(study)[0]
    assert author.post(at("drop", study, "options", option.pk), {"reason": WHY}).status_code == 302


def test_an_author_is_offered_no_comment_that_the_panel_has_not_got() -> None:
    study = asked_study()
    comment = suggest(study, "Zuranolone")
    author, facilitator = signed_in(make_author(study)), running(study)
    address = at("add_option", study)
    assert ["Zuranolone" in client.get(address).content.decode() for client in (author, facilitator)] == [False, True]
    release(round=comment.vignette.round, actor=facilitator_of(study), now=database_now())
    assert "Zuranolone" in author.get(address).content.decode()


def test_the_overview_draws_the_flow_and_the_page_of_a_statement_says_what_became_of_it() -> None:
    study = asked_study()
    statement = statements_of(study)[0]
    actor, why = facilitator_of(study), Why(WHY)
    writing.update_statement(
        statement=statement, actor=actor, text="Other words.", compares=False, why=why, now=database_now()
    )
    hold_round(study)
    client = running(study)
    assert '<svg class="flow"' in client.get(at("study", study)).content.decode()
    words = main(client.get(at("statement", study, statement.pk)).content.decode())
    assert "A statement is worded anew. Ratings from before do not compare with those to come." in words
    assert "panelists kept their rating" not in words


def test_nothing_is_said_of_ratings_that_compare_before_anything_was_rated() -> None:
    study = make_survey_study(vignettes=1)
    hold_survey(study, [{"v1-top": "1"}] * 10)
    vignette = Vignette.objects.get(study=study)
    actor, now = facilitator_of(study), database_now()
    typed = {"title": "Base case", "why": Why(WHY), "actor": actor, "now": now}
    writing.update_vignette(vignette=vignette, text="Worded anew.", **typed)
    make_statement(vignette)
    hold_round(study)
    writing.update_vignette(vignette=vignette, text="Worded anew again.", **typed)
    told = [step.compares for step in told_steps(study, actor) if step.label == "Reworded"]
    assert told == ["", "Ratings from before still compare."]
