"""What facilitators enter about rounds: when they open and close, what they ask, and why they end."""

import datetime as dt
import zoneinfo
from collections.abc import Collection, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from surveys.facilitator.forms.fields import LineField, ProseField, StaffForm
from surveys.feedback.models import Comment
from surveys.rounds.models import Round
from surveys.sheets.boxes import LONGEST_REASON
from surveys.studies.models import Study

YEARS = range(2000, 2200)


class MomentField(forms.DateTimeField):
    """A day and a time on the clocks of `zone`, to the minute; it cleans to an aware moment."""

    zone: dt.tzinfo = dt.UTC
    default_error_messages = {"invalid": _("Enter a day and a time, such as 2026-10-04 17:00.")}

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, **options)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dt.datetime) and timezone.is_aware(value):
            return value.astimezone(self.zone).replace(tzinfo=None)
        return value

    def to_python(self, value: Any) -> dt.datetime | None:
        # An hour that the clocks skip or repeat is refused by Django, with a sentence.
        with timezone.override(self.zone):
            try:
                moment = super().to_python(value)
            except OverflowError as fault:
                raise ValidationError(self.error_messages["invalid"], code="invalid") from fault
        if moment is not None and moment.year not in YEARS:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return moment


class _TimedForm(StaffForm):
    """A form with moments on the clocks of a study, whose zone each field names."""

    def __init__(self, *args: Any, study: Study, now: dt.datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.now = now
        for field in self.fields.values():
            if isinstance(field, MomentField):
                field.zone = zoneinfo.ZoneInfo(study.time_zone)

    def _must_come(self, name: str, sentence: str) -> dt.datetime | None:
        moment: dt.datetime | None = self.cleaned_data.get(name)
        if moment is not None and moment <= self.now:
            self.add_error(name, sentence)
            return None
        return moment


class PlannedMomentField(MomentField):
    """A moment that a draft may still lack and its round may not; its label does not say that it is optional."""

    is_silent = True


class PlanForm(_TimedForm):
    """A draft's times, its message, and which statements it asks. `statements` are (id, words) in their order."""

    closes_at = PlannedMomentField(label=_("Closes"), required=False, help_text=_("Needed before the round can open."))
    opens_at = MomentField(
        label=_("Opens by itself"),
        required=False,
        help_text=_("Leave this empty to open the round yourself. At that time it opens only if nothing is missing."),
    )
    message = ProseField(
        label=_("Message to the panel"),
        rows=4,
        max_length=2000,
        required=False,
        help_text=_("Stands in the invitation and on the panelist's first page."),
    )

    def __init__(self, *args: Any, statements: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        if statements:
            self.fields["asked"] = forms.MultipleChoiceField(
                label=_("Statements to ask"),
                choices=statements,
                widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
                error_messages={"required": _("Choose at least one statement.")},
            )

    @staticmethod
    def initial_of(round: Round, left_out: Collection[str], statements: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """What the form shows of a draft; `left_out` are the ids of the statements that it does not ask."""
        return {
            "closes_at": round.closes_at,
            "opens_at": round.opens_at,
            "message": round.message,
            "asked": [pk for pk, _words in statements if pk not in left_out],
        }

    def clean(self) -> dict[str, Any]:
        closes_at = self._must_come("closes_at", _now("Choose a closing time that is later than now."))
        opens_at = self._must_come(
            "opens_at", _now("Choose an opening time that is later than now, or leave it empty.")
        )
        if closes_at and opens_at and closes_at <= opens_at:
            self.add_error("closes_at", _now("Choose a closing time that is later than the opening."))
        return self.cleaned_data


class ExtendForm(_TimedForm):
    """A later closing time."""

    closes_at = MomentField(label=_("New closing time"), error_messages={"required": _("Choose the new closing time.")})


class NextRoundForm(_TimedForm):
    """When the next round closes, where it opens at once; preset to last as long as the round before."""

    closes_at = MomentField(label=_("The next round closes"), error_messages={"required": _("Choose a closing time.")})

    @staticmethod
    def initial_of(last: Round, now: dt.datetime) -> dict[str, Any]:
        """A closing time as far from now as the last round's was from its opening."""
        if last.opened_at is None or last.closes_at is None:
            return {}
        return {"closes_at": (now + (last.closes_at - last.opened_at)).replace(second=0, microsecond=0)}

    def clean(self) -> dict[str, Any]:
        self._must_come("closes_at", _now("Choose a closing time that is later than now."))
        return self.cleaned_data


class CancelForm(StaffForm):
    """Why a round ends without a result."""

    reason = ProseField(
        label=_("Why it is cancelled"),
        rows=3,
        max_length=2000,
        help_text=_("Kept in the study's log."),
        error_messages={"required": _("Say why this round is cancelled.")},
    )


class FinishForm(StaffForm):
    """Why a study ends."""

    reason = ProseField(
        label=_("Why the study stops here"),
        rows=4,
        max_length=2000,
        help_text=_("Kept in the study's log and on its overview."),
        error_messages={"required": _("Say why the study stops here.")},
    )


class EitherProse(ProseField):
    """A text that is left out where the other field decides; its label does not say that it is optional."""

    is_silent = True


class EitherLine(LineField):
    """A line that is left out where the other field decides; its label does not say that it is optional."""

    is_silent = True


class CommentForm(StaffForm):
    """What becomes of one comment: published, as it is or edited, or hidden for a reason."""

    body = EitherProse(label=_("As the panel will read it"), rows=3, max_length=LONGEST_REASON, required=False)
    reason = EitherLine(label=_("Or hide it, because"), max_length=300, required=False)

    @classmethod
    def of(cls, comment: Comment, data: Any = None) -> "CommentForm":
        """The form of one comment; many of them stand on one page."""
        initial = {"body": comment.body, "reason": comment.hidden_because}
        return cls(data, initial=initial, auto_id=f"comment-{comment.pk}-%s")
