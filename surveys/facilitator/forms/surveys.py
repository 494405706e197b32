"""What facilitators enter about options: what a round asks of them, and how their answers are grouped and read."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from surveys.facilitator.forms.fields import LineField, StaffForm
from surveys.feedback.models import Comment
from surveys.feedback.services.releasing import LONGEST_THEME
from surveys.rounds.models import Round

MOST_TOP_CHOICES = 20


class TickedField(forms.MultipleChoiceField):
    """Tick boxes whose label does not say that they are optional: the form says when one is needed."""

    is_silent = True

    def __init__(self, **options: Any) -> None:
        widget = forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"})
        super().__init__(widget=widget, required=False, **options)


class CountField(forms.IntegerField):
    """A small number that matters only beside some of the questions."""

    is_silent = True

    def __init__(self, **options: Any) -> None:
        widget = forms.NumberInput(attrs={"inputmode": "numeric"})
        super().__init__(widget=widget, required=False, min_value=1, max_value=MOST_TOP_CHOICES, **options)


class QuestionsForm(StaffForm):
    """What a draft asks about the options, of which vignettes. `vignettes` are (id, words) in their order."""

    questions = TickedField(label=_("What to ask about the options"), choices=Round.Question.choices)
    keeps_base = forms.BooleanField(
        label=_("Variations may keep the base case's answers"),
        required=False,
        help_text=_("Then only what differs is entered."),
    )
    top_least = CountField(label=_("Fewest top choices"))
    top_most = CountField(label=_("Most top choices"), help_text=_("Equally recommended; usually 1 to 3."))
    vignettes = TickedField(label=_("Vignettes to ask about"))

    def __init__(self, *args: Any, round: Round, vignettes: Sequence[tuple[str, str]], **options: Any) -> None:
        left_out = {str(pk) for pk in round.left_out_vignettes.values_list("pk", flat=True)}
        initial = {
            "questions": round.questions,
            "keeps_base": round.keeps_base,
            "top_least": round.top_least,
            "top_most": round.top_most,
            "vignettes": [pk for pk, _words in vignettes if pk not in left_out],
        }
        super().__init__(*args, initial=initial, **options)
        self.round = round
        field = self.fields["vignettes"]
        if isinstance(field, TickedField):
            field.choices = list(vignettes)

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        if self.errors:
            return found
        if not found["questions"] and not self.round.is_rating:
            self.add_error("questions", _now("Choose at least one question."))
        elif found["questions"] and not found["vignettes"]:
            self.add_error("vignettes", _now("Choose at least one vignette."))
        else:
            self._clean_top_choices(found)
        return found

    def named_errors(self) -> list[tuple[str, str]]:
        """(id of the field, sentence) of each error, for the summary on top of the page."""
        return [
            (self[name].auto_id, f"{self[name].label}: {sentence}")
            for name, sentences in self.errors.items()
            for sentence in sentences
        ]

    def _clean_top_choices(self, found: dict[str, Any]) -> None:
        if Round.Question.TOP not in found["questions"]:
            found["top_least"], found["top_most"] = self.round.top_least, self.round.top_most
        elif found["top_least"] is None or found["top_most"] is None:
            self.add_error("top_most", _now("Say how many top choices are asked for, at least and at most."))
        elif found["top_least"] > found["top_most"]:
            self.add_error("top_most", _now("Ask for at most as many top choices as at least, or for more."))


class ThemeField(LineField):
    """A comment needs no theme; its label does not say that it is optional."""

    is_silent = True


class ThemeForm(StaffForm):
    """The theme of one comment; many of them stand on one page."""

    theme = ThemeField(
        label=_("Theme"),
        max_length=LONGEST_THEME,
        required=False,
        widget=forms.TextInput(attrs={"list": "themes", "autocomplete": "off"}),
    )

    @classmethod
    def of(cls, comment: Comment, data: Any = None) -> "ThemeForm":
        """The form of one comment."""
        initial = {"theme": comment.theme.name if comment.theme else ""}
        return cls(data, initial=initial, auto_id=f"theme-{comment.pk}-%s")


class ThresholdForm(StaffForm):
    """From which share up an option counts as not recommended, in whole percent."""

    threshold = forms.IntegerField(
        label=_("Not recommended by at least"),
        min_value=1,
        max_value=100,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages=dict.fromkeys(
            ("invalid", "required", "min_value", "max_value"), _("Enter a whole percentage from 1 to 100.")
        ),
    )
