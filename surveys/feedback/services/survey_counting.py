"""What is written of a round's counts about options: a result a vignette, and comments without authors."""

from collections.abc import Sequence
from dataclasses import dataclass

from surveys.feedback.models import Comment, SurveyResult
from surveys.feedback.services.questions import levels_before, numbers_in, surveys_then
from surveys.feedback.survey_results import COMMENT_KINDS
from surveys.rounds.models import AskedVignette, Round
from surveys.rounds.queries import Survey, survey_of
from surveys.sheets.counts import SliceCounts, SurveyCounts


def write_surveys(round: Round, total: SliceCounts) -> tuple[list[SurveyResult], list[Comment]]:
    """Write a result a vignette; returns them with their comments, which are not written yet."""
    survey, least = survey_of(round), round.study.protocol.least_answers
    before = _surveys_before(round, survey) if survey.questions else {}
    surveys: list[SurveyResult] = []
    comments: list[Comment] = []
    for vignette in survey.vignettes:
        counted = total.vignettes.get(vignette.number, SurveyCounts.of(len(survey.options)))
        if counted.answered < least:
            nothing = SurveyCounts.of(len(survey.options))
            surveys.append(SurveyResult(vignette=vignette, tally=_kept_tally(nothing, [], least), missing=0))
            continue
        surveys.append(_survey_result(vignette, counted, total.submitted, before.get(vignette.number, []), least))
        comments += _survey_comments(vignette, counted)
    SurveyResult.objects.bulk_create(surveys)
    return surveys, comments


def _survey_comments(vignette: AskedVignette, counted: SurveyCounts) -> list[Comment]:
    return [
        Comment(vignette=vignette, kind=COMMENT_KINDS[question], original=text, body=text)
        for question, texts in counted.texts.items()
        for text in texts
    ]


@dataclass(frozen=True)
class _SurveyBefore:
    """How many answered a vignette in an earlier survey for levels, and how many gave each option of now a level."""

    answered: int
    levels: tuple[int, ...]


def _surveys_before(round: Round, survey: Survey) -> dict[int, list[_SurveyBefore]]:
    """By vignette number, in the order of the question's askings; those who left the panel since are among them."""
    earlier = levels_before(round)
    asked_ids = [asked.pk for askings in earlier.values() for asked in askings]
    tallies = dict(SurveyResult.objects.filter(vignette__in=asked_ids).values_list("vignette_id", "tally"))
    then = {round_id: numbers_in(last, survey) for round_id, last in surveys_then(earlier).items()}

    def before(asked: AskedVignette) -> _SurveyBefore:
        tally = tallies[asked.pk]
        levels = [0, *map(sum, tally["likelihood"])]
        return _SurveyBefore(tally["answered"], tuple(levels[place] for place in then[asked.round_id]))

    return {number: [before(asked) for asked in askings] for number, askings in earlier.items()}


def _survey_result(
    vignette: AskedVignette, counted: SurveyCounts, submitted: int, before: Sequence[_SurveyBefore], least: int
) -> SurveyResult:
    return SurveyResult(
        vignette=vignette,
        tally=_kept_tally(counted, _one_apart(counted, before), least),
        missing=submitted - counted.answered - counted.abstained,
        one_joined_or_left=any(
            then.answered >= least and counted.answered + then.answered - 2 * again == 1
            for then, again in zip(before, counted.again, strict=True)
        ),
    )


def _kept_tally(counted: SurveyCounts, one_apart: Sequence[int], least: int) -> dict[str, object]:
    """What is kept of a vignette's counts: nothing of an option, of rankings or of top choices from fewer than k."""
    kept_back = ("texts", "again", "levels_again", "levels_apart")
    tally = {name: value for name, value in vars(counted).items() if name not in kept_back}
    nothing = vars(SurveyCounts.of(len(counted.top)))
    tally["likelihood"] = [
        levels if sum(levels) >= least else none
        for levels, none in zip(counted.likelihood, nothing["likelihood"], strict=True)
    ]
    for number, figures in (("ranked", "ranks"), ("topped", "top")):
        if tally[number] < least:
            tally |= {number: 0, figures: nothing[figures]}
    return {**tally, "one_apart": list(one_apart)}


def _one_apart(counted: SurveyCounts, before: Sequence[_SurveyBefore]) -> list[int]:
    """The options to which exactly one more or less gave a level than for the base case, or in an earlier survey.

    Where the others kept theirs, the one's level would be what is left of a subtraction.
    """
    found = []
    for place, levels in enumerate(counted.likelihood):
        joined_or_left = [
            sum(levels) + then.levels[place] - 2 * again[place]
            for then, again in zip(before, counted.levels_again, strict=True)
            if then.levels[place]
        ]
        if 1 in (counted.levels_apart[place], *joined_or_left):
            found.append(place + 1)
    return found
