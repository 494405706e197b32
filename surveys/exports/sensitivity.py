"""What other rules would have said of frozen results, for files. Always post hoc; it decides nothing."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from surveys.consensus import rule_sentence
from surveys.exports.deviations import rule_facts
from surveys.exports.rows import RoundExport, StudyExport
from surveys.feedback.what_if import OtherJudgement, sensitivity


def post_hoc() -> str:
    """What must be said beside every such verdict."""
    return _("Post hoc: what other rules would have said of the same ratings. The rule of the protocol decides.")


def what_if_facts(export: StudyExport) -> dict[str, Any]:
    """Of each round with statements the built-in rules, with an outcome for each of its statements in their order.

    An outcome is None where the counts by which it would be judged are hidden.
    """
    return {"label": post_hoc(), "rounds": [_round(one) for one in export.rounds if one.results]}


def _round(one: RoundExport) -> dict[str, Any]:
    rules = [
        {"name": other.name, **rule_facts(other.rule), "outcomes": _outcomes(other, one)}
        for other in sensitivity(one.round, one.results)
    ]
    return {"number": one.round.number, "rules": rules}


def _outcomes(other: OtherJudgement, one: RoundExport) -> list[str | None]:
    verdicts = [other.verdicts[result.asked.pk] for result in one.results]
    return [None if verdict is None else str(verdict.outcome) for verdict in verdicts]


def sensitivity_headings() -> list[str]:
    """The columns of `sensitivity_cells`."""
    return ["round", "statement_number", "vignette", "statement", "rule", "rule_in_words", "outcome", "note"]


def sensitivity_cells(export: StudyExport) -> Iterator[list[str | int | None]]:
    """One row for each statement of a round and each built-in rule, in order. Suppressed is None."""
    note = " ".join([post_hoc(), *export.notes])
    for one in export.rounds:
        others = [(other, _outcomes(other, one)) for other in sensitivity(one.round, one.results)]
        for place, result in enumerate(one.results):
            asked = result.asked
            of: list[str | int | None] = [one.round.number, asked.number, asked.vignette.title, asked.text]
            for other, outcomes in others:
                yield [*of, other.name, rule_sentence(other.rule), outcomes[place], note]
