"""How a change of the questionnaire is checked and recorded. Until the first round opens it is simply being written.

From then on every change is a step with a reason, for the panel and for the report to read.
"""

import datetime as dt
import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from surveys.studies.models import Study
from surveys.vignettes.models import LineageStep, Option, Statement, Vignette
from surveys.vignettes.queries import Item, facts_of, kind_of, last_step_number, options_of, statements_of, vignettes_of

LONGEST_REASON = 1000
# The embeddings, overrides and isolates of Unicode's bidirectional algorithm (UAX 9).
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class QuestionnaireError(Exception):
    """Why the questionnaire cannot be changed so; the message is a sentence for the page."""


class AlreadyAsked(QuestionnaireError):
    """Its study has begun: it is dropped, with a reason, and not deleted."""


@dataclass(frozen=True)
class Why:
    """Why the questionnaire is changed: a reason, and the comment or suggestion that caused it where one did."""

    reason: str = ""
    cause_id: uuid.UUID | None = None


UNSAID = Why()


def hold_questionnaire(study: Study) -> Study:
    """The study, other writers kept out until this transaction ends. Raises QuestionnaireError for a finished one."""
    locked = Study.objects.select_for_update().get(pk=study.pk)
    if locked.is_over:
        raise QuestionnaireError(_("This study is finished; nothing in it changes any more."))
    return locked


def look_again(item: Item) -> None:
    """Read what other writers made of an item before this one held the questionnaire.

    Raises QuestionnaireError where it is no longer asked.
    """
    try:
        item.refresh_from_db()
    except type(item).DoesNotExist as fault:
        raise QuestionnaireError(_("“%(wording)s” has been deleted.") % {"wording": item}) from fault
    if item.is_dropped:
        raise QuestionnaireError(_("“%(wording)s” is dropped. Restore it first.") % {"wording": item})


def record_step(
    *,
    study: Study,
    step: str,
    kind: str,
    before: Sequence[dict[str, str]],
    after: Sequence[dict[str, str]],
    why: Why,
    now: dt.datetime,
    compares_with: uuid.UUID | None = None,
) -> None:
    """Record a step, once the study has begun; the caller holds the questionnaire.

    Raises QuestionnaireError where no reason is given.
    """
    if study.status == Study.Status.DRAFT:
        return
    reason = plain_line(why.reason)
    if not reason:
        raise QuestionnaireError(_("Say why: the panel reads the reason beside the change."))
    if len(reason) > LONGEST_REASON:
        raise QuestionnaireError(_("A reason has at most %(most)d characters.") % {"most": LONGEST_REASON})
    LineageStep.objects.create(
        study=study,
        number=last_step_number(study) + 1,
        kind=kind,
        step=step,
        before=list(before),
        after=list(after),
        reason=reason,
        cause_id=why.cause_id,
        compares_with=compares_with,
        at=now,
    )


@transaction.atomic
def record_origin(*, study: Study, now: dt.datetime) -> None:
    """Record what the questionnaire began with, once; call it inside the transaction that opens the first round."""
    if last_step_number(study):
        return
    items: list[Item] = [*vignettes_of(study), *options_of(study), *statements_of(study)]
    reason = _("Part of the questionnaire when the first round opened.")
    LineageStep.objects.bulk_create(
        LineageStep(
            study=study,
            number=number,
            kind=kind_of(item),
            step=LineageStep.Step.ADD,
            after=[facts_of(item)],
            reason=reason,
            at=now,
        )
        for number, item in enumerate(items, start=1)
    )


def check(row: Vignette | Option | Statement) -> None:
    """Raise QuestionnaireError with the sentences of a row that its model refuses."""
    try:
        row.full_clean()
    except ValidationError as fault:
        raise QuestionnaireError(" ".join(fault.messages)) from fault


def plain_line(text: str) -> str:
    """One line of visible characters: composed (NFC), without hidden signs, blanks in a row made one."""
    return " ".join(plain_text(text).split())


def plain_text(text: str) -> str:
    """Lines of visible characters: composed (NFC), without hidden signs other than the ends of lines."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(sign for sign in lines if sign == "\n" or not is_hidden(sign)).strip()


def is_hidden(sign: str) -> bool:
    """Whether a character is a control, or turns the direction of what follows so that it reads as something else.

    The marks of direction (U+200E, U+200F) and the joiners may stand: some scripts need them.
    """
    return unicodedata.category(sign) == "Cc" or sign in _TURNING
