"""The meetings in the files: numbers and decisions, and names only where the study notes them."""

import io
import json

import openpyxl
import pytest

from surveys.exports.files import export_file
from surveys.meetings.models import Meeting
from surveys.rounds.models import Round
from surveys.studies.models import Study
from tests.meetings.making import NOON, hold_meeting, make_decision, make_meeting, make_step

FORMS = ("csv", "xlsx", "json")


@pytest.fixture
def held(study: Study, round: Round) -> Meeting:
    """A meeting with two decisions, and one that is still to come."""
    meeting = make_meeting(study, minutes=180, after_round_id=round.pk)
    study.refresh_from_db()
    Study.objects.filter(pk=study.pk).update(names_at_meetings=True)
    hold_meeting(
        meeting, 175, panelists_present=9, facilitators_present=1, names="Dr. Zebrafinch", notes="Only for us."
    )
    Study.objects.filter(pk=study.pk).update(names_at_meetings=False)
    make_decision(meeting, "Merge them.", [make_step(study, 902), make_step(study, 901)])
    make_decision(meeting, "=1+1")
    make_meeting(study, NOON)
    return meeting


def json_of(study: Study, round: Round | None = None) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(export_file(study, form="json", round=round).content)["meetings"]
    return found


def named(study: Study) -> Study:
    """The study, which now notes names."""
    Study.objects.filter(pk=study.pk).update(names_at_meetings=True)
    return Study.objects.select_related("protocol").get(pk=study.pk)


def test_json_has_the_meetings_that_were_held_with_the_steps_of_their_decisions(study: Study, held: Meeting) -> None:
    assert json_of(study) == [
        {
            "number": 1,
            "held_at": "2097-05-04T07:00-05:00",
            "minutes": 175,
            "mode": "in_person",
            "attendance": {"panelists": 9, "facilitators": 1, "others": None},
            "decisions": [{"text": "Merge them.", "steps": [901, 902]}, {"text": "=1+1", "steps": []}],
        }
    ]


def test_names_are_there_only_where_the_study_notes_them(study: Study, held: Meeting) -> None:
    for form in FORMS:
        content = export_file(study, form=form).content
        assert b"Zebrafinch" not in (content if form != "xlsx" else _texts(content))
    assert json_of(named(study))[0]["attendance"] == {
        "panelists": 9, "facilitators": 1, "others": None, "names": "Dr. Zebrafinch",
    }  # fmt: skip
    for form in ("xlsx", "json"):
        content = export_file(named(study), form=form).content
        assert b"Zebrafinch" in (content if form != "xlsx" else _texts(content))


def _texts(content: bytes) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return repr([row for sheet in book for row in sheet.iter_rows(values_only=True)]).encode()


@pytest.mark.parametrize("form", FORMS)
def test_notes_stand_in_no_file(study: Study, held: Meeting, form: str) -> None:
    content = export_file(named(study), form=form).content
    assert b"Only for us" not in (content if form != "xlsx" else _texts(content))


def test_xlsx_has_them_on_a_sheet_of_their_own(study: Study, held: Meeting) -> None:
    book = openpyxl.load_workbook(io.BytesIO(export_file(study, form="xlsx").content))
    assert book.sheetnames[-2:] == ["Meetings", "Verification"]
    heading, first, second = book["Meetings"].iter_rows(values_only=True)
    assert heading[0] == "meeting"
    assert first == (1, "2097-05-04 07:00", 175, "in_person", 9, 1, None, "Merge them.", "901 902")
    assert second[7] == "=1+1"
    assert book["Meetings"]["H3"].data_type == "s"


def test_the_file_of_one_round_has_the_meetings_that_looked_at_it(study: Study, round: Round, held: Meeting) -> None:
    other = make_meeting(study)
    hold_meeting(other)
    assert [meeting["number"] for meeting in json_of(study)] == [1, 3]
    assert [meeting["number"] for meeting in json_of(study, round)] == [1]


@pytest.mark.parametrize("form", FORMS)
def test_two_files_are_alike_to_the_byte(study: Study, held: Meeting, form: str) -> None:
    assert export_file(named(study), form=form).content == export_file(named(study), form=form).content
