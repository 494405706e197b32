"""A questionnaire that is built with its panel: from an empty study over two option surveys to a rating round."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage
from playwright.sync_api import Browser, expect

from surveys.rounds.models import Round
from tests.factories import PASSWORD, fill_all, make_administrator
from tests.journeys import answering_options as answering
from tests.journeys import asking_options as asking
from tests.journeys import changing_options as changing
from tests.journeys.asking_options import MERGED, SUGGESTION, WHY_ONE
from tests.journeys.changing_options import REWORDED, WHY_WORDED
from tests.journeys.people import Person, panelist, person
from tests.journeys.setting_up import (
    ADDRESSES,
    ADMINISTRATOR,
    BASE,
    NAMES,
    STEM,
    STUDY,
    create_the_study,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 360, "has_touch": True}
PROPOSED = f"TMS or SRI not yet tried {STEM}"
COMPOSED = f"TMS or ECT {STEM}"
WHY_COMPOSED = "At this age both are at hand."


def test_a_questionnaire_from_an_empty_study_to_a_rating_round(
    site: str, browser: Browser, mailoutbox: Sequence[EmailMessage]
) -> None:
    with person(browser, site) as facilitator:
        asking.sign_in(facilitator)
        create_the_study(facilitator)
        asking.write_the_questionnaire(facilitator)
        asking.add_the_panel(facilitator)
        asking.open_survey_1(facilitator)
        answering.answer_survey_1(browser, site, mailoutbox)
        asking.close(facilitator, "Option survey 1")
        asking.look_at_the_results(facilitator)
        asking.moderate(facilitator)
        asking.release(facilitator, "Option survey 1")
        asking.look_at_the_wall(facilitator, "Option survey 1")
        changing.plan_a_meeting(facilitator)
        changing.merge_two_options(facilitator)
        changing.reword_the_base_case(facilitator)
        changing.link_both_steps_to_the_decision(facilitator)
        asking.open_survey_2(facilitator)
        answering.answer_survey_2(browser, site, mailoutbox)
        asking.close(facilitator, "Option survey 2")
        asking.release(facilitator, "Option survey 2")
        make_statements(facilitator)
        open_the_rating_round(facilitator)
        rate(browser, site, mailoutbox)
        asking.close(facilitator, "Rating round 1")
        asking.release(facilitator, "Rating round 1")
        look_at_the_results(browser, site, mailoutbox)
        look_at_the_flow(facilitator)
    with person(browser, site) as administrator:
        export(administrator)


def make_statements(facilitator: Person) -> None:
    """Accept what the top choices propose for two vignettes, and compose another for the third."""
    facilitator.follows("Look at the proposed statements")
    facilitator.sees("The top choices propose 3 statements")
    facilitator.reads(PROPOSED, "For it")
    accept(facilitator, 1)
    facilitator.sees("The top choices propose 2 statements")
    accept(facilitator, 3)
    facilitator.page.locator("#proposal-2").get_by_role("link", name="Compose another").click()
    facilitator.sees("Which options does the statement recommend?")
    for name in ("TMS", "ECT"):
        facilitator.page.get_by_label(name).check()
    facilitator.presses("See the statement")
    facilitator.sees("This is the statement that the panel will rate")
    facilitator.fills(reason=WHY_COMPOSED)
    facilitator.presses("Save the statement")
    facilitator.sees("3 vignettes, 3 statements to rate")
    facilitator.reads(PROPOSED, COMPOSED)


def accept(facilitator: Person, vignette: int) -> None:
    with facilitator.page.expect_navigation():
        facilitator.page.locator(f"#proposal-{vignette}").get_by_role("button", name="Accept").click()


def open_the_rating_round(facilitator: Person) -> None:
    facilitator.follows("Overview")
    facilitator.sees("Option survey 2 is closed. The panel has its results.")
    facilitator.presses("Prepare rating round 1")
    facilitator.sees("Rating round 1 is being prepared")
    asking.plan(facilitator)
    asking.open_round(facilitator, "Rating round 1")


def rate(browser: Browser, site: str, mails: Sequence[EmailMessage]) -> None:
    """The first page says which statements are new and why; one panelist disagrees with the composed one."""
    links = answering.links_of(mails)
    with panelist(browser, site, **PHONE) as one:
        one.opens(links[0])
        one.sees("3 statements to rate")
        one.reads("What changed since option survey 2", "2 statements are new.", COMPOSED, f"Why: {WHY_COMPOSED}")
        one.follows("Start with vignette 1")
        one.sees("Vignette 1 of 3: Base case")
        one.reads(REWORDED, PROPOSED)
        for number, rating in enumerate((8, 5, 8), start=1):
            one.rates(number, rating)
            if number < 3:
                one.presses(f"Next: vignette {number + 1}")
        one.submits()
    fill_all(Round.objects.get(number=3), [[8, 8, 8, 9, 7, 8], [5, 8, 8, 9, 7, 8], [8] * 6])


def look_at_the_results(browser: Browser, site: str, mails: Sequence[EmailMessage]) -> None:
    links = answering.links_of(mails)
    with panelist(browser, site, width=360) as one:
        one.opens(links[0])
        one.sees("The results of")
        one.follows("See the results")
        one.sees("6 of 6 panelists answered in")
        one.reads("The group: 6 ratings, mean 8.00", "You: you rated 5.")
        one.does_not_read(*NAMES)
        one.follows("Option survey 2")
        one.sees("6 of 6 panelists answered in option survey 2")


def look_at_the_flow(facilitator: Person) -> None:
    """The picture on the study's page tells the merge, the rewording and the consensus, and so does its list."""
    facilitator.follows("Overview")
    facilitator.page.get_by_text("Flow of options, vignettes and statements through the rounds").first.click()
    picture = facilitator.page.get_by_role("img", name="Flow of options, vignettes and statements through the rounds.")
    expect(picture).to_contain_text(f"“Vortioxetine” and “Vilazodone” are now one option, “{MERGED}”.")
    expect(picture).to_contain_text("The vignette “Base case” is worded anew.")
    expect(picture).to_contain_text("Reached consensus in rating round 1.")
    facilitator.page.get_by_text("The same as a list").click()
    facilitator.sees("2 of 3 statements have full consensus.")
    facilitator.reads(f"Why: {WHY_ONE}", f"Why: {WHY_WORDED}", f"Why: {WHY_COMPOSED}")


def export(administrator: Person) -> None:
    """The file has the tables and every step, and no panelist."""
    make_administrator(ADMINISTRATOR)
    administrator.page.goto("/")
    administrator.fills(username=ADMINISTRATOR, password=PASSWORD)
    administrator.presses("Sign in")
    administrator.follows("Studies and exports")
    administrator.follows(STUDY)
    administrator.sees("3 closed rounds can be exported")
    with administrator.page.expect_download() as started:
        administrator.page.get_by_role("link", name="JSON of the whole study").click()
    written = Path(started.value.path()).read_text()
    study: dict[str, Any] = json.loads(written)
    assert [(one["number"], one["kind"], len(one["statements"])) for one in study["rounds"]] == [
        (1, "option_survey", 0),
        (2, "option_survey", 0),
        (3, "rating", 3),
    ]
    assert study["tables"]["table_2"] == [
        {"option": "TMS", "category": "Add"},
        {"option": "ECT", "category": "Add"},
        {"option": MERGED, "category": "Switch"},
    ]
    assert study["tables"]["table_4"] == [
        {"vignette": title, "option": "ECT", "percent": 50.0} for title in ("Base case", "Aged 70", "Anxious")
    ]
    assert [row["recommendations"] for row in study["tables"]["table_3"]] == [
        ["TMS", MERGED],
        ["TMS", "ECT"],
        ["TMS", MERGED],
    ]
    told = ("kind", "step", "from", "to", "reason")
    since = [tuple(step[name] for name in told) for step in study["lineage"] if step["number"] > 7]
    proposed = "Proposed from option survey 2: top choices TMS 100%, SRI not yet tried 100% of 6."
    assert since == [
        ("option", "merge", ["Vortioxetine", "Vilazodone"], [MERGED], WHY_ONE),
        ("vignette", "reword", [BASE], [REWORDED], WHY_WORDED),
        ("statement", "add", [], [PROPOSED], proposed),
        ("statement", "add", [], [PROPOSED], proposed),
        ("statement", "add", [], [COMPOSED], WHY_COMPOSED),
    ]
    assert all(step["at"] for step in study["lineage"])
    assert [name for name in (*NAMES, *ADDRESSES, SUGGESTION) if name in written] == []
