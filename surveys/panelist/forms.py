"""What panelists type: a code, an address, and the fields of a sheet.

The sheet is read by hand: a page may hold hundreds of statements, and its fields are named by the round.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.rounds.services.merging import Change, PreferenceChange
from surveys.sheets.boxes import CHOICES, LONGEST_REASON, Answer

_FIELD = re.compile(r"(?:seen-reason-|seen-|reason-|)(s\d{1,9})")


class CodeForm(forms.Form):
    """The secret of a personal link, alone or with the link around it."""

    code = forms.CharField(
        label=gettext_lazy("Your code"),
        max_length=2000,
        help_text=gettext_lazy("The part of your link after “#t=”. You can paste the whole link as well."),
        error_messages={"required": gettext_lazy("Enter the code from your mail, or paste your personal link.")},
        widget=forms.TextInput(
            attrs={"class": "form-control", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def clean_code(self) -> str:
        """The secret alone."""
        given = "".join(str(self.cleaned_data["code"]).split())
        _address, mark, fragment = given.partition("#")
        return parse_qs(fragment).get("t", [""])[0] if mark else given.removeprefix("t=")


class AddressCodeForm(CodeForm):
    """The secret with which an old address confirms a new one."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["code"].error_messages["required"] = _("Enter the code from the mail about your new address.")


class LinkForm(forms.Form):
    """The address to which a new link goes."""

    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        max_length=254,
        help_text=gettext_lazy("The one at which you were invited."),
        error_messages={"required": gettext_lazy("Enter your e-mail address.")},
        widget=forms.EmailInput(attrs={"class": "form-control", "autocomplete": "email"}),
    )


@dataclass(frozen=True)
class PostedSheet:
    """What a page posted of a sheet: the changes to save, or what is wrong with them, by the field's name.

    `values` are the fields' values as they came, by name, so that a page can show them again. `preferences` are its
    fields about options, as the page showed them.
    """

    changes: tuple[Change, ...]
    errors: Mapping[str, str]
    values: Mapping[str, str] = field(default_factory=dict)
    preferences: tuple[PreferenceChange, ...] = ()

    @property
    def numbers(self) -> set[int]:
        """The statements that the page speaks of."""
        return {change.number for change in self.changes}


def read_sheet(data: QueryDict, names: Mapping[str, int]) -> PostedSheet:
    """Read the fields of a sheet out of a form: `s3`, `reason-s3`, and with `seen-` what the page was drawn with.

    `names` has the numbers of the round's statements by the names of their fields. `clear` names a rating to take back;
    `use` holds `s3=6`, the value chosen after a change in another tab. All of it is well, or nothing of it is to be
    saved.
    """
    values: dict[str, str] = {}
    errors: dict[str, str] = {}
    posted: set[str] = set()
    for name, given in posted_fields(data):
        match = _FIELD.fullmatch(name)
        if match is None:
            continue
        statement = match[1]
        if statement not in names:
            errors[name] = _("This round has no statement “%(name)s”.") % {"name": statement}
        elif len(given) > 1:
            errors[name] = _("This statement was answered twice. Choose one answer.")
        else:
            values[name] = plain_lines(given[0])
            posted.add(statement)
    errors |= {name: sentence for name, value in values.items() if (sentence := _fault(name, value))}
    in_order = () if errors else sorted(posted, key=names.__getitem__)
    changes = tuple(change for name in in_order for change in _changes(name, names[name], values))
    return PostedSheet(changes, errors, values)


def posted_fields(data: QueryDict) -> list[tuple[str, list[str]]]:
    """The form's fields, each with all its values; that of the pressed button comes last, so that its value holds."""
    return [*data.lists(), *((name, [value]) for name, value in pressed(data))]


def pressed(data: QueryDict) -> list[tuple[str, str]]:
    """The field, with its value, that a pressed button sets: `clear` empties one, `use` chooses after a conflict."""
    fields = []
    if "clear" in data:
        fields.append((str(data["clear"]), ""))
    if "use" in data:
        name, _sign, value = str(data["use"]).partition("=")
        fields.append((name, value))
    return fields


def plain_lines(text: str) -> str:
    """The text with line ends as they are stored; a form posts them as CR LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _fault(name: str, value: str) -> str:
    """What is wrong with a field's value, as a sentence; empty where nothing is."""
    if name.startswith("reason-"):
        return _reason_fault(value)
    if name.startswith("seen-") or value in CHOICES:
        return ""
    return _("“%(value)s” is not a rating. Choose a whole number from 1 to 9, or “I cannot rate this”.") % {
        "value": value[:20]
    }


def _reason_fault(value: str) -> str:
    if len(value) > LONGEST_REASON:
        return _("A reason has at most %(most)d characters; this one has %(length)d.") % {
            "most": LONGEST_REASON,
            "length": len(value),
        }
    # PostgreSQL keeps no such character, and the round could not be closed.
    if "\0" in value:
        return _("This reason holds a character that cannot be stored. Write it without.")
    return ""


def _changes(name: str, number: int, values: Mapping[str, str]) -> list[Change]:
    """The changes to one statement. A rating that is not posted but was seen is taken back.

    Rating and reason are one change, unless the page tells of one of them alone what it had shown before.
    """
    choice, seen_choice = values.get(name), values.get(f"seen-{name}")
    says_choice = choice is not None or seen_choice is not None
    if seen_choice not in CHOICES:
        seen_choice = None
    reason, seen_reason = values.get(f"reason-{name}"), values.get(f"seen-reason-{name}")
    if seen_reason is not None and _reason_fault(seen_reason):
        seen_reason = None
    if says_choice and reason is not None and (seen_choice is None) == (seen_reason is None):
        seen = None if seen_choice is None else Answer(seen_choice, seen_reason or "")
        return [Change(number, Answer(choice or "", reason), seen)]
    changes = []
    if says_choice:
        seen = None if seen_choice is None else Answer(seen_choice)
        changes.append(Change(number, Answer(choice or ""), seen, says_reason=False))
    if reason is not None:
        seen = None if seen_reason is None else Answer(reason=seen_reason)
        changes.append(Change(number, Answer(reason=reason), seen, says_choice=False))
    return changes


def read_replay(data: QueryDict) -> uuid.UUID | None:
    """The key by which a repeated save is known; None where the script gave none."""
    try:
        return uuid.UUID(str(data.get("replay", "")))
    except ValueError:
        return None
