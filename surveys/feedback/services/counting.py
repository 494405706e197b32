"""What the tally of a round is asked, and what is written of its counts: results, and comments without authors."""

import json
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from surveys.consensus import assess_counts, changes
from surveys.feedback.models import Comment, Result, SurveyResult
from surveys.feedback.queries import rule_of, shown_result
from surveys.feedback.survey_results import COMMENT_KINDS, shown_survey_result
from surveys.feedback.thresholds import Shown
from surveys.rounds.models import AskedStatement, AskedVignette, Round
from surveys.rounds.queries import Forebear, Survey, earlier_surveys, forebears, survey_of
from surveys.sheets.tally import Question, SliceCounts, StatementCounts, SurveyCounts, SurveyQuestion
from surveys.studies.services import canonical


def questions_of(round: Round) -> list[Question]:
    """What the tally is asked of each statement of a round."""
    earlier = {number: parent.asked for number, parent in _paired_with(round).items()}
    numbers = AskedStatement.objects.filter(round=round).values_list("number", flat=True)
    return [
        Question(number, earlier[number].round_id, earlier[number].number) if number in earlier else Question(number)
        for number in numbers
    ]


def _paired_with(round: Round) -> dict[int, Forebear]:
    """By statement number, the earlier asking with which its ratings are paired: what compares, or the first.

    Also where none compares the pairs tell how many joined and left, which decides whether counts are shown.
    """
    return {
        number: next((parent for parent in parents if parent.compares), parents[0])
        for number, parents in forebears(round).items()
    }


def surveys_of(round: Round) -> list[SurveyQuestion]:
    """What the tally is asked of each vignette of a round that asks about options."""
    if not round.asks_options:
        return []
    survey, earlier = survey_of(round), _levels_before(round)
    then = _surveys_then(earlier)
    texts_only = set(survey.questions) <= COMMENT_KINDS.keys()
    found = []
    for vignette in survey.vignettes:
        base = survey.base_of(vignette)
        question = SurveyQuestion(vignette.number, len(survey.options), base, texts_only=texts_only)
        asked = earlier.get(vignette.number)
        if asked:
            last = then[asked.round_id]
            question = replace(
                question,
                earlier_round=asked.round_id,
                earlier_number=asked.number,
                earlier_base=last.base_of(asked),
                earlier_options=_numbers_in(last, survey),
            )
        found.append(question)
    return found


def _levels_before(round: Round) -> dict[int, AskedVignette]:
    """By vignette number, the asking whose levels could be subtracted from those of now."""
    return earlier_surveys(round, Round.Question.LIKELIHOOD)


def _surveys_then(earlier: Mapping[int, AskedVignette]) -> dict[uuid.UUID, Survey]:
    """What the rounds of these askings asked about options, by round id; two queries a round."""
    rounds = {asked.round_id: asked.round for asked in earlier.values()}
    return {round_id: survey_of(round) for round_id, round in rounds.items()}


def _numbers_in(last: Survey, survey: Survey) -> tuple[int, ...]:
    """For each option of a survey its number in the last one; 0 where that did not ask about it."""
    numbers = {option.option_id: option.number for option in last.options}
    return tuple(numbers.get(option.option_id, 0) for option in survey.options)


def write_results(round: Round, total: SliceCounts) -> list[object]:
    """Write a result a statement and a vignette, and the shuffled comments; returns what the results' hash covers.

    A comment on what fewer than k answered is not written: nothing beside such a result is shown to anyone.
    """
    before, least = _paired_with(round), round.study.protocol.least_answers
    rated_before = _rated_before(before)
    results, comments = [], []
    for asked in AskedStatement.objects.filter(round=round).order_by("number"):
        counts = total.statements.get(asked.number, StatementCounts())
        result = _result(round, asked, counts, total.submitted, rated_before.get(asked.number))
        if asked.number not in before or not before[asked.number].compares:
            result.changes = None
        results.append(result)
        if sum(counts.counts) >= least:
            comments += [
                Comment(vignette_id=asked.vignette_id, asked=asked, original=text, body=text) for text in counts.reasons
            ]
    survey, surveys = survey_of(round), []
    surveys_before = _surveys_before(round, survey) if survey.questions else {}
    for vignette in survey.vignettes:
        counted = total.vignettes.get(vignette.number, SurveyCounts.of(len(survey.options)))
        surveys.append(_survey_result(vignette, counted, total.submitted, surveys_before.get(vignette.number)))
        if counted.answered >= least:
            comments += _survey_comments(vignette, counted)
    secrets.SystemRandom().shuffle(comments)
    Result.objects.bulk_create(results)
    SurveyResult.objects.bulk_create(surveys)
    Comment.objects.bulk_create(comments)
    return _facts(round, results, surveys)


def _survey_comments(vignette: AskedVignette, counted: SurveyCounts) -> list[Comment]:
    return [
        Comment(vignette=vignette, kind=COMMENT_KINDS[question], original=text, body=text)
        for question, texts in counted.texts.items()
        for text in texts
    ]


@dataclass(frozen=True)
class _SurveyBefore:
    """How many answered a vignette when levels were last asked for, and how many gave each option of now a level."""

    answered: int
    levels: tuple[int, ...]


def _surveys_before(round: Round, survey: Survey) -> dict[int, _SurveyBefore]:
    """By vignette number; those who left the panel since are among them."""
    earlier = _levels_before(round)
    rows = SurveyResult.objects.filter(vignette__in=earlier.values()).values_list("vignette_id", "tally")
    tallies = dict(rows)
    then = {round_id: _numbers_in(last, survey) for round_id, last in _surveys_then(earlier).items()}
    found = {}
    for number, asked in earlier.items():
        levels = [0, *map(sum, tallies[asked.pk]["likelihood"])]
        found[number] = _SurveyBefore(
            tallies[asked.pk]["answered"], tuple(levels[place] for place in then[asked.round_id])
        )
    return found


def _survey_result(
    vignette: AskedVignette, counted: SurveyCounts, submitted: int, before: _SurveyBefore | None
) -> SurveyResult:
    differing = counted.answered + (before.answered if before else 0) - 2 * counted.paired
    kept_back = ("texts", "paired", "levels_paired", "levels_apart")
    tally = {name: value for name, value in vars(counted).items() if name not in kept_back}
    return SurveyResult(
        vignette=vignette,
        tally={**tally, "one_apart": _one_apart(counted, before)},
        missing=submitted - counted.answered - counted.abstained,
        one_joined_or_left=before is not None and differing == 1,
    )


def _one_apart(counted: SurveyCounts, before: _SurveyBefore | None) -> list[int]:
    """The options to which exactly one more or less gave a level than for the base case, or than the last time.

    Where the others kept theirs, the one's level would be what is left of a subtraction.
    """
    found = []
    for place, levels in enumerate(counted.likelihood):
        then = before.levels[place] if before else 0
        joined_or_left = sum(levels) + then - 2 * counted.levels_paired[place] if then else 0
        if 1 in (counted.levels_apart[place], joined_or_left):
            found.append(place + 1)
    return found


def _facts(round: Round, results: Sequence[Result], surveys: Sequence[SurveyResult]) -> list[object]:
    """The results as they may be shown, as plain JSON: a hash over withheld counts would let anybody guess them."""
    rule, least = rule_of(round.study), round.study.protocol.least_answers
    facts: list[object] = [_shown_facts(result, shown_result(result, rule, least)) for result in results]
    facts += [
        [survey.vignette.number, asdict(shown_survey_result(survey, round.questions, least))] for survey in surveys
    ]
    plain: list[object] = json.loads(canonical([str(round.pk), facts]))
    return plain


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


def _rated_before(before: Mapping[int, Forebear]) -> dict[int, int]:
    """By statement number, how many rated it when it was last asked; those who left the panel since are among them."""
    askings = [parent.asked for parent in before.values()]
    counts = dict(Result.objects.filter(asked__in=askings).values_list("asked_id", "counts"))
    return {number: sum(counts[parent.asked.pk]) for number, parent in before.items()}


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
