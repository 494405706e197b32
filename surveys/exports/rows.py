"""What stands in every file, whatever its form: a study's facts, its closed rounds, its tables."""

import uuid
import zoneinfo
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.db.models import Count
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from surveys.consensus import Rule, rule_sentence
from surveys.exports.deviations import rules_at
from surveys.exports.lineage import LineageRow, lineage_rows
from surveys.exports.meetings import MeetingRow, meeting_rows
from surveys.exports.tables import (
    Table1Row,
    Table2Row,
    Table3Row,
    Table4Row,
    table_1,
    table_2,
    table_3,
    table_3_of,
    table_4,
    table_4_of,
)
from surveys.feedback.agreement import shown_agreements
from surveys.feedback.models import Comment, Commitment, RoundResult
from surveys.feedback.queries import Moves, StatementResult, results_of_rounds
from surveys.feedback.survey_results import VignetteResult, survey_results_of_rounds
from surveys.rounds.models import Round
from surveys.rounds.queries import closed_rounds
from surveys.studies.models import AuditEntry, Declarations, Study
from surveys.studies.queries import (
    DATASET_EXPORTED,
    EXPORTED,
    PROTOCOL_LOCKED,
    Amendment,
    Rules,
    declarations_of,
    declared,
)

_OF_PAIRS = ("weighted_kappa", "wilcoxon_p", "mcnemar_p", "cv_change", "scheibe")
# A statement's statistics, named and ordered as `manage.py evaluate` prints them.
STATISTICS = (
    "n",
    "abstained",
    "missing",
    "counts",
    "mean",
    "median",
    "minimum",
    "maximum",
    "sd",
    "iqr",
    "q1",
    "q3",
    "ipr",
    "ipras",
    "disagreement_index",
    "cv",
    "mad_median",
    "tastle_wierman",
    "consensus",
    "outcome",
    "classification",
    "reasons",
)
# How the ratings of those who rated in both rounds moved; shares are of 1.
STABILITY = ("paired", "changed", "moved_band", *_OF_PAIRS)


@dataclass(frozen=True)
class RoundExport:
    """One closed round: how many took part, its results in the order of its statements and of its vignettes.

    `rule` is the one by which its statements were judged, every threshold a number; None where none was asked.
    `themes` are the names of themes with how many published comments stand under each, the most frequent first.
    `agreement` is that of the panel over all statements, as `feedback.agreement` lets it be shown.
    """

    round: Round
    participation: RoundResult
    agreement: dict[str, Any] | None
    rule: Rule | None
    results: tuple[StatementResult, ...]
    surveys: tuple[VignetteResult, ...]
    themes: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class StudyExport:
    """Everything that a file of a study says. Nothing in it changes between two exports of the same round.

    `chain` is the audit chain: to the freezing of the one round, or to the last entry that is more than an export.
    `rules` are those that hold at its end, and `amendments` how they came to be other than those that were locked.
    """

    study: Study
    rules: Rules
    amendments: tuple[Amendment, ...]
    notes: tuple[str, ...]
    declarations: Mapping[str, str]
    rounds: tuple[RoundExport, ...]
    table_1: tuple[Table1Row, ...]
    table_2: tuple[Table2Row, ...]
    table_3: tuple[Table3Row, ...]
    table_4: tuple[Table4Row, ...]
    lineage: tuple[LineageRow, ...]
    meetings: tuple[MeetingRow, ...]
    chain: tuple[AuditEntry, ...]

    @cached_property
    def receipts(self) -> Mapping[uuid.UUID, Sequence[str]]:
        """Those of the counted sheets by round, in the order of the hashes.

        The one thing here that grows with the panel; so it is read by those files alone that hold it.
        """
        receipts: dict[uuid.UUID, list[str]] = {one.round.pk: [] for one in self.rounds}
        kept = Commitment.objects.filter(round__in=receipts).order_by("digest")
        for round_id, digest in kept.values_list("round_id", "digest"):
            receipts[round_id].append(digest)
        return receipts

    @property
    def head(self) -> str | None:
        """The digest of the chain's last entry, which stands for all of them."""
        return self.chain[-1].digest if self.chain else None

    @property
    def notice_version(self) -> int | None:
        """Which words the locked notice was written in; None before the protocol is locked."""
        locked = (entry for entry in self.chain if entry.action == PROTOCOL_LOCKED)
        return next((entry.detail.get("notice_version") for entry in locked), None)

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The time zone in which times are written."""
        return zoneinfo.ZoneInfo(self.study.time_zone)

    @property
    def rule_sentence(self) -> str:
        """The consensus rule in English."""
        return rule_sentence(self.rules.rule)


def study_export(study: Study, *, round: Round | None = None) -> StudyExport:
    """All closed rounds of a study, or one of them with Tables 3 and 4 as that round alone gives them.

    Raises ValueError, a sentence, for a round that has not closed.
    """
    if round is not None and round.status != Round.Status.CLOSED:
        raise ValueError(_("%(round)s has not closed; only closed rounds are exported.") % {"round": round})
    rounds = _closed_rounds(study, round)
    recommendations = table_3(study) if round is None else table_3_of(study, rounds[0].results)
    not_recommended = table_4(study) if round is None else table_4_of(study, rounds[0].surveys)
    chain = _chain(study, rounds[0].participation.digest if round else None)
    rules, amendments = rules_at(study, chain)
    return StudyExport(
        study=study,
        rules=rules,
        amendments=amendments,
        notes=notes_of(study),
        declarations=declared(declarations_of(study)),
        rounds=tuple(rounds),
        table_1=tuple(table_1(study)),
        table_2=tuple(table_2(study)),
        table_3=tuple(recommendations),
        table_4=tuple(not_recommended),
        lineage=tuple(lineage_rows(study, round)),
        meetings=tuple(meeting_rows(study, round)),
        chain=tuple(chain),
    )


def _chain(study: Study, digest: str | None) -> list[AuditEntry]:
    """The entries as far as the files tell: what came later, or was only an export, would change no file."""
    entries = list(AuditEntry.objects.filter(study=study).order_by("number"))
    if digest is not None:
        frozen = (entry.number for entry in entries if entry.detail.get("sha256") == digest)
        last = next(frozen, len(entries))
        return [entry for entry in entries if entry.number <= last]
    while entries and entries[-1].action in (EXPORTED, DATASET_EXPORTED):
        entries.pop()
    return entries


def _closed_rounds(study: Study, round: Round | None) -> Sequence[RoundExport]:
    closed = closed_rounds(study)
    chosen = list(closed.filter(pk=round.pk) if round else closed)
    participations = {row.round_id: row for row in RoundResult.objects.filter(round__in=chosen)}
    agreements = shown_agreements(study)
    results, surveys = results_of_rounds(study, chosen), survey_results_of_rounds(study, chosen)
    themes = _themes(chosen)
    return [
        RoundExport(
            one,
            participations[one.pk],
            agreements[one.pk],
            next((result.rule for result in results.get(one.pk, ())), None),
            tuple(results.get(one.pk, ())),
            tuple(surveys.get(one.pk, ())),
            themes[one.pk],
        )
        for one in chosen
    ]


def _themes(rounds: Sequence[Round]) -> Mapping[uuid.UUID, tuple[tuple[str, int], ...]]:
    published = Comment.objects.filter(vignette__round__in=rounds, state=Comment.State.PUBLISHED, theme__isnull=False)
    found: dict[uuid.UUID, list[tuple[str, int]]] = defaultdict(list)
    for round_id, name, n in published.values_list("vignette__round", "theme__name").annotate(n=Count("pk")):
        found[round_id].append((name, n))
    return {one.pk: tuple(sorted(found[one.pk], key=lambda pair: (-pair[1], pair[0]))) for one in rounds}


def notes_of(study: Study) -> tuple[str, ...]:
    """What must be said beside any figure of this study."""
    return (_("Demonstration. All answers are simulated."),) if study.is_demonstration else ()


def declared_facts(declarations: Mapping[str, str]) -> list[tuple[str, str]]:
    """What was declared, by its name in words; nothing for what was left empty."""
    return [
        (capfirst(str(field.verbose_name)), declarations[field.name])
        for field in Declarations._meta.fields
        if declarations.get(field.name)
    ]


def statement_facts(result: StatementResult) -> dict[str, Any]:
    """A statement's text and statistics by name; what may not be shown is None and named in `suppressed`.

    Statistics are unrounded; whole ones are ints. `classification` is there only where the rule has such words.
    """
    shown, verdict = result.shown, result.shown.verdict
    hidden = {*shown.suppressed, *(["classification"] if shown.is_hidden and result.rule.labels else [])}
    facts: dict[str, Any] = {
        "statement": result.asked.text,
        "n": shown.n,
        "abstained": shown.abstained,
        "missing": shown.missing,
        "counts": None if shown.counts is None else list(shown.counts),
        "mean": None if shown.mean is None else float(shown.mean),
        "median": exact_number(shown.median),
        "minimum": shown.minimum,
        "maximum": shown.maximum,
        "sd": shown.sd,
        "iqr": exact_number(shown.iqr),
        "q1": exact_number(shown.q1),
        "q3": exact_number(shown.q3),
        "ipr": exact_number(shown.ipr),
        "ipras": exact_number(shown.ipras),
        "disagreement_index": exact_number(shown.disagreement_index),
        "cv": shown.cv,
        "mad_median": exact_number(shown.mad_median),
        "tastle_wierman": shown.tastle_wierman,
        "consensus": shown.consensus,
        "outcome": None if verdict is None else str(verdict.outcome),
    }
    if result.rule.labels:
        facts["classification"] = verdict.classification if verdict else None
    facts["reasons"] = None if verdict is None else list(verdict.reasons)
    facts["stability"] = _stability(result.moves)
    facts["suppressed"] = [key for key in STATISTICS if key in hidden]
    return facts


def _stability(moves: Moves | None) -> dict[str, Any] | None:
    """How the paired ratings moved since the statement was last rated; None where that is not known or not shown."""
    if moves is None:
        return None
    band = None if moves.moved_band is None else exact_number(Fraction(moves.moved_band, moves.paired))
    return {
        "paired": moves.paired,
        "changed": exact_number(Fraction(moves.paired - moves.kept, moves.paired)),
        "moved_band": band,
        **{name: moves.stability.get(name) for name in _OF_PAIRS},
    }


def exact_number(value: Fraction | int | None) -> int | float | None:
    """An int where it is whole, else the float nearest to it."""
    if value is None:
        return None
    return value.numerator if value.denominator == 1 else float(value)
