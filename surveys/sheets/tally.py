"""The second door to the plain text: it opens a round's submitted sheets and lets nothing out but counts.

Sheets are counted in memory, slice by slice; a slice's counts add up with the others'. Reasons come out as
loose texts for each statement, with nothing to say who wrote them or what they rated.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from surveys.sheets.boxes import Answers, seal, unseal, unseal_answers
from surveys.sheets.keystore import StudyKeys, study_keys
from surveys.sheets.models import Sheet

POINTS = 9


@dataclass(frozen=True)
class Question:
    """One statement of a round: its number, and where the same people rated it before, if they did."""

    number: int
    earlier_round: uuid.UUID | None = None
    earlier_number: int = 0


@dataclass
class StatementCounts:
    """Counts of one statement. `paired[e - 1][r - 1]` are those who rated e earlier and r now."""

    counts: list[int] = field(default_factory=lambda: [0] * POINTS)
    abstained: int = 0
    paired: list[list[int]] = field(default_factory=lambda: [[0] * POINTS for _ in range(POINTS)])
    reasons: list[str] = field(default_factory=list)

    def add(self, other: "StatementCounts") -> None:
        """Take in the counts of another slice."""
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)]
        for mine, theirs in zip(self.paired, other.paired, strict=True):
            mine[:] = [a + b for a, b in zip(mine, theirs, strict=True)]
        self.abstained += other.abstained
        self.reasons += other.reasons


@dataclass
class SliceCounts:
    """The counts of some of a round's sheets, by statement number."""

    submitted: int = 0
    statements: dict[int, StatementCounts] = field(default_factory=dict)

    def add(self, other: "SliceCounts") -> None:
        """Take in another slice."""
        self.submitted += other.submitted
        for number, counts in other.statements.items():
            self.statements.setdefault(number, StatementCounts()).add(counts)


def count_sheets(
    *,
    study_id: uuid.UUID,
    round_id: uuid.UUID,
    panelist_ids: Sequence[uuid.UUID],
    questions: Sequence[Question],
) -> SliceCounts:
    """Count the submitted sheets of these panelists, with their earlier ones. Raises KeyStoreError, BoxTampered."""
    keys = study_keys(study_id)
    now = _opened(keys, round_id, panelist_ids)
    earlier_rounds = {question.earlier_round for question in questions if question.earlier_round}
    earlier = {earlier_id: _opened(keys, earlier_id, panelist_ids) for earlier_id in earlier_rounds}
    total = SliceCounts(submitted=len(now))
    for question in questions:
        before = earlier.get(question.earlier_round, {}) if question.earlier_round else {}
        total.statements[question.number] = _count(question, panelist_ids, now, before)
    return total


def _opened(keys: StudyKeys, round_id: uuid.UUID, panelist_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[int, Any]]:
    pseudonyms = {keys.pseudonym(round_id, panelist_id): panelist_id for panelist_id in panelist_ids}
    rows = Sheet.objects.filter(
        round_id=round_id, pseudonym__in=list(pseudonyms), state=Sheet.State.SUBMITTED
    ).values_list("pseudonym", "state", "version", "box")
    return {
        pseudonyms[bytes(pseudonym)]: unseal_answers(
            keys,
            round_id=round_id,
            pseudonym=bytes(pseudonym),
            state=state,
            version=version,
            box=bytes(box),
        )
        for pseudonym, state, version, box in rows.iterator()
    }


def _count(
    question: Question,
    panelist_ids: Iterable[uuid.UUID],
    now: Mapping[uuid.UUID, Answers],
    before: Mapping[uuid.UUID, Answers],
) -> StatementCounts:
    tally = StatementCounts()
    for panelist_id in panelist_ids:
        answer = now.get(panelist_id, {}).get(question.number)
        earlier = before.get(panelist_id, {}).get(question.earlier_number)
        rating = answer.rating if answer else None
        earlier_rating = earlier.rating if earlier else None
        if answer and answer.reason.strip():
            tally.reasons.append(answer.reason.strip())
        if answer and answer.is_given and rating is None:
            tally.abstained += 1
        if rating is not None:
            tally.counts[rating - 1] += 1
        if rating is not None and earlier_rating is not None:
            tally.paired[earlier_rating - 1][rating - 1] += 1
    return tally


def seal_slice(*, study_id: uuid.UUID, round_id: uuid.UUID, slice_number: int, counts: SliceCounts) -> bytes:
    """A slice's counts, encrypted for their wait in the database."""
    content = {
        "submitted": counts.submitted,
        "statements": {str(number): vars(statement) for number, statement in counts.statements.items()},
    }
    return seal(study_keys(study_id).tally_key, content, _slice_place(study_id, round_id, slice_number))


def unseal_slice(*, study_id: uuid.UUID, round_id: uuid.UUID, slice_number: int, box: bytes) -> SliceCounts:
    """What `seal_slice` sealed. Raises BoxTampered or KeyStoreError."""
    content = unseal(study_keys(study_id).tally_key, box, _slice_place(study_id, round_id, slice_number))
    statements = {int(number): StatementCounts(**counts) for number, counts in content["statements"].items()}
    return SliceCounts(content["submitted"], statements)


def _slice_place(study_id: uuid.UUID, round_id: uuid.UUID, slice_number: int) -> bytes:
    return b"slice-v1" + study_id.bytes + round_id.bytes + slice_number.to_bytes(8, "big")
