"""manage.py evaluate: the rule that its options ask for, groups, and the comparison with an earlier round."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from surveys.consensus import BUILT_IN, NAMED_RULES, rule_to_json

# Nine ratings: 8 of 9 from 7 to 9, median 8, interquartile range 1.
NINE = "A\n" + "\n".join("377788899")
GROUPS = "panelist,group,A,B\np1,x,8,8\np2,x,8,2\np3,y,8,9\np4,y,2,9\n"
ROUNDS = (
    "statement,panelist,rating,round\n"
    "A,p1,5,1\nA,p2,6,1\nA,p3,7,1\nA,p4,,1\nB,p1,9,1\n"
    "C,p1,1,2\n"
    "A,p1,7,3\nA,p2,8,3\nA,p3,7,3\nA,p4,9,3\nB,p5,9,3\nC,p1,1,3\nD,p1,8,3\n"
)
FOR_ANY_SCALE = "percent-agreement, median-iqr, super-majority, apmo"


@pytest.fixture
def write(tmp_path: Path) -> Any:
    """Return a function that writes a file of ratings and returns its path."""

    def write_file(content: str, name: str = "ratings.csv") -> str:
        (tmp_path / name).write_text(content)
        return str(tmp_path / name)

    return write_file


def _evaluate(*args: str) -> str:
    out = io.StringIO()
    call_command("evaluate", *args, stdout=out)
    return out.getvalue()


def _judged(*args: str) -> dict[str, Any]:
    judged: dict[str, Any] = json.loads(_evaluate(*args, "--format", "json"))
    return judged


def _outcome(*args: str) -> str:
    outcome: str = _judged(*args)["statements"][0]["outcome"]
    return outcome


def _fault(*args: str) -> str:
    """Return the one sentence on standard error, after checking exit code and standard output."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("evaluate", *args, stdout=out, stderr=err)
    assert (caught.value.code, out.getvalue(), err.getvalue().count("\n")) == (2, "", 1)
    return err.getvalue().rstrip("\n")


@pytest.mark.parametrize(
    ("rule", "outcome", "classification"),
    [
        ("full-consensus", "none", None),
        ("strong-consensus", "none", None),
        ("rand-ucla", "in", "appropriate"),
        ("rand-ucla-strict", "in", "appropriate"),
        ("rand-ucla-relaxed", "in", "appropriate"),
        ("rand-ucla-ipras", "in", "appropriate"),
        ("cos-70-15", "in", None),
        ("percent-agreement", "in", None),
        ("median-iqr", "in", None),
        ("grade-importance", "in", "critical"),
        ("super-majority", "in", None),
        ("apmo", "none", None),
    ],
)
def test_every_rule_has_its_outcome(write: Any, rule: str, outcome: str, classification: str | None) -> None:
    judged = _judged(write(NINE), "--rule", rule)
    statement = judged["statements"][0]
    assert (judged["rule"], statement["outcome"], statement["consensus"]) == (rule, outcome, outcome == "in")
    assert ("classification" in statement) == bool(NAMED_RULES[rule].labels)
    assert statement.get("classification") == classification


@pytest.mark.parametrize("rule", BUILT_IN)
def test_the_table_is_as_wide_as_a_terminal(write: Any, rule: str) -> None:
    statements = [f"{name} {'is appropriate ' * 9}" for name in "AB"]
    rows = [f"p{number},{'x' * (1 + number % 2)},{3 + number % 7},1" for number in range(15)]
    lines = _evaluate(write("\n".join([f"panelist,group,{','.join(statements)}", *rows])), "--rule", rule).splitlines()
    assert 90 < max(map(len, lines)) <= 100


def test_every_built_in_rule_is_offered(write: Any) -> None:
    rules = ", ".join(BUILT_IN)
    assert _fault(write(NINE), "--rule", "majority") == f'There is no rule "majority"; the rules are {rules}.'


@pytest.mark.parametrize(
    ("args", "outcome"),
    [
        (["--threshold", "88.8"], "in"),
        (["--threshold", "89%"], "none"),
        (["--threshold", "800/9"], "in"),
        (["--band", "8-9"], "none"),
        (["--band", "3-9", "--threshold", "100"], "in"),
    ],
    ids=["below", "above", "exactly", "band", "wide band"],
)
def test_band_and_threshold_are_taken(write: Any, args: list[str], outcome: str) -> None:
    assert _outcome(write(NINE), "--rule", "percent-agreement", *args) == outcome


def test_asked_counts_abstentions_and_missing_answers(write: Any) -> None:
    file = write("A,B\n8,9\n8,9\n8,9\n8,9\n8,9\n8,9\nX,9\n,9\n")
    options = [file, "--rule", "percent-agreement", "--abstain", "X"]
    assert _outcome(*options, "--denominator", "rated", "--threshold", "100") == "in"
    assert _outcome(*options, "--denominator", "asked", "--threshold", "75") == "in"
    assert _outcome(*options, "--denominator", "asked", "--threshold", "75.01") == "none"


def test_the_type_of_quantiles_is_taken_and_printed(write: Any) -> None:
    # Quartiles of 1 2 3 4 are 1.75 and 3.25, 1.25 and 3.75, 1.5 and 3.5 by types 7, 6 and 2.
    file = write("A\n1\n2\n3\n4\n")
    for kind, q1, q3 in (("7", 1.75, 3.25), ("6", 1.25, 3.75), ("2", 1.5, 3.5)):
        statement = _judged(file, "--quantile", kind)["statements"][0]
        assert (statement["q1"], statement["q3"], statement["iqr"]) == (q1, q3, q3 - q1)
        assert f"Quantiles are of type {kind}." in _evaluate(file, "--quantile", kind)


def test_another_scale_has_its_own_counts_and_no_statistics_of_nine_points(write: Any) -> None:
    judged = _judged(write("A\n1\n5\n5\n4\n"), "--rule", "percent-agreement", "--scale", "1-5")
    statement = judged["statements"][0]
    assert statement["counts"] == [1, 0, 0, 1, 2]
    assert (statement["ipr"], statement["ipras"], statement["disagreement_index"]) == (None, None, None)
    assert statement["outcome"] == "in"
    assert _fault(write("A\n6\n"), "--rule", "median-iqr", "--scale", "1-5").endswith(
        '"6" is not a whole number from 1 to 5.'
    )


def test_half_medians_go_where_they_are_told(write: Any) -> None:
    file = write("A\n6\n6\n7\n7\n")
    assert _outcome(file, "--rule", "rand-ucla") == "in"
    assert _outcome(file, "--rule", "rand-ucla", "--half-medians", "up") == "in"
    assert _outcome(file, "--rule", "rand-ucla", "--half-medians", "middle") == "none"


def test_a_super_majority_falls_with_the_rounds(write: Any) -> None:
    rows = "\n".join(f"A,p{panelist},{rating},%s" for panelist, rating in enumerate("777666"))
    file = write("statement,panelist,rating,round\n" + "\n".join(rows.replace("%s", n) for n in "123"))
    outcomes = [_outcome(file, "--rule", "super-majority", "--round", number) for number in "123"]
    assert outcomes == ["none", "none", "in"]


def test_groups_are_judged_where_the_rule_asks_for_them(write: Any) -> None:
    options = [write(GROUPS), "--rule", "percent-agreement", "--threshold", "75"]

    def outcomes(*more: str) -> list[str]:
        return [row["outcome"] for row in _judged(*options, *more)["statements"]]

    assert outcomes() == ["in", "in"]
    assert outcomes("--population", "every-group") == ["none", "none"]
    assert outcomes("--population", "any-group") == ["in", "in"]
    assert outcomes("--population", "everyone", "--threshold", "76") == ["none", "none"]


def test_a_group_counts_its_own_missing_answers(write: Any) -> None:
    file = write("panelist,group,A,B\np1,x,8,8\np2,x,,8\np3,y,8,8\np4,y,8,8\n")
    options = ["--rule", "cos-70-15-every-group", "--denominator"]
    assert _outcome(file, *options, "rated") == "in"
    assert _outcome(file, *options, "asked") == "none"
    whole = write("panelist,group,A,B\np1,x,8,8\np2,x,8,8\np3,y,8,8\np4,y,8,8\n")
    assert _outcome(whole, *options, "asked") == "in"


def test_groups_must_be_known(write: Any) -> None:
    rule = ["--rule", "cos-70-15-every-group"]
    assert _fault(write(NINE), *rule) == 'The rule judges groups, and the file has no column "group".'
    assert _fault(write("group,A\nx,8\n,8\n"), *rule) == (
        'The rule judges groups, and the column "group" is empty for 1 panelist of the round.'
    )


def test_a_rule_may_come_from_a_file(write: Any) -> None:
    rule = {"name": "Ours", "statistic": "iqr", "operator": "<=", "threshold": "1", "quantile": 6}
    judged = _judged(write(NINE), "--rule-file", write(json.dumps(rule), "rule.json"))
    assert (judged["rule"], judged["statements"][0]["outcome"]) == ("Ours", "none")
    assert judged["statements"][0]["iqr"] == 1.5
    built_in = write(json.dumps(rule_to_json(NAMED_RULES["rand-ucla"])), "rule.json")
    assert _judged(write(NINE), "--rule-file", built_in)["statements"][0]["classification"] == "appropriate"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is no JSON."),
        ("[" * 100_000, "is no JSON."),
        ("[]", "holds no rule: A rule is a JSON object."),
        ('{"name": "Ours", "statistic": "mean", "operator": ">", "threshold": 7}', "not 7."),
    ],
    ids=["broken", "deep", "list", "threshold"],
)
def test_a_file_that_holds_no_rule_is_refused(write: Any, content: str, sentence: str) -> None:
    assert _fault(write(NINE), "--rule-file", write(content, "rule.json")).endswith(sentence)


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--band", "7-9"], "The rule full-consensus has no band to choose."),
        (["--threshold", "75"], "The rule full-consensus has no threshold to choose."),
        (["--denominator", "asked"], "The rule full-consensus has no denominator to choose."),
        (["--half-medians", "up"], "The rule full-consensus has no place for half medians to choose."),
        (
            ["--rule", "cos-70-15-every-group", "--population", "any-group"],
            "The rule cos-70-15-every-group has no population to choose.",
        ),
        (
            ["--rule", "apmo", "--population", "every-group"],
            "The average percent of majority opinions is a threshold for the share of everyone's ratings alone.",
        ),
        (["--rule", "percent-agreement", "--band", "7"], '"7" is not a band such as 7-9.'),
        (["--rule", "percent-agreement", "--band", "9-7"], "A band rises, and 9-7 does not."),
        (["--rule", "percent-agreement", "--band", "7-10"], "The band 7-10 is not on the scale 1-9."),
        (["--rule", "apmo", "--band", "5-9"], "With the band 5-9 some ratings would be in both majorities."),
        (["--rule", "percent-agreement", "--threshold", "most"], '"most" is not a threshold such as 75.'),
        (
            ["--rule", "percent-agreement", "--threshold", "0.75"],
            "The threshold of a share is from 1 to 100 percent, such as 75, not 0.75.",
        ),
        (
            ["--rule", "percent-agreement", "--denominator", "all"],
            'There is no denominator "all" here; choose rated or asked.',
        ),
        (["--quantile", "1"], 'There is no type of quantiles "1" here; choose 7, 6 or 2.'),
        (
            ["--population", "nobody"],
            'There is no population "nobody" here; choose everyone, every-group or any-group.',
        ),
        (["--scale", "9"], '"9" is not a scale such as 1-9.'),
        (["--scale", "9-1"], '"9-1" is not a scale such as 1-9.'),
        (
            ["--scale", "1-7"],
            f"The rule full-consensus is made for the scale 1-9, not 1-7; for any scale there are {FOR_ANY_SCALE}.",
        ),
        (["--rule-file", "none.json"], "none.json cannot be read: No such file or directory."),
        (
            ["--rule-file", "none.json", "--half-medians", "up"],
            "A rule from a file is whole, and --half-medians cannot be given beside it.",
        ),
    ],
)
def test_an_option_that_the_rule_does_not_take_is_one_sentence(write: Any, args: list[str], sentence: str) -> None:
    assert _fault(write(NINE), *args) == sentence


def test_each_statement_is_compared_with_the_last_round_that_asked_it(write: Any) -> None:
    by_statement = {row["statement"]: row["stability"] for row in _judged(write(ROUNDS))["statements"]}
    assert by_statement["A"] == {
        "paired": 3,
        "changed": pytest.approx(2 / 3),
        # Pairs 5-7, 6-8, 7-7: squares 4 + 4 + 0; of each earlier with each later 17 + 6 + 1.
        "weighted_kappa": pytest.approx(1 - 3 * 8 / 24),
        # Two equal differences, 2 and 2: V = 3, its mean 1.5, its variance 30 / 24 - 6 / 48.
        "wilcoxon_p": pytest.approx(0.15729921),
        # From 7 to 9 agree: two joined, nobody left.
        "mcnemar_p": 0.5,
        # Standard deviations 1 and 1 / sqrt(3), means 6 and 22 / 3.
        "cv_change": pytest.approx(3**-0.5 / (22 / 3) - 1 / 6),
    }
    nothing = dict.fromkeys(("changed", "weighted_kappa", "wilcoxon_p", "mcnemar_p", "cv_change"))
    assert by_statement["B"] == {"paired": 0, **nothing}
    assert by_statement["C"]["paired"] == 1
    assert by_statement["D"] is None


@pytest.mark.parametrize("rule", ["percent-agreement", "median-iqr"])
def test_the_rules_band_says_who_agrees(write: Any, rule: str) -> None:
    options = [write(ROUNDS), "--rule", rule, "--band", "5-9"]
    assert _judged(*options)["statements"][0]["stability"]["mcnemar_p"] is None


def test_rounds_may_stand_in_any_order(write: Any) -> None:
    header, *rows = ROUNDS.splitlines()
    assert _judged(write("\n".join([header, *reversed(rows)])))["round"] == 3
    file = write("statement,panelist,rating,round\nA,p1,8,3\nA,p1,7,2\nA,p1,8,1\n")
    assert _judged(file)["statements"][0]["stability"]["changed"] == 1


def test_a_named_round_is_compared_with_those_before_it_alone(write: Any) -> None:
    file = write(ROUNDS)
    assert [row["stability"] for row in _judged(file, "--round", "2")["statements"]] == [None]
    assert "stability" not in _judged(file, "--round", "1")["statements"][0]
    assert "stability" not in _judged(write(NINE))["statements"][0]


def test_the_table_says_how_ratings_moved(write: Any) -> None:
    printed = " ".join(_evaluate(write(ROUNDS)).split())
    assert "Since round 1, of 3 panelists who rated both times 66.7% changed their rating" in printed
    assert "Nobody rated it both now and in round 1." in printed
    assert "Since round 2, of 1 panelist who rated both times 0.0% changed their rating" in printed


def test_csv_holds_the_comparison_and_the_classification(write: Any) -> None:
    printed = _evaluate(write(ROUNDS), "--rule", "rand-ucla", "--format", "csv")
    rows = {row["statement"]: row for row in csv.DictReader(io.StringIO(printed))}
    assert (rows["A"]["stability_paired"], rows["A"]["classification"]) == ("3", "appropriate")
    assert (rows["D"]["stability_paired"], rows["D"]["outcome"]) == ("", "in")
    assert {row["count_9"] for row in rows.values()} == {"0", "1"}
