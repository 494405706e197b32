"""The exports of Microsoft Forms, REDCap and LimeSurvey, and wide files with more than ratings."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from surveys.consensus import NINE_POINTS
from surveys.operations.ratings import MISSING, InputFault, Ratings, read_ratings

FORMS = ["ID", "Start time", "Completion time", "Email", "Name", "Last modified time", "Option A?", "Option B?"]
REDCAP = (
    "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,redcap_data_access_group,"
    "redcap_survey_identifier,rating_round_timestamp,option_a,option_b,rating_round_complete\n"
    "1,round_1_arm_1,,,,,2026-09-01 10:00:00,8,7,2\n"
    "2,round_1_arm_1,,,,,[not completed],9,,0\n"
)
REDCAP_LABELS = (
    "Record ID,Event Name,Repeat Instrument,Repeat Instance,Data Access Group,Survey Identifier,"
    "Survey Timestamp,Option A?,Complete?,Survey Timestamp,Option B?,Complete?\n"
    '1,Round 1,,,,,2026-09-01 10:00:00,"8 - agree",Complete,2026-09-01 10:00:00,7,Complete\n'
    '2,Round 1,,,,,,"9, complete agreement"'.replace("9, c", "9: c")
    + ",Complete,,,Incomplete\n"
)
LIMESURVEY = (
    '"id";"submitdate";"lastpage";"startlanguage";"seed";"token";"startdate";"datestamp";"ipaddr";"refurl";'
    '"G1Q1";"G1Q2[SQ001]";"interviewtime";"groupTime12";"G1Q1Time";"G1Q2Time"\n'
    '"1";"2026-09-01 10:00:00";"3";"en";"1";"t1";"2026-09-01";"2026-09-01";"";"";"8";"7";"61.5";"60";"30";"30"\n'
    '"2";"";"1";"en";"2";"t2";"2026-09-01";"2026-09-01";"";"";"9 - complete agreement";"";"9";"9";"9";""\n'
)
LIMESURVEY_TEXTS = (
    '"Response ID","Date submitted","Last page","Start language","Seed","Access code","Date started",'
    '"Date last action","IP address","Referrer URL","Option A?","Please rate [Option B?]","Total time",'
    '"Group time: First","Question time: G1Q1"\n'
    '"1","2026-09-01 10:00:00","3","en","1","t1","2026-09-01","2026-09-01","","","8","7","61.5","60","30"\n'
    '"2","","1","en","2","t2","2026-09-01","2026-09-01","","","9 (complete agreement)","","9","9","9"\n'
)
LIMESURVEY_BOTH = (
    '"id. Response ID","submitdate. Date submitted","lastpage. Last page","startlanguage. Start language",'
    '"G1Q1. Option A?","G1Q2. Option B?"\n"1","","3","en","8","7"\n"2","","3","en","9",""\n'
)


def _read(path: Path, content: str, **options: Any) -> Ratings:
    path.write_text(content, encoding="utf-8")
    return read_ratings(path, NINE_POINTS, **options)


@pytest.mark.parametrize(
    ("content", "statements"),
    [
        (REDCAP, ("option_a", "option_b")),
        (REDCAP_LABELS, ("Option A?", "Option B?")),
        ("record_id,option_a,option_b,rating_complete\n1,8,7,2\n2,9,,0\n", ("option_a", "option_b")),
        (LIMESURVEY, ("G1Q1", "G1Q2[SQ001]")),
        (LIMESURVEY_TEXTS, ("Option A?", "Please rate [Option B?]")),
        (LIMESURVEY_BOTH, ("G1Q1. Option A?", "G1Q2. Option B?")),
    ],
    ids=["redcap", "redcap labels", "redcap at its least", "limesurvey", "limesurvey texts", "limesurvey both"],
)
def test_an_export_gives_its_questions_alone(tmp_path: Path, content: str, statements: tuple[str, ...]) -> None:
    ratings = _read(tmp_path / "export.csv", content)
    assert ratings.statements == statements
    assert ratings.panelist.tolist() == [0, 0, 1, 1]
    assert ratings.rating.tolist() == [8, 7, 9, MISSING]


def test_microsoft_forms(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(FORMS)
    sheet.append([1, "9/1/26 10:00:00", "9/1/26 10:05:00", "anonymous", None, None, 8, "7"])
    sheet.append([2, "9/1/26 11:00:00", "9/1/26 11:05:00", "anonymous", None, None, "9 - complete agreement", None])
    book.save(tmp_path / "export.xlsx")
    ratings = read_ratings(tmp_path / "export.xlsx", NINE_POINTS)
    assert ratings.statements == ("Option A?", "Option B?")
    assert ratings.rating.tolist() == [8, 7, 9, MISSING]
    assert ratings.left_out == tuple(FORMS[:6])


def test_points_and_feedback_of_a_quiz_are_left_out(tmp_path: Path) -> None:
    header = "Id,Start time,Completion time,Email,Name,Total points,Quiz feedback,A,Points - A,Feedback - A"
    ratings = _read(tmp_path / "export.csv", f"{header}\n1,x,x,a@example.org,Ann,0,,8,0,\n")
    assert ratings.statements == ("A",)


def test_a_record_with_two_rows_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(InputFault) as caught:
        _read(tmp_path / "export.csv", REDCAP + "1,round_2_arm_1,,,,,,8,7,2\n")
    assert str(caught.value) == 'Line 4, column "record_id": "1" has a second row.'


def test_a_record_may_have_a_row_a_round(tmp_path: Path) -> None:
    content = "record_id,round,A,form_complete\n1,1,8,2\n1,2,9,2\n"
    ratings = _read(tmp_path / "export.csv", content)
    assert (ratings.panelist.tolist(), ratings.rating.tolist()) == ([0, 0], [8, 9])
    assert ratings.left_out == ("form_complete",)


def test_a_panelist_column_goes_before_the_record(tmp_path: Path) -> None:
    ratings = _read(tmp_path / "export.csv", "record_id,panelist,A\n1,p1,8\n1,p2,9\n")
    assert (ratings.panelist.tolist(), ratings.left_out) == ([0, 1], ("record_id",))


def test_a_long_file_is_long_whatever_else_it_has(tmp_path: Path) -> None:
    ratings = _read(tmp_path / "export.csv", "record_id,statement,panelist,rating\n1,A,p1,8\n2,B,p1,9\n")
    assert (ratings.statements, ratings.left_out) == (("A", "B"), ())


@pytest.mark.parametrize("name", ["id", "Email", "Name", "token", "form_complete", "sometime"])
def test_a_file_of_no_known_program_keeps_its_columns(tmp_path: Path, name: str) -> None:
    assert _read(tmp_path / "plain.csv", f"{name},B\n8,9\n").statements == (name, "B")


def test_a_question_whose_code_ends_like_a_timing_is_kept(tmp_path: Path) -> None:
    ratings = _read(tmp_path / "export.csv", "id,submitdate,lastpage,leadtime,G1,G1Time\n1,,3,8,9,12.5\n")
    assert ratings.statements == ("leadtime", "G1")


def test_a_column_of_comments_is_a_fault_until_it_is_ignored(tmp_path: Path) -> None:
    content = "A,Why?,B\n8,,9\n7,I am not sure,9\n"
    with pytest.raises(InputFault) as caught:
        _read(tmp_path / "plain.csv", content)
    assert str(caught.value) == (
        'Line 3, column "Why?": "I am not sure" is not a whole number from 1 to 9; --ignore leaves a column out.'
    )
    ratings = _read(tmp_path / "plain.csv", content, ignored=["Why?"])
    assert (ratings.statements, ratings.left_out) == (("A", "B"), ("Why?",))


def test_a_column_to_ignore_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputFault) as caught:
        _read(tmp_path / "plain.csv", "A,B\n8,9\n", ignored=["C"])
    assert str(caught.value) == 'There is no column "C" to leave out.'
