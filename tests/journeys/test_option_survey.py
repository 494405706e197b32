"""An option survey in a real browser: by keyboard, on a phone, offline, in two tabs, and without scripts."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from surveys.panels.models import Panelist
from surveys.panels.services import mint_link
from surveys.rounds.models import Round
from surveys.studies.queries import database_now
from tests.browsing import NARROW, NARROWEST, Watch, faults, faults_in_every_light, window
from tests.factories import fill_preferences, hold_survey, make_survey_study, open_survey
from tests.panelist.browsing import first_panelist, sheet_of
from tests.panelist.test_preferences import BASE, PAGE, VARIATION

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@dataclass(frozen=True)
class Place:
    """The running site with an open option survey, and a panelist whose sheet of it is empty."""

    url: str
    round: Round
    panelist: Panelist
    browser: Browser

    def enter(self, page: Page) -> None:
        page.goto("/panel/")
        page.get_by_label("Your code").fill(mint_link(panelist=self.panelist, now=database_now()))
        page.get_by_role("button").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("vignettes")

    def stored(self) -> dict[str, str]:
        return dict(sheet_of(self.panelist, self.round).preferences)


@pytest.fixture
def place(site: str, live_server: LiveServer, browser: Browser) -> Place:
    round = open_survey(make_survey_study(panelists=5))
    return Place(site, round, first_panelist(round.study), browser)


@pytest.fixture
def seat(place: Place) -> Iterator[tuple[Page, Watch]]:
    """The panelist's window, signed in."""
    with window(place.browser, place.url) as (page, watch):
        place.enter(page)
        yield page, watch


def saved(page: Page) -> None:
    expect(page.locator("#save-state")).to_have_text("Saved as a draft")


def names(page: Page, of: str = "ol.ranked") -> list[str]:
    return [row.get_attribute("data-name") or "" for row in page.locator(f"{of} > li").all()]


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def test_a_ranking_is_made_by_keyboard_alone(place: Place, seat: tuple[Page, Watch]) -> None:
    page, watch = seat
    page.goto(PAGE)
    button(page, "Add: Choice 1").focus()
    for following in ("2", "3", "4"):
        page.keyboard.press("Enter")
        expect(button(page, f"Add: Choice {following}")).to_be_focused()
    expect(page.locator("[data-ranked-words]")).to_have_text("3 of 4 ranked; an incomplete ranking is not counted.")
    page.keyboard.press("Enter")
    expect(button(page, "Up: Choice 4")).to_be_focused()
    expect(page.locator("[data-ranked-words]")).to_have_text("All options are ranked.")
    page.keyboard.press("Space")
    expect(button(page, "Up: Choice 4")).to_be_focused()
    expect(page.locator("[data-said]")).to_have_text("Choice 4: place 3 of 4")
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    # At the top there is no way up: the focus goes to the way down.
    expect(button(page, "Down: Choice 4")).to_be_focused()
    expect(button(page, "Up: Choice 4")).to_be_disabled()
    button(page, "Remove: Choice 2").press("Enter")
    expect(button(page, "Add: Choice 2")).to_be_focused()
    expect(page.locator("[data-said]")).to_have_text("Choice 2 is not ranked")
    saved(page)
    assert names(page) == ["Choice 4", "Choice 1", "Choice 3"]
    expect(page.locator("input[name=seen-v1-ranking]")).to_have_value("4,1,3")
    assert place.stored() == {"v1-ranking": "4,1,3"}
    page.reload()
    assert names(page) == ["Choice 4", "Choice 1", "Choice 3"]
    assert names(page, "ul.unranked") == ["Choice 2"]
    assert faults(page, watch) == []


def test_everything_is_saved_as_it_is_chosen_and_the_first_page_knows(place: Place, seat: tuple[Page, Watch]) -> None:
    page, _watch = seat
    page.goto(PAGE)
    for number, level in ((1, "definitely"), (2, "likely"), (3, "likely_not"), (4, "will_not")):
        page.locator(f"[name=v1-likelihood-{number}][value={level}]").check()
        button(page, f"Add: Choice {number}").click()
    page.locator("input[name=v1-top][value='1']").check()
    page.locator("input[name=v1-against][value='4']").check()
    page.get_by_label("Comments, with your reasons").fill("Her age.")
    expect(page.locator("[data-progress-words]")).to_have_text("1 of 2 answered")
    expect(page.locator("[name=seen-v1-reasons]")).to_have_value("Her age.")
    likely = {"v1-likelihood-1": "definitely", "v1-likelihood-2": "likely", "v1-likelihood-3": "likely_not"}
    assert place.stored() == {
        **likely,
        "v1-likelihood-4": "will_not",
        "v1-ranking": "1,2,3,4",
        "v1-top": "1",
        "v1-against": "4",
        "v1-reasons": "Her age.",
    }


def test_none_of_these_stands_alone_and_contradictions_are_pointed_out(seat: tuple[Page, Watch]) -> None:
    page, _watch = seat
    page.goto(PAGE)
    against = page.locator("input[name=v1-against]")
    against.nth(0).check()
    page.locator("input[name=v1-top]").nth(0).check()
    expect(page.locator(".warnings")).to_contain_text("Choice 1 is among your top choices and among those that you")
    against.nth(4).check()
    expect(against.nth(0)).not_to_be_checked()
    expect(page.locator(".warnings > *")).to_have_count(0)
    page.locator("[name=v1-likelihood-1][value=will_not]").check()
    expect(page.locator(".warnings")).to_contain_text("above you will not recommend it")
    against.nth(1).check()
    expect(against.nth(4)).not_to_be_checked()
    saved(page)


def test_a_level_can_be_taken_back_and_of_a_variation_to_the_base_cases(place: Place, seat: tuple[Page, Watch]) -> None:
    page, _watch = seat
    page.goto(PAGE)
    clear = button(page, "Clear: Choice 2")
    expect(clear).to_be_hidden()
    page.locator("[name=v1-likelihood-2][value=likely]").check()
    saved(page)
    clear.click()
    expect(page.locator("[name=v1-likelihood-2][value=definitely]")).to_be_focused()
    expect(page.locator("[name=seen-v1-likelihood-2]")).to_have_value("")
    assert place.stored() == {}
    fill_preferences(place.panelist, place.round, BASE | {"v2-keep": "revise"}, submit=False)
    page.goto(VARIATION)
    page.locator("[name=v2-likelihood-2][value=will_not]").check()
    expect(page.locator("[name=seen-v2-likelihood-2]")).to_have_value("will_not")
    clear.click()
    expect(page.locator("[name=v2-likelihood-2][value=likely]")).to_be_checked()
    expect(page.locator("[name=seen-v2-likelihood-2]")).to_have_value("likely")
    assert place.stored() == BASE | {"v2-keep": "revise"}


def test_too_many_top_choices_are_refused_in_place_and_the_rest_is_saved(
    place: Place, seat: tuple[Page, Watch]
) -> None:
    page, _watch = seat
    page.goto(PAGE)
    for number in range(4):
        page.locator("input[name=v1-top]").nth(number).check()
    expect(page.locator("#error-v1-top")).to_contain_text("Choose at most 3 top choices; here are 4.")
    page.get_by_label("Which factors does the vignette leave out?").fill("Cost.")
    expect(page.locator("[name=seen-v1-factors]")).to_have_value("Cost.")
    assert place.stored().get("v1-factors") == "Cost."
    page.locator("input[name=v1-top]").nth(0).uncheck()
    expect(page.locator("#error-v1-top")).to_be_empty()
    saved(page)
    assert place.stored()["v1-top"] == "2,3,4"


def test_keeping_folds_the_questions_and_revising_fills_them_in(place: Place, seat: tuple[Page, Watch]) -> None:
    page, watch = seat
    fill_preferences(place.panelist, place.round, BASE, submit=False)
    page.goto(VARIATION)
    questions, kept = page.locator(".asked"), page.locator(".kept")
    expect(questions).to_be_hidden()
    expect(kept).to_be_hidden()
    page.get_by_label("Keep my answers for the base case").check()
    expect(kept).to_contain_text("1. Choice 2, 2. Choice 1, 3. Choice 3, 4. Choice 4")
    expect(page.locator("[data-progress-words]")).to_have_text("2 of 2 answered")
    assert place.stored() == BASE | {"v2-keep": "keep"}
    page.get_by_label("Revise them").check()
    expect(questions).to_be_visible()
    assert names(page) == ["Choice 2", "Choice 1", "Choice 3", "Choice 4"]
    button(page, "Up: Choice 1").click()
    expect(page.locator("input[name=seen-v2-ranking]")).to_have_value("1,2,3,4")
    assert place.stored() == BASE | {"v2-keep": "revise", "v2-ranking": "1,2,3,4"}
    # What is emptied on the way to another choice does not snap back, and is not sent.
    for number in (0, 1):
        page.locator("input[name=v2-top]").nth(number).uncheck()
    page.get_by_label("Comments, with your reasons").fill("Another age.")
    expect(page.locator("[name=seen-v2-reasons]")).to_have_value("Another age.")
    expect(page.locator("input[name=v2-top]:checked")).to_have_count(0)
    page.locator("input[name=v2-top]").nth(2).check()
    expect(page.locator("[name=seen-v2-top]")).to_have_value("3")
    assert place.stored()["v2-top"] == "3"
    page.get_by_label("I cannot answer this for this patient").check()
    expect(questions).to_be_hidden()
    assert faults(page, watch) == []


def test_offline_answers_are_kept_and_saved_when_the_connection_is_back(place: Place, seat: tuple[Page, Watch]) -> None:
    page, _watch = seat
    page.goto(PAGE)
    page.context.set_offline(True)
    button(page, "Add: Choice 3").click()
    expect(page.locator("#save-note")).to_have_text(
        "You are offline. Your last answers are kept in this page and will be saved when the connection is back. "
        "Keep it open."
    )
    expect(page.locator("#save-state")).to_have_text("Not saved yet")
    page.context.set_offline(False)
    saved(page)
    assert place.stored() == {"v1-ranking": "3"}


def test_two_tabs_show_both_rankings_and_one_is_chosen(place: Place, seat: tuple[Page, Watch]) -> None:
    page, _watch = seat
    page.goto(PAGE)
    fill_preferences(place.panelist, place.round, {"v1-ranking": "2,1", "v1-top": "2"}, submit=False)
    button(page, "Add: Choice 3").click()
    note = page.locator("[data-note='v1-ranking']")
    expect(note).to_contain_text("There: 1. Choice 2, 2. Choice 1")
    # What was changed in the other tab alone is taken over.
    expect(page.locator("input[name=v1-top][value='2']")).to_be_checked()
    page.get_by_role("button", name="Use what stands there").click()
    assert names(page) == ["Choice 2", "Choice 1"]
    expect(note).to_be_empty()
    saved(page)
    button(page, "Add: Choice 4").click()
    expect(page.locator("input[name=seen-v1-ranking]")).to_have_value("2,1,4")
    assert place.stored() == {"v1-ranking": "2,1,4", "v1-top": "2"}


def test_without_scripts_a_ranking_is_made_with_the_keyboard_too(place: Place) -> None:
    with window(place.browser, place.url, width=NARROW, java_script_enabled=False) as (page, _watch):
        place.enter(page)
        page.goto(PAGE)
        page.locator("input[name=v1-top]").nth(1).check()
        page.get_by_role("button", name="Add: Choice 1").press("Enter")
        expect(button(page, "Up: Choice 1")).to_be_disabled()
        # The moved row's neighbour has the focus: Enter goes on adding.
        page.keyboard.press("Enter")
        expect(page.locator("ol.ranked > li")).to_have_count(2)
        page.keyboard.press("Enter")
        expect(page.locator("ol.ranked > li")).to_have_count(3)
        button(page, "Up: Choice 3").press("Enter")
        expect(page.locator("ol.ranked > li").nth(1)).to_have_attribute("data-name", "Choice 3")
        assert place.stored() == {"v1-ranking": "1,3,2", "v1-top": "2"}
        fill_preferences(place.panelist, place.round, BASE, submit=False)
        page.goto(VARIATION)
        expect(page.locator(".asked")).to_be_hidden()
        page.get_by_label("Revise them").check()
        expect(page.locator(".asked")).to_be_visible()


def test_every_target_is_large_enough_and_nothing_is_wider_than_the_smallest_phone(
    place: Place, seat: tuple[Page, Watch]
) -> None:
    page, _watch = seat
    fill_preferences(place.panelist, place.round, BASE, submit=False)
    page.set_viewport_size({"width": NARROWEST, "height": 800})
    page.goto(PAGE)
    targets = page.locator(".four label, .tick, .moves button:visible, .clear:visible")
    sizes = [target.bounding_box() or {} for target in targets.all()]
    assert len(sizes) > 4 * 4 + 4 * 3
    assert [size for size in sizes if size["height"] < 44 or size["width"] < 44] == []
    words = page.locator(".four span")
    assert words.evaluate_all("all => all.filter(one => one.scrollWidth > one.clientWidth).length") == 0
    assert page.evaluate("document.documentElement.scrollWidth") == NARROWEST


def test_every_page_of_a_survey_is_accessible_and_quiet(site: str, browser: Browser) -> None:
    study = make_survey_study(panelists=8)
    hold_survey(study, [BASE | {"v1-reasons": "Her age.", "v2-keep": "keep"}] * 8)
    round = open_survey(study)
    place = Place(site, round, first_panelist(study), browser)
    fill_preferences(place.panelist, round, {"v1-top": "1", "v1-against": "1", "v2-keep": "revise"}, submit=False)
    found = []
    with window(browser, site) as (page, watch):
        place.enter(page)
        for address in ("/panel/", PAGE, VARIATION, "/panel/submit/", "/panel/results/1/"):
            page.goto(address)
            found += faults_in_every_light(page, watch)
    assert found == []
