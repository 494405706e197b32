"""What a round found about options as the facilitator's pages say it: shares, ranks, levels, all of them in words."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from surveys.consensus import HALF
from surveys.feedback.survey_results import VignetteResult
from surveys.feedback.thresholds import COUNTS_FROM, SPREAD_FROM, ShownOption, ShownSurvey
from surveys.pages.distribution import percent
from surveys.pages.drawing import plain, two_places
from surveys.pages.levels import level_counts_words
from surveys.pages.shares import percent_words
from surveys.rounds.models import AskedOption, Round
from surveys.sheets.preferences import LEVELS

LEVEL_KINDS = tuple(level.replace("_", "-") for level in LEVELS)
BY_TOP, BY_RANK, AS_ASKED = "top", "rank", "asked"
ORDER_WORDS = {
    BY_TOP: gettext_lazy("by top choices"),
    BY_RANK: gettext_lazy("by rank"),
    AS_ASKED: gettext_lazy("as asked"),
}


@dataclass(frozen=True)
class LevelPart:
    """One level in a stacked bar: its class, its count, and where it stands, in percent of the width."""

    kind: str
    count: int
    x: str
    width: str
    middle: str


@dataclass(frozen=True)
class OptionReading:
    """One option for one vignette; figures are words, "" where they were not asked or may not be shown."""

    asked: AskedOption
    levels: tuple[LevelPart, ...]
    levels_words: str
    likely: str
    mean_rank: str
    median_rank: str
    top: str
    top_width: str
    against: str
    against_width: str


@dataclass(frozen=True)
class SurveyReading:
    """One vignette's answers about options. `facts` are sentences; `withheld` says what is kept back and why."""

    result: VignetteResult
    number: int
    options: tuple[OptionReading, ...]
    facts: tuple[str, ...]
    agreement: str
    withheld: str

    @property
    def shown(self) -> ShownSurvey:
        """The answers under the display thresholds."""
        return self.result.shown

    @property
    def asks(self) -> dict[str, bool]:
        """Which questions its round asked, by name."""
        return {name: name in self.result.round.questions for name in Round.Question.values}

    @property
    def shows_levels(self) -> bool:
        """Whether any option's levels are drawn."""
        return any(option.levels for option in self.options)


def orders_of(round: Round) -> list[str]:
    """The orders in which a round's options can be listed, the one to begin with first."""
    found = [(BY_TOP, Round.Question.TOP), (BY_RANK, Round.Question.RANKING)]
    return [*(order for order, question in found if question in round.questions), AS_ASKED]


def survey_readings_of(
    results: Iterable[VignetteResult], numbers: Mapping[uuid.UUID, int], order: str
) -> list[SurveyReading]:
    """These results in words, the options of each in this order."""
    return [survey_reading_of(result, numbers[result.vignette.vignette_id], order) for result in results]


def survey_reading_of(result: VignetteResult, number: int, order: str) -> SurveyReading:
    """One vignette's result in words."""
    shown = result.shown
    rows = sorted(result.rows, key=_KEYS.get(order, _by_number))
    return SurveyReading(
        result=result,
        number=number,
        options=tuple(_option(asked, option, shown) for asked, option in rows),
        facts=tuple(_facts(shown)),
        agreement=_agreement_words(shown),
        withheld=withheld_words(shown, result.round.questions),
    )


def favoured_words(readings: Sequence[SurveyReading]) -> str:
    """In how many vignettes half of the panel or more agree on a top choice; "" where none was asked for."""
    asked = [reading for reading in readings if reading.asks[Round.Question.TOP]]
    if not asked:
        return ""
    found = sum(any((option.top or 0) >= HALF for option in reading.shown.options) for reading in asked)
    words = {"found": found, "total": len(asked)}
    return (
        ngettext(
            "In %(found)d of %(total)d vignettes, at least half named the same option a top choice.",
            "In %(found)d of %(total)d vignettes, at least half named the same option a top choice.",
            found,
        )
        % words
    )


Row = tuple[AskedOption, ShownOption]


def _by_number(row: Row) -> tuple[Fraction, ...]:
    return (Fraction(row[0].number),)


def _by_top(row: Row) -> tuple[Fraction, ...]:
    return (-(row[1].top or Fraction(0)), row[1].against or Fraction(0), Fraction(row[0].number))


def _by_rank(row: Row) -> tuple[Fraction, ...]:
    rank = row[1].mean_rank if row[1].mean_rank is not None else row[1].median_rank
    return (Fraction(0) if rank is None else rank, Fraction(row[0].number))


_KEYS: Mapping[str, Callable[[Row], tuple[Fraction, ...]]] = {BY_TOP: _by_top, BY_RANK: _by_rank}


def _option(asked: AskedOption, shown: ShownOption, survey: ShownSurvey) -> OptionReading:
    return OptionReading(
        asked=asked,
        levels=tuple(_parts(shown.levels or ())),
        levels_words=level_counts_words(shown.levels) if shown.levels else "",
        likely=percent_words(shown.likely, survey.n),
        mean_rank="" if shown.mean_rank is None else two_places(shown.mean_rank),
        median_rank="" if shown.median_rank is None else plain(shown.median_rank),
        top=percent_words(shown.top, survey.topped),
        top_width=percent(shown.top or Fraction(0)),
        against=percent_words(shown.against, survey.n),
        against_width=percent(shown.against or Fraction(0)),
    )


def _parts(levels: Sequence[int]) -> Iterable[LevelPart]:
    n, before = sum(levels), 0
    for kind, count in zip(LEVEL_KINDS, levels, strict=False):
        if count:
            middle = Fraction(2 * before + count, 2 * n)
            yield LevelPart(kind, count, percent(Fraction(before, n)), percent(Fraction(count, n)), percent(middle))
        before += count


def _facts(shown: ShownSurvey) -> Iterable[str]:
    if shown.n is None:
        return
    yield ngettext("%(n)d panelist answered.", "%(n)d panelists answered.", shown.n) % {"n": shown.n}
    if shown.abstained:
        text = ngettext("%(n)d abstained.", "%(n)d abstained.", shown.abstained)
        yield text % {"n": shown.abstained}
    if shown.missing:
        yield ngettext("%(n)d gave no answer.", "%(n)d gave no answer.", shown.missing) % {"n": shown.missing}
    if shown.topped and shown.topped != shown.n and "top" not in shown.suppressed:
        text = ngettext("%(n)d named a top choice.", "%(n)d named a top choice.", shown.topped)
        yield text % {"n": shown.topped}
    if shown.kept:
        text = ngettext(
            "%(n)d kept all answers for the base case.", "%(n)d kept all answers for the base case.", shown.kept
        )
        yield text % {"n": shown.kept}


def _agreement_words(shown: ShownSurvey) -> str:
    """Kendall's W with the number of complete rankings that it is of; no label judges it."""
    if shown.kendalls_w is None:
        return ""
    words = {"w": two_places(shown.kendalls_w), "n": shown.ranked}
    return _("Kendall's W %(w)s, from %(n)d complete rankings.") % words


def withheld_words(shown: ShownSurvey, questions: Sequence[str]) -> str:
    """What the display thresholds keep back and why, in one sentence; "" where nothing is."""
    if shown.is_hidden:
        text = _("Fewer than %(least)d panelists answered, so nothing of this vignette's result is shown to anyone.")
        return text % {"least": shown.least_answers}
    kept_back = list(_kept_back(shown, Round.Question.LIKELIHOOD in questions))
    if not kept_back:
        return ""
    return _("Not shown to anyone: %(what)s.") % {"what": "; ".join(kept_back)}


def _kept_back(shown: ShownSurvey, asks_levels: bool) -> Iterable[str]:
    n, hidden = shown.n or 0, set(shown.suppressed)
    if "levels" in hidden and n >= COUNTS_FROM:
        yield _("the counts of the levels, because those who answered differ from an earlier survey's by one person")
    elif "levels" in hidden:
        yield _("the counts of the levels, with fewer than %(least)d answers") % {"least": COUNTS_FROM}
    elif asks_levels and any(
        option.levels is None and option.number not in shown.one_apart for option in shown.options
    ):
        yield _("the levels of options to which fewer than %(least)d gave one") % {"least": COUNTS_FROM}
    if asks_levels and shown.one_apart and "levels" not in hidden:
        yield _("the levels of options to which one person more or less gave one than before or for the base case")
    if n < COUNTS_FROM:
        yield _("shares finer than tenths, with fewer than %(least)d answers") % {"least": COUNTS_FROM}
    if "median_rank" in hidden:
        yield _("ranks, with fewer than %(least)d complete rankings") % {"least": shown.least_answers}
    elif "mean_rank" in hidden:
        yield _("mean ranks and Kendall's W, with fewer than %(least)d complete rankings") % {"least": SPREAD_FROM}
    if "top" in hidden:
        yield _("top choices, because fewer than %(least)d named any") % {"least": shown.least_answers}
    if shown.kept is None:
        text = _("how many kept the answers for the base case, because fewer than %(least)d did, or all but one")
        yield text % {"least": shown.least_answers}
