"""The screens of a meeting's wall: released results, one vignette or statement a screen, readable from the back."""

from collections.abc import Sequence
from dataclasses import dataclass

from surveys.consensus import HALF
from surveys.facilitator.readings import Reading, readings_of
from surveys.facilitator.survey_readings import SurveyReading, orders_of, survey_readings_of
from surveys.feedback.comments import ThemedComments, comments_of, survey_comments_of, themed
from surveys.feedback.models import Comment
from surveys.feedback.queries import results_of
from surveys.feedback.survey_results import survey_results_of
from surveys.pages.distribution import draw
from surveys.pages.shares import percent_words
from surveys.rounds.models import Round
from surveys.rounds.queries import earlier_askings
from surveys.studies.models import Study
from surveys.vignettes.queries import vignette_numbers

MOST_THEMES = 6
"""So many themes are counted beside a result; the screen behind it has all of them."""


@dataclass(frozen=True)
class Screen:
    """One screen: `survey`, `statement`, or neither where it shows what the panel wrote on the one before it.

    `height` is the picture's, in its own units. `themes` are published comments in a fresh random order.
    """

    number: int
    title: str
    survey: SurveyReading | None = None
    statement: Reading | None = None
    height: int = 0
    themes: tuple[ThemedComments, ...] = ()

    @property
    def main_themes(self) -> tuple[ThemedComments, ...]:
        """The themes with a name that stand beside the result, the most frequent first."""
        return tuple(group for group in self.themes if group.theme)[:MOST_THEMES]

    @property
    def is_comments(self) -> bool:
        """Whether it shows what the panel wrote."""
        return self.survey is None and self.statement is None


def screens_of(study: Study, round: Round) -> list[Screen]:
    """The screens of a released round in the order of what it asked."""
    numbers = vignette_numbers(study)
    screens: list[Screen] = []
    if round.asks_options:
        comments = survey_comments_of(round)
        for survey in survey_readings_of(survey_results_of(round), numbers, orders_of(round)[0]):
            vignette = survey.result.vignette
            themes = _themes(study, comments.get(vignette.pk, []), survey.shown.is_hidden)
            screens += _with_comments(Screen(survey.number, vignette.title, survey=survey, themes=themes))
    return screens + _statement_screens(study, round)


def _statement_screens(study: Study, round: Round) -> list[Screen]:
    comments, screens = comments_of(round), list[Screen]()
    before = {number: asked.round for number, asked in earlier_askings(round).items()}
    for reading in readings_of(results_of(round), vignette_numbers(study), before):
        asked, counts = reading.result.asked, reading.shown.counts
        screens += _with_comments(
            Screen(
                reading.number,
                asked.vignette.title,
                statement=reading,
                height=draw(counts, variant="detail").height if counts else 0,
                themes=_themes(study, comments.get(asked.pk, []), reading.shown.is_hidden),
            )
        )
    return screens


def _themes(study: Study, comments: list[Comment], is_hidden: bool) -> tuple[ThemedComments, ...]:
    """What the panel may read of these comments: nothing beside a hidden result, or where the protocol shows none."""
    return tuple(themed(comments)) if study.protocol.shows_comments and not is_hidden else ()


def _with_comments(screen: Screen) -> list[Screen]:
    if not screen.themes:
        return [screen]
    return [screen, Screen(screen.number, screen.title, themes=screen.themes)]


@dataclass(frozen=True)
class AgainstRow:
    """A row of Table 4 as this round alone gives it: the vignette, and its options with their shares in words."""

    vignette: str
    options: str


def against_rows(screens: Sequence[Screen]) -> list[AgainstRow]:
    """Which options at least half would not recommend, by vignette, the most first; vignettes without any are left out.

    Of these screens alone: a later round may not be released yet.
    """
    rows = []
    for screen in screens:
        asked = screen.survey.result.rows if screen.survey else []
        against = [(shown.against, option.name) for option, shown in asked if (shown.against or 0) >= HALF]
        named = [f"{name} {percent_words(share)}" for share, name in sorted(against, key=lambda one: -(one[0] or 0))]
        if named:
            rows.append(AgainstRow(f"{screen.number}. {screen.title}", ", ".join(named)))
    return rows
