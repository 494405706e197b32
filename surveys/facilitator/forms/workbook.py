"""A workbook as it is uploaded, confirmed after its preview, and the title of a copied study."""

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from surveys.accounts.models import User
from surveys.facilitator.forms.fields import LineField, StaffForm
from surveys.workbooks.archive import LARGEST_FILE, WorkbookUnreadable
from surveys.workbooks.content import Content, content_from_json, content_to_json

CONFIRMABLE_FOR = 24 * 3600
# What the confirmation posts again; Django refuses forms of more than 256 KB.
LONGEST_CONTENT = 240_000


class WorkbookForm(StaffForm):
    """The file from which a study is to be made."""

    file = forms.FileField(
        label=_("Workbook"),
        allow_empty_file=True,
        help_text=_("XLSX, at most 5 MB."),
        error_messages={"required": _("Choose an XLSX file of at most 5 MB.")},
        widget=forms.FileInput(
            attrs={"accept": ".xlsx,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
        ),
    )

    def clean_file(self) -> "UploadedFile[bytes]":
        """Refuse a file that is larger than any workbook may be."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if file.size is None or file.size > LARGEST_FILE:
            raise ValidationError(_now("This file is larger than 5 MB."))
        return file


class CopyForm(StaffForm):
    """What the copy of a study is called."""

    title = LineField(label=_("Title of the new study"), max_length=200)


def sealed(content: Content, user: User) -> str:
    """The content for the confirmation's form, signed for this user. Raises WorkbookUnreadable where it is too long."""
    text = signing.dumps(content_to_json(content), salt=_salt(user), compress=True)
    if len(text) > LONGEST_CONTENT:
        raise WorkbookUnreadable(
            _now("This workbook holds more text than can be taken over at once. Shorten the vignettes.")
        )
    return text


def unsealed(text: str, user: User) -> Content:
    """The content that `sealed` signed for this user. Raises WorkbookUnreadable for anything else."""
    try:
        return content_from_json(signing.loads(text, salt=_salt(user), max_age=CONFIRMABLE_FOR))
    except (signing.BadSignature, KeyError, TypeError) as fault:
        raise WorkbookUnreadable(_now("The preview is no longer valid. Choose the workbook again.")) from fault


def _salt(user: User) -> str:
    return f"workbook of {user.pk}"
