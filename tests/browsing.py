"""Windows of a real browser that are watched, and what is wrong with the page that stands in one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
WIDE, NARROW, NARROWEST = 1280, 360, 320
HEIGHT = 900
# The browser says this of each answer that is an error; `Watch` looks at the answers themselves.
ANSWERED_WITH_AN_ERROR = "Failed to load resource: the server responded with a status of"

# And this, with what it cleared, of whoever signs out or withdraws.
CLEARED = "Clear-Site-Data header on"

AXE = Axe().axe_script
RUN_AXE = """async options => (await axe.run(options)).violations.flatMap(
    one => one.nodes.map(node => `${one.id}: ${node.html}`)
)"""


class Watch:
    """What went wrong in the windows of one context: requests that leave the host, words in the console, lost files."""

    def __init__(self, context: BrowserContext, host: str) -> None:
        self.complaints: list[str] = []
        self._host = host
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", lambda fault: self.complaints.append(f"{fault.page and fault.page.url}: {fault.error}"))

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self._host}/", "data:")):
            self.complaints.append(f"asked {request.url}")

    def _failed(self, request: Request) -> None:
        # Whatever was under way when the reader went on is given up; a download counts as given up too.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"no answer from {request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.request.resource_type not in {"document", "fetch", "xhr"}:
            self.complaints.append(f"{response.status} from {response.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if not message.text.startswith((ANSWERED_WITH_AN_ERROR, CLEARED)):
            self.complaints.append(f"{message.location.get('url')}: {message.text}")

    def forget(self) -> None:
        """Begin anew, after something that was meant to go wrong."""
        self.complaints.clear()


@contextmanager
def window(
    browser: Browser, host: str, *, width: int = WIDE, theme: str = "light", **options: Any
) -> Iterator[tuple[Page, Watch]]:
    """A window of its own, signed in nowhere, with its watch."""
    settings: dict[str, Any] = {
        "viewport": {"width": width, "height": HEIGHT},
        "color_scheme": theme,
        "reduced_motion": "reduce",
        "locale": "en-US",
        "timezone_id": "Europe/Helsinki",
        "base_url": host,
    }
    context = browser.new_context(**(settings | options))
    context.set_default_timeout(15_000)
    watch = Watch(context, host)
    try:
        yield context.new_page(), watch
    finally:
        context.close()


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands, each with its element."""
    wanted = {"type": "tag", "values": RULES}
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN_AXE, {"runOnly": wanted, "resultTypes": ["violations"], "selectors": False})
    return found


def faults(page: Page, watch: Watch) -> list[str]:
    """What is wrong with the page at the width and in the theme that it has: nothing, if all is well."""
    size = page.viewport_size
    overhang = page.evaluate("document.documentElement.scrollWidth") - size["width"] if size else 0
    sideways = [f"{overhang} px wider than the window"] if overhang > 0 else []
    return [f"{page.url}: {fault}" for fault in [*violations(page), *sideways, *watch.complaints]]


def faults_in_every_light(page: Page, watch: Watch) -> list[str]:
    """What is wrong on a wide light page and on a narrow dark one, all unfolded; and sideways at 320 px.

    Every component at each width in each theme: tests/pages/test_look.py.
    """
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    found: list[str] = []
    for width, theme in ((WIDE, "light"), (NARROW, "dark")):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme=theme)
        found += [f"{width} {theme}: {fault}" for fault in faults(page, watch)]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": NARROWEST, "height": HEIGHT})
    if page.evaluate("document.documentElement.scrollWidth") > NARROWEST:
        found.append(f"{page.url}: wider than {NARROWEST} px")
    return found
