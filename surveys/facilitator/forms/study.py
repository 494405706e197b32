"""What a study is called, its protocol, and who works on it."""

import zoneinfo
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from surveys.consensus import FULL_CONSENSUS, AllOf, Clause, Rule, plain_number, rule_from_json, rule_to_json
from surveys.facilitator.forms.fields import LineField, ProseField, StaffForm
from surveys.studies.models import LEAST_ANSWERS, Declarations, Protocol, Study, StudyStaff
from surveys.studies.queries import declared

USUAL_STEM = _("would be my main choice(s) as the next treatment recommendation for this patient.")
REGIONS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
MOST_ANSWERS = 1000


def time_zone_choices() -> list[tuple[str, Any]]:
    """UTC, then the zones of the world by region, each region a group."""
    zones = sorted(zoneinfo.available_timezones())
    groups = [
        (region, [(zone, zone.split("/", 1)[1].replace("_", " ")) for zone in zones if zone.startswith(f"{region}/")])
        for region in REGIONS
    ]
    return [("UTC", "UTC"), *groups]


class StudyForm(StaffForm):
    """What a study is called and says of itself."""

    title = LineField(label=_("Title"), max_length=200)
    question_stem = LineField(
        label=_("Question stem"),
        max_length=300,
        help_text=_("What follows the options in a composed statement: “Option A or option B …”."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), help_text=_("All times of this study are shown in it."), choices=time_zone_choices
    )
    about = ProseField(
        label=_("About this study"),
        max_length=4000,
        required=False,
        help_text=_("Shown to panelists on their first page."),
    )


class SettingsForm(StudyForm):
    """What a study says of itself, and whether its meetings note names."""

    names_at_meetings = forms.BooleanField(
        label=_("Meetings note by name who was there"),
        required=False,
        help_text=_("Otherwise they note how many panelists, facilitators and others were there."),
    )

    @classmethod
    def of(cls, study: Study) -> "SettingsForm":
        """The form as it stands for this study."""
        names = ("title", "question_stem", "time_zone", "about", "names_at_meetings")
        return cls(initial={name: getattr(study, name) for name in names})


class DeclarationsForm(StaffForm):
    """What a manuscript declares of the study."""

    panel = ProseField(
        label=_("Who the panel is"),
        max_length=Declarations.LONGEST,
        required=False,
        rows=4,
        help_text=_("In figures and without names, such as “5 of 10 are women; 8 psychiatrists, 2 pharmacists”."),
    )
    conflicts_of_interest = ProseField(
        label=_("Conflicts of interest"), max_length=Declarations.LONGEST, required=False, rows=4
    )
    funding = ProseField(label=_("Funding"), max_length=Declarations.LONGEST, required=False, rows=3)
    data_availability = ProseField(
        label=_("Availability of data"),
        max_length=Declarations.LONGEST,
        required=False,
        rows=3,
        help_text=_("Exports hold counts and summaries, never a person's row."),
    )
    ai_use = ProseField(label=_("Use of AI"), max_length=Declarations.LONGEST, required=False, rows=3)

    @classmethod
    def of(cls, declarations: Declarations) -> "DeclarationsForm":
        """The form as it stands for these declarations."""
        return cls(initial=declared(declarations))


OPERATORS = ((">", _("above")), (">=", _("at least")))


_BOUND_ERROR = _("Enter a number from 1 to 9, such as 5 or 7.5, with at most two decimals.")
_LEAST_ERROR = _("Enter a whole number from 5 up.")


def _threshold_field(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        min_value=1,
        max_value=9,
        max_digits=3,
        decimal_places=2,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value", "max_digits", "max_decimal_places", "max_whole_digits"), _BOUND_ERROR
        ),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


class ProtocolForm(StaffForm):
    """The paper's rule with its two thresholds, and the policies."""

    least_operator = forms.ChoiceField(label=_("Every rating is"), choices=OPERATORS)
    least_threshold = _threshold_field(_("Bound of every rating"))
    mean_operator = forms.ChoiceField(label=_("The mean is"), choices=OPERATORS)
    mean_threshold = _threshold_field(_("Bound of the mean"))
    settled = forms.ChoiceField(
        label=_("In the next round, statements that reached consensus"),
        choices=Protocol.Settled.choices,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    least_answers = forms.IntegerField(
        label=_("Fewest answers for a result"),
        min_value=LEAST_ANSWERS,
        max_value=MOST_ANSWERS,
        error_messages=dict.fromkeys(("invalid", "min_value"), _LEAST_ERROR),
        help_text=_("With fewer answers than this nothing is shown to anyone. Never below 5."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    shows_comments = forms.BooleanField(
        label=_("After the close, panelists read the reasons of others, unsigned"), required=False
    )
    groups = forms.ChoiceField(
        label=_("Results by group are seen by"),
        choices=Protocol.Groups.choices,
        help_text=_("Only where a group, and all others together, have at least the fewest answers for a result."),
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    releases_rows = forms.BooleanField(
        label=_("When the study is sealed, a dataset with a row for each panelist is made"),
        required=False,
        help_text=_(
            "Such a row is an identity card: in a panel of 12, whoever knows 3 of somebody's ratings of 20 statements "
            "finds the whole row in about 87 of 100 cases. Panelists read this before they agree. Without it, files "
            "hold counts alone."
        ),
    )
    notice = forms.CharField(
        label=_("Your own words in the notice"),
        required=False,
        max_length=Protocol.LONGEST_NOTICE,
        help_text=_(
            "Who runs the study, who approved it, whom to ask. Each panelist reads it with the notice, and agrees."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    @classmethod
    def of(cls, protocol: Protocol) -> "ProtocolForm":
        """The form as it stands for this protocol."""
        names = ("settled", "least_answers", "shows_comments", "groups", "releases_rows", "notice")
        initial: dict[str, Any] = {name: getattr(protocol, name) for name in names}
        for clause in (*FULL_CONSENSUS.clauses, *rule_from_json(protocol.rule).clauses):
            initial[f"{clause.statistic}_operator"] = clause.operator
            initial[f"{clause.statistic}_threshold"] = plain_number(clause.thresholds[0])
        return cls(initial=initial)

    def clean(self) -> dict[str, Any]:
        """Refuse a rule that no ratings could satisfy: nothing is above 9."""
        for statistic in ("least", "mean"):
            operator = self.cleaned_data.get(f"{statistic}_operator")
            if operator == ">" and self.cleaned_data.get(f"{statistic}_threshold") == 9:
                fault = ValidationError(_("Nothing is above 9 on this scale: choose a lower bound, or “at least”."))
                self.add_error(f"{statistic}_threshold", fault)
        return self.cleaned_data

    def rule(self) -> dict[str, Any]:
        """The rule as the protocol stores it."""
        clauses = (
            Clause("least", self.cleaned_data["least_operator"], _exact(self.cleaned_data["least_threshold"])),
            Clause("mean", self.cleaned_data["mean_operator"], _exact(self.cleaned_data["mean_threshold"])),
        )
        return rule_to_json(Rule(name=FULL_CONSENSUS.name, condition=AllOf(clauses)))


def _exact(number: Decimal) -> Fraction:
    return Fraction(number)


class StaffMemberForm(StaffForm):
    """Who is to work on the study, and as what."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(label=_("Works on it as"), widget=forms.RadioSelect(attrs={"class": "form-check-input"}))
    name = LineField(
        label=_("Name"),
        max_length=200,
        required=False,
        help_text=_("Needed only where this address has no account yet: it then gets an invitation by mail."),
    )

    ROLES: Sequence[tuple[str, Any]] = (
        (StudyStaff.Role.AUTHOR, _("Author: helps to write the questionnaire, and sees nothing else")),
        (StudyStaff.Role.FACILITATOR, _("Facilitator: runs the study")),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        role = self.fields["role"]
        if isinstance(role, forms.ChoiceField):
            role.choices = self.ROLES
        self.fields["role"].initial = StudyStaff.Role.AUTHOR
