"""Reads of the questionnaire, and how a composed statement is worded."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Max, Prefetch, QuerySet
from django.utils.translation import gettext as _

from surveys.studies.models import Study
from surveys.vignettes.models import LineageStep, Option, Statement, StatementOption, Vignette

Item = Vignette | Option | Statement


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
    """The vignettes of a study in order, the base case first, each with its statements; none that were dropped."""
    statements = Prefetch("statements", statements_in_order(Statement.objects.filter(is_dropped=False)))
    vignettes = Vignette.objects.filter(study=study, is_dropped=False)
    return vignettes.order_by("position", "pk").prefetch_related(statements)


def statements_of(study: Study) -> QuerySet[Statement]:
    """The statements that are not dropped, nor their vignettes, in order."""
    statements = Statement.objects.filter(vignette__study=study, is_dropped=False, vignette__is_dropped=False)
    return statements.select_related("vignette").order_by("vignette__position", "position", "pk")


def vignette_numbers(study: Study) -> dict[uuid.UUID, int]:
    """The vignettes' numbers as pages and tables print them: 1, 2, … in order, dropped ones after all others."""
    ids = Vignette.objects.filter(study=study).order_by("is_dropped", "position", "pk").values_list("pk", flat=True)
    return {pk: number for number, pk in enumerate(ids, start=1)}


def statements_in_order(statements: QuerySet[Statement]) -> QuerySet[Statement]:
    """Statements in the questionnaire's order, each with the options that it names."""
    return statements.order_by("vignette__position", "position", "pk").prefetch_related(
        Prefetch("named_options", StatementOption.objects.order_by("position").select_related("option"))
    )


def options_named_by_statements(study: Study) -> dict[uuid.UUID, set[frozenset[uuid.UUID]]]:
    """By vignette, the sets of options that its statements name; freely written ones name none."""
    named: dict[uuid.UUID, set[frozenset[uuid.UUID]]] = defaultdict(set)
    for statement in statements_of(study).prefetch_related("named_options"):
        named[statement.vignette_id].add(frozenset(link.option_id for link in statement.named_options.all()))
    return dict(named)


def options_of(study: Study) -> QuerySet[Option]:
    """The options of a study in order; none that were dropped."""
    return Option.objects.filter(study=study, is_dropped=False).order_by("position", "pk")


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


def dropped_of(study: Study) -> list[Item]:
    """The vignettes, options and statements that were dropped, merged or split, in this order; for its writers."""
    return [
        *Vignette.objects.filter(study=study, is_dropped=True).order_by("position", "pk"),
        *Option.objects.filter(study=study, is_dropped=True).order_by("position", "pk"),
        *Statement.objects.filter(vignette__study=study, is_dropped=True)
        .select_related("vignette")
        .order_by("vignette__position", "position", "pk"),
    ]


def kind_of(item: Item) -> LineageStep.Kind:
    """Whether this is an option, a vignette or a statement."""
    if isinstance(item, Vignette):
        return LineageStep.Kind.VIGNETTE
    return LineageStep.Kind.OPTION if isinstance(item, Option) else LineageStep.Kind.STATEMENT


def facts_of(item: Item) -> dict[str, str]:
    """What a lineage step keeps of an item: `id`, `wording` and its other texts."""
    if isinstance(item, Vignette):
        return {"id": str(item.pk), "wording": item.title, "aspect": item.aspect, "text": item.text}
    if isinstance(item, Option):
        return {
            "id": str(item.pk),
            "wording": item.name,
            "category": item.category,
            "explanation": item.explanation,
        }
    return {"id": str(item.pk), "wording": item.text, "vignette": item.vignette.title}


def lineage_of(study: Study) -> QuerySet[LineageStep]:
    """Every recorded step of a study, in order; for its staff and, from round to round, for its panel."""
    return LineageStep.objects.filter(study=study).order_by("number")


def steps_between(study: Study, after: int, upto: int) -> QuerySet[LineageStep]:
    """The steps that were recorded between two rounds, by these rounds' `after_step`."""
    return lineage_of(study).filter(number__gt=after, number__lte=upto)


def last_step_number(study: Study) -> int:
    """The number of the last recorded step; 0 before the first round opened."""
    last: int | None = LineageStep.objects.filter(study=study).aggregate(last=Max("number"))["last"]
    return last or 0


def still_compares(ids: Iterable[uuid.UUID], since: int, steps: Iterable[LineageStep]) -> bool:
    """Whether none of these items was reworded after that step's number so that its ratings no longer compare."""
    named = {str(item_id) for item_id in ids}
    return not any(
        step.step == LineageStep.Step.REWORD
        and step.number > since
        and step.compares_with is None
        and any(item["id"] in named for item in step.after)
        for step in steps
    )
