"""Other rules on frozen results: only on what is shown anyway, and nothing is decided or changed by it."""

from collections.abc import Sequence
from fractions import Fraction

import pytest

from surveys.consensus import NAMED_RULES, Choices, Clause, Rule, built_in_rule
from surveys.feedback.models import Result
from surveys.feedback.queries import results_of
from surveys.feedback.services.checking import broken_promise
from surveys.feedback.what_if import judge_otherwise, sensitivity
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.studies.models import AuditEntry, Protocol, Study
from tests import factories
from tests.grouping import grouped_study

pytestmark = pytest.mark.django_db

MEAN = Rule("Mean", Clause("mean", ">", Fraction(7)))


def judge_by(rule: Rule, round: Round) -> list[str]:
    found = judge_otherwise("one", rule, round, results_of(round))
    return ["hidden" if verdict is None else str(verdict.outcome) for verdict in found.verdicts.values()]


def held(study: Study, table: Sequence[Sequence[int | str]]) -> Round:
    """A round with a row for each statement; whoever answers none of them submits nothing."""
    round = factories.open_round(study)
    for place, panelist in enumerate(panel_of(study)):
        ratings = [row[place] for row in table if place < len(row)]
        if ratings:
            factories.fill_sheet(panelist, round, ratings)
    return factories.release_round(factories.close_and_freeze(round))


def test_a_sensitivity_table_has_a_row_for_every_rule() -> None:
    round = held(factories.make_study(statements=2), [[8] * 10, [7] * 7 + [3, 3, 9]])
    rows = {row.name: row for row in sensitivity(round, results_of(round))}
    assert list(rows) == list(NAMED_RULES)
    agreed = {name: row.agreed for name, row in rows.items()}
    assert (agreed["full-consensus"], agreed["cos-70-15"], agreed["median-iqr"]) == (1, 1, 2)
    assert (agreed["percent-agreement"], agreed["strong-consensus"], agreed["rand-ucla"]) == (2, 0, 2)
    # 10 and 8 agree of 20: 90% is the average.
    assert (agreed["apmo"], agreed["cos-70-15-every-group"]) == (1, 0)


def test_the_locked_rule_says_again_what_was_frozen() -> None:
    round = held(factories.make_study(statements=2), [[8] * 10, [5, *[9] * 9]])
    results = results_of(round)
    found = judge_otherwise("locked", results[0].rule, round, results)
    assert list(found.verdicts.values()) == [result.shown.verdict for result in results]


@pytest.mark.parametrize(("n", "expected"), [(4, "hidden"), (6, "hidden"), (7, "in"), (10, "in")])
def test_where_counts_are_hidden_no_other_rule_tells_them(n: int, expected: str) -> None:
    study = factories.make_study(statements=2)
    round = held(study, [[8] * n + ["abstain"] * (10 - n), [8] * 10])
    assert judge_by(MEAN, round) == [expected, "in"]


def test_a_histogram_that_one_who_left_would_be_read_from_is_judged_by_no_other_rule() -> None:
    study = factories.make_study(statements=1)
    held(study, [[8] * 10])
    round = held(study, [[8] * 9])
    assert results_of(round)[0].shown.mean == 8
    assert judge_by(MEAN, round) == ["hidden"]
    assert all(row.agreed == 0 for row in sensitivity(round, results_of(round)))


def test_where_one_statement_is_hidden_none_is_compared_with_the_average_of_all() -> None:
    study = factories.make_study(statements=2)
    round = held(study, [[8] * 6 + ["abstain"] * 4, [8] * 10])
    assert judge_by(NAMED_RULES["apmo"], round) == ["hidden", "hidden"]
    assert judge_by(NAMED_RULES["percent-agreement"], round) == ["hidden", "in"]


def test_thresholds_by_round_are_those_of_that_round() -> None:
    study = factories.make_study(statements=1)
    rounds = [held(study, [[8] * 7 + [5] * 3]) for _number in range(2)]
    assert [judge_by(NAMED_RULES["super-majority"], round) for round in rounds] == [["none"], ["in"]]


def test_those_who_were_asked_or_invited_are_counted() -> None:
    study = factories.make_study(statements=1)
    round = held(study, [[8] * 7 + ["abstain", "abstain"]])
    found = {
        name: judge_by(built_in_rule("percent-agreement", Choices(denominator=name)), round)
        for name in ("rated", "asked", "invited")
    }
    assert found == {"rated": ["in"], "asked": ["in"], "invited": ["none"]}


@pytest.mark.parametrize(
    ("seen_by", "sizes", "expected"),
    [
        ("panel", {"Nurses": 7, "Physicians": 7}, ["in"]),
        ("facilitators", {"Nurses": 7, "Physicians": 7}, ["in"]),
        ("nobody", {"Nurses": 7, "Physicians": 7}, ["not evaluable"]),
        # The counts of five are not shown, and those of the seven beside them neither.
        ("panel", {"Nurses": 7, "Physicians": 5}, ["not evaluable"]),
        ("panel", {"Nurses": 8, "Physicians": 7, "": 7}, ["not evaluable"]),
        ("panel", {"Nurses": 8, "Physicians": 4, "": 4}, ["not evaluable"]),
    ],
    ids=["panel", "facilitators", "nobody", "five", "some in none", "small"],
)
def test_a_rule_by_group_needs_groups_that_are_shown(seen_by: str, sizes: dict[str, int], expected: list[str]) -> None:
    study = grouped_study(sizes, seen_by)
    round = held(study, [[8] * sum(sizes.values())])
    assert judge_by(NAMED_RULES["cos-70-15-every-group"], round) == expected


def test_what_if_changes_nothing() -> None:
    study = factories.make_study(statements=1)
    round = held(study, [[8] * 10])
    before = (list(Result.objects.values()), AuditEntry.objects.count(), Protocol.objects.get(study=study).rule)
    sensitivity(round, results_of(round))
    after = (list(Result.objects.values()), AuditEntry.objects.count(), Protocol.objects.get(study=study).rule)
    assert before == after
    assert broken_promise(study) is None
