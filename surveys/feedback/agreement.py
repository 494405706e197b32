"""Agreement over all statements of a closed round as everybody may see it; the same in pages and exports.

Kendall's W and the intraclass correlations are of those who rated every statement, and hang on how each one's ratings
go together, of which counts say nothing. So they need more than figures that follow from the counts.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from surveys.feedback.models import Result, RoundResult
from surveys.studies.models import Study

COMPLETE_FROM = 12
STATEMENTS_FROM = 5
PLACES_OF_COMPLETE = 2
"""With fewer raters, fewer statements or more decimals, who knows their own row and one rating of somebody else's tells
the other's further ratings too often; tests/attacks/test_agreement.py counts it."""

OF_COMPLETE = (
    "complete_raters", "kendalls_w", "icc_agreement_single", "icc_agreement_average", "icc_consistency_single",
    "icc_consistency_average",
)  # fmt: skip


def may_tell_of_complete(complete: int, rated: Sequence[int], least_answers: int, earlier: Iterable[int]) -> bool:
    """Whether figures of the `complete` raters of a round may be shown; `rated` says how many rated each statement.

    Those of a statement's raters who left out another one are what a subtraction from its counts leaves: they must be
    nobody or k. `earlier` are the complete raters of earlier rounds whose figures are shown: two sets of people that
    differ by exactly one person differ by one in number.
    """
    if complete < max(COMPLETE_FROM, least_answers) or len(rated) < STATEMENTS_FROM:
        return False
    if any(0 < raters - complete < least_answers for raters in rated):
        return False
    return all(abs(complete - before) != 1 for before in earlier)


def as_shown(
    agreement: Mapping[str, Any] | None, rated: Sequence[int], least_answers: int, earlier: Iterable[int]
) -> dict[str, Any] | None:
    """Figures of agreement under the thresholds, named as `services.agreeing` names them; None where there are none.

    Of an earlier version's figures, which had more decimals and fewer thresholds, no more is shown than of today's.
    """
    if agreement is None:
        return None
    complete = agreement["complete_raters"]
    may_tell = complete is not None and may_tell_of_complete(complete, rated, least_answers, earlier)
    return {**agreement, **{name: _rounded(agreement[name]) if may_tell else None for name in OF_COMPLETE}}


def _rounded(figure: Any) -> Any:
    return round(figure, PLACES_OF_COMPLETE) if isinstance(figure, float) else figure


def shown_agreements(study: Study) -> dict[uuid.UUID, dict[str, Any] | None]:
    """The agreement in each frozen round of a study, by round id, in order; None where it is not shown. Two queries."""
    rated: dict[uuid.UUID, list[int]] = defaultdict(list)
    counts = Result.objects.filter(asked__round__study=study).order_by("asked__round__number", "asked__number")
    for round_id, of_statement in counts.values_list("asked__round_id", "counts"):
        rated[round_id].append(sum(of_statement))
    frozen = RoundResult.objects.filter(round__study=study).order_by("round__number")
    found: dict[uuid.UUID, dict[str, Any] | None] = {}
    for round_id, agreement in frozen.values_list("round_id", "agreement"):
        earlier = complete_in(found.values())
        found[round_id] = as_shown(agreement, rated[round_id], study.protocol.least_answers, earlier)
    return found


def complete_in(agreements: Iterable[Mapping[str, Any] | None]) -> list[int]:
    """How many rated every statement, in each round that tells it."""
    return [one["complete_raters"] for one in agreements if one and one["complete_raters"] is not None]
