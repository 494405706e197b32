import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from surveys.exports.files import audit_file, export_file, verifier_file
from surveys.rounds.models import Round
from surveys.studies.models import Study
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    """A study with a closed round and an open one."""
    made = factories.make_study(title="Next steps", statements=2)
    factories.hold_round(made)
    factories.open_round(made)
    return Study.objects.get(pk=made.pk)


def export(*arguments: str) -> None:
    call_command("export", *arguments)


def refused(*arguments: str) -> tuple[str, int | str | None]:
    """What the command says on standard error, and its exit code."""
    err = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("export", *arguments, stderr=err)
    return err.getvalue().strip(), left.value.code


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_it_writes_the_file_that_the_browser_gives(study: Study, tmp_path: Path, form: str) -> None:
    path = tmp_path / "out"
    export("next-steps", "--format", form, "--output", str(path))
    assert path.read_bytes() == export_file(study, form=form).content
    assert sorted(one.name for one in tmp_path.iterdir()) == ["next-steps-audit.json", "out", "verify_delphi.py"]
    assert (tmp_path / "verify_delphi.py").read_bytes() == verifier_file().content
    assert (tmp_path / "next-steps-audit.json").read_bytes() == audit_file(study).content


def test_an_archive_stands_alone(study: Study, tmp_path: Path) -> None:
    export("next-steps", "--format", "zip", "--output", str(tmp_path / "out.zip"))
    assert [one.name for one in tmp_path.iterdir()] == ["out.zip"]
    assert (tmp_path / "out.zip").read_bytes() == export_file(study, form="zip").content


def test_another_file_beside_it_stays_and_is_told_of_and_a_chain_that_goes_on_is_written(
    study: Study, tmp_path: Path
) -> None:
    arguments, err = ("next-steps", "--format", "csv", "--output", str(tmp_path / "out.csv")), StringIO()
    program, chain = tmp_path / "verify_delphi.py", tmp_path / "next-steps-audit.json"
    program.write_text("mine")
    entries = json.loads(audit_file(study).content)
    chain.write_text(json.dumps(entries[:-2]))
    call_command("export", *arguments, stderr=err)
    assert program.read_text() == "mine"
    assert err.getvalue() == f"{program} is there already and is another file; it was left as it is.\n"
    assert json.loads(chain.read_text()) == entries
    program.unlink()
    entries[2]["actor"] = "somebody@else.example"
    chain.write_text(json.dumps(entries))
    call_command("export", *arguments, stderr=(err := StringIO()))
    assert err.getvalue() == f"{chain} is there already and is another file; it was left as it is.\n"
    assert json.loads(chain.read_text()) == entries


def test_it_writes_one_round(study: Study, tmp_path: Path) -> None:
    factories.release_round(factories.close_and_freeze(answered(Round.objects.get(status=Round.Status.OPEN))))
    path = tmp_path / "out.json"
    export("next-steps", "--round", "2", "--format", "json", "--output", str(path))
    assert [one["number"] for one in json.loads(path.read_text())["rounds"]] == [2]
    export("next-steps", "--format", "json", "--output", str(path))
    assert [one["number"] for one in json.loads(path.read_text())["rounds"]] == [1, 2]


def answered(round: Round) -> Round:
    factories.agree(round)
    return round


def test_a_dash_writes_to_standard_output(study: Study, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    export("next-steps", "--format", "xlsx", "--output", "-")
    assert capfdbinary.readouterr().out == export_file(study, form="xlsx").content


def test_a_file_that_was_there_is_replaced_whole(study: Study, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("before")
    export("next-steps", "--format", "csv", "--output", str(path))
    assert path.read_bytes() == export_file(study, form="csv").content


def test_what_cannot_be_written_leaves_nothing_behind(study: Study, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    missing = tmp_path / "missing" / "out.csv"
    for path, reason in ((missing, "No such file or directory"), (folder, "Is a directory")):
        arguments = ("next-steps", "--format", "csv", "--output", str(path))
        assert refused(*arguments) == (f"{path} cannot be written: {reason}.", 2)
    assert [one.name for one in tmp_path.rglob("*")] == ["folder"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere", "--format", "csv"], "There is no study “nowhere”."),
        (["next-steps", "--format", "sav"], "SPSS files (sav) are not written yet; choose zip, csv, xlsx or json."),
        (["next-steps", "--format", "pdf"], "There is no form “pdf”; choose zip, csv, xlsx or json."),
        (["next-steps"], "Give --format."),
        (["next-steps", "--format", "csv", "--round", "3"], "The study “next-steps” has no round 3."),
        (
            ["next-steps", "--format", "csv", "--round", "2"],
            "Rating round 2 has not closed; only closed rounds are exported.",
        ),
        (
            ["next-steps", "--format", "csv", "--round", "two"],
            "“two” is not the number of a round: give a whole number from 1 to 999999999.",
        ),
    ],
)
def test_bad_input_is_refused_in_one_sentence(
    study: Study, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    path = tmp_path / "out"
    assert refused(*arguments, "--output", str(path)) == (sentence, 2)
    assert not path.exists()


def test_it_needs_to_know_where_to_write(study: Study) -> None:
    assert refused("next-steps", "--format", "csv") == ("Give --output.", 2)
