"""A whole study through its pages alone: from the first run, over two rounds, to Table 3 and the exports."""

import csv
import datetime as dt
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.mail import EmailMessage
from playwright.sync_api import Browser, expect

from surveys.feedback.services.closing import finish_closing_rounds
from surveys.rounds.services.mailing import send_due_messages
from surveys.studies.queries import database_now
from tests.journeys.people import Panelist, Person, code_in, link_to, panelist, person
from tests.journeys.setting_up import (
    ADDRESSES,
    BASE,
    COMPOSED,
    FACILITATOR,
    FREE,
    NAMES,
    STUDY,
    accept,
    create_the_study,
    enter_the_panel,
    invite_the_facilitator,
    make_the_first_administrator,
    write_the_protocol,
    write_the_statements,
    write_the_vignettes,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Mails = Sequence[EmailMessage]

REASON = "I saw this fail twice, as I told you all in Oslo."
EDITED = "I saw this fail twice."
PHONE = {"width": 360, "has_touch": True}


def test_a_study_from_the_first_run_to_the_exports(
    site: str, browser: Browser, mailoutbox: Mails, settings: Any, tmp_path: Path
) -> None:
    settings.DELPHI_DATA = tmp_path
    with person(browser, site) as administrator, person(browser, site) as facilitator:
        make_the_first_administrator(administrator)
        invite_the_facilitator(administrator)
        accept(facilitator, link_to(mailoutbox, FACILITATOR))
        create_the_study(facilitator)
        write_the_protocol(facilitator)
        write_the_vignettes(facilitator)
        write_the_statements(facilitator)
        enter_the_panel(facilitator)
        open_round_1(facilitator)
        hold_round_1(browser, site, facilitator, mailoutbox)
        close_round(facilitator, 1, "1 of 2 statements has full consensus.")
        release_round_1(facilitator)
        look_at_the_results(browser, site, mailoutbox)
        open_round_2(facilitator)
        hold_round_2(browser, site, mailoutbox)
        close_round(facilitator, 2, "The statement has full consensus.")
        finish_the_study(facilitator)
        look_at_table_3(facilitator)
        export(administrator)


def open_round_1(facilitator: Person) -> None:
    facilitator.follows("Overview")
    facilitator.reads("2 statements to ask", "6 panelists", "Nothing is missing.")
    facilitator.presses("Prepare rating round 1")
    facilitator.sees("Rating round 1 is being prepared")
    facilitator.follows("Overview")
    facilitator.follows("Check and open rating round 1")
    facilitator.sees("Rating round 1 cannot open yet: 1 thing is missing")
    facilitator.follows("Choose a closing time")
    plan(facilitator, "2020-01-01T12:00")
    facilitator.sees("Rating round 1 is being prepared")
    facilitator.reads("Choose a closing time that is later than now.")
    plan(facilitator, in_two_weeks())
    facilitator.sees("Nothing is missing.")
    facilitator.reads("6 panelists are invited by mail", "The protocol is locked")
    facilitator.presses("Open rating round 1 now")
    facilitator.sees("Rating round 1 is open until")
    facilitator.reads("0 of 6 panelists have submitted.")


def plan(facilitator: Person, closes_at: str) -> None:
    """Choose this closing time, on the study's clocks."""
    facilitator.fills(closes_at=closes_at)
    facilitator.presses("Save and check")


def in_two_weeks() -> str:
    """Two weeks from now, as a field of day and time takes it."""
    return (dt.datetime.now(dt.UTC) + dt.timedelta(days=14)).strftime("%Y-%m-%dT%H:%M")


def hold_round_1(browser: Browser, site: str, facilitator: Person, mails: Mails) -> None:
    assert send_due_messages(now=database_now()) == 6
    links = [link_to(mails, address) for address in ADDRESSES]
    rate_with_the_mouse_on_two_devices(browser, site, links[0])
    rate_by_keyboard(browser, site, links[1])
    rate_by_touch(browser, site, links[2])
    rate_without_scripts(browser, site, links[3])
    remind_the_others(facilitator, mails)
    rate_with_a_reason(browser, site, link_to(mails, ADDRESSES[4]))
    rate_in_part(browser, site, links[5])
    facilitator.page.reload()
    facilitator.sees("Rating round 1 is open until")
    facilitator.reads("6 of 6 panelists have submitted.", "Everybody has submitted.")


def rate_with_the_mouse_on_two_devices(browser: Browser, site: str, link: str) -> None:
    with panelist(browser, site) as at_a_desk, panelist(browser, site, **PHONE) as on_a_phone:
        at_a_desk.opens(link)
        at_a_desk.sees("2 statements to rate")
        at_a_desk.agrees()
        at_a_desk.sees("2 statements to rate")
        at_a_desk.reads("New to this?")
        at_a_desk.follows("Start with vignette 1")
        at_a_desk.sees("Vignette 1 of 2: Base case")
        at_a_desk.reads(BASE, COMPOSED)
        at_a_desk.rates(1, 8)
        at_a_desk.has_rated("1 of 2 rated")
        at_a_desk.is_told("Saved as a draft")
        on_a_phone.opens(link)
        on_a_phone.sees("1 of 2 statements left to rate")
        on_a_phone.page.goto("/panel/vignette/1/")
        expect(on_a_phone.scale(1, 8)).to_be_checked()
        on_a_phone.presses("Next: vignette 2")
        on_a_phone.sees("Vignette 2 of 2: Aged 70")
        assert on_a_phone.page.locator(".vignette mark").all_inner_texts() == ["70"]
        on_a_phone.rates(2, 9)
        on_a_phone.submits()
        on_a_phone.sees("You have submitted your sheet. You can still change it until")
        at_a_desk.page.goto("/panel/vignette/2/")
        expect(at_a_desk.scale(2, 9)).to_be_checked()


def rate_by_keyboard(browser: Browser, site: str, link: str) -> None:
    with panelist(browser, site) as one:
        one.opens(link)
        one.agrees()
        one.page.goto("/panel/vignette/1/")
        one.rates_by_keyboard(1, 7)
        one.page.keyboard.press("ArrowRight")
        one.has_rated("1 of 2 rated")
        one.page.keyboard.press("Enter")
        one.sees("Vignette 2 of 2: Aged 70")
        one.rates_by_keyboard(2, 8)
        one.page.get_by_role("button", name="Submit my sheet").press("Enter")
        one.sees("You have submitted your sheet")


def rate_by_touch(browser: Browser, site: str, link: str) -> None:
    with panelist(browser, site, theme="dark", **PHONE) as one:
        one.opens(link)
        one.agrees()
        one.page.goto("/panel/vignette/1/")
        one.rates(1, 7)
        one.has_rated("1 of 2 rated")
        one.sees("Vignette 1 of 2: Base case")
        with one.page.expect_navigation():
            one.page.get_by_role("button", name="Next: vignette 2").tap()
        one.rates(2, 8)
        one.submits()


def rate_without_scripts(browser: Browser, site: str, link: str) -> None:
    with panelist(browser, site, java_script_enabled=False) as one:
        one.page.goto(link)
        expect(one.page.get_by_role("heading", level=1)).to_have_text("Sign in with your personal link")
        one.fills(code=code_in(link))
        one.presses("Sign in")
        one.agrees()
        one.follows("Start with vignette 1")
        one.scale(1, 9).check()
        one.presses("Next: vignette 2")
        one.scale(2, 7).check()
        one.submits()


def remind_the_others(facilitator: Person, mails: Mails) -> None:
    """A reminder is a row for everybody, and a mail for those alone who have not submitted when it is sent."""
    before = len(mails)
    facilitator.page.reload()
    facilitator.sees("Rating round 1 is open until")
    facilitator.reads("4 of 6 panelists have submitted.", NAMES[4], NAMES[5])
    facilitator.does_not_read(*NAMES[:4])
    facilitator.presses("Remind these 2")
    facilitator.reads("A reminder is on its way")
    assert send_due_messages(now=database_now()) == 6
    assert sorted(mail.to[0] for mail in mails[before:]) == [ADDRESSES[4], ADDRESSES[5]]


def rate_with_a_reason(browser: Browser, site: str, link: str) -> None:
    with panelist(browser, site, theme="dark") as one:
        one.opens(link)
        one.agrees()
        one.page.goto("/panel/vignette/1/")
        one.rates(1, 4)
        one.page.get_by_text("Add a reason (optional)").click()
        one.fills(**{"reason-s1": REASON})
        expect(one.page.locator('[name="seen-reason-s1"]')).to_have_value(REASON)
        one.is_told("Saved as a draft")
        one.sees("Vignette 1 of 2: Base case")
        one.presses("Next: vignette 2")
        one.rates(2, 8)
        one.submits()


def rate_in_part(browser: Browser, site: str, link: str) -> None:
    """Submitting with a gap is warned of once; an abstention is no gap."""
    with panelist(browser, site, width=360) as one:
        one.opens(link)
        one.agrees()
        one.page.goto("/panel/vignette/2/")
        one.rates(2, "abstain")
        one.has_rated("1 of 2 rated")
        one.presses("Submit my sheet")
        one.sees("1 of 2 statements is not rated")
        one.reads("If you submit now, these count as missing:", COMPOSED, "Cannot rate")
        one.follows("Rate vignette 1")
        one.rates(1, 8)
        one.has_rated("2 of 2 rated")
        one.presses("Next: vignette 2")
        one.submits()


def close_round(facilitator: Person, number: int, standing: str) -> None:
    """Close the round; the schedule tallies it, and the page that waits shows the result by itself."""
    if number > 1:
        facilitator.page.reload()
    facilitator.follows("Close the round now")
    facilitator.sees(f"Close rating round {number} now?")
    facilitator.presses(f"Close rating round {number} now")
    facilitator.sees(f"Rating round {number} is closed to answers. They are being counted")
    assert finish_closing_rounds() == 1
    facilitator.sees(f"Rating round {number} is closed. {standing}")
    facilitator.reads("6 of 6 panelists submitted.")


def release_round_1(facilitator: Person) -> None:
    facilitator.reads("1 of 6 ratings is 5 or lower", "1 comment below waits to be published or hidden.")
    facilitator.page.get_by_text("Edit or hide").click()
    facilitator.fills(body=EDITED)
    facilitator.presses("Publish as edited")
    facilitator.reads("No comment waits to be looked at.")
    facilitator.sees("Rating round 1 is closed.")
    facilitator.follows("See what the panel will see")
    facilitator.sees("This is what the panel will see of")
    facilitator.reads(EDITED)
    facilitator.does_not_read(REASON)
    facilitator.presses("Release the results of rating round 1")
    facilitator.reads("The panel has the results of", "Released on")


def look_at_the_results(browser: Browser, site: str, mails: Mails) -> None:
    """Everybody is told; beside the group's ratings each sees their own."""
    assert send_due_messages(now=database_now()) == 6
    with panelist(browser, site, width=360) as one:
        one.opens(link_to(mails, ADDRESSES[4]))
        one.sees("The results of rating round 1 are here")
        one.follows("See the results")
        one.sees("6 of 6 panelists answered in rating round 1")
        one.reads("The group: 6 ratings, mean 7.33, median 8", "You: you rated 4.", "The group: 5 ratings, mean 8.00")
        one.page.get_by_text("1 reason given").click()
        expect(one.page.get_by_text(EDITED)).to_be_visible()
        one.does_not_read(REASON, *NAMES)
        look_at_the_own_sheet(one)


def look_at_the_own_sheet(one: Panelist) -> None:
    """What was counted of it, in the own words, and the receipt among those of all six."""
    one.follows("Your answers as counted, and your receipt")
    one.sees("Your sheet was counted in rating round 1")
    one.reads("you rated 4.", REASON, "Your receipt is 1 of 6 in the published list of this round.")
    one.page.get_by_text("The whole list: 6 receipts").click()
    with one.page.expect_download() as started:
        one.page.get_by_role("button", name="Download receipt").click()
    receipt = json.loads(Path(started.value.path()).read_text())
    assert (started.value.suggested_filename, receipt["choices"]) == ("receipt-round-1.json", {"1": "4", "2": "8"})
    assert one.page.locator("ol [aria-current] code").inner_text() == receipt["receipt"]


def open_round_2(facilitator: Person) -> None:
    """What reached consensus is set aside, as the protocol says."""
    facilitator.presses("Prepare rating round 2")
    facilitator.sees("Rating round 2 is being prepared")
    assert [box.is_checked() for box in facilitator.page.locator('[name="asked"]').all()] == [True, False]
    plan(facilitator, in_two_weeks())
    facilitator.reads("1 statement is asked.", "The protocol stays as it was locked on")
    facilitator.presses("Open rating round 2 now")
    facilitator.sees("Rating round 2 is open until")


def hold_round_2(browser: Browser, site: str, mails: Mails) -> None:
    assert send_due_messages(now=database_now()) == 6
    for address, rating in zip(ADDRESSES, (8, 8, 8, 9, 7, 8), strict=True):
        with panelist(browser, site) as one:
            one.opens(link_to(mails, address))
            one.follows("Start with vignette 1")
            one.reads("The group in round 1: 6 ratings, mean 7.33, median 8", "You, round 1")
            one.rates(1, rating)
            if rating == 7:
                rate_after_a_move(one)
            one.submits()


def rate_after_a_move(one: Panelist) -> None:
    one.reads("You moved from 4 to 7. Why?", "1 reason given in round 1")
    expect(one.scale(1, 4)).to_have_accessible_name("4, your rating in round 1")
    one.sees("Vignette 1 of 1: Base case")


def finish_the_study(facilitator: Person) -> None:
    facilitator.follows("Overview")
    facilitator.sees("Every statement has full consensus. Release the results, then you can finish the study.")
    facilitator.follows("Look at the results of rating round 2")
    facilitator.follows("See what the panel will see")
    facilitator.presses("Release the results of rating round 2")
    facilitator.reads("Every statement has consensus: the stopping rule is met.")
    facilitator.follows("Overview")
    facilitator.sees("Every statement has full consensus. You can finish the study.")
    facilitator.follows("Finish the study")
    facilitator.sees("Every statement has full consensus. Finish the study?")
    facilitator.fills(reason="Every statement has full consensus.")
    facilitator.presses("Finish the study")
    facilitator.sees("This study is finished.")


def look_at_table_3(facilitator: Person) -> None:
    facilitator.follows("Look at Table 3")
    facilitator.reads("Table 3. Main recommendations")
    rows = [row.locator("th, td").all_inner_texts()[:5] for row in facilitator.page.locator("tbody tr").all()]
    assert rows == [
        ["1. Base case", "TMS; ECT", "Yes", "8.00", "6"],
        ["2. Aged 70", FREE, "Yes", "8.00", "5"],
    ]
    facilitator.sees("")


def export(administrator: Person) -> None:
    administrator.page.goto("/administration/")
    administrator.follows("Studies and exports")
    administrator.sees("1 study is run here")
    administrator.follows(STUDY)
    administrator.sees("2 closed rounds can be exported")
    rows = list(csv.DictReader(io.StringIO(downloaded(administrator, "CSV").decode())))
    assert [(row["round"], row["statement"], row["n"], row["mean"], row["consensus"]) for row in rows] == [
        ("1", COMPOSED, "6", "7.333333333333333", "false"),
        ("1", FREE, "5", "8.0", "true"),
        ("2", COMPOSED, "6", "8.0", "true"),
    ]
    study = json.loads(downloaded(administrator, "JSON"))
    assert [(one["number"], len(one["statements"])) for one in study["rounds"]] == [(1, 2), (2, 1)]
    assert study["tables"]["table_3"] == [
        {"vignette": "Base case", "recommendations": ["TMS", "ECT"], "all_above_neutral": True, "mean": 8.0, "n": 6},
        {"vignette": "Aged 70", "recommendations": [], "all_above_neutral": True, "mean": 8.0, "n": 5},
    ]
    book = openpyxl.load_workbook(io.BytesIO(downloaded(administrator, "XLSX")))
    written = [str(cell.value) for sheet in book for row in sheet for cell in row]
    assert COMPOSED in written
    assert [name for name in (*NAMES, *ADDRESSES) if name in written] == []


def downloaded(administrator: Person, form: str) -> bytes:
    """The file behind the button of this form."""
    with administrator.page.expect_download() as started:
        administrator.page.get_by_role("link", name=f"{form} of the whole study").click()
    return Path(started.value.path()).read_bytes()
