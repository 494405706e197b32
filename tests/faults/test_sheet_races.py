"""One sheet, many hands: clicks that repeat themselves, tabs, and the first write of all.

Seen to fail on PostgreSQL: without the `WHERE` of the upsert two tabs overwrite each other, and so do the first writers
of a sheet. On SQLite writers take turns anyway.
"""

import uuid

import pytest

from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.rounds.services.merging import Change
from surveys.rounds.services.saving import Saved, save_sheet
from surveys.sheets.boxes import Answer
from surveys.sheets.models import Sheet
from surveys.sheets.queries import SheetHolder, own_sheet
from tests.factories import fill_sheet, holder_of, make_study, open_round
from tests.faults.storm import in_threads, ratings_of

pytestmark = pytest.mark.django_db(transaction=True)

STATEMENTS = 8
HANDS = 8


@pytest.fixture
def round() -> Round:
    """An open round that nobody has answered."""
    return open_round(make_study(panelists=5, statements=STATEMENTS))


@pytest.fixture
def holder(round: Round) -> SheetHolder:
    """One panelist's own sheet."""
    return holder_of(panel_of(round.study)[0])


def test_ten_identical_clicks_make_one_version(round: Round, holder: SheetHolder) -> None:
    replay, answers = uuid.uuid4(), [Change(1, Answer("7")), Change(2, Answer("8"))]
    saved: list[Saved] = []

    def click() -> None:
        saved.append(save_sheet(holder=holder, round_id=round.pk, changes=answers, submit=True, replay=replay))

    assert in_threads(*[click] * 10) == []
    assert {(each.sheet.version, each.sheet.is_submitted, each.conflicts) for each in saved} == {(1, True, ())}
    assert list(Sheet.objects.values_list("version", "replay")) == [(1, replay)]


def test_two_tabs_on_different_statements_both_survive(round: Round, holder: SheetHolder) -> None:
    def tab(number: int, choice: str) -> None:
        change = Change(number, Answer(choice), seen=Answer(""))
        assert save_sheet(holder=holder, round_id=round.pk, changes=[change]).conflicts == ()

    assert in_threads(lambda: tab(1, "3"), lambda: tab(2, "9")) == []
    sheet = own_sheet(holder, round.pk)
    assert (sheet.version, ratings_of(sheet, 3)) == (2, ("3", "9", ""))


def test_two_tabs_on_the_same_statement_make_one_conflict(round: Round, holder: SheetHolder) -> None:
    fill_sheet(panel_of(round.study)[0], round, {1: 5})
    saved: dict[str, Saved] = {}

    def tab(choice: str) -> None:
        change = Change(1, Answer(choice), seen=Answer("5"))
        saved[choice] = save_sheet(holder=holder, round_id=round.pk, changes=[change], submit=True)

    assert in_threads(lambda: tab("2"), lambda: tab("8")) == []
    clashes = {choice: each.conflicts for choice, each in saved.items() if each.conflicts}
    kept = own_sheet(holder, round.pk).answer_to(1).choice
    (loser,) = clashes
    assert {kept, loser} == {"2", "8"}
    (conflict,) = clashes[loser]
    assert (conflict.number, conflict.theirs.choice, conflict.mine.choice) == (1, kept, loser)


def test_the_first_version_of_a_sheet_is_written_by_many_at_once(round: Round, holder: SheetHolder) -> None:
    def write(number: int) -> None:
        change = Change(number, Answer(str(number)), seen=Answer(""))
        save_sheet(holder=holder, round_id=round.pk, changes=[change])

    assert in_threads(*(lambda number=number: write(number) for number in range(1, HANDS + 1))) == []  # type: ignore[misc]
    sheet = own_sheet(holder, round.pk)
    assert Sheet.objects.count() == 1
    assert (sheet.version, ratings_of(sheet, STATEMENTS)) == (HANDS, tuple("12345678"))


def test_a_sheet_that_was_submitted_stays_so_whoever_saves_last(round: Round, holder: SheetHolder) -> None:
    def write(number: int) -> None:
        change = Change(number, Answer("6"), seen=Answer(""))
        save_sheet(holder=holder, round_id=round.pk, changes=[change], submit=number == 1)

    assert in_threads(*(lambda number=number: write(number) for number in range(1, HANDS + 1))) == []  # type: ignore[misc]
    sheet = own_sheet(holder, round.pk)
    assert (sheet.is_submitted, ratings_of(sheet, STATEMENTS)) == (True, ("6",) * STATEMENTS)
