"""The evidence for an option as it is entered: who presents it, what there is to read."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from surveys.facilitator.forms.fields import LineField, ProseField, StaffForm
from surveys.meetings.models import LONGEST_SLOT, USUAL_SLOT, Presentation
from surveys.meetings.services.evidence import is_web_address
from surveys.panels.models import Panelist
from surveys.panels.queries import panel_of
from surveys.studies.models import Study

_SLOT_ERROR = _("Enter a whole number of minutes from 1 to 240.")


class PresenterForm(StaffForm):
    """Who of the panel presents an option."""

    panelist = forms.ModelChoiceField(
        label=_("Presented by"),
        queryset=Panelist.objects.none(),
        required=False,
        empty_label=_("Nobody yet"),
        error_messages={"invalid_choice": _("Choose somebody of the panel.")},
    )

    def __init__(self, *args: Any, study: Study, **options: Any) -> None:
        super().__init__(*args, auto_id="assign-%s", **options)
        choice = self.fields["panelist"]
        if isinstance(choice, forms.ModelChoiceField):
            choice.queryset = panel_of(study)


class SummaryForm(StaffForm):
    """The summary of the evidence, and its slot."""

    summary = ProseField(
        label=_("Summary"),
        rows=8,
        max_length=8000,
        required=False,
        help_text=_("Plain text; an empty line starts a new paragraph."),
    )
    minutes = forms.IntegerField(
        label=_("Minutes"),
        min_value=1,
        max_value=LONGEST_SLOT,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), _SLOT_ERROR),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, auto_id="describe-%s", **options)

    @classmethod
    def of(cls, presentation: Presentation | None) -> "SummaryForm":
        """The form as it stands for this presentation, or for none."""
        if presentation is None:
            return cls(initial={"minutes": USUAL_SLOT})
        return cls(initial={"summary": presentation.summary, "minutes": presentation.minutes})


class FileForm(StaffForm):
    """A file to attach. A request that is too large arrives without its file."""

    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        error_messages={
            "required": _("Choose a file of at most 10 MB."),
            "invalid": _("Choose a file of at most 10 MB."),
        },
        help_text=_("PDF, DOCX, PPTX, PNG or JPEG, at most 10 MB."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.docx,.pptx,.png,.jpg,.jpeg"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, auto_id="attach-%s", **options)


class LinkForm(StaffForm):
    """A page on the web."""

    address = LineField(
        label=_("Address"),
        max_length=500,
        widget=forms.TextInput(
            attrs={"inputmode": "url", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        help_text=_("It begins with https:// or http://."),
    )
    title = LineField(label=_("Title"), max_length=200, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, auto_id="link-%s", **options)

    def clean_address(self) -> str:
        """Refuse anything but the address of a page, such as a script."""
        address = str(self.cleaned_data["address"])
        if not is_web_address(address):
            raise ValidationError(_("Enter an address that begins with https:// or http://."))
        return address
