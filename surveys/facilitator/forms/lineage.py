"""Merging and splitting as they are typed in: the forms of what comes out."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from surveys.facilitator.forms.fields import StaffForm
from surveys.facilitator.forms.questionnaire import OptionForm, VignetteForm, WordingForm
from surveys.studies.models import Study
from surveys.vignettes.models import Option, Statement, Vignette
from surveys.vignettes.queries import Item

LEAST_PARTS, MOST_PARTS = 2, 10
NONE = "none"


def form_of(item: Item, study: Study, data: Mapping[str, Any] | None, **options: Any) -> StaffForm:
    """An item's form of its kind, for what becomes of `item`."""
    if isinstance(item, Option):
        return OptionForm(data, study=study, **options)
    if isinstance(item, Vignette):
        return VignetteForm(data, is_base=False, **options)
    return WordingForm(data, **options)


def merged_texts(items: Sequence[Item]) -> dict[str, str]:
    """What a merged item begins with: the first one's texts, and the names of all."""
    first = items[0]
    if isinstance(first, Statement):
        return {"text": first.text}
    joined = _(" or ").join(str(item) for item in items)[:120]
    if isinstance(first, Option):
        return {"name": joined, "category": first.category}
    return {"title": joined, "aspect": first.aspect, "text": first.text}


def part_texts(item: Item) -> dict[str, str]:
    """What each part of a split item begins with."""
    if isinstance(item, Option):
        return {"category": item.category}
    if isinstance(item, Vignette):
        return {"aspect": item.aspect, "text": item.text}
    return {"text": item.text}


def parts_wanted(data: Mapping[str, Any]) -> int:
    """How many parts the posted page has, one more where it asks for another."""
    asked = str(data.get("parts", ""))
    parts = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 3 else LEAST_PARTS
    return min(max(parts + (data.get("action") == "another"), LEAST_PARTS), MOST_PARTS)


def part_forms(item: Item, study: Study, data: Mapping[str, Any] | None) -> list[StaffForm]:
    """A form for each part. A page that asks for another part keeps what stands in it, and checks nothing yet."""
    posted = data or {}
    adds = posted.get("action") == "another"
    found = []
    for number in range(1, parts_wanted(posted) + 1):
        prefix = f"part{number}"
        typed = {name.removeprefix(f"{prefix}-"): posted[name] for name in posted if name.startswith(f"{prefix}-")}
        initial = typed or part_texts(item)
        found.append(form_of(item, study, None if adds else data, prefix=prefix, initial=initial))
    return found


def ask_which_compares(form: StaffForm, statements: Sequence[Statement]) -> None:
    """Give a form the question which of these statements' ratings still compare with those of the merged one."""
    form.fields["compares"] = forms.ChoiceField(
        label=_("Whose ratings from before still compare?"),
        choices=[*((str(one.pk), f"“{one.text}”") for one in statements), (NONE, _("None of them"))],
        help_text=_("Moves are counted from these. The panel sees its ratings of all of them."),
        error_messages={"required": _("Choose one of them, or none.")},
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )


def error_list(forms: Sequence[StaffForm]) -> list[tuple[str, str]]:
    """The errors of several forms for the summary on top: (id of the field, sentence)."""
    found = []
    for form in forms:
        found += [("main", str(sentence)) for sentence in form.non_field_errors()]
        for field in form:
            target = field.id_for_label or field.auto_id
            found += [(target, f"{field.label}: {sentence}") for sentence in field.errors]
    return found
