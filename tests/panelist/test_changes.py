"""What panelists read of the changes since they last answered, and of what a statement was made of."""

import re
from typing import Any

import pytest

from surveys.feedback.comments import causes_told
from surveys.feedback.models import Comment
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.studies.models import Protocol, Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import Vignette
from surveys.vignettes.queries import lineage_of, options_of, statements_of
from surveys.vignettes.services import lineage, writing
from surveys.vignettes.services.lineage import OptionTexts
from surveys.vignettes.services.steps import Why
from tests.factories import (
    close_and_freeze,
    facilitator_of,
    fill_sheet,
    hold_round,
    hold_survey,
    make_option,
    make_statement,
    make_study,
    make_survey_study,
    open_round,
    open_survey,
    release_round,
)
from tests.panelist.browsing import enter, first_panelist, words_of

pytestmark = pytest.mark.django_db


def rated_study(statements: int = 2, panelists: int = 8) -> Study:
    """One vignette; the first panelist rated its statements 2, 3, …, all others 8, and gave one reason."""
    study = make_study(panelists=panelists, statements=1)
    for _number in range(statements - 1):
        make_statement(Vignette.objects.get(study=study))
    for name in ("A", "B", "C"):
        make_option(study, name)
    round = open_round(study)
    for panelist in panel_of(study):
        is_first = panelist == first_panelist(study)
        ratings = [2 + number for number in range(statements)] if is_first else [8] * statements
        fill_sheet(panelist, round, ratings, reasons={1: "It works slowly."} if is_first else {})
    release_round(close_and_freeze(round))
    return Study.objects.get(pk=study.pk)


def by(study: Study, why: Why | None = None) -> dict[str, Any]:
    return {"actor": facilitator_of(study), "why": why or Why("They asked for it."), "now": database_now()}


def start_of(study: Study) -> str:
    return words_of(enter(first_panelist(study)).get("/panel/"))


def page_of(study: Study) -> str:
    return enter(first_panelist(study)).get("/panel/vignette/1/").content.decode()


def rate_words(study: Study) -> str:
    return words_of(enter(first_panelist(study)).get("/panel/vignette/1/"))


# ---- the first page ----


def test_each_step_is_told_with_its_reason() -> None:
    study = rated_study()
    a, b, _c = options_of(study)
    lineage.merge_options(options=[a, b], into=OptionTexts("AB", "Add"), **by(study))
    open_round(study)
    assert "“A” and “B” are now one option, “AB”. Why: They asked for it." in start_of(study)


def test_the_words_of_a_rewording_are_marked_for_eyes_and_ears() -> None:
    study = rated_study()
    option = options_of(study)[0]
    writing.update_option(option=option, name="A, added", category="Add", **by(study))
    open_round(study)
    page = enter(first_panelist(study)).get("/panel/").content.decode()
    assert '<ins><span class="visually-hidden"> (added:) </span>, added</ins>' in page
    assert "Name: A (added:), added" in start_of(study)


def test_additions_of_one_reason_are_told_as_one_and_others_one_by_one() -> None:
    study = rated_study()
    for name in ("D", "E"):
        writing.add_option(study=study, name=name, category="Add", **by(study))
    writing.add_option(study=study, name="F", category="Add", **by(study, Why("It was forgotten.")))
    open_round(study)
    words = start_of(study)
    assert "“D” and “E” are new options. Why: They asked for it." in words
    assert "“F” is a new option. Why: It was forgotten." in words


def test_only_what_changed_since_the_last_released_round_is_told() -> None:
    study = rated_study()
    lineage.drop(item=options_of(study)[0], **by(study, Why("Told once.")))
    hold_round(study)
    lineage.drop(item=options_of(study)[0], **by(study, Why("Told now.")))
    open_round(study)
    lineage.drop(item=options_of(study)[0], **by(study, Why("Told later.")))
    words = start_of(study)
    assert ("Told once." in words, "Told now." in words, "Told later." in words) == (False, True, False)


def test_where_nothing_changed_the_wording_is_the_same() -> None:
    study = rated_study()
    open_round(study)
    assert "The wording is the same." in start_of(study)


@pytest.mark.parametrize(("shows", "told"), [(True, True), (False, False)])
def test_the_comment_behind_a_step_is_told_where_the_panel_reads_comments(shows: bool, told: bool) -> None:
    study = rated_study()
    comment = Comment.objects.get(vignette__round__study=study)
    lineage.drop(item=options_of(study)[0], **by(study, Why("Too slow.", comment.pk)))
    open_round(study)
    Protocol.objects.filter(study=study).update(shows_comments=shows)
    assert ("A comment of the panel: “It works slowly.”" in start_of(study)) is told


def test_a_suggestion_of_a_round_that_is_not_released_is_not_told_as_a_cause() -> None:
    study = make_survey_study(panelists=6)
    closed = hold_survey(study, [{"v1-top": "1", "v1-new_options": "Zuranolone"}] + [{"v1-top": "1"}] * 5)
    comment = Comment.objects.get(vignette__round=closed)
    study.refresh_from_db()
    lineage.drop(item=options_of(study)[0], **by(study, Why("Unknown.", comment.pk)))
    open_survey(study)
    assert "Zuranolone" in start_of(study)
    Round.objects.filter(pk=closed.pk).update(released_at=None)
    assert causes_told(study, lineage_of(study)) == {}


def test_what_was_typed_is_shown_as_text() -> None:
    payload = "<script>alert(1)</script>"
    study = rated_study()
    writing.update_statement(statement=statements_of(study)[0], text=f"x {payload} y", **by(study, Why(payload)))
    open_round(study)
    client = enter(first_panelist(study))
    for address in ("/panel/", "/panel/vignette/1/"):
        assert payload not in client.get(address).content.decode()


# ---- the vignette's page ----


@pytest.mark.parametrize("compares", [True, False])
def test_a_reworded_statement_is_marked_in_place_with_its_old_wording(compares: bool) -> None:
    study = rated_study(statements=1)
    statement = statements_of(study)[0]
    old = statement.text
    writing.update_statement(statement=statement, text=f"Surely {old}", compares=compares, **by(study))
    open_round(study)
    page, words = page_of(study), rate_words(study)
    assert '<legend class="statement"><ins>Surely</ins>' in page
    said = "still compare." if compares else "do not compare with those of now."
    assert f"Worded anew since round 1. New words are underlined twice. Ratings from then {said}" in words
    assert f"The old wording {old} What changed: (added:) Surely" in words
    # Only a rating that compares asks why it moved.
    assert (' data-own="2"' in page) is compares


def test_words_that_only_went_are_not_said_to_be_underlined() -> None:
    study = rated_study(statements=1)
    statement = statements_of(study)[0]
    writing.update_statement(statement=statement, text=" ".join(statement.text.split()[:-1]), **by(study))
    open_round(study)
    assert "Worded anew since round 1. Ratings from then still compare." in rate_words(study)


def test_a_reworded_vignette_is_marked_in_place_with_its_old_wording_and_why() -> None:
    study = rated_study(statements=1)
    vignette = Vignette.objects.get(study=study)
    old = vignette.text
    texts = {"title": vignette.title, "text": f"{old} She sleeps badly."}
    writing.update_vignette(vignette=vignette, compares=False, **texts, **by(study))
    open_round(study)
    page, words = page_of(study), rate_words(study)
    assert re.search(r'<div class="vignette"><p>.*<ins>She sleeps badly\.</ins></p></div>', page)
    assert (
        "This vignette is worded anew since round 1. New words are underlined twice. Why: They asked for it. "
        "Ratings from before do not compare with those to come." in words
    )
    assert f"Text: {old}" in words
    assert "Ratings from then do not compare with those of now." in words


def test_a_merged_statement_shows_the_own_rating_and_the_group_of_every_parent() -> None:
    study = rated_study()
    first, second = statements_of(study)
    lineage.merge_statements(statements=[first, second], text="Both.", compares_with=second, **by(study))
    open_round(study)
    page, words = page_of(study), rate_words(study)
    assert f"A. You rated 2 in round 1: “{first.text}” Ratings from then do not compare with those of now." in words
    assert f"B. You rated 3 in round 1: “{second.text}” Ratings from then still compare." in words
    assert ("You, round 1, A<" in page, "You, round 1, B<" in page) == (True, True)
    assert 'aria-label="2, your rating in round 1, A"' in page
    assert words.count("8 ratings, mean") == 2
    assert "It works slowly." in words
    assert ' data-own="3"' in page


def test_marks_of_one_rating_stand_below_each_other() -> None:
    study = rated_study()
    hold_round(study, [[5] * 8, [5] * 8])
    first, second = statements_of(study)
    lineage.merge_statements(statements=[first, second], text="Both.", **by(study))
    open_round(study)
    scale = page_of(study).split('<div class="scale')[1].split('class="anchors"')[0]
    assert [scale.count(f">You, round 2, {letter}</text></svg>") for letter in "AB"] == [1, 1]


def test_a_part_shows_what_it_was_part_of() -> None:
    study = rated_study(statements=1)
    whole = statements_of(study)[0]
    lineage.split_statement(statement=whole, into=["One.", "Two."], compares=False, **by(study))
    open_round(study)
    words = rate_words(study)
    assert words.count(f"You rated 2 in round 1: “{whole.text}”") == 2
    assert ' data-own="' not in page_of(study)


def test_who_could_not_rate_a_parent_or_gave_nothing_reads_so() -> None:
    study = make_study(panelists=8, statements=1)
    make_statement(Vignette.objects.get(study=study))
    round = open_round(study)
    for place, panelist in enumerate(panel_of(study)):
        fill_sheet(panelist, round, ["abstain", ""] if not place else [8, 8])
    release_round(close_and_freeze(round))
    study.refresh_from_db()
    first, second = statements_of(study)
    lineage.merge_statements(statements=[first, second], text="Both.", compares_with=first, **by(study))
    open_round(study)
    words = rate_words(study)
    assert f"A. You could not rate this in round 1: “{first.text}”" in words
    assert f"B. You gave no rating in round 1: “{second.text}”" in words


def test_an_unchanged_vignette_says_nothing_of_changes() -> None:
    study = rated_study()
    open_round(study)
    assert "worded anew" not in rate_words(study).lower()
