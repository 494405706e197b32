"""From the answers of an option survey to statements: proposed, accepted, edited."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from surveys.facilitator.proposals import reason_words
from surveys.feedback.services.proposing import accept_proposals
from surveys.feedback.survey_results import proposals_of
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import LineageStep, Option, Statement
from surveys.vignettes.services.lineage import drop
from surveys.vignettes.services.steps import QuestionnaireError, Why
from tests import factories
from tests.facilitator.reading import button, heading, main, plain, queries_for

pytestmark = pytest.mark.django_db

QUESTIONS = ["top", "against"]
REASON = "Proposed from option survey 1: top choices Choice 1 90%, Choice 2 60% of 10."


def address(study: Study, name: str, *rest: object) -> str:
    return reverse(f"facilitator:{name}", args=[study.slug, *rest])


def browser(study: Study) -> Client:
    return factories.signed_in(factories.facilitator_of(study))


def page(study: Study) -> str:
    response = browser(study).get(address(study, "proposals"))
    assert response.status_code == 200
    return response.content.decode()


def card(html: str, number: int) -> str:
    """The card of one vignette."""
    found = re.search(rf'<section[^>]*id="proposal-{number}".*?</section>', html, re.DOTALL)
    assert found
    return found[0]


def values(html: str) -> list[str]:
    """What the forms of these cards post."""
    return re.findall(r'name="accept" value="([^"]*)"', html)


def asked(vignettes: int = 2, panelists: int = 10) -> Study:
    """Nine of ten name Choice 1, six Choice 2, four Choice 3; one would not recommend Choice 2."""
    study = factories.make_survey_study(vignettes=vignettes, panelists=panelists)
    factories.hold_survey(study, [answers(place, vignettes) for place in range(panelists)], QUESTIONS)
    return study


def answers(place: int, vignettes: int) -> dict[str, str]:
    top = ",".join(str(option) for option, most in ((1, 9), (2, 6), (3, 4)) if place < most) or "4"
    against = "2" if place == 9 else "none"
    named = {f"v{number}-top": top for number in range(1, vignettes + 1)}
    return named | {f"v{number}-against": against for number in range(1, vignettes + 1)}


def test_before_a_survey_has_closed_the_page_says_what_will_stand_there() -> None:
    study = factories.make_survey_study()
    html = page(study)
    assert heading(html) == "There is nothing to make statements of yet"
    assert button(html) == "Go to the rounds"


def test_a_proposal_stands_with_what_speaks_for_it_and_against_it() -> None:
    html = page(asked())
    assert heading(html) == "The top choices propose 2 statements"
    assert button(html) == "Accept all 2"
    words = plain(card(html, 1))
    assert f"Choice 1 or Choice 2 {factories.STEM}" in words
    assert "For it Choice 1 90%, Choice 2 60% of 10" in words
    assert "Against it would not recommend: Choice 1 0%, Choice 2 10%" in words
    assert "Came close Choice 3 40% of 10" in words
    assert REASON in words


def test_where_too_few_answered_nothing_is_proposed() -> None:
    study = factories.make_survey_study()
    rows = [{**answers(place, 1), **({"v2-top": "1"} if place < 4 else {})} for place in range(10)]
    factories.hold_survey(study, rows, QUESTIONS)
    html = page(study)
    assert "No statement is proposed fewer than 5 answers" in plain(card(html, 2))
    assert "Choice" not in plain(card(html, 2))
    assert len(values(card(html, 1))) == 1
    assert button(html) == "Accept : Vignette 1"


def test_accepting_composes_the_statement_with_its_options_and_records_the_reason() -> None:
    study = asked()
    html = page(study)
    response = browser(study).post(address(study, "accept_proposals"), {"accept": values(card(html, 1))}, follow=True)
    assert "1 statement is in the questionnaire." in response.content.decode()
    statement = Statement.objects.get(vignette__study=study)
    assert statement.text == f"Choice 1 or Choice 2 {factories.STEM}"
    assert [link.option.name for link in statement.named_options.all()] == ["Choice 1", "Choice 2"]
    step = LineageStep.objects.filter(study=study).last()
    assert step is not None
    assert (step.kind, step.step, step.reason) == ("statement", "add", REASON)
    after = page(study)
    assert "A statement of these options stands already." in plain(card(after, 1))
    assert values(card(after, 1)) == []
    assert button(after) == "Accept : Vignette 2"


def test_all_are_accepted_at_once_and_then_a_rating_round_comes_next() -> None:
    study = asked()
    everything = values(page(study).split('id="proposal-1"')[0])
    assert len(everything) == 2
    browser(study).post(address(study, "accept_proposals"), {"accept": everything})
    assert Statement.objects.filter(vignette__study=study).count() == 2
    html = page(study)
    assert heading(html) == "All 2 proposed statements stand in the questionnaire"
    assert button(html) == "Prepare rating round 1"


def test_accepting_twice_leaves_one_statement_and_says_why() -> None:
    study = asked()
    everything = values(page(study).split('id="proposal-1"')[0])
    for _time in range(2):
        response = browser(study).post(address(study, "accept_proposals"), {"accept": everything}, follow=True)
    assert "A statement of these options stands already for “Vignette 1”." in unescape(response.content.decode())
    assert Statement.objects.filter(vignette__study=study).count() == 2


def test_of_several_proposals_all_are_accepted_or_none() -> None:
    study = asked()
    second, first = values(card(page(study), 2)), values(card(page(study), 1))
    browser(study).post(address(study, "accept_proposals"), {"accept": second})
    browser(study).post(address(study, "accept_proposals"), {"accept": [*first, *second]})
    assert Statement.objects.filter(vignette__study=study).count() == 1


@pytest.mark.parametrize("value", ["", "nonsense", "00000000-0000-0000-0000-000000000000", "/", "a/b/c"])
def test_what_was_not_proposed_is_not_accepted(value: str) -> None:
    study = asked()
    response = browser(study).post(address(study, "accept_proposals"), {"accept": value}, follow=True)
    assert "The proposals have changed since. Look at them again." in response.content.decode()
    assert not Statement.objects.filter(vignette__study=study).exists()


def test_a_proposal_that_changed_since_the_page_was_shown_is_refused() -> None:
    study = asked()
    shown = values(card(page(study), 1))
    actor, option = factories.facilitator_of(study), Option.objects.get(study=study, name="Choice 2")
    drop(item=option, actor=actor, why=Why("Not sold any more."), now=database_now())
    response = browser(study).post(address(study, "accept_proposals"), {"accept": shown}, follow=True)
    assert "The proposals have changed since. Look at them again." in response.content.decode()
    assert f"Choice 1 {factories.STEM}" in plain(card(page(study), 1))


def test_another_study_s_vignette_is_not_accepted() -> None:
    mine, other = asked(), asked()
    proposal = proposals_of(other)[0]
    seen = {proposal.vignette.pk: [option.pk for option in proposal.options]}
    actor = factories.facilitator_of(mine)
    with pytest.raises(QuestionnaireError, match="The proposals have changed since"):
        accept_proposals(study=mine, actor=actor, seen=seen, reason_of=reason_words, now=database_now())


def test_editing_ticks_the_proposed_options_and_gives_the_reason() -> None:
    study = asked()
    found = re.search(r'href="([^"]*)">Edit<', card(page(study), 1))
    assert found
    edit, client = unescape(found[1]), browser(study)
    html = client.get(edit).content.decode()
    ticked = re.findall(r'<input class="form-check-input"[^>]*value="([^"]*)"[^>]*checked', html)
    assert ticked == [str(Option.objects.get(study=study, name=f"Choice {n}").pk) for n in (1, 2)]
    html = client.post(edit, {"options": ticked, "action": "preview"}).content.decode()
    assert f"Choice 1 or Choice 2 {factories.STEM}</textarea>" in html
    assert f"{REASON}</textarea>" in html
    wording = {"options": ticked, "action": "save", "text": "Choice 1 first, else Choice 2.", "reason": REASON}
    client.post(edit, wording)
    assert Statement.objects.get(vignette__study=study).text == "Choice 1 first, else Choice 2."


def test_a_finished_study_offers_nothing_to_accept() -> None:
    study = asked()
    Study.objects.filter(pk=study.pk).update(status=Study.Status.FINISHED)
    html = page(study)
    assert values(html) == []
    assert "Accept" not in main(html)


@pytest.mark.parametrize("vignettes", [1, 7])
def test_the_page_takes_as_many_queries_for_one_vignette_as_for_seven(vignettes: int) -> None:
    study = asked(vignettes)
    assert queries_for(browser(study), address(study, "proposals")) == 21
