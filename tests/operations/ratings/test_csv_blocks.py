"""The quick way through a CSV file reads as the slow way reads, or leaves the file to it."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from surveys.operations.ratings import csv_blocks, csv_files
from surveys.operations.ratings.faults import InputFault
from surveys.operations.ratings.tables import Table

PIECES = [
    *["8", "08", "8.0", "True", "A", "text", "é", " 8", "\t", " ", "", "9 - x"],
    *['"8"', '""', '"A,B"', '"A;B"', '"A""B"', '"8\n9"', '"', 'A"', '"A" '],
]
ENDS = [",", ",", ",", "\n", "\n", "\r\n", "\r", "\n\n", ",\n", ";", "\0", "\ufeff"]
ROWS = st.lists(st.tuples(*[st.sampled_from(PIECES[:14])] * 3).map(",".join)).map("\n".join)
MESSES = st.lists(st.sampled_from(PIECES) | st.sampled_from(ENDS)).map("".join)


def _read(path: Path) -> Any:
    """What is read of the file, or the sentence that says why nothing is."""
    try:
        table, is_long = csv_files.read_csv(path, [])
    except InputFault as fault:
        return str(fault)
    except UnicodeDecodeError:
        return "not UTF-8"
    return is_long, [(column.heading, column.texts, column.codes.tolist()) for column in table.columns]


def _both_ways(content: bytes, bytes_at_once: int) -> tuple[Any, Any]:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / "ratings.csv"
        path.write_bytes(content)
        patch.setattr(csv_blocks, "_BYTES_AT_ONCE", bytes_at_once)
        quick = _read(path)
        patch.setattr(csv_files, "read_blocks", lambda *_: None)
        return quick, _read(path)


@settings(max_examples=500, deadline=None)
@given(
    header=st.sampled_from(["A,B,C", "A", "statement,panelist,rating", "rating,note,statement,panelist", '"A\nB",C,D']),
    rows=ROWS,
    mess=MESSES,
    more=ROWS,
    bytes_at_once=st.sampled_from([1, 20, 1 << 22]),
)
@example("A,B,C", "", "8,9", "", 1)
@example("A,B,C", "8,9,7", "\n8,9\n8,9,7,6\n", "8,9,7", 1 << 22)
@example("A", "", "8\n\n9\n", "", 1 << 22)
@example("A,B,C", "", '"8"9,9,9', "", 1 << 22)
@example("A,B,C", "", "08,8,8.0\n8,8,8\n", "", 1 << 22)
@example("A,B,C", "", "True,1,\nFalse,2,\n", "", 1 << 22)
@example("A,B,C", "", 'A",",8,9\n', "", 1 << 22)
@example("A,B,C", "", "8\0" + "9,8,7\n", "", 1 << 22)
@example("A,B,C", "", "8,9\r,7\n", "", 1 << 22)
@example("A\r8", "9", "", "", 1 << 22)
def test_both_ways_read_the_same(header: str, rows: str, mess: str, more: str, bytes_at_once: int) -> None:
    quick, slow = _both_ways(f"{header}\n{rows}{mess}{more}".encode(), bytes_at_once)
    assert quick == slow


def test_bytes_that_are_not_utf_8_go_the_slow_way() -> None:
    quick, slow = _both_ways(b"A,B\n8,\xff\n", 1 << 22)
    assert quick == slow == "not UTF-8"


def test_a_cell_longer_than_the_csv_module_takes_goes_the_slow_way() -> None:
    quick, slow = _both_ways(f"A,B\n8,{'9' * 140_000}\n".encode(), 1 << 22)
    assert quick == slow == "Line 2 is not valid CSV: field larger than field limit (131072)."


@pytest.mark.parametrize(
    "content",
    [
        "A,B\n8,9\n9,8",
        "A,B\r\n8,9\r\n9,8\r\n",
        "\ufeffA,B\n8,9\n9,\n",
        "A;B\n8;9\n9;8\n",
        '"A","B"\n"8","9"\n"9","x,y"\n',
        'note,A\n"two\nlines",8\n,9\n',
    ],
    ids=["plain", "crlf", "bom", "semicolons", "quoted", "line ends in cells"],
)
def test_what_a_program_writes_goes_the_quick_way(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ratings.csv").write_bytes(content.encode())
    monkeypatch.delattr(csv_files, "_read_rows")
    table, _ = csv_files.read_csv(tmp_path / "ratings.csv", [])
    assert table.rows == 2


def test_texts_are_numbered_as_they_appear_across_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"S{row % 7},P{row // 7},{row % 9 + 1}" for row in range(500)]
    (tmp_path / "ratings.csv").write_text("\n".join(["statement,panelist,rating", *rows]))
    monkeypatch.setattr(csv_blocks, "_BYTES_AT_ONCE", 100)
    monkeypatch.delattr(csv_files, "_read_rows")
    table, _ = csv_files.read_csv(tmp_path / "ratings.csv", [])
    by_role: dict[str, Table | Any] = {column.heading.role: column for column in table.columns}
    assert by_role["statement"].texts == tuple(f"S{number}" for number in range(7))
    assert np.array_equal(by_role["statement"].codes, np.arange(500) % 7)
    assert by_role["panelist"].texts == tuple(f"P{number}" for number in range(72))
    assert np.array_equal(by_role["panelist"].codes, np.arange(500) // 7)


def test_long_texts_that_share_a_part_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beginnings, middles, ends = ("first..,", "second.,"), ("12345678", "87654321", "1"), ("", "a", "ab", "é")
    texts = [f"{beginning}{middle}{end}" for end in ends for middle in middles for beginning in beginnings]
    rows = [f'"{text}",p1,{place % 9 + 1}' for place, text in enumerate(texts + texts[::-1])]
    (tmp_path / "ratings.csv").write_text("\n".join(["statement,panelist,rating", *rows]))
    monkeypatch.delattr(csv_files, "_read_rows")
    table, _ = csv_files.read_csv(tmp_path / "ratings.csv", [])
    statement = table.of("statement")
    assert statement is not None
    assert [statement.texts[code] for code in statement.codes] == texts + texts[::-1]


@pytest.mark.parametrize("kinds", [1, 2, 9, 700, 60_000])
@pytest.mark.parametrize("in_runs", [False, True])
def test_many_kinds_in_any_order_are_told_apart(kinds: int, in_runs: bool) -> None:
    """Seen to fail where two kinds at one place of the hash are taken for one."""
    numbers = np.random.default_rng(kinds).integers(0, kinds, 80_000)
    texts = np.sort(numbers) if in_runs else numbers
    content = "statement,panelist,rating\n" + "".join(
        f"panelist {text:08d},{row},8\n" for row, text in enumerate(texts)
    )
    quick, slow = _both_ways(content.encode(), 1 << 22)
    assert quick == slow
