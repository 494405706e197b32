"""Reads of the questionnaire, and how a composed statement is worded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from surveys.studies.models import Study
from surveys.vignettes.models import Option, Statement, StatementOption, Vignette


@dataclass(frozen=True)
class OptionGroup:
    """The options of one category, in order."""

    category: str
    options: tuple[Option, ...]


def composed_text(names: Sequence[str], stem: str) -> str:
    """The statement that names these options: "A would …", "A or B would …", "A, B or C would …".

    A first word in small letters gets a capital; any other keeps its own letters (TMS, rTMS). "" for no names.
    """
    if not names:
        return ""
    *before, last = names
    joined = _("%(before)s or %(last)s") % {"before": ", ".join(before), "last": last} if before else last
    return f"{sentence_start(joined)} {stem.strip()}".rstrip()


def sentence_start(text: str) -> str:
    """The text with a capital at its start, where its first word is all in small letters."""
    first_word = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if first_word.islower() else text


def base_vignette(study: Study) -> Vignette | None:
    """The base case, or None where it is not written yet."""
    return Vignette.objects.filter(study=study, is_base=True).first()


def vignettes_of(study: Study) -> QuerySet[Vignette]:
    """The vignettes of a study in order, the base case first, each with its statements; for its writers."""
    statements = Prefetch("statements", statements_in_order(Statement.objects.all()))
    return Vignette.objects.filter(study=study).order_by("position", "pk").prefetch_related(statements)


def statements_in_order(statements: QuerySet[Statement]) -> QuerySet[Statement]:
    """Statements in the questionnaire's order, each with the options that it names."""
    return statements.order_by("vignette__position", "position", "pk").prefetch_related(
        Prefetch("named_options", StatementOption.objects.order_by("position").select_related("option"))
    )


def options_of(study: Study) -> QuerySet[Option]:
    """The options of a study in order; for its writers."""
    return Option.objects.filter(study=study).order_by("position", "pk")


def categories_of(study: Study) -> list[str]:
    """The categories that the study's options have, each once, in the order of their first option."""
    return list(dict.fromkeys(options_of(study).values_list("category", flat=True)))


def grouped_by_category(options: Iterable[Option]) -> list[OptionGroup]:
    """Options by category: categories in the order of their first option, options in their own order."""
    listed = list(options)
    order = {category: place for place, category in enumerate(dict.fromkeys(o.category for o in listed))}
    listed.sort(key=lambda option: order[option.category])
    return [OptionGroup(category, tuple(members)) for category, members in groupby(listed, lambda o: o.category)]


@dataclass(frozen=True)
class Reading:
    """A vignette as its readers see it: the changed aspect up to its first comma and from there on, and the texts."""

    title: str
    changed: str
    unlike: str
    base_text: str
    text: str


def reading_of(vignette: Vignette, base_text: str) -> Reading:
    """How a vignette reads beside the base case's text; the base case itself changes nothing."""
    changed, comma, rest = vignette.aspect.partition(",")
    return Reading(vignette.title, changed, comma + rest, "" if vignette.is_base else base_text, vignette.text)
