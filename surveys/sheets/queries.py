"""The first of the two doors to the plain text, a panelist's own sheets; and who has submitted, derived.

The other door is `tally`, which gives counts alone. There is no third.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import Subquery

from surveys.sheets.boxes import NOTHING, Answer, SheetContent, unseal_sheet
from surveys.sheets.keystore import StudyKeys, study_keys
from surveys.sheets.models import Sheet
from surveys.sheets.preferences import Preferences
from surveys.studies.prepared import Prepared, Sent, at_once

_COLUMNS = ("version", "state", "box", "replay")
_STORED: Prepared[Any] = Prepared(
    lambda round_id, pseudonym: Sheet.objects.filter(round_id=round_id, pseudonym=pseudonym).values_list(*_COLUMNS),
    models.UUIDField(),
    models.BinaryField(),
)


def stored_columns(round_id: Any, pseudonym: Any) -> dict[str, Subquery]:
    """What `Place.open` takes of a sheet, by name, for a query that asks more besides; all null where there is none."""
    sheet = Sheet.objects.filter(round_id=round_id, pseudonym=pseudonym)
    return {f"sheet_{name}": Subquery(sheet.values(name)) for name in _COLUMNS}


@dataclass(frozen=True)
class SheetHolder:
    """Whose sheets a request may open. Only a panelist's own session makes one, in `panelist.access`."""

    study_id: uuid.UUID
    panelist_id: uuid.UUID
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
        return self.content.answers.get(number, NOTHING)


@dataclass(frozen=True, repr=False)
class Place:
    """Where the holder's sheet of one round lies, and what opens it."""

    keys: StudyKeys
    round_id: uuid.UUID
    pseudonym: bytes

    def ask(self) -> Sent[Any]:
        """Ask for what lies there; see `surveys.studies.prepared.at_once`."""
        return _STORED.ask(self.round_id, self.pseudonym)

    def opened(self, asked: Sent[Any]) -> OwnSheet:
        """The sheet that was asked for; an empty one where nothing was saved. Raises BoxTampered."""
        for row in asked.rows():
            return self.open(*row)
        return OwnSheet()

    def open(
        self, version: int | None, state: int | None, box: bytes | memoryview | None, replay: uuid.UUID | None
    ) -> OwnSheet:
        """The sheet of these columns, which are all None where nothing was saved. Raises BoxTampered."""
        if version is None or state is None or box is None:
            return OwnSheet()
        content = unseal_sheet(
            self.keys,
            round_id=self.round_id,
            pseudonym=self.pseudonym,
            state=state,
            version=version,
            box=bytes(box),
        )
        return OwnSheet(version, Sheet.State(state), content, replay)


def place_of(holder: SheetHolder, round_id: uuid.UUID) -> Place:
    """Where the holder's sheet of this round lies; no query. Raises KeyStoreError."""
    return _places(holder, [round_id])[0]


def _places(holder: SheetHolder, round_ids: Iterable[uuid.UUID]) -> list[Place]:
    keys = study_keys(holder.study_id)
    return [Place(keys, round_id, keys.pseudonym(round_id, holder.panelist_id)) for round_id in round_ids]


def own_sheet(holder: SheetHolder, round_id: uuid.UUID) -> OwnSheet:
    """The holder's sheet of one round. Raises KeyStoreError or BoxTampered."""
    place = place_of(holder, round_id)
    return place.opened(place.ask())


def own_sheets(holder: SheetHolder, round_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, OwnSheet]:
    """The holder's sheets of these rounds, an empty one where nothing was saved; asked for at once.

    Raises KeyStoreError or BoxTampered.
    """
    wanted = list(round_ids)
    if not wanted:
        return {}
    with at_once():
        asked = [(place, place.ask()) for place in _places(holder, wanted)]
    return {place.round_id: place.opened(row) for place, row in asked}


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
