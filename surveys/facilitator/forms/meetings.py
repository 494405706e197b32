"""Meetings as they are entered: the plan, the agenda, what is written down afterwards, and decisions."""

import uuid
import zoneinfo
from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from surveys.consensus.agenda import LEAST_MINUTES
from surveys.facilitator.forms.fields import LineField, ProseField, StaffForm
from surveys.facilitator.forms.rounds import MomentField
from surveys.facilitator.meeting_words import step_words
from surveys.meetings.models import LONGEST_MEETING, AgendaItem, Decision, Meeting
from surveys.meetings.services.meetings import MOST_ITEMS, AgendaEntry, Plan, Record
from surveys.rounds.models import Round
from surveys.rounds.queries import closed_rounds
from surveys.studies.models import Study
from surveys.vignettes.models import LineageStep
from surveys.vignettes.queries import lineage_of

MOST_PRESENT = 1000
USUAL_MINUTES = 60
EMPTY_ROWS = 3


def _number_field(label: Any, least: int, most: int, sentence: Any, **options: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), sentence),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        **options,
    )


_LENGTH_ERROR = _("Enter a whole number of minutes from 3 to 1440.")
_MINUTES_ERROR = _("Enter a whole number of minutes from 1 to 1440.")
_COUNT_ERROR = _("Enter how many there were, from 0 to 1000.")


class MeetingForm(StaffForm):
    """When and how a meeting is to be, and after which round."""

    held_at = MomentField(label=_("Begins"), error_messages={"required": _("Choose a day and a time.")})
    minutes_planned = _number_field(_("Minutes"), LEAST_MINUTES, LONGEST_MEETING, _LENGTH_ERROR)
    mode = forms.ChoiceField(
        label=_("How"),
        choices=[(value, label) for value, label in Meeting.Mode.choices],
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    place = LineField(
        label=_("Place or link"),
        max_length=500,
        required=False,
        help_text=_("The panel reads it on its first page."),
    )
    after_round = forms.ModelChoiceField(
        label=_("Looks at the results of"),
        queryset=Round.objects.none(),
        required=False,
        empty_label=_("No round"),
    )

    def __init__(self, *args: Any, study: Study, **options: Any) -> None:
        super().__init__(*args, **options)
        begins, rounds = self.fields["held_at"], self.fields["after_round"]
        if isinstance(begins, MomentField) and isinstance(rounds, forms.ModelChoiceField):
            begins.zone = zoneinfo.ZoneInfo(study.time_zone)
            rounds.queryset = closed_rounds(study)

    @classmethod
    def of(cls, meeting: Meeting) -> "MeetingForm":
        """The form as it stands for this meeting."""
        names = ("held_at", "minutes_planned", "mode", "place")
        initial = {name: getattr(meeting, name) for name in names}
        return cls(initial={**initial, "after_round": meeting.after_round_id}, study=meeting.study)

    @classmethod
    def new(cls, study: Study) -> "MeetingForm":
        """The form of a new meeting, which looks at the last results."""
        last = closed_rounds(study).last()
        initial = {"minutes_planned": USUAL_MINUTES, "mode": Meeting.Mode.IN_PERSON, "after_round": last}
        return cls(initial=initial, study=study)

    @property
    def plan(self) -> Plan:
        """The plan that was entered."""
        data = self.cleaned_data
        after: Round | None = data["after_round"]
        return Plan(
            held_at=data["held_at"],
            minutes_planned=data["minutes_planned"],
            mode=data["mode"],
            place=data["place"],
            after_round_id=after.pk if after else None,
        )


class RecordForm(StaffForm):
    """How long a meeting took, who was there by role, and notes; names only where the study notes them."""

    minutes_held = _number_field(
        _("Minutes it took"),
        1,
        LONGEST_MEETING,
        _MINUTES_ERROR,
        required=False,
        help_text=_("Leave this empty as long as the meeting is still to come."),
    )
    panelists_present = _number_field(_("Panelists"), 0, MOST_PRESENT, _COUNT_ERROR, required=False)
    facilitators_present = _number_field(_("Facilitators"), 0, MOST_PRESENT, _COUNT_ERROR, required=False)
    others_present = _number_field(_("Others"), 0, MOST_PRESENT, _COUNT_ERROR, required=False)
    names = ProseField(label=_("Who was there"), rows=4, max_length=4000, required=False)
    notes = ProseField(
        label=_("Notes"),
        rows=12,
        max_length=20_000,
        required=False,
        help_text=_("For facilitators alone. Write down what was said, not who said it."),
    )

    def __init__(self, *args: Any, study: Study, **options: Any) -> None:
        super().__init__(*args, **options)
        if not study.names_at_meetings:
            del self.fields["names"]

    @classmethod
    def of(cls, meeting: Meeting) -> "RecordForm":
        """The form as it stands for this meeting."""
        names = ("minutes_held", "panelists_present", "facilitators_present", "others_present", "names", "notes")
        return cls(initial={name: getattr(meeting, name) for name in names}, study=meeting.study)

    @property
    def record(self) -> Record:
        """What was written down."""
        return Record(**self.cleaned_data)


class AgendaItemForm(StaffForm):
    """One item of the agenda; a row without a title is left out."""

    item = forms.UUIDField(required=False, widget=forms.HiddenInput())
    title = LineField(label=_("Title"), max_length=300, required=False)
    place = forms.IntegerField(
        label=_("Place"),
        min_value=0,
        max_value=999,
        required=False,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), _("Enter a whole number.")),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    minutes = _number_field(_("Minutes"), 1, LONGEST_MEETING, _MINUTES_ERROR, required=False)
    note = ProseField(label=_("What came of it"), rows=2, max_length=4000, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            # Rows are left empty on purpose; no label need say so on each of them.
            field.is_silent = True  # type: ignore[attr-defined]  # read by the field's template

    def clean(self) -> dict[str, Any]:
        """Refuse an item without minutes, and a note without its item."""
        data = self.cleaned_data
        if data.get("title") and data.get("minutes") is None and "minutes" not in self.errors:
            self.add_error("minutes", _now("Say how many minutes it gets."))
        if data.get("note") and not data.get("title") and "title" not in self.errors:
            self.add_error("title", _now("Give this item a title."))
        return data


AgendaFormSet = formset_factory(
    AgendaItemForm, extra=EMPTY_ROWS, max_num=MOST_ITEMS, absolute_max=MOST_ITEMS + EMPTY_ROWS
)


def agenda_initial(items: Iterable[AgendaItem]) -> list[dict[str, Any]]:
    """What the rows of the form show of an agenda."""
    return [
        {"item": item.pk, "place": place, "title": item.title, "minutes": item.minutes, "note": item.note}
        for place, item in enumerate(items, start=1)
    ]


def agenda_entries(rows: "BaseFormSet[AgendaItemForm]", items: Iterable[AgendaItem]) -> list[AgendaEntry]:
    """The agenda that was entered, by its places; what an item of the meeting speaks of stays with it."""
    known = {item.pk: item for item in items}
    filled = [row.cleaned_data for row in rows if row.cleaned_data.get("title")]
    # A row without a place comes last; equals stay in the order of the page.
    filled.sort(key=lambda data: (data["place"] is None, data["place"] or 0))
    return [_entry(data, known.get(data["item"])) for data in filled]


def _entry(data: dict[str, Any], item: AgendaItem | None) -> AgendaEntry:
    statement_id: uuid.UUID | None = item.statement_id if item else None
    vignette_id: uuid.UUID | None = item.vignette_id if item else None
    return AgendaEntry(data["title"], data["minutes"], data["note"], statement_id, vignette_id)


class _StepsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # it takes no argument when it runs
    """Steps of the lineage, each told in words."""

    def label_from_instance(self, obj: Any) -> str:
        return step_words(obj)


class DecisionForm(StaffForm):
    """What was decided, and the steps of the lineage that followed from it."""

    text = ProseField(label=_("Decision"), rows=4, max_length=2000)
    steps = _StepsField(
        label=_("Steps that it caused"),
        queryset=LineageStep.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        help_text=_("Changes of options, vignettes and statements; each is recorded with its reason."),
    )

    def __init__(self, *args: Any, study: Study, **options: Any) -> None:
        super().__init__(*args, **options)
        lineage = lineage_of(study)
        steps = self.fields["steps"]
        if isinstance(steps, forms.ModelMultipleChoiceField):
            # The latest are the likeliest.
            steps.queryset = lineage.reverse()
        if not lineage.exists():
            del self.fields["steps"]

    @classmethod
    def of(cls, decision: Decision) -> "DecisionForm":
        """The form as it stands for this decision."""
        initial = {"text": decision.text, "steps": list(decision.steps.all())}
        return cls(initial=initial, study=decision.meeting.study)
