"""What changed since the last released round, for the panelist's first page: each step and why, and what is settled."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from surveys.feedback.comments import causes_told
from surveys.feedback.queries import StatementResult
from surveys.pages.differences import adds_words
from surveys.pages.lineage_words import FIELDS, Change, changes_of, compares_words, quoted, step_words
from surveys.panelist.statements import round_label
from surveys.rounds.asked import asked_in
from surveys.rounds.models import AskedStatement, AskedVignette, Round
from surveys.vignettes.models import LineageStep
from surveys.vignettes.queries import steps_between

Asked = Mapping[uuid.UUID, AskedStatement]

_TOGETHER: Mapping[tuple[str, str], Promise] = {
    ("option", "add"): gettext_lazy("%(after)s are new options."),
    ("option", "drop"): gettext_lazy("The options %(before)s are dropped."),
    ("vignette", "add"): gettext_lazy("%(after)s are new vignettes."),
    ("vignette", "drop"): gettext_lazy("The vignettes %(before)s are dropped, with their statements."),
    ("statement", "add"): gettext_lazy("%(n)d statements are new."),
    ("statement", "drop"): gettext_lazy("These statements are dropped: %(before)s"),
}


@dataclass(frozen=True)
class ToldChange:
    """One change, or several of a kind with one reason: what, the words of a rewording, why, and the comment behind."""

    sentence: str
    changes: tuple[Change, ...]
    compares: str
    reason: str
    cause: str


@dataclass(frozen=True)
class Changes:
    """What changed between two rounds; `sentences` say what became of the statements that were rated."""

    steps: tuple[ToldChange, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class VignetteChange:
    """What changed in a vignette since the panelist last saw it: where, which texts, why, whether ratings compare.

    `before_text` is the old text where that is what changed, else ""; `adds_words` says whether it gained words.
    """

    label: str
    changes: tuple[Change, ...]
    reasons: tuple[str, ...]
    compares: str
    before_text: str
    adds_words: bool


def vignette_change(round: Round, vignette: AskedVignette) -> VignetteChange | None:
    """What changed in a vignette of the open round since the last closed one that showed it; None where nothing did."""
    seen = asked_in(round).seen_before.get(vignette.number)
    if seen is None or (seen.title, seen.aspect, seen.text) == (vignette.title, vignette.aspect, vignette.text):
        return None
    steps = [
        step
        for step in steps_between(round.study, seen.round.after_step, round.after_step)
        if step.step == LineageStep.Step.REWORD and step.after[0]["id"] == str(vignette.vignette_id)
    ]
    telling = next((step for step in steps if step.compares_with is None), steps[-1] if steps else None)
    texts = (("wording", "title"), ("aspect", "aspect"), ("text", "text"))
    return VignetteChange(
        round_label(seen.round),
        tuple(
            Change(str(FIELDS["vignette", fact]), getattr(seen, name), getattr(vignette, name), name == "text")
            for fact, name in texts
            if getattr(seen, name) != getattr(vignette, name)
        ),
        tuple(step.reason for step in steps),
        compares_words(telling) if telling and round.is_rating else "",
        seen.text if seen.text != vignette.text else "",
        adds_words(seen.text, vignette.text),
    )


def changes_since(
    before: Round, round: Round, vignettes: Sequence[AskedVignette], latest: Sequence[StatementResult]
) -> Changes:
    """What changed from a released round to the open one: its steps, and each statement's last released result.

    `vignettes` come with their statements.
    """
    steps = list(steps_between(round.study, before.after_step, round.after_step))
    sentences: list[str] = [] if steps else [_("The wording is the same.")]
    if latest and round.is_rating:
        asked = {statement.statement_id: statement for vignette in vignettes for statement in vignette.statements.all()}
        sentences += [*_new(asked, latest, steps), *_settled(asked, latest)]
    return Changes(_told(round, steps), tuple(sentences))


def _told(round: Round, steps: Sequence[LineageStep]) -> tuple[ToldChange, ...]:
    """The steps in order; additions and drops of one kind and one reason in a row are told as one."""
    causes = causes_told(round.study, steps)
    told = []
    for _key, group in groupby(steps, key=_grouped):
        together = list(group)
        first = together[0]
        told.append(
            ToldChange(
                _sentence(together),
                changes_of(first),
                compares_words(first) if round.is_rating else "",
                first.reason,
                causes.get(first.cause_id, "") if first.cause_id else "",
            )
        )
    return tuple(told)


def _grouped(step: LineageStep) -> tuple[object, ...]:
    key = (step.kind, step.step, step.reason, step.cause_id)
    return key if (step.kind, step.step) in _TOGETHER else (*key, step.number)


def _sentence(steps: Sequence[LineageStep]) -> str:
    first = steps[0]
    if len(steps) == 1:
        return step_words(first)
    before = quoted([item for step in steps for item in step.before])
    after = quoted([item for step in steps for item in step.after])
    return str(_TOGETHER[first.kind, first.step]) % {"before": before, "after": after, "n": len(steps)}


def _new(asked: Asked, latest: Sequence[StatementResult], steps: Sequence[LineageStep]) -> list[str]:
    """How many statements are rated for the first time and are told by no step: those that were left out before."""
    told = {uuid.UUID(item["id"]) for step in steps for item in step.after}
    new = len(set(asked) - {result.asked.statement_id for result in latest} - told)
    if not new:
        return []
    return [
        ngettext("%(n)d statement is rated for the first time.", "%(n)d statements are rated for the first time.", new)
        % {"n": new}
    ]


def _settled(asked: Asked, latest: Sequence[StatementResult]) -> list[str]:
    total = len(latest)
    reached = [result.asked.statement_id for result in latest if result.is_settled]
    if not reached:
        text = ngettext(
            "The statement has not reached consensus yet.",
            "None of the %(n)d statements has reached consensus yet.",
            total,
        )
        return [text % {"n": total}]
    shown = {"n": len(reached), "total": total, "rest": total - len(reached)}
    again = sum(key in asked for key in reached)
    if again == len(reached):
        return [_asked_again(shown)]
    if again == 0:
        return [_set_aside(shown)]
    text = _("%(n)d of %(total)d statements reached consensus; %(again)d of them are asked once more.")
    return [text % {**shown, "again": again}]


def _asked_again(shown: Mapping[str, int]) -> str:
    if not shown["rest"]:
        return _("Every statement reached consensus, and all are asked once more.")
    text = ngettext(
        "%(n)d of %(total)d statements reached consensus and is asked once more, with the other %(rest)d.",
        "%(n)d of %(total)d statements reached consensus and are asked once more, with the other %(rest)d.",
        shown["n"],
    )
    return text % shown


def _set_aside(shown: Mapping[str, int]) -> str:
    text = ngettext(
        "%(n)d of %(total)d statements reached consensus and is set aside with its last result.",
        "%(n)d of %(total)d statements reached consensus and are set aside with their last results.",
        shown["n"],
    )
    return text % shown
