"""A closed round judged by other rules, in words: a table of all published ones, and one of them with its reasons.

Post hoc, all of it. Of a statement whose counts are kept back no other rule says anything.
"""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.consensus import NAMED_RULES, Rule, Verdict, rule_in_round
from surveys.feedback.queries import StatementResult
from surveys.feedback.what_if import OtherJudgement, judge_otherwise, sensitivity
from surveys.pages.outcome_words import outcome_words
from surveys.pages.scale import Piece, pieces
from surveys.pages.verdict_words import rule_words, verdict_words
from surveys.rounds.models import Round


@dataclass(frozen=True)
class AskedColumn:
    """A statement of the round; `label` is its vignette's number, with a letter where the vignette has several."""

    label: str
    statement_id: uuid.UUID
    vignette: str
    wording: tuple[Piece, ...]


@dataclass(frozen=True)
class OutcomeCell:
    """What one rule says of one statement; `is_shown` is False where nothing may be said."""

    label: str
    words: str
    is_in: bool
    is_shown: bool


@dataclass(frozen=True)
class RuleRow:
    """One rule over all statements. `key` is its built-in name, "" for a rule of the study's own making.

    `judged` is how many statements it could judge, and `agreed` how many of these are in.
    """

    key: str
    name: str
    sentence: str
    is_own: bool
    cells: tuple[OutcomeCell, ...]
    judged: int
    agreed: int
    agreed_words: str


@dataclass(frozen=True)
class JudgedStatement:
    """One statement by one other rule, with the reasons; none where nothing may be said."""

    column: AskedColumn
    cell: OutcomeCell
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class JudgedRound:
    """The round by one other rule."""

    name: str
    sentence: str
    statements: tuple[JudgedStatement, ...]
    agreed_words: str


def columns_of(results: Sequence[StatementResult], numbers: Mapping[uuid.UUID, int]) -> list[AskedColumn]:
    """The statements of a round in its order."""
    of_vignette = [result.asked.vignette.vignette_id for result in results]
    several, seen, columns = Counter(of_vignette), Counter[uuid.UUID](), list[AskedColumn]()
    for result, vignette_id in zip(results, of_vignette, strict=True):
        seen[vignette_id] += 1
        label = str(numbers[vignette_id])
        if several[vignette_id] > 1:
            label += _letter(seen[vignette_id])
        asked = result.asked
        wording = tuple(pieces(asked.text, asked.recommendations))
        columns.append(AskedColumn(label, asked.statement_id, asked.vignette.title, wording))
    return columns


def _letter(place: int) -> str:
    """Return a, b, …, z, and from the 27th on the number after a point."""
    return chr(ord("a") + place - 1) if place <= 26 else f".{place}"


def sensitivity_rows(round: Round, results: Sequence[StatementResult], columns: Sequence[AskedColumn]) -> list[RuleRow]:
    """A row a rule: first the one by which the round was judged, then every other that is built in."""
    own = results[0].rule
    frozen = OtherJudgement("", own, {result.asked.pk: result.shown.verdict for result in results})
    others = sensitivity(round, results)
    key = next((name for name, rule in NAMED_RULES.items() if _is_same(rule, own, round)), "")
    rows = [_row(key, frozen, columns, is_own=True)]
    return rows + [_row(one.name, one, columns) for one in others if one.name != key]


def _is_same(rule: Rule, own: Rule, round: Round) -> bool:
    return not rule.hangs_on_all and rule_in_round(rule, round.kind_number, []) == own


def _row(key: str, judged: OtherJudgement, columns: Sequence[AskedColumn], *, is_own: bool = False) -> RuleRow:
    name, sentence = named(judged.rule)
    cells = cells_of(judged, columns)
    told = sum(verdict is not None and verdict.consensus is not None for verdict in judged.verdicts.values())
    return RuleRow(key, name, sentence, is_own, tuple(cells), told, judged.agreed, _agreed_words(cells))


def named(rule: Rule) -> tuple[str, str]:
    """A rule's name, and the rest of its sentence."""
    words = rule_words(rule)
    # A name of the study's own making may have a colon in it.
    name = rule.name if words.startswith(rule.name) else words.partition(":")[0]
    return name, words[len(name) :].removeprefix(":").strip()


def cells_of(judged: OtherJudgement, columns: Sequence[AskedColumn]) -> list[OutcomeCell]:
    """What a rule says of each statement in a word or two."""
    return [_cell(column.label, verdict) for column, verdict in zip(columns, judged.verdicts.values(), strict=True)]


def _cell(label: str, verdict: Verdict | None) -> OutcomeCell:
    if verdict is None:
        return OutcomeCell(label, _("not shown"), is_in=False, is_shown=False)
    return OutcomeCell(label, outcome_words(verdict), is_in=verdict.consensus is True, is_shown=True)


def _agreed_words(cells: Sequence[OutcomeCell]) -> str:
    """How many are in, of those of which anything may be said."""
    shown, agreed = sum(cell.is_shown for cell in cells), sum(cell.is_in for cell in cells)
    return _("%(agreed)d of %(shown)d") % {"agreed": agreed, "shown": shown}


def title_of(rows: Sequence[RuleRow], statements: int) -> str:
    """What the table comes to, in one sentence; rules that could judge nothing stand for nothing."""
    agreed = [row.agreed for row in rows if row.judged and not row.is_own]
    if not agreed:
        return _("Post hoc: no other rule can judge a statement of this round")
    words = {"least": min(agreed), "most": max(agreed), "all": statements}
    if words["least"] == words["most"]:
        text = ngettext(
            "Post hoc: by every other rule %(least)d of %(all)d statement would be in",
            "Post hoc: by every other rule %(least)d of %(all)d statements would be in",
            statements,
        )
    else:
        text = ngettext(
            "Post hoc: by other rules from %(least)d to %(most)d of %(all)d statement would be in",
            "Post hoc: by other rules from %(least)d to %(most)d of %(all)d statements would be in",
            statements,
        )
    return text % words


def judged_by(
    name: str, rule: Rule, round: Round, results: Sequence[StatementResult], columns: Sequence[AskedColumn]
) -> JudgedRound:
    """The round by one other rule, with the reasons of every verdict that may be told."""
    judged = judge_otherwise(name, rule, round, results)
    cells = cells_of(judged, columns)
    said, sentence = named(judged.rule)
    statements = [
        JudgedStatement(column, cell, tuple(verdict_words(verdict)) if verdict else ())
        for column, cell, verdict in zip(columns, cells, judged.verdicts.values(), strict=True)
    ]
    return JudgedRound(said, sentence, tuple(statements), _agreed_words(cells))
