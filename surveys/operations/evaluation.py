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
    """What the rule says of every statement of one round; `round` is None where there are none."""

    rule: Rule
    rule_name: str
    round: int | None
    statements: tuple[StatementEvaluation, ...]
    agreement: Agreement


def evaluate_ratings(ratings: Ratings, rule_name: str, round_number: int | None = None) -> Evaluation:
    """Judge one round of the ratings, the one given or else the last in the file, by a named rule.

    Panelists with no row in that round do not belong to it; those with a row for some statements
    are missing for the others. Raises InputFault where the round is not in the file.
    """
    rule = NAMED_RULES[rule_name]
    number, cells = _one_round(ratings, round_number)
    asked = np.unique(cells.statement)
    statement = np.searchsorted(asked, cells.statement)
    counts = _counts(statement, cells.rating, len(asked), rule.scale)
    abstained = np.bincount(statement[cells.rating == ABSTAINED], minlength=len(asked))
    panelists = len(np.unique(cells.panelist))
    evaluations = []
    for index, row in enumerate(counts):
        given = [int(count) for count in row]
        left = int(abstained[index])
        verdict = assess_counts(given, rule, abstained=left, missing=panelists - sum(given) - left)
        text = ratings.statements[asked[index]]
        evaluations.append(StatementEvaluation(text, summarize(given, rule.scale), verdict))
    agreement = _agreement(statement, cells, len(asked), rule.scale)
    return Evaluation(rule, rule_name, number, tuple(evaluations), agreement)


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


def _counts(statement: Codes, rating: Codes, statements: int, scale: Scale) -> Codes:
    """Return a row of counts for each statement."""
    usable = rating >= scale.low
    cell = statement[usable] * scale.size + rating[usable] - scale.low
    return np.bincount(cell, minlength=statements * scale.size).reshape(statements, scale.size)


def _agreement(statement: Codes, cells: Ratings, statements: int, scale: Scale) -> Agreement:
    usable = cells.rating >= scale.low
    _, panelist, given = np.unique(cells.panelist[usable], return_inverse=True, return_counts=True)
    complete = given == statements
    raters = int(complete.sum())
    of_complete = complete[panelist]
    table = np.zeros((raters, statements), dtype=np.int64)
    position = np.cumsum(complete) - 1
    table[position[panelist[of_complete]], statement[usable][of_complete]] = cells.rating[usable][of_complete]
    return Agreement(raters, kendalls_w(table))


def _listed(numbers: Iterable[int]) -> str:
    texts = [str(number) for number in numbers]
    if len(texts) == 1:
        return f"round {texts[0]} only"
    return f"rounds {', '.join(texts[:-1])} and {texts[-1]}"
