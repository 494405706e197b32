"""The first of the two doors to the plain text, a panelist's own sheets; and who has submitted, derived.

The other door is `tally`, which gives counts alone. There is no third.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import models

from surveys.sheets.boxes import Answer, SheetContent, unseal_sheet
from surveys.sheets.keystore import study_keys
from surveys.sheets.models import Sheet
from surveys.sheets.preferences import Preferences
from surveys.studies.prepared import Prepared


@dataclass(frozen=True)
class SheetHolder:
    """Whose sheets a request may open. Only a panelist's own session makes one, in `panelist.access`."""

    study_id: uuid.UUID
    panelist_id: uuid.UUID
    # The hash of the notice to which this panelist agreed in a round that is frozen, or empty.
    consent: str = ""
    # The panelist's when the session began; links that were revoked, or an address that moved, end it.
    epoch: int = 0


@dataclass(frozen=True)
class OwnSheet:
    """A panelist's own sheet in the clear. `version` is 0 where nothing was ever saved."""

    version: int = 0
    state: Sheet.State = Sheet.State.DRAFT
    content: SheetContent = field(default_factory=SheetContent)
    replay: uuid.UUID | None = None

    @property
    def is_submitted(self) -> bool:
        """Whether it counts."""
        return self.state == Sheet.State.SUBMITTED

    @property
    def is_withdrawn(self) -> bool:
        """Whether its panelist has withdrawn from the study: it is empty, and takes nothing more."""
        return self.state == Sheet.State.WITHDRAWN

    @property
    def answers(self) -> Mapping[int, Answer]:
        """The answers to statements, by their number in the round."""
        return self.content.answers

    @property
    def preferences(self) -> Preferences:
        """What it says about options, by field name."""
        return self.content.preferences

    def answer_to(self, number: int) -> Answer:
        """The answer to the statement with this number in the round; an empty one where there is none."""
        return self.answers.get(number, Answer())


def own_sheet(holder: SheetHolder, round_id: uuid.UUID) -> OwnSheet:
    """The holder's sheet of one round. Raises KeyStoreError or BoxTampered."""
    return own_sheets(holder, [round_id])[round_id]


def own_sheets(holder: SheetHolder, round_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, OwnSheet]:
    """The holder's sheets of these rounds, an empty one where nothing was saved; one query."""
    wanted = list(round_ids)
    if not wanted:
        return {}
    keys = study_keys(holder.study_id)
    pseudonyms = {keys.pseudonym(round_id, holder.panelist_id): round_id for round_id in wanted}
    found = {round_id: OwnSheet() for round_id in wanted}
    for row in _stored(pseudonyms):
        pseudonym = bytes(row.pseudonym)
        if pseudonyms.get(pseudonym) != row.round_id:
            continue
        content = unseal_sheet(
            keys,
            round_id=row.round_id,
            pseudonym=pseudonym,
            state=row.state,
            version=row.version,
            box=bytes(row.box),
        )
        found[row.round_id] = OwnSheet(row.version, Sheet.State(row.state), content, row.replay)
    return found


_STORED = Prepared(
    lambda round_id, pseudonym: Sheet.objects.filter(round_id=round_id, pseudonym=pseudonym),
    models.UUIDField(),
    models.BinaryField(),
)


def _stored(pseudonyms: Mapping[bytes, uuid.UUID]) -> Iterable[Sheet]:
    """The rows under these pseudonyms, which come with their rounds; one query."""
    if len(pseudonyms) == 1:
        [(pseudonym, round_id)] = pseudonyms.items()
        return _STORED.all(round_id, pseudonym)
    return Sheet.objects.filter(round_id__in=list(pseudonyms.values()), pseudonym__in=list(pseudonyms))


def sheet_states(
    *, study_id: uuid.UUID, round_id: uuid.UUID, panelist_ids: Iterable[uuid.UUID]
) -> dict[uuid.UUID, Sheet.State]:
    """Of these panelists, a part of a panel, who has a sheet in the round, and in which state; nothing is decrypted.

    One query, which asks for their sheets alone. Raises KeyStoreError.
    """
    keys = study_keys(study_id)
    wanted = list(panelist_ids)
    pseudonyms = dict(zip(keys.pseudonyms(round_id, wanted), wanted, strict=True))
    stored = Sheet.objects.filter(round_id=round_id, pseudonym__in=list(pseudonyms)).values_list("pseudonym", "state")
    return {pseudonyms[bytes(pseudonym)]: Sheet.State(state) for pseudonym, state in stored}


def withdrawn_pseudonyms(round_id: uuid.UUID) -> set[bytes]:
    """The pseudonyms of those who withdrew in the round; one query."""
    withdrawn = Sheet.objects.filter(round_id=round_id, state=Sheet.State.WITHDRAWN)
    return {bytes(pseudonym) for pseudonym in withdrawn.values_list("pseudonym", flat=True)}


def has_any_sheet(*, study_id: uuid.UUID, panelist_id: uuid.UUID, round_ids: Iterable[uuid.UUID]) -> bool:
    """Whether anything of this panelist is stored in any of these rounds; nothing is decrypted. One query.

    Raises KeyStoreError.
    """
    wanted = list(round_ids)
    if not wanted:
        return False
    keys = study_keys(study_id)
    pseudonyms = [keys.pseudonym(round_id, panelist_id) for round_id in wanted]
    return Sheet.objects.filter(round_id__in=wanted, pseudonym__in=pseudonyms).exists()


def submitted_count(round_id: uuid.UUID) -> int:
    """How many sheets of the round are submitted."""
    return Sheet.objects.filter(round_id=round_id, state=Sheet.State.SUBMITTED).count()
