"""Reads of frozen results: for facilitators once a round is closed; panelists see them through `own_feedback`."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from django.db.models import Count, Q, QuerySet

from surveys.consensus import Rule, Tally, rule_from_json
from surveys.feedback.models import Commitment, GroupResult, Result, RoundResult
from surveys.feedback.thresholds import Shown, ShownGroup, shown, shown_group
from surveys.rounds.models import AskedStatement, Round
from surveys.rounds.queries import closed_rounds, released_rounds
from surveys.studies.models import Protocol, Study
from surveys.studies.queries import amendments_of
from surveys.vignettes.models import LineageStep, Statement
from surveys.vignettes.queries import lineage_of, still_compares

KEPT = 4096
"""What is shown of so many statements is kept in memory by each process."""


@dataclass(frozen=True)
class Moves:
    """How the paired ratings moved since the statement was last rated; counts of people.

    `bands` are None where they would tell what those few rated who joined or left, and so is `moved_band`, how many
    went from one third of the scale to another. `stability` has the statistics of the pairs by name, and is empty where
    they are too few or would tell the same.
    """

    paired: int
    raised: int
    kept: int
    lowered: int
    moved_band: int | None
    bands: tuple[tuple[int, ...], ...] | None
    stability: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class StatementResult:
    """One statement's frozen result in one round, under the display thresholds; `groups` are those to be shown.

    `rule` is the one by which that round was judged.
    """

    asked: AskedStatement
    rule: Rule
    shown: Shown
    moves: Moves | None
    groups: tuple[ShownGroup, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Whether the statement reached consensus."""
        return self.shown.consensus is True


ResultsByRound = Mapping[uuid.UUID, Sequence[StatementResult]]


def rule_of(study: Study) -> Rule:
    """The study's consensus rule as it stands, for rounds that have not been frozen."""
    return rule_from_json(study.protocol.rule)


def rules_by_round(study: Study) -> dict[uuid.UUID, Rule]:
    """The rules by which the closed rounds of a study were judged, every threshold a number; by round id, in order."""
    # What was hashed is as large as all results together, and is not needed here.
    results = RoundResult.objects.filter(round__study=study).select_related("round").defer("hashed")
    results = results.order_by("round__number")
    return _rules(study, {result.round: result for result in results})


def _rules(study: Study, frozen: Mapping[Round, RoundResult]) -> dict[uuid.UUID, Rule]:
    # Rounds that were frozen before their rule was kept with them were judged by that of the protocol at the time.
    amendments = amendments_of(study) if any(result.rule is None for result in frozen.values()) else []
    found = {}
    for round, result in frozen.items():
        later = next((one for one in amendments if one.from_round > round.number), None)
        at_the_time = later.before.rule if later else rule_of(study)
        found[round.pk] = at_the_time if result.rule is None else rule_from_json(result.rule)
    return found


def results_of(round: Round) -> list[StatementResult]:
    """A closed round's results in the order of its statements; for staff, and for the panel after the release."""
    return results_of_rounds(round.study, [round]).get(round.pk, [])


def results_of_rounds(study: Study, rounds: Iterable[Round]) -> dict[uuid.UUID, list[StatementResult]]:
    """The results of several closed rounds of one study, by round id; at most three queries however many there are."""
    found: dict[uuid.UUID, list[StatementResult]] = defaultdict(list)
    for result in _results(study, Result.objects.filter(asked__round__in=list(rounds))):
        found[result.asked.round_id].append(result)
    return dict(found)


def results_of_statement(study: Study, statement: Statement) -> list[StatementResult]:
    """What every closed round that asked a statement of the study found, in order, also of a dropped one; for staff."""
    return _results(study, Result.objects.filter(asked__statement=statement))


def _results(study: Study, rows: QuerySet[Result]) -> list[StatementResult]:
    closed = rows.filter(asked__round__status=Round.Status.CLOSED).select_related(
        "asked__vignette", "asked__round__result"
    )
    closed = closed.defer("asked__round__result__hashed").order_by("asked__round__number", "asked__number")
    rules = _rules(study, {row.asked.round: row.asked.round.result for row in closed})
    sees_groups = study.protocol.groups != Protocol.Groups.NOBODY
    asks_groups = any(rule.asks_groups for rule in rules.values())
    tallies = group_tallies(closed) if sees_groups or asks_groups else defaultdict(dict)
    found, least = [], study.protocol.least_answers
    for row in closed:
        rule, groups = rules[row.asked.round_id], tallies[row.asked_id]
        seen = shown_result(row, rule, row.asked.round.result, {name: one.tally for name, one in groups.items()}, least)
        by_group = [shown_group(name, one.tally, hides_counts=one.hides_counts) for name, one in groups.items()]
        found.append(StatementResult(row.asked, rule, seen, _moves(row, least), tuple(by_group) if sees_groups else ()))
    return found


@dataclass(frozen=True)
class GroupTally:
    """What was written of a statement within one group, and whether its counts stay hidden."""

    tally: Tally
    hides_counts: bool


def group_tallies(rows: QuerySet[Result]) -> dict[uuid.UUID, dict[str, GroupTally]]:
    """By asked statement, what was written of groups, in the order of their names."""
    found: dict[uuid.UUID, dict[str, GroupTally]] = defaultdict(dict)
    for row in GroupResult.objects.filter(asked__in=rows.values("asked")).order_by("group"):
        tally = Tally(tuple(row.counts), row.abstained, row.missing)
        found[row.asked_id][row.group] = GroupTally(tally, row.hides_counts)
    return found


def shown_result(row: Result, rule: Rule, frozen: RoundResult, groups: Mapping[str, Tally], least: int) -> Shown:
    """A frozen result under the display thresholds, judged by `rule` as it was frozen: with the groups of that time.

    A group of which nothing was written, because too few rated, is one of which too little is known.
    """
    tally = Tally(
        tuple(row.counts),
        row.abstained,
        row.missing,
        frozen.invited,
        {name: groups.get(name) for name in frozen.groups or ()},
    )
    if tally.n < least:
        return shown(tally, rule, least_answers=least)
    return _shown(tally, rule, least_answers=least, hides_counts=row.one_joined_or_left)


_shown = lru_cache(maxsize=KEPT)(shown)
"""A frozen result never changes, so neither does what is shown of it. The counts of fewer than k are never kept."""


def _moves(row: Result, least: int) -> Moves | None:
    changes = row.changes
    if changes is None or row.one_joined_or_left or changes["paired"] < least:
        return None
    bands = None if changes["bands"] is None else tuple(tuple(line) for line in changes["bands"])
    stayed = None if bands is None else sum(bands[place][place] for place in range(len(bands)))
    return Moves(
        paired=changes["paired"],
        raised=changes["raised"],
        kept=changes["kept"],
        lowered=changes["lowered"],
        moved_band=None if stayed is None else changes["paired"] - stayed,
        bands=bands,
        stability=row.stability or {},
    )


def latest_results(study: Study, *, released_only: bool = False) -> list[StatementResult]:
    """For every statement the study ever rated, its result in the last closed round that asked it.

    In the order of vignettes. A statement that was set aside keeps the result with which it was; one that was dropped,
    merged or split is left out.
    """
    rounds = released_rounds(study) if released_only else closed_rounds(study)
    return _latest(results_of_rounds(study, rounds))


def _latest(by_round: ResultsByRound) -> list[StatementResult]:
    latest: dict[uuid.UUID, StatementResult] = {}
    for results in by_round.values():
        latest.update({result.asked.statement_id: result for result in results})
    places = {
        pk: place
        for place, pk in enumerate(
            Statement.objects.filter(pk__in=list(latest), is_dropped=False, vignette__is_dropped=False)
            .order_by("vignette__position", "position", "pk")
            .values_list("pk", flat=True)
        )
    }
    kept = [result for pk, result in latest.items() if pk in places]
    return sorted(kept, key=lambda result: places[result.asked.statement_id])


@dataclass(frozen=True)
class History:
    """One statement through the closed rounds: `by_round` has its result where a round asked it.

    `stands` is False where it was reworded since so that its ratings no longer compare: nobody rated these words.
    """

    latest: StatementResult
    by_round: Mapping[uuid.UUID, StatementResult]
    stands: bool = True

    @property
    def is_settled(self) -> bool:
        """Whether the statement as it is worded now has reached consensus."""
        return self.stands and self.latest.is_settled


def histories(study: Study, by_round: ResultsByRound) -> list[History]:
    """Of the results of all closed rounds, those of each statement that is still asked; for facilitators."""
    steps = list(lineage_of(study))
    by_statement: dict[uuid.UUID, dict[uuid.UUID, StatementResult]] = defaultdict(dict)
    for round_id, results in by_round.items():
        for result in results:
            by_statement[result.asked.statement_id][round_id] = result
    return [
        History(latest, by_statement[latest.asked.statement_id], _stands(latest, steps)) for latest in _latest(by_round)
    ]


def _stands(latest: StatementResult, steps: Sequence[LineageStep]) -> bool:
    asked = latest.asked
    return still_compares((asked.statement_id, asked.vignette.vignette_id), asked.round.after_step, steps)


def settled_statements(study: Study) -> list[Statement]:
    """The statements that have reached consensus as they are worded now."""
    found = histories(study, results_of_rounds(study, closed_rounds(study)))
    ids = [history.latest.asked.statement_id for history in found if history.is_settled]
    return list(Statement.objects.filter(pk__in=ids))


def participation(round: Round) -> RoundResult | None:
    """How many were invited and how many submitted; None until the round is frozen."""
    return RoundResult.objects.filter(round=round).first()


def receipts_of(round: Round) -> list[str]:
    """The receipts of all sheets that a closed round counted, sorted; for panelists once it is released."""
    return list(_receipts(round))


def _receipts(round: Round) -> QuerySet[Commitment, str]:
    return Commitment.objects.filter(round=round).order_by("digest").values_list("digest", flat=True)


@dataclass(frozen=True)
class ReceiptList:
    """The sorted receipts of a closed round: how many, and whether one is among them, with how many before it."""

    round: Round
    n: int
    has_own: bool
    before: int

    def part(self, start: int, end: int) -> list[str]:
        """Some of them, counted from 0; `end` is not among them. One query."""
        return list(_receipts(self.round)[start:end])


def receipt_list(round: Round, own: str) -> ReceiptList:
    """The receipts of a closed round and the place of one's own among them, "" for none. One query."""
    found = Commitment.objects.filter(round=round).aggregate(
        n=Count("pk"), own=Count("pk", filter=Q(digest=own)), before=Count("pk", filter=Q(digest__lt=own))
    )
    return ReceiptList(round, found["n"], bool(found["own"]), found["before"])
