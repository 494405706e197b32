"""The one disclosed exception to the two doors: whole sheets side by side, once, when a study is sealed.

It is for studies alone whose panel agreed to it before the first answer. What may be made of the rows is decided
where they are asked for; see `feedback.services.disclosing`.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from surveys.sheets.boxes import unseal_sheet
from surveys.sheets.keystore import study_keys
from surveys.sheets.models import Sheet


@dataclass(frozen=True)
class Row:
    """One panelist's choices by round and statement number, of the rounds that they submitted; no id, no text.

    A choice is `1` to `9`, `abstain`, or empty for nothing.
    """

    group: str
    choices: Mapping[uuid.UUID, Mapping[int, str]]

    def choice(self, round_id: uuid.UUID, number: int) -> str:
        """The choice for a statement of a round; empty where there is none."""
        return self.choices.get(round_id, {}).get(number, "")


def opened_rows(*, study_id: uuid.UUID, round_ids: Iterable[uuid.UUID], groups: Mapping[uuid.UUID, str]) -> list[Row]:
    """A row for each of these panelists who submitted in any of the rounds, in the order of their random ids.

    `groups` names the group of each panelist by id. One query for each round. Raises KeyStoreError or BoxTampered.
    """
    keys, rounds = study_keys(study_id), list(round_ids)
    chosen: dict[uuid.UUID, dict[uuid.UUID, dict[int, str]]] = {panelist_id: {} for panelist_id in sorted(groups)}
    for round_id in rounds:
        holders = {keys.pseudonym(round_id, panelist_id): panelist_id for panelist_id in groups}
        for sheet in Sheet.objects.filter(round_id=round_id, state=Sheet.State.SUBMITTED):
            pseudonym = bytes(sheet.pseudonym)
            if pseudonym not in holders:
                continue
            content = unseal_sheet(
                keys,
                round_id=round_id,
                pseudonym=pseudonym,
                state=sheet.state,
                version=sheet.version,
                box=bytes(sheet.box),
            )
            choices = {number: answer.choice for number, answer in content.answers.items()}
            chosen[holders[pseudonym]][round_id] = choices
    return [Row(groups[panelist_id], choices) for panelist_id, choices in chosen.items() if choices]
