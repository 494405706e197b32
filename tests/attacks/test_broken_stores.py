"""The attacks find what they look for: stores that break the promise in the usual ways do not stand up to them.

Each store here was once somebody's reasonable idea: note who took part as soon as they did, number the sheets as they
come, remember when somebody was last seen, keep the answers readable.
"""

import itertools
import json
import random
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from surveys.feedback.models import Participation
from surveys.panels.models import LinkToken, Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import mint_link
from surveys.rounds.models import Round
from surveys.rounds.services import saving
from surveys.sheets import boxes
from surveys.sheets import services as sheet_services
from surveys.sheets.keystore import study_keys
from surveys.sheets.services import write_sheet
from surveys.studies.queries import database_now
from tests.attacks.evidence import changed, dump
from tests.attacks.linking import LUCK, strongest
from tests.attacks.seeded import CANARY, PANELISTS
from tests.factories import fill_sheet, make_study, open_round

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def round() -> Round:
    """An open round that nobody has answered."""
    return open_round(make_study(panelists=PANELISTS, statements=2))


def answer(round: Round) -> None:
    """Everybody submits, in random order."""
    panel = list(panel_of(round.study))
    random.shuffle(panel)
    for panelist in panel:
        fill_sheet(panelist, round, [7, 3], reasons={1: CANARY})


def truth_about(round: Round) -> dict[bytes, uuid.UUID]:
    """Whose each pseudonym is."""
    keys = study_keys(round.study_id)
    return {keys.pseudonym(round.pk, panelist.pk): panelist.pk for panelist in panel_of(round.study)}


def also(deed: Callable[[Panelist, Round], object]) -> Callable[..., bool]:
    """A store that does something about the panelist with every sheet that it writes."""

    def write(**sheet: Any) -> bool:
        written = write_sheet(**sheet)
        deed(Panelist.objects.get(pk=sheet["holder"].panelist_id), Round.objects.get(pk=sheet["round_id"]))
        return written

    return write


def test_the_real_store_stands_up(round: Round) -> None:
    answer(round)
    assert strongest(round, truth_about(round)) <= LUCK


def test_a_note_of_who_took_part_gives_everybody_away(round: Round, monkeypatch: pytest.MonkeyPatch) -> None:
    def note(panelist: Panelist, of: Round) -> None:
        Participation.objects.create(round=of, panelist=panelist, responded=True)

    monkeypatch.setattr(saving, "write_sheet", also(note))
    answer(round)
    assert Participation.objects.filter(round=round).count() == PANELISTS
    if connection.vendor == "postgresql":
        # The two rows carry the number of one transaction.
        assert strongest(round, truth_about(round)) == PANELISTS
    else:
        # Here both tables are without row numbers; that the note exists is the whole of the breach.
        assert strongest(round, truth_about(round)) <= LUCK


def test_numbered_sheets_and_a_trace_of_each_visit_give_everybody_away(
    round: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    LinkToken.objects.all().delete()
    numbers = itertools.count(1)
    numbered = type("Numbered", (), {"uuid4": staticmethod(lambda: uuid.UUID(int=next(numbers))), "UUID": uuid.UUID})
    monkeypatch.setattr(sheet_services, "uuid", numbered)

    def trace(panelist: Panelist, _of: Round) -> None:
        mint_link(panelist=panelist, now=database_now())

    monkeypatch.setattr(saving, "write_sheet", also(trace))
    answer(round)
    assert strongest(round, truth_about(round)) == PANELISTS


def test_a_note_of_when_somebody_was_last_here_is_a_second_row(round: Round, monkeypatch: pytest.MonkeyPatch) -> None:
    def seen(panelist: Panelist, _of: Round) -> None:
        Panelist.objects.filter(pk=panelist.pk).update(group="seen")

    monkeypatch.setattr(saving, "write_sheet", also(seen))
    before = dump()
    fill_sheet(panel_of(round.study)[0], round, [7, 3])
    assert changed(before, dump()) == {"sheets_sheet": (0, 1), "panels_panelist": (1, 1)}


def test_a_box_that_is_not_sealed_is_read(round: Round, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsealed(_key: bytes, value: Any, _bound_to: bytes, **_room: int) -> bytes:
        return json.dumps(value).encode()

    monkeypatch.setattr(boxes, "seal", unsealed)
    fill_sheet(panel_of(round.study)[0], round, [7, 3], reasons={1: CANARY})
    assert CANARY in repr(dump())
