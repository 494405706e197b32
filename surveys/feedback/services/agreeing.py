"""Agreement of the panel over all statements of a round: a few figures, kept where the counts of all are shown."""

from collections.abc import Sequence
from typing import Any

from surveys.consensus import CompleteRaters, concordance_of, gwet_ac, intraclass_of, krippendorff_alpha
from surveys.feedback.models import Result
from surveys.feedback.thresholds import SPREAD_FROM

PLACES = 4
"""Figures are kept to so many decimals: that is what papers print, and more could be turned into equations."""


def agreement_of(results: Sequence[Result], complete: CompleteRaters | None) -> dict[str, Any] | None:
    """Return the figures of agreement as JSON; None where the counts or the spread of any statement are hidden.

    Kendall's W and the intraclass correlations are those of the `complete_raters`, who rated every statement, and null
    where these are fewer than figures of spread need; the others are of all ratings.
    """
    if len(results) < 2 or any(sum(one.counts) < SPREAD_FROM or one.one_joined_or_left for one in results):
        return None
    counts = [one.counts for one in results]
    figures = {
        **_of_complete_raters(complete),
        "krippendorff_alpha": {
            "nominal": krippendorff_alpha(counts, "nominal"),
            "ordinal": krippendorff_alpha(counts, "ordinal"),
            "interval": krippendorff_alpha(counts, "interval"),
        },
        "gwet_ac1": gwet_ac(counts, "identity"),
        "gwet_ac2_linear": gwet_ac(counts, "linear"),
        "gwet_ac2_quadratic": gwet_ac(counts, "quadratic"),
    }
    return {name: _rounded(figure) for name, figure in figures.items()}


def _of_complete_raters(complete: CompleteRaters | None) -> dict[str, Any]:
    enough = complete if complete and complete.raters >= SPREAD_FROM else None
    w, icc = (concordance_of(enough), intraclass_of(enough)) if enough else (None, None)
    return {
        "complete_raters": enough.raters if enough else None,
        "kendalls_w": w.w if w else None,
        "icc_agreement_single": icc.agreement if icc else None,
        "icc_agreement_average": icc.agreement_of_means if icc else None,
        "icc_consistency_single": icc.consistency if icc else None,
        "icc_consistency_average": icc.consistency_of_means if icc else None,
    }


def _rounded(figure: Any) -> Any:
    if isinstance(figure, dict):
        return {name: _rounded(value) for name, value in figure.items()}
    return round(figure, PLACES) if isinstance(figure, float) else figure
