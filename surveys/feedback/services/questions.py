"""What the tally of a round is asked: of each statement, of each vignette with options, and of which groups."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace

from surveys.feedback.queries import rule_of
from surveys.feedback.survey_results import COMMENT_KINDS
from surveys.rounds.models import AskedStatement, AskedVignette, Round
from surveys.rounds.queries import Forebear, Survey, askings_before, forebears, survey_of, surveys_before
from surveys.sheets.tally import Asking, Question, SurveyAsking, SurveyQuestion
from surveys.studies.models import Protocol


def questions_of(round: Round) -> list[Question]:
    """What the tally is asked of each statement of a round."""
    paired = {number: parent.asked for number, parent in paired_with(round).items()}
    before = askings_before(round)
    found = []
    for number in AskedStatement.objects.filter(round=round).values_list("number", flat=True):
        askings = tuple(Asking(asked.round_id, asked.number) for asked in before.get(number, []))
        question = Question(number, askings=askings)
        if number in paired:
            question = replace(question, earlier_round=paired[number].round_id, earlier_number=paired[number].number)
        found.append(question)
    return found


def counts_groups(round: Round) -> bool:
    """Whether anything is counted by group: where somebody sees results by group, or the rule asks."""
    return round.study.protocol.groups != Protocol.Groups.NOBODY or rule_of(round.study).asks_groups


def paired_with(round: Round) -> dict[int, Forebear]:
    """By statement number, the earlier asking with which its ratings are paired: what compares, or the first.

    Also where none compares the pairs tell how many joined and left, which decides whether moves are kept.
    """
    return {
        number: next((parent for parent in parents if parent.compares), parents[0])
        for number, parents in forebears(round).items()
    }


def surveys_of(round: Round) -> list[SurveyQuestion]:
    """What the tally is asked of each vignette of a round that asks about options."""
    if not round.asks_options:
        return []
    survey, earlier = survey_of(round), levels_before(round)
    then = surveys_then(earlier)
    texts_only = set(survey.questions) <= COMMENT_KINDS.keys()
    found = []
    for vignette in survey.vignettes:
        askings = tuple(
            SurveyAsking(
                asked.round_id,
                asked.number,
                then[asked.round_id].base_of(asked),
                numbers_in(then[asked.round_id], survey),
            )
            for asked in earlier.get(vignette.number, [])
        )
        base = survey.base_of(vignette)
        found.append(SurveyQuestion(vignette.number, len(survey.options), base, askings, texts_only))
    return found


def levels_before(round: Round) -> dict[int, list[AskedVignette]]:
    """By vignette number, the askings whose levels could be subtracted from those of now."""
    return surveys_before(round, Round.Question.LIKELIHOOD)


def surveys_then(earlier: Mapping[int, Sequence[AskedVignette]]) -> dict[uuid.UUID, Survey]:
    """What the rounds of these askings asked about options, by round id; two queries a round."""
    rounds = {asked.round_id: asked.round for askings in earlier.values() for asked in askings}
    return {round_id: survey_of(round) for round_id, round in rounds.items()}


def numbers_in(last: Survey, survey: Survey) -> tuple[int, ...]:
    """For each option of a survey its number in the last one; 0 where that did not ask about it."""
    numbers = {option.option_id: option.number for option in last.options}
    return tuple(numbers.get(option.option_id, 0) for option in survey.options)
