"""Setting up the study of the journey: the first administrator, the facilitator, the questionnaire, the panel."""

from playwright.sync_api import expect

from surveys.pages.setup_code import setup_code
from tests.journeys.people import Person

ADMINISTRATOR, FACILITATOR = "ada@example.org", "vera@example.org"
PASSWORD = "correct horse battery staple"
STUDY = "Next steps after two trials"
STEM = "would be my main choice(s) as the next treatment recommendation for this patient."
COMPOSED = f"TMS or ECT {STEM}"
FREE = "I would ask a colleague before I change anything for this patient."
BASE = "A woman of 30 has had a depressive episode for six months. Two antidepressants have not helped her."
VARIATION = BASE.replace("of 30", "of 70")
NAMES = ("Amina Diallo", "Bruno Keller", "Chen Wei", "Dora Novak", "Emil Sand", "Fatou Ndiaye")
ADDRESSES = tuple(f"{name.split()[0].lower()}@panel.example" for name in NAMES)
LIST = "name,email\n" + "".join(f"{name},{address}\n" for name, address in zip(NAMES, ADDRESSES, strict=True))


def make_the_first_administrator(administrator: Person) -> None:
    administrator.page.goto("/")
    administrator.sees("This installation is new: make its first administrator")
    administrator.fills(code=setup_code(), name="Ada Berg", email=ADMINISTRATOR)
    administrator.fills(password1=PASSWORD, password2=PASSWORD)
    administrator.presses("Make this account")
    administrator.sees("1 person has an account")


def invite_the_facilitator(administrator: Person) -> None:
    administrator.follows("Invite somebody")
    administrator.sees("Invite a facilitator")
    administrator.fills(name="Vera Moor", email=FACILITATOR)
    administrator.page.locator('[name="role"]').select_option("Facilitator")
    administrator.presses("Send the invitation")
    administrator.sees("2 people have an account")
    administrator.reads(f"The invitation is on its way to {FACILITATOR}.")


def accept(facilitator: Person, link: str) -> None:
    """Choose a password through the mailed link, and sign in with it."""
    facilitator.page.goto(link)
    facilitator.sees("Welcome, Vera Moor: choose a password")
    facilitator.fills(new_password1=PASSWORD, new_password2=PASSWORD)
    facilitator.presses("Set the password")
    facilitator.sees("Sign in to work on a study")
    facilitator.fills(username=FACILITATOR, password=PASSWORD)
    facilitator.presses("Sign in")
    facilitator.sees("You have no study yet")


def create_the_study(facilitator: Person) -> None:
    facilitator.follows("Create a study")
    facilitator.sees("Create a study")
    # The script of the page proposes the zone of the facilitator's own clock.
    expect(facilitator.page.locator('[name="time_zone"]')).to_have_value("Europe/Helsinki")
    facilitator.fills(title=STUDY, question_stem=STEM, about="Six clinicians rate what they would do next.")
    facilitator.presses("Create the study")
    facilitator.sees("Nothing is written yet")
    facilitator.follows("Overview")
    facilitator.sees("This study has no round yet.")
    facilitator.reads("Write the base vignette", "There is no statement to ask", "0 of the at least 5 panelists")


def write_the_protocol(facilitator: Person) -> None:
    facilitator.follows("Settings")
    facilitator.sees("Everything here can still be changed")
    facilitator.follows("Change the rule and the policies")
    facilitator.follows("Change the rule")
    facilitator.reads("Full consensus: every rating is above 5 and the mean is above 7.")
    bound = facilitator.page.locator("[name=in-1-threshold]")
    bound.fill("10")
    facilitator.presses("Save the rule")
    facilitator.reads("There is a problem", "Enter a number from 1 to 9")
    facilitator.sees("")
    assert facilitator.page.title().startswith("Error: ")
    bound.fill("7")
    facilitator.presses("Save the rule")
    facilitator.reads("The rule is saved.")
    facilitator.page.get_by_label("Set them aside, and carry their last result").check()
    facilitator.presses("Save the protocol")
    facilitator.reads("The protocol is saved.")


def write_the_vignettes(facilitator: Person) -> None:
    facilitator.follows("Questionnaire")
    facilitator.follows("Write the base case")
    facilitator.sees("Write the base case")
    facilitator.fills(title="Base case", text=BASE)
    facilitator.presses("Save the vignette")
    facilitator.sees("1 vignette, 0 statements to rate")
    facilitator.follows("Add a variation")
    facilitator.fills(title="Aged 70", aspect="70 years old, not 30", text=VARIATION)
    facilitator.presses("Preview")
    facilitator.reads(
        "As panelists will read it", "Changed from the base case: 70 years old, not 30.", "Not saved yet."
    )
    assert facilitator.page.locator(".vignette mark").all_inner_texts() == ["70"]
    facilitator.sees("Add a variation of the base case")
    facilitator.presses("Save the vignette")
    facilitator.sees("2 vignettes, 0 statements to rate")


def write_the_statements(facilitator: Person) -> None:
    facilitator.follows("Add an option")
    for name, button in (("TMS", "Save and add another"), ("ECT", "Save the option")):
        facilitator.sees("Add an option")
        facilitator.fills(name=name, category="Add")
        facilitator.presses(button)
    facilitator.follows("Compose a statement: Base case")
    facilitator.sees("Which options does the statement recommend?")
    facilitator.page.get_by_label("TMS").check()
    facilitator.page.get_by_label("ECT").check()
    facilitator.presses("See the statement")
    facilitator.sees("This is the statement that the panel will rate")
    expect(facilitator.page.locator('[name="text"]')).to_have_value(COMPOSED)
    facilitator.presses("Save the statement")
    facilitator.follows("Write a statement: Aged 70")
    facilitator.fills(text=FREE)
    facilitator.presses("Save the statement")
    facilitator.sees("2 vignettes, 2 statements to rate")


def enter_the_panel(facilitator: Person) -> None:
    """A list with a faulty line adds nobody; the mended one is shown before it is added."""
    facilitator.follows("Panel")
    facilitator.sees("The panel is empty")
    facilitator.follows("Add a list")
    facilitator.fills(text=LIST.replace(ADDRESSES[2], "chen at panel.example"))
    facilitator.presses("See what would be added")
    facilitator.sees("Nothing was added: the list has faults")
    facilitator.reads("Line 4: ")
    facilitator.follows("Back without adding")
    facilitator.sees("The panel is empty")
    facilitator.follows("Add a list")
    facilitator.fills(text=LIST)
    facilitator.presses("See what would be added")
    facilitator.sees("6 panelists would be added")
    facilitator.reads(*NAMES, *ADDRESSES)
    facilitator.presses("Add 6 panelists")
    facilitator.sees("6 panelists")
