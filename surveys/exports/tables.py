"""The tables of a paper, read from a study. Pure reads, for staff and for files."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from surveys.consensus import FULL_CONSENSUS, HALF, round_half_up
from surveys.feedback.queries import StatementResult, latest_results
from surveys.feedback.survey_results import VignetteResult, latest_survey_results, not_recommended
from surveys.feedback.thresholds import Shown
from surveys.rounds.models import Round
from surveys.studies.models import Study
from surveys.vignettes.queries import options_of, vignette_numbers, vignettes_of

MEAN_PLACES = 2
NEUTRAL = 5

# "All ratings 6 or higher?", as the paper's table asks.
ABOVE_NEUTRAL = next(clause for clause in FULL_CONSENSUS.clauses if clause.statistic == "least")


@dataclass(frozen=True)
class Table1Row:
    """A vignette and what it changes of the base case; `variation` is empty for the base case itself."""

    number: int
    vignette: str
    variation: str


@dataclass(frozen=True)
class Table2Row:
    """An option and its category, such as Add or Switch; `explanation` says an abbreviation in full."""

    option: str
    category: str
    explanation: str


@dataclass(frozen=True)
class Table3Row:
    """What the panel recommends for one vignette, by the statement's last rating.

    `recommendations` are the options that the statement names, in its order; none where it was written freely,
    and then `statement` says it. `mean` is exact and `printed_mean` its two decimals, half up. With fewer answers
    than a result needs `is_hidden` is true, and `all_above_neutral`, `mean`, `printed_mean` and `n` are None.
    `number` is the vignette's among all vignettes of the study.
    """

    number: int
    vignette: str
    statement: str
    recommendations: tuple[str, ...]
    all_above_neutral: bool | None
    mean: Fraction | None
    printed_mean: str | None
    n: int | None
    result: StatementResult

    @property
    def is_hidden(self) -> bool:
        """Whether so few answered that nothing is shown."""
        return self.result.shown.is_hidden


@dataclass(frozen=True)
class Table4Row:
    """An option that at least half of the panel would not recommend; `percent` from 50 to 100."""

    number: int
    vignette: str
    option: str
    percent: Fraction


def table_1(study: Study) -> list[Table1Row]:
    """The vignettes in their order, the base case first; none that were dropped."""
    return [
        Table1Row(number, vignette.title, "" if vignette.is_base else vignette.aspect)
        for number, vignette in enumerate(vignettes_of(study), start=1)
    ]


def table_2(study: Study) -> list[Table2Row]:
    """The options in their order; none that were dropped or merged."""
    return [Table2Row(option.name, option.category, option.explanation) for option in options_of(study)]


def table_3(study: Study) -> list[Table3Row]:
    """The main recommendations: every statement's result in the last closed round that asked it.

    In the order of the vignettes. For staff, released or not; under the display thresholds.
    """
    return table_3_of(study, latest_results(study))


def table_3_of(study: Study, results: Sequence[StatementResult]) -> list[Table3Row]:
    """The same table of these results, such as those of one round."""
    numbers = vignette_numbers(study)
    return [_recommendation(numbers[result.asked.vignette.vignette_id], result) for result in results]


def table_4(study: Study, threshold: Fraction = HALF) -> list[Table4Row]:
    """The options that at least `threshold` would not recommend, half of them included in a half.

    For each vignette by the last closed round that asked; a study that never asked has none. For staff.
    """
    return table_4_of(study, latest_survey_results(study, Round.Question.AGAINST), threshold)


def table_4_of(study: Study, results: Sequence[VignetteResult], threshold: Fraction = HALF) -> list[Table4Row]:
    """The same table of these results, such as those of one round."""
    numbers = vignette_numbers(study)
    return [
        Table4Row(
            numbers[found.result.vignette.vignette_id],
            found.result.vignette.title,
            found.option.name,
            found.share * 100,
        )
        for found in not_recommended(results, threshold)
    ]


def _recommendation(number: int, result: StatementResult) -> Table3Row:
    asked, shown = result.asked, result.shown
    return Table3Row(
        number=number,
        vignette=asked.vignette.title,
        statement=asked.text,
        recommendations=tuple(asked.recommendations),
        all_above_neutral=_all_above_neutral(shown),
        mean=shown.mean,
        printed_mean=None if shown.mean is None else round_half_up(shown.mean, MEAN_PLACES),
        n=shown.n,
        result=result,
    )


def _all_above_neutral(shown: Shown) -> bool | None:
    """As the locked rule's own clause says, which is always shown; else by the least rating, where that is."""
    for finding in shown.verdict.clauses if shown.verdict else ():
        if finding.clause == ABOVE_NEUTRAL:
            return finding.met
    return None if shown.minimum is None else shown.minimum > NEUTRAL
