"""How a change of a questionnaire that has begun is asked for: why, what caused it, and whether ratings still compare.

While the study is being prepared none of it is asked.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.accounts.models import User
from surveys.facilitator.forms.fields import LineField, StaffForm
from surveys.facilitator.readings import round_label
from surveys.feedback.comments import possible_causes
from surveys.feedback.models import Comment
from surveys.studies.models import Study, StudyStaff
from surveys.studies.queries import role_in
from surveys.vignettes.models import Option
from surveys.vignettes.services.steps import LONGEST_REASON, Why

LONGEST_EXCERPT = 80
WHY_FIELDS = ("reason", "cause", "compares")


def causes_for(study: Study, user: User) -> list[Comment]:
    """The comments that a change may name as its cause; to an author, only those that the panel has too."""
    causes = possible_causes(study)
    if role_in(study, user) == StudyStaff.Role.FACILITATOR:
        return causes
    return [comment for comment in causes if comment.vignette.round.is_released]


def ask_why(form: StaffForm, study: Study, causes: Sequence[Comment], preset: str = "") -> None:
    """Give a form the reason and the cause, once the study has begun. `preset` is the id of a comment, or anything."""
    if study.status == Study.Status.DRAFT:
        return
    form.fields["reason"] = LineField(
        label=_("Why"),
        max_length=LONGEST_REASON,
        help_text=_("The panel reads it beside the change."),
        error_messages={"required": _("Say why: the panel reads the reason beside the change.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    form.fields["cause"] = forms.ChoiceField(
        label=_("Caused by"),
        required=False,
        choices=[("", _("No comment or suggestion")), *((str(comment.pk), _excerpt(comment)) for comment in causes)],
        initial=preset,
        help_text=_("A published comment or suggestion of the panel."),
    )


def _excerpt(comment: Comment) -> str:
    words = {
        "round": round_label(comment.vignette.round),
        "title": comment.vignette.title,
        "kind": comment.get_kind_display(),
        "body": Truncator(" ".join(comment.body.split())).chars(LONGEST_EXCERPT),
    }
    return _("%(round)s, %(title)s. %(kind)s: “%(body)s”") % words


def ask_whether_ratings_compare(form: StaffForm) -> None:
    """Give a form the question whether ratings from before still compare; nothing is chosen beforehand."""
    form.fields["compares"] = forms.ChoiceField(
        label=_("Do ratings from before still compare?"),
        choices=[
            ("yes", _("Yes: it asks the same, in other words")),
            ("no", _("No: it asks something else, so moves are not counted from before")),
        ],
        error_messages={"required": _("Choose yes or no.")},
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )


def why_of(form: StaffForm) -> Why:
    """The reason and the cause that an accepted form gives."""
    cause = form.cleaned_data.get("cause", "")
    return Why(form.cleaned_data.get("reason", ""), uuid.UUID(cause) if cause else None)


def compares(form: StaffForm) -> bool:
    """Whether an accepted form says that ratings compare; True where it was not asked."""
    return form.cleaned_data.get("compares") != "no"


def texts_of(form: StaffForm) -> dict[str, Any]:
    """What an accepted form says of the item itself."""
    return {name: value for name, value in form.cleaned_data.items() if name not in WHY_FIELDS}


def suggested_name(causes: Sequence[Comment], preset: str) -> str:
    """The text of a suggested option, shortened to a name; "" where the cause is none."""
    for comment in causes:
        if str(comment.pk) == preset and comment.kind == Comment.Kind.NEW_OPTION:
            return " ".join(comment.body.split())[: Option._meta.get_field("name").max_length]
    return ""


NOT_BEGUN = gettext_lazy("The study has not begun, so the questionnaire is simply written: edit it or delete from it.")
