"""Comments and suggestions: moderated, grouped under themes, counted, and taken up in the questionnaire."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from surveys.feedback.models import Comment, Theme
from surveys.studies.models import AuditEntry, Study
from tests import factories
from tests.facilitator.reading import main, plain

pytestmark = pytest.mark.django_db

WRITTEN = {
    "v1-reasons": "TMS is hard to reach.",
    "v1-factors": "Her insurance.",
    "v1-new_options": "Pramipexole",
    "v1-clearer_wording": "Say which SSRI.",
}


def address(study: Study, name: str, *rest: object) -> str:
    return reverse(f"facilitator:{name}", args=[study.slug, *rest])


def browser(study: Study) -> Client:
    return factories.signed_in(factories.facilitator_of(study))


def written(*, released: bool = False) -> Study:
    """A closed survey in which one panelist wrote something of every kind."""
    study = factories.make_survey_study(vignettes=1)
    rows = [{"v1-top": "1", **(WRITTEN if place == 0 else {})} for place in range(10)]
    questions = ["top", "reasons", "factors", "new_options", "clearer_wording"]
    factories.hold_survey(study, rows, questions, released=released)
    return study


def page(study: Study) -> str:
    return browser(study).get(address(study, "round", 1)).content.decode()


def group(study: Study, comment: Comment, theme: str, *, follow: bool = True) -> str:
    place = address(study, "theme_comment", 1, comment.pk)
    return browser(study).post(place, {"theme": theme}, follow=follow).content.decode()


def of_kind(study: Study, kind: str) -> Comment:
    return Comment.objects.get(vignette__round__study=study, kind=kind)


def test_a_survey_s_comments_stand_with_their_vignette_and_kind() -> None:
    words = main(page(written()))
    assert "4 comments below wait to be published or hidden." in words
    for kind, body in (
        ("Reason", "TMS is hard to reach."),
        ("Factor that is left out", "Her insurance."),
        ("Suggested option", "Pramipexole"),
        ("Suggested wording", "Say which SSRI."),
    ):
        assert f"{kind} {body} Not looked at yet" in words


def test_a_survey_s_comment_is_published_as_edited_and_the_original_is_kept() -> None:
    study = written()
    comment = of_kind(study, "reason")
    place = address(study, "moderate_comment", 1, comment.pk)
    response = browser(study).post(place, {"action": "publish", "body": "TMS is far away.", "reason": ""})
    assert response["Location"] == f"{address(study, 'round', 1)}#vignette-1"
    comment.refresh_from_db()
    assert (comment.body, comment.original) == ("TMS is far away.", "TMS is hard to reach.")
    words = main(page(study))
    assert "What the panel wrote In random order, and not tied to an answer. All comments 1 TMS is far away." in words


def test_a_theme_is_made_used_again_counted_and_taken_away() -> None:
    study = written()
    reason, factor = of_kind(study, "reason"), of_kind(study, "factor")
    group(study, reason, "Access")
    words = main(group(study, factor, "  Access "))
    assert "Themes of all comments in this study Access 2" in words
    assert Theme.objects.get(study=study).name == "Access"
    assert '<option value="Access">' in page(study)
    for comment in (reason, factor):
        group(study, comment, "")
    assert not Theme.objects.exists()
    assert "Themes of all" not in main(page(study))
    assert AuditEntry.objects.filter(study=study, action="comment themed").count() == 4


def test_published_comments_stand_under_their_themes_the_commonest_first() -> None:
    study = written(released=True)
    group(study, of_kind(study, "reason"), "Access")
    group(study, of_kind(study, "factor"), "Access")
    group(study, of_kind(study, "clearer_wording"), "Wording")
    html = page(study)
    found = re.search(r"What the panel wrote.*?<details", html, re.DOTALL)
    assert found
    words = plain(found[0])
    places = [words.index(part) for part in ("Access 2", "Wording 1", "Without a theme 1")]
    assert places == sorted(places)


def test_grouping_is_possible_after_the_release_but_moderating_is_not() -> None:
    study = written(released=True)
    html = page(study)
    assert html.count('class="theme-form"') == 4
    assert "moderate" not in html
    assert "Publish as it is" not in html


def test_a_theme_with_too_many_letters_is_refused_with_a_sentence_and_the_input_is_kept() -> None:
    study = written()
    comment = of_kind(study, "reason")
    place = address(study, "theme_comment", 1, comment.pk)
    response = browser(study).post(place, {"theme": "x" * 121})
    html = response.content.decode()
    assert response.status_code == 422
    assert "<title>Error: Results: Option survey 1</title>" in html
    assert f'href="#theme-{comment.pk}-theme"' in html
    assert "x" * 121 in html
    assert not Theme.objects.exists()


def test_a_suggestion_leads_to_the_questionnaire_with_itself_as_the_cause() -> None:
    study = written(released=True)
    html = page(study)
    option, wording, factor = (of_kind(study, kind) for kind in ("new_option", "clearer_wording", "factor"))
    vignette = wording.vignette.vignette_id
    assert f'<a href="{address(study, "add_option")}?cause={option.pk}">Add this option</a>' in html
    for comment in (wording, factor):
        place = f"{address(study, 'edit_vignette', vignette)}?cause={comment.pk}"
        assert f'<a href="{place}">Reword the vignette</a>' in html


def test_a_suggestion_that_is_not_published_leads_nowhere() -> None:
    assert "?cause=" not in page(written())


def test_reasons_of_a_rating_round_stand_under_themes_too() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    factories.agree(round)
    factories.fill_sheet(study.panelists.all()[0], round, [8], reasons={1: "TMS is far."})
    factories.release_round(factories.close_and_freeze(round))
    group(study, of_kind(study, "reason"), "Access")
    statement = round.asked_statements.get().statement
    html = browser(study).get(address(study, "statement", statement.pk)).content.decode()
    assert "Access 1 TMS is far." in main(html)
    wall = browser(study).get(address(study, "wall", 1)).content.decode()
    assert "What was written, by theme Access 1" in main(wall)
