"""What a sheet still lacks of a vignette's options, and about how long that takes. Texts are never asked for."""

from collections.abc import Collection
from math import ceil

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.rounds.models import AskedVignette
from surveys.rounds.queries import Survey
from surveys.sheets.preferences import (
    AGAINST,
    KEEP,
    LIKELIHOOD,
    RANKING,
    TOP,
    Preferences,
    VignetteAnswers,
    answers_to,
)

STRUCTURED = (LIKELIHOOD, RANKING, TOP, AGAINST)
SECONDS_AN_OPTION = {LIKELIHOOD: 6, RANKING: 8, TOP: 2, AGAINST: 2}
SECONDS_TO_READ = 60
SECONDS_TO_REVISE = 90


def gaps_of(survey: Survey, preferences: Preferences, vignette: AskedVignette) -> list[str]:
    """What is missing about the options of this vignette, in sentences; empty where it is answered or abstained."""
    base = survey.base_of(vignette)
    answers = answers_to(preferences, vignette.number, base)
    if answers.abstained:
        return []
    if not any(question in survey.questions for question in STRUCTURED):
        return []
    if base and not preferences.get(f"v{vignette.number}-{KEEP}"):
        return [_("Keep your answers for the base case, or revise them.")]
    found = _gaps_in(survey, answers)
    if found and answers.kept:
        return [_("You keep your answers for the base case, and those are not complete.")]
    return found


def _gaps_in(survey: Survey, answers: VignetteAnswers) -> list[str]:
    total, asked, found = len(survey.options), survey.questions, []
    without = total - len(answers.likelihood)
    if LIKELIHOOD in asked and without:
        text = ngettext(
            "%(n)d of %(total)d options has no answer to how likely you would recommend it.",
            "%(n)d of %(total)d options have no answer to how likely you would recommend them.",
            without,
        )
        found.append(text % {"n": without, "total": total})
    if RANKING in asked and len(answers.ranking) < total:
        text = _("%(n)d of %(total)d ranked; an incomplete ranking is not counted.")
        found.append(text % {"n": len(answers.ranking), "total": total})
    if TOP in asked and len(answers.top) < survey.top_least:
        text = ngettext(
            "%(n)d of at least %(least)d top choice.", "%(n)d of at least %(least)d top choices.", survey.top_least
        )
        found.append(text % {"n": len(answers.top), "least": survey.top_least})
    if AGAINST in asked and answers.against is None:
        found.append(_("Nothing is said of what you would not recommend; choose options or “None of these”."))
    return found


def minutes_for(survey: Survey, left: Collection[AskedVignette]) -> int:
    """About how many minutes the options of these vignettes take; a variation that may be kept is soon answered."""
    whole = SECONDS_TO_READ + len(survey.options) * sum(SECONDS_AN_OPTION.get(name, 0) for name in survey.questions)
    seconds = sum(SECONDS_TO_REVISE if survey.base_of(vignette) else whole for vignette in left)
    return ceil(seconds / 60)
