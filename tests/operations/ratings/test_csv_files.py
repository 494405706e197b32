"""How a CSV file separates its cells."""

from pathlib import Path

import pytest

from surveys.consensus import NINE_POINTS
from surveys.operations.ratings import InputFault, read_ratings


@pytest.mark.parametrize(
    ("content", "statements"),
    [
        ("A,B\n8,9\n", ("A", "B")),
        ("A;B\n8;9\n", ("A", "B")),
        ("A\tB\n8\t9\n", ("A", "B")),
        ("panelist;Option A, B, or C\np1;8\n", ("Option A, B, or C",)),
        ("panelist,Option A; B; or C\np1,8\n", ("Option A; B; or C",)),
        ('panelist,"Option A, B, or C"\np1,8\n', ("Option A, B, or C",)),
        ("Option A; or B\n8\n", ("Option A; or B",)),
        ('"A, or B"\n8\n', ("A, or B",)),
        ('p;"One, two, three"\n1;"9 - yes, fully"\n', ("p", "One, two, three")),
    ],
)
def test_the_separator_is_the_one_that_makes_columns(tmp_path: Path, content: str, statements: tuple[str, ...]) -> None:
    (tmp_path / "ratings.csv").write_text(content)
    assert read_ratings(tmp_path / "ratings.csv", NINE_POINTS).statements == statements


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("A;B\n8;9\n8\n", "Line 3 has 1 cell and the header has 2."),
        ("A;B\n8;9\n8;9;7\n", "Line 3 has 3 cells and the header has 2."),
        ("A;B\n8;9\n8;08\n", 'Line 3, column "B": "08" is not a whole number from 1 to 9.'),
        ('A;B\n"8;9\n', "Line 2 is not valid CSV: unexpected end of data."),
        ('A,B\n"8"x,9\n', """Line 2 is not valid CSV: ',' expected after '"'."""),
        ('A;B\n8;9\n"8"x;9\n', """Line 3 is not valid CSV: ';' expected after '"'."""),
    ],
)
def test_faults_are_named_whatever_the_separator(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "ratings.csv").write_text(content)
    with pytest.raises(InputFault) as caught:
        read_ratings(tmp_path / "ratings.csv", NINE_POINTS)
    assert str(caught.value) == sentence
