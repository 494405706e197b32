"""`verify_delphi.py` on studies with other rules than the paper's, with amendments, and by group."""

import copy
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given

from surveys.consensus import (
    NAMED_RULES,
    Choices,
    Rule,
    built_in_rule,
    count_ratings,
    rule_from_json,
    rule_to_json,
    summarize,
    tally_of,
)
from surveys.consensus.verdicts import outcome_of
from surveys.exports import verify_delphi
from surveys.exports.files import audit_file, export_file
from surveys.panels.models import Panelist
from surveys.rounds.models import Round
from surveys.studies.models import Protocol, Study
from surveys.studies.queries import database_now
from surveys.studies.services import amend_protocol
from tests import factories
from tests.consensus import rule_trees
from tests.exports.test_verifier import Files, run, wrong

pytestmark = pytest.mark.django_db

# A row a statement, a column for each of 16 panelists: agreed, split, low, and with abstentions, the last by nine.
TABLE: list[list[int | str]] = [
    [8] * 8 + [9] * 8,
    [1, 2, 9, 9, 8, 8, 7, 3, 2, 1, 9, 9, 5, 5, 6, 4],
    [1] * 12 + [2, 3, 3, 4],
    [7, 7, 7, 8, 6, 7, 7, 9, 9, 5, "abstain", "", 7, 7, 3, 7],
    [7] * 5 + [8, 9, 6, 5] + ["abstain"] * 7,
    [7] * 3 + [3, 4] + [""] * 11,
]
LATER = [[9] * 16, *(list(reversed(row)) for row in TABLE[1:])]


def clause(statistic: str, operator: str, threshold: object, **others: object) -> dict[str, Any]:
    return {"statistic": statistic, "operator": operator, "threshold": threshold, **others}


TREE = {
    "name": "A tree",
    "quorum": 6,
    "quantile": 2,
    "any": [
        {
            "all": [
                clause("sd", "<", "1.5"),
                {"not": clause("most", "<=", "6")},
                clause("quorum", ">=", "0.5", denominator="asked"),
            ]
        },
        {"all": [clause("outside_window", "<=", {"from": "panel size"}), clause("median", ">=", "6.5")]},
    ],
    "out": {"all": [clause("cv", "<", "0.9"), clause("share", ">=", "0.7", band=[1, 3], denominator="invited")]},
    "near": {"not": clause("each_extreme", ">=", {"from": "panel size"})},
    "labels": {"in": "yes", "near": "nearly"},
}  # fmt: skip
RULES = {
    **{name: rule_to_json(rule) for name, rule in NAMED_RULES.items()},
    **{
        f"{name}, type {kind}": rule_to_json(built_in_rule(name, Choices(quantile=kind)))
        for name in ("rand-ucla-ipras", "median-iqr")
        for kind in (6, 2)
    },
    "apmo of all who were asked": rule_to_json(built_in_rule("apmo", Choices(denominator="asked"))),
    "a tree": TREE,
}


def study_by(rule: dict[str, Any]) -> Study:
    """A study in two groups that is judged by this rule."""
    study = factories.make_study(panelists=16, statements=len(TABLE))
    Protocol.objects.filter(study=study).update(rule=rule_to_json(rule_from_json(rule)), groups=Protocol.Groups.PANEL)
    for place, panelist in enumerate(Panelist.objects.filter(study=study).order_by("name")):
        Panelist.objects.filter(pk=panelist.pk).update(group=("Doctors", "Patients")[place % 2])
    return Study.objects.get(pk=study.pk)


def files_of(study: Study, round: Round | None = None) -> Files:
    study = Study.objects.get(pk=study.pk)
    told = export_file(study, form="json", round=round).content, audit_file(study, round=round).content
    return {"study": json.loads(told[0]), "audit": json.loads(told[1]), "receipt": None, "head": ""}


def check(folder: Path, files: Files) -> tuple[list[str], str]:
    """The lines that are wrong, and all of them."""
    ran = run(folder, files, "receipt", "head")
    assert ran.stderr == ""
    return wrong(ran), ran.stdout


def outcome_forged(files: Files) -> bool:
    """Flip the first outcome that can be judged."""
    for one in files["study"]["rounds"]:
        for row in one["statements"]:
            if row["counts"] is not None and row["outcome"] in ("in", "none"):
                row["outcome"] = "out"
                row["consensus"] = False
                return True
    return False


@pytest.mark.parametrize("name", RULES)
def test_any_rule_is_computed_anew(tmp_path: Path, name: str) -> None:
    study = study_by(RULES[name])
    factories.hold_round(study, TABLE)
    factories.hold_round(study, LATER)
    files = files_of(study)
    faults, said = check(tmp_path, files)
    assert faults == []
    assert "verdicts are those of the rule" in said
    assert outcome_forged(files)
    assert any("the verdicts" in line for line in check(tmp_path, files)[0])
    single = files_of(study, Round.objects.filter(study=study).latest("number"))
    assert check(tmp_path, single)[0] == []


def test_a_threshold_by_round_and_one_by_majorities_are_those_of_the_locked_rule(tmp_path: Path) -> None:
    for name, forged in (("super-majority", "0.7"), ("apmo", "0.5")):
        study = study_by(RULES[name])
        table = TABLE[:4] + [[8] * 16] * 2
        factories.hold_round(study, table)
        factories.hold_round(study, table)
        files = files_of(study)
        assert check(tmp_path, files)[0] == []
        files["study"]["rounds"][1]["rule"]["definition"]["threshold"] = forged
        assert any("the rule in force" in line for line in check(tmp_path, files)[0])


def test_where_a_group_is_hidden_its_verdict_is_not_checkable(tmp_path: Path) -> None:
    study = study_by(RULES["cos-70-15-every-group"])
    factories.hold_round(study, TABLE)
    files = files_of(study)
    for row in files["study"]["rounds"][0]["statements"]:
        row["groups"] = []
    files["study"].pop("what_if")
    faults, said = check(tmp_path, files)
    assert faults == []
    assert "shows too little to judge it" in said


@pytest.fixture
def amended(db: None) -> Files:
    """A study whose rule and stopping were amended after its first round."""
    study = study_by(RULES["full-consensus"])
    factories.hold_round(study, TABLE)
    amend_after_one_round(study)
    factories.hold_round(Study.objects.get(pk=study.pk), LATER)
    return files_of(study)


def test_an_amendment_is_printed_and_each_round_keeps_its_rule(amended: Files, tmp_path: Path) -> None:
    data = amended["study"]
    names = [one["rule"]["definition"]["name"] for one in data["rounds"]]
    assert names == ["Full consensus", "Super-majority by round"]
    assert data["rounds"][1]["rule"]["definition"]["threshold"] == "0.67"
    (deviation,) = data["deviations"]
    assert (deviation["reason"], deviation["from_round"]) == ("=Too few agreed.", 2)
    assert deviation["before"]["rule"]["definition"]["name"] == "Full consensus"
    assert deviation["after"]["stopping"]["most_rounds"] == 3
    assert deviation["after"]["rule"] == data["rule"]
    assert "actor" not in deviation
    assert check(tmp_path, amended)[0] == []


AMENDED = {
    "its reason": lambda one: one.update(reason="Another."),
    "its round": lambda one: one.update(from_round=1),
    "its time": lambda one: one.update(at="2020-01-01T00:00+00:00"),
    "the rule before": lambda one: one["before"]["rule"]["definition"].update(quorum=3),
    "the rule after": lambda one: one["after"]["rule"]["definition"].update(name="Another"),
    "the stopping rule after": lambda one: one["after"]["stopping"].update(most_rounds=4),
    "the stopping rule before": lambda one: one["before"]["stopping"].update(stable_share=None),
}


@pytest.mark.parametrize("change", AMENDED.values(), ids=AMENDED)
def test_a_deviation_that_was_changed_is_found(amended: Files, tmp_path: Path, change: Callable[[Any], object]) -> None:
    changed = copy.deepcopy(amended)
    change(changed["study"]["deviations"][0])
    assert any("that the chain locked" in line for line in check(tmp_path, changed)[0])


def amend_after_one_round(study: Study) -> None:
    """From the second round on by super-majority, for three rounds at most."""
    amend_protocol(
        study=study,
        actor=factories.facilitator_of(study),
        rule=RULES["super-majority"],
        stable_percent=None,
        most_rounds=3,
        reason="=Too few agreed.",
        from_round=2,
        now=database_now(),
    )


def test_a_workbook_has_a_sheet_of_deviations_and_one_of_other_rules(db: None) -> None:
    study = study_by(RULES["full-consensus"])
    factories.hold_round(study, TABLE)
    amend_after_one_round(study)
    book = openpyxl.load_workbook(io.BytesIO(export_file(Study.objects.get(pk=study.pk), form="xlsx").content))
    heading, row = book["Deviations"].iter_rows(values_only=True)
    assert heading[1:4] == ("from_round", "reason", "rule_before")
    assert row[1:4] == (2, "=Too few agreed.", "Full consensus: every rating is above 5 and the mean is above 7.")
    assert row[6] == "The study may stop when every statement has consensus or after 3 rounds; the facilitator decides."
    assert book["Deviations"]["C2"].data_type == "s"
    facts = {row[0]: row[1] for row in book["Study"].iter_rows(values_only=True)}
    assert facts["Deviations from the protocol"] == "1"
    assert facts["Consensus rule"].startswith("Super-majority by round: ")
    assert facts["Rule of Rating round 1"].startswith("Full consensus: ")
    assert facts["Quantiles of Rating round 1"] == "type 7 of Hyndman and Fan (1996)"
    _heading, *rows = book["Sensitivity"].iter_rows(values_only=True)
    assert len(rows) == len(TABLE) * len(NAMED_RULES)
    assert [row[6] for row in rows if row[4] == "rand-ucla"] == ["in", "none", "out", "in", "in", None]
    assert {row[7].split(":")[0] for row in rows} == {"Post hoc"}


def test_a_file_of_one_round_is_the_same_after_an_amendment(db: None) -> None:
    study = study_by(RULES["full-consensus"])
    first = factories.hold_round(study, TABLE)
    before = {form: export_file(study, form=form, round=first).content for form in ("csv", "json", "xlsx", "zip")}
    amend_after_one_round(study)
    study = Study.objects.get(pk=study.pk)
    assert {form: export_file(study, form=form, round=first).content for form in before} == before
    assert export_file(study, form="json").content != before["json"]


def test_a_round_s_rule_is_the_one_in_force_when_it_was_held(amended: Files, tmp_path: Path) -> None:
    changed = copy.deepcopy(amended)
    changed["study"]["rounds"][0]["rule"] = changed["study"]["rounds"][1]["rule"]
    assert any("the rule in force" in line for line in check(tmp_path, changed)[0])
    changed = copy.deepcopy(amended)
    changed["study"]["deviations"] = []
    assert any("that the chain locked" in line for line in check(tmp_path, changed)[0])


def known(rule: Rule, ratings: list[int], *, hides_counts: bool = False) -> dict[str, Any]:
    """What the program knows of these ratings, with one abstention and one missing."""
    counts = count_ratings(ratings)
    median = summarize(counts).median
    row = {"n": len(ratings), "abstained": 1, "missing": 1, "counts": None if hides_counts else list(counts)}
    shown = {"median": None if median is None else float(median), "mean": None}
    one = {"invited": len(ratings) + 4, "hashed": None}
    return verify_delphi.known_of(one, rule_to_json(rule), {**row, **shown})


@given(rule=rule_trees.rules, ratings=rule_trees.some_ratings, others=rule_trees.some_ratings)
def test_any_tree_of_clauses_is_judged_as_the_library_judges_it(
    rule: Rule, ratings: list[int], others: list[int]
) -> None:
    groups = {"Doctors": ratings, "Patients": others, "Nurses": None}
    tallies = {
        name: None if one is None else tally_of(count_ratings(one), abstained=1, missing=1)
        for name, one in groups.items()
    }
    counts = count_ratings(ratings + others)
    everybody = tally_of(counts, abstained=1, missing=1, invited=sum(counts) + 4, groups=tallies)
    outcome, data = str(outcome_of(everybody, rule)), rule_to_json(rule)
    by_group = [None if one is None else known(rule, one) for one in groups.values()]
    assert verify_delphi.outcomes(data, known(rule, ratings + others), by_group) == {outcome}
    assert outcome in verify_delphi.outcomes(data, known(rule, ratings + others, hides_counts=True), [{}])
