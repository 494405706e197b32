"""Coming into a study and leaving it: notice, consent in another tab, the browser's half of a receipt, withdrawal."""

import pytest
from playwright.sync_api import Browser, expect

from surveys.panels.models import Panelist as PanelRow
from surveys.panels.services import mint_link
from surveys.rounds.models import Round
from surveys.rounds.services.mailing import personal_link
from surveys.sheets.boxes import SheetContent
from surveys.studies.queries import database_now
from tests.browsing import NARROW, faults_in_every_light
from tests.factories import fill_sheet, hold_round, make_study, notice_digest, open_round
from tests.journeys.people import Panelist, code_in, panelist
from tests.panelist.browsing import choices_of, first_panelist, sheet_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def round() -> Round:
    """An open round of whose panel nobody has agreed yet."""
    round = open_round(make_study(panelists=6, statements=2))
    PanelRow.objects.filter(study=round.study).update(consent="")
    return round


def link_for(round: Round) -> str:
    return personal_link(mint_link(panelist=first_panelist(round.study), now=database_now()))


def content_of(round: Round) -> SheetContent:
    return sheet_of(first_panelist(round.study), round).content


def look(one: Panelist, heading: str) -> None:
    """The page says this, and is looked through in every light and width."""
    expect(one.page.get_by_role("heading", level=1)).to_have_text(heading)
    one.found += faults_in_every_light(one.page, one.watch)


def test_a_first_timer_reads_agrees_and_rates(site: str, browser: Browser, round: Round) -> None:
    with panelist(browser, site, width=NARROW) as one:
        one.opens(link_for(round))
        look(one, "2 statements to rate")
        one.follows("Read the notice")
        look(one, "Before your first answer: who can see what")
        one.presses("I have read this and agree")
        one.follows("Start with vignette 1")
        one.rates(1, 8)
        one.has_rated("1 of 2 rated")
        one.presses("Next: vignette 2")
        one.rates(2, 7)
        one.submits()
        one.page.get_by_text("Your receipt", exact=True).click()
        look(one, one.page.get_by_role("heading", level=1).inner_text())
        one.page.locator("footer").get_by_role("link", name="Who can see what").click()
        look(one, "Who can see what")
    content = content_of(round)
    assert (len(content.half), len(content.nonce)) == (32, 32)


def test_the_check_draws_a_half_too(site: str, browser: Browser, round: Round) -> None:
    with panelist(browser, site) as one:
        one.opens(link_for(round))
        one.agrees()
        fill_sheet(first_panelist(round.study), round, [7, 8], submit=False)
        one.page.reload()
        one.follows("Check and submit")
        one.submits()
    assert len(content_of(round).half) == 32


def test_what_was_entered_before_agreeing_is_kept_and_saved_afterwards(
    site: str, browser: Browser, round: Round
) -> None:
    mine = PanelRow.objects.filter(pk=first_panelist(round.study).pk)
    mine.update(consent=notice_digest(round.study_id))
    with panelist(browser, site) as one:
        one.opens(link_for(round))
        one.page.goto("/panel/vignette/1/")
        mine.update(consent="")
        one.rates(1, 8)
        expect(one.page.get_by_role("alert")).to_contain_text("First agree to the notice")
        one.is_told("Not saved yet")
        one.sees("Vignette 1 of 2")
        with one.page.context.expect_page() as opened:
            one.page.get_by_role("link", name="Read the notice and agree to it in another tab").click()
        opened.value.get_by_role("button", name="I have read this and agree").click()
        expect(opened.value.get_by_role("heading", level=1)).to_have_text("2 statements to rate")
        opened.value.close()
        one.rates(1, 7)
        one.is_told("Saved as a draft")
        expect(one.page.get_by_role("alert")).to_have_count(0)
        one.watch.forget()
    assert choices_of(first_panelist(round.study), round)[1] == "7"


def test_who_does_not_agree_can_withdraw_without_scripts(site: str, browser: Browser, round: Round) -> None:
    link = link_for(round)
    with panelist(browser, site, width=NARROW, java_script_enabled=False) as one:
        sign_in(one, link, "2 statements to rate")
        one.follows("Read the notice")
        one.follows("I do not agree")
        one.presses("Withdraw for good")
        expect(one.page.get_by_role("heading", level=1)).to_have_text("You have withdrawn from this study")
        sign_in(one, link, "You have withdrawn from this study")
    assert sheet_of(first_panelist(round.study), round).is_withdrawn


def sign_in(one: Panelist, link: str, heading: str) -> None:
    one.page.goto("/panel/")
    one.fills(code=code_in(link))
    one.presses("Sign in")
    expect(one.page.get_by_role("heading", level=1)).to_have_text(heading)


def test_withdrawing_closes_the_page_that_is_open_in_another_tab(site: str, browser: Browser, round: Round) -> None:
    with panelist(browser, site) as one:
        one.opens(link_for(round))
        one.agrees()
        one.page.goto("/panel/vignette/1/")
        other = one.page.context.new_page()
        other.goto("/panel/withdraw/")
        fill_sheet(first_panelist(round.study), round, [5, 5])
        other.get_by_role("button", name="Withdraw for good").click()
        expect(other.get_by_role("heading", level=1)).to_have_text("You have withdrawn from this study")
        one.found += faults_in_every_light(other, one.watch)
        # Signing in again in that other tab, as somebody might: the first one's session is the same cookie.
        other.goto(link_for(round))
        look_at = Panelist(other, one.watch, has_finger=False)
        look(look_at, "You have withdrawn from this study")
        one.found += look_at.found
        one.rates(1, 8)
        expect(one.page.get_by_role("alert")).to_contain_text("Nothing that you enter here is saved or counted.")
        expect(one.scale(1, 8)).to_be_disabled()
        one.watch.forget()


def test_the_pages_of_leaving_and_of_ones_own_answers(site: str, browser: Browser) -> None:
    study = make_study(panelists=6, statements=2)
    round = hold_round(study, [[4, 8, 8, 8, 8, 8], [8] * 6])
    with panelist(browser, site) as one:
        one.opens(link_for(round))
        one.page.goto("/panel/results/1/counted/")
        one.page.get_by_text("The whole list: 6 receipts").click()
        look(one, "Your sheet was counted in rating round 1")
        one.page.goto("/panel/withdraw/")
        look(one, "If you withdraw, there is no way back into this study")
        one.presses("Withdraw for good")
        look(one, "You have withdrawn from this study")
    assert study.panelists.count() == 5
