"""A facilitator between two option surveys: the meeting, its agenda, what changed after it, and what it decided."""

import datetime as dt

from tests.journeys.asking_options import MERGED, PUBLISHED, WHY_ONE
from tests.journeys.people import Person
from tests.journeys.setting_up import BASE

SENTENCE = " She has no plan to become pregnant."
REWORDED = BASE + SENTENCE
WHY_WORDED = "Several asked whether a pregnancy is planned."
DECISION = "One option for serotonin reuptake inhibitors not yet tried, and a clearer base case."
MERGE = f"Option merged: Vortioxetine; Vilazodone → {MERGED}"
REWORDING = "Vignette reworded: Base case"


def plan_a_meeting(facilitator: Person) -> None:
    """It looks at the released results, and its agenda is made from them."""
    facilitator.follows("Meetings")
    facilitator.sees("There is no meeting yet")
    facilitator.follows("Plan a meeting")
    begins = (dt.datetime.now(dt.UTC) + dt.timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    facilitator.fills(held_at=begins, place="Room 4")
    facilitator.page.get_by_label("Looks at the results of").select_option(label="Option survey 1")
    facilitator.presses("Plan the meeting")
    facilitator.reads("There is no agenda yet.", "Room 4", "Option survey 1")
    facilitator.follows("Make it from the last results")
    facilitator.sees("An agenda from the last results")
    facilitator.reads("Every vignette of the last option survey gets about as much time.")
    facilitator.presses("Use this agenda")
    facilitator.reads("Base case", "Aged 70", "Anxious")
    facilitator.does_not_read("There is no agenda yet.", "The items take")


def merge_two_options(facilitator: Person) -> None:
    """The suggestion of the panel is the cause, and the reason is asked for."""
    facilitator.follows("Questionnaire")
    facilitator.follows("Merge options")
    facilitator.sees("Which options become one?")
    for name in ("Vortioxetine", "Vilazodone"):
        facilitator.page.get_by_label(name).check()
    facilitator.presses("Go on")
    facilitator.sees("Make one option of 2")
    facilitator.fills(name=MERGED)
    facilitator.presses("Merge them")
    facilitator.reads("Say why: the panel reads the reason beside the change.")
    facilitator.fills(reason=WHY_ONE)
    choose_cause(facilitator)
    facilitator.presses("Merge them")
    facilitator.reads("They are merged.", MERGED)


def choose_cause(facilitator: Person) -> None:
    """The published suggestion, which stands in the list with its round and vignette."""
    causes = facilitator.page.get_by_label("Caused by")
    words = causes.locator("option").filter(has_text=PUBLISHED).inner_text()
    assert words.startswith("Option survey 1, Base case.")
    causes.select_option(label=words)


def reword_the_base_case(facilitator: Person) -> None:
    facilitator.follows("Edit: Base case")
    facilitator.reads("Variations have texts of their own: make the same change in each of them.")
    facilitator.fills(text=REWORDED, reason=WHY_WORDED)
    facilitator.presses("Save the vignette")
    facilitator.sees("3 vignettes, 0 statements to rate")


def link_both_steps_to_the_decision(facilitator: Person) -> None:
    facilitator.follows("Meetings")
    facilitator.follows("Meeting 1")
    facilitator.follows("Write down a decision")
    facilitator.sees("Write down a decision")
    facilitator.fills(text=DECISION)
    for words in (MERGE, REWORDING):
        facilitator.page.get_by_label(words).check()
    facilitator.presses("Save the decision")
    facilitator.reads(DECISION, MERGE, REWORDING)
    facilitator.does_not_read("Base case → Base case")
    facilitator.follows("Write down what came of it")
    facilitator.fills(minutes_held="55", panelists_present="6", facilitators_present="1", notes="All agreed.")
    facilitator.presses("Save")
    facilitator.reads("55 minutes", "6 panelists")
    facilitator.sees("")
