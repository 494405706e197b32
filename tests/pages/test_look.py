"""The look itself, in a real browser: accessible in both themes, at a phone's width and at a desk's."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browsing import Watch, faults, window
from tests.pages.gallery import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.pages.gallery")]


@contextmanager
def shown(stage, browser: Browser, name: str, width: int, theme: str) -> Iterator[tuple[Page, Watch]]:
    """The page in a window of its own."""
    stage.pages[f"/{name}"] = PAGES[name]()
    with window(browser, stage.url, width=width, theme=theme) as (page, watch):
        page.goto(f"/{name}")
        yield page, watch


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_look_is_accessible_and_quiet(stage, browser, name, width, tmp_path):
    with shown(stage, browser, name, width, "light") as (page, watch):
        page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.screenshot(path=Path(tmp_path) / f"{name}-{width}-{theme}.png", full_page=True)
            assert faults(page, watch) == []
            assert page.locator("html").get_attribute("data-bs-theme") == theme


def test_the_controls_of_a_page_are_large_enough(stage, browser):
    with shown(stage, browser, "errors", 360, "light") as (page, _watch):
        heights = page.locator(".btn, .form-control, .form-select, .form-check, .page-link, summary").evaluate_all(
            "all => all.map(one => one.getBoundingClientRect().height)"
        )
        assert min(heights) >= 44


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_the_columns_of_a_picture_stand_over_the_buttons(stage, browser, width):
    with shown(stage, browser, "rate", width, "light") as (page, _watch):
        box = page.locator('.nine input[value="8"]').first.bounding_box()
        bar = page.locator("svg.dist rect").nth(5).bounding_box()
        assert abs((box["x"] + box["width"] / 2) - (bar["x"] + bar["width"] / 2)) <= 1
        assert box["width"] >= 24


def test_paper_shows_light_colours_and_no_buttons(stage, browser):
    with shown(stage, browser, "staff", 1280, "dark") as (page, _watch):
        page.emulate_media(media="print")
        assert page.locator(".btn:visible").count() == 0
        assert page.locator(".demo").is_visible()
        assert page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.locator("h1").evaluate("one => getComputedStyle(one).color") == "rgb(0, 0, 0)"


def test_the_theme_follows_the_reader_while_the_page_is_open(stage, browser):
    with shown(stage, browser, "rate", 1280, "light") as (page, _watch):
        page.emulate_media(color_scheme="dark")
        assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_a_page_with_errors_says_so_in_its_title(stage, browser):
    with shown(stage, browser, "states", 1280, "light") as (page, _watch):
        assert page.title() == "Error: Vignette 3 of 7: aged 70"
