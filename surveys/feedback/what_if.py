"""What if: frozen results judged by other rules than the one that was locked. Always post hoc; it decides nothing.

Only what is shown anyway is judged: of a statement whose counts are kept back, another rule's clauses would tell them.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.consensus import NAMED_RULES, Rule, Tally, Verdict, judge, rule_in_round
from surveys.feedback.queries import StatementResult
from surveys.rounds.models import Round


@dataclass(frozen=True)
class OtherJudgement:
    """A rule as it would have judged a round: by asked statement, None where the counts are not shown."""

    name: str
    rule: Rule
    verdicts: Mapping[uuid.UUID, Verdict | None]

    @property
    def agreed(self) -> int:
        """How many statements would be in."""
        return sum(verdict is not None and verdict.consensus is True for verdict in self.verdicts.values())


def judge_otherwise(name: str, rule: Rule, round: Round, results: Sequence[StatementResult]) -> OtherJudgement:
    """Judge the frozen results of one round by another rule.

    Where a threshold hangs on all statements of the round, none is judged unless the counts of all are shown.
    """
    tallies = {result.asked.pk: _tally(result) for result in results}
    known = [tally for tally in tallies.values() if tally is not None]
    if rule.hangs_on_all and len(known) < len(tallies):
        return OtherJudgement(name, rule, dict.fromkeys(tallies))
    resolved = rule_in_round(rule, round.kind_number, known)
    return OtherJudgement(
        name, resolved, {pk: None if tally is None else judge(tally, resolved) for pk, tally in tallies.items()}
    )


def sensitivity(round: Round, results: Sequence[StatementResult]) -> list[OtherJudgement]:
    """The verdicts of all built-in rules, a row a rule, on the frozen results of one round."""
    return [judge_otherwise(name, rule, round, results) for name, rule in NAMED_RULES.items()]


def _tally(result: StatementResult) -> Tally | None:
    seen = result.shown
    if seen.counts is None or seen.abstained is None or seen.missing is None:
        return None
    groups = {
        one.group: None if one.counts is None else Tally(one.counts, one.abstained, one.missing)
        for one in result.groups
    }
    if seen.n != sum(one.n for one in result.groups):
        groups[_("groups that are not shown")] = None
    return Tally(seen.counts, seen.abstained, seen.missing, result.asked.round.result.invited, groups)
