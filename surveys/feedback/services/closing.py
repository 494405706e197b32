"""Closing in three steps: the flip that nothing slips past, the tally in slices, the freeze in one transaction.

Each step finds out for itself what is left to do, so an interrupted close is taken up again by the next sweep,
and two that run at once do no harm.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _

from surveys.accounts.models import User
from surveys.feedback.agreement import complete_in, shown_agreements
from surveys.feedback.models import Commitment, PartialTally, Participation, Result, RoundResult
from surveys.feedback.services.agreeing import agreement_of
from surveys.feedback.services.counting import judged, judged_facts, write_results
from surveys.feedback.services.tallying import counted, cut, tally
from surveys.panels.models import Panelist
from surveys.panels.services import note_consent
from surveys.rounds.models import Round
from surveys.rounds.queries import submitters
from surveys.rounds.services.addresses import apply_replacements
from surveys.rounds.services.leaving import let_go
from surveys.rounds.services.locks import hold_round, in_turn, lock_round
from surveys.rounds.services.opening import RoundError
from surveys.rounds.services.saving import GRACE
from surveys.sheets.boxes import BoxTampered
from surveys.sheets.counts import SliceCounts
from surveys.sheets.keystore import KeyStoreError
from surveys.sheets.queries import submitted_count
from surveys.sheets.services import discard_uncounted
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import RESULT_FROZEN, database_now, sha256_of
from surveys.studies.services import SCHEDULE, record

logger = logging.getLogger(__name__)

T = TypeVar("T")

PART = 250
"""So many panelists are written at once; with more the database takes longer for each."""

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
    cut(round)
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


def finish_closing(*, round_id: uuid.UUID) -> bool:
    """Tally a closing round and freeze its result, unless it is closed already; whether it is closed now.

    It is not where somebody else is still counting a slice. Raises TallyMismatch, KeyStoreError or BoxTampered, and
    then nothing is frozen.
    """
    _finish(round_id)
    return Round.objects.filter(pk=round_id, status=Round.Status.CLOSED).exists()


def _finish(round_id: uuid.UUID) -> bool:
    """Whether this very call froze the round."""
    round = Round.objects.select_related("study__protocol").get(pk=round_id)
    return round.status == Round.Status.CLOSING and tally(round) and freeze(round_id=round_id)


@in_turn()
@transaction.atomic
def freeze(*, round_id: uuid.UUID) -> bool:
    """Write results, comments, receipts and participation at once, and close the round; a closed one stays as it is.

    Returns whether it was frozen now.

    Who withdrew leaves the panel here, and what was agreed to moves from the sheets to the panel. Comments are written
    in random order, participation in the order of the panelists' random ids: neither order says anything.
    Raises TallyMismatch where the count of sheets does not agree.
    """
    hold_round(round_id)
    round = lock_round(round_id)
    if round.status != Round.Status.CLOSING:
        # A slower sweep may have counted slices anew, after another one's freeze had deleted them.
        PartialTally.objects.filter(round=round).delete()
        return False
    total = _checked_total(round)
    now = database_now()
    how = judged(round, total)
    facts = write_results(round, total, how)
    receipts = _write_receipts(round, total)
    invited = _write_participation(round)
    withdrew = let_go(round=round)
    apply_replacements(round=round, actor=SCHEDULE, now=now)
    result = RoundResult.objects.create(
        round=round,
        invited=invited,
        submitted=total.submitted,
        withdrew=withdrew,
        digest=sha256_of(facts),
        hashed=facts,
        agreement=_agreement(round, total),
        **how.frozen,
    )
    PartialTally.objects.filter(round=round).delete()
    discard_uncounted(round_id=round.pk)
    Round.objects.filter(pk=round.pk).update(status=Round.Status.CLOSED)
    Study.objects.filter(pk=round.study_id).update(roster_is_frozen=False)
    detail = _frozen_facts(result, receipts)
    record(study=round.study, actor=SCHEDULE, action=RESULT_FROZEN, now=now, detail=detail)
    return True


def _write_receipts(round: Round, total: SliceCounts) -> list[str]:
    receipts = sorted(total.receipts)
    for part in _in_parts(receipts):
        Commitment.objects.bulk_create(Commitment(digest=receipt, round=round) for receipt in part)
    return receipts


def _agreement(round: Round, total: SliceCounts) -> dict[str, Any] | None:
    results = list(Result.objects.filter(asked__round=round))
    earlier = complete_in(shown_agreements(round.study).values())
    least = round.study.protocol.least_answers
    return agreement_of(results, total.complete, least_answers=least, earlier=earlier)


def _frozen_facts(result: RoundResult, receipts: list[str]) -> dict[str, object]:
    """What the audit chain says of a frozen result."""
    return {
        "round": str(result.round),
        "submitted": result.submitted,
        "withdrew": result.withdrew,
        "sha256": result.digest,
        "receipts_sha256": sha256_of(receipts),
        "judged_sha256": sha256_of(judged_facts(result)),
    }


def _submitted_at_the_close(round: Round) -> int:
    """What the audit chain says; one round of a study closes at a time, so the last entry is this round's."""
    entry = AuditEntry.objects.filter(study_id=round.study_id, action=ROUND_CLOSED).latest("number")
    return int(entry.detail["submitted"])


def _checked_total(round: Round) -> SliceCounts:
    """The counts of all slices. Raises TallyMismatch where they are not those of the sheets that were submitted."""
    if PartialTally.objects.filter(round=round, is_counted=False).exists():
        raise TallyMismatch("A slice is not counted.")
    total = counted(round)
    stored, submitted = submitted_count(round.pk), _submitted_at_the_close(round)
    if not total.submitted == stored == submitted:
        raise TallyMismatch(f"{total.submitted} sheets were counted, {stored} stored and {submitted} submitted.")
    return total


def _write_participation(round: Round) -> int:
    """Who submitted, and what they agreed to, in the order of the panelists' random ids; returns how many there are."""
    notice, invited = round.study.protocol.notice_digest, 0
    notes_consent = Panelist.objects.filter(study_id=round.study_id).exclude(consent=notice).exists()
    for ids in _in_parts(Panelist.objects.filter(study_id=round.study_id).order_by("pk").values_list("pk", flat=True)):
        took_part = submitters(round, ids)
        if notes_consent:
            # Nobody submits without having agreed to the notice; see `save_sheet`.
            note_consent(panelist_ids=ids, agreed=took_part, notice=notice)
        Participation.objects.bulk_create(
            Participation(round=round, panelist_id=panelist_id, responded=panelist_id in took_part)
            for panelist_id in ids
        )
        invited += len(ids)
    return invited


def _in_parts(values: Iterable[T]) -> Iterator[list[T]]:
    """The values, part by part: what a freeze holds in memory does not grow with the panel."""
    rest = iter(values)
    while part := list(islice(rest, PART)):
        yield part


def closing_rounds() -> list[uuid.UUID]:
    """The rounds that are to be tallied and frozen."""
    return list(Round.objects.filter(status=Round.Status.CLOSING).values_list("pk", flat=True))


def finish_closing_rounds(round_ids: Iterable[uuid.UUID] | None = None) -> int:
    """Tally and freeze these closing rounds, or all; returns how many it froze.

    One that cannot be waits, and is logged.
    """
    finished = 0
    for round_id in closing_rounds() if round_ids is None else round_ids:
        try:
            finished += _finish(round_id)
        except (TallyMismatch, KeyStoreError, BoxTampered) as fault:
            logger.error("round %s cannot be tallied: %s", round_id, type(fault).__name__)
    if finished:
        tidy()
    return finished


def tidy(*, rewrites_sheets: bool = False) -> None:
    """Rewrite the database's pages after a close, where nothing is under way: deleted drafts leave no remains.

    On PostgreSQL the table of sheets is written anew as a whole only where the caller says so: it locks everybody out.
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
            elif rewrites_sheets:
                # Not longer than a save waits: who rates in another study must not be kept out by this.
                cursor.execute("SET lock_timeout = '5s'")
                try:
                    cursor.execute("VACUUM (FULL) sheets_sheet")
                finally:
                    cursor.execute("RESET lock_timeout")
            else:
                cursor.execute("VACUUM sheets_sheet, feedback_partialtally")
    except DatabaseError as fault:
        logger.warning("the database was not tidied after a close: %s", type(fault).__name__)
