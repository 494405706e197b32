"""The statements that the last top choices propose, in words: what speaks for each, what against, what came close."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from surveys.facilitator.readings import too_few_answers_words
from surveys.feedback.survey_results import Proposal, Vote, latest_survey_results, proposals_of
from surveys.pages.round_words import round_phrase
from surveys.pages.scale import Piece, pieces
from surveys.pages.shares import percent_words
from surveys.rounds.models import Round
from surveys.studies.models import Study
from surveys.vignettes.queries import composed_text, options_named_by_statements, vignette_numbers
from surveys.vignettes.services.steps import LONGEST_REASON

CLOSE_FROM = Fraction(1, 3)
"""An option that so many named, and that is not proposed, came close."""

Shares = Mapping[tuple[uuid.UUID, uuid.UUID], Fraction]


@dataclass(frozen=True)
class ProposalCard:
    """One vignette's proposed statement; `wording` is empty where none is proposed, and `none_because` says why.

    `value` names it in a form: the vignette and the options that the page shows. `edit_address` composes from them.
    """

    number: int
    title: str
    vignette_id: uuid.UUID
    wording: tuple[Piece, ...]
    none_because: str
    speaks_for: str
    speaks_against: str
    came_close: str
    reason: str
    stands: bool
    value: str
    edit_address: str

    @property
    def can_be_accepted(self) -> bool:
        """Whether it is proposed and does not stand already."""
        return bool(self.wording) and not self.stands


def proposal_cards(study: Study) -> list[ProposalCard]:
    """The proposals of a study vignette by vignette; for its facilitators."""
    numbers, standing = vignette_numbers(study), options_named_by_statements(study)
    against = {
        (result.vignette.vignette_id, asked.option_id): shown.against
        for result in latest_survey_results(study, Round.Question.AGAINST)
        for asked, shown in result.rows
        if shown.against is not None
    }
    return [
        _card(
            study,
            proposal,
            numbers[proposal.vignette.pk],
            against,
            frozenset(option.pk for option in proposal.options) in standing.get(proposal.vignette.pk, ()),
        )
        for proposal in proposals_of(study)
    ]


def reason_words(proposal: Proposal) -> str:
    """The reason that is recorded when a proposal is accepted.

    `Proposed from option survey 3: top choices FDA-approved SGA 90%, TMS 80% of 10.`
    """
    words = {"round": round_phrase(proposal.result.round), "votes": _votes_words(proposal.speaking_for, proposal)}
    return Truncator(_("Proposed from %(round)s: top choices %(votes)s.") % words).chars(LONGEST_REASON)


def _card(study: Study, proposal: Proposal, number: int, against: Shares, stands: bool) -> ProposalCard:
    vignette, names = proposal.vignette, [option.name for option in proposal.options]
    reason = reason_words(proposal) if names else ""
    query = {"options": [str(option.pk) for option in proposal.options], "reason": reason}
    address = reverse("facilitator:compose_statement", args=[study.slug, vignette.pk])
    return ProposalCard(
        number=number,
        title=vignette.title,
        vignette_id=vignette.pk,
        wording=pieces(composed_text(names, study.question_stem), names) if names else (),
        none_because="" if names else _none_because(proposal),
        speaks_for=_votes_words(proposal.speaking_for, proposal) if names else "",
        speaks_against=_against_words(proposal, against),
        came_close=_votes_words(_close(proposal), proposal),
        reason=reason,
        stands=bool(names) and stands,
        value="/".join([str(vignette.pk), *(str(option.pk) for option in proposal.options)]),
        edit_address=f"{address}?{urlencode(query, doseq=True)}",
    )


def _votes_words(votes: Iterable[Vote], proposal: Proposal) -> str:
    """`FDA-approved SGA 90%, TMS 80%, ketamine 60% of 10`; "" for no votes."""
    named = [f"{vote.option.name} {percent_words(vote.share, proposal.result.shown.topped)}" for vote in votes]
    if not named:
        return ""
    return _("%(votes)s of %(n)d") % {"votes": ", ".join(named), "n": proposal.result.shown.topped}


def _against_words(proposal: Proposal, against: Shares) -> str:
    """How many would not recommend each proposed option: `TMS 0%, ketamine 20%`; "" where it was not asked."""
    found = [(option.name, against.get((proposal.vignette.pk, option.pk))) for option in proposal.options]
    return ", ".join(
        f"{name} {percent_words(share, proposal.result.shown.n)}" for name, share in found if share is not None
    )


def _close(proposal: Proposal) -> list[Vote]:
    """The options that many named and that are not proposed, the most named first."""
    taken = {option.pk for option in proposal.options}
    return [vote for vote in proposal.votes if vote.share >= CLOSE_FROM and vote.option.option_id not in taken]


def _none_because(proposal: Proposal) -> str:
    shown = proposal.result.shown
    if shown.is_hidden or "top" in shown.suppressed:
        return too_few_answers_words(shown.least_answers)
    return _("No option stands out.")
