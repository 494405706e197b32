"""manage.py evaluate: ratings from anywhere, judged without a database."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.core.management import call_command

from surveys.consensus import FULL_CONSENSUS, NINE_POINTS, assess, intraclass
from surveys.operations.ratings import MISSING, csv_files, read_ratings

LONG = "statement,panelist,rating\nA,p1,8\nA,p2,9\nB,p1,5\nB,p2,9\n"
WIDE = "panelist,A,B\np1,8,5\np2,9,9\n"
ROUNDS = "statement,panelist,rating,round\nA,p1,5,1\nA,p2,9,1\nA,p1,8,2\nB,p1,7,10\n"
OF_COMPLETE_RATERS = {
    "kendalls_w",
    "icc_agreement_single",
    "icc_agreement_average",
    "icc_consistency_single",
    "icc_consistency_average",
}


@pytest.fixture
def write(tmp_path: Path) -> Any:
    """Return a function that writes a file of ratings and returns its path."""

    def write_file(content: str | bytes) -> str:
        path = tmp_path / "ratings.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write_file


def _evaluate(*args: str) -> str:
    out = io.StringIO()
    call_command("evaluate", *args, stdout=out)
    return out.getvalue()


def _judged(*args: str) -> dict[str, Any]:
    judged: dict[str, Any] = json.loads(_evaluate(*args, "--format", "json"))
    return judged


def _fault(*args: str) -> str:
    """Return the one sentence on standard error, after checking exit code and standard output."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("evaluate", *args, stdout=out, stderr=err)
    assert caught.value.code == 2
    assert out.getvalue() == ""
    assert err.getvalue().count("\n") == 1
    return err.getvalue().rstrip("\n")


def test_json_has_every_key_of_the_contract(write: Any) -> None:
    file = write("statement,panelist,rating\nA,p1,8\nA,p2,9\nA,p3,9\nB,p1,5\nB,p2,9\nB,p3,X\nC,p1,\nC,p2,X\nD,p1,7\n")
    assert _judged(file, "--abstain", "X") == {
        "rule": "full-consensus",
        "statements": [
            {
                "statement": "A",
                "n": 3,
                "abstained": 0,
                "missing": 0,
                "counts": [0, 0, 0, 0, 0, 0, 0, 1, 2],
                "mean": 26 / 3,
                "median": 9,
                "minimum": 8,
                "maximum": 9,
                "sd": pytest.approx(0.57735027),
                "iqr": 0.5,
                "q1": 8.5,
                "q3": 9,
                "ipr": 0.4,
                "ipras": pytest.approx(8.05),
                "disagreement_index": pytest.approx(0.4 / 8.05),
                "cv": pytest.approx(0.57735027 * 3 / 26),
                "mad_median": pytest.approx(1 / 3),
                "tastle_wierman": pytest.approx(0.91722268),
                "consensus": True,
                "outcome": "in",
                "reasons": ["All ratings are 6 or higher.", "The mean, 8.67, is above 7."],
            },
            {
                "statement": "B",
                "n": 2,
                "abstained": 1,
                "missing": 0,
                "counts": [0, 0, 0, 0, 1, 0, 0, 0, 1],
                "mean": 7.0,
                "median": 7,
                "minimum": 5,
                "maximum": 9,
                "sd": pytest.approx(2.82842712),
                "iqr": 2,
                "q1": 6,
                "q3": 8,
                "ipr": 1.6,
                "ipras": 5.35,
                "disagreement_index": pytest.approx(1.6 / 5.35),
                "cv": pytest.approx(2.82842712 / 7),
                "mad_median": 2,
                "tastle_wierman": pytest.approx(0.58496250),
                "consensus": False,
                "outcome": "none",
                "reasons": ["1 of 2 ratings is 5 or lower.", "The mean is 7.00 and must be above 7."],
            },
            {
                "statement": "C",
                "n": 0,
                "abstained": 1,
                "missing": 2,
                "counts": [0] * 9,
                "mean": None,
                "median": None,
                "minimum": None,
                "maximum": None,
                "sd": None,
                "iqr": None,
                **dict.fromkeys(("q1", "q3", "ipr", "ipras", "disagreement_index", "cv", "mad_median")),
                "tastle_wierman": None,
                "consensus": None,
                "outcome": "not evaluable",
                "reasons": ["There are no ratings."],
            },
            {
                "statement": "D",
                "n": 1,
                "abstained": 0,
                "missing": 2,
                "counts": [0, 0, 0, 0, 0, 0, 1, 0, 0],
                "mean": 7.0,
                "median": 7,
                "minimum": 7,
                "maximum": 7,
                "sd": None,
                "iqr": 0,
                "q1": 7,
                "q3": 7,
                "ipr": 0,
                "ipras": 5.35,
                "disagreement_index": 0,
                "cv": None,
                "mad_median": 0,
                "tastle_wierman": 1.0,
                "consensus": False,
                "outcome": "none",
                "reasons": ["The only rating is 6 or higher.", "The mean is 7.00 and must be above 7."],
            },
        ],
        "agreement": {
            "complete_raters": 0,
            **dict.fromkeys(OF_COMPLETE_RATERS),
            # Of the pairs 8-9-9 and 5-9, see Krippendorff 2011.
            "krippendorff_alpha": {
                "nominal": pytest.approx(1 - 4 * (1 + 1) / 7),
                "ordinal": pytest.approx(1 - 4 * (4 + 9) / 40),
                "interval": pytest.approx(1 - 4 * (1 + 16) / 60),
            },
            "gwet_ac1": pytest.approx(_gwet(1 / 6, 9)),
            "gwet_ac2_linear": pytest.approx(_gwet((11 / 12 + 1 / 2) / 2, 51)),
            "gwet_ac2_quadratic": pytest.approx(_gwet((95 / 96 + 3 / 4) / 2, 64.125)),
        },
    }


def _gwet(agreed: float, weights: float) -> float:
    """Gwet's coefficient of A, B and D above: a third, a sixth and so on of the ratings lie on 7, 8, 9 and 5."""
    by_chance = weights / 72 * sum(share * (1 - share) for share in (1 / 3, 1 / 9, 7 / 18, 1 / 6))
    return (agreed - by_chance) / (1 - by_chance)


def test_long_and_wide_say_the_same(write: Any) -> None:
    long = _judged(write(LONG))
    assert [row["consensus"] for row in long["statements"]] == [True, False]
    assert _judged(write(WIDE)) == long
    assert _judged(write("A,B\n8,5\n9,9\n")) == long


@pytest.mark.parametrize(
    "content",
    [
        LONG.replace(",", ";"),
        LONG.replace(",", "\t"),
        b"\xef\xbb\xbf" + LONG.encode(),
        LONG.replace("\n", "\r\n"),
        LONG.replace(",", " , "),
        LONG.replace("\n", "\n\n"),
        LONG.replace("statement,panelist,rating", "Statement,PANELIST,Rating"),
        LONG.replace("A", '"A"'),
        LONG.rstrip("\n"),
        "note,rating,group,panelist,statement\n,8,g,p1,A\n,9,h,p2,A\n,5,g,p1,B\nx,9,h,p2,B\n",
    ],
    ids=[
        "semicolons",
        "tabs",
        "bom",
        "crlf",
        "padded",
        "blank lines",
        "capitals",
        "quoted",
        "no last newline",
        "more columns",
    ],
)
def test_the_same_ratings_written_otherwise(write: Any, content: str | bytes) -> None:
    expected = _judged(write(LONG))
    assert _judged(write(content)) == expected


def test_group_and_round_are_no_statements_of_a_wide_file(write: Any) -> None:
    judged = _judged(write("panelist,round,A,group\np1,1,8,x\np1,2,9,x\n"))
    assert [(row["statement"], row["counts"][8]) for row in judged["statements"]] == [("A", 1)]
    assert judged["round"] == 2


def test_a_statement_keeps_its_text(write: Any) -> None:
    text = 'Option "A", or\nB — β'
    judged = _judged(write(f'statement,panelist,rating\n"{text.replace(chr(34), chr(34) * 2)}",p1,8\n'))
    assert judged["statements"][0]["statement"] == text


def test_the_last_round_is_judged_unless_another_is_named(write: Any) -> None:
    file = write(ROUNDS)
    last, first = _judged(file), _judged(file, "--round", "1")
    assert (last["round"], [row["statement"] for row in last["statements"]]) == (10, ["B"])
    assert (first["round"], [row["n"] for row in first["statements"]]) == (1, [2])
    assert _judged(file, "--round", "2")["statements"][0]["missing"] == 0


def test_several_values_may_mean_abstaining(write: Any) -> None:
    file = write("A,B\nX,n/a\n9,99\n")
    judged = _judged(file, "--abstain", "X", "--abstain", "n/a", "--abstain", " 99 ")
    assert [row["abstained"] for row in judged["statements"]] == [1, 2]


def test_some_agreement_is_of_those_who_rated_everything(write: Any) -> None:
    agreement = _judged(write("A,B,C\n1,5,9\n2,4,6\n9,5,1\n9,,1\n"))["agreement"]
    table = np.array([[1, 5, 9], [2, 4, 6], [9, 5, 1]])
    icc = intraclass(table)
    assert icc is not None
    assert (agreement["complete_raters"], agreement["kendalls_w"]) == (3, pytest.approx(1 / 9))
    assert [agreement[f"icc_agreement_{of}"] for of in ("single", "average")] == [icc.agreement, icc.agreement_of_means]
    assert [agreement[f"icc_consistency_{of}"] for of in ("single", "average")] == [
        icc.consistency,
        icc.consistency_of_means,
    ]


def test_agreement_is_undefined_where_all_ratings_are_alike(write: Any) -> None:
    agreement = _judged(write("A,B\n8,8\n8,8\n"))["agreement"]
    assert {name for name, value in agreement.items() if value is None} == OF_COMPLETE_RATERS
    assert agreement["krippendorff_alpha"] == dict.fromkeys(("nominal", "ordinal", "interval"))
    assert (agreement["complete_raters"], agreement["gwet_ac1"]) == (2, 1)


def test_any_ratings_give_the_verdict_of_the_package(write: Any) -> None:
    table = np.random.default_rng(7).integers(5, 10, size=(6, 40))
    header = ",".join(f"S{index}" for index in range(40))
    judged = _judged(write("\n".join([header, *(",".join(map(str, row)) for row in table)])))
    verdicts = [assess(column, FULL_CONSENSUS) for column in table.T]
    assert {verdict.consensus for verdict in verdicts} == {True, False}
    assert [row["consensus"] for row in judged["statements"]] == [v.consensus for v in verdicts]
    assert [row["reasons"] for row in judged["statements"]] == [list(v.reasons) for v in verdicts]


def test_the_table_is_for_reading(write: Any) -> None:
    assert _evaluate(write("A,B,C\n8,5,\n9,9,\n9,9,\n")) == (
        "Full consensus: every rating is above 5 and the mean is above 7.\n"
        "\n"
        "statement  n  abstained  missing  mean  median  min  max    SD  IQR  consensus\n"
        "A          3          0        0  8.67       9    8    9  0.58  0.5  yes\n"
        "    All ratings are 6 or higher; the mean, 8.67, is above 7.\n"
        "B          3          0        0  7.67       9    5    9  2.31    2  no\n"
        "    1 of 3 ratings is 5 or lower; the mean, 7.67, is above 7.\n"
        "C          0          0        3     –       –    –    –     –    –  not judged\n"
        "    There are no ratings.\n"
        "\n"
        "Agreement of 0 panelists who rated every statement: "
        "Kendall's W –; ICC for agreement – single, –\naverage; ICC for consistency – single, – average.\n"
        "Agreement of all ratings: Krippendorff's alpha -0.11 nominal, -0.23 ordinal, -0.10 interval; "
        "Gwet's\nAC1 0.29, AC2 0.68 linear, 0.84 quadratic.\n"
        "Quantiles are of type 7.\n"
    )


def test_the_table_names_the_round_what_was_left_out_and_no_more_of_a_statement_than_fits(write: Any) -> None:
    file = write(f'record_id,round,note_complete,"two\nlines {"x" * 60}"\np1,3,2,8\n')
    printed = _evaluate(file).splitlines()
    assert printed[1:3] == ["Round 3.", "Left out: note_complete."]
    assert printed[5].startswith("two lines xxx")
    assert max(map(len, printed)) <= 100
    assert any(line.startswith("Agreement of 1 panelist who rated every statement") for line in printed)


def test_a_terminal_that_knows_no_dash_shows_its_code(write: Any) -> None:
    shown = io.BytesIO()
    with io.TextIOWrapper(shown, encoding="ascii", write_through=True) as terminal:
        call_command("evaluate", write("Müdigkeit\n\n9\n"), stdout=terminal)
        assert b"M\\xfcdigkeit  1" in shown.getvalue()


def test_csv_holds_the_same_facts_and_no_formula(write: Any) -> None:
    printed = _evaluate(write('"=A1+1",B\n8,\n9,\n'), "--format", "csv")
    first, second = csv.DictReader(io.StringIO(printed))
    assert first["statement"] == "'=A1+1"
    assert (first["rule"], first["n"], first["mean"], first["consensus"]) == (
        "full-consensus",
        "2",
        "8.5",
        "true",
    )
    assert [first[f"count_{point}"] for point in range(1, 10)] == list("000000011")
    assert (second["mean"], second["sd"], second["consensus"]) == ("", "", "")
    assert second["reasons"] == "There are no ratings."
    printed = _evaluate(write('" ＝A1+1"\n8\n'), "--format", "csv")
    assert [row["statement"] for row in csv.DictReader(io.StringIO(printed))] == ["'＝A1+1"]


@pytest.mark.parametrize("rating", ["0", "10", "4.5", "8.0", "08", "+8", "-1", "٣", "８", "eight", "1e0", "²"])
def test_a_value_that_is_no_rating_is_named_with_line_and_column(write: Any, rating: str) -> None:
    expected = f'column "rating": "{rating}" is not a whole number from 1 to 9.'
    assert _fault(write(LONG + f"A,p3,{rating}\n")) == f"Line 6, {expected}"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "The file is empty."),
        ("\n\n", "The file is empty."),
        ("statement,panelist,rating\n", "The file has a header and no ratings."),
        ("statement,panelist\nA,p1\n", 'The column "rating" is missing from the header.'),
        ("panelist,rating\np1,8\n", 'The column "statement" is missing from the header.'),
        ("statement,rating\nA,8\n", 'The column "panelist" is missing from the header.'),
        ("panelist,round\np1,1\n", "The header has no column for a statement."),
        ("A,,C\n1,2,3\n", "Column 2 has no name in the header."),
        ("A,B,A\n1,2,3\n", 'The header names the column "A" twice.'),
        ("panelist,A,Panelist\np1,2,p1\n", 'The header names the column "Panelist" twice.'),
        ("A,B\n1,2\n3\n", "Line 3 has 1 cell and the header has 2."),
        ("A,B\n1,2\n3,4,5\n", "Line 3 has 3 cells and the header has 2."),
        ("A,B\n\n1,2\n\n3,4,\n", "Line 5 has 3 cells and the header has 2."),
        (LONG + "A,,8\n", 'Line 6, column "panelist": the cell is empty.'),
        (LONG + " ,p3,8\n", 'Line 6, column "statement": the cell is empty.'),
        (LONG + "A,p2,8\n", 'Line 6, column "panelist": "p2" has a second row for "A".'),
        (LONG + "A,p2,\n", 'Line 6, column "panelist": "p2" has a second row for "A".'),
        (LONG + "A , p2,8\n", 'Line 6, column "panelist": "p2" has a second row for "A".'),
        (WIDE + "p1,8,8\n", 'Line 4, column "panelist": "p1" has a second row.'),
        (WIDE + ",8,8\n", 'Line 4, column "panelist": the cell is empty.'),
        ("A,B\n8,\n9,X\nY,9\n", 'Line 3, column "B": "X" is not a whole number from 1 to 9.'),
        (ROUNDS + "A,p3,8,\n", 'Line 6, column "round": the cell is empty.'),
        (ROUNDS + "A,p3,8,0\n", 'Line 6, column "round": "0" is not the number of a round.'),
        (ROUNDS + "A,p3,8,٣\n", 'Line 6, column "round": "٣" is not the number of a round.'),
        (ROUNDS + "A,p2,9,1\n", 'Line 6, column "panelist": "p2" has a second row for "A".'),
        (b"A,B\n8,9\n\xff,9\n", "Line 3 is not UTF-8."),
        (b"A,B\n8,9\n8,\xc3", "Line 3 is not UTF-8."),
        ('A,B\n8,9\n"8"x,9\n', """Line 3 is not valid CSV: ',' expected after '"'."""),
        ('A,B\n8,9\n"8,9\n', "Line 3 is not valid CSV: unexpected end of data."),
        (
            f'statement,panelist,rating\n"two\nlines",p1,8\nA,p1,{"9" * 50}\n',
            f'Line 4, column "rating": "{"9" * 39}…" is not a whole number from 1 to 9.',
        ),
        (LONG + 'A,p3,"8\n"\n', r'Line 6, column "rating": "8\n" is not a whole number from 1 to 9.'),
    ],
)
def test_a_fault_of_the_file_is_one_sentence(write: Any, content: str | bytes, sentence: str) -> None:
    assert _fault(write(content)) == sentence


def test_a_fault_in_a_round_that_is_not_judged_is_a_fault_too(write: Any) -> None:
    file = write("statement,panelist,rating,round\nA,p1,0,1\nA,p1,8,2\n")
    assert _fault(file) == 'Line 2, column "rating": "0" is not a whole number from 1 to 9.'


def test_faults_far_down_a_file_name_their_line(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_files, "_ROWS_AT_ONCE", 3)
    assert _fault(write("A,B\n" + "8,9\n" * 10 + "8\n")) == "Line 12 has 1 cell and the header has 2."
    wrong = _fault(write("A,B\n" + "8,9\n" * 10 + "8,0\n"))
    assert wrong == 'Line 12, column "B": "0" is not a whole number from 1 to 9.'


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--format", "sav"], 'There is no format "sav" here; the formats are table, json, csv.'),
        (["--round", "two"], '"two" is not the number of a round.'),
        (["--round", "0"], '"0" is not the number of a round.'),
        (["--round", "2"], 'Round 2 cannot be chosen: the file has no column "round".'),
        (["--abstain", " "], "An empty cell is always missing and cannot mean abstaining."),
    ],
)
def test_a_wrong_option_is_one_sentence(write: Any, args: list[str], sentence: str) -> None:
    assert _fault(write(LONG), *args) == sentence


def test_a_round_that_is_not_in_the_file_is_refused(write: Any) -> None:
    assert _fault(write(ROUNDS), "--round", "3") == ("There is no round 3 in the file; it has rounds 1, 2 and 10.")
    assert _fault(write("A,round\n8,1\n"), "--round", "3") == ("There is no round 3 in the file; it has round 1 only.")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    file = str(tmp_path / "none.csv")
    assert _fault(file) == f"{file} cannot be read: No such file or directory."


def test_a_pipe_is_one_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert _fault(str(tmp_path / "pipe")) == f"{tmp_path / 'pipe'} is a pipe; save the ratings as a file first."


def test_reading_gives_flat_codes(write: Any) -> None:
    read = read_ratings(Path(write(WIDE.replace("8,5", ",5"))), NINE_POINTS, frozenset())
    assert read.statements == ("A", "B")
    assert read.statement.tolist() == [0, 1, 0, 1]
    assert read.panelist.tolist() == [0, 0, 1, 1]
    assert read.rating.tolist() == [MISSING, 5, 9, 9]
    assert (read.rounds, read.round) == ((), None)


def test_the_command_asks_no_database(write: Any, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "DELPHI_DATA": str(tmp_path / "data"),
        "DATABASE_URL": "postgres://nobody:nothing@127.0.0.1:1/none",
    }
    command = [sys.executable, "manage.py", "evaluate"]
    at = {"cwd": settings.BASE_DIR, "env": environment, "capture_output": True, "text": True}
    good: Any = subprocess.run([*command, write(LONG), "--format", "json"], **at)  # type: ignore[call-overload]
    assert (good.returncode, good.stderr) == (0, "")
    assert [row["consensus"] for row in json.loads(good.stdout)["statements"]] == [True, False]
    bad: Any = subprocess.run([*command, write("A\n0\n")], **at)  # type: ignore[call-overload]
    sentence = 'Line 2, column "A": "0" is not a whole number from 1 to 9.\n'
    assert (bad.returncode, bad.stdout, bad.stderr) == (2, "", sentence)
