"""The study that is attacked, and the truth about it that no attacker has.

Twelve panelists, twenty statements, two rounds: the first closed and released, the second open and answered in random
order, with drafts on the way, some of them from browsers, and a canary in every reason. All of it is made through the
application's own services and pages, so that what they leave behind is there to be found.
"""

import datetime as dt
import itertools
import os
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.core import mail

from surveys.accounts.models import User
from surveys.feedback.models import Comment
from surveys.feedback.services.closing import close_round, finish_closing, tidy
from surveys.feedback.services.releasing import publish_comment
from surveys.feedback.services.releasing import release as release_round
from surveys.operations.anonymity.browsers import Ear, browser_of_panelist
from surveys.operations.anonymity.evidence import SHEETS, changed, dump
from surveys.operations.anonymity.linking import Target
from surveys.panels.models import Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import NewPanelist, add_panelists
from surveys.rounds.models import Round
from surveys.rounds.services.mailing import send_due_messages
from surveys.rounds.services.merging import Change
from surveys.rounds.services.opening import draft_round, open_round, plan_round
from surveys.rounds.services.saving import give_consent, save_sheet
from surveys.sheets.boxes import ABSTAIN, Answer
from surveys.sheets.keystore import study_keys
from surveys.sheets.queries import SheetHolder
from surveys.studies.models import Protocol, Study
from surveys.studies.queries import database_now
from surveys.studies.services import create_study, protocol_facts, update_protocol
from surveys.vignettes.services.writing import add_option, add_vignette, write_statement

PANELISTS = 12
STATEMENTS = 20
VIGNETTES = 2
IN_BROWSERS = 3
GROUPS = ("Hospital", "Practice")
# How long the first reason is: nothing, some, and as much as anybody writes.
LENGTHS = (0, 20, 500, 2000)
STEM = "would be my main choice(s) as the next treatment recommendation for this patient."

Choices = tuple[str, ...]
_numbers = itertools.count(1)
_drawn = secrets.SystemRandom()


@dataclass(frozen=True)
class Seeded:
    """The study under attack. `submitted` has the panelists in the order in which they submitted the open round.

    `wrote` is by round and panelist what they chose for each statement. `canary` begins every reason of the open
    round, `earlier` those of the closed one; `secrets` are those of the links in the mails. `disturbed` are the
    tables, sheets apart, of which rows changed while panelists answered. `variables` are those with which another
    process stands on the same database and keystore.
    """

    study: Study
    facilitator: User
    closed: Round
    open: Round
    panel: tuple[Panelist, ...]
    submitted: tuple[Panelist, ...]
    wrote: Mapping[uuid.UUID, Mapping[uuid.UUID, Choices]]
    canary: str
    earlier: str
    secrets: Mapping[uuid.UUID, str]
    disturbed: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    ear: Ear | None = None
    variables: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def truth(self) -> dict[bytes, uuid.UUID]:
        """Whose each pseudonym of the open round is; computed with the study's key."""
        keys = study_keys(self.study.pk)
        return {keys.pseudonym(self.open.pk, panelist.pk): panelist.pk for panelist in self.panel}

    def target(self) -> Target:
        """The open round, as `linking` attacks it."""
        return Target(self.open.pk, frozenset(panelist.pk for panelist in self.panel), self.truth())

    def raters(self, round: Round, number: int) -> set[uuid.UUID]:
        """Who rated the statement with this number in a round."""
        return {one for one, choices in self.wrote[round.pk].items() if choices[number - 1] not in ("", ABSTAIN)}

    def author_of(self, text: str) -> uuid.UUID | None:
        """The truth about a reason."""
        return next((one.pk for one in self.panel if one.pk.hex in text), None)


def build(ear: Ear | None = None, variables: Mapping[str, str] | None = None) -> Seeded:
    """The study, its second round open and answered by all. Its mails must be kept in memory."""
    marks = [f"{word}-{secrets.token_hex(8)}" for word in ("CANARY", "EARLIER")]
    if ear:
        ear.forget()
    mail.outbox = []
    study, facilitator = _study()
    closed = _opened(study, facilitator)
    wrote = {closed.pk: _answer(closed, marks[1])[1]}
    closed = close_and_freeze(closed, facilitator)
    release(closed, facilitator)
    opened = _opened(study, facilitator)
    while send_due_messages(now=database_now()):
        pass
    found = _secrets(study)
    before = dump(without=SHEETS)
    order, wrote[opened.pk] = _answer(opened, marks[0], found)
    return Seeded(
        study=study,
        facilitator=facilitator,
        closed=closed,
        open=opened,
        panel=tuple(panel_of(study)),
        submitted=order,
        wrote=wrote,
        canary=marks[0],
        earlier=marks[1],
        secrets=found,
        disturbed=changed(before, dump(without=SHEETS)),
        ear=ear,
        variables=dict(os.environ if variables is None else variables),
    )


def account(role: str) -> User:
    """A made-up member of staff, who cannot sign in by a password."""
    user = User(email=f"{role}-{secrets.token_hex(6)}@attack.example", name=role.capitalize(), role=role)
    user.set_unusable_password()
    user.save()
    return user


def _study() -> tuple[Study, User]:
    """A study that is ready to open, its panel in two groups of which the facilitators may see results."""
    number, now = next(_numbers), database_now()
    facilitator = account(User.Role.FACILITATOR)
    study = create_study(title=f"Under attack {number}", question_stem=STEM, facilitator=facilitator, now=now)
    facts = {**protocol_facts(Protocol.objects.get(study=study)), "groups": Protocol.Groups.FACILITATORS}
    update_protocol(study=study, actor=facilitator, now=now, **facts)
    for place in range(1, VIGNETTES + 1):
        aspect = "" if place == 1 else f"{30 + place} years old"
        text = f"A woman of {30 + place} whose depression did not go away."
        vignette = add_vignette(
            study=study, actor=facilitator, title=f"Vignette {place}", aspect=aspect, text=text, now=now
        )
        for each in range(STATEMENTS // VIGNETTES):
            write_statement(vignette=vignette, actor=facilitator, text=f"Option {place}.{each} {STEM}", now=now)
    add_option(study=study, actor=facilitator, name="Option A", category="Add", explanation="", now=now)
    rows = [
        NewPanelist(
            f"Panelist {place:02d}", f"panelist{place}-{secrets.token_hex(4)}@attack.example", GROUPS[place % 2]
        )
        for place in range(1, PANELISTS + 1)
    ]
    add_panelists(study=study, actor=facilitator, rows=rows, now=now)
    return study, facilitator


def _opened(study: Study, facilitator: User) -> Round:
    now = database_now()
    drafted = draft_round(study=study, actor=facilitator, now=now)
    closes_at = now + dt.timedelta(days=14)
    plan_round(round=drafted, actor=facilitator, opens_at=None, closes_at=closes_at, message="", left_out=(), now=now)
    return open_round(round=drafted, actor=facilitator, now=now)


def close_and_freeze(round: Round, facilitator: User) -> Round:
    """Close, tally and freeze; the results are not released yet."""
    close_round(round_id=round.pk, actor=facilitator)
    finish_closing(round_id=round.pk)
    tidy()
    return Round.objects.select_related("study__protocol").get(pk=round.pk)


def release(round: Round, facilitator: User) -> None:
    """Publish every comment, and show the results to the panel."""
    now = database_now()
    for comment in Comment.objects.filter(vignette__round=round, state=Comment.State.PENDING):
        publish_comment(comment=comment, actor=facilitator, body=comment.body, now=now)
    release_round(round=round, actor=facilitator, now=now)


def _secrets(study: Study) -> dict[uuid.UUID, str]:
    """The secret of each panelist's last link, out of the mails."""
    people = dict(panel_of(study).values_list("email", "pk"))
    found = {}
    for message in mail.outbox:
        if message.to[0] in people and "#t=" in str(message.body):
            found[people[message.to[0]]] = str(message.body).split("#t=", 1)[1].split()[0]
    return found


def holder_of(panelist: Panelist) -> SheetHolder:
    """What the session of this made-up panelist holds."""
    return SheetHolder(study_id=panelist.study_id, panelist_id=panelist.pk)


def _answer(
    round: Round, mark: str, found: Mapping[uuid.UUID, str] | None = None
) -> tuple[tuple[Panelist, ...], dict[uuid.UUID, Choices]]:
    """Everybody drafts, drafts on, and submits, each time in another order; some of them draft in browsers."""
    panel = list(panel_of(round.study))
    lengths = [*LENGTHS, *(_drawn.choice(LENGTHS) for _ in panel[len(LENGTHS) :])]
    reasons = {one.pk: reasons_of(one, mark, length) for one, length in zip(panel, lengths, strict=True)}
    wrote: dict[uuid.UUID, Choices] = {}
    for turn in range(3):
        _drawn.shuffle(panel)
        for place, panelist in enumerate(panel):
            if not panelist.consent and not turn:
                give_consent(holder=holder_of(panelist), round_id=round.pk)
            if turn == 1 and found and place < IN_BROWSERS:
                draft_in_browser(found[panelist.pk], mark)
            wrote[panelist.pk] = tuple(_drawn.choice([*"123456789"] * 2 + [ABSTAIN] * 2) for _ in range(STATEMENTS))
            answer(panelist, round, wrote[panelist.pk], reasons[panelist.pk], submit=turn == 2)
    return tuple(panel), wrote


def answer(
    panelist: Panelist, round: Round, choices: Choices, reasons: Mapping[int, str], *, submit: bool = True
) -> None:
    """Save these choices and reasons in the panelist's sheet; what another tab said is overwritten."""
    changes = [
        Change(number, Answer(choice, reasons.get(number, ""))) for number, choice in enumerate(choices, start=1)
    ]
    save_sheet(holder=holder_of(panelist), round_id=round.pk, changes=changes, submit=submit)


def reasons_of(panelist: Panelist, mark: str, length: int) -> dict[int, str]:
    """Two reasons that name their author, so that the truth can be told; the first may be long, or be missing."""
    second = {2: signature(panelist, mark)}
    return {1: f"{signature(panelist, mark)} {'x' * length}", **second} if length else {1: "", **second}


def signature(panelist: Panelist, mark: str) -> str:
    """What this panelist's reasons begin with."""
    return f"{mark} {panelist.pk.hex}"


def draft_in_browser(secret: str, mark: str) -> None:
    """Open the link, read, err, save a draft and leave, as a person does; whatever the answer is."""
    browser = browser_of_panelist(secret)
    form = {"s1": "4", "reason-s1": f"{mark} drafted", "action": "save"}
    for wrong in ({**form, "s1": "10"}, {**form, "reason-s1": mark * 400}):
        browser.post("/panel/vignette/1/", wrong)
    browser.get("/panel/vignette/99/")
    browser.get("/panel/vignette/1/")
    browser.post("/panel/vignette/1/", form)
    browser.post("/panel/sign-out/")
