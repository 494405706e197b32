"""What a panelist sees of released answers about options: the group's numbers, and the own answers beside them."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.contrib.humanize.templatetags.humanize import ordinal
from django.utils.safestring import SafeString
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.feedback.comments import ThemedComments, survey_comments_of, themed
from surveys.feedback.models import Comment
from surveys.feedback.survey_results import VignetteResult, survey_results_of
from surveys.feedback.thresholds import ShownOption, ShownSurvey
from surveys.pages.drawing import plain, two_places
from surveys.pages.levels import LEVEL_WORDS, level_bar, level_counts_words
from surveys.pages.round_words import round_phrase
from surveys.pages.shares import percent_words
from surveys.rounds.models import AskedOption, AskedVignette, Round
from surveys.rounds.queries import Survey, earlier_surveys, survey_of
from surveys.sheets.preferences import AGAINST, LIKELIHOOD, RANKING, TOP, VignetteAnswers, answers_to
from surveys.sheets.queries import OwnSheet, SheetHolder, own_sheet
from surveys.vignettes.models import LineageStep
from surveys.vignettes.queries import sentence_start, steps_between

COMMENT_HEADINGS = {
    Comment.Kind.REASON: gettext_lazy("Comments"),
    Comment.Kind.FACTOR: gettext_lazy("Factors that the vignette leaves out"),
    Comment.Kind.NEW_OPTION: gettext_lazy("Suggested options"),
    Comment.Kind.CLEARER_WORDING: gettext_lazy("Suggestions of clearer wording"),
}


@dataclass(frozen=True)
class OptionSeen:
    """One option: its bar of levels where that may be shown, the group's figures and the own answers in words."""

    name: str
    category: str
    bar: SafeString | str
    levels: str
    figures: str
    own: str


@dataclass(frozen=True)
class CommentsSeen:
    """What the panel wrote under one question, by theme."""

    heading: str
    n: int
    themes: tuple[ThemedComments, ...]


@dataclass(frozen=True)
class SurveySeen:
    """One vignette: how many answered, its options, what was written; `own` says of the panelist's sheet as a whole."""

    lead: str
    withheld: tuple[str, ...]
    own: str
    options: tuple[OptionSeen, ...]
    comments: tuple[CommentsSeen, ...]


@dataclass(frozen=True)
class Before:
    """An earlier round's answers for the same vignette; `own` by question, in sentences for the page that asks anew."""

    label: str
    own: Mapping[str, str]
    seen: SurveySeen


def surveys_seen(holder: SheetHolder, round: Round) -> dict[uuid.UUID, SurveySeen]:
    """By asked vignette of a released round, what this panelist sees of the answers about options."""
    if not (round.is_released and round.asks_options):
        return {}
    survey, sheet, comments = survey_of(round), own_sheet(holder, round.pk), _comments(round)
    return {
        result.vignette.pk: _seen(
            result, own_answers(sheet, survey, result.vignette), comments.get(result.vignette.pk, [])
        )
        for result in survey_results_of(round)
    }


def earlier_survey(holder: SheetHolder, survey: Survey, round: Round, vignette: AskedVignette) -> Before | None:
    """The last released answers about options for a vignette that is asked again; None where there are none."""
    if not survey.questions:
        return None
    asked = earlier_surveys(round).get(vignette.number)
    if asked is None or not asked.round.is_released:
        return None
    asked.round.study = round.study
    results = {result.vignette.pk: result for result in survey_results_of(asked.round)}
    if asked.pk not in results:
        return None
    then = survey_of(asked.round)
    answers = own_answers(own_sheet(holder, asked.round_id), then, asked)
    comments = _comments(asked.round).get(asked.pk, [])
    label, steps = round_phrase(asked.round), steps_between(round.study, asked.round.after_step, round.after_step)
    words = _earlier_words(label, answers, then, survey, _number_now(then, survey, steps))
    return Before(label, words, _seen(results[asked.pk], answers, comments))


def _comments(round: Round) -> Mapping[uuid.UUID, Sequence[Comment]]:
    return survey_comments_of(round) if round.study.protocol.shows_comments else {}


def own_answers(sheet: OwnSheet, survey: Survey, vignette: AskedVignette) -> VignetteAnswers:
    """The own answers that counted: none where the sheet was not submitted."""
    preferences = sheet.preferences if sheet.is_submitted else {}
    return answers_to(preferences, vignette.number, survey.base_of(vignette))


def _seen(result: VignetteResult, own: VignetteAnswers, comments: Iterable[Comment]) -> SurveySeen:
    shown = result.shown
    if shown.is_hidden:
        lead = _("fewer than %(count)d answers, so no result is shown.") % {"count": shown.least_answers}
        options = tuple(_option_seen(asked, None, shown, own) for asked in result.options)
        return SurveySeen(lead, (), whole_words(own), options, ())
    return SurveySeen(
        _lead(shown, result.round.questions),
        _withheld(shown),
        whole_words(own),
        tuple(_option_seen(asked, option, shown, own) for asked, option in result.rows),
        _comments_seen(comments),
    )


def _lead(shown: ShownSurvey, questions: Sequence[str]) -> str:
    parts = [_("%(n)d answered") % {"n": shown.n}]
    if shown.abstained:
        parts.append(_("%(n)d could not answer") % {"n": shown.abstained})
    if RANKING in questions and shown.ranked is not None:
        parts.append(_("%(n)d ranked all options") % {"n": shown.ranked})
    if TOP in questions and shown.topped is not None:
        parts.append(_("%(n)d named top choices") % {"n": shown.topped})
    if shown.kept:
        parts.append(_("%(n)d kept their answers for the base case") % {"n": shown.kept})
    return ", ".join(parts) + "."


def _withheld(shown: ShownSurvey) -> tuple[str, ...]:
    """Why something is not shown, in sentences."""
    sentences = {
        "levels": _("With so few answers, or where the panel changed by one, the four levels are not counted out."),
        "median_rank": _("Fewer than %(n)d ranked all options, so no ranks are shown.") % {"n": shown.least_answers},
        "top": _("Fewer than %(n)d named top choices, so these are not shown.") % {"n": shown.least_answers},
    }
    return tuple(sentence for name, sentence in sentences.items() if name in shown.suppressed)


def whole_words(own: VignetteAnswers) -> str:
    """What a sheet says of a vignette as a whole, in the words that follow a colon; empty for nothing."""
    if own.abstained:
        return _("“I cannot answer this for this patient”.")
    if not own.is_given:
        return _("no answer.")
    return _("you kept your answers for the base case.") if own.kept else ""


def _option_seen(
    asked: AskedOption, option: ShownOption | None, shown: ShownSurvey, own: VignetteAnswers
) -> OptionSeen:
    counts = option.levels if option else None
    return OptionSeen(
        sentence_start(asked.name),
        asked.category,
        level_bar(counts) if counts else "",
        level_counts_words(counts) if counts else "",
        _figures(option, shown) if option else "",
        "" if own.abstained else own_option_words(asked.number, own),
    )


def _figures(option: ShownOption, shown: ShownSurvey) -> str:
    parts = []
    if option.levels is None and option.likely is not None:
        parts.append(_("%(share)s definitely or likely") % {"share": percent_words(option.likely, shown.n)})
    if option.top is not None:
        parts.append(_("top choice of %(share)s") % {"share": percent_words(option.top, shown.topped)})
    if option.against is not None:
        parts.append(_("%(share)s would not recommend it") % {"share": percent_words(option.against, shown.n)})
    if option.mean_rank is not None and option.median_rank is not None:
        ranks = {"mean": two_places(option.mean_rank), "median": plain(option.median_rank)}
        parts.append(_("mean rank %(mean)s, median %(median)s") % ranks)
    elif option.median_rank is not None:
        parts.append(_("median rank %(median)s") % {"median": plain(option.median_rank)})
    return capfirst("; ".join(parts))


def own_option_words(number: int, own: VignetteAnswers) -> str:
    """`likely, a top choice, ranked 2nd`: what a sheet says of the option with this number; empty for nothing."""
    parts = []
    if number in own.likelihood:
        parts.append(str(LEVEL_WORDS[own.likelihood[number]]).lower())
    if number in own.top:
        parts.append(_("a top choice"))
    if own.against and number in own.against:
        parts.append(_("would not recommend it"))
    if number in own.ranking:
        parts.append(_("ranked %(place)s") % {"place": ordinal(own.ranking.index(number) + 1)})
    return ", ".join(parts)


def _comments_seen(comments: Iterable[Comment]) -> tuple[CommentsSeen, ...]:
    published = [comment for comment in comments if comment.state == Comment.State.PUBLISHED]
    found = []
    for kind, heading in COMMENT_HEADINGS.items():
        of_kind = [comment for comment in published if comment.kind == kind]
        if of_kind:
            found.append(CommentsSeen(str(heading), len(of_kind), tuple(themed(of_kind))))
    return tuple(found)


def _number_now(then: Survey, now: Survey, steps: Iterable[LineageStep]) -> dict[int, tuple[int, ...]]:
    """By an option's number then, the numbers today of what it is or became; none where it is asked no more.

    `steps` are those between the two rounds, in order.
    """
    became = {asked.option_id: {asked.option_id} for asked in then.options}
    for step in steps:
        before = {uuid.UUID(item["id"]) for item in step.before}
        if step.kind != LineageStep.Kind.OPTION or step.step not in (LineageStep.Step.MERGE, LineageStep.Step.SPLIT):
            continue
        for option_id, ids in became.items():
            if ids & before:
                became[option_id] = (ids - before) | {uuid.UUID(item["id"]) for item in step.after}
    return {
        asked.number: tuple(one.number for one in now.options if one.option_id in became[asked.option_id])
        for asked in then.options
    }


def _earlier_words(
    label: str, own: VignetteAnswers, then: Survey, now: Survey, number_now: Mapping[int, tuple[int, ...]]
) -> dict[str, str]:
    """The own earlier answers by the questions of today; what was merged or split is named by its name then."""
    names = {asked.number: asked.name for asked in then.options}
    same = {asked.number for asked in then.options if asked.option_id in {one.option_id for one in now.options}}
    words: dict[str, str] = {}
    for number, level in own.likelihood.items():
        said = {"round": label, "option": names[number], "level": str(LEVEL_WORDS[level]).lower()}
        itself, parent = _("In %(round)s you said: %(level)s."), _("In %(round)s you said of %(option)s: %(level)s.")
        for today in number_now[number]:
            _add(words, f"{LIKELIHOOD}-{today}", (itself if number in same else parent) % said)
    for place, number in enumerate(own.ranking, start=1):
        said = {"round": label, "option": names[number], "place": str(ordinal(place))}
        itself, parent = _("In %(round)s you ranked it %(place)s."), _("In %(round)s you ranked %(option)s %(place)s.")
        for today in number_now[number]:
            _add(words, f"{RANKING}-{today}", (itself if number in same else parent) % said)
    for question, numbers in ((TOP, own.top), (AGAINST, own.against)):
        if numbers:
            listed = get_text_list([names[number] for number in numbers], _("and"))
            words[question] = _("In %(round)s you chose %(names)s.") % {"round": label, "names": listed}
    if own.against == ():
        words[AGAINST] = _("In %(round)s you chose “None of these”.") % {"round": label}
    return words


def _add(words: dict[str, str], question: str, sentence: str) -> None:
    words[question] = f"{words[question]} {sentence}" if question in words else sentence
