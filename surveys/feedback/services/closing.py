"""Closing in three steps: the flip that nothing slips past, the tally in slices, the freeze in one transaction.

Each step finds out for itself what is left to do, so an interrupted close is taken up again by the next sweep,
and two that run at once do no harm.
"""

import datetime as dt
import hashlib
import logging
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import asdict, replace

from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _

from surveys.accounts.models import User
from surveys.consensus import assess_counts, changes
from surveys.feedback.models import Comment, PartialTally, Participation, Result, RoundResult, SurveyResult
from surveys.feedback.queries import rule_of, shown_result
from surveys.feedback.survey_results import COMMENT_KINDS, shown_survey_result
from surveys.feedback.thresholds import Shown
from surveys.panels.models import Panelist
from surveys.rounds.models import AskedStatement, AskedVignette, Round
from surveys.rounds.queries import earlier_askings, earlier_surveys, submitters, survey_of
from surveys.rounds.services.locks import hold_round, in_turn, lock_round
from surveys.rounds.services.opening import RoundError
from surveys.rounds.services.saving import GRACE
from surveys.sheets.boxes import BoxTampered
from surveys.sheets.keystore import KeyStoreError
from surveys.sheets.queries import submitted_count
from surveys.sheets.services import discard_drafts
from surveys.sheets.tally import (
    Question,
    SliceCounts,
    StatementCounts,
    SurveyCounts,
    SurveyQuestion,
    count_sheets,
    seal_slice,
    unseal_slice,
)
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import database_now
from surveys.studies.services import SCHEDULE, canonical, record

logger = logging.getLogger(__name__)

SLICE = 1000
ROUND_CLOSED = "round closed"


class TooFewAnswers(RoundError):
    """Fewer have submitted than a result needs; the round stays open."""

    def __init__(self, submitted: int, least: int) -> None:
        super().__init__(
            _("%(submitted)d have submitted, and a result needs at least %(least)d. Extend the round, or cancel it.")
            % {"submitted": submitted, "least": least}
        )
        self.submitted = submitted
        self.least = least


class TallyMismatch(Exception):
    """The sheets that were counted are not the sheets that were submitted; nothing was frozen."""


@in_turn()
@transaction.atomic
def close_round(*, round_id: uuid.UUID, actor: User | str, only_if_due_by: dt.datetime | None = None) -> Round:
    """Turn an open round into a closing one, for ever. What was committed before this counts, nothing after.

    A round that is closing or closed already is returned as it is, and so is one whose deadline is later than
    `only_if_due_by`: it was extended meanwhile. Reads status and times after the lock is granted.
    Raises RoundError for a round that never opened, TooFewAnswers below the study's least number.
    """
    hold_round(round_id)
    round = lock_round(round_id)
    now = database_now()
    if round.status in (Round.Status.CLOSING, Round.Status.CLOSED):
        return round
    if round.status != Round.Status.OPEN:
        raise RoundError(_("Only an open round can be closed."))
    if only_if_due_by and (round.closes_at is None or round.closes_at > only_if_due_by):
        return round
    submitted, least = submitted_count(round.pk), round.study.protocol.least_answers
    if submitted < least:
        raise TooFewAnswers(submitted, least)
    round.status, round.closed_at = Round.Status.CLOSING, now
    round.save(update_fields=["status", "closed_at"])
    detail = {"round": str(round), "submitted": submitted}
    record(study=round.study, actor=actor, action=ROUND_CLOSED, now=now, detail=detail)
    return round


def close_due_rounds(*, now: dt.datetime) -> int:
    """Close the open rounds whose deadline is a minute past; returns how many. With too few answers one stays open."""
    due = Round.objects.filter(status=Round.Status.OPEN, closes_at__lte=now - GRACE)
    closed = 0
    for round_id in due.values_list("pk", flat=True):
        try:
            round = close_round(round_id=round_id, actor=SCHEDULE, only_if_due_by=now - GRACE)
        except RoundError:
            continue
        closed += round.status == Round.Status.CLOSING
    return closed


def finish_closing(*, round_id: uuid.UUID) -> None:
    """Tally a closing round and freeze its result; does nothing for a round that is closed already.

    Raises TallyMismatch, KeyStoreError or BoxTampered, and then nothing is frozen.
    """
    round = Round.objects.select_related("study__protocol").get(pk=round_id)
    if round.status != Round.Status.CLOSING:
        return
    for number, panelist_ids in enumerate(slices(round)):
        tally_slice(round=round, slice_number=number, panelist_ids=panelist_ids)
    freeze(round_id=round_id)


def slices(round: Round) -> list[Sequence[uuid.UUID]]:
    """The panel in slices of at most a thousand, always cut alike: the roster is frozen until the freeze."""
    ids = list(Panelist.objects.filter(study_id=round.study_id).order_by("pk").values_list("pk", flat=True))
    return [ids[start : start + SLICE] for start in range(0, len(ids), SLICE)]


def tally_slice(*, round: Round, slice_number: int, panelist_ids: Sequence[uuid.UUID]) -> None:
    """Count one slice's sheets and keep the counts, encrypted, until the freeze; a slice counted before is left."""
    if PartialTally.objects.filter(round=round, slice_number=slice_number).exists():
        return
    counts = count_sheets(
        study_id=round.study_id,
        round_id=round.pk,
        panelist_ids=panelist_ids,
        questions=_questions(round),
        surveys=_surveys(round),
    )
    box = seal_slice(study_id=round.study_id, round_id=round.pk, slice_number=slice_number, counts=counts)
    tally = PartialTally(round=round, slice_number=slice_number, box=box)
    PartialTally.objects.bulk_create([tally], ignore_conflicts=True)


def _questions(round: Round) -> list[Question]:
    earlier = earlier_askings(round)
    numbers = AskedStatement.objects.filter(round=round).values_list("number", flat=True)
    return [
        Question(number, earlier[number].round_id, earlier[number].number) if number in earlier else Question(number)
        for number in numbers
    ]


def _surveys(round: Round) -> list[SurveyQuestion]:
    if not round.asks_options:
        return []
    survey, earlier = survey_of(round), earlier_surveys(round)
    then = {asked.round_id: survey_of(asked.round) for asked in earlier.values()}
    found = []
    for vignette in survey.vignettes:
        question = SurveyQuestion(vignette.number, len(survey.options), survey.base_of(vignette))
        asked = earlier.get(vignette.number)
        if asked:
            base = then[asked.round_id].base_of(asked)
            question = replace(question, earlier_round=asked.round_id, earlier_number=asked.number, earlier_base=base)
        found.append(question)
    return found


@in_turn()
@transaction.atomic
def freeze(*, round_id: uuid.UUID) -> None:
    """Write results, comments and participation at once, and close the round; a closed one stays as it is.

    Comments are written in random order, participation in the order of the panelists' random ids: neither order
    says anything. Raises TallyMismatch where the count of sheets does not agree.
    """
    hold_round(round_id)
    round = lock_round(round_id)
    if round.status != Round.Status.CLOSING:
        # A slower sweep may have counted slices anew, after another one's freeze had deleted them.
        PartialTally.objects.filter(round=round).delete()
        return
    total = _total(round)
    stored, submitted = submitted_count(round.pk), _submitted_at_the_close(round)
    if not total.submitted == stored == submitted:
        raise TallyMismatch(f"{total.submitted} sheets were counted, {stored} stored and {submitted} submitted.")
    now = database_now()
    digest = _write_results(round, total)
    invited = _write_participation(round)
    RoundResult.objects.create(round=round, invited=invited, submitted=total.submitted, digest=digest)
    PartialTally.objects.filter(round=round).delete()
    discard_drafts(round_id=round.pk)
    Round.objects.filter(pk=round.pk).update(status=Round.Status.CLOSED)
    Study.objects.filter(pk=round.study_id).update(roster_is_frozen=False)
    detail = {"round": str(round), "submitted": total.submitted, "sha256": digest}
    record(study=round.study, actor=SCHEDULE, action="result frozen", now=now, detail=detail)


def _submitted_at_the_close(round: Round) -> int:
    """What the audit chain says; one round of a study closes at a time, so the last entry is this round's."""
    entry = AuditEntry.objects.filter(study_id=round.study_id, action=ROUND_CLOSED).latest("number")
    return int(entry.detail["submitted"])


def _total(round: Round) -> SliceCounts:
    total = SliceCounts()
    for tally in PartialTally.objects.filter(round=round):
        total.add(
            unseal_slice(
                study_id=round.study_id,
                round_id=round.pk,
                slice_number=tally.slice_number,
                box=bytes(tally.box),
            )
        )
    return total


def _write_results(round: Round, total: SliceCounts) -> str:
    """Write a result a statement and a vignette, and the shuffled comments; returns the results' hash.

    A comment on what fewer than k answered is not written: nothing beside such a result is shown to anyone.
    """
    rated_before, least = _rated_before(round), round.study.protocol.least_answers
    results, comments = [], []
    for asked in AskedStatement.objects.filter(round=round).order_by("number"):
        counts = total.statements.get(asked.number, StatementCounts())
        results.append(_result(round, asked, counts, total.submitted, rated_before.get(asked.number)))
        if sum(counts.counts) >= least:
            comments += [
                Comment(vignette_id=asked.vignette_id, asked=asked, original=text, body=text) for text in counts.reasons
            ]
    survey, surveys = survey_of(round), []
    answered_before = _answered_before(round) if survey.questions else {}
    for vignette in survey.vignettes:
        counted = total.vignettes.get(vignette.number, SurveyCounts.of(len(survey.options)))
        surveys.append(_survey_result(vignette, counted, total.submitted, answered_before.get(vignette.number)))
        if counted.answered >= least:
            comments += _survey_comments(vignette, counted)
    secrets.SystemRandom().shuffle(comments)
    Result.objects.bulk_create(results)
    SurveyResult.objects.bulk_create(surveys)
    Comment.objects.bulk_create(comments)
    return _digest(round, results, surveys)


def _survey_comments(vignette: AskedVignette, counted: SurveyCounts) -> list[Comment]:
    return [
        Comment(vignette=vignette, kind=COMMENT_KINDS[question], original=text, body=text)
        for question, texts in counted.texts.items()
        for text in texts
    ]


def _answered_before(round: Round) -> dict[int, int]:
    """By vignette number, how many answered it when its options were last asked about."""
    earlier = earlier_surveys(round)
    rows = SurveyResult.objects.filter(vignette__in=earlier.values()).values_list("vignette_id", "tally")
    answered = {vignette_id: tally["answered"] for vignette_id, tally in rows}
    return {number: answered[asked.pk] for number, asked in earlier.items()}


def _survey_result(
    vignette: AskedVignette, counted: SurveyCounts, submitted: int, answered_before: int | None
) -> SurveyResult:
    differing = counted.answered + (answered_before or 0) - 2 * counted.paired
    tally = {name: value for name, value in vars(counted).items() if name not in ("texts", "paired")}
    return SurveyResult(
        vignette=vignette,
        tally=tally,
        missing=submitted - counted.answered - counted.abstained,
        one_joined_or_left=answered_before is not None and differing == 1,
    )


def _digest(round: Round, results: Sequence[Result], surveys: Sequence[SurveyResult]) -> str:
    """The SHA-256 of the results as they may be shown: a hash over withheld counts would let anybody guess them."""
    rule, least = rule_of(round.study), round.study.protocol.least_answers
    facts: list[object] = [_shown_facts(result, shown_result(result, rule, least)) for result in results]
    facts += [
        [survey.vignette.number, asdict(shown_survey_result(survey, round.questions, least))] for survey in surveys
    ]
    return hashlib.sha256(canonical([str(round.pk), facts])).hexdigest()


def _shown_facts(result: Result, seen: Shown) -> list[object]:
    mean = None if seen.mean is None else str(seen.mean)
    return [
        result.asked.number,
        result.asked.text,
        seen.n,
        seen.counts,
        mean,
        seen.abstained,
        seen.missing,
        seen.consensus,
    ]


def _rated_before(round: Round) -> dict[int, int]:
    """By statement number, how many rated it when it was last asked; those who left the panel since are among them."""
    earlier = earlier_askings(round)
    counts = dict(Result.objects.filter(asked__in=earlier.values()).values_list("asked_id", "counts"))
    return {number: sum(counts[asked.pk]) for number, asked in earlier.items()}


def _result(
    round: Round, asked: AskedStatement, counts: StatementCounts, submitted: int, rated_before: int | None
) -> Result:
    rated = sum(counts.counts)
    missing = submitted - rated - counts.abstained
    verdict = assess_counts(counts.counts, rule_of(round.study), abstained=counts.abstained, missing=missing)
    paired = sum(map(sum, counts.paired))
    joined, left = rated - paired, (rated_before or 0) - paired
    return Result(
        asked=asked,
        counts=counts.counts,
        abstained=counts.abstained,
        missing=missing,
        consensus=verdict.consensus,
        changes=_changes(counts, joined, left, round.study.protocol.least_answers),
        one_joined_or_left=rated_before is not None and joined + left == 1,
    )


def _changes(counts: StatementCounts, joined: int, left: int, least: int) -> dict[str, object] | None:
    """What is kept of the paired table, which is itself never written.

    Nothing where fewer than k are paired, or where one person alone joined or left: how the others moved tells what
    that one rated. The bands' sums are the paired people's counts in either round, and what these lack of all counts is
    of those who left or joined: so the bands are kept only where those are none, or at least k.
    """
    moved = changes(counts.paired)
    if moved.n < least or 1 in (joined, left):
        return None
    return {
        "paired": moved.n,
        "raised": moved.raised,
        "kept": moved.kept,
        "lowered": moved.lowered,
        "bands": moved.bands if all(number == 0 or number >= least for number in (joined, left)) else None,
    }


def _write_participation(round: Round) -> int:
    panel = list(Panelist.objects.filter(study_id=round.study_id).order_by("pk"))
    took_part = submitters(round, panel)
    Participation.objects.bulk_create(
        Participation(round=round, panelist=panelist, responded=panelist.pk in took_part) for panelist in panel
    )
    return len(panel)


def finish_closing_rounds() -> int:
    """Tally and freeze every closing round; returns how many were finished. One that cannot be waits, and is logged."""
    finished = 0
    for round_id in Round.objects.filter(status=Round.Status.CLOSING).values_list("pk", flat=True):
        try:
            finish_closing(round_id=round_id)
        except (TallyMismatch, KeyStoreError, BoxTampered) as fault:
            logger.error("round %s cannot be tallied: %s", round_id, type(fault).__name__)
            continue
        finished += 1
    if finished:
        tidy()
    return finished


def tidy() -> None:
    """Rewrite the database's pages after a close, where nothing is under way: deleted drafts leave no remains.

    A database that is too busy for it is left as it is, for the next close: the result is frozen all the same.
    """
    if connection.in_atomic_block:
        return
    try:
        with in_turn(), connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("VACUUM")
                # The write-ahead log still holds what was written before, until it is cut.
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            else:
                cursor.execute("VACUUM sheets_sheet, feedback_partialtally")
    except DatabaseError as fault:
        logger.warning("the database was not tidied after a close: %s", type(fault).__name__)
