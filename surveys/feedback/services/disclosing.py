"""The dataset with a row for each panelist, where the protocol promised one before the first answer.

Made once, when the study is sealed, and only so that nobody stands out by when they took part, and that the rows,
subtracted from the frozen counts, leave nobody's answers over, or those of enough: who takes a panelist off the panel
chooses who has no row, and may know the answers of others who have none.
"""

import secrets
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from surveys.feedback.models import GroupResult, Result
from surveys.panels.models import Panelist
from surveys.rounds.models import AskedStatement, Round
from surveys.rounds.queries import closed_rounds
from surveys.sheets.boxes import ABSTAIN, BoxTampered
from surveys.sheets.keystore import KeyDestroyed
from surveys.sheets.rows import Row, opened_rows
from surveys.studies.models import Study

LEAST_ROWS = 10
FORMAT = "delphi-rows-v1"


@dataclass(frozen=True)
class Counted:
    """What was frozen of one statement: how many rated and how many abstained, of the panel or of some groups of it."""

    round_id: uuid.UUID
    number: int
    rated: int
    abstained: int
    groups: frozenset[str] | None = None

    def leaves_few(self, rows: Iterable[Row], least: int) -> bool:
        """Whether these counts without the rows' would be those of somebody, and of fewer than `least`."""
        return any(0 < left < least for left in self._left(rows))

    def leaves_any(self, rows: Iterable[Row]) -> bool:
        """Whether anybody was counted of whom there is no row."""
        return any(self._left(rows))

    def _left(self, rows: Iterable[Row]) -> tuple[int, int]:
        """How many rated, and how many answered, of whom there is no row."""
        given = [
            row.choice(self.round_id, self.number) for row in rows if self.groups is None or row.group in self.groups
        ]
        rated = self.rated - sum(choice not in ("", ABSTAIN) for choice in given)
        return rated, self.rated + self.abstained - sum(choice != "" for choice in given)


def make_dataset(study: Study) -> tuple[dict[str, Any] | None, str]:
    """The dataset as JSON keeps it, or None and a sentence that says why there is none.

    Its `columns` are the statements of the closed rating rounds that enough rated, in their order; its `rows` each
    have a `code`, a `group` (null where it is not told) and `ratings`: 1 to 9, "abstain", or null for nothing.
    Raises KeyUnreadable.
    """
    rounds = list(closed_rounds(study).filter(kind=Round.Kind.RATING))
    groups = dict(Panelist.objects.filter(study=study).values_list("pk", "group"))
    try:
        opened = opened_rows(study_id=study.pk, round_ids=[round.pk for round in rounds], groups=groups)
    except KeyDestroyed:
        return None, _("The key was gone before the study was sealed.")
    except BoxTampered:
        return None, _("A sheet does not open: somebody changed it in the database.")
    least = study.protocol.least_answers
    alike = _alike(opened, rounds, least)
    if len(alike) < LEAST_ROWS:
        return None, _("Fewer than 10 panelists answered in the same rounds.")
    # Of a statement that too few rated nobody is shown anything: the notice says so.
    counted = [one for one in _counted(rounds) if one.rated >= least]
    rows = _enough_left_over(alike, counted, least)
    if not rows:
        return None, _("The answers of a few panelists could be found by subtracting the rows from the results.")
    told = {(one.round_id, one.number) for one in counted}
    return _written(rows, told, len(opened), shows_groups=_may_show_groups(rows, counted, rounds, least)), ""


def _alike(rows: Sequence[Row], rounds: Sequence[Round], least: int) -> list[Row]:
    """All of the rows where each pattern of rounds is shared by enough, else those who answered in every round."""
    patterns = Counter(frozenset(row.choices) for row in rows)
    if all(shared >= least for shared in patterns.values()):
        return list(rows)
    return [row for row in rows if len(row.choices) == len(rounds)]


def _counted(rounds: Sequence[Round]) -> list[Counted]:
    results = Result.objects.filter(asked__round__in=rounds).select_related("asked")
    return [
        Counted(result.asked.round_id, result.asked.number, sum(result.counts), result.abstained) for result in results
    ]


def _enough_left_over(rows: Sequence[Row], counted: Sequence[Counted], least: int) -> list[Row]:
    """The rows less as few of them, drawn at random, as it takes for each statement to leave nobody over, or enough.

    Enough are k where any have no row to begin with, because it is known who they are, and two where only the draw
    leaves somebody over. Empty where fewer than ten rows would be left.
    """
    floors = [(one, least if one.leaves_any(rows) else 2) for one in counted]
    kept = list(rows)
    secrets.SystemRandom().shuffle(kept)
    while len(kept) >= LEAST_ROWS and any(one.leaves_few(kept, floor) for one, floor in floors):
        kept.pop()
    return kept if len(kept) >= LEAST_ROWS else []


def _may_show_groups(rows: Sequence[Row], counted: Sequence[Counted], rounds: Sequence[Round], least: int) -> bool:
    """Whether each group has enough rows, and no shown part of the panel, nor the rest, leaves few over."""
    sizes = Counter(row.group for row in rows)
    if len(sizes) < 2 or any(size < least for size in sizes.values()):
        return False
    shown: dict[tuple[uuid.UUID, int], list[GroupResult]] = defaultdict(list)
    for result in GroupResult.objects.filter(asked__round__in=rounds).select_related("asked"):
        shown[result.asked.round_id, result.asked.number].append(result)
    parts = [part for one in counted for part in _parts(one, shown[one.round_id, one.number], frozenset(sizes))]
    return not any(part.leaves_few(rows, least) for part in parts)


def _parts(counted: Counted, shown: Sequence[GroupResult], groups: frozenset[str]) -> list[Counted]:
    """What was shown of a statement by group, and what these leave of the panel."""
    parts = [
        replace(counted, rated=sum(one.counts), abstained=one.abstained, groups=frozenset([one.group])) for one in shown
    ]
    rest = replace(
        counted,
        rated=counted.rated - sum(part.rated for part in parts),
        abstained=counted.abstained - sum(part.abstained for part in parts),
        groups=groups - {one.group for one in shown},
    )
    return [*parts, rest] if parts else []


def _written(
    rows: Sequence[Row], shown: Collection[tuple[uuid.UUID, int]], panelists: int, *, shows_groups: bool
) -> dict[str, Any]:
    """Rows in the order of what they say, so that the order says nothing; codes are drawn for them afterwards."""
    rounds = {round_id for round_id, _number in shown}
    every = AskedStatement.objects.filter(round__in=rounds).select_related("round", "vignette")
    asked = [one for one in every.order_by("round__number", "number") if (one.round_id, one.number) in shown]
    told = sorted(
        (row.group if shows_groups else "", tuple(row.choice(one.round_id, one.number) for one in asked))
        for row in rows
    )
    codes = [f"P{number:0{len(str(len(told)))}d}" for number in range(1, len(told) + 1)]
    secrets.SystemRandom().shuffle(codes)
    return {
        "format": FORMAT,
        "panelists": panelists,
        "columns": [
            {
                "name": f"round_{one.round.number}_statement_{one.number}",
                "round": one.round.number,
                "statement": one.text,
                "vignette": one.vignette.title,
            }
            for one in asked
        ],
        "has_groups": shows_groups,
        "rows": [
            {"code": code, "group": group if shows_groups else None, "ratings": [_value(choice) for choice in choices]}
            for code, (group, choices) in zip(codes, told, strict=True)
        ],
    }


def _value(choice: str) -> int | str | None:
    return int(choice) if choice.isdecimal() else choice or None
