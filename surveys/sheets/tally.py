"""The second door to the plain text: it opens a round's submitted sheets and lets nothing out but counts.

Sheets are counted in memory, slice by slice; a slice's counts add up with the others'. Reasons, comments and
suggestions come out as loose texts for each statement or vignette, with nothing to say who wrote them, and each
sheet's receipt, which is a hash.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from surveys.sheets.boxes import SheetContent, seal, unseal, unseal_sheet
from surveys.sheets.keystore import StudyKeys, study_keys
from surveys.sheets.models import Sheet
from surveys.sheets.preferences import LEVELS, TEXTS, VignetteAnswers, answers_to
from surveys.sheets.receipts import choices_of, receipt

POINTS = 9
_EMPTY = SheetContent()


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


@dataclass(frozen=True)
class SurveyQuestion:
    """One vignette about whose options a round asks: its number, and the base case's where answers may be kept.

    `earlier_round` and `earlier_number` say where the same people were last asked for levels, if they were, and
    `earlier_options` has for each option its number there, 0 where it was none. Where `texts_only` are asked, whoever
    submits and does not abstain has answered, also with nothing to say.
    """

    number: int
    options: int
    base: int = 0
    earlier_round: uuid.UUID | None = None
    earlier_number: int = 0
    earlier_base: int = 0
    earlier_options: tuple[int, ...] = ()
    texts_only: bool = False


@dataclass
class SurveyCounts:
    """Counts of one vignette, over those who answered; lists have a place for each option by its number.

    `likelihood[o][l]` counts level l of `preferences.LEVELS`; `ranks[o][r]` those who gave option o rank r + 1, of
    the `ranked` whose ranking is complete; `top` and `against` those who named the option, of `topped` who named any
    and of `judged` who were asked and answered. `paired` answered now and the last time; `levels_paired[o]` gave
    option o a level both times, and `levels_apart[o]` gave it one either here or for the base case.
    """

    answered: int = 0
    abstained: int = 0
    kept: int = 0
    ranked: int = 0
    topped: int = 0
    paired: int = 0
    likelihood: list[list[int]] = field(default_factory=list)
    ranks: list[list[int]] = field(default_factory=list)
    top: list[int] = field(default_factory=list)
    against: list[int] = field(default_factory=list)
    levels_paired: list[int] = field(default_factory=list)
    levels_apart: list[int] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in TEXTS})

    @classmethod
    def of(cls, options: int) -> "SurveyCounts":
        """Counts of nobody yet, for so many options."""
        return cls(
            likelihood=[[0] * len(LEVELS) for _ in range(options)],
            ranks=[[0] * options for _ in range(options)],
            top=[0] * options,
            against=[0] * options,
            levels_paired=[0] * options,
            levels_apart=[0] * options,
        )

    def add(self, other: "SurveyCounts") -> None:
        """Take in the counts of another slice."""
        for name in ("answered", "abstained", "kept", "ranked", "topped", "paired"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("likelihood", "ranks"):
            pairs = zip(getattr(self, name), getattr(other, name), strict=True)
            setattr(self, name, [_sums(mine, theirs) for mine, theirs in pairs])
        for name in ("top", "against", "levels_paired", "levels_apart"):
            setattr(self, name, _sums(getattr(self, name), getattr(other, name)))
        for name, texts in other.texts.items():
            self.texts[name] += texts


def _sums(mine: list[int], theirs: list[int]) -> list[int]:
    return [a + b for a, b in zip(mine, theirs, strict=True)]


@dataclass
class SliceCounts:
    """The counts of some of a round's sheets, by statement number and by vignette number, and their receipts."""

    submitted: int = 0
    receipts: list[str] = field(default_factory=list)
    statements: dict[int, StatementCounts] = field(default_factory=dict)
    vignettes: dict[int, SurveyCounts] = field(default_factory=dict)

    def add(self, other: "SliceCounts") -> None:
        """Take in another slice."""
        self.submitted += other.submitted
        self.receipts += other.receipts
        for number, counts in other.statements.items():
            self.statements.setdefault(number, StatementCounts()).add(counts)
        for number, survey in other.vignettes.items():
            self.vignettes.setdefault(number, SurveyCounts.of(len(survey.top))).add(survey)


def count_sheets(
    *,
    study_id: uuid.UUID,
    round_id: uuid.UUID,
    panelist_ids: Sequence[uuid.UUID],
    questions: Sequence[Question],
    surveys: Sequence[SurveyQuestion] = (),
) -> SliceCounts:
    """Count the submitted sheets of these panelists, with their earlier ones. Raises KeyStoreError, BoxTampered."""
    keys = study_keys(study_id)
    now = _opened(keys, round_id, panelist_ids)
    earlier_rounds = {question.earlier_round for question in questions if question.earlier_round}
    earlier_rounds |= {survey.earlier_round for survey in surveys if survey.earlier_round}
    earlier = {earlier_id: _opened(keys, earlier_id, panelist_ids) for earlier_id in earlier_rounds}
    total = SliceCounts(submitted=len(now), receipts=_receipts(keys, round_id, now.values()))
    for question in questions:
        before = earlier.get(question.earlier_round, {}) if question.earlier_round else {}
        total.statements[question.number] = _count(question, panelist_ids, now, before)
    for survey in surveys:
        before = earlier.get(survey.earlier_round, {}) if survey.earlier_round else {}
        total.vignettes[survey.number] = _count_survey(survey, now, before)
    return total


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


def _count(
    question: Question,
    panelist_ids: Iterable[uuid.UUID],
    now: Mapping[uuid.UUID, SheetContent],
    before: Mapping[uuid.UUID, SheetContent],
) -> StatementCounts:
    tally = StatementCounts()
    for panelist_id in panelist_ids:
        answer = now.get(panelist_id, _EMPTY).answers.get(question.number)
        earlier = before.get(panelist_id, _EMPTY).answers.get(question.earlier_number)
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


def _count_survey(
    survey: SurveyQuestion, now: Mapping[uuid.UUID, SheetContent], before: Mapping[uuid.UUID, SheetContent]
) -> SurveyCounts:
    tally = SurveyCounts.of(survey.options)
    for panelist_id, content in now.items():
        answers = answers_to(content.preferences, survey.number, survey.base)
        _count_apart(tally, answers, answers_to(content.preferences, survey.base or survey.number))
        for name, text in answers.texts.items():
            tally.texts[name].append(text.strip())
        if answers.abstained:
            tally.abstained += 1
        elif answers.is_given or survey.texts_only:
            _count_answers(tally, answers)
            earlier = before.get(panelist_id, _EMPTY).preferences
            then = answers_to(earlier, survey.earlier_number, survey.earlier_base)
            tally.paired += then.is_given and not then.abstained
            for place, number in enumerate(survey.earlier_options):
                tally.levels_paired[place] += place + 1 in answers.likelihood and _gives_level(then, number)
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
        "receipts": counts.receipts,
        "statements": {str(number): vars(statement) for number, statement in counts.statements.items()},
        "vignettes": {str(number): vars(survey) for number, survey in counts.vignettes.items()},
    }
    return seal(study_keys(study_id).tally_key, content, _slice_place(study_id, round_id, slice_number))


def unseal_slice(*, study_id: uuid.UUID, round_id: uuid.UUID, slice_number: int, box: bytes) -> SliceCounts:
    """What `seal_slice` sealed. Raises BoxTampered or KeyStoreError."""
    content = unseal(study_keys(study_id).tally_key, box, _slice_place(study_id, round_id, slice_number))
    statements = {int(number): StatementCounts(**counts) for number, counts in content["statements"].items()}
    vignettes = {int(number): SurveyCounts(**counts) for number, counts in content["vignettes"].items()}
    return SliceCounts(content["submitted"], content["receipts"], statements, vignettes)


def _slice_place(study_id: uuid.UUID, round_id: uuid.UUID, slice_number: int) -> bytes:
    return b"slice-v1" + study_id.bytes + round_id.bytes + slice_number.to_bytes(8, "big")
