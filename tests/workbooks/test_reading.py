"""From cells to content: every fault is one sentence that names sheet, row and column."""

import datetime as dt
from typing import Any

import pytest
from openpyxl.comments import Comment

from surveys.panels.services import NewPanelist
from surveys.workbooks.content import (
    Content,
    OptionRow,
    StatementRow,
    StudyRow,
    VignetteRow,
    content_from_json,
    content_to_json,
)
from surveys.workbooks.reading import split_names
from surveys.workbooks.writing import joined_names
from tests.workbooks.making import STEM, book, faults, read

CONTENT = Content(
    study=StudyRow("Next steps", STEM, "America/Chicago", "What comes next?\n\nAsked of ten panelists."),
    vignettes=(
        VignetteRow("Base case", "", "A woman of 30."),
        VignetteRow("Aged 70", "70 years old, not 30", "A woman of 70."),
    ),
    options=(
        OptionRow("TMS", "Add", "transcranial magnetic stimulation"),
        OptionRow("lithium", "Add"),
        OptionRow("ECT; bilateral", "Switch"),
    ),
    statements=(
        StatementRow(0, (1, 0), f"Lithium or TMS {STEM}"),
        StatementRow(1, (2,), "ECT comes first."),
        StatementRow(1, (), "Nothing should be changed."),
    ),
    panelists=(NewPanelist("Anna Berg", "anna@example.org", "Nurse"),),
)


def test_a_workbook_is_read_as_it_was_filled_in() -> None:
    reading = read(book())
    assert reading.faults == ()
    assert reading.content == CONTENT


def test_content_survives_its_way_through_json() -> None:
    assert content_from_json(content_to_json(CONTENT)) == CONTENT


def test_the_panel_may_be_left_out_and_so_may_a_time_zone() -> None:
    content = read(book({"Study!C2": None}, without=["Panel"])).content
    assert content is not None
    assert (content.panelists, content.study.time_zone) == ((), "UTC")


@pytest.mark.parametrize(
    ("cell", "value", "name"),
    [(30, 30, "30"), (3.5, 3.5, "3.5"), (2.0, 2.0, "2"), (True, True, "TRUE"), (" a\u0308 \t b ", None, "ä b")],
)
def test_a_number_where_text_is_expected_is_read_as_text(cell: Any, value: Any, name: str) -> None:
    content = read(book({"Options!A2": cell, "Statements!B2": name})).content
    assert content is not None
    assert content.options[0].name == name


def test_headings_and_names_are_found_whatever_their_capitals_and_columns_in_any_order() -> None:
    made = book({"Panel!A1": "E-Mail".replace("-", ""), "Panel!B1": " NAME ", "Panel!A2": "a@b.org", "Panel!B2": "A"})
    made["Panel"].title = "another"
    made["another"].title = "panel"
    content = read(made).content
    assert content is not None
    assert content.panelists == (NewPanelist("A", "a@b.org", "Nurse"),)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"Options!B4": None}, "Options, row 4, column B (category): this is empty. Fill it in."),
        (
            {"Options!B4": "=A4"},
            "Options, row 4, column B (category): this is a formula. Put its value here as text.",
        ),
        (
            {"Options!B4": dt.date(2026, 5, 3)},
            "Options, row 4, column B (category): this is a date or a time. Format the cell as text and type it again.",
        ),
        (
            {"Options!B4": "#N/A"},
            "Options, row 4, column B (category): this is the error of a formula. Put a text here.",
        ),
        ({"Options!B4": "x" * 61}, "Options, row 4, column B (category): this is longer than 60 characters."),
        ({"Options!D4": "x"}, "Options, row 4, column D: there is something in a column without a heading."),
        ({"Options!D1": "price"}, "Options, row 1, column D: “price” is no column of this sheet. Delete it."),
        ({"Options!D1": "Name"}, "Options, row 1, column D (name): this column is there twice."),
        ({"Options!A5": "tms", "Options!B5": "Add"}, "Options, row 5, column A (name): “tms” stands in row 2 already."),
        (
            {"Options!A5": "ＴＭＳ", "Options!B5": "Add"},
            "Options, row 5, column A (name): “ＴＭＳ” stands in row 2 already.",
        ),
        (
            {"Vignettes!A4": "BASE CASE", "Vignettes!B4": "x", "Vignettes!C4": "x"},
            "Vignettes, row 4, column A (title): “BASE CASE” stands in row 2 already.",
        ),
        (
            {"Vignettes!B2": "nothing"},
            (
                "Vignettes, row 2, column B (aspect): the first vignette is the base case, which changes nothing. "
                "Empty this cell."
            ),
        ),
        (
            {"Vignettes!B3": None},
            "Vignettes, row 3, column B (aspect): say what is changed from the base case.",
        ),
        ({"Vignettes!C3": "x" * 8001}, "Vignettes, row 3, column C (text): this is longer than 8000 characters."),
        (
            {"Statements!A4": "Aged 80"},
            "Statements, row 4, column A (vignette title): there is no vignette “Aged 80” in the sheet Vignettes.",
        ),
        (
            {"Statements!B4": "TMS; ketamine"},
            "Statements, row 4, column B (options): there is no option “ketamine” in the sheet Options.",
        ),
        ({"Statements!B4": "TMS; tms"}, "Statements, row 4, column B (options): “tms” is named twice."),
        ({"Statements!C4": None}, "Statements, row 4, column C (wording): name options, or write a wording."),
        ({"Panel!B2": "anna"}, "Panel, row 2, column B (email): “anna” is not an e-mail address."),
        (
            {"Panel!B2": "a@b@c.org"},
            "Panel, row 2, column B (email): “a@b@c.org” is not an e-mail address.",
        ),
        (
            {"Panel!A3": "Bo", "Panel!B3": "ANNA@example.org"},
            "Panel, row 3, column B (email): “ANNA@example.org” stands in row 2 already.",
        ),
        (
            {"Panel!B2": "Run@Example.org"},
            "Panel, row 2, column B (email): Run@Example.org works on this study and cannot be one of its panelists.",
        ),
        (
            {"Study!C2": "Chicago"},
            (
                "Study, row 2, column C (time zone): “Chicago” is no time zone. Write one such as America/Chicago, or "
                "leave the cell empty for UTC."
            ),
        ),
        ({"Study!A3": "x", "Study!B3": "y"}, "Study: there are more rows than the 1 that can be taken over."),
    ],
)
def test_a_wrong_cell_is_named_by_sheet_row_and_column(changes: dict[str, Any], sentence: str) -> None:
    made = book(changes)
    for sheet in made:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value == "#N/A":
                    cell.data_type = "e"
    assert faults(made, staff=["run@example.org"]) == [sentence]


def test_a_missing_sheet_and_a_missing_column_are_named_and_nothing_is_said_of_what_named_them() -> None:
    assert faults(book({"Options!A1": None, "Options!A2": None, "Options!A3": None, "Options!A4": None})) == [
        "Options: the column “name” is missing from row 1."
    ]
    assert faults(book(without=["Options", "Panel"])) == ["Options: this sheet is missing."]


def test_a_sheet_of_another_name_and_a_hidden_one_are_named() -> None:
    made = book()
    made.create_sheet("Costs")
    made["Options"].sheet_state = "veryHidden"
    assert faults(made) == [
        "Options: this sheet is hidden. Show it, or delete it.",
        "Costs: this is none of the template's sheets. Delete it.",
    ]


def test_merged_cells_and_what_is_hidden_are_named() -> None:
    made = book()
    made["Options"].merge_cells("B2:B3")
    made["Options"].row_dimensions[4].hidden = True
    made["Options"].row_dimensions[9].hidden = True
    made["Panel"].column_dimensions["C"].hidden = True
    made["Panel"].column_dimensions["H"].hidden = True
    assert faults(made) == [
        "Options, row 2, column B: the cells B2:B3 are merged. Unmerge them.",
        "Options, row 3, column B (category): this is empty. Fill it in.",
        "Options, row 4: this row is hidden. Show it, or delete it.",
        "Panel, row 1, column C (group): this column is hidden. Show it.",
    ]


def test_a_composed_statement_that_would_be_too_long_is_named() -> None:
    made = book({"Study!B2": "x" * 300})
    for number in range(4):
        made["Options"].append([f"{number}{'o' * 110}", "Add", None])
    made["Statements"]["B2"] = "; ".join(f"{number}{'o' * 110}" for number in range(4))
    assert faults(made) == [
        (
            "Statements, row 2, column C (wording): composed from these options the statement has more than 600 "
            "characters. Word it here."
        )
    ]


@pytest.mark.parametrize(
    ("sheet", "most"), [("Vignettes", 100), ("Options", 200), ("Statements", 300), ("Panel", 2000)]
)
def test_more_rows_than_a_study_holds_are_refused(sheet: str, most: int) -> None:
    made = book()
    for number in range(most + 1 - (made[sheet].max_row - 1)):
        row = {"Statements": ["Base case", None, "x"], "Panel": [f"P{number}", f"p{number}@example.org", None]}
        made[sheet].append(row.get(sheet, [f"n{number}", "x", "x"]))
    assert faults(made) == [f"{sheet}: there are more rows than the {most} that can be taken over."]


def test_a_row_that_was_left_empty_is_passed_over_and_a_note_on_a_cell_is_not_read() -> None:
    made = book()
    made["Panel"].insert_rows(2)
    made["Panel"]["A3"].comment = Comment("who?", "somebody")
    assert read(made).content == CONTENT


def test_an_empty_vignette_sheet_and_an_empty_study_are_named() -> None:
    made = book()
    for name in ("Study", "Vignettes", "Statements"):
        made[name].delete_rows(2, 10)
    assert faults(made) == [
        "Study: row 2 is empty. Fill in what the study is called.",
        "Vignettes: there is no vignette. Write the base case in row 2.",
    ]


@pytest.mark.parametrize("names", [["a", "b"], ['5" tube', '"q"'], ["a; b", ";"], ["it's, so"], []])
def test_names_in_one_cell_are_parted_as_they_were_joined(names: list[str]) -> None:
    assert split_names(joined_names(names)) == names


@pytest.mark.parametrize("cell", ["a;b", " a ; b; ", "a;;b;", '"a"; b'])
def test_names_typed_by_hand_are_parted_at_their_semicolons(cell: str) -> None:
    assert split_names(cell) == ["a", "b"]
