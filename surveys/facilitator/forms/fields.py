"""The fields of facilitators' forms: visible characters alone, and crispy's frame around them."""

import unicodedata
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from surveys.vignettes.services.steps import is_hidden


def refuse_control_characters(text: str) -> None:
    """Raise ValidationError for what nobody sees, such as NUL or a turned direction; ends of lines may stand."""
    if any(is_hidden(sign) and sign not in "\n\r\t" for sign in text):
        raise ValidationError(_("Remove the invisible control characters."), code="control")


class LineField(forms.CharField):
    """One line of visible characters; blanks in a row become one."""

    default_validators = [refuse_control_characters]

    def to_python(self, value: Any) -> str:
        return unicodedata.normalize("NFC", super().to_python(value) or "")

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        return " ".join(text.split())


class ProseField(forms.CharField):
    """Plain text of several lines; a blank line parts paragraphs."""

    default_validators = [refuse_control_characters]

    def __init__(self, *, rows: int = 6, **options: Any) -> None:
        options.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        super().__init__(**options)

    def to_python(self, value: Any) -> str:
        text: str = super().to_python(value) or ""
        return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


class StaffForm(forms.Form):
    """A form that crispy draws without the form's own tags: those stand in the template, with its buttons."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            # A sentence that a field brings of its own stays.
            if field.error_messages["required"] == forms.Field.default_error_messages["required"]:
                field.error_messages["required"] = _("Fill this in.")
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        # The page has its own summary of errors; the field's template shows those of a field in any case.
        self.helper.form_show_errors = False
