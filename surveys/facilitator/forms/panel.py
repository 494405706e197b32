"""Panelists as they are typed in, pasted or uploaded."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from surveys.facilitator.forms.fields import LineField, StaffForm
from surveys.facilitator.forms.roster_file import LARGEST_FILE, RosterUnreadable, decoded
from surveys.panels.models import Panelist


class PanelistForm(StaffForm):
    """One panelist. Once a round has opened the group stays as it is."""

    name = LineField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    group = LineField(
        label=_("Group"),
        max_length=60,
        required=False,
        help_text=_("Such as a profession or a site, where the study compares groups."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    @classmethod
    def of(cls, panelist: Panelist) -> "PanelistForm":
        """The form as it stands for this panelist."""
        return cls(initial={name: getattr(panelist, name) for name in ("name", "email", "group")})

    def keep_address(self) -> None:
        """Leave the address as it is, whatever was posted: once the study runs, it has a page of its own."""
        self.fields["email"].disabled = True
        self.fields["email"].widget = forms.HiddenInput()

    def freeze_group(self) -> None:
        """Show the group without letting it be changed."""
        self.fields["group"].disabled = True
        self.fields["group"].help_text = _(
            "The first round has opened, so the group stays as it is: a change would show in the results by group."
        )


class AddressForm(StaffForm):
    """A panelist's new address, and what is done where something was saved under the old one."""

    email = forms.EmailField(
        label=_("New e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    way = forms.ChoiceField(
        label=_("Earlier answers"),
        choices=(
            (
                "ask",
                _(
                    "Come along, once the old address agrees. It gets a mail with a link for that, and until it is "
                    "used all stays as it is."
                ),
            ),
            (
                "replace",
                _(
                    "Stay behind: the old address is no longer read. The panelist is replaced by a new one with the "
                    "same name and an empty history, and the panel reads how many were replaced."
                ),
            ),
        ),
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
        initial="ask",
    )


class EitherText(forms.CharField):
    """A text that may be left out where the other field is filled in; its label does not say that it is optional."""

    is_silent = True


class EitherFile(forms.FileField):
    """A file that may be left out where the other field is filled in; its label does not say that it is optional."""

    is_silent = True


class RosterForm(StaffForm):
    """A list of panelists, pasted or as a file; `roster` is its text, however it came."""

    text = EitherText(
        label=_("Paste the list"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 8, "spellcheck": "false", "autocapitalize": "none", "autocomplete": "off"}
        ),
        help_text=_(
            "One panelist a line: name, e-mail address and, if you like, group; with commas, semicolons or tabs "
            "between them, as spreadsheets copy them. A first line with the names of the columns may stand above."
        ),
    )
    file = EitherFile(
        label=_("Or choose a file"),
        required=False,
        allow_empty_file=True,
        help_text=_("CSV, at most 1 MB."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv,text/plain"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # NUL is told of with its line, by the reader of the list.
        self.fields["text"].validators = []
        self.roster = ""

    def clean(self) -> dict[str, Any]:
        """Read the one or the other into `roster`."""
        text, file = self.cleaned_data.get("text") or "", self.cleaned_data.get("file")
        if file and text.strip():
            raise ValidationError(_now("Paste the list or choose a file, not both."))
        if file is None and not text.strip():
            raise ValidationError(_now("Paste a list, or choose a file of at most 1 MB."))
        if file is None:
            self.roster = text
        elif file.size > LARGEST_FILE:
            self.add_error("file", _now("This file is larger than 1 MB."))
        else:
            self._read(file.read())
        return self.cleaned_data

    def _read(self, content: bytes) -> None:
        try:
            self.roster = decoded(content)
        except RosterUnreadable as fault:
            self.add_error("file", str(fault))
