"""After the seal, and the limit of the promise before it: Q19 and Q22."""

import subprocess
import sys
import uuid

from django.conf import settings
from django.db import transaction

from surveys.accounts.models import User
from surveys.feedback.services.releasing import finish_study
from surveys.feedback.services.sealing import WAIT, announce_sealing, confirm_sealing
from surveys.operations.anonymity.findings import Observation
from surveys.operations.anonymity.linking import guessed_pseudonyms
from surveys.operations.anonymity.seeded import Choices, Seeded, account, holder_of, release
from surveys.sheets.keystore import KeyDestroyed, study_keys
from surveys.sheets.models import Sheet
from surveys.sheets.queries import own_sheet
from surveys.studies.models import Study
from surveys.studies.queries import EXPORTED, database_now
from surveys.studies.services import record

PATIENCE = 60
_WORKER = "import django; django.setup(); from surveys.operations.anonymity.worker import main; main()"


def keyholder(seeded: Seeded) -> Observation:
    """Q22: whoever has database, keystore and master key computes every pseudonym and opens every sheet."""
    told = sum(_chosen(seeded, panelist_id) == wrote for panelist_id, wrote in seeded.wrote[seeded.open.pk].items())
    return Observation(given_away=told)


def _chosen(seeded: Seeded, panelist_id: uuid.UUID) -> Choices:
    """What somebody chose in the open round, read as the keyholder reads it."""
    panelist = next(one for one in seeded.panel if one.pk == panelist_id)
    answers = own_sheet(holder_of(panelist), seeded.open.pk).answers
    return tuple(answers[number].choice for number in sorted(answers))


def restored(seeded: Seeded) -> Observation:
    """Q19: a copy of the database from before the seal, with the master key; and a worker that runs on."""
    copy = list(Sheet.objects.filter(round_id__in=(seeded.open.pk, seeded.closed.pk)))
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", _WORKER],
        cwd=settings.BASE_DIR,
        env=dict(seeded.variables),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        try:
            before = _asked(worker, seeded)
            found = _seal(seeded)
            Sheet.objects.bulk_create(copy)
            after = _asked(worker, seeded)
        finally:
            worker.kill()
    opened = [panelist for panelist in seeded.panel if _opens(seeded, panelist.pk)]
    stored = {bytes(sheet.pseudonym) for sheet in copy}
    guessed = [each for each in seeded.panel if not guessed_pseudonyms(each, seeded.open).isdisjoint(stored)]
    found += [f"{len(opened)} sheets of the restored copy opened"] if opened else []
    found += [f"{len(guessed)} pseudonyms of the restored copy guessed"] if guessed else []
    found += [f"a worker that was running said {after!r}"] if after != KeyDestroyed.__name__ else []
    found += [f"the attack is blind: before the seal the worker said {before!r}"] if before != "opened" else []
    return Observation(given_away=max(len(opened), len(guessed)), found=tuple(found))


def _seal(seeded: Seeded) -> list[str]:
    """Finish the study and seal it as two people would, a week apart; says what is left of sheets and key."""
    round_ids = [seeded.closed.pk, seeded.open.pk]
    release(seeded.open, seeded.facilitator)
    now = database_now()
    study = Study.objects.get(pk=seeded.study.pk)
    finish_study(study=study, actor=seeded.facilitator, reason="The check is over.", now=now)
    with transaction.atomic():
        record(study=study, actor=seeded.facilitator, action=EXPORTED, now=now)
    announce_sealing(study=study, actor=seeded.facilitator, now=now)
    due = now + WAIT
    confirm_sealing(study=study, actor=account(User.Role.ADMINISTRATOR), copies_until=due.date(), now=due)
    left = Sheet.objects.filter(round_id__in=round_ids).count()
    found = [f"{left} sheets are left"] if left else []
    Sheet.objects.filter(round_id__in=round_ids).delete()
    try:
        study_keys(study.pk)
    except KeyDestroyed:
        return found
    return [*found, "the key is still there"]


def _opens(seeded: Seeded, panelist_id: uuid.UUID) -> bool:
    try:
        return bool(_chosen(seeded, panelist_id))
    except KeyDestroyed:
        return False


def _asked(worker: "subprocess.Popen[str]", seeded: Seeded) -> str:
    """Have the worker open a sheet; what it says."""
    if worker.stdin is None or worker.stdout is None:
        raise ValueError("The worker has no pipes.")
    worker.stdin.write(f"{seeded.study.pk} {seeded.panel[0].pk} {seeded.open.pk}\n")
    worker.stdin.flush()
    return worker.stdout.readline().strip()
