"""Looking whether what is frozen is still what was frozen: each result, its hash, its receipts, the audit chain."""

from django.utils.translation import gettext as _

from surveys.consensus import Rule
from surveys.feedback.models import Commitment, Result, RoundResult, SurveyResult
from surveys.feedback.queries import rules_by_round
from surveys.feedback.services.counting import hashed_facts, judged_facts
from surveys.rounds.models import Round
from surveys.rounds.queries import closed_rounds
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import RESULT_FROZEN, broken_link, sha256_of


def broken_promise(study: Study, *, since: str = "") -> str | None:
    """What does not agree in a study's audit chain and frozen results, as a sentence; None where all of it does.

    `since` is a digest that somebody holds: it must be in the chain.
    """
    return broken_link(study.pk, since=since) or _broken_result(study)


def _broken_result(study: Study) -> str | None:
    entries = AuditEntry.objects.filter(study=study, action=RESULT_FROZEN).order_by("number")
    rules = rules_by_round(study)
    by_digest = {entry.detail.get("sha256"): entry for entry in entries}
    for round in closed_rounds(study).select_related("study__protocol"):
        result = RoundResult.objects.filter(round=round).first()
        if result is None:
            return _("%(round)s is closed and has no frozen result.") % {"round": round}
        fault = _fault(round, result, by_digest.pop(result.digest, None), rules[round.pk])
        if fault:
            return fault % {"round": round}
    for entry in by_digest.values():
        return _("Entry %(number)d of the chain froze a result that is not there any more.") % {"number": entry.number}
    return None


def _fault(round: Round, result: RoundResult, entry: AuditEntry | None, rule: Rule) -> str | None:
    """What is wrong with one round's frozen result, with a place for the round's name."""
    if entry is None:
        return _("The hash of %(round)s stands in no entry of the chain.")
    if result.hashed is not None and sha256_of(result.hashed) != result.digest:
        return _("What was hashed of %(round)s is not what its hash was made of.")
    if sha256_of(_facts_today(round, rule)) != result.digest:
        return _("The results of %(round)s are not those that were hashed.")
    if "judged_sha256" in entry.detail and sha256_of(judged_facts(result)) != entry.detail["judged_sha256"]:
        return _("The rule by which %(round)s was judged is not the one that was frozen.")
    receipts = list(Commitment.objects.filter(round=round).order_by("digest").values_list("digest", flat=True))
    if "receipts_sha256" in entry.detail and sha256_of(sorted(receipts)) != entry.detail["receipts_sha256"]:
        return _("The receipts of %(round)s are not those that were frozen.")
    if result.submitted != entry.detail.get("submitted", result.submitted) or len(receipts) > result.submitted:
        return _("The number of sheets of %(round)s is not what was frozen.")
    return None


def _facts_today(round: Round, rule: Rule) -> list[object]:
    results = Result.objects.filter(asked__round=round).select_related("asked").order_by("asked__number")
    surveys = SurveyResult.objects.filter(vignette__round=round).select_related("vignette")
    return hashed_facts(round, list(results), list(surveys.order_by("vignette__number")), rule)
