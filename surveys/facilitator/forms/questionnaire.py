"""Vignettes, options and statements as they are typed in."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from surveys.facilitator.forms.fields import LineField, ProseField, StaffForm
from surveys.studies.models import Study
from surveys.vignettes.models import Option, Statement, Vignette
from surveys.vignettes.queries import OptionGroup, categories_of, grouped_by_category, options_of

LONGEST_WORDING = 600


class VignetteForm(StaffForm):
    """A vignette. For the base case, which changes nothing, the field of the changed aspect is left out."""

    title = LineField(label=_("Short title"), max_length=120, help_text=_("Such as “Aged 70”."))
    aspect = LineField(
        label=_("What is changed from the base case"),
        max_length=200,
        help_text=_("Such as “70 years old, not 30”. The words before the first comma are printed bold."),
    )
    text = ProseField(
        label=_("Text"),
        max_length=8000,
        rows=14,
        help_text=_("Plain text; an empty line starts a new paragraph."),
    )

    def __init__(self, *args: Any, is_base: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if is_base:
            del self.fields["aspect"]

    @classmethod
    def of(cls, vignette: Vignette) -> "VignetteForm":
        """The form as it stands for this vignette."""
        initial = {name: getattr(vignette, name) for name in ("title", "aspect", "text")}
        return cls(initial=initial, is_base=vignette.is_base)


class OptionForm(StaffForm):
    """An option. `study` offers the categories that it has already."""

    name = LineField(label=_("Name"), max_length=120, help_text=_("As it stands in a statement, such as “TMS”."))
    category = LineField(
        label=_("Category"),
        max_length=60,
        help_text=_("Such as Add or Switch."),
        widget=forms.TextInput(attrs={"list": "categories", "autocomplete": "off"}),
    )
    explanation = LineField(
        label=_("In full"),
        max_length=300,
        required=False,
        help_text=_("What an abbreviation stands for, such as “transcranial magnetic stimulation”."),
    )

    def __init__(self, *args: Any, study: Study, **options: Any) -> None:
        super().__init__(*args, **options)
        self.categories = categories_of(study)

    @classmethod
    def of(cls, option: Option) -> "OptionForm":
        """The form as it stands for this option."""
        initial = {name: getattr(option, name) for name in ("name", "category", "explanation")}
        return cls(initial=initial, study=option.study)


class WordingForm(StaffForm):
    """The wording of a statement."""

    text = LineField(
        label=_("Wording"),
        max_length=LONGEST_WORDING,
        help_text=_("What the panel rates from 1, complete disagreement, to 9, complete agreement."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    @classmethod
    def of(cls, statement: Statement) -> "WordingForm":
        """The form as it stands for this statement."""
        return cls(initial={"text": statement.text})


class OptionsForm(forms.Form):
    """Which options a statement names: tick boxes by category, `options` in the post, in the questionnaire's order."""

    def __init__(self, *args: Any, study: Study, **options: Any) -> None:
        super().__init__(*args, **options)
        self._options = list(options_of(study))

    @property
    def groups(self) -> list[OptionGroup]:
        """The options to tick, by category."""
        return grouped_by_category(self._options)

    @property
    def ticked(self) -> Sequence[Option]:
        """The options that were ticked, in the order in which they are listed; others of the post are left out."""
        wanted = set(self.data.getlist("options")) if self.is_bound and hasattr(self.data, "getlist") else set()
        return [option for group in self.groups for option in group.options if str(option.pk) in wanted]

    def clean(self) -> dict[str, Any]:
        """Refuse a statement without options."""
        if not self.ticked:
            raise ValidationError(_("Choose at least one option."))
        return self.cleaned_data
