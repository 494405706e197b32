"""Loading the published study and its open copy, through the services that pages call."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from surveys.accounts.models import User
from surveys.feedback.models import Comment
from surveys.feedback.services.closing import close_round, finish_closing
from surveys.feedback.services.releasing import finish_study, prepare_next_round, publish_comment, release
from surveys.operations.demonstration.content import Content, VignetteContent
from surveys.operations.demonstration.removing import remove_demonstrations
from surveys.operations.demonstration.staff import Account, staff_account
from surveys.panels.models import Message, Panelist
from surveys.panels.services import NewPanelist, add_panelists, finish, mint_link
from surveys.rounds.models import Round
from surveys.rounds.services.mailing import personal_link
from surveys.rounds.services.opening import open_round, plan_round
from surveys.rounds.services.saving import Change, save_sheet
from surveys.sheets.queries import SheetHolder
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.studies.services import create_study
from surveys.vignettes.models import Option
from surveys.vignettes.services.writing import add_option, add_vignette, compose_statement

STAYS_OPEN = dt.timedelta(days=7)
OPEN_COPY = "{title} (open)"
RELEASED_IN_OPEN_COPY = 2


@dataclass(frozen=True)
class Invited:
    """A panelist of the demonstration and a fresh personal link."""

    panelist: Panelist
    link: str


@dataclass(frozen=True)
class Demonstration:
    """What was loaded: two studies (or one twice, where it is synthetic), its staff, the panel of the open one."""

    facilitator: Account
    administrator: Account
    study: Study
    open_study: Study
    panel: tuple[Invited, ...]


@transaction.atomic
def load_demonstration(content: Content) -> Demonstration:
    """Load both studies afresh, taking earlier ones away: all of it or nothing."""
    facilitator, administrator = load_staff(content)
    open_title = OPEN_COPY.format(title=content.title)
    for title in (content.title, open_title):
        remove_demonstrations(title=title)
    published, panel = _load_study(content, content.title, facilitator.user)
    for number in range(len(content.messages)):
        _hold_round(published, panel, content, number, facilitator.user)
    finish_study(study=published, actor=facilitator.user, reason=content.finish_reason, now=database_now())
    copy, panel = _load_study(content, open_title, facilitator.user)
    for number in range(RELEASED_IN_OPEN_COPY):
        _hold_round(copy, panel, content, number, facilitator.user)
    _open_next_round(copy, content.messages[RELEASED_IN_OPEN_COPY], facilitator.user)
    studies = {study.pk: study for study in Study.objects.filter(pk__in=[published.pk, copy.pk])}
    return Demonstration(facilitator, administrator, studies[published.pk], studies[copy.pk], invited(panel))


def load_staff(content: Content) -> tuple[Account, Account]:
    """The demonstration's facilitator and administrator."""
    return (
        staff_account(content.facilitator, User.Role.FACILITATOR),
        staff_account(content.administrator, User.Role.ADMINISTRATOR),
    )


def invited(panel: Sequence[Panelist]) -> tuple[Invited, ...]:
    """A fresh personal link for each of these panelists."""
    now = database_now()
    return tuple(Invited(one, personal_link(mint_link(panelist=one, now=now))) for one in panel)


def _load_study(content: Content, title: str, actor: User) -> tuple[Study, list[Panelist]]:
    now = database_now()
    study = create_study(
        title=title,
        question_stem=content.question_stem,
        facilitator=actor,
        now=now,
        time_zone=content.time_zone,
        about=content.about,
        is_demonstration=True,
    )
    options = {
        option.name: add_option(
            study=study,
            actor=actor,
            name=option.name,
            category=option.category,
            explanation=option.explanation,
            now=now,
        )
        for option in content.options
    }
    for vignette in content.vignettes:
        _load_vignette(study, vignette, options, actor)
    rows = [NewPanelist(person.name, person.email) for person in content.panel]
    return study, add_panelists(study=study, actor=actor, rows=rows, now=now)


def _load_vignette(study: Study, content: VignetteContent, options: dict[str, Option], actor: User) -> None:
    now = database_now()
    vignette = add_vignette(
        study=study, actor=actor, title=content.title, aspect=content.aspect, text=content.text, now=now
    )
    named = [options[name] for name in content.recommendations]
    compose_statement(vignette=vignette, actor=actor, options=named, now=now)


def _open_next_round(study: Study, message: str, actor: User) -> Round:
    now = database_now()
    round = prepare_next_round(study=study, actor=actor, now=now)
    plan_round(
        round=round,
        actor=actor,
        opens_at=None,
        closes_at=now + STAYS_OPEN,
        message=message,
        left_out=(),
        now=now,
    )
    return open_round(round=round, actor=actor, now=now)


def _hold_round(study: Study, panel: Sequence[Panelist], content: Content, number: int, actor: User) -> None:
    """Open a round, let everybody answer, close, moderate and release it. `number` counts from 0."""
    round = _open_next_round(study, content.messages[number], actor)
    for place, panelist in enumerate(panel):
        changes = [
            Change(statement, vignette.answers[number][place])
            for statement, vignette in enumerate(content.vignettes, start=1)
        ]
        holder = SheetHolder(study_id=study.pk, panelist_id=panelist.pk)
        save_sheet(holder=holder, round_id=round.pk, changes=changes, submit=True)
    close_round(round_id=round.pk, actor=actor)
    finish_closing(round_id=round.pk)
    now = database_now()
    for comment in Comment.objects.filter(vignette__round=round).select_related("asked", "vignette__round__study"):
        publish_comment(comment=comment, actor=actor, body=comment.body, now=now)
    release(round=round, actor=actor, now=now)
    # These rounds are of the past: their mails were sent then.
    for message in Message.objects.filter(study=study).exclude(state=Message.State.DONE):
        finish(message=message)
