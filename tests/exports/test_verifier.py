"""`verify_delphi.py` as anybody runs it: alone, on files, told nothing by the application that made them."""

import copy
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from surveys.exports.archive_files import verifier
from surveys.exports.files import export_file
from surveys.operations.demonstration.content import read_content
from surveys.operations.demonstration.loading import load_demonstration
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.sheets.queries import own_sheets
from surveys.sheets.receipts import FORMAT, choices_of, receipt
from surveys.studies.models import Study
from surveys.studies.queries import audit_head, canonical, database_now, release_entry
from surveys.vignettes.services.lineage import drop
from surveys.vignettes.services.steps import Why
from tests import factories
from tests.exports.conftest import TABLE

pytestmark = pytest.mark.django_db

Files = dict[str, Any]
SECOND = ([*[9] * 9, "abstain"], [8] * 9 + [5], [7, 8, 9, 9, 9, 9, 9, 9, 8, "abstain"], [6] * 10)
# The first of a sheet's answers about options says which option its panelist would not recommend.
SURVEY = [{"v1-ranking": "2,1,3", "v1-against": str(1 + place % 2), "v2-abstain": "yes"} for place in range(10)]


@pytest.fixture(scope="module")
def files(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Files:
    """`study`, `audit`, `receipt` and `head` of a study with every kind of result; nothing stays in the database."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = _files(_study())
        transaction.set_rollback(True)
    return made


def _study() -> Study:
    study = factories.make_survey_study(options=3, vignettes=4)
    factories.hold_survey(study, SURVEY, ["likelihood", "ranking", "top", "against"])
    statements = [factories.make_statement(vignette) for vignette in study.vignettes.order_by("position")]
    factories.hold_round(study, TABLE)
    factories.hold_round(study, SECOND)
    why = Why("Nobody asks any more.")
    drop(item=statements[3], actor=factories.facilitator_of(study), why=why, now=database_now())
    return Study.objects.get(pk=study.pk)


def _files(study: Study) -> Files:
    archive = zipfile.ZipFile(io.BytesIO(export_file(study, form="zip").content))
    last = Round.objects.filter(study=study).latest("number")
    released = release_entry(study.pk, last.released_at)
    assert released is not None
    files = {name: json.loads(archive.read(f"{name}.json")) for name in ("study", "audit")}
    return {**files, "receipt": _receipt(study, last), "head": released.digest}


def _receipt(study: Study, round: Round) -> dict[str, Any]:
    """A panelist's receipt as its page hands it out."""
    content = own_sheets(factories.holder_of(panel_of(study)[0]), [round.pk])[round.pk].content
    assert content is not None
    choices = choices_of(content)
    made = receipt(study_id=study.pk, round_id=round.pk, nonce=content.nonce, choices=choices)
    where = {"format": FORMAT, "study": str(study.pk), "round": str(round.pk)}
    return {**where, "nonce": content.nonce, "choices": choices, "receipt": made}


def run(folder: Path, files: Files, *left_out: str) -> subprocess.CompletedProcess[str]:
    """Write the files and check them as their reader does; of `audit`, `receipt` and `head` those not left out."""
    given = []
    for name in ("study", "audit", "receipt"):
        (folder / f"{name}.json").write_text(json.dumps(files[name]), encoding="utf-8")
    for name in {"audit", "receipt"} - set(left_out):
        given += [f"--{name}", f"{name}.json"]
    given += [] if "head" in left_out else ["--head", files["head"]]
    return verify(folder, "study.json", *given)


def verify(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "verify_delphi.py").write_bytes(verifier())
    command = [sys.executable, "-I", "verify_delphi.py", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)


SPREAD = ("q1", "q3", "ipr", "ipras", "disagreement_index", "cv", "mad_median", "tastle_wierman")
LATER = (*SPREAD, "outcome", "stability")
NO_COUNTS = "Rating round 1: the statistics are those of the counts: statement 3 shows no counts"


def wrong(ran: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in ran.stdout.splitlines() if line.startswith("WRONG")]


def test_everything_of_a_study_is_checked_and_nothing_is_wrong(files: Files, tmp_path: Path) -> None:
    ran = run(tmp_path, files)
    assert (ran.returncode, wrong(ran), ran.stderr) == (0, [], "")
    assert [line for line in ran.stdout.splitlines() if not line.startswith("ok")] == [
        f"not checkable {NO_COUNTS}",
        "24 ok, 0 WRONG, 1 not checkable.",
    ]


def test_an_export_of_an_earlier_version_is_checked_as_far_as_it_goes(files: Files, tmp_path: Path) -> None:
    older = copy.deepcopy(files)
    for name in ("stopping", "deviations", "what_if"):
        del older["study"][name]
    for one in older["study"]["rounds"]:
        for name in ("rule", "quantile_type", "kind_number"):
            del one[name]
        for row in one["statements"]:
            for name in LATER:
                row.pop(name, None)
            row["suppressed"] = [name for name in row["suppressed"] if name not in LATER]
    ran = run(tmp_path, older)
    assert (ran.returncode, wrong(ran)) == (0, [])
    assert "23 ok, 0 WRONG, 1 not checkable." in ran.stdout
    older["study"]["rounds"][2]["statements"][0]["consensus"] = False
    assert [line for line in wrong(run(tmp_path, older)) if VERDICTS in line] != []


def test_without_the_chain_it_says_what_it_cannot_check(files: Files, tmp_path: Path) -> None:
    ran = run(tmp_path, files, "audit", "head")
    assert ran.returncode == 0
    assert ran.stdout.count("give the chain with --audit audit.json") == 5


def test_the_demonstration_s_archive_and_each_round_of_it_are_right(tmp_path: Path) -> None:
    loaded = load_demonstration(read_content())
    for study in (loaded.study, loaded.open_study):
        for round in (None, *Round.objects.filter(study=study, status=Round.Status.CLOSED)):
            content = export_file(study, form="zip", round=round).content
            zipfile.ZipFile(io.BytesIO(content)).extractall(tmp_path)
            ran = verify(tmp_path, "study.json", "--audit", "audit.json")
            assert (ran.returncode, wrong(ran)) == (0, [])
            gaps = [line for line in ran.stdout.splitlines() if line.startswith("not checkable")]
            if round is None:
                assert gaps == []
        held = ran if round is None else verify(tmp_path, "study.json", "--head", audit_head(study.pk))
        assert held.returncode == 0


def second_round(files: Files) -> Any:
    return files["study"]["rounds"][2]


def first_statement(files: Files) -> Any:
    return second_round(files)["statements"][0]


def survey(files: Files) -> Any:
    return files["study"]["rounds"][0]


def move_a_count(files: Files) -> None:
    first_statement(files)["counts"][7:] = [1, 8]


def fill_what_is_hidden(files: Files) -> None:
    files["study"]["rounds"][1]["statements"][3]["n"] = 4


def swap_receipts(files: Files) -> None:
    receipts = second_round(files)["receipts"]
    receipts[0], receipts[1] = receipts[1], receipts[0]


def forge_a_result(files: Files) -> None:
    """A forger who knows the formats: counts, statistics, what was hashed and its hash agree with each other."""
    one, statement = second_round(files), first_statement(files)
    statement.update(counts=[0] * 7 + [9, 0], mean=8, median=8, minimum=8, maximum=8)
    one["hashed"][1][0][3:5] = [statement["counts"], "8"]
    one["sha256"] = hashlib.sha256(canonical(one["hashed"])).hexdigest()
    files["study"]["tables"]["table_3"][0]["mean"] = 8


def forge_an_entry(files: Files) -> None:
    """An entry whose digest fits what it says now; the next one does not follow."""
    entry = files["audit"][3]
    entry["actor"] = "somebody@else.example"
    content = [entry[name] for name in ("study", "number", "at", "actor", "action", "detail")]
    entry["digest"] = hashlib.sha256(entry["previous"].encode() + canonical(content)).hexdigest()


def cut_off_the_end(files: Files) -> None:
    """The last entries, with the export made to fit; only a held head tells."""
    last = next(number for number, entry in enumerate(files["audit"]) if entry["digest"] == files["head"])
    del files["audit"][last:]
    files["study"]["audit"] = {"head": files["audit"][-1]["digest"], "entries": len(files["audit"])}


def bend(facts: Any, key: str) -> None:
    """Change a number by little, in a way that it could be read over."""
    facts[key] += 1 if isinstance(facts[key], int) else 0.001


RULES, WHAT_IF = "judged by the rule in force", "What other rules say"
STATISTICS, VERDICTS, HASH = "the statistics", "the verdicts", "the SHA-256 is that of what is shown"
SUMS, RECEIPTS, CHAIN, HEAD = "the numbers add up", "the list of receipts", "The audit chain follows", "The head is"
FROZEN, LOCKED, TABLE_3, TABLE_4 = "that the chain froze", "that the chain locked", "Table 3", "Table 4"
MUTATIONS: dict[str, tuple[Callable[[Files], object], str]] = {
    "a count was moved": (move_a_count, STATISTICS),
    "and is not what was hashed": (move_a_count, HASH),
    "a mean was changed": (lambda f: first_statement(f).update(mean=8.9), STATISTICS),
    "a median was changed": (lambda f: first_statement(f).update(median=8.5), STATISTICS),
    "a least rating was changed": (lambda f: first_statement(f).update(minimum=8), STATISTICS),
    "a standard deviation was changed": (lambda f: first_statement(f).update(sd=0.1), STATISTICS),
    "a verdict was flipped": (lambda f: first_statement(f).update(consensus=False), VERDICTS),
    "true was made 1": (lambda f: first_statement(f).update(consensus=1), VERDICTS),
    "a verdict without counts was flipped": (
        lambda f: f["study"]["rounds"][1]["statements"][2].update(consensus=True),
        VERDICTS,
    ),
    "a statement was worded anew": (lambda f: first_statement(f).update(statement="Another."), HASH),
    "somebody abstained": (lambda f: first_statement(f).update(abstained=0), SUMS),
    "a hidden result was filled in": (fill_what_is_hidden, SUMS),
    "a suppressed figure was not named": (
        lambda f: f["study"]["rounds"][1]["statements"][2].update(suppressed=[]),
        SUMS,
    ),
    "the rule was changed": (lambda f: f["study"]["rule"]["definition"]["all"][0].update(threshold="8"), LOCKED),
    "the rule was changed, and verdicts were not": (
        lambda f: second_round(f)["rule"]["definition"]["all"][1].update(threshold="9"),
        VERDICTS,
    ),
    "the rule of a round was changed": (
        lambda f: second_round(f)["rule"]["definition"]["all"][1].update(threshold="7.1"),
        RULES,
    ),
    "a clause of a round's rule was taken out": (
        lambda f: second_round(f)["rule"]["definition"]["all"].pop(),
        RULES,
    ),
    "a round was numbered anew": (lambda f: second_round(f).update(kind_number=3), RULES),
    "the type of quantiles was changed": (lambda f: second_round(f).update(quantile_type=6), STATISTICS),
    "quantiles of another type were taken": (
        lambda f: second_round(f)["rule"]["definition"].update(quantile=6),
        STATISTICS,
    ),
    "an outcome was changed": (lambda f: second_round(f)["statements"][1].update(outcome="out"), VERDICTS),
    "an outcome without counts was changed": (
        lambda f: f["study"]["rounds"][1]["statements"][2].update(outcome="near"),
        VERDICTS,
    ),
    "a classification was made up": (lambda f: first_statement(f).update(classification="appropriate"), VERDICTS),
    **{f"{key} was changed": (lambda f, key=key: bend(first_statement(f), key), STATISTICS) for key in SPREAD},
    "a hidden spread was filled in": (lambda f: f["study"]["rounds"][1]["statements"][1].update(cv=0.1), SUMS),
    **{
        f"{key} of moved ratings was changed": (
            lambda f, key=key: bend(first_statement(f)["stability"], key),
            STATISTICS,
        )
        for key in ("paired", "changed", "moved_band", "cv_change", "scheibe")
    },
    "a p value was put beyond 1": (lambda f: first_statement(f)["stability"].update(wilcoxon_p=1.1), STATISTICS),
    "a kappa was put beyond 1": (lambda f: first_statement(f)["stability"].update(weighted_kappa=1.1), STATISTICS),
    "the stopping rule was changed": (lambda f: f["study"]["stopping"].update(stable_share="0.2"), LOCKED),
    "the limit of rounds was changed": (lambda f: f["study"]["stopping"].update(most_rounds=3), LOCKED),
    "a deviation was made up": (lambda f: f["study"]["deviations"].append({}), LOCKED),
    "what another rule says was changed": (
        lambda f: f["study"]["what_if"]["rounds"][1]["rules"][4]["outcomes"].__setitem__(0, "none"),
        WHAT_IF,
    ),
    "what another rule says of hidden counts was made up": (
        lambda f: f["study"]["what_if"]["rounds"][0]["rules"][4]["outcomes"].__setitem__(2, "in"),
        WHAT_IF,
    ),
    "another rule was taken out of one round": (lambda f: f["study"]["what_if"]["rounds"][1]["rules"].pop(), WHAT_IF),
    "the fewest answers were changed": (lambda f: f["study"]["protocol"].update(least_answers=4), LOCKED),
    "the notice was changed": (lambda f: f["study"]["notice"]["text"].pop(), "The notice is"),
    "a level was changed": (lambda f: survey(f)["vignettes"][0].update(ranked=9), HASH),
    "a share was changed": (lambda f: survey(f)["vignettes"][0]["options"][0].update(against=0.6), HASH),
    "a round's hash was changed": (lambda f: second_round(f).update(sha256="0" * 64), HASH),
    "what was hashed was changed": (lambda f: second_round(f)["hashed"][1][1].__setitem__(2, 9), HASH),
    "a result was forged through and through": (forge_a_result, FROZEN),
    "a round was taken out": (lambda f: f["study"]["rounds"].pop(1), FROZEN),
    "the number submitted was changed": (lambda f: second_round(f).update(submitted=11, invited=11), SUMS),
    "the number of withdrawals was changed": (lambda f: second_round(f).update(withdrew=1), FROZEN),
    "a receipt was added": (lambda f: second_round(f)["receipts"].append("f" * 64), RECEIPTS),
    "a receipt was taken out": (lambda f: second_round(f)["receipts"].pop(), FROZEN),
    "a receipt was changed": (lambda f: second_round(f)["receipts"].__setitem__(0, "0" * 64), FROZEN),
    "a receipt stands twice": (
        lambda f: second_round(f)["receipts"].__setitem__(0, second_round(f)["receipts"][1]),
        RECEIPTS,
    ),
    "receipts were swapped": (swap_receipts, RECEIPTS),
    "somebody's choices were changed": (lambda f: f["receipt"]["choices"].update({"1": "1"}), "The receipt is"),
    "somebody's receipt is not in the list": (
        lambda f: second_round(f)["receipts"].remove(f["receipt"]["receipt"]),
        "The receipt is",
    ),
    "an entry was edited": (lambda f: f["audit"][3].update(actor="somebody@else.example"), CHAIN),
    "an entry was forged": (forge_an_entry, CHAIN),
    "an entry was taken out": (lambda f: f["audit"].pop(3), CHAIN),
    "the first entry was taken out": (lambda f: f["audit"].pop(0), CHAIN),
    "entries were swapped": (lambda f: f["audit"].insert(2, f["audit"].pop(3)), CHAIN),
    "the end of the chain was cut off": (cut_off_the_end, HEAD),
    "the last entry was taken out": (lambda f: f["audit"].pop(), HEAD),
    "a row of Table 3 was changed": (lambda f: f["study"]["tables"]["table_3"][0].update(mean=8.99), TABLE_3),
    "a row of Table 3 tells of an earlier round": (
        lambda f: f["study"]["tables"]["table_3"][0].update(mean=8.44, n=9),
        TABLE_3,
    ),
    "a row of Table 3 was flipped": (
        lambda f: f["study"]["tables"]["table_3"][1].update(all_above_neutral=True),
        TABLE_3,
    ),
    "a row of Table 3 was taken out": (lambda f: f["study"]["tables"]["table_3"].pop(0), TABLE_3),
    "a row of Table 3 was added": (
        lambda f: f["study"]["tables"]["table_3"].append(f["study"]["tables"]["table_3"][0]),
        TABLE_3,
    ),
    "a row of Table 4 was changed": (lambda f: f["study"]["tables"]["table_4"][0].update(percent=60.0), TABLE_4),
    "a row of Table 4 was taken out": (lambda f: f["study"]["tables"]["table_4"].pop(), TABLE_4),
}


def test_of_a_study_from_before_the_notice_it_says_what_was_not_kept(files: Files, tmp_path: Path) -> None:
    older = copy.deepcopy(files)
    older["study"]["notice"].update(version=None, sha256=None, text=None)
    entry = next(entry for entry in older["audit"] if entry["action"] == "protocol locked")
    entry["detail"] = {"sha256": entry["detail"]["sha256"]}
    ran = run(tmp_path, older)
    assert [line for line in wrong(ran) if CHAIN not in line] == []
    assert "what was locked was not kept with its SHA-256" in ran.stdout
    entry["detail"]["sha256"] = "0" * 64
    assert [line for line in wrong(run(tmp_path, older)) if LOCKED in line] != []


@pytest.mark.parametrize(("change", "check"), MUTATIONS.values(), ids=MUTATIONS)
def test_what_was_changed_is_found(files: Files, tmp_path: Path, change: Callable[[Files], object], check: str) -> None:
    changed = copy.deepcopy(files)
    change(changed)
    ran = run(tmp_path, changed)
    assert ran.returncode == 1
    assert [line for line in wrong(ran) if check in line] != []
    assert ran.stderr == ""


def figures(files: Files) -> list[tuple[Any, Any]]:
    """Where numbers stand that the program must guard, each as a container and its key."""
    found: list[tuple[Any, Any]] = []
    for one in files["study"]["rounds"]:
        found += [(one, "submitted"), (one, "withdrew"), (one, "kind_number")] if one["statements"] else []
        for row in [*one["statements"], *one["vignettes"]]:
            # No file holds the pairs, and without counts the median rests on nothing else that is shown.
            found += [
                place
                for place in _numbers(row)
                if place[0] is not row.get("stability") and (row.get("counts", 0) is not None or place[1] != "median")
            ]
    for table in ("table_3", "table_4"):
        found += _numbers(files["study"]["tables"][table])
    return found


def _numbers(value: Any) -> list[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, part in items:
        if isinstance(part, int | float) and not isinstance(part, bool):
            found.append((value, key))
        found += _numbers(part)
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.integers(0, 10_000), by=st.sampled_from([-1, 1, 0.5, 1e-9]))
def test_any_number_that_was_changed_is_found(
    files: Files, tmp_path_factory: pytest.TempPathFactory, place: int, by: float
) -> None:
    changed = copy.deepcopy(files)
    places = figures(changed)
    assert len(places) > 150
    container, key = places[place % len(places)]
    container[key] += by
    assert run(tmp_path_factory.mktemp("changed"), changed).returncode == 1, (key, container)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), other=st.sampled_from([None, [], {}, "x", -1, True, 10**17, 1e308, [[]], {"all": []}]))
def test_a_broken_file_never_ends_in_a_traceback(
    files: Files, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, other: Any
) -> None:
    broken = copy.deepcopy(files)
    at: Any = broken
    key: Any = data.draw(st.sampled_from(["study", "audit", "receipt"]))
    while isinstance(at[key], dict | list) and at[key] and data.draw(st.integers(0, 4)):
        at = at[key]
        key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
    at[key] = other
    ran = run(tmp_path_factory.mktemp("broken"), broken)
    assert ran.returncode in (0, 1, 2)
    assert "Traceback" not in ran.stderr
    assert ran.stderr.count("\n") == (1 if ran.returncode == 2 else 0)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"{}", b"null", b"12", b'"x"', b"\xff\xfe", b"{", b"[" * 100_000, b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b'{"rounds": ' + b"9" * 5000 + b"}", b"PK\x03\x04", b'{"study": {"id": "x"}, "rounds": 3}',
    ],
)  # fmt: skip
def test_what_is_no_export_is_refused_in_one_sentence(files: Files, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other.json").write_bytes(content)
    ran = verify(tmp_path, "other.json")
    assert ran.returncode == 2
    assert ran.stderr.startswith("other.json ")
    assert ran.stderr.endswith(".\n")
    assert ran.stderr.count("\n") == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    ran = verify(tmp_path, "nowhere.json")
    assert (ran.returncode, ran.stderr) == (2, "nowhere.json cannot be read: No such file or directory.\n")


def test_a_name_cannot_print_a_line_of_its_own(files: Files, tmp_path: Path) -> None:
    changed = copy.deepcopy(files)
    second_round(changed)["name"] = "Rating\nok            Everything\x1b[2J"
    ran = run(tmp_path, changed)
    assert ran.stdout.count("\n") == 26
    assert "\x1b" not in ran.stdout


def test_it_imports_nothing_but_the_standard_library() -> None:
    imported = [line.split()[1] for line in verifier().decode().splitlines() if line.startswith(("import ", "from "))]
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names
