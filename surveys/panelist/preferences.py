"""The questions about options as the page of a vignette shows them to one panelist."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from surveys.pages.levels import LEVEL_WORDS, SENTENCES
from surveys.pages.scale import Conflict
from surveys.panelist.forms import PostedSheet
from surveys.panelist.preference_forms import values_on_page
from surveys.rounds.models import AskedOption, AskedVignette
from surveys.rounds.queries import Survey
from surveys.rounds.services.merging import PreferenceConflict
from surveys.sheets.preferences import (
    ABSTAIN,
    AGAINST,
    KEEP,
    LEVELS,
    LIKELIHOOD,
    LONGEST_TEXT,
    NONE,
    RANKING,
    TEXTS,
    TOP,
    Preferences,
    chosen,
    field_named,
    fields_of,
)
from surveys.vignettes.queries import sentence_start

TEXT_LABELS = {
    "reasons": gettext_lazy("Comments, with your reasons"),
    "factors": gettext_lazy("Which factors does the vignette leave out?"),
    "new_options": gettext_lazy("Which further options should the panel consider?"),
    "clearer_wording": gettext_lazy("What could be worded more clearly, and how?"),
}


@dataclass(frozen=True)
class FieldOnPage:
    """One field: its name, its value, what was stored when the page was drawn, and what is wrong or in conflict.

    `base` is what the base case says where the field takes that over; `earlier` the own answer of an earlier round.
    """

    name: str
    value: str
    seen: str
    base: str = ""
    error: str = ""
    note: SafeString | str = ""
    earlier: str = ""

    @property
    def described_by(self) -> str:
        """The ids of what a screen reader should say of it."""
        there = [(bool(self.error), f"error-{self.name}"), (bool(self.earlier), f"earlier-{self.name}")]
        return " ".join(target for is_there, target in there if is_there)


@dataclass(frozen=True)
class Choice:
    """One radio or tick box: its value, its words, and in full what it says."""

    value: str
    words: str
    is_chosen: bool
    in_full: str = ""


@dataclass(frozen=True)
class OptionOnPage:
    """One option within a question; `field` where the question has one for each."""

    number: int
    name: str
    category: str
    explanation: str
    is_chosen: bool = False
    earlier: str = ""
    field: FieldOnPage | None = None
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Category:
    """The options of one category."""

    name: str
    options: tuple[OptionOnPage, ...]


@dataclass(frozen=True)
class Question:
    """A question about several options: by category, or for a ranking those that are ranked, in order, and the rest.

    The first question of a page says of every option what it is.
    """

    field: FieldOnPage | None
    categories: tuple[Category, ...] = ()
    ranked: tuple[OptionOnPage, ...] = ()
    unranked: tuple[OptionOnPage, ...] = ()
    chooses_none: bool = False
    explains: bool = False


@dataclass(frozen=True)
class TextOnPage:
    """A text to write."""

    field: FieldOnPage
    label: str
    limit: int = LONGEST_TEXT


@dataclass(frozen=True)
class SurveyOnPage:
    """All that is asked about options for one vignette; a question that is not asked is None.

    `kept` says what is kept of the base case, as (question, words); `warnings` what two answers contradict each other.
    """

    prefix: str
    total: int
    top_words: str
    keep: FieldOnPage | None
    base: int
    kept: tuple[tuple[str, str], ...]
    likelihood: Question | None
    ranking: Question | None
    top: Question | None
    against: Question | None
    texts: tuple[TextOnPage, ...]
    abstain: FieldOnPage
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Fields:
    """Makes the fields of one vignette."""

    vignette: int
    values: Mapping[str, str]
    stored: Mapping[str, str]
    base: Mapping[str, str]
    errors: Mapping[str, str]
    notes: Mapping[str, SafeString]
    earlier: Mapping[str, str]

    def field(self, question: str) -> FieldOnPage:
        name = f"v{self.vignette}-{question}"
        return FieldOnPage(
            name=name,
            value=self.values.get(question, ""),
            seen=self.stored.get(question, ""),
            base=self.base.get(question, "") if question not in (KEEP, ABSTAIN, *TEXTS) else "",
            error=self.errors.get(name, ""),
            note=self.notes.get(name, ""),
            earlier=self.earlier.get(question, ""),
        )


def survey_on_page(
    survey: Survey,
    vignette: AskedVignette,
    stored: Preferences,
    *,
    posted: PostedSheet | None = None,
    conflicts: Mapping[str, Conflict] | None = None,
    earlier: Mapping[str, str] | None = None,
) -> SurveyOnPage | None:
    """What is asked about options for a vignette: as stored, or as posted where that was not accepted; else None."""
    if vignette not in survey.vignettes:
        return None
    base = survey.base_of(vignette)
    shown = values_on_page(stored, vignette.number, base)
    prefix = f"v{vignette.number}-"
    given = posted.values if posted else {}
    values = shown | {name.removeprefix(prefix): value for name, value in given.items() if name.startswith(prefix)}
    notes = {name: preference_note(name, clash, survey) for name, clash in (conflicts or {}).items()}
    of_base = fields_of(stored, base) if base else {}
    errors = posted.errors if posted else {}
    make = _Fields(vignette.number, values, shown, of_base, errors, notes, earlier or {})
    asked = survey.questions
    first = next((name for name in (LIKELIHOOD, RANKING, TOP, AGAINST) if name in asked), "")
    return SurveyOnPage(
        prefix=f"v{vignette.number}",
        total=len(survey.options),
        top_words=_top_words(survey),
        keep=make.field(KEEP) if base else None,
        base=base,
        kept=_kept(survey, of_base) if base else (),
        likelihood=_likelihood(survey, make) if LIKELIHOOD in asked else None,
        ranking=_ranking(survey, make, explains=first == RANKING) if RANKING in asked else None,
        top=_chosen_of(survey, make.field(TOP), explains=first == TOP) if TOP in asked else None,
        against=_chosen_of(survey, make.field(AGAINST), explains=first == AGAINST) if AGAINST in asked else None,
        texts=tuple(TextOnPage(make.field(name), str(TEXT_LABELS[name])) for name in TEXTS if name in asked),
        abstain=make.field(ABSTAIN),
        warnings=contradictions(survey, values),
    )


def _top_words(survey: Survey) -> str:
    least, most = survey.top_least, survey.top_most
    if least == most:
        return ngettext("Choose %(most)d.", "Choose %(most)d, all equally recommended.", most) % {"most": most}
    return _("Choose at least %(least)d and at most %(most)d, all equally recommended.") % {
        "least": least,
        "most": most,
    }


def _by_category(options: Sequence[OptionOnPage]) -> tuple[Category, ...]:
    return tuple(Category(name, tuple(group)) for name, group in groupby(options, key=lambda option: option.category))


def _option(asked: AskedOption, *, is_chosen: bool = False) -> OptionOnPage:
    return OptionOnPage(asked.number, sentence_start(asked.name), asked.category, asked.explanation, is_chosen)


def _likelihood(survey: Survey, make: _Fields) -> Question:
    options = []
    for asked in survey.options:
        field = make.field(f"{LIKELIHOOD}-{asked.number}")
        choices = tuple(
            Choice(level, str(LEVEL_WORDS[level]), field.value == level, str(SENTENCES[level])) for level in LEVELS
        )
        options.append(replace(_option(asked), field=field, choices=choices))
    return Question(None, _by_category(options))


def _ranking(survey: Survey, make: _Fields, *, explains: bool) -> Question:
    field = make.field(RANKING)
    rows = {
        asked.number: replace(_option(asked), earlier=make.earlier.get(f"{RANKING}-{asked.number}", ""))
        for asked in survey.options
    }
    order = [number for number in _numbers(field.value) if number in rows]
    return Question(
        field,
        ranked=tuple(rows[number] for number in order),
        unranked=tuple(row for number, row in rows.items() if number not in order),
        explains=explains,
    )


def _chosen_of(survey: Survey, field: FieldOnPage, *, explains: bool) -> Question:
    numbers = _numbers(field.value)
    options = [_option(asked, is_chosen=asked.number in numbers) for asked in survey.options]
    return Question(field, _by_category(options), chooses_none=NONE in field.value.split(","), explains=explains)


def _numbers(value: str) -> list[int]:
    """The numbers in what was posted, which may hold anything, each once and in order."""
    given = [int(part) for part in value.split(",") if part.isascii() and part.isdigit() and len(part) < 5]
    return list(dict.fromkeys(given))


def _kept(survey: Survey, base: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What the base case says, in short."""
    names = {asked.number: asked.name for asked in survey.options}
    levels = [base.get(f"{LIKELIHOOD}-{number}") for number in names]
    lines = []
    if any(levels):
        said = [name for name, level in zip(names.values(), levels, strict=True) if level in LEVELS[:2]]
        lines.append((_("Definitely or likely recommended"), _names(said)))
    if base.get(RANKING):
        lines.append((_("Ranking"), _names([names[number] for number in chosen(base[RANKING])], ordered=True)))
    if base.get(TOP):
        lines.append((_("Top choices"), _names([names[number] for number in chosen(base[TOP])])))
    if base.get(AGAINST):
        lines.append((_("Would not recommend"), _names([names[number] for number in chosen(base[AGAINST])])))
    return tuple(lines)


def _names(names: Sequence[str], *, ordered: bool = False) -> str:
    if not names:
        return _("none")
    if ordered:
        return ", ".join(f"{place}. {name}" for place, name in enumerate(names, start=1))
    return str(get_text_list(list(names), _("and")))


def contradictions(survey: Survey, values: Mapping[str, str]) -> tuple[str, ...]:
    """Where two answers do not go together; nothing is refused for it."""
    top, against = _numbers(values.get(TOP, "")), _numbers(values.get(AGAINST, ""))
    found = []
    for asked in survey.options:
        if asked.number not in top:
            continue
        if asked.number in against:
            text = _("%(option)s is among your top choices and among those that you would not recommend.")
            found.append(text % {"option": sentence_start(asked.name)})
        elif values.get(f"{LIKELIHOOD}-{asked.number}") == LEVELS[-1]:
            text = _("%(option)s is among your top choices, and above you will not recommend it.")
            found.append(text % {"option": sentence_start(asked.name)})
    return tuple(found)


def shown_conflicts(
    conflicts: Sequence[PreferenceConflict], survey: Survey, stored: Preferences
) -> dict[str, Conflict]:
    """By field name what another tab made of it and what stands on this page, with what a variation takes over."""
    bases = {vignette.number: survey.base_of(vignette) for vignette in survey.vignettes}
    found = {}
    for conflict in conflicts:
        field = field_named(conflict.name)
        if field is None:
            continue
        question = conflict.name.partition("-")[2]
        shown = values_on_page(stored, field.vignette, bases[field.vignette])
        of_base = fields_of(stored, bases[field.vignette]) if bases[field.vignette] else {}
        mine = conflict.mine or (of_base.get(question, "") if question not in (KEEP, ABSTAIN, *TEXTS) else "")
        found[conflict.name] = Conflict(shown.get(question, ""), mine)
    return found


def preference_note(name: str, conflict: Conflict, survey: Survey) -> SafeString:
    """The note that another tab changed this field, with a button for either value, named `use` as for statements."""
    context = {
        "name": name,
        "conflict": conflict,
        "theirs": _value_words(name, conflict.theirs, survey),
        "mine": _value_words(name, conflict.mine, survey),
    }
    return render_to_string("panelist/_preference_conflict.html", context)


def _value_words(name: str, value: str, survey: Survey) -> str:
    field = field_named(name)
    if not value or field is None:
        return _("nothing")
    if field.question == LIKELIHOOD:
        return str(LEVEL_WORDS.get(value, value))
    if field.question == KEEP:
        return _("Keep my answers for the base case") if value == "keep" else _("Revise them")
    if field.question == ABSTAIN:
        return _("I cannot answer this for this patient")
    if field.question in TEXTS:
        return value
    names = {asked.number: asked.name for asked in survey.options}
    given = [names[number] for number in _numbers(value) if number in names]
    return _names(given, ordered=field.question == RANKING)


def focus_after(move: str, ranking: Question | None) -> str:
    """The button that has the focus after a move: the same one again, or one that is still of use.

    Adding goes on with the next option that is not ranked, so that Enter ranks them one after the other.
    """
    vignette_way, _sign, option = move.rpartition("-")
    vignette, _sign, way = vignette_way.partition("-")
    if ranking is None or not option.isdigit():
        return ""
    ranked = [one.number for one in ranking.ranked]
    if way == "add":
        if ranking.unranked:
            rest = [one.number for one in ranking.unranked]
            following = next((number for number in rest if number > int(option)), rest[0])
            return f"{vignette}-add-{following}"
        way = "up"
    if way == "remove":
        return f"{vignette}-add-{option}"
    if ranked[:1] == [int(option)] and way == "up":
        way = "down" if len(ranked) > 1 else "remove"
    elif ranked[-1:] == [int(option)] and way == "down":
        way = "up"
    return f"{vignette}-{way}-{option}"
