"""The consensus rule, built by clauses: a line a clause, joined by "and" or "or", for each outcome of the rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from surveys.consensus import NINE_POINTS, AllOf, AnyOf, ByRound, Clause, Derived, Rule, rule_from_json, rule_to_json
from surveys.consensus.exact import parse_number
from surveys.consensus.location import DEFAULT_QUANTILE
from surveys.consensus.rule_json import LONGEST_NAME, MOST_CLAUSES
from surveys.consensus.rules import (
    OF_COUNTS,
    OF_SHARES,
    WITH_BAND,
    Band,
    Condition,
    Denominator,
    Operator,
    Outcome,
    Population,
    StatisticName,
    Threshold,
    without_not,
)
from surveys.consensus.words import number
from surveys.facilitator.forms.fields import LineField, StaffForm

STATISTICS = (
    ("least", _("every rating (the lowest)")),
    ("most", _("every rating (the highest)")),
    ("mean", _("the mean")),
    ("median", _("the median")),
    ("iqr", _("the interquartile range")),
    ("sd", _("the standard deviation")),
    ("cv", _("the coefficient of variation")),
    ("disagreement_index", _("the disagreement index (IPR by IPRAS)")),
    ("share", _("the share of ratings in the band")),
    ("outside", _("the number of ratings outside the band")),
    ("outside_window", _("the number outside the best three points around the median")),
    ("each_extreme", _("the lesser of the numbers from 1 to 3 and from 7 to 9")),
    ("quorum", _("the share who have rated (else nothing is judged)")),
)
OPERATORS = ((">", _("is above")), (">=", _("is at least")), ("<", _("is below")), ("<=", _("is at most")))
JOINS = (("and", _("and")), ("or", _("or, instead of the line above")))
POPULATIONS = (
    ("everyone", _("of everyone")),
    ("every group", _("in every group")),
    ("any group", _("in at least one group")),
)
DENOMINATORS = (
    ("rated", _("of those who rated")),
    ("asked", _("of all who took part")),
    ("invited", _("of all who were invited")),
)
QUANTILES = ((7, _("7: R, Excel's PERCENTILE.INC")), (6, _("6: SPSS")), (2, _("2: SAS")))
SECTIONS = (
    (Outcome.IN, _("A statement is in when")),
    (Outcome.OUT, _("It is out when")),
    (Outcome.NEAR, _("It is near when")),
)
OF_POINTS = frozenset({"least", "most", "mean", "median"})
BY_SIZE, BY_MAJORITIES = _("by panel size"), _("by majorities")
PERCENT = 100
LONGEST_PLACE = 4


def _short(label: Any, **options: Any) -> forms.CharField:
    attrs = {"autocomplete": "off", **options.pop("attrs", {})}
    return forms.CharField(label=label, max_length=100, widget=forms.TextInput(attrs=attrs), **options)


class ClauseForm(forms.Form):
    """One line: how it is joined, what it looks at, and the bound that must hold."""

    join = forms.ChoiceField(label=_("Joined by"), choices=JOINS, required=False)
    statistic = forms.ChoiceField(label=_("What"), choices=STATISTICS)
    band = _short(_("Band"), required=False, attrs={"placeholder": "7-9", "size": 5})
    operator = forms.ChoiceField(label=_("Operator"), choices=OPERATORS)
    threshold = _short(_("Bound"), attrs={"size": 14})
    denominator = forms.ChoiceField(label=_("Share of whom"), choices=DENOMINATORS, required=False)
    population = forms.ChoiceField(label=_("Of whom"), choices=POPULATIONS, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["threshold"].error_messages["required"] = _("Fill in the bound.")
        for name, field in self.fields.items():
            kind = "form-control" if name in ("band", "threshold") else "form-select"
            field.widget.attrs["class"] = kind

    def clean(self) -> dict[str, Any]:
        """Make the clause of the line; what is wrong with it is told in one sentence."""
        given = super().clean() or {}
        if self.errors:
            return given
        try:
            given["clause"] = _clause(given)
        except ValueError as fault:
            raise ValidationError(str(fault)) from fault
        return given

    @property
    def sentences(self) -> list[str]:
        """What is wrong with the line."""
        return [str(text) for texts in self.errors.values() for text in texts]

    @property
    def clause(self) -> Clause:
        """The clause of a valid line."""
        return cast(Clause, self.cleaned_data["clause"])


def _clause(given: Mapping[str, Any]) -> Clause:
    """The clause that a line says. Band and denominator of a statistic that has none are left out of it."""
    statistic = cast(StatisticName, given["statistic"])
    denominator = cast(Denominator, given["denominator"] or "rated")
    if statistic == "quorum" and denominator == "rated":
        raise ValueError(now_("A quorum is a share of all who took part, or of all who were invited: choose which."))
    operator, threshold = cast(Operator, given["operator"]), _threshold(statistic, given["threshold"])
    if statistic in OF_POINTS and isinstance(threshold, Fraction):
        _must_be_possible(operator, threshold)
    return Clause(
        statistic,
        operator,
        threshold,
        band=_band(given["band"]) if statistic in WITH_BAND else None,
        denominator=denominator if statistic in OF_SHARES else "rated",
        population=cast(Population, given["population"] or "everyone"),
    )


def _must_be_possible(operator: Operator, bound: Fraction) -> None:
    """Raise ValueError for a bound of what lies on the scale that no ratings could keep, or that all do."""
    low, high = NINE_POINTS.low, NINE_POINTS.high
    if not low <= bound <= high:
        raise ValueError(now_("Enter a number from 1 to 9, such as 5 or 7.5."))
    if (operator == ">" and bound == high) or (operator == "<" and bound == low):
        raise ValueError(now_("Nothing lies beyond the end of the scale: choose another bound, or “at least”."))


def _band(text: str) -> Band:
    low, dash, high = text.replace("–", "-").partition("-")
    if not dash or not low.strip().isdecimal() or not high.strip().isdecimal():
        raise ValueError(now_("Fill in the band, from one point to another, such as 7-9."))
    return int(low), int(high)


def _threshold(statistic: StatisticName, text: str) -> Threshold:
    words = " ".join(text.split()).casefold()
    if words == str(BY_SIZE).casefold():
        return Derived.PANEL_SIZE
    if words == str(BY_MAJORITIES).casefold():
        return Derived.APMO
    values = tuple(_number(statistic, part.strip()) for part in text.replace(";", ",").split(","))
    return values[0] if len(values) == 1 else ByRound(values)


def _number(statistic: StatisticName, text: str) -> Fraction:
    is_percent = text.endswith("%")
    try:
        value = parse_number(text.removesuffix("%").strip())
    except ValueError:
        raise ValueError(_bound_fault(statistic, text)) from None
    if is_percent != (statistic in OF_SHARES):
        raise ValueError(_bound_fault(statistic, text))
    return value / PERCENT if is_percent else value


def _bound_fault(statistic: StatisticName, text: str) -> str:
    if statistic in OF_SHARES:
        return now_("“%(text)s” is no bound of a share: give percent, such as 75%%.") % {"text": text}
    if statistic in OF_COUNTS:
        return now_("“%(text)s” is no number of ratings: give one such as 2, or “%(size)s”.") % {
            "text": text,
            "size": BY_SIZE,
        }
    return now_("“%(text)s” is not a number such as 7 or 7.5.") % {"text": text}


def _bound_words(clause: Clause) -> str:
    """A threshold as it is typed."""
    if clause.threshold is Derived.PANEL_SIZE:
        return str(BY_SIZE)
    if clause.threshold is Derived.APMO:
        return str(BY_MAJORITIES)
    return ", ".join(number(clause.statistic, value) for value in clause.thresholds)


def lines_of(condition: Condition) -> list[dict[str, Any]] | None:
    """The lines of a condition; None where it is deeper than "and" of "or"."""
    condition = without_not(condition)
    joined = condition.parts if isinstance(condition, AllOf) else (condition,)
    lines: list[dict[str, Any]] = []
    for part in joined:
        either = part.parts if isinstance(part, AnyOf) else (part,)
        for place, clause in enumerate(either):
            if not isinstance(clause, Clause):
                return None
            lines.append(_line(clause, "or" if place else "and"))
    return lines


def _line(clause: Clause, join: str) -> dict[str, Any]:
    return {
        "join": join,
        "statistic": clause.statistic,
        "band": f"{clause.band[0]}-{clause.band[1]}" if clause.band else "",
        "operator": clause.operator,
        "threshold": _bound_words(clause),
        "denominator": clause.denominator,
        "population": clause.population,
    }


def _condition(lines: Sequence[ClauseForm]) -> Condition:
    """The condition of valid lines: an "or" joins a line to the one above it, "and" begins anew."""
    joined: list[list[Clause]] = []
    for line in lines:
        if line.cleaned_data["join"] == "or" and joined:
            joined[-1].append(line.clause)
        else:
            joined.append([line.clause])
    parts = tuple(AnyOf(tuple(either)) if len(either) > 1 else either[0] for either in joined)
    return parts[0] if len(parts) == 1 and isinstance(parts[0], AnyOf) else AllOf(parts)


class NameForm(StaffForm):
    """What a rule is called, and what it is judged from."""

    name = LineField(label=_("Name of the rule"), max_length=LONGEST_NAME)
    quorum = forms.IntegerField(
        label=_("Fewest ratings from which a statement is judged"),
        min_value=1,
        max_value=1000,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), _("Enter a whole number from 1 to 1000.")),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    quantile = forms.TypedChoiceField(
        label=_("Quantiles are of type"),
        choices=QUANTILES,
        coerce=int,
        help_text=_("Of consequence for the interquartile range and the disagreement index alone."),
    )


@dataclass(frozen=True)
class Section:
    """The lines of one outcome."""

    outcome: str
    title: Any
    lines: list[ClauseForm]


class RuleForm:
    """A rule as lines to fill in. Every line is kept as it was typed, whatever is wrong with it.

    `fault` says what is wrong with the rule as a whole, once every line is right.
    """

    def __init__(self, name: NameForm, sections: Sequence[Section], labels: Mapping[Outcome, str]) -> None:
        self.name = name
        self.sections = list(sections)
        self.labels = labels
        self.fault = ""

    @classmethod
    def of(cls, rule: Rule) -> "RuleForm | None":
        """The form as it stands for this rule; None where lines cannot say it."""
        lines = {outcome: lines_of(condition) for outcome, condition in rule.conditions.items()}
        if any(found is None for found in lines.values()):
            return None
        return cls.of_lines(rule)

    @classmethod
    def of_lines(cls, rule: Rule) -> "RuleForm":
        """The form of a rule that lines can say."""
        data = QueryDict(mutable=True)
        data.update({"name": rule.name, "quorum": str(rule.quorum), "quantile": str(rule.quantile)})
        data.update({f"label-{outcome}": label for outcome, label in rule.labels.items()})
        for outcome, condition in rule.conditions.items():
            lines = lines_of(condition) or []
            data[f"{outcome}-count"] = str(len(lines))
            for place, line in enumerate(lines):
                data.update({f"{outcome}-{place}-{name}": value for name, value in line.items()})
        return cls.posted(data)

    @classmethod
    def posted(cls, data: QueryDict) -> "RuleForm":
        """The form as it was sent, after the button that adds or removes a line."""
        kept = cls._changed(data)
        sections = []
        for outcome, title in SECTIONS:
            places = range(_count(kept, str(outcome)))
            lines = [ClauseForm(kept, prefix=f"{outcome}-{place}") for place in places]
            sections.append(Section(str(outcome), title, lines))
        # What cannot be printed a database may refuse to keep.
        labels = {
            outcome: "".join(filter(str.isprintable, kept.get(f"label-{outcome}", "")))[:60] for outcome in Outcome
        }
        return cls(NameForm(kept), sections, {key: text for key, text in labels.items() if text.strip()})

    @classmethod
    def _changed(cls, data: QueryDict) -> QueryDict:
        verb, _space, what = data.get("action", "").partition(" ")
        if verb == "add" and what in dict(SECTIONS):
            changed = data.copy()
            place = _count(data, what)
            changed[f"{what}-count"] = str(place + 1)
            changed.update({f"{what}-{place}-{name}": value for name, value in _NEW_LINE.items()})
            return changed
        if verb == "remove":
            return _without(data, what)
        return data

    @property
    def errors(self) -> list[tuple[str, str]]:
        """What is wrong, with the id of the field that it is about."""
        found = [(self.name[name].auto_id, str(text)) for name, texts in self.name.errors.items() for text in texts]
        for section in self.sections:
            found += [(line["statistic"].auto_id, text) for line in section.lines for text in line.sentences]
        if self.fault:
            found.append((self.name["name"].auto_id, self.fault))
        return found

    @property
    def is_settled(self) -> bool:
        """Whether a valid rule was sent; what is wrong stands at its line, its field, or in `fault`."""
        lines = [line for section in self.sections for line in section.lines]
        if not all([self.name.is_valid(), *(line.is_valid() for line in lines)]):
            return False
        try:
            self.rule()
        except ValueError as fault:
            self.fault = str(fault)
        return not self.fault

    def rule(self) -> Rule:
        """The rule of valid lines. Raises ValueError where they make none."""
        conditions = {section.outcome: _condition(section.lines) for section in self.sections if section.lines}
        if Outcome.IN not in conditions:
            raise ValueError(now_("A rule needs at least one clause that says when a statement is in."))
        given = self.name.cleaned_data
        rule = Rule(
            name=given["name"],
            condition=conditions[Outcome.IN],
            quorum=given["quorum"],
            out=conditions.get(Outcome.OUT),
            near=conditions.get(Outcome.NEAR),
            quantile=given["quantile"] or DEFAULT_QUANTILE,
            labels=self.labels,
        )
        # What is stored must be read again, and has limits of its own.
        return rule_from_json(rule_to_json(rule))


_NEW_LINE = {
    "join": "and",
    "statistic": "mean",
    "band": "",
    "operator": ">",
    "threshold": "",
    "denominator": "rated",
    "population": "everyone",
}


def _count(data: QueryDict, outcome: str) -> int:
    text = data.get(f"{outcome}-count", "0")
    place = _place(text)
    return 0 if place is None else min(place, MOST_CLAUSES)


def _place(text: str) -> int | None:
    """A whole number as a button sends it; None for any other text. Python reads no number of thousands of digits."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= LONGEST_PLACE else None


def _without(data: QueryDict, what: str) -> QueryDict:
    """The data without one line, "in-2", those below moved up."""
    outcome, _dash, text = what.rpartition("-")
    count, place = _count(data, outcome), _place(text)
    if outcome not in dict(SECTIONS) or place is None or place >= count:
        return data
    changed = data.copy()
    for below in range(place, count - 1):
        for name in _NEW_LINE:
            changed[f"{outcome}-{below}-{name}"] = data.get(f"{outcome}-{below + 1}-{name}", "")
    changed[f"{outcome}-count"] = str(count - 1)
    return changed
