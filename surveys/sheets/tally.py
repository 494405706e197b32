"""The second door to the plain text: it opens a round's submitted sheets and lets nothing out but counts.

Sheets are counted in memory, slice by slice; a slice's counts add up with the others'. Reasons, comments and
suggestions come out as loose texts for each statement or vignette, with nothing to say who wrote them, and each
sheet's receipt, which is a hash. Groups of the panel are plain words here, and their members opaque ids.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from surveys.consensus import CompleteRaters, complete_raters, nobody
from surveys.sheets.boxes import Answer, SheetContent, seal, unseal, unseal_sheet
from surveys.sheets.counts import GroupCounts, SliceCounts, StatementCounts, SurveyCounts
from surveys.sheets.keystore import StudyKeys, study_keys
from surveys.sheets.models import Sheet
from surveys.sheets.preferences import LEVELS, VignetteAnswers, answers_to
from surveys.sheets.receipts import choices_of, receipt

_BY_STATEMENT = ("totals", "doubled_ranks")
_EMPTY = SheetContent()
_NOTHING = Answer()


@dataclass(frozen=True)
class Asking:
    """One earlier asking: its round, and the statement's number in it."""

    round_id: uuid.UUID
    number: int


@dataclass(frozen=True)
class Question:
    """One statement of a round: its number, and where the same people rated it before, if they did.

    `askings` are all earlier ones with whose counts those of now could be compared; the paired one is among them
    where it is one of these.
    """

    number: int
    earlier_round: uuid.UUID | None = None
    earlier_number: int = 0
    askings: tuple[Asking, ...] = ()


@dataclass(frozen=True)
class SurveyAsking:
    """One earlier survey of a vignette that asked for levels: its number there, and the base case's.

    `options` has for each option of now its number there, 0 where it was none.
    """

    round_id: uuid.UUID
    number: int
    base: int = 0
    options: tuple[int, ...] = ()


@dataclass(frozen=True)
class SurveyQuestion:
    """One vignette about whose options a round asks: its number, and the base case's where answers may be kept.

    `askings` are all earlier surveys of it that asked for levels. Where `texts_only` are asked, whoever submits and
    does not abstain has answered, also with nothing to say.
    """

    number: int
    options: int
    base: int = 0
    askings: tuple[SurveyAsking, ...] = ()
    texts_only: bool = False


def count_sheets(
    *,
    study_id: uuid.UUID,
    round_id: uuid.UUID,
    panelist_ids: Sequence[uuid.UUID],
    questions: Sequence[Question],
    surveys: Sequence[SurveyQuestion] = (),
    groups: Mapping[uuid.UUID, str] | None = None,
) -> SliceCounts:
    """Count the submitted sheets of these panelists, with their earlier ones. Raises KeyStoreError, BoxTampered.

    `groups` has each panelist's group, "" for none; without it nothing is counted by group.
    """
    keys = study_keys(study_id)
    now = _opened(keys, round_id, panelist_ids)
    earlier = {asked: _opened(keys, asked, panelist_ids) for asked in _earlier_rounds(questions, surveys)}
    total = SliceCounts(submitted=len(now), receipts=_receipts(keys, round_id, now.values()))
    for question in questions:
        counted = _count(question, panelist_ids, now, earlier)
        if groups is not None:
            counted.groups = _count_groups(question, groups, panelist_ids, now, earlier)
        total.statements[question.number] = counted
    for survey in surveys:
        total.vignettes[survey.number] = _count_survey(survey, now, earlier)
    if questions:
        total.complete = _complete([question.number for question in questions], now.values())
    return total


def _complete(numbers: Sequence[int], sheets: Iterable[SheetContent]) -> CompleteRaters:
    """Sums over the sheets that rate all these statements."""
    answers = ([content.answers.get(number, _NOTHING).rating for number in numbers] for content in sheets)
    rows = [[rating for rating in row if rating is not None] for row in answers if None not in row]
    return complete_raters(rows) if rows else nobody(len(numbers))


def _earlier_rounds(questions: Iterable[Question], surveys: Iterable[SurveyQuestion]) -> set[uuid.UUID]:
    found = {question.earlier_round for question in questions if question.earlier_round}
    found |= {asking.round_id for question in questions for asking in question.askings}
    return found | {asking.round_id for survey in surveys for asking in survey.askings}


def _receipts(keys: StudyKeys, round_id: uuid.UUID, sheets: Iterable[SheetContent]) -> list[str]:
    """In their own order. A sheet that was submitted before there were receipts has none."""
    return sorted(
        receipt(study_id=keys.study_id, round_id=round_id, nonce=content.nonce, choices=choices_of(content))
        for content in sheets
        if content.nonce
    )


def _opened(keys: StudyKeys, round_id: uuid.UUID, panelist_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, SheetContent]:
    pseudonyms = {keys.pseudonym(round_id, panelist_id): panelist_id for panelist_id in panelist_ids}
    rows = Sheet.objects.filter(
        round_id=round_id, pseudonym__in=list(pseudonyms), state=Sheet.State.SUBMITTED
    ).values_list("pseudonym", "state", "version", "box")
    return {
        pseudonyms[bytes(pseudonym)]: unseal_sheet(
            keys,
            round_id=round_id,
            pseudonym=bytes(pseudonym),
            state=state,
            version=version,
            box=bytes(box),
        )
        for pseudonym, state, version, box in rows.iterator()
    }


_Sheets = Mapping[uuid.UUID, SheetContent]


def _rating(sheets: _Sheets, panelist_id: uuid.UUID, number: int) -> int | None:
    answer = sheets.get(panelist_id, _EMPTY).answers.get(number)
    return answer.rating if answer else None


def _count(
    question: Question,
    panelist_ids: Iterable[uuid.UUID],
    now: _Sheets,
    earlier: Mapping[uuid.UUID, _Sheets],
) -> StatementCounts:
    tally = StatementCounts(again=[0] * len(question.askings))
    before = earlier[question.earlier_round] if question.earlier_round else {}
    for panelist_id in panelist_ids:
        answer = now.get(panelist_id, _EMPTY).answers.get(question.number)
        rating = answer.rating if answer else None
        if answer and answer.reason.strip():
            tally.reasons.append(answer.reason.strip())
        if answer and answer.is_given and rating is None:
            tally.abstained += 1
        if rating is None:
            continue
        tally.counts[rating - 1] += 1
        earlier_rating = _rating(before, panelist_id, question.earlier_number)
        if earlier_rating is not None:
            tally.paired[earlier_rating - 1][rating - 1] += 1
        for place, asking in enumerate(question.askings):
            tally.again[place] += _rating(earlier[asking.round_id], panelist_id, asking.number) is not None
    return tally


def _count_groups(
    question: Question,
    groups: Mapping[uuid.UUID, str],
    panelist_ids: Iterable[uuid.UUID],
    now: _Sheets,
    earlier: Mapping[uuid.UUID, _Sheets],
) -> dict[str, GroupCounts]:
    """Every group that one of these panelists belongs to, also where none of them rated."""
    size = len(question.askings)
    found: dict[str, GroupCounts] = {}
    for panelist_id in panelist_ids:
        tally = found.setdefault(groups.get(panelist_id, ""), GroupCounts(before=[0] * size, again=[0] * size))
        answer = now.get(panelist_id, _EMPTY).answers.get(question.number)
        rating = answer.rating if answer else None
        tally.submitted += panelist_id in now
        tally.abstained += answer is not None and answer.is_given and rating is None
        if rating is not None:
            tally.counts[rating - 1] += 1
        for place, asking in enumerate(question.askings):
            rated_then = _rating(earlier[asking.round_id], panelist_id, asking.number) is not None
            tally.before[place] += rated_then
            tally.again[place] += rated_then and rating is not None
    return found


def _count_survey(survey: SurveyQuestion, now: _Sheets, earlier: Mapping[uuid.UUID, _Sheets]) -> SurveyCounts:
    tally = SurveyCounts.of(survey.options, len(survey.askings))
    for panelist_id, content in now.items():
        answers = answers_to(content.preferences, survey.number, survey.base)
        _count_apart(tally, answers, answers_to(content.preferences, survey.base or survey.number))
        for name, text in answers.texts.items():
            tally.texts[name].append(text.strip())
        if answers.abstained:
            tally.abstained += 1
        elif answers.is_given or survey.texts_only:
            _count_answers(tally, answers)
            for asked, asking in enumerate(survey.askings):
                before = earlier[asking.round_id].get(panelist_id, _EMPTY).preferences
                then = answers_to(before, asking.number, asking.base)
                tally.again[asked] += then.is_given and not then.abstained
                for place, number in enumerate(asking.options):
                    both = place + 1 in answers.likelihood and _gives_level(then, number)
                    tally.levels_again[asked][place] += both
    return tally


def _gives_level(answers: VignetteAnswers, option: int) -> bool:
    return not answers.abstained and option in answers.likelihood


def _count_apart(tally: SurveyCounts, answers: VignetteAnswers, base: VignetteAnswers) -> None:
    for place in range(len(tally.levels_apart)):
        tally.levels_apart[place] += _gives_level(answers, place + 1) != _gives_level(base, place + 1)


def _count_answers(tally: SurveyCounts, answers: VignetteAnswers) -> None:
    """Whoever answers a vignette and names no option against is taken to rule out none."""
    tally.answered += 1
    tally.kept += answers.kept
    for option, level in answers.likelihood.items():
        tally.likelihood[option - 1][LEVELS.index(level)] += 1
    if len(answers.ranking) == len(tally.ranks):
        tally.ranked += 1
        for place, option in enumerate(answers.ranking):
            tally.ranks[option - 1][place] += 1
    tally.topped += bool(answers.top)
    for option in answers.top:
        tally.top[option - 1] += 1
    for option in answers.against or ():
        tally.against[option - 1] += 1


def seal_slice(*, study_id: uuid.UUID, round_id: uuid.UUID, slice_number: int, counts: SliceCounts) -> bytes:
    """A slice's counts, encrypted for their wait in the database."""
    content = {
        "submitted": counts.submitted,
        "complete": asdict(counts.complete) if counts.complete else None,
        "receipts": counts.receipts,
        "statements": {str(number): asdict(statement) for number, statement in counts.statements.items()},
        "vignettes": {str(number): asdict(survey) for number, survey in counts.vignettes.items()},
    }
    return seal(study_keys(study_id).tally_key, content, _slice_place(study_id, round_id, slice_number))


def unseal_slice(*, study_id: uuid.UUID, round_id: uuid.UUID, slice_number: int, box: bytes) -> SliceCounts:
    """What `seal_slice` sealed. Raises BoxTampered or KeyStoreError."""
    content = unseal(study_keys(study_id).tally_key, box, _slice_place(study_id, round_id, slice_number))
    statements = {int(number): _statement_counts(**counts) for number, counts in content["statements"].items()}
    vignettes = {int(number): SurveyCounts(**counts) for number, counts in content["vignettes"].items()}
    # A slice that an earlier version of the software counted has no sums of those who rated everything.
    complete = content.get("complete")
    if complete:
        complete = CompleteRaters(**{**complete, **{name: tuple(complete[name]) for name in _BY_STATEMENT}})
    return SliceCounts(content["submitted"], content["receipts"], statements, vignettes, complete)


def _statement_counts(groups: Mapping[str, Mapping[str, Any]], **counts: Any) -> StatementCounts:
    return StatementCounts(groups={name: GroupCounts(**group) for name, group in groups.items()}, **counts)


def _slice_place(study_id: uuid.UUID, round_id: uuid.UUID, slice_number: int) -> bytes:
    return b"slice-v1" + study_id.bytes + round_id.bytes + slice_number.to_bytes(8, "big")
