"""Workbooks as they are handed out: text alone, and what is written reads back."""

import datetime as dt
import io
import unicodedata
import zipfile

import openpyxl
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from surveys.panels.services import NewPanelist
from surveys.workbooks.cells import cells_of
from surveys.workbooks.content import Content, OptionRow, StatementRow, StudyRow, VignetteRow
from surveys.workbooks.layout import SHEETS
from surveys.workbooks.parsing import parsed
from surveys.workbooks.reading import read_workbook
from surveys.workbooks.tables import key_of
from surveys.workbooks.writing import empty_workbook, study_workbook

# What the services keep of a text that somebody types: composed characters, none of them invisible.
TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
SIGNS = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=f"\ufffe\uffff{TURNING}")
STARTS = st.sampled_from(
    ["", "=", "+1", "-", "@", "'", '"', ";", "_x0041_", "_x005F_", "_x000D_", "https://x.example/"]
)


def _line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def lines(most: int = 40) -> st.SearchStrategy[str]:
    """One line of text, not empty, such as a spreadsheet might misread."""
    joined = st.tuples(STARTS, st.text(SIGNS, max_size=most)).map("".join)
    return joined.map(_line).filter(lambda text: text and len(text) <= 60 and _line(text) == text)


def prose() -> st.SearchStrategy[str]:
    """Several lines of text."""
    return st.lists(lines(), min_size=1, max_size=3).map("\n\n".join)


def several(most: int) -> st.SearchStrategy[list[str]]:
    """Different names, however they are spelled."""
    return st.lists(lines(), min_size=1, max_size=most, unique_by=key_of)


@st.composite
def contents(draw: st.DrawFn) -> Content:
    """Any study's content."""
    titles, names = draw(several(3)), draw(several(4))
    vignettes = [
        VignetteRow(title, draw(lines()) if place else "", draw(prose())) for place, title in enumerate(titles)
    ]
    places = st.lists(st.sampled_from(range(len(names))), unique=True, max_size=3)
    statements = [
        StatementRow(draw(st.sampled_from(range(len(titles)))), tuple(draw(places)), draw(lines())) for _ in range(2)
    ]
    return Content(
        StudyRow(draw(lines()), draw(lines()), "Europe/Zurich", draw(prose())),
        tuple(vignettes),
        tuple(OptionRow(name, draw(lines()), draw(st.just("") | lines())) for name in names),
        tuple(statements),
        (NewPanelist(draw(lines()), "anna@example.org", draw(lines())), NewPanelist("Bo", "bo@example.org")),
    )


@given(contents())
def test_what_is_written_reads_back_equal(content: Content) -> None:
    reading = read_workbook(cells_of(study_workbook(content, with_panel=True)))
    assert reading.faults == ()
    assert reading.content == content


HOSTILE = Content(
    StudyRow("=1+1", "=cmd|' /C calc'!A0", "UTC", "\t=1\n\n-2"),
    (VignetteRow("@SUM(1)", "", "+1"),),
    (OptionRow("https://x.example/", "12", "1e5"),),
    (StatementRow(0, (0,), "=HYPERLINK(1)"),),
    (NewPanelist("=A1", "a@example.org", "mailto:x@y.example"),),
)


def test_no_cell_is_a_formula_a_link_or_a_number_whatever_staff_write() -> None:
    content = study_workbook(HOSTILE, with_panel=True)
    made = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for sheet in made for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell for cell in cells if cell.hyperlink] == []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())


def test_two_workbooks_of_the_same_study_are_equal_byte_by_byte() -> None:
    first = study_workbook(HOSTILE, with_panel=True)
    with time_machine.travel(dt.datetime(2031, 5, 1, 12, tzinfo=dt.UTC)):
        assert study_workbook(HOSTILE, with_panel=True) == first


def test_without_the_panel_the_workbook_has_no_sheet_of_it_and_reads_back() -> None:
    content = study_workbook(HOSTILE, with_panel=False)
    assert b"a@example.org" not in b"".join(
        zipfile.ZipFile(io.BytesIO(content)).read(name) for name in zipfile.ZipFile(io.BytesIO(content)).namelist()
    )
    read = read_workbook(parsed(content)).content
    assert read is not None
    assert (read.options, read.panelists) == (HOSTILE.options, ())


def test_the_empty_template_has_every_column_and_explains_it() -> None:
    made = openpyxl.load_workbook(io.BytesIO(empty_workbook()))
    assert made.sheetnames == ["Study", "Vignettes", "Options", "Statements", "Panel", "Explanation"]
    headings = [(sheet.name, [cell.value for cell in made[sheet.name][1]]) for sheet in SHEETS]
    assert headings == [(sheet.name, [column.heading for column in sheet.columns]) for sheet in SHEETS]
    explained = {(row[0].value, row[1].value) for row in made["Explanation"].iter_rows(min_row=2) if row[1].value}
    assert explained == {(sheet.name, column.heading) for sheet in SHEETS for column in sheet.columns}


def test_the_template_filled_in_by_another_program_is_read() -> None:
    made = openpyxl.load_workbook(io.BytesIO(empty_workbook()))
    made["Study"].append(["Next steps", "would be my choice.", None, None])
    made["Vignettes"].append(["Base case", None, "A woman of 30."])
    file = io.BytesIO()
    made.save(file)
    reading = read_workbook(parsed(file.getvalue()))
    assert reading.faults == ()
    assert reading.content == Content(
        StudyRow("Next steps", "would be my choice."), (VignetteRow("Base case", "", "A woman of 30."),), (), ()
    )
