"""Nothing on a panelist's page moves by itself once it is drawn, and the page works before its scripts are there.

A test of its own sees to it that what moves is seen.
"""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from surveys.panels.models import Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import mint_link
from surveys.rounds.models import Round
from surveys.rounds.services.mailing import personal_link
from surveys.sheets.queries import own_sheet
from surveys.studies.queries import database_now
from tests.browsing import window
from tests.factories import fill_sheet, hold_round, holder_of, make_statement, make_study, open_round

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTHS = (360, 1280)
PAGES = ("/panel/vignette/1/", "/panel/", "/panel/results/1/")
LATE_SECONDS = 0.3
ADDS_UP = """
window.shifted = [];
const named = ({ node }) => node && `${node.nodeName}.${node.className}`;
new PerformanceObserver(list => {
  for (const one of list.getEntries()) window.shifted.push([one.value, one.sources.map(named)]);
}).observe({ type: 'layout-shift', buffered: true });
"""


@pytest.fixture
def round() -> Round:
    """Seven statements, rated once and open again."""
    study = make_study(panelists=10, statements=1)
    for _statement in range(6):
        make_statement(study.vignettes.get(is_base=True))
    hold_round(study)
    round = open_round(study)
    fill_sheet(panel_of(study)[0], round, [8, 3, "abstain"], reasons={1: "A reason."}, submit=False)
    return round


@pytest.fixture
def panelist(round: Round) -> Panelist:
    """The first of the panel."""
    return panel_of(round.study)[0]


def scripts_are_late(page: Page) -> None:
    """Every script of the page's end arrives well after the page was drawn, as over a slow network."""

    def late(route: Route) -> None:
        time.sleep(LATE_SECONDS)
        route.continue_()

    page.route("**/panelist/*.js", late)


@pytest.fixture(params=WIDTHS)
def page(request: pytest.FixtureRequest, browser: Browser, site: str, panelist: Panelist) -> Iterator[Page]:
    """A window at this width, signed in."""
    with window(browser, site, width=request.param) as (page, _watch):
        page.goto(personal_link(mint_link(panelist=panelist, now=database_now())))
        expect(page.get_by_role("button", name="Sign out on this device")).to_be_visible()
        page.add_init_script(ADDS_UP)
        yield page


def test_what_moves_is_seen(page: Page) -> None:
    page.goto(PAGES[0], wait_until="load")
    page.evaluate("setTimeout(() => document.querySelector('main').prepend(document.createElement('hr')), 700)")
    page.wait_for_timeout(1200)
    assert page.evaluate("window.shifted.length") > 0


@pytest.mark.parametrize("path", PAGES)
def test_nothing_moves_by_itself(page: Page, path: str) -> None:
    scripts_are_late(page)
    page.goto(path, wait_until="load")
    page.wait_for_timeout(2 * LATE_SECONDS * 1000)
    assert page.locator("h1").is_visible()
    assert page.evaluate("window.shifted") == []


def test_a_rating_is_saved_where_the_scripts_never_come(page: Page, panelist: Panelist, round: Round) -> None:
    page.route("**/*.js", lambda route: route.abort())
    page.goto("/panel/vignette/1/")
    page.locator('label:has(input[name][value="7"])').nth(2).click()
    with page.expect_navigation():
        page.get_by_role("button", name="Check it first").click()
    assert own_sheet(holder_of(panelist), round.pk).answer_to(3).choice == "7"
