"""What a study is called and declares, and who works on it."""

import zoneinfo
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.facilitator.forms.fields import LineField, ProseField, StaffForm
from surveys.studies.models import Declarations, Study, StudyStaff
from surveys.studies.queries import declared

USUAL_STEM = _("would be my main choice(s) as the next treatment recommendation for this patient.")
REGIONS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


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
