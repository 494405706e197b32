"""Synthetic studies: one vignette, any number of statements and panelists, for trying and measuring."""

import datetime as dt
import secrets

from django.db import transaction

from surveys.accounts.models import User
from surveys.operations.demonstration.content import Content
from surveys.operations.demonstration.loading import Demonstration, Invited, load_staff
from surveys.operations.demonstration.removing import remove_demonstrations
from surveys.panels.models import LinkToken, Message, Panelist
from surveys.panels.services import LINK_LIVES, hash_of
from surveys.rounds.models import Round
from surveys.rounds.services.mailing import personal_link
from surveys.rounds.services.opening import draft_round, open_round, plan_round
from surveys.studies.models import Protocol, Study
from surveys.studies.queries import database_now
from surveys.studies.services import create_study
from surveys.vignettes.models import Statement
from surveys.vignettes.services.writing import add_vignette

MOST_PANELISTS = 100_000
MOST_STATEMENTS = 2_000
STAYS_OPEN = dt.timedelta(days=30)
AT_ONCE = 2_000


@transaction.atomic
def load_synthetic(content: Content, *, panelists: int, statements: int, opened: bool) -> Demonstration:
    """Make such a study with its round 1 open, or drafted; an earlier one of the same size is taken away.

    Rows are written in bulk, past the services' checks of single rows; nobody is sent mail. Raises NotReady, and
    then nothing is made.
    """
    facilitator, administrator = load_staff(content)
    title = f"Synthetic {panelists} by {statements}"
    remove_demonstrations(title=title)
    now = database_now()
    study = create_study(
        title=title,
        question_stem=content.question_stem,
        facilitator=facilitator.user,
        now=now,
        is_demonstration=True,
    )
    base = content.vignettes[0]
    vignette = add_vignette(study=study, actor=facilitator.user, title=base.title, text=base.text, now=now)
    Statement.objects.bulk_create(
        Statement(vignette=vignette, position=number, text=f"Course of action {number} {content.question_stem}")
        for number in range(1, statements + 1)
    )
    panel = _panel(study, panelists)
    round = _draft(study, facilitator.user, now)
    if opened:
        open_round(round=round, actor=facilitator.user, now=now)
        Message.objects.filter(study=study).delete()
        # As if they had agreed in an earlier round.
        Panelist.objects.filter(study=study).update(consent=Protocol.objects.get(study=study).notice_digest)
    study.refresh_from_db()
    return Demonstration(facilitator, administrator, study, study, _links(panel, now))


def _draft(study: Study, actor: User, now: dt.datetime) -> Round:
    round = draft_round(study=study, actor=actor, now=now)
    closes_at = now + STAYS_OPEN
    plan_round(round=round, actor=actor, opens_at=None, closes_at=closes_at, message="", left_out=(), now=now)
    return round


def _panel(study: Study, panelists: int) -> list[Panelist]:
    """Panelists numbered with as many digits as the last one has, so that their names sort."""
    width = len(str(panelists))
    numbers = (f"{number:0{width}d}" for number in range(1, panelists + 1))
    return Panelist.objects.bulk_create(
        [Panelist(study=study, name=f"Panelist {n}", email=f"panelist{n}@synthetic.example") for n in numbers],
        batch_size=AT_ONCE,
    )


def _links(panel: list[Panelist], now: dt.datetime) -> tuple[Invited, ...]:
    """A link for each panelist, as `panels.services.mint_link` makes one, all rows at once."""
    made = [(panelist, secrets.token_urlsafe(32)) for panelist in panel]
    expires_on = (now + LINK_LIVES).date()
    LinkToken.objects.bulk_create(
        [
            LinkToken(token_hash=hash_of(secret), panelist=one, epoch=one.token_epoch, expires_on=expires_on)
            for one, secret in made
        ],
        batch_size=AT_ONCE,
    )
    return tuple(Invited(panelist, personal_link(secret)) for panelist, secret in made)
