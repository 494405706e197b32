"""What is written of a round's counts: a result a statement, judged by the rule, and comments without authors."""

import json
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from surveys.consensus import Rule, Tally, Verdict, changes, judge, rule_in_round, rule_to_json, stability
from surveys.consensus.built_in import agreeing_band
from surveys.consensus.rules import Band
from surveys.feedback.models import Comment, GroupResult, Result, RoundResult, SurveyResult
from surveys.feedback.queries import rule_of
from surveys.feedback.services.questions import paired_with
from surveys.feedback.services.survey_counting import write_surveys
from surveys.feedback.survey_results import shown_survey_result
from surveys.feedback.thresholds import (
    SPREAD_FROM,
    GroupRaters,
    GroupsBefore,
    groups_to_show,
    hides_group_counts,
    one_apart_from_groups,
    shown,
)
from surveys.panels.models import Panelist
from surveys.rounds.models import AskedStatement, Round
from surveys.rounds.queries import Forebear, askings_before
from surveys.sheets.counts import POINTS, SliceCounts, StatementCounts
from surveys.studies.queries import canonical


@dataclass(frozen=True)
class Judged:
    """How a round is judged at its freeze: the rule, every threshold a number, by how many invited, in which groups."""

    rule: Rule
    invited: int
    groups: tuple[str, ...]

    @property
    def frozen(self) -> dict[str, Any]:
        """What is kept of it with the round's result."""
        return {"rule": rule_to_json(self.rule), "groups": list(self.groups) if self.groups else None}


def judged_facts(result: RoundResult) -> dict[str, Any]:
    """How a round was judged, as its entry in the audit chain names it by its hash."""
    return {"rule": result.rule, "groups": result.groups, "invited": result.invited}


def judged(round: Round, total: SliceCounts) -> Judged:
    """How the round is judged. Thresholds that hang on all statements see those alone that k or more rated."""
    rule, least = rule_of(round.study), round.study.protocol.least_answers
    panel = Panelist.objects.filter(study_id=round.study_id)
    names = sorted(set(panel.exclude(group="").values_list("group", flat=True))) if rule.asks_groups else []
    counted = [one for one in total.statements.values() if sum(one.counts) >= least]
    invited = panel.count()
    tallies = [_tally(one.counts, one.abstained, total.submitted, invited=invited) for one in counted]
    return Judged(rule_in_round(rule, round.kind_number, tallies), invited, tuple(names))


def _tally(counts: Sequence[int], abstained: int, submitted: int, **known: Any) -> Tally:
    return Tally(tuple(counts), abstained, submitted - sum(counts) - abstained, **known)


def write_results(round: Round, total: SliceCounts, how: Judged) -> list[object]:
    """Write a result a statement and a vignette, and the shuffled comments; returns what the results' hash covers.

    Of what fewer than k answered neither counts nor comments are written: nothing of it is shown to anyone. Of groups
    only those are written that may be shown; they are no part of the hash, which everybody may recompute.
    """
    results, comments = _write_statements(round, total, how)
    surveys, about_options = write_surveys(round, total)
    comments += about_options
    secrets.SystemRandom().shuffle(comments)
    Comment.objects.bulk_create(comments)
    return hashed_facts(round, results, surveys, how.rule)


def _write_statements(round: Round, total: SliceCounts, how: Judged) -> tuple[list[Result], list[Comment]]:
    paired, before = paired_with(round), _rated_before(round)
    least = round.study.protocol.least_answers
    results: list[Result] = []
    groups: list[GroupResult] = []
    comments: list[Comment] = []
    for asked in AskedStatement.objects.filter(round=round).order_by("number"):
        counts, earlier = total.statements.get(asked.number, StatementCounts()), before.get(asked.number, [])
        if sum(counts.counts) < least:
            results.append(_nothing_of(asked))
            continue
        result = _result(asked, counts, total.submitted, earlier)
        by_group = _group_results(result, counts, earlier, least)
        result.consensus = _verdict(result, by_group, how).consensus
        if asked.number in paired:
            moved = _moved(counts, earlier, paired[asked.number], least, how.rule)
            result.changes = moved.changes() if moved else None
            result.stability = moved.stability() if moved else None
        results.append(result)
        groups += by_group
        comments += [
            Comment(vignette_id=asked.vignette_id, asked=asked, original=text, body=text) for text in counts.reasons
        ]
    Result.objects.bulk_create(results)
    GroupResult.objects.bulk_create(groups)
    return results, comments


def _nothing_of(asked: AskedStatement) -> Result:
    """The result of a statement that fewer than k rated: it holds nothing that anybody said, nor how many did."""
    return Result(asked=asked, counts=[0] * POINTS, abstained=0, missing=0, consensus=None)


def hashed_facts(round: Round, results: Sequence[Result], surveys: Sequence[SurveyResult], rule: Rule) -> list[object]:
    """The results as they may be shown, as plain JSON: a hash over withheld counts would let anybody guess them.

    `rule` is the one by which the round was judged.
    """
    least = round.study.protocol.least_answers
    facts: list[object] = [_shown_facts(result, rule, least) for result in results]
    facts += [
        [survey.vignette.number, asdict(shown_survey_result(survey, round.questions, least))] for survey in surveys
    ]
    plain: list[object] = json.loads(canonical([str(round.pk), facts]))
    return plain


def _shown_facts(result: Result, rule: Rule, least: int) -> list[object]:
    tally = Tally(tuple(result.counts), result.abstained, result.missing)
    seen = shown(tally, rule, least_answers=least, hides_counts=result.one_joined_or_left)
    mean = None if seen.mean is None else str(seen.mean)
    return [
        result.asked.number,
        result.asked.text,
        seen.n,
        seen.counts,
        mean,
        seen.abstained,
        seen.missing,
        result.consensus,
    ]


@dataclass(frozen=True)
class _Before:
    """An earlier asking whose counts were kept: its place among the question's askings, and who rated then.

    Those who left the panel since are among them.
    """

    place: int
    asked: AskedStatement
    told: GroupsBefore

    @property
    def rated(self) -> int:
        """How many rated then."""
        return self.told.rated


def _rated_before(round: Round) -> dict[int, list[_Before]]:
    """By statement number, the earlier askings that k or more rated; of others nothing was ever shown.

    An asking that an earlier version of the software froze may have kept the counts of fewer.
    """
    before = askings_before(round)
    ids = [asked.pk for askings in before.values() for asked in askings]
    rated = {pk: sum(counts) for pk, counts in Result.objects.filter(asked__in=ids).values_list("asked_id", "counts")}
    groups: dict[uuid.UUID, dict[str, int]] = {pk: {} for pk in ids}
    for row in GroupResult.objects.filter(asked__in=ids):
        groups[row.asked_id][row.group] = sum(row.counts)
    return {
        number: [
            _Before(place, asked, GroupsBefore(rated[asked.pk], groups[asked.pk]))
            for place, asked in enumerate(askings)
            if rated[asked.pk] >= round.study.protocol.least_answers
        ]
        for number, askings in before.items()
    }


def _result(asked: AskedStatement, counts: StatementCounts, submitted: int, earlier: Sequence[_Before]) -> Result:
    tally = _tally(counts.counts, counts.abstained, submitted)
    return Result(
        asked=asked,
        counts=counts.counts,
        abstained=tally.abstained,
        missing=tally.missing,
        one_joined_or_left=any(
            tally.n + then.rated - 2 * counts.again[then.place] == 1
            or (then.told.shown and one_apart_from_groups(tally.n, then.told, _both(counts, then)))
            for then in earlier
        ),
    )


def _verdict(result: Result, by_group: Sequence[GroupResult], how: Judged) -> Verdict:
    """A group of which nothing is written, because too few rated, is one of which too little is known."""
    groups: dict[str, Tally | None] = dict.fromkeys(how.groups)
    groups.update(
        (one.group, Tally(tuple(one.counts), one.abstained, one.missing)) for one in by_group if one.group in groups
    )
    return judge(Tally(tuple(result.counts), result.abstained, result.missing, how.invited, groups), how.rule)


def _both(counts: StatementCounts, then: _Before) -> dict[str, int]:
    """How many rated then and now, by group."""
    return {name: group.again[then.place] for name, group in counts.groups.items()}


def _group_results(
    result: Result, counts: StatementCounts, earlier: Sequence[_Before], least: int
) -> list[GroupResult]:
    """The groups that may be shown; of the others nothing is written."""
    allowed = groups_to_show({name: sum(group.counts) for name, group in counts.groups.items()}, least)
    raters = {
        name: GroupRaters(
            sum(group.counts),
            tuple(group.before[then.place] for then in earlier),
            tuple(group.again[then.place] for then in earlier),
        )
        for name, group in counts.groups.items()
    }
    hidden = result.one_joined_or_left or hides_group_counts(raters, allowed, [then.told for then in earlier])
    found = []
    for name in allowed:
        group = counts.groups[name]
        missing = group.submitted - sum(group.counts) - group.abstained
        kept = {"counts": group.counts, "abstained": group.abstained, "missing": missing, "hides_counts": hidden}
        found.append(GroupResult(asked=result.asked, group=name, **kept))
    return found


@dataclass(frozen=True)
class _Moved:
    """What may be kept of a paired table, which is itself never written; `keeps_bands` says whether its parts are."""

    paired: Sequence[Sequence[int]]
    keeps_bands: bool
    agreeing: Band

    def changes(self) -> dict[str, object]:
        """How many raised, kept and lowered their rating, and the moves between bands."""
        moved = changes(self.paired)
        return {
            "paired": moved.n,
            "raised": moved.raised,
            "kept": moved.kept,
            "lowered": moved.lowered,
            "bands": moved.bands if self.keeps_bands else None,
        }

    def stability(self) -> dict[str, object] | None:
        """The statistics of the pairs, where these are enough for figures of spread."""
        found = stability(self.paired, agree=self.agreeing)
        if not self.keeps_bands or found.paired < SPREAD_FROM:
            return None
        return {
            "weighted_kappa": found.weighted_kappa,
            "wilcoxon_p": found.wilcoxon_p,
            "mcnemar_p": found.mcnemar_p,
            "cv_change": found.cv_change,
            "scheibe": None if found.scheibe is None else float(found.scheibe),
        }


def _moved(
    counts: StatementCounts, earlier: Sequence[_Before], parent: Forebear, least: int, rule: Rule
) -> _Moved | None:
    """What may be kept of how ratings moved.

    Nothing where the ratings of then no longer compare, where fewer than k are paired, or where one person alone joined
    or left: how the others moved tells what that one rated. The bands' sums are the paired people's counts in either
    round, and what these lack of all counts is of those who left or joined: so the bands are kept only where those are
    none, or at least k, and where the paired are not one person more or less than some groups of either round.
    """
    then = next((one for one in earlier if one.asked == parent.asked), None)
    if then is None or not parent.compares:
        return None
    n, paired = sum(counts.counts), sum(map(sum, counts.paired))
    joined, left = n - paired, then.rated - paired
    if paired < least or 1 in (joined, left):
        return None
    both = _both(counts, then)
    rated = {name: sum(group.counts) for name, group in counts.groups.items()}
    now = GroupsBefore(n, {name: rated[name] for name in groups_to_show(rated, least)})
    tells_one = any(one_apart_from_groups(paired, told, both) for told in (then.told, now) if told.shown)
    keeps_bands = not tells_one and all(number == 0 or number >= least for number in (joined, left))
    return _Moved(counts.paired, keeps_bands, agreeing_band(rule))
