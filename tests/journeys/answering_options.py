"""Panelists in an option survey: by keyboard on a phone, without scripts, with the mouse, and all the others."""

from collections.abc import Mapping, Sequence

from django.core.mail import EmailMessage
from playwright.sync_api import Browser, Locator, expect

from surveys.panels.models import Panelist as PanelRow
from surveys.rounds.models import Round
from surveys.rounds.services.mailing import send_due_messages
from surveys.rounds.services.saving import give_consent
from surveys.studies.queries import database_now
from tests.browsing import NARROW
from tests.factories import fill_preferences, holder_of
from tests.journeys.asking_options import MERGED, PUBLISHED, REASON, REMARK, SUGGESTION, WHY_ONE
from tests.journeys.changing_options import SENTENCE, WHY_WORDED
from tests.journeys.people import Panelist, code_in, link_to, panelist
from tests.journeys.setting_up import ADDRESSES, NAMES

Mails = Sequence[EmailMessage]

LEVELS = ("definitely", "likely", "likely_not", "will_not")
MOST_STOPS = 100
# What the panelists without a window answer: all of the base case, and the variations as there.
SURVEY_1 = {
    **{f"v1-likelihood-{number}": level for number, level in enumerate(LEVELS, start=1)},
    "v1-ranking": "1,3,4,2",
    "v1-top": "1",
    "v1-against": "2",
    "v2-keep": "keep",
    "v3-keep": "keep",
}
SURVEY_2 = {
    **{f"v1-likelihood-{number}": "likely" for number in (1, 2, 3)},
    "v1-ranking": "3,1,2",
    "v1-top": "1,3",
    "v1-against": "none",
    "v2-keep": "revise",
    "v2-top": "2",
    "v3-keep": "keep",
}


def links_of(mails: Mails) -> list[str]:
    """Send the mails that are due, and say where each panelist's last one leads."""
    assert send_due_messages(now=database_now()) % len(ADDRESSES) == 0
    return [link_to(mails, address) for address in ADDRESSES]


def fill_sheets(number: int, values: Mapping[str, str], differs: Mapping[str, Mapping[str, str]]) -> None:
    """Submit the sheets of those named in `differs`, who have no window: all the same, apart from what differs."""
    round = Round.objects.get(number=number)
    for name, more in differs.items():
        row = PanelRow.objects.get(name=name)
        give_consent(holder=holder_of(row), round_id=round.pk)
        fill_preferences(row, round, {**values, **more})


def answer_survey_1(browser: Browser, site: str, mails: Mails) -> None:
    links = links_of(mails)
    keep_one_variation_and_revise_the_other(browser, site, links[0])
    answer_by_keyboard_on_a_phone(browser, site, links[1])
    answer_without_scripts(browser, site, links[2])
    fill_sheets(1, SURVEY_1, {NAMES[3]: {}, NAMES[4]: {}, NAMES[5]: {"v1-reasons": REMARK}})


def level(one: Panelist, vignette: int, option: int, value: str) -> Locator:
    return one.page.locator(f'[name="v{vignette}-likelihood-{option}"][value="{value}"]')


def keep_one_variation_and_revise_the_other(browser: Browser, site: str, link: str) -> None:
    with panelist(browser, site) as one:
        one.opens(link)
        one.sees("3 vignettes to answer")
        one.agrees()
        one.follows("Start with vignette 1")
        one.sees("Vignette 1 of 3: Base case")
        for option, value in enumerate(LEVELS, start=1):
            level(one, 1, option, value).check()
        for name in ("TMS", "Vortioxetine", "Vilazodone", "ECT"):
            one.page.get_by_role("button", name=f"Add: {name}", exact=True).click()
        one.reads("All options are ranked.")
        one.page.locator('[name="v1-top"][value="1"]').check()
        one.page.locator('[name="v1-against"][value="2"]').check()
        one.fills(**{"v1-reasons": REASON})
        one.has_rated("1 of 3 answered")
        one.is_told("Saved as a draft")
        one.presses("Next: vignette 2")
        one.page.get_by_label("Keep my answers for the base case").check()
        one.reads("Kept from the base case:", "1. TMS, 2. Vortioxetine, 3. Vilazodone, 4. ECT")
        one.has_rated("2 of 3 answered")
        one.sees("Vignette 2 of 3: Aged 70")
        one.presses("Next: vignette 3")
        one.page.get_by_label("Revise them").check()
        expect(one.page.locator('[name="v3-top"][value="1"]')).to_be_checked()
        one.page.locator('[name="v3-top"][value="3"]').check()
        one.page.get_by_role("button", name="Up: Vortioxetine", exact=True).click()
        one.has_rated("3 of 3 answered")
        one.sees("Vignette 3 of 3: Anxious")
        one.submits()
        one.sees("You have submitted your sheet. You can still change it until")


def answer_by_keyboard_on_a_phone(browser: Browser, site: str, link: str) -> None:
    """Tab, Space, Enter and arrows alone, on the smallest of phones."""
    with panelist(browser, site, width=NARROW) as one:
        one.opens(link)
        reach(one, "Read the notice", "Enter")
        one.page.wait_for_url("**/notice/")
        reach(one, "I have read this and agree", "Enter")
        one.page.wait_for_url("**/panel/")
        reach(one, "Start with vignette 1", "Enter")
        one.page.wait_for_url("**/vignette/1/")
        for option in range(1, 5):
            reach_field(one, f"v1-likelihood-{option}")
            one.page.keyboard.press("Space")
            for _press in range(option - 1):
                one.page.keyboard.press("ArrowRight")
            expect(level(one, 1, option, LEVELS[option - 1])).to_be_checked()
        reach(one, "Add: TMS", "Enter")
        for name in ("ECT", "Vortioxetine", "Vilazodone"):
            expect(one.page.get_by_role("button", name=f"Add: {name}", exact=True)).to_be_focused()
            one.page.keyboard.press("Enter")
        one.reads("All options are ranked.")
        reach_field(one, "v1-top", "Space")
        reach_field(one, "v1-against")
        one.page.keyboard.press("Tab")
        one.page.keyboard.press("Space")
        expect(one.page.locator('[name="v1-against"][value="2"]')).to_be_checked()
        one.has_rated("1 of 3 answered")
        one.sees("Vignette 1 of 3: Base case")
        for number in (2, 3):
            reach(one, f"Next: vignette {number}", "Enter")
            one.page.wait_for_url(f"**/vignette/{number}/")
            reach_field(one, f"v{number}-keep", "Space")
            one.has_rated(f"{number} of 3 answered")
        one.sees("Vignette 3 of 3: Anxious")
        reach(one, "Submit my sheet", "Enter")
        one.sees("You have submitted your sheet")


def reach(one: Panelist, words: str, press: str) -> None:
    """Go with Tab to the link or button of these words, and press a key there."""
    said = "one => one.getAttribute('aria-label') || one.textContent.trim()"
    _tab_to(one, f"(({said})(document.activeElement)) === {words!r}")
    one.page.keyboard.press(press)


def reach_field(one: Panelist, name: str, press: str = "") -> None:
    """Go with Tab to the field of this name."""
    _tab_to(one, f"document.activeElement.name === {name!r}")
    if press:
        one.page.keyboard.press(press)


def _tab_to(one: Panelist, is_there: str) -> None:
    for _press in range(MOST_STOPS):
        one.page.keyboard.press("Tab")
        if one.page.evaluate(is_there):
            return
    raise AssertionError(f"Tab leads nowhere where {is_there}")


def answer_without_scripts(browser: Browser, site: str, link: str) -> None:
    with panelist(browser, site, java_script_enabled=False) as one:
        one.page.goto("/panel/")
        one.fills(code=code_in(link))
        one.presses("Sign in")
        one.agrees()
        one.follows("Start with vignette 1")
        for option, value in enumerate(LEVELS, start=1):
            level(one, 1, option, value).check()
        for name in ("TMS", "Vilazodone", "Vortioxetine", "ECT"):
            one.presses(f"Add: {name}")
        one.page.locator('[name="v1-top"][value="1"]').check()
        one.page.locator('[name="v1-against"][value="none"]').check()
        one.fills(**{"v1-new_options": SUGGESTION})
        for number in (2, 3):
            one.presses(f"Next: vignette {number}")
            one.page.get_by_label("Keep my answers for the base case").check()
        one.submits()


def answer_survey_2(browser: Browser, site: str, mails: Mails) -> None:
    """The first page says what changed and why; beside the questions stands what was answered before."""
    links = links_of(mails)
    with panelist(browser, site, width=NARROW) as one:
        one.opens(links[0])
        one.sees("3 vignettes to answer")
        one.reads(
            "What changed since option survey 1",
            f"“Vortioxetine” and “Vilazodone” are now one option, “{MERGED}”.",
            f"Why: {WHY_ONE}",
            f"A comment of the panel: “{PUBLISHED}”",
            "The vignette “Base case” is worded anew.",
        )
        one.follows("Start with vignette 1")
        one.sees("Vignette 1 of 3: Base case")
        one.reads("This vignette is worded anew since option survey 1.")
        one.reads(
            f"Why: {WHY_WORDED}",
            "In option survey 1 you said: definitely.",
            "In option survey 1 you said of Vortioxetine: likely not.",
            "In option survey 1 you ranked Vilazodone 3rd.",
            "In option survey 1 you chose TMS.",
        )
        assert one.page.locator(".vignette ins").all_inner_texts() == [SENTENCE.strip()]
    fill_sheets(2, SURVEY_2, {name: {"v1-against": "2"} if name in NAMES[:3] else {} for name in NAMES})
