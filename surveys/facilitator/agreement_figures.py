"""The fold on a closed round's page about how far the panel agreed over all its statements, in figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.facilitator.readings import Figure
from surveys.feedback.agreement import COMPLETE_FROM, STATEMENTS_FROM
from surveys.pages.drawing import two_places


@dataclass(frozen=True)
class AgreementOnPage:
    """Figures of those who rated every statement, and of all ratings. `withheld` says why there are none."""

    of_complete: tuple[Figure, ...] = ()
    of_all: tuple[Figure, ...] = ()
    complete_words: str = ""
    withheld: str = ""


def agreement_on_page(found: Mapping[str, Any] | None, statements: int, least_answers: int) -> AgreementOnPage:
    """The agreement of the panel in a round with so many statements; `found` is what may be shown of it."""
    if found is None:
        return AgreementOnPage(withheld=_why_none(statements))
    return AgreementOnPage(
        _of_complete(found), _of_all(found), _complete_words(found["complete_raters"], least_answers)
    )


def _why_none(statements: int) -> str:
    if statements < 2:
        return _("Agreement over statements takes two of them or more.")
    return _(
        "Not shown: the counts or the spread of a statement of this round are kept back, and these figures would tell "
        "of them; or the round was frozen by an earlier version, which did not compute them."
    )


def _complete_words(raters: int | None, least_answers: int) -> str:
    if raters is None:
        text = _(
            "Kendall's W and the intraclass correlations are not shown. They take %(statements)d statements or more, "
            "and %(complete)d panelists or more who rated all of them; those others who rated a statement must be "
            "nobody, or at least %(least)d; and an earlier round that shows these figures must not have one such "
            "panelist more or fewer. Else they could tell how one person rated."
        )
        complete = max(COMPLETE_FROM, least_answers)
        return text % {"statements": STATEMENTS_FROM, "complete": complete, "least": least_answers}
    text = ngettext(
        "Of the %(n)d panelist who rated every statement:",
        "Of the %(n)d panelists who rated every statement:",
        raters,
    )
    return text % {"n": raters}


def _of_complete(found: Mapping[str, Any]) -> tuple[Figure, ...]:
    if found["complete_raters"] is None:
        return ()
    return _figures(
        (_("Kendall's W, corrected for ties"), found["kendalls_w"]),
        (_("Intraclass correlation, two-way, agreement, of a single rating"), found["icc_agreement_single"]),
        (_("Intraclass correlation, two-way, agreement, of the mean"), found["icc_agreement_average"]),
        (_("Intraclass correlation, two-way, consistency, of a single rating"), found["icc_consistency_single"]),
        (_("Intraclass correlation, two-way, consistency, of the mean"), found["icc_consistency_average"]),
    )


def _of_all(found: Mapping[str, Any]) -> tuple[Figure, ...]:
    alpha = found["krippendorff_alpha"]
    return _figures(
        (_("Krippendorff's alpha, nominal"), alpha["nominal"]),
        (_("Krippendorff's alpha, ordinal"), alpha["ordinal"]),
        (_("Krippendorff's alpha, interval"), alpha["interval"]),
        (_("Gwet's AC1"), found["gwet_ac1"]),
        (_("Gwet's AC2, linear weights"), found["gwet_ac2_linear"]),
        (_("Gwet's AC2, quadratic weights"), found["gwet_ac2_quadratic"]),
    )


def _figures(*named: tuple[str, float | None]) -> tuple[Figure, ...]:
    return tuple(Figure(name, _("not defined") if value is None else _signed(value)) for name, value in named)


def _signed(value: float) -> str:
    return two_places(value).replace("-", "−")
