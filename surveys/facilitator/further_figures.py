"""The statistics that stand behind a fold on a statement's page: of its last ratings, and of how these moved."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from surveys.consensus import Rule, round_half_up
from surveys.consensus.built_in import agreeing_band
from surveys.facilitator.readings import Figure
from surveys.feedback.queries import Moves, StatementResult
from surveys.feedback.thresholds import SPREAD_FROM
from surveys.pages.drawing import exact, two_places
from surveys.pages.shares import percent_words
from surveys.rounds.models import Round

P_PLACES = 3
SMALLEST_P = Fraction(1, 1000)


@dataclass(frozen=True)
class StabilityOnPage:
    """How the ratings of the same people moved, in figures; `withheld` says why some or all are not shown."""

    figures: tuple[Figure, ...] = ()
    withheld: str = ""


def further_figures(result: StatementResult) -> tuple[Figure, ...]:
    """The further statistics of a result by their full names, those that are shown and defined; none else."""
    shown, of_type = result.shown, {"type": result.rule.quantile}
    found = (
        (_("Interpercentile range, 30th to 70th (IPR), quantiles of type %(type)d") % of_type, shown.ipr),
        (_("Interpercentile range adjusted for symmetry (IPRAS), quantiles of type %(type)d") % of_type, shown.ipras),
        (_("Disagreement index, IPR divided by IPRAS"), shown.disagreement_index),
        (_("Coefficient of variation, SD divided by mean"), shown.cv),
        (_("Mean absolute deviation from the median"), shown.mad_median),
        (_("Consensus of Tastle and Wierman, from 0 to 1"), shown.tastle_wierman),
    )
    return tuple(Figure(name, two_places(value)) for name, value in found if value is not None)


def stability_figures(result: StatementResult, before: Round | None) -> StabilityOnPage:
    """How the last ratings moved since the round `before`; nothing where the statement was rated once."""
    moves = result.moves
    if before is None or result.shown.is_hidden:
        return StabilityOnPage()
    if moves is None:
        return StabilityOnPage(
            withheld=_(
                "How ratings moved is not shown: too few rated in both rounds, or it would tell what one person rated, "
                "or the wording changed so much that the ratings do not compare."
            )
        )
    return StabilityOnPage(_of_pairs(moves) + _of_statistics(moves, result.rule), _why_no_statistics(moves))


def _of_pairs(moves: Moves) -> tuple[Figure, ...]:
    shares = [(_("Rated in both rounds"), str(moves.paired))]
    shares.append((_("Changed their rating"), _share(moves.raised + moves.lowered, moves.paired)))
    if moves.moved_band is not None:
        shares.append(
            (_("Moved to another third of the scale (1–3, 4–6, 7–9)"), _share(moves.moved_band, moves.paired))
        )
    return tuple(Figure(name, value) for name, value in shares)


def _share(count: int, of: int) -> str:
    words = {"share": percent_words(Fraction(count, of)), "count": count, "of": of}
    return _("%(share)s (%(count)d of %(of)d)") % words


def _of_statistics(moves: Moves, rule: Rule) -> tuple[Figure, ...]:
    if not moves.stability:
        return ()
    low, high = agreeing_band(rule)
    mcnemar = _("McNemar test of ratings from %(low)d to %(high)d, exact p") % {"low": low, "high": high}
    named: tuple[tuple[str, str, Callable[[float], str]], ...] = (
        ("scheibe", _("Net change of the distribution (Scheibe)"), lambda value: percent_words(exact(value))),
        ("weighted_kappa", _("Weighted kappa, quadratic weights"), two_places),
        ("wilcoxon_p", _("Wilcoxon signed-rank test, two-sided p"), p_words),
        ("mcnemar_p", mcnemar, p_words),
        ("cv_change", _("Change of the coefficient of variation"), _signed),
    )
    found = [(name, moves.stability.get(key), say) for key, name, say in named]
    return tuple(Figure(name, _("not defined") if value is None else say(value)) for name, value, say in found)


def p_words(value: float) -> str:
    """A p value to three decimals, or "below 0.001"."""
    if exact(value) < SMALLEST_P:
        return _("below %(least)s") % {"least": round_half_up(SMALLEST_P, P_PLACES)}
    return round_half_up(exact(value), P_PLACES)


def _signed(value: float) -> str:
    words = two_places(abs(value))
    if not float(words):
        return words
    return f"+{words}" if value > 0 else f"−{words}"


def _why_no_statistics(moves: Moves) -> str:
    if moves.stability:
        return ""
    if moves.paired < SPREAD_FROM:
        return _("Fewer than %(least)d rated in both rounds, so no further statistics are shown.") % {
            "least": SPREAD_FROM
        }
    if moves.bands is None:
        return _("Further statistics would tell what the few rated who joined or left, and are not shown.")
    return _("Further statistics were not kept when this round was frozen.")
