"""What a reader sees of bench.json."""

import json
from pathlib import Path

from tests.bench.__main__ import BEGIN, DOCUMENT, END, MEASURES, document
from tests.bench.figures import Aim, Figure, Run
from tests.bench.table import HEADINGS, as_markdown, as_text, described, rows

VOTE = Figure(
    figure="vote-7",
    unit="cycles/s",
    what="a bare view",
    runs=[Run(1220, 2000), Run(1440, 2000), Run(1300, 2000)],
    aim=Aim(0.8, "at least"),
    growth={10: 1.0, 100: 10.0},
).as_json()
START = Figure(figure="start", unit="s", what="an empty project", runs=[Run(0.01234, 0.02)], aim=Aim(3)).as_json()


def test_each_figure_is_a_row_that_can_be_read_alone() -> None:
    assert rows([VOTE, START]) == [
        ("vote-7", "1,300 cycles/s", "2,000 cycles/s", "0.65", "at least 0.8", "no", "0.61 to 0.72 in 3", "1.00"),
        ("start", "0.0123 s", "0.02 s", "0.62", "at most 3", "yes", "0.62 to 0.62 in 1", ""),
    ]


def test_the_columns_stand_beneath_each_other() -> None:
    first, rule, *below = as_text([VOTE, START], described()).splitlines()
    assert first.split() == list(HEADINGS)
    assert set(rule) == {"-", " "}
    assert {line.index("1,300") for line in below if "1,300" in line} == {first.index("ours")}
    assert "vote-7: against a bare view" in below
    assert below[-1].startswith("Measured on 20")


def test_the_table_of_the_documentation_has_a_row_for_each_figure() -> None:
    lines = as_markdown([VOTE, START], "A machine.").splitlines()
    assert [line.count("|") for line in lines[:4]] == [len(HEADINGS) + 1] * 4
    assert "- `start`: against an empty project" in lines


def test_only_what_stands_between_the_marks_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "benchmark.md"
    page.write_text(f"# Before\n\n{BEGIN}\n\nold table\n\n{END}\n\nAfter.\n")
    for _time in range(2):
        document([VOTE], "A machine.", page)
    written = page.read_text()
    assert written == f"# Before\n\n{BEGIN}\n\n{as_markdown([VOTE], 'A machine.')}\n\n{END}\n\nAfter.\n"


def test_the_documentation_speaks_of_every_figure() -> None:
    text = DOCUMENT.read_text()
    before, begin, rest = text.partition(BEGIN)
    _table, end, after = rest.partition(END)
    assert begin
    assert end
    assert [name for name in MEASURES if f"`{name}`" not in before + after] == []


def test_bench_json_is_json() -> None:
    assert json.loads(json.dumps([VOTE, START])) == [VOTE, START]
