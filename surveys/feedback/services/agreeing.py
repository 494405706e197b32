"""Agreement of the panel over all statements of a round: a few figures, kept where the counts of all are shown."""

from collections.abc import Iterable, Sequence
from typing import Any

from surveys.consensus import CompleteRaters, concordance_of, gwet_ac, intraclass_of, krippendorff_alpha
from surveys.feedback.agreement import as_shown
from surveys.feedback.models import Result
from surveys.feedback.thresholds import SPREAD_FROM

PLACES = 4
"""Figures that follow from the counts, which are shown, are kept to so many decimals; the others to fewer."""


def agreement_of(
    results: Sequence[Result], complete: CompleteRaters | None, *, least_answers: int, earlier: Iterable[int] = ()
) -> dict[str, Any] | None:
    """Return the figures of agreement as JSON; None where the counts or the spread of any statement are hidden.

    Kendall's W and the intraclass correlations are those of the `complete_raters`, who rated every statement, and null
    where `feedback.agreement` hides them; `earlier` are the complete raters of earlier rounds, where they are told. The
    others are of the counts alone.
    """
    least = max(SPREAD_FROM, least_answers)
    if len(results) < 2 or any(sum(one.counts) < least or one.one_joined_or_left for one in results):
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
    kept = {name: _rounded(figure) for name, figure in figures.items()}
    return as_shown(kept, [sum(one) for one in counts], least_answers, earlier)


def _of_complete_raters(complete: CompleteRaters | None) -> dict[str, Any]:
    w, icc = (concordance_of(complete), intraclass_of(complete)) if complete else (None, None)
    return {
        "complete_raters": complete.raters if complete else None,
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
