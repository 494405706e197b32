"""Judging a file of ratings by a consensus rule, without a database."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from surveys.consensus import (
    NAMED_RULES,
    Rule,
    Scale,
    Summary,
    Verdict,
    assess_counts,
    kendalls_w,
    summarize,
)
from surveys.operations.ratings import ABSTAINED, Codes, InputFault, Ratings


@dataclass(frozen=True)
class StatementEvaluation:
    """One statement of the judged round: its text, summary and verdict."""

    statement: str
    summary: Summary
    verdict: Verdict


@dataclass(frozen=True)
class Agreement:
    """Agreement over all statements, of the panelists who rated every one of them."""

    complete_raters: int
    kendalls_w: float | None


@dataclass(frozen=True)
class Evaluation:
    """What the rule says of every statement of one round; `round` is None where there are none.

    `left_out` names the columns of the file that were not read as statements.
    """

    rule: Rule
    rule_name: str
    round: int | None
    statements: tuple[StatementEvaluation, ...]
    agreement: Agreement
    left_out: tuple[str, ...] = ()


def evaluate_ratings(ratings: Ratings, rule_name: str, round_number: int | None = None) -> Evaluation:
    """Judge one round of the ratings, the one given or else the last in the file, by a named rule.

    Panelists with no row in that round do not belong to it; those with a row for some statements
    are missing for the others. Raises InputFault where the round is not in the file.
    """
    rule = NAMED_RULES[rule_name]
    number, cells = _one_round(ratings, round_number)
    asked = np.flatnonzero(np.bincount(cells.statement))
    counts = _counts(cells, rule.scale)
    abstained = np.bincount(cells.statement[cells.rating == ABSTAINED], minlength=len(ratings.statements))
    panelists = int(np.count_nonzero(np.bincount(cells.panelist)))
    evaluations = []
    for index in asked:
        given = [int(count) for count in counts[index]]
        left = int(abstained[index])
        verdict = assess_counts(given, rule, abstained=left, missing=panelists - sum(given) - left)
        text = ratings.statements[index]
        evaluations.append(StatementEvaluation(text, summarize(given, rule.scale), verdict))
    agreement = _agreement(cells, asked, rule.scale)
    return Evaluation(rule, rule_name, number, tuple(evaluations), agreement, ratings.left_out)


def _one_round(ratings: Ratings, wanted: int | None) -> tuple[int | None, Ratings]:
    if ratings.rounds is None:
        if wanted is not None:
            raise InputFault(f'Round {wanted} cannot be chosen: the file has no column "round".')
        return None, ratings
    present = [int(number) for number in np.unique(ratings.rounds)]
    if wanted is not None and wanted not in present:
        raise InputFault(f"There is no round {wanted} in the file; it has {_listed(present)}.")
    number = present[-1] if wanted is None else wanted
    chosen = ratings.rounds == number
    return number, Ratings(
        statements=ratings.statements,
        statement=ratings.statement[chosen],
        panelist=ratings.panelist[chosen],
        rating=ratings.rating[chosen],
        rounds=None,
    )


def _counts(cells: Ratings, scale: Scale) -> Codes:
    """Return a row of counts for each statement of the file."""
    usable = cells.rating >= scale.low
    place = cells.statement[usable] * np.int64(scale.size) + cells.rating[usable] - scale.low
    counts = np.bincount(place, minlength=len(cells.statements) * scale.size)
    return counts.reshape(len(cells.statements), scale.size)


def _agreement(cells: Ratings, asked: Codes, scale: Scale) -> Agreement:
    table = _complete(cells, asked, scale)
    return Agreement(len(table), kendalls_w(table))


def _complete(cells: Ratings, asked: Codes, scale: Scale) -> Codes:
    """Return the ratings of those who rated every statement asked: a row a panelist, a column a statement."""
    usable = cells.rating >= scale.low
    complete = np.bincount(cells.panelist[usable], minlength=1) == len(asked)
    chosen = usable & complete[np.minimum(cells.panelist, len(complete) - 1)]
    row, column = np.cumsum(complete) - 1, np.zeros(len(cells.statements), dtype=np.int32)
    column[asked] = np.arange(len(asked))
    table = np.zeros((int(complete.sum()), len(asked)), dtype=cells.rating.dtype)
    table[row[cells.panelist[chosen]], column[cells.statement[chosen]]] = cells.rating[chosen]
    return table


def _listed(numbers: Iterable[int]) -> str:
    texts = [str(number) for number in numbers]
    if len(texts) == 1:
        return f"round {texts[0]} only"
    return f"rounds {', '.join(texts[:-1])} and {texts[-1]}"
