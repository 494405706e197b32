"""Reads of what rounds asked about options: results, proposed statements, what is not recommended.

For facilitators once a round is closed, for panelists once it is released.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from surveys.consensus import HALF, named_by, proposed
from surveys.feedback.models import Comment, SurveyResult
from surveys.feedback.thresholds import ShownOption, ShownSurvey, shown_survey
from surveys.rounds.models import AskedOption, AskedVignette, Round
from surveys.rounds.queries import closed_rounds, released_rounds
from surveys.studies.models import Study
from surveys.vignettes.models import Option, Vignette

COMMENT_KINDS: Mapping[str, Comment.Kind] = {
    "reasons": Comment.Kind.REASON,
    "factors": Comment.Kind.FACTOR,
    "new_options": Comment.Kind.NEW_OPTION,
    "clearer_wording": Comment.Kind.CLEARER_WORDING,
}


@dataclass(frozen=True)
class VignetteResult:
    """What the panel said of the options for one vignette in one round, under the display thresholds."""

    vignette: AskedVignette
    round: Round
    options: tuple[AskedOption, ...]
    shown: ShownSurvey

    @property
    def rows(self) -> list[tuple[AskedOption, ShownOption]]:
        """Each option as it was asked, with what may be shown of it; none where nothing may."""
        return list(zip(self.options, self.shown.options, strict=False))


def survey_results_of(round: Round) -> list[VignetteResult]:
    """A closed round's results about options, vignette by vignette; empty where it asked nothing of them."""
    return survey_results_of_rounds(round.study, [round]).get(round.pk, [])


def survey_results_of_rounds(study: Study, rounds: Iterable[Round]) -> dict[uuid.UUID, list[VignetteResult]]:
    """The results of several closed rounds of one study, by round id; two queries however many there are."""
    least = study.protocol.least_answers
    wanted = {round.pk: round for round in rounds if round.status == Round.Status.CLOSED}
    options: dict[uuid.UUID, list[AskedOption]] = defaultdict(list)
    for option in AskedOption.objects.filter(round__in=wanted).order_by("number"):
        options[option.round_id].append(option)
    found: dict[uuid.UUID, list[VignetteResult]] = defaultdict(list)
    rows = SurveyResult.objects.filter(vignette__round__in=wanted).select_related("vignette")
    for row in rows.order_by("vignette__round__number", "vignette__number"):
        round = wanted[row.vignette.round_id]
        shown = shown_survey_result(row, round.questions, least)
        found[round.pk].append(VignetteResult(row.vignette, round, tuple(options[round.pk]), shown))
    return dict(found)


def shown_survey_result(row: SurveyResult, questions: Sequence[str], least: int) -> ShownSurvey:
    """A frozen result about options under the display thresholds."""
    return shown_survey(
        row.tally, questions, missing=row.missing, least_answers=least, hides_counts=row.one_joined_or_left
    )


def latest_survey_results(study: Study, question: str, *, released_only: bool = False) -> list[VignetteResult]:
    """For every vignette that is still asked, its result in the last closed round that asked this of it; in order."""
    rounds = released_rounds(study) if released_only else closed_rounds(study)
    asking = [round for round in rounds if question in round.questions]
    latest: dict[uuid.UUID, VignetteResult] = {}
    for results in survey_results_of_rounds(study, asking).values():
        latest.update({result.vignette.vignette_id: result for result in results})
    vignettes = Vignette.objects.filter(study=study, is_dropped=False).order_by("position", "pk")
    return [latest[vignette.pk] for vignette in vignettes if vignette.pk in latest]


@dataclass(frozen=True)
class NotRecommended:
    """An option that so many would not recommend for a vignette; `share` is theirs of those who answered."""

    result: VignetteResult
    option: AskedOption
    share: Fraction


def not_recommended(results: Iterable[VignetteResult], threshold: Fraction = HALF) -> list[NotRecommended]:
    """The options that at least `threshold` would not recommend, in the order of these results, options in theirs.

    Judged by what may be shown: a share that is rounded to tenths counts as rounded.
    """
    return [
        NotRecommended(result, asked, shown.against)
        for result in results
        for asked, shown in result.rows
        if shown.against is not None and shown.against >= threshold
    ]


@dataclass(frozen=True)
class Vote:
    """How many named an option among their top choices, as a share of those who named any."""

    option: AskedOption
    share: Fraction


@dataclass(frozen=True)
class Proposal:
    """The statement that the last top choices make for a vignette, and the numbers that speak for it.

    `options` are in the order of the statement, dropped ones left out; empty where too few answered, or where none
    stands out. `votes` are all options that anybody may be shown to have named, the most named first.
    """

    vignette: Vignette
    result: VignetteResult
    options: tuple[Option, ...]
    votes: tuple[Vote, ...]

    @property
    def speaking_for(self) -> tuple[Vote, ...]:
        """The votes of the proposed options, in the statement's order."""
        proposed_ids = [option.pk for option in self.options]
        by_option = {vote.option.option_id: vote for vote in self.votes}
        return tuple(by_option[pk] for pk in proposed_ids)


def proposals_of(study: Study) -> list[Proposal]:
    """What the last released or closed top choices propose, vignette by vignette; for a study's writers."""
    results = latest_survey_results(study, Round.Question.TOP)
    options = {option.pk: option for option in Option.objects.filter(study=study, is_dropped=False)}
    vignettes = {vignette.pk: vignette for vignette in Vignette.objects.filter(study=study)}
    return [_proposal(vignettes[result.vignette.vignette_id], result, options) for result in results]


def _proposal(vignette: Vignette, result: VignetteResult, options: Mapping[uuid.UUID, Option]) -> Proposal:
    n = result.shown.topped or 0
    rows = [(asked, shown.top) for asked, shown in result.rows if shown.top is not None]
    votes = [round_votes(share, n) for _asked, share in rows]
    places = proposed(votes, n, result.round.top_most)
    named = [rows[place][0].option_id for place in places]
    ordered = named_by(votes, n, Fraction(1, max(n, 1)))
    return Proposal(
        vignette,
        result,
        tuple(options[pk] for pk in named if pk in options),
        tuple(Vote(*rows[place]) for place in ordered),
    )


def round_votes(share: Fraction, n: int) -> int:
    """How many of n a share is, to the nearest whole number, halves up: what a rounded share may still tell."""
    return int(share * n + Fraction(1, 2))
