"""Counting whole slices as tables gives what counting panelist by panelist gives."""

import random
import uuid
from collections.abc import Iterator

import pytest

from surveys.sheets.boxes import ABSTAIN, Answer, SheetContent
from surveys.sheets.counts import POINTS
from surveys.sheets.keystore import destroy_study_key, ensure_study_key
from surveys.sheets.models import Sheet
from surveys.sheets.queries import SheetHolder, place_of
from surveys.sheets.services import write_sheet
from surveys.sheets.tally import Asking, Question, count_sheets
from surveys.studies.prepared import BoundQuery

pytestmark = pytest.mark.django_db

NOW, THEN, FIRST = uuid.UUID(int=3), uuid.UUID(int=2), uuid.UUID(int=1)
STATEMENTS = 4
Said = dict[uuid.UUID, dict[int, Answer]]


@pytest.fixture
def study() -> Iterator[uuid.UUID]:
    study_id = uuid.uuid4()
    ensure_study_key(study_id)
    yield study_id
    destroy_study_key(study_id)


def made_up(study: uuid.UUID, round_id: uuid.UUID, panel: list[uuid.UUID], dice: random.Random) -> Said:
    """Sheets of some of the panel, drafts among them; returns those that were submitted."""
    submitted: Said = {}
    for panelist in panel:
        state = dice.choice([Sheet.State.SUBMITTED] * 3 + [Sheet.State.DRAFT, None])
        if state is None:
            continue
        choices = [*map(str, range(1, 10)), ABSTAIN, ""]
        answers = {
            number: Answer(dice.choice(choices), dice.choice(["", " ", f"why {number}\n"]))
            for number in range(1, STATEMENTS + 1)
            if dice.random() < 0.8
        }
        place = place_of(SheetHolder(study, panelist), round_id)
        condition = BoundQuery("SELECT 1", ())
        content = SheetContent(answers)
        write_sheet(place=place, condition=condition, content=content, state=state, based_on=0, replay=None)
        if state == Sheet.State.SUBMITTED:
            submitted[panelist] = answers
    return submitted


def rating(said: Said, panelist: uuid.UUID, number: int) -> int | None:
    return said.get(panelist, {}).get(number, Answer()).rating


@pytest.mark.parametrize("seed", range(5))
def test_a_table_counts_as_one_by_one(study: uuid.UUID, seed: int) -> None:
    dice = random.Random(seed)
    panel = [uuid.UUID(int=dice.getrandbits(128)) for _ in range(40)]
    then, first = made_up(study, THEN, panel, dice), made_up(study, FIRST, panel, dice)
    now = made_up(study, NOW, panel, dice)
    groups = {panelist: dice.choice(["", "Nurses", "Doctors"]) for panelist in panel}
    # Statement n of now was statement n + 1 of then, and statement 1 of the first round; statement 4 is new.
    questions = [Question(n, THEN, n + 1, (Asking(FIRST, 1), Asking(THEN, n + 1))) for n in range(1, STATEMENTS)] + [
        Question(STATEMENTS)
    ]
    found = count_sheets(study_id=study, round_id=NOW, panelist_ids=panel, questions=questions, groups=groups)
    assert found.submitted == len(now)
    for question in questions:
        n, counted = question.number, found.statements[question.number]
        rated = {panelist: given for panelist in panel if (given := rating(now, panelist, n)) is not None}
        assert counted.counts == [list(rated.values()).count(point) for point in range(1, POINTS + 1)]
        assert counted.abstained == sum(answers.get(n, Answer()).choice == ABSTAIN for answers in now.values())
        written = [now[panelist].get(n, Answer()).reason.strip() for panelist in panel if panelist in now]
        assert counted.reasons == [reason for reason in written if reason]
        for earlier in range(1, POINTS + 1):
            before = {panelist for panelist in panel if rating(then, panelist, question.earlier_number) == earlier}
            pairs = [given for panelist, given in rated.items() if panelist in before]
            assert counted.paired[earlier - 1] == [pairs.count(point) for point in range(1, POINTS + 1)]
        askings = [({THEN: then, FIRST: first}[one.round_id], one.number) for one in question.askings]
        assert counted.again == [sum(rating(said, p, number) is not None for p in rated) for said, number in askings]
        for name, group in counted.groups.items():
            members = [panelist for panelist in panel if groups[panelist] == name]
            given = [rated[panelist] for panelist in members if panelist in rated]
            assert group.counts == [given.count(point) for point in range(1, POINTS + 1)]
            assert group.submitted == sum(panelist in now for panelist in members)
            rated_then = [[p for p in members if rating(said, p, number) is not None] for said, number in askings]
            assert group.before == [len(who) for who in rated_then]
            assert group.again == [sum(p in rated for p in who) for who in rated_then]
        assert set(counted.groups) == set(groups.values())
    complete = [p for p in now if all(rating(now, p, n) is not None for n in range(1, STATEMENTS + 1))]
    assert found.complete is not None
    assert found.complete.raters == len(complete)
    assert list(found.complete.totals) == [
        sum(rating(now, p, n) or 0 for p in complete) for n in range(1, STATEMENTS + 1)
    ]
