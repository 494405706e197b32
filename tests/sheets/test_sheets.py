"""Sheets are written by one conditional upsert, read by their holder alone, and counted without their holders."""

import uuid
from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from surveys.sheets.boxes import Answer, BoxTampered, SheetContent
from surveys.sheets.counts import GroupCounts, SliceCounts
from surveys.sheets.keystore import KeyDestroyed, destroy_study_key, ensure_study_key
from surveys.sheets.models import Sheet
from surveys.sheets.queries import OwnSheet, SheetHolder, own_sheet, own_sheets, place_of, sheet_states, submitted_count
from surveys.sheets.services import discard_sheets, discard_uncounted, write_sheet
from surveys.sheets.tally import Asking, Question, count_sheets, seal_slice, unseal_slice
from surveys.studies.prepared import BoundQuery

pytestmark = pytest.mark.django_db

ALWAYS = BoundQuery("SELECT 1", ())
ROUND, EARLIER = uuid.UUID(int=11), uuid.UUID(int=10)


@pytest.fixture
def study() -> Iterator[uuid.UUID]:
    study_id = uuid.uuid4()
    ensure_study_key(study_id)
    yield study_id
    destroy_study_key(study_id)


def fill(
    study: uuid.UUID,
    panelist: uuid.UUID,
    answers: dict[int, Answer],
    *,
    round_id: uuid.UUID = ROUND,
    state: Sheet.State = Sheet.State.SUBMITTED,
    based_on: int = 0,
    condition: BoundQuery = ALWAYS,
) -> bool:
    return write_sheet(
        condition=condition,
        place=place_of(SheetHolder(study, panelist), round_id),
        content=SheetContent(answers),
        state=state,
        based_on=based_on,
        replay=None,
    )


def test_a_sheet_is_read_back_by_its_holder(study: uuid.UUID) -> None:
    panelist = uuid.uuid4()
    assert fill(study, panelist, {1: Answer("8", "because")}, state=Sheet.State.DRAFT)
    sheet = own_sheet(SheetHolder(study, panelist), ROUND)
    assert sheet == OwnSheet(version=1, content=SheetContent({1: Answer("8", "because")}))
    assert sheet.answer_to(2) == Answer()


def test_somebody_else_finds_an_empty_sheet(study: uuid.UUID) -> None:
    fill(study, uuid.uuid4(), {1: Answer("8")})
    assert own_sheet(SheetHolder(study, uuid.uuid4()), ROUND) == OwnSheet()


def test_where_the_condition_finds_nothing_nothing_is_written(study: uuid.UUID) -> None:
    panelist = uuid.uuid4()
    never = BoundQuery("SELECT 1 WHERE %s = %s", (1, 2))
    assert not fill(study, panelist, {1: Answer("8")}, condition=never)
    assert not Sheet.objects.exists()
    assert fill(study, panelist, {1: Answer("8")})
    assert not fill(study, panelist, {1: Answer("2")}, based_on=1, condition=never)
    assert own_sheet(SheetHolder(study, panelist), ROUND).answer_to(1) == Answer("8")


def test_a_writer_that_comes_second_is_told_and_changes_nothing(study: uuid.UUID) -> None:
    panelist = uuid.uuid4()
    assert fill(study, panelist, {1: Answer("8")}, based_on=0)
    assert not fill(study, panelist, {1: Answer("2")}, based_on=0)
    assert fill(study, panelist, {1: Answer("9")}, based_on=1)
    assert not fill(study, panelist, {1: Answer("3")}, based_on=1)
    sheet = own_sheet(SheetHolder(study, panelist), ROUND)
    assert (sheet.version, sheet.answer_to(1)) == (2, Answer("9"))
    assert Sheet.objects.count() == 1


def test_rounds_are_kept_apart(study: uuid.UUID) -> None:
    panelist = uuid.uuid4()
    fill(study, panelist, {1: Answer("2")}, round_id=EARLIER)
    fill(study, panelist, {1: Answer("8")}, round_id=ROUND)
    sheets = own_sheets(SheetHolder(study, panelist), [EARLIER, ROUND])
    assert [sheets[EARLIER].answer_to(1), sheets[ROUND].answer_to(1)] == [Answer("2"), Answer("8")]
    one, two = Sheet.objects.values_list("pseudonym", flat=True)
    assert bytes(one) != bytes(two)


def test_a_box_that_was_moved_to_another_sheet_opens_nothing(study: uuid.UUID) -> None:
    one, two = uuid.uuid4(), uuid.uuid4()
    fill(study, one, {1: Answer("2")})
    fill(study, two, {1: Answer("8")})
    first, second = Sheet.objects.all()
    Sheet.objects.filter(pk=first.pk).update(box=bytes(second.box))
    opened = 0
    for panelist in (one, two):
        try:
            own_sheet(SheetHolder(study, panelist), ROUND)
        except BoxTampered:
            continue
        opened += 1
    assert opened == 1


def test_without_the_key_nothing_opens_and_nothing_is_written(study: uuid.UUID) -> None:
    panelist = uuid.uuid4()
    fill(study, panelist, {1: Answer("8")})
    destroy_study_key(study)
    with pytest.raises(KeyDestroyed):
        own_sheet(SheetHolder(study, panelist), ROUND)
    with pytest.raises(KeyDestroyed):
        fill(study, panelist, {1: Answer("9")}, based_on=1)


def test_who_has_submitted_is_derived_without_opening_a_box(study: uuid.UUID) -> None:
    done, begun, none = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    fill(study, done, {1: Answer("8")})
    fill(study, begun, {1: Answer("8")}, state=Sheet.State.DRAFT)
    Sheet.objects.update(box=b"nothing that opens")
    states = sheet_states(study_id=study, round_id=ROUND, panelist_ids=[done, begun, none])
    assert states == {done: Sheet.State.SUBMITTED, begun: Sheet.State.DRAFT}
    assert submitted_count(ROUND) == 1


def test_the_tally_counts_what_was_submitted(study: uuid.UUID) -> None:
    panel = [uuid.uuid4() for _ in range(5)]
    fill(study, panel[0], {1: Answer("8", "first"), 2: Answer("abstain")})
    fill(study, panel[1], {1: Answer("8"), 2: Answer("1", " ")})
    fill(study, panel[2], {1: Answer("", "only words")})
    fill(study, panel[3], {1: Answer("3", "a draft")}, state=Sheet.State.DRAFT)
    counts = count_sheets(study_id=study, round_id=ROUND, panelist_ids=panel, questions=[Question(1), Question(2)])
    assert counts.submitted == 3
    one, two = counts.statements[1], counts.statements[2]
    assert (one.counts, one.abstained, sorted(one.reasons)) == ([0, 0, 0, 0, 0, 0, 0, 2, 0], 0, ["first", "only words"])
    assert (two.counts, two.abstained, two.reasons) == ([1, 0, 0, 0, 0, 0, 0, 0, 0], 1, [])


def test_the_tally_pairs_the_same_people_with_their_earlier_rating(study: uuid.UUID) -> None:
    stayed, joined, left, silent = (uuid.uuid4() for _ in range(4))
    fill(study, stayed, {4: Answer("3")}, round_id=EARLIER)
    fill(study, left, {4: Answer("5")}, round_id=EARLIER)
    fill(study, silent, {4: Answer("9")}, round_id=EARLIER, state=Sheet.State.DRAFT)
    fill(study, stayed, {1: Answer("8")})
    fill(study, joined, {1: Answer("7")})
    counts = count_sheets(
        study_id=study,
        round_id=ROUND,
        panelist_ids=[stayed, joined, left, silent],
        questions=[Question(1, EARLIER, 4)],
    ).statements[1]
    assert counts.paired[2][7] == 1
    assert sum(map(sum, counts.paired)) == 1


def test_slices_add_up_to_the_whole(study: uuid.UUID) -> None:
    panel = [uuid.uuid4() for _ in range(7)]
    for place, panelist in enumerate(panel):
        fill(study, panelist, {1: Answer(str(place + 1), f"reason {place}")}, round_id=EARLIER)
        fill(study, panelist, {1: Answer(str(9 - place), f"reason {place}")})
    asked = {"study_id": study, "round_id": ROUND, "questions": [Question(1, EARLIER, 1, (Asking(EARLIER, 1),))]}
    asked["groups"] = dict(zip(panel, ("Nurses", "Physicians", ""), strict=False))
    whole = count_sheets(**asked, panelist_ids=panel)
    total = SliceCounts()
    for number, part in enumerate((panel[:3], panel[3:6], panel[6:])):
        counted = count_sheets(**asked, panelist_ids=part)
        box = seal_slice(study_id=study, round_id=ROUND, slice_number=number, counts=counted)
        assert b"reason" not in box
        assert b"Nurses" not in box
        total.add(unseal_slice(study_id=study, round_id=ROUND, slice_number=number, box=box))
    assert total == whole


def test_the_tally_counts_within_groups_and_who_rated_in_each_earlier_round(study: uuid.UUID) -> None:
    stayed, joined, left, nobodys = (uuid.uuid4() for _ in range(4))
    for panelist in (stayed, left):
        fill(study, panelist, {4: Answer("3")}, round_id=EARLIER)
    fill(study, stayed, {1: Answer("8")})
    fill(study, joined, {1: Answer("abstain")})
    fill(study, nobodys, {1: Answer("2")})
    counts = count_sheets(
        study_id=study,
        round_id=ROUND,
        panelist_ids=[stayed, joined, left, nobodys],
        questions=[Question(1, askings=(Asking(EARLIER, 4), Asking(EARLIER, 1)))],
        groups={stayed: "Nurses", joined: "Nurses", left: "Nurses"},
    ).statements[1]
    assert counts.again == [1, 0]
    assert counts.groups == {
        "Nurses": GroupCounts([0] * 7 + [1, 0], abstained=1, submitted=2, before=[2, 0], again=[1, 0]),
        "": GroupCounts([0, 1, *[0] * 7], submitted=1, before=[0, 0], again=[0, 0]),
    }


def test_drafts_and_whole_rounds_are_thrown_away_unseen(study: uuid.UUID) -> None:
    fill(study, uuid.uuid4(), {1: Answer("8")})
    fill(study, uuid.uuid4(), {1: Answer("8")}, state=Sheet.State.DRAFT)
    fill(study, uuid.uuid4(), {}, state=Sheet.State.WITHDRAWN)
    fill(study, uuid.uuid4(), {1: Answer("8")}, round_id=EARLIER)
    assert discard_uncounted(round_id=ROUND) == 2
    assert discard_sheets(round_id=ROUND) == 1
    assert Sheet.objects.count() == 1


def test_a_save_is_one_statement(study: uuid.UUID, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        fill(study, uuid.uuid4(), {1: Answer("8")})


def test_tables_that_panelists_fill_have_no_row_numbers() -> None:
    if connection.vendor != "sqlite":
        assert connection.vendor == "postgresql"
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%WITHOUT ROWID%' ORDER BY 1")
        names = [name for (name,) in cursor.fetchall()]
    ours = ["feedback_comment", "feedback_commitment", "feedback_groupresult", "feedback_participation", "sheets_sheet"]
    assert names == ours
