"""A closed round by other rules in the browser: post hoc, and silent about what is kept back."""

import re
from collections.abc import Sequence

import pytest
from django.test import Client
from django.urls import reverse

from surveys.consensus import NAMED_RULES, rule_to_json
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.studies.models import Protocol, Study
from tests import factories
from tests.facilitator.reading import heading, main, plain, queries_for
from tests.grouping import grouped_study

pytestmark = pytest.mark.django_db

AGREED, MIXED, LOW = [8] * 10, [7] * 7 + [3, 3, 9], [2] * 9 + [5]


def place_of(study: Study, number: int = 1) -> str:
    return reverse("facilitator:what_if", args=[study.slug, number])


def browser(study: Study) -> Client:
    return factories.signed_in(factories.facilitator_of(study))


def page(study: Study, number: int = 1, **chosen: str) -> str:
    response = browser(study).get(place_of(study, number), chosen)
    assert response.status_code == 200
    return response.content.decode()


def refused(study: Study, **chosen: str) -> str:
    response = browser(study).get(place_of(study), chosen)
    assert response.status_code == 422
    found = re.search(r'id="errors".*?</div>', response.content.decode(), re.DOTALL)
    assert found
    assert found[0].count("<li>") == 1
    return plain(found[0]).removeprefix('id="errors" tabindex="-1"> There is a problem ')


def held(study: Study, table: Sequence[Sequence[int | str]]) -> Round:
    """A round with a row for each statement; whoever answers none of them submits nothing."""
    round = factories.open_round(study)
    for place, panelist in enumerate(panel_of(study)):
        ratings = [row[place] for row in table if place < len(row)]
        if ratings:
            factories.fill_sheet(panelist, round, ratings)
    return factories.release_round(factories.close_and_freeze(round))


def rows(html: str) -> dict[str, list[str]]:
    """The sensitivity table: by the name of a rule, how many are in, and what it says of each statement."""
    table = html[html.index('<table class="what-if num"') : html.index("</table>")]
    found = {}
    for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL)[1:]:
        head = re.sub(r'<span class="d-block.*?</span>', "", row[: row.index("</th>")], flags=re.DOTALL)
        found[plain(head)] = [plain(cell) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)]
    return found


def reasons(html: str) -> list[list[str]]:
    table = html[html.index('<table class="what-if reasons"') :]
    body = table[table.index("<tbody") : table.index("</table>")]
    return [
        [plain(cell) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)]
        for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL)
    ]


def test_every_built_in_rule_judges_every_statement_the_own_one_first() -> None:
    study = factories.make_study(statements=3)
    held(study, [AGREED, MIXED, LOW])
    found = rows(page(study))
    assert len(found) == len(NAMED_RULES)
    assert list(found)[:2] == ["Full consensus", "Strong consensus"]
    assert found["Full consensus"] == ["1 of 3", "In", "No", "No"]
    assert found["RAND/UCLA"] == ["2 of 3", "In (appropriate)", "In (appropriate)", "Out (inappropriate)"]
    assert found["COS 70/15"] == ["1 of 3", "In", "No", "Out"]
    assert found["COS 70/15 in every group"] == ["0 of 3", *["Not judged"] * 3]


def test_the_page_says_what_it_comes_to_and_that_it_decides_nothing() -> None:
    study = factories.make_study(statements=3)
    held(study, [AGREED, MIXED, LOW])
    html = page(study, rule="rand-ucla")
    assert heading(html) == "Post hoc: by other rules from 0 to 2 of 3 statements would be in"
    told = "Post hoc: none of this decides anything. The rule of this round is and stays: Full consensus: every"
    assert told in main(html)
    captions = re.findall(r"<caption.*?</caption>", html, re.DOTALL)
    assert html.count("<table") == len(captions) == 2
    assert all(plain(caption).startswith("Post hoc ") for caption in captions)
    assert "btn-primary" not in html[html.index("<main") :]


def test_rules_that_can_judge_nothing_are_left_out_of_what_it_comes_to() -> None:
    study = factories.make_study(statements=2)
    held(study, [[9] * 10, [9] * 9 + [1]])
    html = page(study)
    assert rows(html)["COS 70/15 in every group"] == ["0 of 2", *["Not judged"] * 2]
    assert heading(html) == "Post hoc: by other rules from 1 to 2 of 2 statements would be in"


def test_where_all_counts_are_kept_back_no_other_rule_is_said_to_find_none_in() -> None:
    study = factories.make_study(statements=1)
    held(study, [[8] * 6 + ["abstain"] * 4])
    assert heading(page(study)) == "Post hoc: no other rule can judge a statement of this round"


def test_a_study_that_is_judged_by_another_rule_has_that_one_first() -> None:
    study = factories.make_study(statements=2)
    Protocol.objects.filter(study=study).update(rule=rule_to_json(NAMED_RULES["cos-70-15"]))
    held(Study.objects.get(pk=study.pk), [AGREED, LOW])
    found = rows(page(study))
    assert list(found)[:2] == ["COS 70/15", "Full consensus"]
    assert len(found) == len(NAMED_RULES)
    assert found["COS 70/15"] == ["1 of 2", "In", "Out"]


def test_one_rule_says_its_reasons() -> None:
    study = factories.make_study(statements=2)
    held(study, [MIXED, LOW])
    html = page(study, rule="percent-agreement", band="6-9", threshold="80")
    assert "Percent agreement: at least 80% of all ratings are from 6 to 9." in main(html)
    assert reasons(html) == [
        ["In", "8 of 10 ratings are from 6 to 9: 80%, at least 80%."],
        ["No", "0 of 10 ratings are from 6 to 9: 0%, and it must be at least 80%."],
    ]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"rule": "percent-agreement", "denominator": "asked"}, "No"),
        ({"rule": "percent-agreement", "denominator": "asked", "threshold": "70"}, "In"),
        ({"rule": "percent-agreement", "threshold": "0"}, "In"),
        ({"rule": "rand-ucla", "half_medians": "middle"}, "In (appropriate)"),
        ({"rule": "median-iqr", "threshold": "0", "quantile": "6"}, "No"),
        ({"rule": "apmo"}, "No"),
    ],
    ids=["asked", "asked-70", "none", "middle", "points", "apmo"],
)
def test_choices_count(chosen: dict[str, str], expected: str) -> None:
    study = factories.make_study(statements=1)
    held(study, [[8] * 6 + [7, 5, "abstain", "abstain"]])
    assert reasons(page(study, **chosen))[0][0] == expected


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"rule": "nonsense"}, "Choose one of the rules of the list."),
        ({"band": "7-9"}, "Choose one of the rules of the list."),
        ({"rule": "percent-agreement", "band": "9-7"}, "Give the band from one point"),
        ({"rule": "percent-agreement", "band": "7-10"}, "Give the band from one point"),
        ({"rule": "percent-agreement", "band": "7"}, "Give the band from one point"),
        ({"rule": "percent-agreement", "threshold": "101"}, "Give the bound as a number from 0 to 100."),
        ({"rule": "percent-agreement", "threshold": "1/0"}, "Give the bound as a number from 0 to 100."),
        ({"rule": "percent-agreement", "threshold": "nan"}, "Give the bound as a number from 0 to 100."),
        ({"rule": "median-iqr", "threshold": "9"}, "Give the bound as a number from 0 to 8."),
        ({"rule": "percent-agreement", "denominator": "all"}, "Select a valid choice."),
        ({"rule": "median-iqr", "quantile": "5"}, "Select a valid choice."),
        ({"rule": "rand-ucla", "band": "7-9"}, "This rule has nothing of that kind to choose."),
        ({"rule": "cos-70-15-every-group", "denominator": "invited"}, "A clause by group counts those who rated"),
    ],
    ids=[
        "rule",
        "no rule",
        "falls",
        "off",
        "point",
        "over",
        "zero",
        "nan",
        "iqr",
        "denominator",
        "type",
        "taken",
        "by",
    ],
)
def test_what_cannot_be_chosen_is_refused_in_one_sentence(chosen: dict[str, str], sentence: str) -> None:
    study = factories.make_study(statements=1)
    held(study, [AGREED])
    assert refused(study, **chosen).startswith(sentence)


def test_what_was_refused_judges_nothing_and_leaves_the_table() -> None:
    study = factories.make_study(statements=1)
    held(study, [AGREED])
    html = browser(study).get(place_of(study), {"rule": "rand-ucla", "band": "7-9"}).content.decode()
    assert "<title>Error:" in html
    assert len(rows(html)) == len(NAMED_RULES)
    assert 'class="what-if reasons"' not in html


# ---- what is kept back ----


@pytest.mark.parametrize("n", [4, 6], ids=["hidden", "few"])
def test_of_a_statement_that_few_rated_no_other_rule_says_anything(n: int) -> None:
    study = factories.make_study(statements=2)
    held(study, [[8] * n + ["abstain"] * (10 - n), AGREED])
    found = rows(page(study))
    own = found.pop("Full consensus")
    assert own == (["1 of 1", "not shown", "In"] if n < 5 else ["2 of 2", "In", "In"])
    assert {cells[1] for cells in found.values()} == {"not shown"}
    assert found["Strong consensus"][0] == "0 of 1"
    # Its average is one of all statements.
    assert found["Average percent of majority opinions"] == ["0 of 0", "not shown", "not shown"]
    judged = reasons(page(study, rule="percent-agreement"))
    assert judged[0][0] == "not shown"
    assert judged[0][1].startswith("Its counts, or those of a statement")
    assert judged[1][0] == "In"


def test_of_a_histogram_that_one_who_left_would_be_read_from_neither() -> None:
    study = factories.make_study(statements=1)
    held(study, [[8] * 10])
    held(study, [[8] * 9])
    found = rows(page(study, 2))
    assert found.pop("Full consensus") == ["1 of 1", "In"]
    assert {tuple(cells) for cells in found.values()} == {("0 of 0", "not shown")}


ALIKE = [6, 8, 8, 8, 8, 9, 9], [7, 7, 8, 8, 8, 9, 9]


@pytest.mark.parametrize("rule", sorted(NAMED_RULES))
def test_the_page_is_the_same_for_any_counts_that_show_the_same_figures(rule: str) -> None:
    """Two histograms that are kept back, alike in n, mean, median and all that the round's own rule tells."""
    pages = set()
    for ratings in ALIKE:
        study = factories.make_study(title="Alike", statements=2)
        held(study, [[8] * 8 + ["abstain"] * 2, AGREED])
        held(study, [[*ratings, *["abstain"] * 3], AGREED])
        html = page(study, 2, rule=rule)
        assert rows(html)["COS 70/15"][1] == "not shown"
        pages.add(main(html))
    assert len(pages) == 1


def test_a_group_that_is_not_shown_leaves_a_rule_by_group_unjudged() -> None:
    study = grouped_study({"Nurses": 7, "Physicians": 5}, "panel")
    held(study, [[8] * 12])
    assert rows(page(study))["COS 70/15 in every group"] == ["0 of 1", "Not judged"]
    said = reasons(page(study, rule="cos-70-15-every-group"))[0][1]
    assert "too little is known of" in said


# ---- the page itself ----


def test_statements_of_one_vignette_are_told_apart() -> None:
    study = factories.make_study(statements=2)
    vignette = study.vignettes.order_by("position")[0]
    factories.make_statement(vignette, "A third option would be my choice.")
    held(study, [AGREED] * 3)
    html = page(study)
    assert re.findall(r'<th role="columnheader" scope="col">(.*?)</th>', html)[:5] == ["Rule", "In", "1a", "1b", "2"]


def test_a_round_that_is_not_closed_or_rated_nothing_has_no_such_page() -> None:
    study = factories.make_study(statements=1)
    factories.open_round(study)
    response = browser(study).get(place_of(study))
    assert response["Location"] == reverse("facilitator:round", args=[study.slug, 1])
    survey = factories.make_survey_study()
    factories.hold_survey(survey, [{}] * 10)
    assert browser(survey).get(place_of(survey)).status_code == 302


def test_the_results_lead_there() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    html = browser(study).get(reverse("facilitator:round", args=[study.slug, 1])).content.decode()
    assert f'href="{place_of(study)}"' in html


@pytest.mark.parametrize("statements", [1, 7])
def test_the_page_takes_as_many_queries_for_one_statement_as_for_seven(statements: int) -> None:
    study = factories.make_study(statements=statements)
    factories.hold_round(study, [[7] * 10] * statements)
    assert queries_for(browser(study), place_of(study) + "?rule=rand-ucla") == 6
