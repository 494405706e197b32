"""The dataset with a row for each panelist, where the protocol promised one before the first answer.

Made once, when the study is sealed, and only so that nobody stands out by when they took part, and that the rows,
subtracted from the frozen counts, leave nobody's answers over, or those of enough: who takes a panelist off the panel
chooses who has no row, and may know the answers of others who have none.
"""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _

from surveys.feedback.models import GroupResult, Result
from surveys.panels.models import Panelist
from surveys.rounds.models import AskedStatement, Round
from surveys.rounds.queries import closed_rounds
from surveys.sheets.boxes import ABSTAIN, BoxTampered
from surveys.sheets.keystore import KeyDestroyed
from surveys.sheets.rows import ABSTAINED, NOTHING, Rows, opened_rows
from surveys.studies.models import Study

LEAST_ROWS = 10
FORMAT = "delphi-rows-v1"
# What stands in a file for each code of a cell.
_VALUES = np.array([None, *range(1, ABSTAINED), ABSTAIN], dtype=object)


@dataclass(frozen=True)
class Counted:
    """What was frozen of the statement of one column: how many rated and how many abstained, of the panel or of some
    groups of it."""

    column: int
    rated: int
    abstained: int
    groups: frozenset[str] | None = None

    def leaves_few(self, rows: Rows, least: int) -> bool:
        """Whether these counts without the rows' would be those of somebody, and of fewer than `least`."""
        return any(0 < left < least for left in self.left(rows))

    def left(self, rows: Rows) -> tuple[int, int]:
        """How many rated, and how many answered, of whom there is no row."""
        given = rows.choices[:, self.column]
        if self.groups is not None:
            codes = [code for code, name in enumerate(rows.groups) if name in self.groups]
            given = given[np.isin(rows.group, codes)]
        rated, answered = (int(np.count_nonzero(cells)) for cells in _given(given))
        return self.rated - rated, self.rated + self.abstained - answered


def make_dataset(study: Study) -> tuple[dict[str, Any] | None, str]:
    """The dataset as JSON keeps it, or None and a sentence that says why there is none.

    Its `columns` are the statements of the closed rating rounds that enough rated, in their order; its `rows` each
    have a `code`, a `group` (null where it is not told) and `ratings`: 1 to 9, "abstain", or null for nothing.
    Raises KeyUnreadable.
    """
    rounds = list(closed_rounds(study).filter(kind=Round.Kind.RATING))
    asked = AskedStatement.objects.filter(round__in=rounds).select_related("round", "vignette")
    statements = list(asked.order_by("round__number", "number"))
    groups = dict(Panelist.objects.filter(study=study).values_list("pk", "group"))
    try:
        opened = opened_rows(
            study_id=study.pk,
            round_ids=[round.pk for round in rounds],
            columns=[(one.round_id, one.number) for one in statements],
            groups=groups,
        )
    except KeyDestroyed:
        return None, _("The key was gone before the study was sealed.")
    except BoxTampered:
        return None, _("A sheet does not open: somebody changed it in the database.")
    least = study.protocol.least_answers
    alike = _alike(opened, least)
    if len(alike) < LEAST_ROWS:
        return None, _("Fewer than 10 panelists answered in the same rounds.")
    # Of a statement that too few rated nobody is shown anything: the notice says so.
    counted = [one for one in _counted(statements) if one.rated >= least]
    rows = _enough_left_over(alike, counted, least)
    if not len(rows):
        return None, _("The answers of a few panelists could be found by subtracting the rows from the results.")
    told = sorted(one.column for one in counted)
    shows_groups = _may_show_groups(rows, counted, statements, least)
    return dataset_of(rows, told, statements, len(opened), shows_groups=shows_groups), ""


def _given(choices: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Of each cell whether it is a rating, and whether it is an answer at all."""
    is_answer = choices != NOTHING
    return is_answer & (choices != ABSTAINED), is_answer


def _alike(rows: Rows, least: int) -> Rows:
    """All of the rows where each pattern of rounds is shared by enough, else those who answered in every round."""
    if not len(rows):
        return rows
    _patterns, shared = np.unique(rows.submitted, axis=0, return_counts=True)
    return rows if shared.min() >= least else rows.of(np.flatnonzero(rows.submitted.all(axis=1)))


def _counted(statements: Sequence[AskedStatement]) -> list[Counted]:
    columns = {one.pk: column for column, one in enumerate(statements)}
    results = Result.objects.filter(asked__in=columns)
    return [Counted(columns[result.asked_id], sum(result.counts), result.abstained) for result in results]


def _enough_left_over(rows: Rows, counted: Sequence[Counted], least: int) -> Rows:
    """The rows less as few of them, drawn at random, as it takes for each statement to leave nobody over, or enough.

    Enough are k where any have no row to begin with, because it is known who they are, and two where only the draw
    leaves somebody over. No rows where fewer than ten would be left.
    """
    # For each statement how many rated, and how many answered, of whom there is no row: it grows row by row.
    left = np.array([one.left(rows) for one in counted], dtype=np.int64).reshape(-1, 2).T
    floors = np.where(left.any(axis=0), least, 2)
    given = np.stack(_given(rows.choices[:, [one.column for one in counted]]), axis=1)
    kept = list(range(len(rows)))
    secrets.SystemRandom().shuffle(kept)
    while len(kept) >= LEAST_ROWS and ((left > 0) & (left < floors)).any():
        left = left + given[kept.pop()]
    return rows.of(kept if len(kept) >= LEAST_ROWS else [])


def _may_show_groups(rows: Rows, counted: Sequence[Counted], statements: Sequence[AskedStatement], least: int) -> bool:
    """Whether each group has enough rows, and no shown part of the panel, nor the rest, leaves few over."""
    present, sizes = np.unique(rows.group, return_counts=True)
    if len(present) < 2 or sizes.min() < least:
        return False
    shown: dict[int, list[GroupResult]] = defaultdict(list)
    columns = {one.pk: column for column, one in enumerate(statements)}
    for result in GroupResult.objects.filter(asked__in=columns):
        shown[columns[result.asked_id]].append(result)
    names = frozenset(rows.groups[code] for code in present)
    parts = [part for one in counted for part in _parts(one, shown[one.column], names)]
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


def dataset_of(
    rows: Rows, told: Sequence[int], statements: Sequence[AskedStatement], panelists: int, *, shows_groups: bool
) -> dict[str, Any]:
    """The dataset of the rows, all of which may be told, from the columns `told`, which are those of `statements`.

    Rows in the order of what they say, so that the order says nothing; codes are drawn for them afterwards.
    `panelists` is how many submitted at all.
    """
    ordered = rows.of(_order(rows, told, shows_groups=shows_groups))
    ratings = _VALUES[ordered.choices[:, told]].tolist()
    groups = [rows.groups[code] if shows_groups else None for code in ordered.group.tolist()]
    codes = [f"P{number:0{len(str(len(rows)))}d}" for number in range(1, len(rows) + 1)]
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
            for one in (statements[column] for column in told)
        ],
        "has_groups": shows_groups,
        "rows": [
            {"code": code, "group": group, "ratings": given}
            for code, group, given in zip(codes, groups, ratings, strict=True)
        ],
    }


def _order(rows: Rows, told: Sequence[int], *, shows_groups: bool) -> npt.NDArray[np.intp]:
    """The places of the rows by group, where groups are told, and then by what they say: nothing, 1 to 9, abstained."""
    group = rows.group if shows_groups else np.zeros_like(rows.group)
    # Byte by byte, the greatest first: alike rows may stand in any order, as nothing else is said of them.
    keys = np.concatenate([group.astype(">u4").view(np.uint8).reshape(-1, 4), rows.choices[:, told]], axis=1)
    return np.argsort(np.ascontiguousarray(keys).view(f"S{keys.shape[1]}").ravel())
