"""Where a study stands for its panel, and how far a panelist's own sheet has come."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import models
from django.http import HttpRequest

from surveys.panelist.access import SIGNED_IN, Seat, holder_in, seated
from surveys.panelist.gaps import gaps_of, minutes_for
from surveys.rounds.models import AskedStatement, AskedVignette, Round
from surveys.rounds.queries import Survey, rounds_of
from surveys.rounds.services.saving import GRACE
from surveys.sheets.boxes import ABSTAIN
from surveys.sheets.queries import OwnSheet
from surveys.studies.models import Study
from surveys.studies.prepared import Prepared, at_once
from surveys.studies.queries import DatabaseNow, database_now


@dataclass(frozen=True)
class Course:
    """A study's rounds as the panel knows them at one moment: drafts and cancelled ones are not among them."""

    rounds: tuple[Round, ...]
    now: dt.datetime

    @property
    def open_round(self) -> Round | None:
        """The round that is open, its deadline passed or not."""
        return next((round for round in self.rounds if round.status == Round.Status.OPEN), None)

    @property
    def answerable(self) -> Round | None:
        """The round that is open and whose deadline, with a minute's grace, is still to come."""
        round = self.open_round
        return round if round and takes_answers(round, self.now) else None

    @property
    def under_way(self) -> Round | None:
        """The round that is open, or closed and not yet counted."""
        states = (Round.Status.OPEN, Round.Status.CLOSING)
        return next((round for round in self.rounds if round.status in states), None)

    @property
    def latest(self) -> Round | None:
        """The last round that was opened, whatever became of it."""
        return self.rounds[-1] if self.rounds else None

    @property
    def released(self) -> list[Round]:
        """The rounds whose results the panel may see, the latest first."""
        return [r for r in reversed(self.rounds) if r.status == Round.Status.CLOSED and r.is_released]


_OPENED = Prepared(
    lambda study: rounds_of(study).exclude(status=Round.Status.DRAFT).annotate(now=DatabaseNow()), models.UUIDField()
)


def seat_and_course(request: HttpRequest) -> tuple[Seat, Course]:
    """Who is signed in, and the course of their study, asked for at once; before its first round the time as well.

    Raises NobodySignedIn.
    """
    holder = holder_in(request)
    with at_once():
        panelist = SIGNED_IN.ask(holder.study_id, holder.panelist_id, holder.epoch)
        rounds = _OPENED.ask(holder.study_id)
    seat = seated(holder, panelist.first())
    return seat, _course(seat.study, rounds.all())


def _course(study: Study, rounds: Sequence[Round]) -> Course:
    for round in rounds:
        round.study = study
    now: dt.datetime = rounds[0].now if rounds else database_now()  # type: ignore[attr-defined]
    return Course(tuple(rounds), now)


def takes_answers(round: Round, now: dt.datetime) -> bool:
    """Whether the round is open and its deadline, with a minute's grace, is still to come."""
    return round.status == Round.Status.OPEN and (round.closes_at is None or now <= round.closes_at + GRACE)


@dataclass(frozen=True)
class VignetteProgress:
    """One vignette, and how many of its statements have an answer; never which.

    `missing` is what it lacks about its options, in sentences, and None where the round asks nothing of them.
    """

    vignette: AskedVignette
    statements: tuple[AskedStatement, ...]
    given: int
    abstained: int
    missing: tuple[str, ...] | None = None
    is_begun: bool = False

    @property
    def total(self) -> int:
        return len(self.statements)

    @property
    def is_done(self) -> bool:
        """Whether every statement has a rating or "I cannot rate this", and nothing is missing about the options."""
        return self.given == self.total and not self.missing

    @property
    def cannot_be_rated(self) -> bool:
        """Whether every statement has "I cannot rate this"."""
        return 0 < self.total == self.abstained


@dataclass(frozen=True)
class Progress:
    """How far a sheet has come: counted in statements, and in vignettes where the round asks about options."""

    sheet: OwnSheet
    survey: Survey
    vignettes: tuple[VignetteProgress, ...]

    @property
    def by_vignette(self) -> bool:
        """Whether it is counted in vignettes."""
        return bool(self.survey.questions)

    @property
    def total(self) -> int:
        return len(self.vignettes) if self.by_vignette else sum(each.total for each in self.vignettes)

    @property
    def given(self) -> int:
        if self.by_vignette:
            return sum(each.is_done for each in self.vignettes)
        return sum(each.given for each in self.vignettes)

    @property
    def left(self) -> int:
        return self.total - self.given

    @property
    def is_begun(self) -> bool:
        """Whether anything is answered."""
        return any(each.given or each.is_begun for each in self.vignettes)

    @property
    def minutes(self) -> int:
        """About how many minutes the rest takes: one a statement, and what options take."""
        left = [each.vignette for each in self.vignettes if each.missing]
        return sum(each.total - each.given for each in self.vignettes) + minutes_for(self.survey, left)

    @property
    def next_vignette(self) -> AskedVignette | None:
        """The first vignette that is not done."""
        return next((each.vignette for each in self.vignettes if not each.is_done), None)

    @property
    def gaps(self) -> list[tuple[AskedVignette, AskedStatement]]:
        """The statements without an answer, each with its vignette."""
        return [
            (each.vignette, statement)
            for each in self.vignettes
            for statement in each.statements
            if not self.sheet.answer_to(statement.number).is_given
        ]

    @property
    def option_gaps(self) -> list[tuple[AskedVignette, tuple[str, ...]]]:
        """The vignettes that lack something about their options, each with what it lacks."""
        return [(each.vignette, each.missing) for each in self.vignettes if each.missing]


def progress_of(sheet: OwnSheet, vignettes: Sequence[AskedVignette], survey: Survey) -> Progress:
    """The progress of a sheet over vignettes that come with their statements, and what is asked about options."""
    return Progress(sheet, survey, tuple(_progress(sheet, vignette, survey) for vignette in vignettes))


def _progress(sheet: OwnSheet, vignette: AskedVignette, survey: Survey) -> VignetteProgress:
    statements = tuple(vignette.statements.all())
    answers = [sheet.answer_to(statement.number) for statement in statements]
    return VignetteProgress(
        vignette,
        statements,
        given=sum(answer.is_given for answer in answers),
        abstained=sum(answer.choice == ABSTAIN for answer in answers),
        missing=tuple(gaps_of(survey, sheet.preferences, vignette)) if vignette in survey.vignettes else None,
        is_begun=any(name.startswith(f"v{vignette.number}-") for name in sheet.preferences),
    )
