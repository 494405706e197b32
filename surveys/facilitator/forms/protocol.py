"""A study's protocol: its policies, when it may stop, and how it is amended."""

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.facilitator.forms.fields import ProseField, StaffForm
from surveys.studies.models import LEAST_ANSWERS, MOST_PERCENT, Protocol

MOST_ANSWERS = 1000
MOST_ROUNDS = 100
LONGEST_REASON = 2000

_LEAST_ERROR = _("Enter a whole number from 5 up.")
_PERCENT_ERROR = _("Enter a whole number from 0 to 50, or nothing.")
_ROUNDS_ERROR = _("Enter a whole number from 1 to 100, or nothing.")


def _stable_percent() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Ratings moved little where at most so many percent moved"),
        required=False,
        min_value=0,
        max_value=MOST_PERCENT,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), _PERCENT_ERROR),
        help_text=_(
            "Of the panelists who rated a statement in both rounds, how many may have gone from one third of the scale "
            "to another (1 to 3, 4 to 6, 7 to 9). Empty: this is no reason to stop."
        ),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


def _most_rounds() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Limit of rating rounds"),
        required=False,
        min_value=1,
        max_value=MOST_ROUNDS,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), _ROUNDS_ERROR),
        help_text=_("Empty: there is none."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class ProtocolForm(StaffForm):
    """When a study may stop, and its policies; the rule has a page of its own."""

    stable_percent = _stable_percent()
    most_rounds = _most_rounds()
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
        names = (
            "stable_percent",
            "most_rounds",
            "settled",
            "least_answers",
            "shows_comments",
            "groups",
            "releases_rows",
            "notice",
        )
        return cls(initial={name: getattr(protocol, name) for name in names})


class AmendmentForm(StaffForm):
    """When a study that has begun may stop, and why its rules are amended."""

    stable_percent = _stable_percent()
    most_rounds = _most_rounds()
    reason = ProseField(
        label=_("Reason for the amendment"),
        max_length=LONGEST_REASON,
        rows=4,
        help_text=_("Recorded in the audit chain, and printed by every export as a deviation from the protocol."),
    )

    @classmethod
    def of(cls, protocol: Protocol) -> "AmendmentForm":
        """The form as it stands for this protocol."""
        return cls(initial={"stable_percent": protocol.stable_percent, "most_rounds": protocol.most_rounds})
