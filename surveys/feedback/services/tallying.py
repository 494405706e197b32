"""The tally of a closing round: cut into slices, each counted by whoever claims it, by one process or by many at once.

A claim is a lease: where its holder is killed, it runs out, and somebody else counts the slice. To count one twice does
no harm, for what a slice counts can no longer change. Its counts wait, encrypted, for the freeze.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from django.db import transaction
from django.db.models import Q

from surveys.feedback.models import PartialTally
from surveys.feedback.services.questions import counts_groups, questions_of, surveys_of
from surveys.panels.models import Panelist
from surveys.rounds.models import Round
from surveys.rounds.services.locks import hold_round, in_turn
from surveys.sheets.counts import SliceCounts
from surveys.sheets.tally import Question, SurveyQuestion, count_sheets, seal_slice, unseal_slice
from surveys.studies.queries import database_now

SLICE = 1000
LEASE = dt.timedelta(seconds=30)
"""Many times as long as a slice takes."""


@dataclass(frozen=True)
class TallyProgress:
    """How many of a tally's slices are counted; `slices` is 0 before it is cut, and once the round is frozen."""

    counted: int
    slices: int


def cut(round: Round) -> None:
    """Cut the panel into slices of at most a thousand, by the first panelist of each; one that was cut is left.

    Always alike: from the flip until the freeze nobody comes to the panel and nobody goes.
    """
    ids = Panelist.objects.filter(study_id=round.study_id).order_by("pk").values_list("pk", flat=True).iterator()
    firsts = islice(ids, 0, None, SLICE)
    PartialTally.objects.bulk_create(
        [PartialTally(round=round, slice_number=number, first=first) for number, first in enumerate(firsts)],
        ignore_conflicts=True,
    )


def tally_progress(round: Round) -> TallyProgress:
    """How far the tally of a closing round has come; two queries."""
    slices = PartialTally.objects.filter(round=round)
    return TallyProgress(slices.filter(is_counted=True).count(), slices.count())


def uncounted_slices(round_id: uuid.UUID) -> int:
    """How many slices of a closing round are still to be counted."""
    return PartialTally.objects.filter(round_id=round_id, is_counted=False).count()


def tally(round: Round) -> bool:
    """Count slices until every one is counted or claimed by somebody else; whether all are counted.

    Raises KeyStoreError or BoxTampered, and then the slice may be claimed again.
    """
    if not PartialTally.objects.filter(round=round).exists():
        _cut_late(round)
    asked = _Asked(round, questions_of(round), surveys_of(round), counts_groups(round))
    while claimed := _claim(round):
        try:
            _count(asked, claimed)
        except BaseException:
            PartialTally.objects.filter(pk=claimed.pk, claimed_until=claimed.claimed_until).update(claimed_until=None)
            raise
    return not PartialTally.objects.filter(round=round, is_counted=False).exists()


@in_turn()
@transaction.atomic
def _cut_late(round: Round) -> None:
    """Cut a round that began to close under a version of the software that cut nothing; not one that is frozen now."""
    hold_round(round.pk)
    if Round.objects.filter(pk=round.pk, status=Round.Status.CLOSING).exists():
        cut(round)


@dataclass(frozen=True)
class _Asked:
    """What the tally is asked of every slice alike."""

    round: Round
    questions: Sequence[Question]
    surveys: Sequence[SurveyQuestion]
    by_group: bool


def _claim(round: Round) -> PartialTally | None:
    """A slice that nobody has counted or is counting, claimed; None where there is none."""
    now = database_now()
    free = PartialTally.objects.filter(round=round, is_counted=False)
    free = free.filter(Q(claimed_until__isnull=True) | Q(claimed_until__lt=now)).order_by("slice_number")
    while one := free.first():
        # Of two that found it free, one changes the row, and the other looks for the next.
        if free.filter(pk=one.pk).update(claimed_until=now + LEASE):
            one.claimed_until = now + LEASE
            return one
    return None


def _count(asked: _Asked, claimed: PartialTally) -> None:
    round = asked.round
    members = _members(round, claimed)
    counts = count_sheets(
        study_id=round.study_id,
        round_id=round.pk,
        panelist_ids=list(members),
        questions=asked.questions,
        surveys=asked.surveys,
        groups=members if asked.by_group else None,
    )
    box = seal_slice(study_id=round.study_id, round_id=round.pk, slice_number=claimed.slice_number, counts=counts)
    # Where the lease ran out and somebody else was faster, or the round is frozen already, there is nothing to keep.
    PartialTally.objects.filter(pk=claimed.pk, is_counted=False).update(box=box, is_counted=True)


def _members(round: Round, claimed: PartialTally) -> dict[uuid.UUID, str]:
    """The panelists of a slice, each with their group, in the order of their ids."""
    panel = Panelist.objects.filter(study_id=round.study_id, pk__gte=claimed.first)
    after = PartialTally.objects.filter(round=round, slice_number=claimed.slice_number + 1).first()
    within = panel.filter(pk__lt=after.first) if after else panel
    return dict(within.order_by("pk").values_list("pk", "group"))


def counted(round: Round) -> SliceCounts:
    """The counts of all slices together. Raises KeyStoreError or BoxTampered."""
    total = SliceCounts()
    for one in PartialTally.objects.filter(round=round).order_by("slice_number").iterator():
        total.add(
            unseal_slice(study_id=round.study_id, round_id=round.pk, slice_number=one.slice_number, box=bytes(one.box))
        )
    return total
