"""The one disclosed exception to the two doors: whole sheets side by side, once, when a study is sealed.

It is for studies alone whose panel agreed to it before the first answer. What may be made of the rows is decided
where they are asked for; see `feedback.services.disclosing`.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from surveys.sheets.boxes import ABSTAIN, unseal_sheet
from surveys.sheets.keystore import StudyKeys, study_keys
from surveys.sheets.models import Sheet

NOTHING, ABSTAINED = 0, 10
"""What stands in a cell where there is no rating from 1 to 9."""
_CODES = {"": NOTHING, ABSTAIN: ABSTAINED, **{str(rating): rating for rating in range(1, ABSTAINED)}}
_AT_ONCE = 500

Column = tuple[uuid.UUID, int]
"""A statement of a round: the round's id and the statement's number in it."""


@dataclass(frozen=True)
class Rows:
    """A row for each panelist who submitted in any of the rounds; no id, no text. A byte a cell, however many rows.

    `choices[row, column]` is a rating, NOTHING or ABSTAINED, the columns in the order of `columns`.
    `submitted[row, round]` says who submitted, the rounds in the order in which they were asked for. `group[row]`
    indexes `groups`, which are in the order of the alphabet.
    """

    columns: tuple[Column, ...]
    groups: tuple[str, ...]
    group: npt.NDArray[np.int32]
    submitted: npt.NDArray[np.bool_]
    choices: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.choices)

    def of(self, places: Sequence[int] | npt.NDArray[np.intp]) -> "Rows":
        """The rows of these numbers, in this order."""
        chosen = np.asarray(places, dtype=np.intp)
        return replace(self, group=self.group[chosen], submitted=self.submitted[chosen], choices=self.choices[chosen])


def opened_rows(
    *, study_id: uuid.UUID, round_ids: Sequence[uuid.UUID], columns: Sequence[Column], groups: Mapping[uuid.UUID, str]
) -> Rows:
    """A row for each of these panelists who submitted in any of the rounds, in the order of their random ids.

    `groups` names the group of each panelist by id. One query for each round, whose sheets are opened a few at a time.
    Raises KeyStoreError or BoxTampered.
    """
    keys, panelists, names = study_keys(study_id), sorted(groups), tuple(sorted(set(groups.values())))
    submitted = np.zeros((len(panelists), len(round_ids)), dtype=np.bool_)
    choices = np.full((len(panelists), len(columns)), NOTHING, dtype=np.uint8)
    for place, round_id in enumerate(round_ids):
        wanted = {number: column for column, (of_round, number) in enumerate(columns) if of_round == round_id}
        rows = {pseudonym: row for row, pseudonym in enumerate(keys.pseudonyms(round_id, panelists))}
        _open_round(keys, round_id, rows, wanted, choices, submitted[:, place])
    codes = {name: code for code, name in enumerate(names)}
    group = np.fromiter((codes[groups[panelist_id]] for panelist_id in panelists), dtype=np.int32)
    return Rows(tuple(columns), names, group, submitted, choices).of(np.flatnonzero(submitted.any(axis=1)))


def _open_round(
    keys: StudyKeys,
    round_id: uuid.UUID,
    rows: Mapping[bytes, int],
    wanted: Mapping[int, int],
    choices: npt.NDArray[np.uint8],
    submitted: npt.NDArray[np.bool_],
) -> None:
    """Write what stands in the round's sheets into `choices` and `submitted`.

    `rows` has the row of each pseudonym, `wanted` the column of each statement by its number.
    """
    sheets = Sheet.objects.filter(round_id=round_id, state=Sheet.State.SUBMITTED)
    fields = sheets.values_list("pseudonym", "state", "version", "box")
    for found, state, version, box in fields.iterator(chunk_size=_AT_ONCE):
        pseudonym = bytes(found)
        row = rows.get(pseudonym)
        if row is None:
            continue
        content = unseal_sheet(
            keys, round_id=round_id, pseudonym=pseudonym, state=state, version=version, box=bytes(box)
        )
        submitted[row] = True
        for number, answer in content.answers.items():
            if number in wanted:
                choices[row, wanted[number]] = _CODES[answer.choice]
