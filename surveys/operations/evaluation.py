"""Judging a file of ratings by a consensus rule, without a database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from surveys.consensus import (
    Rule,
    Stability,
    Summary,
    Verdict,
    gwet_ac,
    intraclass,
    judge,
    kendalls_w,
    krippendorff_alpha,
    rule_in_round,
    stability,
    summarize,
)
from surveys.consensus.built_in import agreeing_band
from surveys.consensus.chance_corrected import AlphaLevel
from surveys.consensus.location import QuantileType
from surveys.consensus.rules import Band
from surveys.operations.ratings import Codes, InputFault, Ratings
from surveys.operations.ratings.counting import (
    complete_table,
    in_round,
    paired_with_earlier,
    tallies_of,
    without_group,
)

LEVELS: tuple[AlphaLevel, ...] = ("nominal", "ordinal", "interval")


@dataclass(frozen=True)
class NamedRule:
    """A rule with the name by which it was asked for, and the type of quantiles that statistics are given in.

    `band` is the one that was chosen for it, None where none was.
    """

    name: str
    rule: Rule
    quantile: QuantileType
    band: Band | None = None


@dataclass(frozen=True)
class StatementEvaluation:
    """One statement of the judged round: its text, summary and verdict.

    `stability` compares with the round `earlier`, the last before that asked the statement; None where none did.
    """

    statement: str
    summary: Summary
    verdict: Verdict
    earlier: int | None = None
    stability: Stability | None = None


@dataclass(frozen=True)
class Agreement:
    """Agreement over all statements; what is undefined is None.

    Kendall's W and the intraclass correlations, of one panelist's ratings and of the average, are those of the
    panelists who rated every statement. Krippendorff's alpha by level and Gwet's coefficients take all ratings.
    """

    complete_raters: int
    kendalls_w: float | None
    icc_agreement_single: float | None
    icc_agreement_average: float | None
    icc_consistency_single: float | None
    icc_consistency_average: float | None
    krippendorff_alpha: Mapping[str, float | None]
    gwet_ac1: float | None
    gwet_ac2_linear: float | None
    gwet_ac2_quadratic: float | None


@dataclass(frozen=True)
class Evaluation:
    """What the rule says of every statement of one round; `round` is None where there are none.

    `has_earlier` says that the file has an earlier round; `left_out` names the columns of the file that were not read
    as statements.
    """

    asked_for: NamedRule
    round: int | None
    statements: tuple[StatementEvaluation, ...]
    agreement: Agreement
    has_earlier: bool
    left_out: tuple[str, ...]


def evaluate_ratings(ratings: Ratings, asked_for: NamedRule, round_number: int | None = None) -> Evaluation:
    """Judge one round of the ratings, the one given or else the last in the file.

    Panelists with no row in that round do not belong to it; those with a row for some statements are missing for the
    others. Thresholds by round follow the number in the file. Raises InputFault where the round is not in the file,
    and where the rule judges groups and a panelist is in none.
    """
    rule = asked_for.rule
    number = _number(ratings, round_number)
    cells = ratings if number is None else in_round(ratings, number)
    _check_groups(cells, rule)
    tallies = tallies_of(cells, rule.scale, by_group=rule.asks_groups)
    resolved = rule_in_round(rule, number or 1, list(tallies.values()))
    paired = {} if number is None else paired_with_earlier(ratings, number, rule.scale)
    agreeing = asked_for.band or agreeing_band(rule)
    evaluations = []
    for statement, tally in tallies.items():
        pair = paired.get(statement)
        evaluations.append(
            StatementEvaluation(
                statement=ratings.statements[statement],
                summary=summarize(tally.counts, rule.scale, asked_for.quantile),
                verdict=judge(tally, resolved),
                earlier=pair.earlier if pair else None,
                stability=stability(pair.matrix, rule.scale, agreeing) if pair else None,
            )
        )
    return Evaluation(
        asked_for=asked_for,
        round=number,
        statements=tuple(evaluations),
        agreement=_agreement(complete_table(cells, rule.scale), [tally.counts for tally in tallies.values()]),
        has_earlier=number is not None and min(ratings.rounds) < number,
        left_out=ratings.left_out,
    )


def _number(ratings: Ratings, wanted: int | None) -> int | None:
    present = sorted(ratings.rounds)
    if wanted is not None and not present:
        raise InputFault(f'Round {wanted} cannot be chosen: the file has no column "round".')
    if wanted is not None and wanted not in present:
        raise InputFault(f"There is no round {wanted} in the file; it has {_listed(present)}.")
    return wanted or (present[-1] if present else None)


def _check_groups(cells: Ratings, rule: Rule) -> None:
    if not rule.asks_groups:
        return
    if cells.group is None:
        raise InputFault('The rule judges groups, and the file has no column "group".')
    lost = without_group(cells)
    if lost:
        who = "1 panelist" if lost == 1 else f"{lost} panelists"
        raise InputFault(f'The rule judges groups, and the column "group" is empty for {who} of the round.')


def _agreement(table: Codes, counts: Sequence[Sequence[int]]) -> Agreement:
    icc = intraclass(table)
    return Agreement(
        complete_raters=len(table),
        kendalls_w=kendalls_w(table),
        icc_agreement_single=icc.agreement if icc else None,
        icc_agreement_average=icc.agreement_of_means if icc else None,
        icc_consistency_single=icc.consistency if icc else None,
        icc_consistency_average=icc.consistency_of_means if icc else None,
        krippendorff_alpha={level: krippendorff_alpha(counts, level) for level in LEVELS},
        gwet_ac1=gwet_ac(counts),
        gwet_ac2_linear=gwet_ac(counts, "linear"),
        gwet_ac2_quadratic=gwet_ac(counts, "quadratic"),
    )


def _listed(numbers: Iterable[int]) -> str:
    texts = [str(number) for number in numbers]
    if len(texts) == 1:
        return f"round {texts[0]} only"
    return f"rounds {', '.join(texts[:-1])} and {texts[-1]}"
