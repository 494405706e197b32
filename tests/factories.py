"""Small makers of staff, studies, panels and rounds, all of them through the real services."""

import datetime as dt
import itertools
import uuid
from collections.abc import Collection, Mapping, Sequence

from django.test import Client

from surveys.accounts.models import User
from surveys.feedback.models import Comment
from surveys.feedback.services.closing import close_round, finish_closing
from surveys.feedback.services.releasing import publish_comment, release
from surveys.panels.models import Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import NewPanelist, add_panelists, appoint_staff
from surveys.rounds.models import AskedStatement, Round
from surveys.rounds.services.merging import Change, PreferenceChange
from surveys.rounds.services.opening import SurveyPlan, draft_round, plan_questions, plan_round
from surveys.rounds.services.opening import open_round as open_drafted_round
from surveys.rounds.services.saving import Saved, save_sheet
from surveys.sheets.boxes import Answer
from surveys.sheets.queries import SheetHolder
from surveys.studies.models import Protocol, Study, StudyStaff
from surveys.studies.queries import database_now
from surveys.studies.services import create_study
from surveys.vignettes.models import Option, Statement, Vignette
from surveys.vignettes.services.steps import Why
from surveys.vignettes.services.writing import add_option, add_vignette, write_statement

STEM = "would be my main choice(s) as the next treatment recommendation for this patient."
WHY = Why("The panel asked for it.")
PASSWORD = "correct horse battery staple"

_numbers = itertools.count(1)


def make_user(role: str = User.Role.FACILITATOR, email: str = "", name: str = "") -> User:
    """An account of staff that can sign in with PASSWORD."""
    number = next(_numbers)
    user = User(email=email or f"{role}{number}@example.org", name=name or f"{role} {number}".capitalize(), role=role)
    user.set_password(PASSWORD)
    user.save()
    return user


def make_facilitator(email: str = "", name: str = "") -> User:
    """Somebody who may run studies."""
    return make_user(User.Role.FACILITATOR, email, name)


def make_administrator(email: str = "", name: str = "") -> User:
    """Somebody who runs the installation."""
    return make_user(User.Role.ADMINISTRATOR, email, name)


def make_author(study: Study, email: str = "", name: str = "") -> User:
    """Somebody who helps to write this study's questionnaire."""
    user = make_user(User.Role.AUTHOR, email, name)
    role = StudyStaff.Role.AUTHOR
    appoint_staff(study=study, actor=facilitator_of(study), user=user, role=role, now=database_now())
    return user


def facilitator_of(study: Study) -> User:
    """The study's first facilitator."""
    return StudyStaff.objects.filter(study=study, role=StudyStaff.Role.FACILITATOR).order_by("pk")[0].user


def signed_in(user: User) -> Client:
    """A browser in which this member of staff is signed in."""
    client = Client()
    client.force_login(user)
    return client


def make_study(
    facilitator: User | None = None, title: str = "Next steps", panelists: int = 10, statements: int = 7
) -> Study:
    """A study that is ready to open: a vignette for each statement, the first the base case, and a panel."""
    facilitator = facilitator or make_facilitator()
    study = create_study(title=title, question_stem=STEM, facilitator=facilitator, now=database_now())
    for number in range(1, statements + 1):
        make_statement(make_vignette(study), f"Option {number} {STEM}")
    if panelists:
        make_panel(study, panelists)
    return study


def make_vignette(study: Study, title: str = "", aspect: str = "", text: str = "") -> Vignette:
    """The base case where the study has none, else a variation with one aspect changed."""
    number = Vignette.objects.filter(study=study).count() + 1
    if number > 1:
        aspect = aspect or f"{30 + number} years old, not 30"
    return add_vignette(
        study=study,
        actor=facilitator_of(study),
        title=title or f"Vignette {number}",
        aspect=aspect,
        text=text or f"A woman of {30 + number if number > 1 else 30} whose depression did not go away.",
        now=database_now(),
        why=WHY,
    )


def make_option(study: Study, name: str = "", category: str = "Add", explanation: str = "") -> Option:
    """A course of action."""
    return add_option(
        study=study,
        actor=facilitator_of(study),
        name=name or f"Option {next(_numbers)}",
        category=category,
        explanation=explanation,
        now=database_now(),
        why=WHY,
    )


def make_statement(vignette: Vignette, text: str = "") -> Statement:
    """A freely written statement."""
    return write_statement(
        vignette=vignette,
        actor=facilitator_of(vignette.study),
        text=text or f"Option {next(_numbers)} {STEM}",
        now=database_now(),
        why=WHY,
    )


def make_panel(study: Study, panelists: int = 10) -> list[Panelist]:
    """So many panelists, named Panelist 01, Panelist 02, …"""
    numbers = [next(_numbers) for _ in range(panelists)]
    rows = [
        NewPanelist(f"Panelist {place:02d}", f"panelist{number}@example.org")
        for place, number in enumerate(numbers, start=1)
    ]
    return add_panelists(study=study, actor=facilitator_of(study), rows=rows, now=database_now())


def draft(study: Study, days: int = 14, left_out: Sequence[Statement] = ()) -> Round:
    """A draft of the study's next rating round, with a closing time."""
    now = database_now()
    actor = facilitator_of(study)
    round = draft_round(study=study, actor=actor, now=now)
    closes_at = now + dt.timedelta(days=days)
    plan_round(round=round, actor=actor, opens_at=None, closes_at=closes_at, message="", left_out=left_out, now=now)
    return Round.objects.get(pk=round.pk)


def open_round(study: Study, days: int = 14, left_out: Sequence[Statement] = ()) -> Round:
    """The study's next rating round, open."""
    drafted = draft(study, days, left_out)
    return open_as_known(drafted)


def open_as_known(drafted: Round) -> Round:
    """Open a draft to a panel that has agreed to the notice before."""
    opened = open_drafted_round(round=drafted, actor=facilitator_of(drafted.study), now=database_now())
    have_agreed(drafted.study_id)
    return opened


def have_agreed(study_id: uuid.UUID) -> None:
    """The whole panel has agreed to the locked notice, in a round that is frozen."""
    Panelist.objects.filter(study=study_id).update(consent=notice_digest(study_id))


def notice_digest(study_id: uuid.UUID) -> str:
    """The hash of the study's locked notice."""
    return Protocol.objects.values_list("notice_digest", flat=True).get(study=study_id)


def fill_sheet(
    panelist: Panelist,
    round: Round,
    ratings: Sequence[int | str] | Mapping[int, int | str],
    *,
    submit: bool = True,
    reasons: Mapping[int, str] | None = None,
) -> Saved:
    """Save this panelist's ratings: 1 to 9, `abstain`, or `""`; a list begins with statement 1."""
    by_number = ratings if isinstance(ratings, Mapping) else dict(enumerate(ratings, start=1))
    written = reasons or {}
    changes = [Change(number, Answer(str(choice), written.get(number, ""))) for number, choice in by_number.items()]
    return save_sheet(holder=holder_of(panelist), round_id=round.pk, changes=changes, submit=submit)


def holder_of(panelist: Panelist) -> SheetHolder:
    """What the session of a panelist holds."""
    return SheetHolder(study_id=panelist.study_id, panelist_id=panelist.pk, epoch=panelist.token_epoch)


def fill_all(round: Round, table: Sequence[Sequence[int | str]]) -> None:
    """Submit everybody's sheet: `table` has a row for each statement and a column for each panelist, by name."""
    for place, panelist in enumerate(panel_of(round.study)):
        fill_sheet(panelist, round, [row[place] for row in table])


def agree(round: Round, rating: int | str = 8) -> None:
    """Submit everybody's sheet with this one answer to all statements."""
    statements = AskedStatement.objects.filter(round=round).count()
    panelists = panel_of(round.study).count()
    fill_all(round, [[rating] * panelists] * statements)


def close_and_freeze(round: Round) -> Round:
    """Close, tally and freeze; the results are not released yet."""
    close_round(round_id=round.pk, actor=facilitator_of(round.study))
    finish_closing(round_id=round.pk)
    return Round.objects.select_related("study__protocol").get(pk=round.pk)


def release_round(round: Round) -> Round:
    """Publish every comment and show the results to the panel."""
    actor, now = facilitator_of(round.study), database_now()
    for comment in Comment.objects.filter(vignette__round=round, state=Comment.State.PENDING):
        publish_comment(comment=comment, actor=actor, body=comment.body, now=now)
    release(round=round, actor=actor, now=now)
    return Round.objects.select_related("study__protocol").get(pk=round.pk)


def hold_round(study: Study, table: Sequence[Sequence[int | str]] | None = None, *, released: bool = True) -> Round:
    """A whole rating round: opened, answered (everybody says 8 where no table is given), closed and released."""
    round = open_round(study)
    if table is None:
        agree(round)
    else:
        fill_all(round, table)
    closed = close_and_freeze(round)
    return release_round(closed) if released else closed


def make_survey_study(panelists: int = 10, options: int = 4, vignettes: int = 2, title: str = "First choices") -> Study:
    """A study that is ready for an option survey: options 1, 2, … in two categories, the base case and variations."""
    study = make_study(title=title, panelists=panelists, statements=0)
    for _number in range(vignettes):
        make_vignette(study)
    for number in range(1, options + 1):
        make_option(study, f"Choice {number}", "Add" if number * 2 <= options else "Switch", f"What {number} is.")
    return study


def draft_survey(
    study: Study,
    questions: Collection[str] = tuple(Round.Question.values),
    *,
    keeps_base: bool = True,
    top: tuple[int, int] = (1, 3),
    left_out: Sequence[Vignette] = (),
) -> Round:
    """A draft of the study's next option survey, with a closing time; `top` is the least and the most top choices."""
    now, actor = database_now(), facilitator_of(study)
    round = draft_round(study=study, actor=actor, now=now, kind=Round.Kind.OPTION_SURVEY)
    closes_at = now + dt.timedelta(days=14)
    plan_round(round=round, actor=actor, opens_at=None, closes_at=closes_at, message="", left_out=(), now=now)
    survey = SurveyPlan(questions, keeps_base, top_least=top[0], top_most=top[1], left_out=left_out)
    plan_questions(round=round, actor=actor, survey=survey, now=now)
    return Round.objects.get(pk=round.pk)


def open_survey(
    study: Study,
    questions: Collection[str] = tuple(Round.Question.values),
    *,
    keeps_base: bool = True,
    top: tuple[int, int] = (1, 3),
    left_out: Sequence[Vignette] = (),
) -> Round:
    """The study's next option survey, open; by default it asks everything."""
    drafted = draft_survey(study, questions, keeps_base=keeps_base, top=top, left_out=left_out)
    return open_as_known(drafted)


def fill_preferences(panelist: Panelist, round: Round, values: Mapping[str, str], *, submit: bool = True) -> Saved:
    """Save what this panelist says of options, by field name: `{"v1-ranking": "2,1,3,4", "v2-keep": "keep"}`."""
    changes = [PreferenceChange(name, value) for name, value in values.items()]
    return save_sheet(holder=holder_of(panelist), round_id=round.pk, preferences=changes, submit=submit)


def hold_survey(
    study: Study,
    table: Sequence[Mapping[str, str]],
    questions: Collection[str] = tuple(Round.Question.values),
    *,
    keeps_base: bool = True,
    top: tuple[int, int] = (1, 3),
    released: bool = True,
) -> Round:
    """A whole option survey: `table` has what each panelist says, by name; who has no row does not submit."""
    round = open_survey(study, questions, keeps_base=keeps_base, top=top)
    for panelist, values in zip(panel_of(study), table, strict=False):
        fill_preferences(panelist, round, values)
    closed = close_and_freeze(round)
    return release_round(closed) if released else closed
