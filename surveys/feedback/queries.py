"""Reads of frozen results: for facilitators once a round is closed, for panelists once it is released."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from surveys.consensus import Rule, rule_from_json
from surveys.feedback.models import Comment, Result, RoundResult
from surveys.feedback.thresholds import Shown, shown
from surveys.rounds.models import AskedStatement, Round
from surveys.rounds.queries import closed_rounds, earlier_askings, released_rounds
from surveys.sheets.boxes import Answer
from surveys.sheets.queries import SheetHolder, own_sheets
from surveys.studies.models import Study
from surveys.vignettes.models import Statement


@dataclass(frozen=True)
class Moves:
    """How the paired ratings moved since the statement was last rated; counts of people.

    `bands` are None where they would tell what those few rated who joined or left.
    """

    paired: int
    raised: int
    kept: int
    lowered: int
    bands: tuple[tuple[int, ...], ...] | None


@dataclass(frozen=True)
class StatementResult:
    """One statement's frozen result in one round, under the display thresholds."""

    asked: AskedStatement
    shown: Shown
    moves: Moves | None

    @property
    def is_settled(self) -> bool:
        """Whether the statement reached consensus."""
        return self.shown.consensus is True


def rule_of(study: Study) -> Rule:
    """The study's consensus rule."""
    return rule_from_json(study.protocol.rule)


def results_of(round: Round) -> list[StatementResult]:
    """A closed round's results in the order of its statements; for staff, and for the panel after the release."""
    return results_of_rounds(round.study, [round]).get(round.pk, [])


def results_of_rounds(study: Study, rounds: Iterable[Round]) -> dict[uuid.UUID, list[StatementResult]]:
    """The results of several closed rounds of one study, by round id; two queries however many there are."""
    rule, least = rule_of(study), study.protocol.least_answers
    found: dict[uuid.UUID, list[StatementResult]] = defaultdict(list)
    rows = (
        Result.objects.filter(asked__round__in=list(rounds), asked__round__status=Round.Status.CLOSED)
        .select_related("asked__vignette", "asked__round")
        .order_by("asked__round__number", "asked__number")
    )
    for row in rows:
        visible = shown_result(row, rule, least)
        found[row.asked.round_id].append(StatementResult(row.asked, visible, _moves(row, least)))
    return dict(found)


def shown_result(row: Result, rule: Rule, least: int) -> Shown:
    """A frozen result under the display thresholds."""
    return shown(
        row.counts,
        rule,
        abstained=row.abstained,
        missing=row.missing,
        least_answers=least,
        hides_counts=row.one_joined_or_left,
    )


def _moves(row: Result, least: int) -> Moves | None:
    changes = row.changes
    if changes is None or row.one_joined_or_left or changes["paired"] < least:
        return None
    bands = None if changes["bands"] is None else tuple(tuple(line) for line in changes["bands"])
    return Moves(changes["paired"], changes["raised"], changes["kept"], changes["lowered"], bands)


def latest_results(study: Study, *, released_only: bool = False) -> list[StatementResult]:
    """For every statement the study ever rated, its result in the last closed round that asked it.

    In the order of vignettes. A statement that was set aside keeps the result with which it was.
    """
    rounds = released_rounds(study) if released_only else closed_rounds(study)
    latest: dict[uuid.UUID, StatementResult] = {}
    for results in results_of_rounds(study, rounds).values():
        latest.update({result.asked.statement_id: result for result in results})
    places = {
        pk: place
        for place, pk in enumerate(
            Statement.objects.filter(pk__in=list(latest))
            .order_by("vignette__position", "position", "pk")
            .values_list("pk", flat=True)
        )
    }
    return sorted(latest.values(), key=lambda result: places[result.asked.statement_id])


@dataclass(frozen=True)
class History:
    """One statement through the closed rounds: `by_round` has its result where a round asked it."""

    latest: StatementResult
    by_round: Mapping[uuid.UUID, StatementResult]


def histories(study: Study) -> list[History]:
    """Every rated statement with its results round by round; for facilitators."""
    rounds = closed_rounds(study)
    by_statement: dict[uuid.UUID, dict[uuid.UUID, StatementResult]] = defaultdict(dict)
    for round_id, results in results_of_rounds(study, rounds).items():
        for result in results:
            by_statement[result.asked.statement_id][round_id] = result
    return [History(latest, by_statement[latest.asked.statement_id]) for latest in latest_results(study)]


@dataclass(frozen=True)
class Standing:
    """Where a study stands after its last closed round: how many of its statements have reached consensus."""

    last_round: Round | None
    reached: int
    total: int

    @property
    def everywhere(self) -> bool:
        """Whether the stopping rule is met: every statement has consensus."""
        return 0 < self.total == self.reached


def standing(study: Study) -> Standing:
    """The study's standing, counted over each statement's latest result; for staff."""
    latest = latest_results(study)
    reached = sum(result.is_settled for result in latest)
    last = closed_rounds(study).filter(kind=Round.Kind.RATING).last()
    return Standing(last, reached, len(latest))


def settled_statements(study: Study) -> list[Statement]:
    """The statements whose latest result is consensus."""
    ids = [result.asked.statement_id for result in latest_results(study) if result.is_settled]
    return list(Statement.objects.filter(pk__in=ids))


def participation(round: Round) -> RoundResult | None:
    """How many were invited and how many submitted; None until the round is frozen."""
    return RoundResult.objects.filter(round=round).first()


def comments_of(round: Round) -> dict[uuid.UUID, list[Comment]]:
    """A closed round's comments by asked statement, in an order that says nothing; for facilitators."""
    found: dict[uuid.UUID, list[Comment]] = defaultdict(list)
    for comment in Comment.objects.filter(asked__round=round).order_by("id"):
        found[comment.asked_id].append(comment)
    return dict(found)


def pending_comments(round: Round) -> int:
    """How many comments of a closed round nobody has looked at yet."""
    return Comment.objects.filter(asked__round=round, state=Comment.State.PENDING).count()


@dataclass(frozen=True)
class Earlier:
    """What a panelist sees of the last released round that asked a statement, with their own answer in it."""

    round: Round
    result: StatementResult
    own: Answer
    reasons: tuple[str, ...]


def earlier_feedback(holder: SheetHolder, round: Round) -> dict[int, Earlier]:
    """By statement number of `round`, the feedback on its last released asking; for that panelist alone."""
    askings = {number: asked for number, asked in earlier_askings(round).items() if asked.round.is_released}
    return _feedback(holder, round.study, askings)


def released_feedback(holder: SheetHolder, round: Round) -> dict[int, Earlier]:
    """By statement number, the feedback on one released round itself; for that panelist alone."""
    if not round.is_released:
        return {}
    askings = {asked.number: asked for asked in AskedStatement.objects.filter(round=round).select_related("round")}
    return _feedback(holder, round.study, askings)


def _feedback(holder: SheetHolder, study: Study, askings: Mapping[int, AskedStatement]) -> dict[int, Earlier]:
    rounds = {asked.round_id: asked.round for asked in askings.values()}
    results = {
        result.asked.pk: result for found in results_of_rounds(study, rounds.values()).values() for result in found
    }
    sheets = own_sheets(holder, rounds)
    reasons = _published(askings.values()) if study.protocol.shows_comments else {}
    return {
        number: Earlier(
            rounds[asked.round_id],
            results[asked.pk],
            sheets[asked.round_id].answer_to(asked.number) if sheets[asked.round_id].is_submitted else Answer(),
            tuple(reasons.get(asked.pk, ())) if not results[asked.pk].shown.is_hidden else (),
        )
        for number, asked in askings.items()
        if asked.pk in results
    }


def _published(askings: Iterable[AskedStatement]) -> dict[uuid.UUID, list[str]]:
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    published = Comment.objects.filter(asked__in=list(askings), state=Comment.State.PUBLISHED)
    for comment in published.order_by("id"):
        found[comment.asked_id].append(comment.body)
    return dict(found)
