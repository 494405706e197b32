"""Which published rule a closed round is judged by after the fact, and what is chosen of it."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from surveys.consensus import BUILT_IN, NAMED_RULES, Choices, Rule, built_in_rule
from surveys.consensus.exact import parse_number
from surveys.consensus.rules import OF_QUANTILES
from surveys.facilitator.forms.fields import StaffForm
from surveys.facilitator.forms.rule import DENOMINATORS, QUANTILES

HALF_MEDIANS = (("", _("to the upper third, as in the manual")), ("middle", _("to the middle third")))
LONGEST_NUMBER = 8
PERCENT = 100
POINTS_APART = 8


def _short(label: Any, hint: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "size": 6})
    return forms.CharField(label=label, help_text=hint, max_length=LONGEST_NUMBER, required=False, widget=widget)


class WhatIfForm(StaffForm):
    """A published rule with its choices; fields that the rule does not take are left out. Raises KeyError for a rule
    that there is not."""

    rule = forms.CharField(widget=forms.HiddenInput)
    band = _short(_("Band of agreement"), _("Such as 7-9, or 8-9."))
    threshold = _short(_("Least share, in percent"), _("Such as 75."))
    denominator = forms.ChoiceField(label=_("Share of whom"), choices=DENOMINATORS, required=False)
    half_medians = forms.ChoiceField(label=_("Where a median of 6.5 goes"), choices=HALF_MEDIANS, required=False)
    quantile = forms.TypedChoiceField(
        label=_("Quantiles are of type"), choices=QUANTILES, coerce=int, empty_value=None, required=False
    )

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.name: str = data["rule"]
        own = NAMED_RULES[self.name]
        super().__init__(data)
        self._not_taken = [field for field in self.fields if field not in {"rule", *_taken_by(self.name, own)}]
        for field in self._not_taken:
            del self.fields[field]
        for shown in self.fields.values():
            setattr(shown, "is_silent", True)  # noqa: B010
        if self._is_in_points and "threshold" in self.fields:
            self.fields["threshold"].label = _("Widest interquartile range, in points")
            self.fields["threshold"].help_text = _("Such as 2.")

    @property
    def has_choices(self) -> bool:
        """Whether anything is to be chosen of the rule."""
        return len(self.fields) > 1

    @property
    def sentence(self) -> str:
        """What is wrong, in one sentence; "" where nothing is."""
        return next((str(text) for texts in self.errors.values() for text in texts), "")

    @property
    def _is_in_points(self) -> bool:
        return self.name == "median-iqr"

    def clean_band(self) -> tuple[int, int] | None:
        """The band as two points of the scale."""
        text = self.cleaned_data["band"].replace("–", "-")
        if not text:
            return None
        points = [part.strip() for part in text.split("-")]
        if len(points) != 2 or not all(point in tuple("123456789") for point in points) or points[0] > points[1]:
            raise ValidationError(now_("Give the band from one point of the scale to another, such as 7-9."))
        return int(points[0]), int(points[1])

    def clean_threshold(self) -> Fraction | None:
        """The threshold, in percent or in points of the scale."""
        text = self.cleaned_data["threshold"].removesuffix("%").strip()
        if not text:
            return None
        most = POINTS_APART if self._is_in_points else PERCENT
        try:
            value = parse_number(text)
        except (ValueError, ZeroDivisionError):
            value = Fraction(-1)
        if not 0 <= value <= most:
            raise ValidationError(now_("Give the bound as a number from 0 to %(most)d.") % {"most": most})
        return value

    def clean(self) -> dict[str, Any]:
        """Make the rule; what is wrong with the whole is told in one sentence."""
        given = super().clean() or {}
        if any(self.data.get(name) for name in self._not_taken):
            raise ValidationError(now_("This rule has nothing of that kind to choose."))
        if self.errors:
            return given
        chosen = {name: given[name] for name in self.fields if name != "rule" and given.get(name)}
        if given.get("threshold") == 0:
            chosen["threshold"] = Fraction(0)
        try:
            given["judged_by"] = built_in_rule(self.name, Choices(**chosen))
        except ValueError as fault:
            raise ValidationError(str(fault)) from fault
        return given

    @property
    def judged_by(self) -> Rule:
        """The rule of a valid form."""
        rule: Rule = self.cleaned_data["judged_by"]
        return rule


def _taken_by(name: str, rule: Rule) -> set[str]:
    taken = set(BUILT_IN[name].takes)
    if any(clause.statistic in OF_QUANTILES for clause in rule.clauses):
        taken.add("quantile")
    return taken
