"""How the sealing of a study stands, for the pages of its facilitators and of administrators."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from surveys.accounts.models import User
from surveys.exports.certificates import Certificate, certificate_of
from surveys.exports.datasets import dataset_file
from surveys.feedback.checklist import sealing_checklist
from surveys.feedback.models import Sealing
from surveys.feedback.services.sealing import SealingError, confirm_sealing
from surveys.pages.attachments import attached
from surveys.pages.forms import fields_helper
from surveys.pages.moments import day_words
from surveys.rounds.checklist import CheckItem
from surveys.sheets.key_copies import KEPT_FOR
from surveys.sheets.keystore import KeyStoreError
from surveys.studies.models import Study
from surveys.studies.queries import DATASET_EXPORTED
from surveys.studies.services import note_export


class CopiesForm(forms.Form):
    """Until when copies of the keystore may exist, as whoever confirms the sealing says."""

    copies_until = forms.DateField(
        label=_("Until when may copies of the keystore exist?"),
        help_text=_(
            "Ask who keeps the backups. From the next day on nobody can join an answer to a person. The certificate "
            "says this day. Without copies it is today."
        ),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": _("Name the day; without copies it is today."),
            "invalid": _("Enter a day, such as 2026-10-04."),
        },
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.helper = fields_helper()
        self.helper.form_show_errors = False

    @classmethod
    def from_day(cls, now: dt.datetime) -> "CopiesForm":
        """The empty form; it suggests as long as a copy should be kept at most."""
        return cls(initial={"copies_until": (now + KEPT_FOR).date()})


@dataclass(frozen=True)
class SealingOnPage:
    """Where the sealing stands.

    `stage` is early (the study is not over), open (nothing is announced), waiting (for the week to pass), due (for the
    second person), keyed (the key is not destroyed yet) or sealed. It `is_final` once no copy of the key may exist.
    """

    study: Study
    stage: str
    title: str
    items: tuple[CheckItem, ...]
    sealing: Sealing | None
    is_own: bool
    is_final: bool

    @property
    def is_ready(self) -> bool:
        """Whether it can be announced."""
        return self.stage == "open" and all(item.is_done for item in self.items)


def sealing_on_page(study: Study, user: User, now: dt.datetime) -> SealingOnPage:
    """The sealing of a study as this member of staff sees it."""
    sealing = Sealing.objects.filter(study=study).first()
    is_own = sealing is not None and sealing.announced_by.lower() == user.email.lower()
    items = () if sealing else tuple(sealing_checklist(study))
    stage = _stage(study, sealing, now)
    copies_until = sealing.copies_until if sealing else None
    is_final = stage == "sealed" and copies_until is not None and copies_until < now.date()
    return SealingOnPage(study, stage, _title(study, stage, sealing), items, sealing, is_own, is_final)


def _stage(study: Study, sealing: Sealing | None, now: dt.datetime) -> str:
    if sealing is None:
        return "open" if study.is_over else "early"
    if sealing.confirmed_at is None:
        return "waiting" if now < sealing.not_before else "due"
    return "sealed" if sealing.key_destroyed_at else "keyed"


def _title(study: Study, stage: str, sealing: Sealing | None) -> str:
    if stage == "early":
        return _now("A study can be sealed once it is finished")
    if sealing is None:
        return _now("This study is not sealed: its key still joins answers to panelists")
    if stage == "waiting":
        day = day_words(sealing.not_before, study.time_zone)
        return _now("The sealing is announced, and can be confirmed from %(day)s on") % {"day": day}
    if stage == "due":
        return _now("The sealing waits for a second person to confirm it")
    if stage == "keyed":
        return _now("This study is sealed, and its key is about to be destroyed")
    return sealed_words(study)


def sealed_words(study: Study) -> str:
    """`Sealed on October 4, 2024`; empty for a study that is not sealed."""
    sealing = Sealing.objects.filter(study=study, confirmed_at__isnull=False).first()
    if sealing is None or sealing.confirmed_at is None:
        return ""
    return _now("Sealed on %(day)s") % {"day": day_words(sealing.confirmed_at, study.time_zone)}


def confirmed(form: CopiesForm, *, study: Study, user: User, now: dt.datetime) -> bool:
    """Seal the study as the second person; where that is refused the form says why."""
    if not form.is_valid():
        return False
    try:
        confirm_sealing(study=study, actor=user, copies_until=form.cleaned_data["copies_until"], now=now)
    except SealingError as fault:
        form.add_error("copies_until", str(fault))
        return False
    except KeyStoreError:
        form.add_error("copies_until", _now("The study's key cannot be read now. Ask who runs the server."))
        return False
    return True


def certificate_in(study: Study) -> Certificate:
    """The seal certificate of a study; 404 before the key is destroyed."""
    found = certificate_of(study)
    if found is None:
        raise Http404
    return found


def dataset_attachment(study: Study, user: User, form: str, now: dt.datetime) -> HttpResponse:
    """The dataset with a row for each panelist, recorded in the audit chain; 404 where there is none."""
    try:
        file = dataset_file(study, form)
    except ValueError as fault:
        raise Http404 from fault
    note_export(study=study, actor=user, action=DATASET_EXPORTED, detail={"form": form}, now=now)
    return attached(file)
