"""What a study needs before it can be sealed: for its facilitators, and for whoever announces it."""

from django.utils.translation import gettext as _

from surveys.rounds.checklist import CheckItem
from surveys.rounds.models import Round
from surveys.rounds.queries import rounds_of
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import EXPORTED, RESULT_FROZEN


def sealing_checklist(study: Study) -> list[CheckItem]:
    """What a study needs before its sealing is announced, missing and done alike."""
    return [_finished_item(study), _closed_item(study), _released_item(study), _exported_item(study)]


def blockers_to_sealing(study: Study) -> list[str]:
    """The sentences of the checklist that are not done."""
    return [item.text for item in sealing_checklist(study) if not item.is_done]


def _finished_item(study: Study) -> CheckItem:
    if not study.is_over:
        return CheckItem(_("Finish the study"), False, "study")
    return CheckItem(_("The study is finished"), True, "study")


def _closed_item(study: Study) -> CheckItem:
    if rounds_of(study).exclude(status=Round.Status.CLOSED).exists():
        return CheckItem(_("Close or cancel the round that has not closed"), False, "rounds")
    return CheckItem(_("Every round is closed"), True, "rounds")


def _released_item(study: Study) -> CheckItem:
    if rounds_of(study).filter(status=Round.Status.CLOSED, released_at__isnull=True).exists():
        return CheckItem(_("Release the results of every round to the panel"), False, "rounds")
    return CheckItem(_("The panel has every result"), True, "rounds")


def _exported_item(study: Study) -> CheckItem:
    """An export holds counts alone and stays possible; whoever has one need not come back for it later."""
    numbers = AuditEntry.objects.filter(study=study).order_by("-number").values_list("number", flat=True)
    frozen, exported = numbers.filter(action=RESULT_FROZEN).first(), numbers.filter(action=EXPORTED).first()
    if frozen is not None and (exported is None or exported < frozen):
        return CheckItem(
            _("Have an administrator of this installation download an export of the results"), False, "export"
        )
    return CheckItem(_("An export was downloaded after the last result"), True, "export")
