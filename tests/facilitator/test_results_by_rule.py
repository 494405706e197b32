"""Frozen results in the browser by other rules than the paper's: verdicts, clauses by group, figures, the wall."""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

import pytest
from django.urls import reverse

from surveys.consensus import NAMED_RULES, AllOf, AnyOf, Clause, Outcome, Rule, rule_to_json
from surveys.facilitator.further_figures import p_words
from surveys.facilitator.readings import cell_of, rule_above
from surveys.feedback.queries import results_of
from surveys.panels.models import Panelist
from surveys.panels.queries import panel_of
from surveys.studies.models import Protocol, Study
from surveys.studies.queries import database_now
from surveys.studies.services import amend_protocol, protocol_facts, update_protocol
from surveys.vignettes.models import Statement
from tests import factories
from tests.facilitator.reading import main, plain
from tests.grouping import grouped_study

pytestmark = pytest.mark.django_db

COS, RAND = NAMED_RULES["cos-70-15"], NAMED_RULES["rand-ucla"]
NEAR = Rule(
    "Two thirds",
    Clause("share", ">=", Fraction(2, 3), band=(7, 9)),
    near=Clause("share", ">=", Fraction(1, 2), band=(7, 9)),
)
IQR = "Median with interquartile range"
ROWS = [[8] * 10, [2] * 10, [7] * 6 + [5] * 4]


def judged_by(rule: Rule, study: Study, groups: str = Protocol.Groups.NOBODY) -> Study:
    facts = {**protocol_facts(study.protocol), "rule": rule_to_json(rule), "groups": groups}
    update_protocol(study=study, actor=factories.facilitator_of(study), now=database_now(), **facts)
    return Study.objects.get(pk=study.pk)


def held(rule: Rule, table: Sequence[Sequence[int | str]] = ROWS) -> Study:
    study = judged_by(rule, factories.make_study(statements=len(table)))
    factories.hold_round(study, table)
    return study


def page(study: Study, name: str, *rest: object) -> str:
    client = factories.signed_in(factories.facilitator_of(study))
    response = client.get(reverse(f"facilitator:{name}", args=[study.slug, *rest]))
    assert response.status_code == 200
    return response.content.decode()


def verdicts(html: str) -> list[str]:
    return [plain(found) for found in re.findall(r'<span class="verdict[^"]*">(.*?)</span>', html, re.DOTALL)]


def cells(study: Study) -> list[str]:
    return [cell_of(result).words for result in results_of(study.rounds.get(number=1))]


def fold(html: str, summary: str) -> Mapping[str, str]:
    """The figures behind a fold of a statement's page."""
    found = re.search(rf"<summary>{re.escape(summary)}</summary>(.*?)</details>", html, re.DOTALL)
    return dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", found[1])) if found else {}


@pytest.mark.parametrize(
    ("rule", "expected", "in_cells"),
    [
        (COS, ["COS 70/15", "Out", "Not yet"], ["reached", "out", "not yet"]),
        (RAND, ["Appropriate", "Out: inappropriate", "Appropriate"], ["appropriate", "inappropriate", "appropriate"]),
        (NEAR, ["Two thirds", "Not yet", "Near"], ["reached", "7 short", "1 short"]),
        (
            NAMED_RULES["rand-ucla-strict"],
            ["Appropriate", "Out: inappropriate", "Uncertain"],
            ["appropriate", "inappropriate", "uncertain"],
        ),
        (
            NAMED_RULES["median-iqr"],
            ["Median with interquartile range", "Out", "Median with interquartile range"],
            None,
        ),
    ],
    ids=["cos", "rand", "near", "strict", "iqr"],
)
def test_outcomes_are_said_in_a_word(rule: Rule, expected: list[str], in_cells: list[str] | None) -> None:
    study = held(rule)
    found = verdicts(page(study, "round", 1))
    assert [word.partition(": 7 ratings")[0] for word in found] == expected
    assert in_cells is None or cells(study) == in_cells


def test_out_says_which_condition_holds_and_draws_no_line() -> None:
    html = page(held(COS), "round", 1)
    assert (
        "Out What the rule says for out holds: 10 of 10 ratings are from 1 to 3: 100%, at least 70% "
        "0 of 10 ratings are from 7 to 9: 0%, below 15%"
    ) in main(html)
    assert "COS 70/15: at least 70% of all ratings are from 7 to 9" in main(html)
    assert 'class="rule"' not in html


def test_what_a_clause_was_not_made_for_is_said() -> None:
    html = page(held(RAND, [[8] * 7 + ["abstain"] * 3]), "round", 1)
    assert "The RAND/UCLA table is for panels of 8 to 16; for 7 ratings a third of them is taken." in main(html)


def test_every_round_is_judged_by_its_own_rule() -> None:
    study = held(COS)
    actor = factories.facilitator_of(study)
    amend_protocol(
        study=study,
        actor=actor,
        rule=rule_to_json(RAND),
        stable_percent=study.protocol.stable_percent,
        most_rounds=study.protocol.most_rounds,
        reason="The panel asked for it.",
        from_round=2,
        now=database_now(),
    )
    study = Study.objects.get(pk=study.pk)
    factories.hold_round(study, ROWS)
    assert verdicts(page(study, "round", 1)) == ["COS 70/15", "Out", "Not yet"]
    assert verdicts(page(study, "round", 2)) == ["Appropriate", "Out: inappropriate", "Appropriate"]
    assert "COS 70/15: at least" in main(page(study, "round", 1))
    assert "RAND/UCLA: the median" in main(page(study, "round", 2))
    assert "RAND/UCLA: the median" in main(page(study, "table_3"))


def test_clauses_within_groups_stand_a_line_a_group() -> None:
    study = grouped_study({"Nurses": 5, "Physicians": 5}, Protocol.Groups.PANEL)
    study = judged_by(NAMED_RULES["cos-70-15-every-group"], study, Protocol.Groups.PANEL)
    round = factories.open_round(study)
    for panelist, rating in zip(panel_of(study), [8] * 9 + [5], strict=True):
        factories.fill_sheet(panelist, round, [rating])
    factories.release_round(factories.close_and_freeze(round))
    html = page(study, "round", 1)
    lines = [plain(line) for line in re.findall(r'<li class="row-x"><b>.*?</li>', html, re.DOTALL)]
    assert lines == [
        "Nurses: 5 of 5 ratings are from 7 to 9: 100%, at least 70% 0 of 5 ratings are from 1 to 3: 0%, below 15%",
        "Physicians: 4 of 5 ratings are from 7 to 9: 80%, at least 70% 0 of 5 ratings are from 1 to 3: 0%, below 15%",
    ]
    assert verdicts(html) == ["COS 70/15 in every group"]


@pytest.mark.parametrize("name", sorted(NAMED_RULES))
def test_no_page_of_results_breaks_by_any_built_in_rule(name: str) -> None:
    study = factories.make_study(statements=4)
    for place, panelist in enumerate(panel_of(study)):
        Panelist.objects.filter(pk=panelist.pk).update(group="Nurses" if place < 5 else "Physicians")
    study = judged_by(NAMED_RULES[name], study, Protocol.Groups.PANEL)
    factories.hold_round(study, [*ROWS, [8] * 4 + ["abstain"] * 6])
    statement = Statement.objects.filter(vignette__study=study)[0]
    for page_name, *rest in (("round", 1), ("wall", 1), ("study",), ("tables",), ("table_3",), ("what_if", 1)):
        assert page(study, page_name, *rest)
    assert page(study, "statement", statement.pk)


def test_further_statistics_have_their_names_and_their_type_of_quantiles() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study, [[3, 5, 7, 7, 7, 8, 8, 8, 9, 9]])
    found = fold(page(study, "statement", Statement.objects.get().pk), "More statistics")
    assert found == {
        "Interpercentile range, 30th to 70th (IPR), quantiles of type 7": "1.00",
        "Interpercentile range adjusted for symmetry (IPRAS), quantiles of type 7": "6.10",
        "Disagreement index, IPR divided by IPRAS": "0.16",
        "Coefficient of variation, SD divided by mean": "0.26",
        "Mean absolute deviation from the median": "1.30",
        "Consensus of Tastle and Wierman, from 0 to 1": "0.72",
    }


def test_how_the_same_people_s_ratings_moved_in_figures() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study, [[3, 5, 7, 7, 7, 8, 8, 8, 9, 9]])
    factories.hold_round(study, [[5, 7, 7, 8, 8, 8, 8, 8, 9, 9]])
    html = page(study, "statement", Statement.objects.get().pk)
    found = fold(html, "How the same people's ratings moved")
    assert found["Changed their rating"] == "40% (4 of 10)"
    assert found["Moved to another third of the scale (1–3, 4–6, 7–9)"] == "20% (2 of 10)"
    assert list(found)[3:] == [
        "Net change of the distribution (Scheibe)",
        "Weighted kappa, quadratic weights",
        "Wilcoxon signed-rank test, two-sided p",
        "McNemar test of ratings from 7 to 9, exact p",
        "Change of the coefficient of variation",
    ]
    assert "A test that finds no shift has not shown that there was none." in main(html)
    assert "stable" not in main(html).casefold()


def test_mcnemar_s_test_names_the_band_in_which_the_rule_says_that_one_agrees() -> None:
    rule = Rule("Upper half", Clause("share", ">=", Fraction(3, 4), band=(6, 9)))
    study = held(rule, [[5, 5, 6, 7, 7, 8, 8, 8, 9, 9]])
    factories.hold_round(study, [[6, 6, 7, 7, 7, 8, 8, 8, 9, 9]])
    found = fold(page(study, "statement", Statement.objects.get().pk), "How the same people's ratings moved")
    # Two came into the band and none left it.
    assert found["McNemar test of ratings from 6 to 9, exact p"] == "0.500"


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        ([8] * 6 + ["abstain"] * 4, "Fewer than 8 rated in both rounds"),
        ([8] * 8 + ["abstain"] * 2, "Further statistics would tell what the few rated who joined or left"),
        ([8] * 9 + ["abstain"], "How ratings moved is not shown: too few rated in both rounds"),
    ],
    ids=["few", "two left", "one left"],
)
def test_why_no_statistics_of_pairs_are_shown(second: list[int | str], sentence: str) -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study, [[7] * 10])
    factories.hold_round(study, [second])
    html = page(study, "statement", Statement.objects.get().pk)
    assert sentence in main(html)
    assert "Weighted kappa" not in html


def test_a_statement_that_was_rated_once_has_no_fold_of_moves() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    assert "ratings moved" not in page(study, "statement", Statement.objects.get().pk)


@pytest.mark.parametrize(
    ("value", "expected"), [(0.0004, "below 0.001"), (0.001, "0.001"), (0.0585, "0.059"), (1.0, "1.000")]
)
def test_a_p_value_is_never_zero(value: float, expected: str) -> None:
    assert p_words(value) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Clause("least", ">", Fraction(5)), 5),
        (Clause("least", ">=", Fraction(5)), 4),
        (Clause("least", ">", Fraction(11, 2)), 5),
        (Clause("least", ">=", Fraction(1)), None),
        (Clause("least", ">", Fraction(5), population="every group"), None),
        (AnyOf((Clause("least", ">", Fraction(5)), Clause("mean", ">", Fraction(7)))), None),
        (AllOf((Clause("mean", ">", Fraction(7)), Clause("least", ">", Fraction(3)))), 3),
        (Clause("least", "<", Fraction(5)), None),
    ],
    ids=["above", "at least", "half", "all", "groups", "any", "second", "below"],
)
def test_the_line_stands_where_one_rating_stops_consensus(condition: Clause, expected: int | None) -> None:
    assert rule_above(Rule("One", condition, labels={Outcome.IN: "yes"})) == expected
