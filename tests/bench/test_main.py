"""Which measures run, what is written where, and how a failure ends."""

import json
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench import programs
from tests.bench.programs import Failed, Missing
from tests.bench.sizes import FULL, QUICK, Sizes, sizes_of


def test_every_measure_of_the_contract_has_a_module() -> None:
    assert list(bench.MEASURES) == [
        "vote-7", "vote-300", "autosave", "close", "close-two-workers", "results", "reminders", "export-histograms",
        "export-rows", "evaluate", "start", "page-weight",
    ]  # fmt: skip


def test_a_module_runs_once_for_all_its_figures() -> None:
    assert bench.wanted_modules(sizes_of(quick=True, only=frozenset(["autosave", "vote-7"]))) == ["voting"]
    assert bench.wanted_modules(FULL)[0] == "voting"
    assert len(set(bench.wanted_modules(FULL))) == len(bench.wanted_modules(FULL))


def test_the_quick_benchmark_measures_the_same_on_less() -> None:
    assert sizes_of(quick=True, only=frozenset()) == QUICK
    assert sizes_of(quick=False, only=frozenset()) == FULL
    assert QUICK.runs >= 5
    assert FULL.runs >= 5
    assert QUICK.most < FULL.most


def test_the_figures_are_written_into_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DELPHI_DATA", str(tmp_path / "data"))
    assert bench.write([{"figure": "start"}]) == tmp_path / "data" / "bench.json"
    assert json.loads((tmp_path / "data" / "bench.json").read_text()) == [{"figure": "start"}]


@pytest.mark.parametrize(("fault", "code"), [(Missing("Install redis."), 2), (Failed("It ended with 1."), 1)])
def test_what_went_wrong_is_one_message_and_no_traceback(
    fault: Exception, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_sizes: Sizes) -> list[dict[str, object]]:
        raise fault

    monkeypatch.setattr(bench, "measured", fail)
    assert bench.main(["--quick"]) == code
    assert capsys.readouterr().err == f"{fault}\n"


def test_the_documentation_takes_nothing_but_a_full_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--document", "--quick"]) == 2
    assert bench.main(["--document", "--only", "start"]) == 2
    assert "full run" in capsys.readouterr().err


def test_a_program_that_is_not_there_is_named_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr("tests.bench.programs.shutil.which", lambda *_args, **_named: None)
    monkeypatch.setattr("tests.bench.programs.subprocess.run", lambda command, **_named: asked.append(command))
    with pytest.raises(Missing, match=r"redis-server is not on this machine: install it\.$"):
        programs.redis_server()
    assert [command[-1] for command in asked] == ["redis-server"]


def test_a_program_that_fails_says_its_last_words() -> None:
    with pytest.raises(Failed, match="no such place"):
        programs.said_by(["sh", "-c", "echo no such place >&2; exit 3"], {"PATH": "/usr/bin:/bin"})
