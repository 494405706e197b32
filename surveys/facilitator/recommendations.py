"""Tables 3 and 4 in words: their sentences of result, their rows, their notes."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.consensus import Rule
from surveys.exports.tables import Table2Row, Table3Row, Table4Row
from surveys.facilitator.readings import round_label, too_few_answers
from surveys.pages.shares import percent_words
from surveys.pages.verdict_words import rule_name


@dataclass(frozen=True)
class RowOnPage:
    """One row as it is printed; `hidden` says why nothing of it is shown, "" where all is."""

    row: Table3Row
    recommendations: str
    answer: str
    hidden: str


def row_on_page(row: Table3Row) -> RowOnPage:
    """A row of Table 3 in words."""
    return RowOnPage(
        row=row,
        recommendations="; ".join(row.recommendations) or row.statement,
        answer={True: _("Yes"), False: _("No"), None: ""}[row.all_above_neutral],
        hidden=too_few_answers(row.result.shown) if row.is_hidden else "",
    )


def result_words(rows: Sequence[Table3Row], rule: Rule) -> str:
    """The table's result in one sentence."""
    total, reached = len(rows), sum(row.result.is_settled for row in rows)
    words = {"total": total, "reached": reached, "rule": rule_name(rule)}
    if not total:
        return _("Table 3 fills when the first rating round has closed.")
    if total == 1:
        text = _("The statement reached %(rule)s.") if reached else _("The statement has not reached %(rule)s.")
        return text % words
    if reached == total:
        return _("All %(total)d statements reached %(rule)s.") % words
    return _("%(reached)d of %(total)d statements reached %(rule)s.") % words


def standing_words(rows: Sequence[Table3Row], rule: Rule) -> str:
    """Which rows are short of consensus where others are not, and which ones an earlier round than the last gave."""
    said = []
    short = [row for row in rows if not row.result.is_settled]
    if 0 < len(short) < len(rows):
        words = {"rule": rule_name(rule), "numbers": _numbers(short)}
        said.append(_("Without %(rule)s: vignette %(numbers)s.") % words)
    rounds = {row.result.asked.round_id: row.result.asked.round for row in rows}
    for round in sorted(rounds.values(), key=lambda round: round.number)[:-1]:
        given = [row for row in rows if row.result.asked.round_id == round.pk]
        words = {"round": round_label(round), "numbers": _numbers(given)}
        said.append(_("From %(round)s, which asked it last: vignette %(numbers)s.") % words)
    return " ".join(said)


def _numbers(rows: Iterable[Table3Row]) -> str:
    """The vignettes of these rows, each once: "1, 3, 4"."""
    return ", ".join(str(number) for number in dict.fromkeys(row.number for row in rows))


def n_words(rows: Iterable[Table3Row]) -> str:
    """What n counts, and in which vignettes somebody did not rate."""
    absent = []
    for row in rows:
        shown = row.result.shown
        without = (shown.abstained or 0) + (shown.missing or 0)
        if shown.n is not None and without:
            text = ngettext(
                "in vignette %(number)d, %(without)d of %(all)d did not",
                "in vignette %(number)d, %(without)d of %(all)d did not",
                without,
            )
            absent.append(text % {"number": row.number, "without": without, "all": shown.n + without})
    if not absent:
        return _("n: panelists who rated the statement.")
    return _("n: panelists who rated the statement; %(absent)s.") % {"absent": "; ".join(absent)}


def abbreviation_words(rows: Iterable[Table3Row], options: Iterable[Table2Row]) -> str:
    """The names of the recommended options in full, where the questionnaire says them: "TMS, transcranial …; …"."""
    return abbreviations_of({name for row in rows for name in row.recommendations}, options)


def abbreviations_of(named: Collection[str], options: Iterable[Table2Row]) -> str:
    """The names of these options in full, where the questionnaire says them."""
    told = [f"{option.option}, {option.explanation}" for option in options if option.option in named]
    return "; ".join(words for words in told if not words.endswith(", "))


@dataclass(frozen=True)
class AgainstGroup:
    """One vignette of Table 4 with the names of its options and their shares in words."""

    number: int
    vignette: str
    options: tuple[tuple[str, str], ...]


def against_by_vignette(rows: Iterable[Table4Row]) -> list[AgainstGroup]:
    """The rows of Table 4 by vignette, in their order."""
    return [
        AgainstGroup(number, vignette, tuple((row.option, percent_words(row.percent / 100)) for row in group))
        for (number, vignette), group in groupby(rows, key=lambda row: (row.number, row.vignette))
    ]
