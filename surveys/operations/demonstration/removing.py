"""Taking a demonstration away, its sheets and its key with it."""

from functools import partial

from django.db import transaction

from surveys.rounds.models import Round
from surveys.sheets.keystore import destroy_study_key
from surveys.sheets.services import discard_sheets
from surveys.studies.models import Study
from surveys.vignettes.models import Statement


@transaction.atomic
def remove_demonstrations(*, title: str) -> int:
    """Delete the demonstrations with this title and all that belongs to them; returns how many there were.

    Studies that are no demonstration are never touched, whatever they are called.
    """
    studies = list(Study.objects.filter(title=title, is_demonstration=True))
    for study in studies:
        rounds = Round.objects.filter(study=study)
        for round_id in rounds.values_list("pk", flat=True):
            discard_sheets(round_id=round_id)
        # What was asked holds on to the questionnaire, and statements to their options, so these go first.
        rounds.delete()
        Statement.objects.filter(vignette__study=study).delete()
        study_id = study.pk
        study.delete()
        transaction.on_commit(partial(destroy_study_key, study_id))
    return len(studies)
