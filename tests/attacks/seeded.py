"""The study that is attacked, and the truth about it that no attacker has.

Twelve panelists, twenty statements, two rounds: the first closed and released, the second open and answered in random
order, with drafts on the way and a canary in every reason.
"""

import contextlib
import random
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.core import mail
from django.core.management import call_command

from surveys.panels.models import Panelist
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.rounds.services.mailing import send_due_messages
from surveys.sheets.keystore import study_keys
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from tests.factories import fill_sheet, hold_round, make_study, open_round

PANELISTS = 12
STATEMENTS = 20
CANARY = f"CANARY-{secrets.token_hex(8)}"


@dataclass(frozen=True)
class Seeded:
    """The study under attack. `submitted` has the panelists in the order in which they submitted the open round."""

    study: Study
    closed: Round
    open: Round
    panel: tuple[Panelist, ...]
    submitted: tuple[Panelist, ...]

    def truth(self) -> dict[bytes, uuid.UUID]:
        """Whose each pseudonym of the open round is; computed with the study's key."""
        keys = study_keys(self.study.pk)
        return {keys.pseudonym(self.open.pk, panelist.pk): panelist.pk for panelist in self.panel}


@contextlib.contextmanager
def seeded_study() -> Iterator[Seeded]:
    """Build it, committed; at the end the database is empty again."""
    try:
        yield build()
    finally:
        call_command("flush", interactive=False, verbosity=0)


def build() -> Seeded:
    """The study, through the services alone."""
    mail.outbox = []
    study = make_study(panelists=PANELISTS, statements=STATEMENTS)
    closed = hold_round(study)
    opened = open_round(study)
    while send_due_messages(now=database_now()):
        pass
    return Seeded(study, closed, opened, tuple(panel_of(study)), answer_in_random_order(opened))


def answer_in_random_order(round: Round) -> tuple[Panelist, ...]:
    """Everybody drafts, everybody drafts on, everybody submits, each time in another order."""
    panel = list(panel_of(round.study))
    for turn in range(3):
        random.shuffle(panel)
        for panelist in panel:
            ratings = [secrets.randbelow(9) + 1 for _ in range(STATEMENTS)]
            fill_sheet(panelist, round, ratings, submit=turn == 2, reasons=reasons_of(panelist))
    return tuple(panel)


def reasons_of(panelist: Panelist) -> dict[int, str]:
    """Two reasons that name their author, one of them of any length."""
    length = secrets.choice([0, 20, 500, 2000])
    return {1: f"{signature(panelist)} {'x' * length}", 2: signature(panelist)}


def signature(panelist: Panelist) -> str:
    """What this panelist's reasons begin with, so that the truth can be told."""
    return f"{CANARY} {panelist.pk.hex}"
