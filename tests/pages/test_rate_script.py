"""The script of the rating page against a server that keeps a sheet by the same rules as ours, in a real browser."""

import re
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.template import engines
from playwright.sync_api import Browser, Page, expect

from surveys.pages.radios import OwnMark
from surveys.pages.scale import Conflict, GroupOnPage, StatementOnPage, conflict_note, pieces
from tests.pages.gallery import GROUP, rate_page

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.pages.gallery")]

NAMES = ("s1", "reason-s1", "s2", "reason-s2")


@dataclass
class Sheet:
    """What is stored, and what went wrong with the wire."""

    stored: dict[str, str] = field(default_factory=lambda: dict.fromkeys(NAMES, ""))
    version: int = 1
    state: str = "draft"
    failures: list[int] = field(default_factory=list)
    refusal: dict[str, str] | None = None
    is_closed: bool = False

    def answer(self, posted: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if self.failures:
            return self.failures.pop(0), {}
        if self.is_closed:
            return 410, {"html": '<div class="note err" role="alert"><h2>Round 3 closed</h2></div>'}
        if self.refusal:
            return 422, {"errors": self.refusal}
        said = [name for name in NAMES if f"seen-{name}" in posted]
        changed = {name: posted.get(name, "") for name in said if posted.get(name, "") != posted[f"seen-{name}"]}
        conflicts = [
            {"name": name, "theirs": self.stored[name], "mine": mine, "html": self.note(name, mine)}
            for name, mine in changed.items()
            if self.stored[name] not in (posted[f"seen-{name}"], mine)
        ]
        if conflicts:
            return 409, {"version": self.version, "seen": self.stored, "conflicts": conflicts}
        self.stored |= changed
        self.version += 1
        done = sum(1 for name in ("s1", "s2") if self.stored[name])
        progress = {"done": done, "total": 2, "words": f"{done} of 2 rated."}
        return 200, {"state": self.state, "version": self.version, "seen": self.stored, "progress": progress}

    def note(self, name: str, mine: str) -> str:
        return str(conflict_note(name, Conflict(self.stored[name], mine)))


def statements(**first: Any) -> tuple[StatementOnPage, ...]:
    wording = pieces("TMS would be my main choice.", ["TMS"])
    own = (OwnMark(7, "round 2"),)
    return (
        StatementOnPage(name="s1", wording=wording, group=GROUP, own_marks=own, **first),
        StatementOnPage(name="s2", wording=wording, group=GroupOnPage("round 2", fewer_than=5)),
    )


@pytest.fixture
def sheet() -> Sheet:
    return Sheet()


@pytest.fixture
def page(stage, sheet: Sheet, browser: Browser) -> Page:
    """The rating page with two statements, saved by `sheet`."""
    stage.answer = sheet.answer
    progress = '<p data-progress-words>0 of 2 rated.</p><progress data-progress max="2" value="0"></progress>'
    stage.pages["/rate"] = rate_page(*statements()).replace("</main>", f"{progress}</main>")
    page = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce").new_page()
    page.goto(f"{stage.url}/rate")
    yield page
    page.context.close()


def choose(page: Page, name: str, value: str) -> None:
    page.locator(f'input[name="{name}"][value="{value}"]').check()


def state(page: Page):
    return page.locator("#save-state")


def test_a_rating_is_saved_as_a_draft_after_a_pause(page, stage, sheet):
    choose(page, "s1", "8")
    expect(page.locator("[data-progress-words]")).to_have_text("1 of 2 rated.")
    expect(state(page)).to_have_text("Saved as a draft")
    assert sheet.stored == {"s1": "8", "reason-s1": "", "s2": "", "reason-s2": ""}
    assert len(stage.posts) == 1
    assert page.locator('input[name="version"]').input_value() == "2"
    assert page.locator('input[name="seen-s1"]').input_value() == "8"
    assert page.locator("progress[data-progress]").get_attribute("value") == "1"
    assert stage.posts[0]["action"] == "save"
    assert re.fullmatch(r"[0-9a-f-]{36}", stage.posts[0]["replay"])


def test_what_is_as_it_was_seen_stays_at_home(page, stage, sheet):
    choose(page, "s2", "5")
    expect(page.locator("[data-progress-words]")).to_have_text("1 of 2 rated.")
    choose(page, "s1", "8")
    page.locator("#reason-s2").evaluate("one => { one.closest('details').open = true; }")
    page.locator("#reason-s2").fill("Why")
    expect(page.locator("[data-progress-words]")).to_have_text("2 of 2 rated.")
    page.locator('button[name="clear"][value="s2"]').click()
    expect(page.locator("[data-progress-words]")).to_have_text("1 of 2 rated.")
    frame = {name: value for name, value in stage.posts[0].items() if not re.search(r"s\d$", name)}
    assert frame.keys() == {*hidden_in(page), "action", "replay"}
    said = [{name: value for name, value in posted.items() if name not in frame} for posted in stage.posts]
    assert said[0] == {"s2": "5", "seen-s2": ""}
    assert said[-1] == {"seen-s2": "5"}
    assert {name for one in said[1:-1] for name in one} == {"s1", "seen-s1", "reason-s2", "seen-reason-s2"}
    assert sheet.stored == {"s1": "8", "reason-s1": "", "s2": "", "reason-s2": "Why"}


def hidden_in(page: Page) -> list[str]:
    """The hidden fields of the form that belong to no statement."""
    hidden = page.locator("#rating-form input[type=hidden]:not([name*=seen-])")
    return hidden.evaluate_all("all => all.map(one => one.name)")


def test_what_is_changed_back_while_it_is_under_way_is_taken_back(page, stage, sheet):
    def slowly(posted: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if "s1" in posted:
            time.sleep(0.5)
        return sheet.answer(posted)

    stage.answer = slowly
    with page.expect_request("**/rate"):
        choose(page, "s1", "8")
    page.locator('button[name="clear"][value="s1"]').click()
    expect(page.locator('input[name="version"]')).to_have_value("3")
    assert sheet.stored["s1"] == ""


def test_quick_changes_go_out_as_one_save(page, stage, sheet):
    for value in "5678":
        choose(page, "s1", value)
    choose(page, "s2", "abstain")
    expect(page.locator("[data-progress-words]")).to_have_text("2 of 2 rated.")
    assert (sheet.stored["s1"], sheet.stored["s2"], len(stage.posts)) == ("8", "abstain", 1)


def test_after_submission_the_words_say_that_it_counts(page, sheet):
    sheet.state = "submitted"
    choose(page, "s1", "8")
    expect(state(page)).to_have_text("Saved. Your sheet is submitted.")


def test_saving_is_shown_but_never_announced(page, sheet, stage):
    page.evaluate(
        """() => {
            window.seen = [];
            new MutationObserver(() => window.seen.push(document.getElementById("save-state").innerHTML))
                .observe(document.getElementById("save-state"), {childList: true});
        }"""
    )
    choose(page, "s1", "8")
    expect(page.locator("[data-progress-words]")).to_have_text("1 of 2 rated.")
    first, last = page.evaluate("window.seen.map(one => one.trim())")
    assert first.startswith('<span aria-hidden="true">')
    assert "Saving" in first
    assert "aria-hidden" not in re.sub(r"<svg.*?</svg>", "", last)
    assert state(page).get_attribute("role") == "status"


def test_digits_choose_while_the_focus_is_in_the_scale(page, sheet):
    page.locator('input[name="s1"]').first.focus()
    page.keyboard.press("6")
    expect(page.locator('input[name="s1"][value="6"]')).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-progress-words]")).to_have_text("1 of 2 rated.")
    assert sheet.stored["s1"] == "7"


def test_digits_in_a_reason_are_text(page, sheet):
    choose(page, "s1", "3")
    page.locator("#reason-s1").press_sequentially("7 of 9")
    expect(page.locator("[data-progress-words]")).to_have_text("1 of 2 rated.")
    page.wait_for_function("document.querySelector('[name=seen-reason-s1]').value === '7 of 9'")
    assert (sheet.stored["s1"], sheet.stored["reason-s1"]) == ("3", "7 of 9")


def test_clear_takes_a_rating_back_without_leaving_the_page(page, sheet):
    choose(page, "s1", "8")
    expect(page.locator("[data-progress-words]")).to_have_text("1 of 2 rated.")
    page.locator('button[name="clear"][value="s1"]').click()
    expect(page.locator("[data-progress-words]")).to_have_text("0 of 2 rated.")
    assert sheet.stored["s1"] == ""
    assert page.locator('input[name="s1"]:checked').count() == 0


def test_a_move_to_another_band_asks_why(page):
    choose(page, "s1", "3")
    expect(page.locator("#question-s1")).to_have_text("You moved from 7 to 3. Why? (optional)")
    expect(page.locator("#reason-s1")).to_be_visible()
    choose(page, "s1", "7")
    expect(page.locator("#question-s1")).to_have_text("Add a reason (optional)")
    choose(page, "s2", "1")
    expect(page.locator("#question-s2")).to_have_text("Add a reason (optional)")


def test_offline_ratings_are_kept_counted_and_saved_when_the_connection_is_back(page, stage, sheet):
    page.context.set_offline(True)
    choose(page, "s1", "8")
    choose(page, "s2", "6")
    note = page.locator("#save-note .note")
    expect(note).to_have_text(
        "You are offline. 2 ratings are kept in this page and will be saved when the connection is back. Keep it open."
    )
    expect(state(page)).to_have_text("Not saved yet")
    assert stage.posts == []
    page.context.set_offline(False)
    expect(state(page)).to_have_text("Saved as a draft")
    expect(note).to_have_count(0)
    assert (sheet.stored["s1"], sheet.stored["s2"]) == ("8", "6")


def test_a_silent_server_is_tried_again_with_the_same_key(page, stage, sheet):
    sheet.failures = [503, 502]
    choose(page, "s1", "8")
    expect(page.locator("#save-note .note")).to_contain_text("The server does not answer. 1 rating is kept")
    expect(page.locator("[data-progress-words]")).to_have_text("1 of 2 rated.", timeout=10000)
    assert len({posted["replay"] for posted in stage.posts}) == 1
    assert len(stage.posts) == 3


def test_another_tabs_rating_is_shown_with_both_values_and_neither_is_lost(page, sheet):
    sheet.stored["s1"] = "6"
    choose(page, "s1", "8")
    choose(page, "s2", "5")
    note = page.locator("#conflict-s1")
    expect(note).to_contain_text("Changed in another tab. There you rated 6; here you see 8.")
    expect(page.locator("[data-progress-words]")).to_have_text("2 of 2 rated.")
    assert (sheet.stored["s1"], sheet.stored["s2"]) == ("6", "5")
    expect(state(page)).to_have_text("Not saved yet")
    note.get_by_role("button", name="Use 8").click()
    expect(note).to_have_count(0)
    expect(state(page)).to_have_text("Saved as a draft")
    assert sheet.stored["s1"] == "8"


def test_the_other_tabs_rating_can_be_taken(page, sheet):
    sheet.stored["s1"] = "6"
    choose(page, "s1", "8")
    page.get_by_role("button", name="Use 6").click()
    expect(page.locator('input[name="s1"][value="6"]')).to_be_checked()
    expect(page.locator("#conflict-s1")).to_have_count(0)
    expect(state(page)).to_have_text("Saved")
    assert sheet.stored["s1"] == "6"


def test_a_rating_that_only_another_tab_changed_is_followed(page, sheet):
    sheet.stored["s2"] = "4"
    choose(page, "s1", "8")
    expect(page.locator('input[name="s2"][value="4"]')).to_be_checked()
    assert sheet.stored["s2"] == "4"


def test_after_the_close_nothing_can_be_changed_and_the_page_says_so(page, stage, sheet):
    sheet.is_closed = True
    choose(page, "s1", "8")
    expect(page.get_by_role("alert")).to_contain_text("Round 3 closed")
    expect(state(page)).to_have_text("Closed")
    assert page.locator("#rating-form input:enabled, #rating-form button:enabled").count() == 0


def test_signed_out_keeps_the_rating_in_the_page(page, sheet):
    sheet.failures = [403]
    choose(page, "s1", "8")
    expect(page.get_by_role("alert")).to_contain_text("You are signed out")
    choose(page, "s1", "9")
    expect(state(page)).to_have_text("Saved as a draft")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert sheet.stored["s1"] == "9"


def test_what_the_server_refuses_is_said_at_the_field_and_not_sent_again(page, stage, sheet):
    sheet.refusal = {"reason-s1": "This reason is too long."}
    page.locator('details[data-reason="s1"] summary').click()
    page.locator("#reason-s1").fill("Much too long")
    expect(page.locator("#error-reason-s1")).to_have_text("Error: This reason is too long.")
    expect(state(page)).to_have_text("Not saved yet")
    sheet.refusal = None
    choose(page, "s1", "8")
    expect(page.locator("[data-progress-words]")).to_have_text("1 of 2 rated.")
    assert (sheet.stored["s1"], sheet.stored["reason-s1"]) == ("8", "")
    page.locator("#reason-s1").fill("Short")
    expect(state(page)).to_have_text("Saved as a draft")
    assert sheet.stored["reason-s1"] == "Short"


def test_leaving_at_once_still_saves(page, stage, sheet):
    choose(page, "s1", "8")
    page.goto("about:blank")
    page.wait_for_timeout(500)
    assert sheet.stored["s1"] == "8"


def test_leaving_with_something_unsaved_is_warned_about(page, sheet):
    sheet.failures = [503] * 50
    choose(page, "s1", "8")
    expect(state(page)).to_have_text("Not saved yet")
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.accept()


def test_enter_in_the_scale_saves_and_goes_on_and_clears_nothing(page, stage, sheet):
    choose(page, "s1", "8")
    page.locator('input[name="s1"][value="8"]').press("Enter")
    expect(page.locator("h1")).to_have_text("Posted")
    assert (stage.posts[-1]["action"], stage.posts[-1]["s1"]) == ("save", "8")
    assert "clear" not in stage.posts[-1]


def test_the_page_is_a_plain_form_without_the_script(stage, browser):
    stage.pages["/rate"] = rate_page(*statements())
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{stage.url}/rate")
    choose(page, "s1", "8")
    choose(page, "s2", "abstain")
    page.get_by_role("button", name="Next: vignette 4").click()
    posted = stage.posts[0]
    assert {name: posted.get(name) for name in ("s1", "s2", "reason-s1", "seen-s1", "version", "action")} == {
        "s1": "8",
        "s2": "abstain",
        "reason-s1": "",
        "seen-s1": "",
        "version": "1",
        "action": "save",
    }
    page.context.close()


SIGN_IN = """{% extends "panelist.html" %}{% load static %}{% block main %}
<form id="code-form" method="post" action="/panel/"><label>Code <input name="code"></label><button>Go on</button></form>
{% endblock %}{% block scripts %}<script src="{% static "panelist/sign-in.js" %}" defer></script>{% endblock %}"""


def test_the_secret_of_a_link_is_posted_and_leaves_the_address(stage, browser):
    stage.pages["/panel/"] = engines["django"].from_string(SIGN_IN).render({"study": {}})
    page = browser.new_context().new_page()
    addresses = []
    page.on("request", lambda request: addresses.append(request.url))
    page.goto(f"{stage.url}/panel/#t=abc-DEF_123")
    expect(page.locator("h1")).to_have_text("Posted")
    assert stage.posts == [{"code": "abc-DEF_123"}]
    assert [address for address in addresses if "abc-DEF" in address] == []
    page.goto(f"{stage.url}/panel/")
    page.evaluate("location.hash = '#t=second'")
    expect(page.locator("h1")).to_have_text("Posted")
    assert stage.posts[-1] == {"code": "second"}
    page.context.close()


def test_without_a_secret_the_form_waits_for_a_code(stage, browser):
    stage.pages["/panel/"] = engines["django"].from_string(SIGN_IN).render({"study": {}})
    page = browser.new_context().new_page()
    page.goto(f"{stage.url}/panel/")
    page.get_by_label("Code").fill("typed")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("h1")).to_have_text("Posted")
    assert stage.posts == [{"code": "typed"}]
    page.context.close()
