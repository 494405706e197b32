"""Loading the published study and its open copy, through the services that pages call."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from surveys.accounts.models import User
from surveys.feedback.models import Comment
from surveys.feedback.services.closing import close_round, finish_closing
from surveys.feedback.services.releasing import (
    finish_study,
    hide_comment,
    prepare_next_round,
    publish_comment,
    put_under_theme,
    release,
)
from surveys.operations.demonstration.answering import answer_round
from surveys.operations.demonstration.changing import accept_proposals, follow_suggestions
from surveys.operations.demonstration.content import Content, RoundContent
from surveys.operations.demonstration.meetings import hold_meeting, present_options
from surveys.operations.demonstration.removing import remove_demonstrations
from surveys.operations.demonstration.staff import Account, author_account, staff_account
from surveys.panels.models import Message, Panelist
from surveys.panels.services import NewPanelist, add_panelists, appoint_staff, finish, mint_link
from surveys.rounds.models import Round
from surveys.rounds.services.mailing import personal_link
from surveys.rounds.services.opening import SurveyPlan, draft_round, open_round, plan_questions, plan_round
from surveys.studies.models import Study, StudyStaff
from surveys.studies.queries import database_now
from surveys.studies.services import create_study, declare
from surveys.vignettes.services.writing import add_option, add_vignette

STAYS_OPEN = dt.timedelta(days=7)
OPEN_COPY = "{title} (open)"
RELEASED_IN_OPEN_COPY = 5
TOP_CHOICES = 1, 3
# After these rounds, by number, the questionnaire changed.
SUGGESTIONS_FOLLOWED, PROPOSALS_ACCEPTED = 1, 3


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
    _hold_rounds(published, panel, content, len(content.rounds), facilitator.user)
    finish_study(study=published, actor=facilitator.user, reason=content.finish_reason, now=database_now())
    copy, panel = _load_study(content, open_title, facilitator.user)
    _hold_rounds(copy, panel, content, RELEASED_IN_OPEN_COPY, facilitator.user)
    _open_next_round(copy, content.rounds[RELEASED_IN_OPEN_COPY], facilitator.user)
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
    declare(study=study, actor=actor, now=now, **content.declarations)
    for person in content.authors:
        role = StudyStaff.Role.AUTHOR
        appoint_staff(study=study, actor=actor, user=author_account(person), role=role, now=now)
    for option in content.options:
        add_option(
            study=study,
            actor=actor,
            name=option.name,
            category=option.category,
            explanation=option.explanation,
            now=now,
        )
    for vignette in content.vignettes:
        add_vignette(
            study=study, actor=actor, title=vignette.title, aspect=vignette.aspect, text=vignette.text, now=now
        )
    rows = [NewPanelist(person.name, person.email) for person in content.panel]
    return study, add_panelists(study=study, actor=actor, rows=rows, now=now)


def _hold_rounds(study: Study, panel: Sequence[Panelist], content: Content, rounds: int, actor: User) -> None:
    """Hold so many of the rounds; between them meet, and change the questionnaire, as the panel did."""
    present_options(study, panel, content, actor)
    for number, asked in enumerate(content.rounds[:rounds], start=1):
        round = _open_next_round(study, asked, actor)
        answer_round(round, panel, content, asked)
        close_round(round_id=round.pk, actor=actor)
        finish_closing(round_id=round.pk)
        _moderate(round, asked, actor)
        release(round=round, actor=actor, now=database_now())
        # These rounds are of the past: their mails were sent then.
        for message in Message.objects.filter(study=study).exclude(state=Message.State.DONE):
            finish(message=message)
        if number == SUGGESTIONS_FOLLOWED:
            follow_suggestions(study, content, actor)
        if number == PROPOSALS_ACCEPTED:
            accept_proposals(study, actor)
        for meeting in content.meetings:
            if meeting.after == number:
                hold_meeting(round, meeting, len(panel), actor)


def _open_next_round(study: Study, asked: RoundContent, actor: User) -> Round:
    now = database_now()
    if asked.kind == Round.Kind.RATING:
        round = prepare_next_round(study=study, actor=actor, now=now)
    else:
        round = draft_round(study=study, actor=actor, now=now, kind=asked.kind)
        least, most = TOP_CHOICES
        survey = SurveyPlan(asked.questions, asked.keeps_base, top_least=least, top_most=most, left_out=())
        plan_questions(round=round, actor=actor, survey=survey, now=now)
    plan_round(
        round=round,
        actor=actor,
        opens_at=None,
        closes_at=now + STAYS_OPEN,
        message=asked.message,
        left_out=(),
        now=now,
    )
    return open_round(round=round, actor=actor, now=now)


def _moderate(round: Round, asked: RoundContent, actor: User) -> None:
    """Publish, edit or hide each comment of a closed round, and put it under its theme."""
    written = {comment.text: comment for comment in asked.comments}
    comments = Comment.objects.filter(vignette__round=round).select_related("asked", "vignette__round__study")
    for comment in comments:
        told, now = written[comment.original], database_now()
        if told.hidden:
            hide_comment(comment=comment, actor=actor, reason=told.hidden, now=now)
        else:
            publish_comment(comment=comment, actor=actor, body=told.edited or told.text, now=now)
        if told.theme:
            put_under_theme(comment=comment, theme=told.theme, actor=actor, now=now)
