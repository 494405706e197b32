"""What the tally of a round is asked, and what is written of its counts: results, and comments without authors."""

import json
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from surveys.consensus import assess_counts, changes
from surveys.feedback.models import Comment, GroupResult, Result, SurveyResult
from surveys.feedback.queries import rule_of, shown_result
from surveys.feedback.survey_results import COMMENT_KINDS, shown_survey_result
from surveys.feedback.thresholds import (
    GroupRaters,
    GroupsBefore,
    Shown,
    groups_to_show,
    hides_group_counts,
    one_apart_from_groups,
)
from surveys.panels.models import Panelist
from surveys.rounds.models import AskedStatement, AskedVignette, Round
from surveys.rounds.queries import Forebear, Survey, askings_before, forebears, survey_of, surveys_before
from surveys.sheets.tally import (
    POINTS,
    Asking,
    Question,
    SliceCounts,
    StatementCounts,
    SurveyAsking,
    SurveyCounts,
    SurveyQuestion,
)
from surveys.studies.models import Protocol
from surveys.studies.queries import canonical


def questions_of(round: Round) -> list[Question]:
    """What the tally is asked of each statement of a round."""
    paired = {number: parent.asked for number, parent in _paired_with(round).items()}
    before = askings_before(round)
    found = []
    for number in AskedStatement.objects.filter(round=round).values_list("number", flat=True):
        askings = tuple(Asking(asked.round_id, asked.number) for asked in before.get(number, []))
        question = Question(number, askings=askings)
        if number in paired:
            question = replace(question, earlier_round=paired[number].round_id, earlier_number=paired[number].number)
        found.append(question)
    return found


def groups_of(round: Round) -> dict[uuid.UUID, str] | None:
    """Each panelist's group, "" for none; None where the study's protocol lets nobody see results by group."""
    if round.study.protocol.groups == Protocol.Groups.NOBODY:
        return None
    return dict(Panelist.objects.filter(study_id=round.study_id).values_list("pk", "group"))


def _paired_with(round: Round) -> dict[int, Forebear]:
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
    survey, earlier = survey_of(round), _levels_before(round)
    then = _surveys_then(earlier)
    texts_only = set(survey.questions) <= COMMENT_KINDS.keys()
    found = []
    for vignette in survey.vignettes:
        askings = tuple(
            SurveyAsking(
                asked.round_id,
                asked.number,
                then[asked.round_id].base_of(asked),
                _numbers_in(then[asked.round_id], survey),
            )
            for asked in earlier.get(vignette.number, [])
        )
        base = survey.base_of(vignette)
        found.append(SurveyQuestion(vignette.number, len(survey.options), base, askings, texts_only))
    return found


def _levels_before(round: Round) -> dict[int, list[AskedVignette]]:
    """By vignette number, the askings whose levels could be subtracted from those of now."""
    return surveys_before(round, Round.Question.LIKELIHOOD)


def _surveys_then(earlier: Mapping[int, Sequence[AskedVignette]]) -> dict[uuid.UUID, Survey]:
    """What the rounds of these askings asked about options, by round id; two queries a round."""
    rounds = {asked.round_id: asked.round for askings in earlier.values() for asked in askings}
    return {round_id: survey_of(round) for round_id, round in rounds.items()}


def _numbers_in(last: Survey, survey: Survey) -> tuple[int, ...]:
    """For each option of a survey its number in the last one; 0 where that did not ask about it."""
    numbers = {option.option_id: option.number for option in last.options}
    return tuple(numbers.get(option.option_id, 0) for option in survey.options)


def write_results(round: Round, total: SliceCounts) -> list[object]:
    """Write a result a statement and a vignette, and the shuffled comments; returns what the results' hash covers.

    Of what fewer than k answered neither counts nor comments are written: nothing of it is shown to anyone. Of groups
    only those are written that may be shown; they are no part of the hash, which everybody may recompute.
    """
    results, comments = _write_statements(round, total)
    surveys, about_options = _write_surveys(round, total)
    comments += about_options
    secrets.SystemRandom().shuffle(comments)
    Comment.objects.bulk_create(comments)
    return hashed_facts(round, results, surveys)


def _write_statements(round: Round, total: SliceCounts) -> tuple[list[Result], list[Comment]]:
    paired, before = _paired_with(round), _rated_before(round)
    least = round.study.protocol.least_answers
    results: list[Result] = []
    groups: list[GroupResult] = []
    comments: list[Comment] = []
    for asked in AskedStatement.objects.filter(round=round).order_by("number"):
        counts, earlier = total.statements.get(asked.number, StatementCounts()), before.get(asked.number, [])
        if sum(counts.counts) < least:
            results.append(_nothing_of(asked))
            continue
        result = _result(round, asked, counts, total.submitted, earlier)
        if asked.number in paired:
            result.changes = _changes(counts, earlier, paired[asked.number], least)
        results.append(result)
        groups += _group_results(result, counts, earlier, least)
        comments += [
            Comment(vignette_id=asked.vignette_id, asked=asked, original=text, body=text) for text in counts.reasons
        ]
    Result.objects.bulk_create(results)
    GroupResult.objects.bulk_create(groups)
    return results, comments


def _nothing_of(asked: AskedStatement) -> Result:
    """The result of a statement that fewer than k rated: it holds nothing that anybody said, nor how many did."""
    return Result(asked=asked, counts=[0] * POINTS, abstained=0, missing=0, consensus=None)


def _write_surveys(round: Round, total: SliceCounts) -> tuple[list[SurveyResult], list[Comment]]:
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
    earlier = _levels_before(round)
    asked_ids = [asked.pk for askings in earlier.values() for asked in askings]
    tallies = dict(SurveyResult.objects.filter(vignette__in=asked_ids).values_list("vignette_id", "tally"))
    then = {round_id: _numbers_in(last, survey) for round_id, last in _surveys_then(earlier).items()}

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


def hashed_facts(round: Round, results: Sequence[Result], surveys: Sequence[SurveyResult]) -> list[object]:
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


@dataclass(frozen=True)
class _Before:
    """An earlier asking whose counts were kept: its place among the question's askings, and who rated then.

    Those who left the panel since are among them.
    """

    place: int
    asked: AskedStatement
    told: GroupsBefore

    @property
    def rated(self) -> int:
        """How many rated then."""
        return self.told.rated


def _rated_before(round: Round) -> dict[int, list[_Before]]:
    """By statement number, the earlier askings that k or more rated; of others nothing was ever shown.

    An asking that an earlier version of the software froze may have kept the counts of fewer.
    """
    before = askings_before(round)
    ids = [asked.pk for askings in before.values() for asked in askings]
    rated = {pk: sum(counts) for pk, counts in Result.objects.filter(asked__in=ids).values_list("asked_id", "counts")}
    groups: dict[uuid.UUID, dict[str, int]] = {pk: {} for pk in ids}
    for row in GroupResult.objects.filter(asked__in=ids):
        groups[row.asked_id][row.group] = sum(row.counts)
    return {
        number: [
            _Before(place, asked, GroupsBefore(rated[asked.pk], groups[asked.pk]))
            for place, asked in enumerate(askings)
            if rated[asked.pk] >= round.study.protocol.least_answers
        ]
        for number, askings in before.items()
    }


def _result(
    round: Round, asked: AskedStatement, counts: StatementCounts, submitted: int, earlier: Sequence[_Before]
) -> Result:
    rated = sum(counts.counts)
    missing = submitted - rated - counts.abstained
    verdict = assess_counts(counts.counts, rule_of(round.study), abstained=counts.abstained, missing=missing)
    return Result(
        asked=asked,
        counts=counts.counts,
        abstained=counts.abstained,
        missing=missing,
        consensus=verdict.consensus,
        one_joined_or_left=any(
            rated + then.rated - 2 * counts.again[then.place] == 1
            or (then.told.shown and one_apart_from_groups(rated, then.told, _both(counts, then)))
            for then in earlier
        ),
    )


def _both(counts: StatementCounts, then: _Before) -> dict[str, int]:
    """How many rated then and now, by group."""
    return {name: group.again[then.place] for name, group in counts.groups.items()}


def _group_results(
    result: Result, counts: StatementCounts, earlier: Sequence[_Before], least: int
) -> list[GroupResult]:
    """The groups that may be shown; of the others nothing is written."""
    allowed = groups_to_show({name: sum(group.counts) for name, group in counts.groups.items()}, least)
    raters = {
        name: GroupRaters(
            sum(group.counts),
            tuple(group.before[then.place] for then in earlier),
            tuple(group.again[then.place] for then in earlier),
        )
        for name, group in counts.groups.items()
    }
    hidden = result.one_joined_or_left or hides_group_counts(raters, allowed, [then.told for then in earlier])
    found = []
    for name in allowed:
        group = counts.groups[name]
        missing = group.submitted - sum(group.counts) - group.abstained
        kept = {"counts": group.counts, "abstained": group.abstained, "missing": missing, "hides_counts": hidden}
        found.append(GroupResult(asked=result.asked, group=name, **kept))
    return found


def _changes(
    counts: StatementCounts, earlier: Sequence[_Before], parent: Forebear, least: int
) -> dict[str, object] | None:
    """What is kept of the paired table, which is itself never written.

    Nothing where the ratings of then no longer compare, where fewer than k are paired, or where one person alone joined
    or left: how the others moved tells what that one rated. The bands' sums are the paired people's counts in either
    round, and what these lack of all counts is of those who left or joined: so the bands are kept only where those are
    none, or at least k, and where the paired are not one person more or less than some groups of either round.
    """
    then = next((one for one in earlier if one.asked == parent.asked), None)
    if then is None or not parent.compares:
        return None
    moved = changes(counts.paired)
    joined, left = sum(counts.counts) - moved.n, then.rated - moved.n
    if moved.n < least or 1 in (joined, left):
        return None
    both = _both(counts, then)
    rated = {name: sum(group.counts) for name, group in counts.groups.items()}
    now = GroupsBefore(sum(counts.counts), {name: rated[name] for name in groups_to_show(rated, least)})
    tells_one = any(one_apart_from_groups(moved.n, told, both) for told in (then.told, now) if told.shown)
    keeps_bands = not tells_one and all(number == 0 or number >= least for number in (joined, left))
    return {
        "paired": moved.n,
        "raised": moved.raised,
        "kept": moved.kept,
        "lowered": moved.lowered,
        "bands": moved.bands if keeps_bands else None,
    }
