"""Where a study stands for its panel, and how far a panelist's own sheet has come."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from surveys.rounds.models import AskedStatement, AskedVignette, Round
from surveys.rounds.queries import asked_vignettes, rounds_of
from surveys.rounds.services.saving import GRACE
from surveys.sheets.boxes import ABSTAIN
from surveys.sheets.queries import OwnSheet
from surveys.studies.models import Study


@dataclass(frozen=True)
class Course:
    """A study's rounds as the panel knows them: drafts and cancelled ones are not among them."""

    rounds: tuple[Round, ...]

    @property
    def open_round(self) -> Round | None:
        """The round that is open, its deadline passed or not."""
        return next((round for round in self.rounds if round.status == Round.Status.OPEN), None)

    @property
    def latest(self) -> Round | None:
        """The last round that was opened, whatever became of it."""
        return self.rounds[-1] if self.rounds else None

    @property
    def released(self) -> list[Round]:
        """The rounds whose results the panel may see, the latest first."""
        return [r for r in reversed(self.rounds) if r.status == Round.Status.CLOSED and r.is_released]


def course_of(study: Study) -> Course:
    """The course of a study, for its panel; one query."""
    rounds = list(rounds_of(study).exclude(status=Round.Status.DRAFT))
    for round in rounds:
        round.study = study
    return Course(tuple(rounds))


def takes_answers(round: Round, now: dt.datetime) -> bool:
    """Whether the round is open and its deadline, with a minute's grace, is still to come."""
    return round.status == Round.Status.OPEN and (round.closes_at is None or now <= round.closes_at + GRACE)


@dataclass(frozen=True)
class VignetteProgress:
    """One vignette, and how many of its statements have an answer; never which."""

    vignette: AskedVignette
    statements: tuple[AskedStatement, ...]
    given: int
    abstained: int

    @property
    def total(self) -> int:
        return len(self.statements)

    @property
    def is_rated(self) -> bool:
        """Whether every statement has a rating or "I cannot rate this"."""
        return self.given == self.total

    @property
    def cannot_be_rated(self) -> bool:
        """Whether every statement has "I cannot rate this"."""
        return 0 < self.total == self.abstained


@dataclass(frozen=True)
class Progress:
    """How far a sheet has come, vignette by vignette."""

    sheet: OwnSheet
    vignettes: tuple[VignetteProgress, ...]

    @property
    def total(self) -> int:
        return sum(each.total for each in self.vignettes)

    @property
    def given(self) -> int:
        return sum(each.given for each in self.vignettes)

    @property
    def left(self) -> int:
        return self.total - self.given

    @property
    def next_vignette(self) -> AskedVignette | None:
        """The first vignette with a statement that has no answer."""
        return next((each.vignette for each in self.vignettes if not each.is_rated), None)

    @property
    def gaps(self) -> list[tuple[AskedVignette, AskedStatement]]:
        """The statements without an answer, each with its vignette."""
        return [
            (each.vignette, statement)
            for each in self.vignettes
            for statement in each.statements
            if not self.sheet.answer_to(statement.number).is_given
        ]


def progress_of(sheet: OwnSheet, vignettes: Sequence[AskedVignette]) -> Progress:
    """The progress of a sheet over vignettes that come with their statements."""
    return Progress(sheet, tuple(_progress(sheet, vignette) for vignette in vignettes))


def _progress(sheet: OwnSheet, vignette: AskedVignette) -> VignetteProgress:
    statements = tuple(vignette.statements.all())
    answers = [sheet.answer_to(statement.number) for statement in statements]
    return VignetteProgress(
        vignette,
        statements,
        given=sum(answer.is_given for answer in answers),
        abstained=sum(answer.choice == ABSTAIN for answer in answers),
    )


def vignettes_of(round: Round) -> list[AskedVignette]:
    """What a round asks, vignette by vignette, each with its statements; two queries."""
    return list(asked_vignettes(round))


def places_of(round: Round) -> dict[int, int]:
    """By the number of each statement that a round asks, the number of its vignette; one query."""
    rows = AskedStatement.objects.filter(round=round).order_by("number")
    return dict(rows.values_list("number", "vignette__number"))
