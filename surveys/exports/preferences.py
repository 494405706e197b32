"""What a round found out about options, for files: a vignette's figures and each option's; None where hidden."""

from typing import Any

from surveys.exports.rows import exact_number
from surveys.feedback.survey_results import VignetteResult
from surveys.feedback.thresholds import ShownOption
from surveys.rounds.models import AskedOption, Round

# In the order of files. What is hidden is named in `suppressed`.
VIGNETTE_FIGURES = ("n", "abstained", "missing", "kept", "ranked", "topped", "kendalls_w")
OPTION_FIGURES = ("levels", "likely", "mean_rank", "median_rank", "top", "against")

_ASKED_BY = {
    "ranked": Round.Question.RANKING,
    "topped": Round.Question.TOP,
    "kendalls_w": Round.Question.RANKING,
    "levels": Round.Question.LIKELIHOOD,
    "likely": Round.Question.LIKELIHOOD,
    "mean_rank": Round.Question.RANKING,
    "median_rank": Round.Question.RANKING,
    "top": Round.Question.TOP,
    "against": Round.Question.AGAINST,
}


def vignette_facts(result: VignetteResult) -> dict[str, Any]:
    """A vignette's figures by name, unrounded; shares are of 1. What the round did not ask is None as well."""
    asked = [name for name in VIGNETTE_FIGURES if _is_asked(result, name)]
    figures = {name: exact_number(getattr(result.shown, name)) if name in asked else None for name in VIGNETTE_FIGURES}
    return {**figures, "suppressed": _suppressed(result)}


def options_of_result(result: VignetteResult) -> list[tuple[AskedOption, dict[str, Any]]]:
    """Each option as it was asked, with its figures by name; `levels` are counts, "definitely" first."""
    rows = result.rows or [(option, ShownOption(option.number)) for option in result.options]
    return [(option, _option_facts(shown)) for option, shown in rows]


def _option_facts(shown: ShownOption) -> dict[str, Any]:
    figures = {name: exact_number(getattr(shown, name)) for name in OPTION_FIGURES if name != "levels"}
    return {"levels": None if shown.levels is None else list(shown.levels), **figures}


def _is_asked(result: VignetteResult, name: str) -> bool:
    if name == "kept":
        return result.round.keeps_base and not result.vignette.is_base
    return name not in _ASKED_BY or _ASKED_BY[name] in result.round.questions


def _suppressed(result: VignetteResult) -> list[str]:
    """The figures that the round asked for and that too few gave; an option's where it is hidden for any of them."""
    hidden = {name for name in VIGNETTE_FIGURES if getattr(result.shown, name) is None}
    for _option, facts in options_of_result(result):
        hidden |= {name for name in OPTION_FIGURES if facts[name] is None}
    return [name for name in (*VIGNETTE_FIGURES, *OPTION_FIGURES) if name in hidden and _is_asked(result, name)]
