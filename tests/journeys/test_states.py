"""What can happen while somebody rates, and what staff meet on the way: every state on its real page."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from django.conf import settings as configured
from django.core.mail import EmailMessage
from playwright.sync_api import Browser, Page, expect

from surveys.feedback.services.closing import close_round
from surveys.panels.models import Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import mint_link, revoke_links
from surveys.rounds.models import Round
from surveys.rounds.services.mailing import personal_link, serve_link_requests
from surveys.rounds.services.opening import cancel_round
from surveys.sheets.queries import own_sheet
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from tests.browsing import Watch, faults, faults_in_every_light, violations, window
from tests.factories import (
    close_and_freeze,
    facilitator_of,
    fill_sheet,
    holder_of,
    make_statement,
    make_study,
    open_round,
    release_round,
    signed_in,
)
from tests.journeys.people import Panelist as PanelistAtWindow
from tests.journeys.people import link_to, panelist

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Mails = Sequence[EmailMessage]


@pytest.fixture
def study() -> Study:
    """Six panelists, two vignettes, the first with two statements: 1 and 2."""
    study = make_study(panelists=6, statements=2)
    base = study.vignettes.get(is_base=True)
    make_statement(base)
    return study


@pytest.fixture
def round(study: Study) -> Round:
    """Its first round, open."""
    return open_round(study)


def first_of(study: Study) -> Panelist:
    """The panelist who is watched; the others answer where the round must be able to close."""
    return panel_of(study)[0]


def link_of(study: Study) -> str:
    """A personal link of that panelist."""
    return personal_link(mint_link(panelist=first_of(study), now=database_now()))


def choices(round: Round) -> list[str]:
    """What is stored of that panelist: the choice for each of the three statements."""
    sheet = own_sheet(holder_of(first_of(round.study)), round.pk)
    return [sheet.answer_to(number).choice for number in (1, 2, 3)]


def others_submit(round: Round) -> None:
    """Everybody else submits, so that there are enough."""
    for one in panel_of(round.study)[1:]:
        fill_sheet(one, round, [8, 8, 8])


@contextmanager
def rating(browser: Browser, site: str, study: Study) -> Iterator[PanelistAtWindow]:
    """The panelist before vignette 1."""
    with panelist(browser, site) as one:
        one.opens(link_of(study))
        one.page.goto("/panel/vignette/1/")
        yield one


@contextmanager
def facilitating(browser: Browser, site: str, study: Study) -> Iterator[tuple[Page, Watch]]:
    """A window of the study's facilitator."""
    with window(browser, site) as (page, watch):
        name = configured.SESSION_COOKIE_NAME
        session = signed_in(facilitator_of(study)).cookies[name].value
        page.context.add_cookies([{"name": name, "value": session, "url": site}])
        yield page, watch


def test_what_is_entered_is_a_draft_until_it_is_submitted(site: str, browser: Browser, round: Round) -> None:
    with rating(browser, site, round.study) as one:
        one.is_told("")
        one.rates(1, 8)
        one.is_told("Saved as a draft")
        one.has_rated("1 of 3 rated")
        one.reads("A draft is not counted until you submit your sheet.")
        one.rates(2, 7)
        one.has_rated("2 of 3 rated")
        one.presses("Next: vignette 2")
        one.rates(3, 9)
        one.submits()
        one.page.goto("/panel/vignette/1/")
        one.rates(1, 6)
        expect(one.page.locator("#save-state")).to_contain_text("Your sheet is submitted.")
        one.sees("Vignette 1 of 2")
        assert choices(round) == ["6", "7", "9"]


def test_without_a_connection_ratings_wait_in_the_page(site: str, browser: Browser, round: Round) -> None:
    with rating(browser, site, round.study) as one:
        one.page.context.set_offline(True)
        one.rates(1, 8)
        one.rates(2, "abstain")
        note = one.page.get_by_role("alert")
        expect(note).to_have_text(
            "You are offline. 2 ratings are kept in this page and will be saved when the connection is back. "
            "Keep it open."
        )
        one.is_told("Not saved yet")
        assert violations(one.page) == []
        assert choices(round) == ["", "", ""]
        one.page.context.set_offline(False)
        one.is_told("Saved as a draft")
        expect(note).to_have_count(0)
        one.watch.forget()  # it had asked for a server that was not there
        assert choices(round) == ["8", "abstain", ""]


@pytest.mark.parametrize(("button", "kept"), [("Use 8", "8"), ("Use 6", "6")])
def test_a_change_in_another_tab_is_shown_with_both_values(
    site: str, browser: Browser, round: Round, button: str, kept: str
) -> None:
    with rating(browser, site, round.study) as one:
        other = one.page.context.new_page()
        other.goto("/panel/vignette/1/")
        other.locator('input[name="s1"][value="6"]').click()
        expect(other.locator("#save-state")).to_have_text("Saved as a draft")
        one.rates(1, 8)
        note = one.page.locator("#conflict-s1")
        expect(note).to_contain_text("Changed in another tab. There you rated 6; here you see 8.")
        one.is_told("Not saved yet")
        one.sees("Vignette 1 of 2")
        note.get_by_role("button", name=button).click()
        expect(note).to_have_count(0)
        one.is_told("Saved as a draft")
        expect(one.scale(1, kept)).to_be_checked()
        assert choices(round) == [kept, "", ""]


def test_two_devices_that_rate_different_statements_keep_both(site: str, browser: Browser, round: Round) -> None:
    with rating(browser, site, round.study) as at_a_desk, rating(browser, site, round.study) as on_a_phone:
        at_a_desk.rates(1, 8)
        at_a_desk.is_told("Saved as a draft")
        on_a_phone.rates(2, 5)
        on_a_phone.has_rated("2 of 3 rated")
        expect(on_a_phone.scale(1, 8)).to_be_checked()
        assert choices(round) == ["8", "5", ""]


def test_a_round_that_closes_meanwhile_takes_nothing_more(site: str, browser: Browser, round: Round) -> None:
    others_submit(round)
    with rating(browser, site, round.study) as one:
        one.rates(1, 8)
        one.is_told("Saved as a draft")
        close_round(round_id=round.pk, actor=facilitator_of(round.study))
        one.rates(2, 9)
        note = one.page.get_by_role("alert")
        expect(note).to_contain_text("Rating round 1 closed on")
        expect(note).to_contain_text("Your last change came later and does not count.")
        one.is_told("Closed")
        assert one.page.locator("#rating-form :is(input, button):enabled").count() == 0
        one.sees("Vignette 1 of 2")
        assert choices(round) == ["8", "", ""]
        one.page.goto("/panel/")
        one.sees("Rating round 1 is closing")
        one.reads("You did not submit a sheet, so nothing of yours counts in this round.")


def test_without_scripts_who_is_late_gets_a_page_that_says_so(site: str, browser: Browser, round: Round) -> None:
    with panelist(browser, site, java_script_enabled=False) as one:
        one.page.goto("/panel/")
        one.fills(code=link_of(round.study).partition("#t=")[2])
        one.presses("Sign in")
        one.page.goto("/panel/vignette/1/")
        one.scale(1, 8).check()
        now = database_now()
        cancel_round(round=round, actor=facilitator_of(round.study), reason="A wrong vignette.", now=now)
        one.presses("Next: vignette 2")
        expect(one.page.get_by_role("heading", level=1)).to_have_text("Rating round 1 was cancelled")
        assert one.page.title() == "Error: Rating round 1 was cancelled"


def test_a_revoked_link_opens_nothing_and_ends_the_visit(site: str, browser: Browser, round: Round) -> None:
    link = link_of(round.study)
    with rating(browser, site, round.study) as one:
        revoke_links(panelist=first_of(round.study), actor=facilitator_of(round.study), now=database_now())
        one.rates(1, 8)
        expect(one.page.get_by_role("alert")).to_contain_text("You are signed out")
        one.sees("Vignette 1 of 2")
        one.page.close(run_before_unload=False)
        one.page = one.page.context.new_page()
        one.page.goto(link)
        expect(one.page.get_by_role("alert")).to_contain_text("This code opens nothing")
        one.sees("Sign in with your personal link")
        assert one.page.title().startswith("Error: ")
        assert choices(round) == ["", "", ""]


def test_a_mistyped_code_is_refused_in_words(site: str, browser: Browser, round: Round) -> None:
    with panelist(browser, site, width=360) as one:
        one.enters("not-a-code")
        expect(one.page.get_by_role("alert")).to_contain_text("This code opens nothing")
        one.sees("Sign in with your personal link")


def test_a_lost_link_is_sent_again_to_the_stored_address(
    site: str, browser: Browser, round: Round, mailoutbox: Mails
) -> None:
    address = first_of(round.study).email
    with panelist(browser, site, width=360) as one:
        one.page.goto("/panel/")
        one.follows("Have a new one sent to you")
        one.sees("Have a new link sent to you")
        one.fills(email=address)
        one.presses("Send me a link")
        one.sees("Look into your mail")
        assert serve_link_requests(now=database_now()) == 1
        assert [mail.to for mail in mailoutbox] == [[address]]
        one.opens(link_to(mailoutbox, address))
        one.sees("3 statements to rate")


def test_the_panels_first_page_between_rounds(site: str, browser: Browser, study: Study) -> None:
    with panelist(browser, site) as one:
        one.opens(link_of(study))
        seen = [look(one, "The first round has not opened yet")]
        round = open_round(study)
        others_submit(round)
        past = database_now() - dt.timedelta(minutes=5)
        Round.objects.filter(pk=round.pk).update(closes_at=past)
        seen.append(look(one, "The time for rating round 1 is over"))
        closed = close_and_freeze(round)
        seen.append(look(one, "Rating round 1 is closed"))
        release_round(closed)
        seen.append(look(one, "The results of rating round 1 are here"))
        assert seen == [[], [], [], []]


def look(one: PanelistAtWindow, heading: str) -> list[str]:
    """What is wrong with the panelist's first page, which says this."""
    one.page.goto("/panel/")
    expect(one.page.get_by_role("heading", level=1)).to_have_text(heading)
    return faults_in_every_light(one.page, one.watch)


def test_a_round_with_too_few_answers_can_be_extended_or_cancelled(site: str, browser: Browser, round: Round) -> None:
    address = f"/studies/{round.study.slug}/rounds/1/"
    with facilitating(browser, site, round.study) as (page, watch):
        page.goto(address)
        expect(page.locator("main")).to_contain_text("0 of 6 panelists have submitted.")
        found = faults(page, watch)
        page.goto(f"{address}close/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Rating round 1 cannot be closed yet")
        found += faults_in_every_light(page, watch)
        past = database_now() - dt.timedelta(minutes=5)
        Round.objects.filter(pk=round.pk).update(closes_at=past)
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_contain_text("has passed with too few answers")
        found += faults_in_every_light(page, watch)
        page.goto(f"/studies/{round.study.slug}/")
        expect(page.get_by_role("link", name="Extend rating round 1")).to_be_visible()
        found += faults(page, watch)
        assert found == []


def test_comments_wait_before_the_release(site: str, browser: Browser, round: Round) -> None:
    others_submit(round)
    fill_sheet(first_of(round.study), round, [3, 8, 8], reasons={1: "I would not."})
    close_and_freeze(round)
    address = f"/studies/{round.study.slug}/rounds/1/"
    with facilitating(browser, site, round.study) as (page, watch):
        page.goto(f"{address}release/")
        expect(page.get_by_role("heading", name="1 comment waits")).to_be_visible()
        found = faults_in_every_light(page, watch)
        page.goto(address)
        page.get_by_text("Edit or hide").click()
        page.get_by_role("button", name="Hide it").click()
        expect(page.get_by_role("alert")).to_contain_text("There is a problem")
        found += faults_in_every_light(page, watch)
        page.get_by_label("Or hide it, because").fill("It names a colleague.")
        page.get_by_role("button", name="Hide it").click()
        expect(page.locator("main")).to_contain_text("Hidden: It names a colleague.")
        found += faults_in_every_light(page, watch)
        assert found == []
