"""Where a study stands and what comes next: the facts of its overview, in sentences."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.consensus import Rule, Standing, StoppingRule, StopReason, judge_stopping
from surveys.consensus.stopping import StopKind
from surveys.facilitator.readings import (
    Cell,
    ClauseLine,
    abstained_words,
    cell_of,
    clause_lines,
    round_label,
    vote_label,
)
from surveys.feedback.queries import History, ResultsByRound, histories, results_of_rounds, rule_of
from surveys.pages.moments import short_day_words
from surveys.pages.round_words import vote_phrase
from surveys.pages.verdict_words import rule_name
from surveys.rounds.models import Round
from surveys.rounds.queries import Attendance, attendance, rounds_of
from surveys.studies.models import Study
from surveys.studies.queries import rules_of
from surveys.vignettes.queries import options_of, statements_of

MOST_ROUNDS = 4
"""So many closed rounds stand beside each other; those before are on each statement's page."""


@dataclass(frozen=True)
class Step:
    """One step of the study's course. `state` is done, now or todo; `is_last` marks the last done one before now."""

    title: str
    detail: str
    state: str
    is_last: bool = False


@dataclass(frozen=True)
class Row:
    """A statement through the closed rounds: a cell for each, and why it has no consensus yet."""

    statement_id: uuid.UUID
    number: int
    vignette: str
    text: str
    cells: tuple[tuple[str, Cell], ...]
    reached_words: str
    clauses: tuple[ClauseLine, ...]
    abstained: str


@dataclass(frozen=True)
class Course:
    """A study, its rounds in order and what they found; `now` by the database's clock.

    `histories` are of the statements that still stand and were rated, of the so many `statements` that stand.
    """

    study: Study
    rounds: tuple[Round, ...]
    results: ResultsByRound
    histories: tuple[History, ...]
    now: dt.datetime
    statements: int
    has_options: bool

    @cached_property
    def rule(self) -> Rule:
        """The study's consensus rule."""
        return rule_of(self.study)

    @property
    def closed(self) -> list[Round]:
        """The rounds with frozen results, in order."""
        return [round for round in self.rounds if round.status == Round.Status.CLOSED]

    @property
    def rated(self) -> list[Round]:
        """The closed rating rounds, in order."""
        return [round for round in self.closed if round.is_rating]

    @property
    def shown(self) -> list[Round]:
        """The latest closed rating rounds, as many as a table has room for beside each other."""
        return self.rated[-MOST_ROUNDS:]

    @property
    def last(self) -> Round | None:
        """The last closed round."""
        return self.closed[-1] if self.closed else None

    @property
    def unfinished(self) -> Round | None:
        """The round that is being prepared, open or closing."""
        return next((round for round in self.rounds if round.status != Round.Status.CLOSED), None)

    @property
    def is_finished(self) -> bool:
        """Whether the study is finished."""
        return self.study.is_over

    @property
    def is_running(self) -> bool:
        """Whether the study could be stopped."""
        return self.study.status == Study.Status.RUNNING

    @property
    def total(self) -> int:
        """How many statements stand, rated or not; 0 as long as none of them was rated."""
        return self.statements if self.histories else 0

    @property
    def reached(self) -> int:
        """How many of them reached consensus at their last rating."""
        return sum(history.is_settled for history in self.histories)

    @property
    def still_open(self) -> int:
        """How many have not, or were never rated."""
        return self.total - self.reached

    @property
    def everywhere(self) -> bool:
        """Whether every statement reached consensus: the stopping rule."""
        return 0 < self.total == self.reached

    @cached_property
    def stopping(self) -> StoppingRule:
        """When the study may stop."""
        return rules_of(self.study.protocol).stopping

    @cached_property
    def further_reasons(self) -> tuple[StopReason, ...]:
        """Why the study may stop although not every statement reached consensus; its facilitator decides."""
        standings = [_standing(history) for history in self.histories]
        standings += [Standing(None, None, None)] * (self.total - len(standings))
        found = judge_stopping(standings, len(self.rated), self.stopping) if self.rated else ()
        return tuple(reason for reason in found if reason.kind != StopKind.CONSENSUS)

    @property
    def counts_short(self) -> bool:
        """Whether it is said of any result how many ratings are short; rules with upper bounds do not say it."""
        return any(result.shown.short is not None for results in self.results.values() for result in results)

    @property
    def awaits_release(self) -> bool:
        """Whether the last closed round's results are not released."""
        return self.last is not None and not self.last.is_released

    @property
    def has_statements(self) -> bool:
        """Whether the questionnaire holds a statement to ask."""
        return self.statements > 0

    @property
    def has_top_choices(self) -> bool:
        """Whether a closed round asked for top choices, of which statements are made."""
        return any(Round.Question.TOP in round.questions for round in self.closed)

    @property
    def awaits_statements(self) -> bool:
        """Whether top choices were asked for and no statement stands yet: next, statements are made of them."""
        return self.has_top_choices and self.unfinished is None and not self.has_statements

    @property
    def next_kind(self) -> str:
        """What kind of round is drafted, or comes next: an option survey while there are options and no statement."""
        if self.unfinished:
            return self.unfinished.kind
        return Round.Kind.OPTION_SURVEY if self.has_options and not self.has_statements else Round.Kind.RATING

    def next_of(self, kind: str) -> int:
        """The number that the next round of this kind has among its kind, drafted or not."""
        unfinished = self.unfinished
        if unfinished and unfinished.kind == kind:
            return unfinished.kind_number
        return 1 + sum(round.kind == kind for round in self.rounds)

    def next_label(self, kind: str = "") -> str:
        """The next round in few words, of this kind or of the one that comes next."""
        return vote_label(kind or self.next_kind, self.next_of(kind or self.next_kind))

    def next_phrase(self, kind: str = "") -> str:
        """The same within a sentence."""
        return vote_phrase(kind or self.next_kind, self.next_of(kind or self.next_kind))

    @cached_property
    def attendance(self) -> Attendance | None:
        """Who has submitted, while a round is open."""
        round = self.unfinished
        return attendance(round) if round and round.status == Round.Status.OPEN else None

    @property
    def is_short_at_deadline(self) -> bool:
        """Whether the open round's deadline has passed with fewer answers than a result needs."""
        round, there = self.unfinished, self.attendance
        if round is None or there is None or round.closes_at is None:
            return False
        return round.closes_at <= self.now and there.submitted < self.study.protocol.least_answers


def _standing(history: History) -> Standing:
    moves = history.latest.moves if history.stands else None
    return Standing(history.is_settled, moves.paired if moves else None, moves.moved_band if moves else None)


def course_of(study: Study, now: dt.datetime) -> Course:
    """The course of a study; for its facilitators. A fixed number of queries."""
    rounds = tuple(rounds_of(study))
    for round in rounds:
        round.study = study
    results = results_of_rounds(study, rounds)
    return Course(
        study,
        rounds,
        results,
        tuple(histories(study, results)),
        now,
        statements=statements_of(study).count(),
        has_options=options_of(study).exists(),
    )


def standing_words(reached: int, total: int, rule: Rule) -> str:
    """`3 of 7 statements have full consensus.`"""
    words = {"reached": reached, "total": total, "rule": rule_name(rule)}
    if not total:
        return _("No statement has a result.")
    if total == 1:
        text = _("The statement has %(rule)s.") if reached else _("The statement has no %(rule)s yet.")
        return text % words
    return (
        ngettext(
            "%(reached)d of %(total)d statements has %(rule)s.",
            "%(reached)d of %(total)d statements have %(rule)s.",
            reached,
        )
        % words
    )


def title_of(course: Course) -> str:
    """The study's state in a sentence or two."""
    standing = standing_words(course.reached, course.total, course.rule)
    if course.is_finished:
        if course.study.status == Study.Status.SEALED:
            return _("This study is sealed. %(standing)s") % {"standing": standing}
        return _("This study is finished. %(standing)s") % {"standing": standing}
    unfinished, there = course.unfinished, course.attendance
    if unfinished and there:
        words = {"round": unfinished, "submitted": there.submitted, "invited": there.invited}
        return _("%(round)s is open. %(submitted)d of %(invited)d have submitted.") % words
    if unfinished and unfinished.status == Round.Status.CLOSING:
        return _("%(round)s is closing. Its answers are being counted.") % {"round": unfinished}
    if course.everywhere:
        words = {"rule": rule_name(course.rule)}
        if course.awaits_release:
            return _("Every statement has %(rule)s. Release the results, then you can finish the study.") % words
        return _("Every statement has %(rule)s. You can finish the study.") % words
    if course.last:
        if not course.total:
            released = course.last.is_released
            standing = _("The panel has its results.") if released else _("Its results are not released.")
        return _("%(round)s is closed. %(standing)s") % {"round": course.last, "standing": standing}
    if unfinished:
        return _("%(round)s is being prepared.") % {"round": unfinished}
    return _("This study has no round yet.")


def steps_of(course: Course) -> list[Step]:
    """The course of the study from set-up to its end, the present step marked."""
    earlier, latest = course.closed[:-MOST_ROUNDS], course.closed[-MOST_ROUNDS:]
    steps = [_set_up_step(course)]
    if earlier:
        steps.append(Step(_earlier_words(earlier), _("closed"), "done"))
    steps += [_closed_step(course, round) for round in latest]
    here, end = _present_step(course), _finish_step(course)
    if here or end.state == "now":
        steps[-1] = replace(steps[-1], is_last=True)
    return [*steps, here, end] if here else [*steps, end]


def _earlier_words(earlier: Sequence[Round]) -> str:
    """The rounds that one step stands for: "Rounds 1 to 3", "Option surveys 1 and 2", "5 earlier rounds"."""
    kinds, number = {round.kind for round in earlier}, len(earlier)
    if number == 1:
        return round_label(earlier[0])
    if kinds == {Round.Kind.RATING}:
        return _("Rounds 1 and 2") if number == 2 else _("Rounds 1 to %(n)d") % {"n": number}
    if kinds == {Round.Kind.OPTION_SURVEY}:
        return _("Option surveys 1 and 2") if number == 2 else _("Option surveys 1 to %(n)d") % {"n": number}
    return _("%(n)d earlier rounds") % {"n": number}


def _set_up_step(course: Course) -> Step:
    locked = course.study.protocol.locked_at
    if locked is None:
        detail = _("questionnaire and panel") if course.unfinished else _("you are here")
        return Step(_("Set-up"), detail, "done" if course.unfinished else "now")
    detail = _("protocol locked %(day)s") % {"day": short_day_words(locked, course.study.time_zone)}
    return Step(_("Set-up"), detail, "done")


def _closed_step(course: Course, round: Round) -> Step:
    results = course.results.get(round.pk, ())
    words = {
        "day": short_day_words(round.closed_at, course.study.time_zone) if round.closed_at else "",
        "reached": sum(result.is_settled for result in results),
        "total": len(results),
    }
    text = _("closed %(day)s · %(reached)d of %(total)d") if round.is_rating else _("closed %(day)s")
    return Step(round_label(round), text % words, "done")


def _present_step(course: Course) -> Step | None:
    round = course.unfinished
    if round is None:
        is_set_up = course.study.protocol.is_locked
        if course.is_finished or course.everywhere or not is_set_up:
            return None
        title = _("Statements") if course.awaits_statements else course.next_label()
        return Step(title, _("next · you are here"), "now")
    zone = course.study.time_zone
    if round.status == Round.Status.OPEN and round.closes_at:
        detail = _("open until %(day)s · you are here") % {"day": short_day_words(round.closes_at, zone)}
    elif round.status == Round.Status.DRAFT:
        detail = _("draft · you are here")
    else:
        detail = _("being counted · you are here")
    return Step(round_label(round), detail, "now")


def _finish_step(course: Course) -> Step:
    title = _("Finish")
    if course.study.finished_at:
        return Step(title, short_day_words(course.study.finished_at, course.study.time_zone), "now")
    if course.everywhere and course.unfinished is None:
        return Step(title, _("all agree · you are here"), "now")
    number = course.total
    detail = _("when all %(total)d agree") % {"total": number} if number > 1 else _("when all agree")
    return Step(title, detail, "todo")


def rows_of(course: Course, numbers: Mapping[uuid.UUID, int]) -> list[Row]:
    """Every rated statement through the closed rounds, in the questionnaire's order."""
    seen = [history.latest.asked.vignette.vignette_id for history in course.histories]
    return [_row(course, history, numbers, seen) for history in course.histories]


def _row(course: Course, history: History, numbers: Mapping[uuid.UUID, int], seen: Sequence[uuid.UUID]) -> Row:
    asked, shown = history.latest.asked, history.latest.shown
    vignette_id = asked.vignette.vignette_id
    return Row(
        statement_id=asked.statement_id,
        number=numbers[vignette_id],
        vignette=asked.vignette.title,
        text=asked.text if seen.count(vignette_id) > 1 else "",
        cells=tuple((round_label(round), cell_of(history.by_round.get(round.pk))) for round in course.shown),
        reached_words=_reached_words(course, history) if history.latest.is_settled else "",
        clauses=tuple(sorted(clause_lines(shown), key=lambda clause: clause.met)),
        abstained=abstained_words(shown),
    )


def _reached_words(course: Course, history: History) -> str:
    if not history.stands:
        return _("Worded anew since, and not rated so yet.")
    rated = list(history.by_round.values())
    name = rule_name(course.rule)
    words = {"rule": name[:1].upper() + name[1:], "n": len(rated)}
    if len(rated) > 1 and all(result.is_settled for result in rated):
        return (_("%(rule)s in both rounds.") if len(rated) == 2 else _("%(rule)s in all %(n)d rounds.")) % words
    return _("%(rule)s.") % words
