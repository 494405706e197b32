"""A recorded change of the questionnaire in words, for its staff and for its panel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from surveys.vignettes.models import LineageStep

SENTENCES: Mapping[tuple[str, str], Promise] = {
    ("option", "add"): _("%(after)s is a new option."),
    ("option", "reword"): _("The option %(after)s is described anew."),
    ("option", "merge"): _("%(before)s are now one option, %(after)s."),
    ("option", "split"): _("The option %(before)s is now split into %(after)s."),
    ("option", "drop"): _("The option %(before)s is dropped."),
    ("option", "restore"): _("The option %(after)s is asked about again."),
    ("vignette", "add"): _("%(after)s is a new vignette."),
    ("vignette", "reword"): _("The vignette %(after)s is worded anew."),
    ("vignette", "merge"): _("The vignettes %(before)s are now one, %(after)s."),
    ("vignette", "split"): _("The vignette %(before)s is now split into %(after)s."),
    ("vignette", "drop"): _("The vignette %(before)s is dropped, with its statements."),
    ("vignette", "restore"): _("The vignette %(after)s is asked about again."),
    ("statement", "add"): _("There is a new statement: %(after)s"),
    ("statement", "reword"): _("A statement is worded anew."),
    ("statement", "merge"): _("The statements %(before)s are now one: %(after)s"),
    ("statement", "split"): _("The statement %(before)s is now split: %(after)s"),
    ("statement", "drop"): _("A statement is dropped: %(before)s"),
    ("statement", "restore"): _("A statement is asked again: %(after)s"),
}

FIELDS: Mapping[tuple[str, str], Promise] = {
    ("option", "wording"): _("Name"),
    ("option", "category"): _("Category"),
    ("option", "explanation"): _("In full"),
    ("vignette", "wording"): _("Title"),
    ("vignette", "aspect"): _("Changed from the base case"),
    ("vignette", "text"): _("Text"),
    ("statement", "wording"): _("Wording"),
}


@dataclass(frozen=True)
class Change:
    """One text of a reworded item, before and after. A long text is better folded."""

    label: str
    before: str
    after: str
    is_long: bool


def step_words(step: LineageStep) -> str:
    """What a step did, in one sentence."""
    words = {"before": quoted(step.before), "after": quoted(step.after)}
    return str(SENTENCES[step.kind, step.step]) % words


def quoted(items: Sequence[Mapping[str, str]]) -> str:
    """The wordings in quotation marks: “A”, “B” and “C”."""
    return get_text_list([f"“{item['wording']}”" for item in items], _now("and"))


def changes_of(step: LineageStep) -> tuple[Change, ...]:
    """The texts that a rewording changed; empty for any other step."""
    if step.step != LineageStep.Step.REWORD:
        return ()
    before, after = step.before[0], step.after[0]
    return tuple(
        Change(str(label), before.get(field, ""), after.get(field, ""), field == "text")
        for (kind, field), label in FIELDS.items()
        if kind == step.kind and before.get(field, "") != after.get(field, "")
    )


def compares_words(step: LineageStep) -> str:
    """Whether ratings from before still compare, in a sentence; "" for a step that has nothing to say of it."""
    kinds = (LineageStep.Kind.STATEMENT, LineageStep.Kind.VIGNETTE)
    if step.step == LineageStep.Step.REWORD and step.kind in kinds:
        if step.compares_with is None:
            return _now("Ratings from before do not compare with those to come.")
        return _now("Ratings from before still compare.")
    if step.kind != LineageStep.Kind.STATEMENT or step.step not in (LineageStep.Step.MERGE, LineageStep.Step.SPLIT):
        return ""
    parent = next((item for item in step.before if item["id"] == str(step.compares_with)), None)
    if parent is None:
        return _now("No ratings from before compare with those to come.")
    return _now("The ratings of %(parent)s still compare.") % {"parent": quoted([parent])}
