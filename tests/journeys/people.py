"""Those who sit before the windows: what any of them does on a page, and what panelists do."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.mail import EmailMessage
from playwright.sync_api import Browser, Page, expect

from tests.browsing import Watch, faults, window


class Person:
    """Somebody at a window. What they see is checked by axe, for its width, and for complaints on the way there.

    `found` is what was wrong; it is judged when they leave, so that one journey tells of all its pages.
    """

    def __init__(self, page: Page, watch: Watch) -> None:
        self.page = page
        self.watch = watch
        self.found: list[str] = []

    def sees(self, heading: str) -> None:
        """The page's heading holds these words, and the page is looked through."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading)
        self.found += faults(self.page, self.watch)
        self.watch.forget()

    def leaves(self) -> None:
        """Nothing was wrong with any page."""
        found = [*self.found, *self.watch.complaints]
        assert not found, "\n".join(found)

    def reads(self, *texts: str) -> None:
        """Each of these stands on the page."""
        for text in texts:
            expect(self.page.locator("main")).to_contain_text(text)

    def does_not_read(self, *texts: str) -> None:
        """None of these stands on the page."""
        for text in texts:
            expect(self.page.locator("main")).not_to_contain_text(text)

    def follows(self, link: str) -> None:
        """Go where this link leads."""
        # What only a screen reader says is a box of its own, which may part its colon from the word before.
        name = re.compile(f"^{re.escape(link).replace(':', ' ?:')}$")
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=name).first.click()

    def presses(self, button: str) -> None:
        """Press the button that is called so, and wait for the page that it leads to."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=button, exact=True).click()

    def fills(self, **fields: str) -> None:
        """Type into fields, by their names in the form."""
        for name, text in fields.items():
            self.page.locator(f'main [name="{name}"]').fill(text)


class Panelist(Person):
    """Somebody who rates, with the mouse or with a finger."""

    def __init__(self, page: Page, watch: Watch, *, has_finger: bool) -> None:
        super().__init__(page, watch)
        self.has_finger = has_finger

    def opens(self, link: str) -> None:
        """Open a personal link. Its secret leaves the address at once."""
        self.page.goto(link)
        expect(self.page.get_by_role("button", name="Sign out on this device")).to_be_visible()
        assert self.page.url.endswith("/panel/")

    def enters(self, code: str) -> None:
        """Type the code of a personal link, where no script can read it from the address."""
        self.page.goto("/panel/")
        self.sees("Sign in with your personal link")
        self.fills(code=code)
        self.presses("Sign in")

    def agrees(self) -> None:
        """Before the first answer, read the notice and agree to it."""
        self.follows("Read the notice")
        # Without scripts too, where a page cannot be looked through; test_belonging.py does that.
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Before your first answer: who can see what")
        self.presses("I have read this and agree")

    def scale(self, statement: int, value: int | str) -> Any:
        """One of the ten targets of a statement."""
        return self.page.locator(f'input[name="s{statement}"][value="{value}"]')

    def rates(self, statement: int, value: int | str) -> None:
        """Choose with the mouse, or with the finger."""
        target = self.scale(statement, value)
        if self.has_finger:
            target.tap()
        else:
            target.click()
        expect(target).to_be_checked()

    def rates_by_keyboard(self, statement: int, value: int) -> None:
        """Reach the scale with Tab, and press the digit."""
        first = self.scale(statement, 1)
        for _press in range(30):
            self.page.keyboard.press("Tab")
            if first.evaluate("one => document.activeElement.name === one.name"):
                break
        self.page.keyboard.press(str(value))
        expect(self.scale(statement, value)).to_be_focused()
        expect(self.scale(statement, value)).to_be_checked()

    def is_told(self, state: str) -> None:
        """The bar says this of what was entered last."""
        expect(self.page.locator("#save-state")).to_have_text(state)

    def has_rated(self, words: str) -> None:
        """The page counts so much as saved."""
        expect(self.page.locator("[data-progress-words]")).to_have_text(words)

    def submits(self) -> None:
        """Submit on the last vignette."""
        self.presses("Submit my sheet")
        expect(self.page.get_by_role("heading", level=1)).to_contain_text("You have submitted your sheet")


@contextmanager
def person(browser: Browser, site: str, **options: Any) -> Iterator[Person]:
    """Somebody of the staff at a window of their own."""
    with window(browser, site, **options) as (page, watch):
        somebody = Person(page, watch)
        yield somebody
        somebody.leaves()


@contextmanager
def panelist(browser: Browser, site: str, **options: Any) -> Iterator[Panelist]:
    """A panelist at a window of their own."""
    with window(browser, site, **options) as (page, watch):
        somebody = Panelist(page, watch, has_finger=bool(options.get("has_touch")))
        yield somebody
        somebody.leaves()


def link_to(outbox: Sequence[EmailMessage], address: str) -> str:
    """The link in the last mail to this address."""
    body = [str(mail.body) for mail in outbox if mail.to == [address]][-1]
    return re.findall(r"^http\S+$", body, re.MULTILINE)[-1]


def code_in(link: str) -> str:
    """The secret of a personal link."""
    return link.partition("#t=")[2]
