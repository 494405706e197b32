"""The lineage of a questionnaire, for files: what each step made of what, and why."""

import datetime as dt
from dataclasses import dataclass

from surveys.rounds.models import Round
from surveys.studies.models import Study
from surveys.vignettes.models import LineageStep
from surveys.vignettes.queries import lineage_of


@dataclass(frozen=True)
class LineageRow:
    """One step. `vignette` is the title of the vignette that was changed, or whose statement was; "" for options.

    `compares` says whether earlier ratings still compare; None where a step cannot change that: options are not rated.
    """

    number: int
    kind: str
    step: str
    vignette: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    reason: str
    compares: bool | None
    at: dt.datetime


_CHANGES_WORDING = (LineageStep.Step.REWORD, LineageStep.Step.MERGE, LineageStep.Step.SPLIT)


def lineage_rows(study: Study, round: Round | None = None) -> list[LineageRow]:
    """All steps in order, or those before this round opened."""
    steps = lineage_of(study)
    return [_row(step) for step in (steps.filter(number__lte=round.after_step) if round else steps)]


def _row(step: LineageStep) -> LineageRow:
    told = _told(step)
    item = [*step.after, *step.before][0]
    titles = {LineageStep.Kind.VIGNETTE: "wording", LineageStep.Kind.STATEMENT: "vignette"}
    return LineageRow(
        number=step.number,
        kind=step.kind,
        step=step.step,
        vignette=item[titles[LineageStep.Kind(step.kind)]] if step.kind in titles else "",
        before=tuple(before[told] for before in step.before),
        after=tuple(after[told] for after in step.after),
        reason=step.reason,
        compares=step.compares_with is not None if _may_part_ratings(step) else None,
        at=step.at,
    )


def _may_part_ratings(step: LineageStep) -> bool:
    return step.kind != LineageStep.Kind.OPTION and step.step in _CHANGES_WORDING


def _told(step: LineageStep) -> str:
    """Which text of an item says what changed: its short wording, unless a rewording changed another one alone."""
    if step.step != LineageStep.Step.REWORD:
        return "wording"
    (before,), (after,) = step.before, step.after
    return next((name for name in ("wording", "text", *after) if before[name] != after[name]), "wording")
