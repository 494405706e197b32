"""The second door to the plain text: it opens a round's submitted sheets and lets nothing out but counts.

Sheets are counted in memory, slice by slice; a slice's counts add up with the others'. Reasons, comments and
suggestions come out as loose texts for each statement or vignette, with nothing to say who wrote them, and each
sheet's receipt, which is a hash. Groups of the panel are plain words here, and their members opaque ids.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from surveys.consensus import CompleteRaters, complete_raters, nobody
from surveys.sheets.boxes import ABSTAIN, NONCE, is_besides, seal, unseal, unseal_fields
from surveys.sheets.counts import POINTS, GroupCounts, SliceCounts, StatementCounts, SurveyCounts
from surveys.sheets.keystore import StudyKeys, study_keys
from surveys.sheets.models import Sheet
from surveys.sheets.preferences import LEVELS, Preferences, VignetteAnswers, answers_to, is_text
from surveys.sheets.receipts import receipt

ABSTAINED = POINTS + 1
_CODES = {"": 0, **{str(rating): rating for rating in range(1, POINTS + 1)}, ABSTAIN: ABSTAINED}
_BY_STATEMENT = ("totals", "doubled_ranks")


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
    now = _opened(keys, round_id, panelist_ids, {question.number for question in questions}, is_counted=True)
    earlier = {
        asked: _opened(keys, asked, panelist_ids, numbers) for asked, numbers in _earlier(questions, surveys).items()
    }
    total = SliceCounts(submitted=int(now.submitted.sum()), receipts=sorted(now.receipts))
    members = None if groups is None else _members(groups, panelist_ids)
    for question in questions:
        counted = _count(question, now, earlier)
        # In the order of the slice, which says nothing.
        counted.reasons = [reason for _place, reason in sorted(now.reasons.get(question.number, ()))]
        if members is not None:
            counted.groups = _count_groups(question, members, now, earlier)
        total.statements[question.number] = counted
    preferences = {asked: opened.preferences for asked, opened in {**earlier, round_id: now}.items()}
    for survey in surveys:
        total.vignettes[survey.number] = _count_survey(survey, preferences[round_id], preferences)
    if questions:
        total.complete = _complete([question.number for question in questions], now)
    return total


@dataclass(frozen=True)
class _Opened:
    """The submitted sheets of a slice's panelists in one round.

    `choices` has a row for each panelist of the slice, in its order, and a column for each of `numbers`: a rating,
    ABSTAINED, or 0 for nothing. `preferences` have what they say of options, by panelist. Of a round that is counted
    also `reasons`, by statement number, each after its panelist's place in the slice, and `receipts`.
    """

    numbers: Mapping[int, int]
    choices: npt.NDArray[np.int8]
    submitted: npt.NDArray[np.bool_]
    preferences: dict[uuid.UUID, Preferences] = field(default_factory=dict)
    reasons: dict[int, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    receipts: list[str] = field(default_factory=list)

    def column(self, number: int) -> npt.NDArray[np.int8]:
        """What the slice's panelists chose for one statement."""
        return self.choices[:, self.numbers[number]]


def _opened(
    keys: StudyKeys,
    round_id: uuid.UUID,
    panelist_ids: Sequence[uuid.UUID],
    numbers: Iterable[int],
    *,
    is_counted: bool = False,
) -> _Opened:
    """Open the sheets one by one, and keep of each what is counted."""
    pseudonyms = {pseudonym: place for place, pseudonym in enumerate(keys.pseudonyms(round_id, panelist_ids))}
    columns = {number: column for column, number in enumerate(sorted(numbers))}
    names, size = [str(number) for number in columns], len(panelist_ids)
    opened = _Opened(columns, np.zeros((size, len(names)), dtype=np.int8), np.zeros(size, dtype=np.bool_))
    rows = Sheet.objects.filter(
        round_id=round_id, pseudonym__in=list(pseudonyms), state=Sheet.State.SUBMITTED
    ).values_list("pseudonym", "state", "version", "box")
    # A slice fits into memory, and a cursor in the database would take longer.
    for stored, state, version, box in rows:
        pseudonym = bytes(stored)
        said = unseal_fields(keys, round_id=round_id, pseudonym=pseudonym, state=state, version=version, box=bytes(box))
        place = pseudonyms[pseudonym]
        opened.submitted[place] = True
        opened.choices[place] = [_CODES[said[name][0]] if name in said else 0 for name in names]
        rest = {name: given for name, given in said.items() if isinstance(given, str)}
        preferences = {name: given for name, given in rest.items() if not is_besides(name)}
        opened.preferences[panelist_ids[place]] = preferences
        if is_counted:
            answers = {name: given for name, given in said.items() if name not in rest}
            _keep_texts(opened, place, answers)
            if rest.get(NONCE):
                # A sheet that was submitted before there were receipts has none.
                chosen = _chosen(answers, preferences)
                made = receipt(study_id=keys.study_id, round_id=round_id, nonce=rest[NONCE], choices=chosen)
                opened.receipts.append(made)
    return opened


def _keep_texts(opened: _Opened, place: int, answers: Mapping[str, Sequence[str]]) -> None:
    for name, (_choice, reason) in answers.items():
        if reason and not reason.isspace():
            opened.reasons[int(name)].append((place, reason.strip()))


def _chosen(answers: Mapping[str, Sequence[str]], preferences: Preferences) -> dict[str, str]:
    """What the receipt covers, as `receipts.choices_of` has it of a sheet's content."""
    chosen = {name: choice for name, (choice, _reason) in answers.items() if choice}
    return {**chosen, **{name: given for name, given in preferences.items() if not is_text(name)}}


def _earlier(questions: Iterable[Question], surveys: Iterable[SurveyQuestion]) -> dict[uuid.UUID, set[int]]:
    """The earlier rounds whose sheets are wanted too, each with the numbers of the statements that matter."""
    found: dict[uuid.UUID, set[int]] = defaultdict(set)
    for question in questions:
        if question.earlier_round:
            found[question.earlier_round].add(question.earlier_number)
        for asking in question.askings:
            found[asking.round_id].add(asking.number)
    for survey in surveys:
        for asked in survey.askings:
            found[asked.round_id] |= set()
    return dict(found)


def _complete(numbers: Sequence[int], now: _Opened) -> CompleteRaters:
    """Sums over the sheets that rate all these statements."""
    complete = now.choices[_rated(now.choices).all(axis=1)]
    return complete_raters(complete) if len(complete) else nobody(len(numbers))


def _rated(choices: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    return (choices > 0) & (choices < ABSTAINED)


def _count(question: Question, now: _Opened, earlier: Mapping[uuid.UUID, _Opened]) -> StatementCounts:
    chosen = now.column(question.number)
    rated = _rated(chosen)
    counts = np.bincount(chosen, minlength=ABSTAINED + 1).tolist()
    tally = StatementCounts(
        counts=counts[1:ABSTAINED],
        abstained=counts[ABSTAINED],
        again=[
            int((rated & _rated(earlier[asking.round_id].column(asking.number))).sum()) for asking in question.askings
        ],
    )
    if question.earlier_round:
        then = earlier[question.earlier_round].column(question.earlier_number)
        both = rated & _rated(then)
        pairs = (then[both].astype(np.intp) - 1) * POINTS + chosen[both] - 1
        tally.paired = np.bincount(pairs, minlength=POINTS * POINTS).reshape(POINTS, POINTS).tolist()
    return tally


def _members(groups: Mapping[uuid.UUID, str], panelist_ids: Sequence[uuid.UUID]) -> dict[str, npt.NDArray[np.bool_]]:
    """Every group that one of these panelists belongs to, and who of the slice does."""
    names = np.array([groups.get(panelist_id, "") for panelist_id in panelist_ids], dtype=object)
    return {name: names == name for name in dict.fromkeys(names)}


def _count_groups(
    question: Question,
    members: Mapping[str, npt.NDArray[np.bool_]],
    now: _Opened,
    earlier: Mapping[uuid.UUID, _Opened],
) -> dict[str, GroupCounts]:
    """Every group of the slice, also where none of its members rated."""
    chosen = now.column(question.number)
    rated = _rated(chosen)
    then = [_rated(earlier[asking.round_id].column(asking.number)) for asking in question.askings]
    found = {}
    for name, belongs in members.items():
        counts = np.bincount(chosen[belongs], minlength=ABSTAINED + 1).tolist()
        found[name] = GroupCounts(
            counts=counts[1:ABSTAINED],
            abstained=counts[ABSTAINED],
            submitted=int(now.submitted[belongs].sum()),
            before=[int(rated_then[belongs].sum()) for rated_then in then],
            again=[int((rated_then & rated)[belongs].sum()) for rated_then in then],
        )
    return found


def _count_survey(
    survey: SurveyQuestion,
    now: Mapping[uuid.UUID, Preferences],
    every: Mapping[uuid.UUID, Mapping[uuid.UUID, Preferences]],
) -> SurveyCounts:
    """What the sheets of now say of one vignette; `every` has what those of each round say, by panelist."""
    tally = SurveyCounts.of(survey.options, len(survey.askings))
    for panelist_id, preferences in now.items():
        answers = answers_to(preferences, survey.number, survey.base)
        _count_apart(tally, answers, answers_to(preferences, survey.base or survey.number))
        for name, text in answers.texts.items():
            tally.texts[name].append(text.strip())
        if answers.abstained:
            tally.abstained += 1
        elif answers.is_given or survey.texts_only:
            _count_answers(tally, answers)
            for asked, asking in enumerate(survey.askings):
                before = every[asking.round_id].get(panelist_id, {})
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
        "complete": vars(counts.complete) if counts.complete else None,
        "receipts": counts.receipts,
        "statements": {
            str(number): {**vars(statement), "groups": {name: vars(group) for name, group in statement.groups.items()}}
            for number, statement in counts.statements.items()
        },
        "vignettes": {str(number): vars(survey) for number, survey in counts.vignettes.items()},
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
