"""From the top choices to statements: proposals are accepted as they stand."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from surveys.accounts.models import User
from surveys.feedback.survey_results import Proposal, proposals_of
from surveys.studies.models import Study
from surveys.vignettes.models import Statement
from surveys.vignettes.queries import options_named_by_statements
from surveys.vignettes.services.steps import QuestionnaireError, Why, hold_questionnaire
from surveys.vignettes.services.writing import compose_statement


@transaction.atomic
def accept_proposals(
    *,
    study: Study,
    actor: User,
    seen: Mapping[uuid.UUID, Sequence[uuid.UUID]],
    reason_of: Callable[[Proposal], str],
    now: dt.datetime,
) -> list[Statement]:
    """Compose the proposed statements of these vignettes: all of them or none. Returns them in the vignettes' order.

    `seen` has by vignette the options that its page showed as the proposal, in order; `reason_of` says why one is
    added, in the words that the panel reads, and is called of what is proposed under the questionnaire's lock.
    Raises QuestionnaireError where a proposal has become another since, or stands as a statement already.
    """
    hold_questionnaire(study)
    proposals = {proposal.vignette.pk: proposal for proposal in proposals_of(study)}
    standing = options_named_by_statements(study)
    found = []
    for vignette_id, options in seen.items():
        proposal = proposals.get(vignette_id)
        if proposal is None or not options or [option.pk for option in proposal.options] != list(options):
            raise QuestionnaireError(_("The proposals have changed since. Look at them again."))
        if frozenset(options) in standing.get(vignette_id, ()):
            words = {"title": proposal.vignette.title}
            raise QuestionnaireError(_("A statement of these options stands already for “%(title)s”.") % words)
        found.append(_accepted(proposal, actor, reason_of(proposal), now))
    return found


def _accepted(proposal: Proposal, actor: User, reason: str, now: dt.datetime) -> Statement:
    return compose_statement(
        vignette=proposal.vignette, actor=actor, options=proposal.options, now=now, why=Why(reason=reason)
    )
