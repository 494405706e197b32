"""A facilitator before and after an option survey: what is written, planned, opened, closed, looked at and released."""

import datetime as dt

from playwright.sync_api import Locator, expect

from surveys.feedback.services.closing import finish_closing_rounds
from tests.factories import PASSWORD, make_facilitator
from tests.journeys.people import Person
from tests.journeys.setting_up import BASE, FACILITATOR, LIST, NAMES, VARIATION

OPTIONS = (("TMS", "Add"), ("ECT", "Add"), ("Vortioxetine", "Switch"), ("Vilazodone", "Switch"))
ANXIOUS = BASE.replace("Two antidepressants", "She is very anxious. Two antidepressants")
QUESTIONS = (
    "How likely to recommend each option",
    "Ranking of all options",
    "Top choices, equally recommended",
    "Options one would not recommend",
    "Comments with reasons",
    "Suggestions of further options",
)

REASON = "Fast, and she can go on with her work."
REMARK = "Six months are long."
SUGGESTION = "Vortioxetine and vilazodone act alike, as Keller says: ask about one SRI not yet tried."
PUBLISHED = "Vortioxetine and vilazodone act alike: ask about one SRI not yet tried."
THEME = "Drugs that act alike"
MERGED = "SRI not yet tried"
WHY_ONE = "Both are serotonin reuptake inhibitors, and nobody told them apart."


def sign_in(facilitator: Person) -> None:
    make_facilitator(FACILITATOR, "Vera Moor")
    facilitator.page.goto("/")
    facilitator.sees("Sign in to work on a study")
    facilitator.fills(username=FACILITATOR, password=PASSWORD)
    facilitator.presses("Sign in")
    facilitator.sees("You have no study yet")


def write_the_questionnaire(facilitator: Person) -> None:
    """The base case, two variations and four options; no statement yet."""
    facilitator.follows("Questionnaire")
    facilitator.follows("Write the base case")
    facilitator.fills(title="Base case", text=BASE)
    facilitator.presses("Save the vignette")
    variations = (("Aged 70", "70 years old, not 30", VARIATION), ("Anxious", "very anxious", ANXIOUS))
    for title, aspect, text in variations:
        facilitator.follows("Add a variation")
        facilitator.fills(title=title, aspect=aspect, text=text)
        facilitator.presses("Save the vignette")
    facilitator.follows("Add an option")
    for name, category in OPTIONS:
        facilitator.fills(name=name, category=category)
        facilitator.presses("Save the option" if name == OPTIONS[-1][0] else "Save and add another")
        facilitator.reads(f"“{name}” is saved.")
    facilitator.sees("3 vignettes, 0 statements to rate")


def add_the_panel(facilitator: Person) -> None:
    facilitator.follows("Panel")
    facilitator.follows("Add a list")
    facilitator.fills(text=LIST)
    facilitator.presses("See what would be added")
    facilitator.presses("Add 6 panelists")
    facilitator.reads(*NAMES)


def open_survey_1(facilitator: Person) -> None:
    """Choose in the plan what it asks, and that a variation may keep the base case's answers."""
    facilitator.follows("Overview")
    facilitator.sees("This study has no round yet.")
    facilitator.reads("Nothing is missing.", "6 panelists")
    facilitator.presses("Prepare option survey 1")
    facilitator.sees("Option survey 1 is being prepared")
    for label in ("Factors that the vignette leaves out", "Suggestions of clearer wording"):
        facilitator.page.get_by_label(label).uncheck()
    facilitator.page.get_by_label("Variations may keep the base case's answers").check()
    facilitator.fills(top_least="1", top_most="2")
    plan(facilitator)
    facilitator.reads("3 vignettes are shown.", *QUESTIONS, "at most 2.", "Variations may keep the base case")
    facilitator.does_not_read("clearer wording")
    open_round(facilitator, "Option survey 1")


def open_survey_2(facilitator: Person) -> None:
    """It asks what the first one asked, of the questionnaire as it stands now."""
    facilitator.follows("Overview")
    facilitator.sees("Option survey 1 is closed. The panel has its results.")
    facilitator.follows("Or prepare option survey 2")
    facilitator.sees("Prepare option survey 2?")
    facilitator.presses("Prepare option survey 2")
    facilitator.sees("Option survey 2 is being prepared")
    plan(facilitator)
    open_round(facilitator, "Option survey 2")


def plan(facilitator: Person) -> None:
    """Two weeks from now on the study's clocks, as a field of day and time takes it."""
    closes_at = (dt.datetime.now(dt.UTC) + dt.timedelta(days=14)).strftime("%Y-%m-%dT%H:%M")
    facilitator.fills(closes_at=closes_at)
    facilitator.presses("Save and check")
    facilitator.sees("Nothing is missing.")


def phrase_of(name: str) -> str:
    """A round's name within a sentence, as buttons have it."""
    return name[:1].lower() + name[1:]


def open_round(facilitator: Person, name: str) -> None:
    facilitator.presses(f"Open {phrase_of(name)} now")
    facilitator.sees(f"{name} is open until")
    facilitator.reads("0 of 6 panelists have submitted.")


def close(facilitator: Person, name: str) -> None:
    """Close the round; the schedule tallies it, and the page that waits shows the result by itself."""
    facilitator.page.reload()
    facilitator.reads("6 of 6 panelists have submitted.")
    facilitator.follows("Close the round now")
    facilitator.presses(f"Close {phrase_of(name)} now")
    facilitator.sees(f"{name} is closed to answers. They are being counted")
    assert finish_closing_rounds() == 1
    facilitator.sees(f"{name} is closed.")
    facilitator.reads("6 of 6 panelists submitted.")


def look_at_the_results(facilitator: Person) -> None:
    """What 6 answers may show: shares in tenths and median ranks, and nothing that is finer."""
    result = facilitator.page.get_by_role("region", name="Vignette 1: Base case")
    expect(result.get_by_role("row", name="ECT Add")).to_contain_text("80%")
    expect(result.get_by_role("row", name="TMS Add")).to_contain_text("not shown")
    expect(result).to_contain_text("Not shown to anyone: the counts of the levels, with fewer than 7 answers")
    # A name stands there in one place: the warning of a comment that holds it.
    facilitator.reads(f"It may name {NAMES[1]}, who is on the panel.")
    facilitator.does_not_read(NAMES[0], *NAMES[2:])


def moderate(facilitator: Person) -> None:
    """Publish the comments as they are, and the suggestion edited; put it under a theme."""
    facilitator.reads("3 comments below wait to be published or hidden.")
    for words in (REASON, REMARK):
        comment(facilitator, words).get_by_role("button", name="Publish as it is").click()
    suggestion = comment(facilitator, SUGGESTION)
    suggestion.get_by_text("Edit or hide").click()
    suggestion.get_by_label("As the panel will read it").fill(PUBLISHED)
    suggestion.get_by_role("button", name="Publish as edited").click()
    facilitator.reads("No comment waits to be looked at.")
    suggestion = comment(facilitator, SUGGESTION)
    suggestion.get_by_label("Theme").fill(THEME)
    suggestion.get_by_role("button", name="Group it").click()
    facilitator.reads("Published as:", PUBLISHED)
    facilitator.sees("Option survey 1 is closed.")


def comment(facilitator: Person, words: str) -> Locator:
    return facilitator.page.locator("li.comment").filter(has_text=words)


def look_at_the_wall(facilitator: Person, name: str) -> None:
    facilitator.follows("Show these results to a meeting")
    facilitator.sees(f"{name}: what the panel said")
    facilitator.reads("1. Base case", THEME, PUBLISHED)
    facilitator.does_not_read(SUGGESTION, *NAMES)
    facilitator.follows("Back to the results")


def release(facilitator: Person, name: str) -> None:
    facilitator.follows("See what the panel will see")
    facilitator.sees("This is what the panel will see of")
    facilitator.presses(f"Release the results of {phrase_of(name)}")
    facilitator.reads("The panel has the results of", "Released on")
