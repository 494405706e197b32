"""A statement's frozen result as the facilitator's pages say it: verdict, clauses, figures, moves, in words."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.consensus import AllOf, Clause, Finding, Outcome, Rule, Verdict, near_miss
from surveys.consensus.rules import last_passing
from surveys.feedback.queries import Moves, StatementResult
from surveys.feedback.thresholds import COUNTS_FROM, SPREAD_FROM, Shown
from surveys.pages.by_group import GroupTable, group_table
from surveys.pages.drawing import plain, two_places
from surveys.pages.round_words import round_phrase
from surveys.pages.scale import Piece, pieces
from surveys.pages.verdict_words import consensus_phrase, near_miss_words, reason_words, verdict_words
from surveys.rounds.models import Round

MOST_SHORT = 3
"""From so many ratings short of consensus on, cells share one colour."""


@dataclass(frozen=True)
class ClauseLine:
    """One clause of the rule: its sentence without the full stop, and whether it is met.

    Where it was judged in a `group`, the sentence begins with its name, and `within` is the rest of it.
    """

    words: str
    met: bool
    group: str = ""
    within: str = ""


@dataclass(frozen=True)
class GroupLine:
    """What the rule's clauses found within one group of the panel."""

    group: str
    clauses: tuple[ClauseLine, ...]


@dataclass(frozen=True)
class Figure:
    """One figure of the summary, already in words."""

    name: str
    value: str


@dataclass(frozen=True)
class Cell:
    """A statement in one round, in a table's cell: `kind` is a class of the heat map, `mean` its first line."""

    kind: str
    mean: str
    words: str
    is_reached: bool
    is_link: bool


@dataclass(frozen=True)
class Reading:
    """One statement's result in one round. `number` is its vignette's; `verdict` is a word or two.

    `because` says which condition of the rule holds where that is not the one for consensus. `clauses` are those of
    everyone, `group_clauses` those within groups, and `notes` what else the verdict hangs on. Up to `rule_above` a
    rating stops consensus by itself; None where no rating does.
    """

    result: StatementResult
    number: int
    round_label: str
    wording: tuple[Piece, ...]
    verdict: str
    because: str
    clauses: tuple[ClauseLine, ...]
    group_clauses: tuple[GroupLine, ...]
    notes: tuple[str, ...]
    rule_above: int | None
    near_miss: str
    abstained: str
    withheld: str
    figures: tuple[Figure, ...]
    moves: str
    groups: GroupTable

    @property
    def shown(self) -> Shown:
        """The result under the display thresholds."""
        return self.result.shown

    @property
    def line(self) -> str:
        """The summary in one line: "median 7.5 ◆ · mean 7.10 · 2 at 5 or lower"."""
        return " · ".join(_line_parts(self.result))


def round_label(round: Round) -> str:
    """A round in few words: "Round 2", "Option survey 1"."""
    return vote_label(round.kind, round.kind_number)


def vote_label(kind: str, number: int) -> str:
    """The round with this number among those of its kind, in few words."""
    words = _("Round %(n)d") if kind == Round.Kind.RATING else _("Option survey %(n)d")
    return words % {"n": number}


def readings_of(
    results: Iterable[StatementResult], numbers: Mapping[uuid.UUID, int], before: Mapping[int, Round]
) -> list[Reading]:
    """These results in words. `before` names, by statement number, the earlier round that moves start from."""
    return [
        reading_of(result, numbers[result.asked.vignette.vignette_id], before.get(result.asked.number))
        for result in results
    ]


def reading_of(result: StatementResult, number: int, before: Round | None) -> Reading:
    """One result in words, by the rule of its round."""
    shown, rule = result.shown, result.rule
    lines = clause_lines(shown)
    near = near_miss(shown.counts, rule) if shown.counts and shown.short == 1 else None
    return Reading(
        result=result,
        number=number,
        round_label=round_label(result.asked.round),
        wording=pieces(result.asked.text, result.asked.recommendations),
        verdict=_verdict(shown, rule),
        because=_because(shown),
        clauses=tuple(line for line in lines if not line.group),
        group_clauses=_by_group(lines),
        notes=_notes(shown.verdict) if shown.verdict else (),
        rule_above=rule_above(rule),
        near_miss=near_miss_words(near) if near else "",
        abstained=abstained_words(shown),
        withheld=withheld_words(shown),
        figures=_figures(shown),
        moves=moves_words(result.moves, before, result.asked.round) if result.moves and before else "",
        groups=group_table(result.groups),
    )


def _verdict(shown: Shown, rule: Rule) -> str:
    verdict = shown.verdict
    if verdict is None:
        return too_few_answers(shown)
    label = verdict.classification
    if verdict.outcome in _OUTCOME_WORDS:
        word = _OUTCOME_WORDS[verdict.outcome]()
        return _("%(outcome)s: %(word)s") % {"outcome": word, "word": _(label)} if label else word
    if label:
        return _capital(_(label))
    if verdict.outcome is Outcome.IN:
        return _capital(consensus_phrase(rule.name))
    if shown.short is None:
        return _("Not yet")
    return ngettext("Not yet: %(n)d rating short", "Not yet: %(n)d ratings short", shown.short) % {"n": shown.short}


_OUTCOME_WORDS: Mapping[Outcome, Callable[[], str]] = {
    Outcome.OUT: lambda: _("Out"),
    Outcome.NEAR: lambda: _("Near"),
    Outcome.NOT_EVALUABLE: lambda: _("Not judged"),
}


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _because(shown: Shown) -> str:
    """Which condition the clauses are of, where it is not the one for consensus."""
    if shown.outcome is Outcome.OUT:
        return _("What the rule says for out holds:")
    return _("What the rule says for near holds:") if shown.outcome is Outcome.NEAR else ""


def _by_group(lines: Iterable[ClauseLine]) -> tuple[GroupLine, ...]:
    of_groups = sorted((line for line in lines if line.group), key=lambda line: line.group)
    return tuple(GroupLine(name, tuple(some)) for name, some in groupby(of_groups, key=lambda line: line.group))


def _notes(verdict: Verdict) -> tuple[str, ...]:
    """The sentences of a verdict that are of no clause: what is not known, and what a clause was not made for."""
    told = {reason_words(finding) for finding in verdict.clauses}
    return tuple(sentence for sentence in verdict_words(verdict) if sentence not in told)


def rule_above(rule: Rule) -> int | None:
    """The point up to which a rating stops consensus by itself: 5 in the paper's rule. None where no rating does."""
    parts = rule.condition.parts if isinstance(rule.condition, AllOf) else (rule.condition,)
    for part in parts:
        if isinstance(part, Clause) and part.statistic == "least" and part.population == "everyone":
            passing = [last_passing("least", part.operator, threshold) for threshold in part.thresholds]
            above = passing[0] - 1 if passing and passing[0] is not None else rule.scale.high
            return above if rule.scale.low <= above < rule.scale.high else None
    return None


def too_few_answers(shown: Shown) -> str:
    """Why nothing is shown: "fewer than 5 answers"."""
    return too_few_answers_words(shown.least_answers)


def too_few_answers_words(least: int) -> str:
    """The same for a result of any kind."""
    return _("fewer than %(least)d answers") % {"least": least}


def clause_lines(shown: Shown) -> tuple[ClauseLine, ...]:
    """The clauses of the rule with what was found, in its order; none where nothing is shown."""
    return tuple(_clause_line(finding) for finding in (shown.verdict.clauses if shown.verdict else ()))


def _clause_line(finding: Finding) -> ClauseLine:
    words = reason_words(finding).removesuffix(".")
    if not finding.group:
        return ClauseLine(words, finding.met)
    within = reason_words(replace(finding, group="")).removesuffix(".")
    return ClauseLine(words, finding.met, finding.group, within)


def abstained_words(shown: Shown) -> str:
    """How many submitted without rating this statement; "" for none."""
    said = []
    if shown.abstained:
        text = ngettext("%(n)d panelist could not rate this.", "%(n)d panelists could not rate this.", shown.abstained)
        said.append(text % {"n": shown.abstained})
    if shown.missing:
        text = ngettext("%(n)d panelist gave no answer.", "%(n)d panelists gave no answer.", shown.missing)
        said.append(text % {"n": shown.missing})
    return " ".join(said)


def withheld_words(shown: Shown) -> str:
    """Which figures are kept back and why, in one sentence; "" where all of them are shown."""
    if shown.is_hidden:
        text = _("Fewer than %(least)d panelists rated this statement, so nothing of its result is shown to anyone.")
        return text % {"least": shown.least_answers}
    n = shown.n or 0
    if n < COUNTS_FROM:
        text = _("With fewer than %(least)d ratings neither the counts nor the spread are shown to anyone.")
        return text % {"least": COUNTS_FROM}
    if shown.counts is None:
        return _(
            "Those who rated differ from an earlier round's by exactly one person, whose rating the counts would give "
            "away; they are not shown to anyone."
        )
    if n < SPREAD_FROM:
        text = _("With fewer than %(least)d ratings the standard deviation is not shown to anyone.")
        return text % {"least": SPREAD_FROM}
    return ""


def _figures(shown: Shown) -> tuple[Figure, ...]:
    if shown.is_hidden:
        return ()
    found = [
        (_("Mean"), None if shown.mean is None else two_places(shown.mean)),
        (_("Median"), None if shown.median is None else plain(shown.median)),
        (_("Middle half"), middle_half(shown)),
        (_("Rated 7 to 9"), _share(shown)),
        (_("Rated"), str(shown.n)),
        (_("Could not rate"), str(shown.abstained)),
        (_("No answer"), str(shown.missing) if shown.missing else None),
    ]
    return tuple(Figure(name, value) for name, value in found if value is not None)


def middle_half(shown: Shown) -> str | None:
    """The quartiles as a range, or None where they are not shown."""
    if shown.q1 is None or shown.q3 is None:
        return None
    return f"{plain(shown.q1)}–{plain(shown.q3)}"


def _share(shown: Shown) -> str | None:
    """The share of 7 to 9, where no counts say it; to the nearest tenth then."""
    if shown.counts is not None or shown.share_high is None:
        return None
    return _("about %(percent)d%%") % {"percent": int(shown.share_high * 100 + Fraction(1, 2))}


def _line_parts(result: StatementResult) -> Iterable[str]:
    shown = result.shown
    if shown.is_hidden:
        yield too_few_answers(shown)
        return
    if shown.median is not None:
        sign = " ◆" if shown.counts else ""
        yield _("median %(median)s") % {"median": plain(shown.median)} + sign
    if shown.mean is not None:
        yield _("mean %(mean)s") % {"mean": two_places(shown.mean)}
    for finding in shown.verdict.clauses if shown.verdict else ():
        if finding.kind == "least" and finding.passing is not None and not finding.group:
            words = {"n": finding.count_against or 0, "point": finding.passing - 1}
            yield _("%(n)d at %(point)d or lower") % words


def moves_words(moves: Moves, before: Round, now: Round) -> str:
    """How the ratings of the same people moved: "From round 1 to round 2, 5 of 10 panelists raised …"."""
    said: list[str] = []
    for count, first, further in (
        (moves.raised, _("%(n)d of %(all)d panelists raised their rating"), _("%(n)d raised it")),
        (moves.kept, _("%(n)d of %(all)d panelists kept their rating"), _("%(n)d kept it")),
        (moves.lowered, _("%(n)d of %(all)d panelists lowered their rating"), _("%(n)d lowered it")),
    ):
        if count:
            said.append((further if said else first) % {"n": count, "all": moves.paired})
    *start, last = said
    words = _("%(before)s and %(last)s") % {"before": ", ".join(start), "last": last} if start else last
    return _("From %(before)s to %(now)s, %(moves)s.") % {
        "before": round_phrase(before),
        "now": round_phrase(now),
        "moves": words,
    }


def cell_of(result: StatementResult | None) -> Cell:
    """A statement in one round of the overview's table; None where that round did not ask it."""
    if result is None:
        return Cell("none", "", _("not asked"), is_reached=False, is_link=False)
    shown = result.shown
    if shown.is_hidden:
        return Cell("none", "", too_few_answers(shown), is_reached=False, is_link=True)
    mean = "" if shown.mean is None else two_places(shown.mean)
    label = shown.verdict.classification if shown.verdict else None
    if shown.consensus:
        return Cell("s0", mean, _(label) if label else _("reached"), is_reached=True, is_link=True)
    if shown.short is None:
        words = _(label) if label else _CELL_WORDS[shown.outcome or Outcome.NOT_EVALUABLE]()
        return Cell("none", mean, words, is_reached=False, is_link=True)
    words = ngettext("%(n)d short", "%(n)d short", shown.short) % {"n": shown.short}
    return Cell(f"s{min(shown.short, MOST_SHORT)}", mean, words, is_reached=False, is_link=True)


_CELL_WORDS: Mapping[Outcome, Callable[[], str]] = {
    Outcome.OUT: lambda: _("out"),
    Outcome.NEAR: lambda: _("near"),
    Outcome.NONE: lambda: _("not yet"),
    Outcome.NOT_EVALUABLE: lambda: _("not judged"),
}
