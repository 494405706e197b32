"""The tables of a paper, on pages and as files."""

import csv
import io
import re

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from surveys.feedback.services.releasing import finish_study
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import Statement
from surveys.vignettes.services.writing import compose_statement
from tests import factories
from tests.facilitator.reading import heading, main, plain, queries_for

pytestmark = pytest.mark.django_db

# The published study's last round, as its sums give it.
PUBLISHED = [
    [8] * 6 + [9] * 4,
    [8] * 7 + [9] * 3,
    [8] * 7 + [9] * 3,
    [8] * 5 + [9] * 4 + ["abstain"],
    [8] * 5 + [9] * 5,
    [8] * 6 + [9] * 4,
    [8] * 3 + [9] * 7,
]


def address(study: Study, name: str, *rest: object) -> str:
    return reverse(f"facilitator:{name}", args=[study.slug, *rest])


def browser(study: Study) -> Client:
    return factories.signed_in(factories.facilitator_of(study))


def page(study: Study, name: str) -> str:
    response = browser(study).get(address(study, name))
    assert response.status_code == 200
    return response.content.decode()


def table(html: str, place: int = 0) -> list[list[str]]:
    """The rows of one table's body."""
    body = re.findall(r'<table class="paper.*?<tbody[^>]*>(.*?)</tbody>', html, re.DOTALL)[place]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL)
    return [[plain(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in rows]


def published() -> Study:
    """Seven statements rated as in the published last round."""
    study = factories.make_study(statements=7)
    factories.hold_round(study, PUBLISHED)
    return study


def test_table_3_is_the_published_one() -> None:
    html = page(published(), "table_3")
    assert heading(html) == "All 7 statements reached full consensus."
    assert [(row[0], row[2], row[3], row[4]) for row in table(html)] == [
        ("1. Vignette 1", "Yes", "8.40", "10"),
        ("2. Vignette 2", "Yes", "8.30", "10"),
        ("3. Vignette 3", "Yes", "8.30", "10"),
        ("4. Vignette 4", "Yes", "8.44", "9"),
        ("5. Vignette 5", "Yes", "8.50", "10"),
        ("6. Vignette 6", "Yes", "8.40", "10"),
        ("7. Vignette 7", "Yes", "8.70", "10"),
    ]
    assert html.count('aria-label="5 rated 8, 4 rated 9"') == 1
    words = main(html)
    assert "n: panelists who rated the statement; in vignette 4, 1 of 10 did not." in words
    assert "Full consensus: every rating is above 5 and the mean is above 7." in words
    assert "Table 3. Main recommendations · After Round 1" in words
    assert "reconstructed" not in words


def test_the_notes_name_rows_without_consensus_and_rows_of_an_earlier_round() -> None:
    study = factories.make_study(statements=3)
    factories.hold_round(study, [[6] * 10, [8] * 10, [5] * 10])
    words = main(page(study, "table_3"))
    assert "Without full consensus: vignette 1, 3. n: panelists" in words
    assert "which asked it last" not in words
    second = Statement.objects.get(vignette__study=study, vignette__position=2)
    round = factories.open_round(study, left_out=[second])
    factories.fill_all(round, [[8] * 10, [8] * 10])
    factories.close_and_freeze(round)
    words = main(page(study, "table_3"))
    assert "From Round 1, which asked it last: vignette 2. n: panelists" in words
    assert "Without full consensus" not in words


def test_a_finished_study_s_table_is_final() -> None:
    study = published()
    finish_study(study=study, actor=factories.facilitator_of(study), reason="Consensus.", now=database_now())
    assert "Table 3. Main recommendations · Round 1, final" in main(page(study, "table_3"))


def test_the_demonstration_says_that_its_n_is_reconstructed() -> None:
    study = published()
    Study.objects.filter(pk=study.pk).update(is_demonstration=True)
    html = page(study, "table_3")
    assert "Demonstration: all ratings are simulated; where a mean is one that was published, n is" in main(html)
    assert '<div class="demo" role="note">' in html


def test_recommendations_are_the_options_and_their_names_are_explained() -> None:
    study = factories.make_study(statements=1)
    tms = factories.make_option(study, "TMS", "Switch", "transcranial magnetic stimulation")
    ect = factories.make_option(study, "ECT", "Switch", "electroconvulsive therapy")
    factories.make_option(study, "Lithium", "Add", "a salt")
    vignette = factories.make_vignette(study, "Aged 70")
    facilitator = factories.facilitator_of(study)
    compose_statement(vignette=vignette, actor=facilitator, options=[tms, ect], now=database_now())
    factories.hold_round(study)
    html = page(study, "table_3")
    assert table(html)[1][:2] == ["2. Aged 70", "TMS; ECT"]
    assert table(html)[0][1] == f"Option 1 {factories.STEM}"
    assert "TMS, transcranial magnetic stimulation; ECT, electroconvulsive therapy." in main(html)
    assert "a salt" not in html


def test_without_consensus_everywhere_the_sentence_counts() -> None:
    study = factories.make_study(statements=2)
    factories.hold_round(study, [[8] * 9 + [5], [8] * 10])
    html = page(study, "table_3")
    assert heading(html) == "1 of 2 statements reached full consensus."
    assert [row[2:5] for row in table(html)] == [["No", "7.70", "10"], ["Yes", "8.00", "10"]]


def test_below_the_threshold_a_row_says_only_that() -> None:
    study = factories.make_study(statements=2)
    factories.hold_round(study, [[9] * 4 + ["abstain"] * 6, [8] * 10])
    html = page(study, "table_3")
    assert table(html)[0][2:] == ["fewer than 5 answers"]
    assert "9.00" not in html
    assert "in vignette 1" not in html


def test_before_the_first_close_table_3_says_what_will_stand_there() -> None:
    study = factories.make_study(statements=1)
    factories.agree(factories.open_round(study))
    for name in ("table_3", "tables"):
        html = page(study, name)
        assert heading(html) == "Table 3 fills when the first rating round has closed."
        assert "8.00" not in html


def test_tables_1_and_2_are_the_questionnaire() -> None:
    study = factories.make_study(statements=2, panelists=0)
    factories.make_option(study, "TMS", "Switch", "transcranial magnetic stimulation")
    factories.make_option(study, "Lithium", "Add")
    factories.make_option(study, "ECT", "Switch")
    html = page(study, "tables")
    assert table(html, 0) == [["1. Vignette 1", "the base case"], ["2. Vignette 2", "32 years old, not 30"]]
    assert table(html, 1) == [["Switch", "TMS (transcranial magnetic stimulation) ECT"], ["Add", "Lithium"]]


def test_an_empty_study_s_tables_say_what_fills_them() -> None:
    study = factories.make_study(statements=0, panelists=0)
    words = main(page(study, "tables"))
    assert "The base case and its variations stand here once they are written." in words
    assert "The options stand here by category once they are listed." in words


def test_table_3_as_csv() -> None:
    study = published()
    response = browser(study).get(address(study, "table_3_file", "csv"))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="next-steps-table-3.csv"'
    rows = list(csv.reader(io.StringIO(response.content.decode())))
    assert rows[0] == ["Vignette", "Main recommendations", "All ratings 6 or higher?", "Mean", "n"]
    assert rows[4] == ["4. Vignette 4", f"Option 4 {factories.STEM}", "Yes", "8.44", "9"]
    assert len(rows) == 8


def test_table_3_as_xlsx() -> None:
    study = published()
    response = browser(study).get(address(study, "table_3_file", "xlsx"))
    assert response["Content-Disposition"] == 'attachment; filename="next-steps-table-3.xlsx"'
    workbook = openpyxl.load_workbook(io.BytesIO(response.content))
    values = [cell.value for row in workbook.active.iter_rows() for cell in row]
    assert "4. Vignette 4" in values


@pytest.mark.parametrize("form", ["pdf", "json", "sav", "CSV"])
def test_another_form_is_no_page(form: str) -> None:
    study = factories.make_study(statements=1, panelists=0)
    assert browser(study).get(address(study, "table_3_file", form)).status_code == 404


def test_authors_strangers_and_administrators_reach_no_table() -> None:
    study = factories.make_study(statements=1, panelists=0)
    for user in (factories.make_author(study), factories.make_facilitator(), factories.make_administrator()):
        client = factories.signed_in(user)
        found = [client.get(address(study, name)).status_code for name in ("tables", "table_3")]
        assert [*found, client.get(address(study, "table_3_file", "csv")).status_code] == [404, 404, 404]


def test_nobody_signed_in_is_sent_to_the_sign_in_page() -> None:
    study = factories.make_study(statements=1, panelists=0)
    response = Client().get(address(study, "table_3"))
    assert (response.status_code, response["Location"]) == (
        302,
        f"{reverse('pages:sign_in')}?next={address(study, 'table_3')}",
    )


@pytest.mark.parametrize("statements", [1, 7])
@pytest.mark.parametrize(("name", "queries"), [("tables", 12), ("table_3", 8)])
def test_tables_take_as_many_queries_for_one_statement_as_for_seven(statements: int, name: str, queries: int) -> None:
    study = factories.make_study(statements=statements)
    factories.hold_round(study, [[8] * 10] * statements)
    client = browser(study)
    assert queries_for(client, address(study, name)) == queries


# ---- Table 4 ----


def against() -> Study:
    """Of ten panelists nine would not recommend Choice 4 in both vignettes, five Choice 3, four Choice 2."""
    study = factories.make_survey_study()
    rows = []
    for place in range(10):
        chosen = [str(option) for option, most in ((4, 9), (3, 5), (2, 4)) if place < most]
        rows.append({"v1-against": ",".join(chosen) or "none", "v2-keep": "keep"})
    factories.hold_survey(study, rows, ["against"])
    return study


def table_4(study: Study, query: str = "") -> str:
    return browser(study).get(address(study, "table_4") + query).content.decode()


def test_table_4_has_what_at_least_half_would_not_recommend_half_included() -> None:
    html = table_4(against())
    assert heading(html) == "For 2 of 2 vignettes, at least 50% would not recommend an option."
    assert table(html) == [
        ["1. Vignette 1", "Choice 3 50% Choice 4 90%"],
        ["2. Vignette 2", "Choice 3 50% Choice 4 90%"],
    ]
    assert "Choice 3, What 3 is." in main(html)


def test_table_4_s_threshold_can_be_moved() -> None:
    study = against()
    assert table(table_4(study, "?threshold=40"))[0] == ["1. Vignette 1", "Choice 2 40% Choice 3 50% Choice 4 90%"]
    assert table(table_4(study, "?threshold=51"))[0] == ["1. Vignette 1", "Choice 4 90%"]
    html = table_4(study, "?threshold=95")
    assert heading(html) == "There is no option that at least 95% would not recommend."


@pytest.mark.parametrize("threshold", ["", "0", "101", "-5", "half", "49.5", "9" * 5000])
def test_a_threshold_that_is_no_percentage_is_refused_with_a_sentence(threshold: str) -> None:
    study = against()
    response = browser(study).get(address(study, "table_4"), {"threshold": threshold})
    html = response.content.decode()
    assert response.status_code == 422
    assert "<title>Error: Table 4: options not recommended</title>" in html
    assert "Not recommended by at least: Enter a whole percentage from 1 to 100." in main(html)
    file = browser(study).get(address(study, "table_4_file", "csv"), {"threshold": threshold})
    assert file.status_code == 404


def test_table_4_as_files_is_the_table_of_the_page() -> None:
    study = against()
    client = browser(study)
    response = client.get(address(study, "table_4_file", "csv"))
    assert response["Content-Disposition"] == f'attachment; filename="{study.slug}-table-4.csv"'
    lines = list(csv.reader(io.StringIO(response.content.decode())))
    assert [line[1:] for line in lines[1:3]] == [["Choice 3", "50"], ["Choice 4", "90"]]
    response = client.get(address(study, "table_4_file", "json") + "?threshold=51")
    assert response["Content-Disposition"] == f'attachment; filename="{study.slug}-table-4-from-51.json"'
    assert response.json() == [
        {"vignette": f"Vignette {number}", "option": "Choice 4", "percent": 90.0} for number in (1, 2)
    ]
    content = client.get(address(study, "table_4_file", "xlsx")).content
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert [row[1:] for row in sheet.iter_rows(min_row=2, max_row=3, values_only=True)] == [
        ("Choice 3", 50),
        ("Choice 4", 90),
    ]
    assert client.get(address(study, "table_4_file", "sav")).status_code == 404


def test_before_anybody_was_asked_table_4_says_what_fills_it() -> None:
    study = factories.make_survey_study()
    assert heading(table_4(study)).startswith("Table 4 fills when a round has closed")
    assert "It fills when a round has closed that asks which options one would not recommend." in page(study, "tables")


@pytest.mark.parametrize("vignettes", [1, 7])
def test_table_4_takes_as_many_queries_for_one_vignette_as_for_seven(vignettes: int) -> None:
    study = factories.make_survey_study(vignettes=vignettes)
    factories.hold_survey(study, [{"v1-against": "4"}] * 10, ["against"])
    assert queries_for(browser(study), address(study, "table_4")) == 9
