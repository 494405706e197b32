"""The look itself, in a real browser: accessible in both themes, at a phone's width and at a desk's."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.pages.gallery import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.pages.gallery")]

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]


def shown(stage, browser: Browser, name: str, width: int, theme: str) -> Page:
    """The page in a window of its own, with every request and word of the console collected on it."""
    stage.pages[f"/{name}"] = PAGES[name]()
    page = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce", locale="en-US"
    ).new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("requestfailed", lambda request: page.complaints.append(request.url))
    page.on(
        "request", lambda request: request.url.startswith((stage.url, "data:")) or page.complaints.append(request.url)
    )
    page.goto(f"{stage.url}/{name}")
    return page


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_look_is_accessible_and_quiet(stage, browser, name, width, tmp_path):
    page = shown(stage, browser, name, width, "light")
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.screenshot(path=Path(tmp_path) / f"{name}-{width}-{theme}.png", full_page=True)
        found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        assert [(theme, one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
        assert page.locator("html").get_attribute("data-bs-theme") == theme
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.complaints == []
    page.context.close()


def test_the_controls_of_a_page_are_large_enough(stage, browser):
    page = shown(stage, browser, "errors", 360, "light")
    heights = page.locator(".btn, .form-control, .form-select, .form-check, .page-link, summary").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().height)"
    )
    assert min(heights) >= 44
    page.context.close()


def test_the_columns_of_a_picture_stand_over_the_buttons(stage, browser):
    for width in (320, 360, 1280):
        page = shown(stage, browser, "rate", width, "light")
        box = page.locator('.nine input[value="8"]').first.bounding_box()
        bar = page.locator("svg.dist rect").nth(5).bounding_box()
        assert abs((box["x"] + box["width"] / 2) - (bar["x"] + bar["width"] / 2)) <= 1
        assert box["width"] >= 24
        page.context.close()


def test_paper_shows_light_colours_and_no_buttons(stage, browser):
    page = shown(stage, browser, "staff", 1280, "dark")
    page.emulate_media(media="print")
    assert page.locator(".btn:visible").count() == 0
    assert page.locator(".demo").is_visible()
    assert page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("h1").evaluate("one => getComputedStyle(one).color") == "rgb(0, 0, 0)"
    page.context.close()


def test_the_theme_follows_the_reader_while_the_page_is_open(stage, browser):
    page = shown(stage, browser, "rate", 1280, "light")
    page.emulate_media(color_scheme="dark")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.context.close()


def test_a_page_with_errors_says_so_in_its_title(stage, browser):
    page = shown(stage, browser, "states", 1280, "light")
    assert page.title() == "Error: Vignette 3 of 7: aged 70"
    page.context.close()
