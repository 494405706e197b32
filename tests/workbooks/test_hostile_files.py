"""Files that are no workbook, and workbooks that are bombs: one clear sentence, and nothing harmed."""

import io
import os
import stat
import zipfile
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from surveys.workbooks import cells, parsing
from surveys.workbooks.archive import WorkbookUnreadable
from surveys.workbooks.reading import read_workbook
from tests.workbooks.making import archive, book, members, packed, with_sheet

NO_WORKBOOK = "This is not an XLSX workbook. Save the spreadsheet as “Excel workbook (.xlsx)”."
DAMAGED = "This workbook is damaged. Open it in your spreadsheet program and save it again."
TOO_MUCH = "This workbook would unpack into too much. Copy its rows into the empty template."
MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def refusal(content: bytes) -> str:
    with pytest.raises(WorkbookUnreadable) as fault:
        parsing.parsed(content)
    return str(fault.value)


def test_the_program_of_its_own_reads_what_this_process_reads() -> None:
    content = packed(book())
    assert parsing.parsed(content) == cells.cells_of(content)


def test_the_program_gets_no_secret_of_the_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "zebrafinch")
    seen = {}

    def run(*_command: object, **options: object) -> None:
        seen.update(options)
        raise ValueError

    monkeypatch.setattr(parsing.subprocess, "run", run)
    refusal(packed(book()))
    assert "zebrafinch" not in str(seen["env"])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"title,aspect,text\nBase case,,A woman of 30.\n", NO_WORKBOOK),
        (b"%PDF-1.7", NO_WORKBOOK),
        (b"<html>", NO_WORKBOOK),
        (b"\0" * (5 * 1024 * 1024 + 1), "This file is larger than 5 MB."),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512,
            "This is an old .xls file, or it is protected by a password. Save it as .xlsx without a password.",
        ),
        (b"PK\x03\x04", DAMAGED),
        (b"PK\x03\x04" + b"x" * 1000, DAMAGED),
        (archive({"word/document.xml": b"<w/>"}), NO_WORKBOOK),
        (archive({"[Content_Types].xml": b"<Types/>"}), DAMAGED),
        (archive({"[Content_Types].xml": b"no xml"}), DAMAGED),
    ],
)
def test_what_is_no_workbook_is_told_so(content: bytes, sentence: str) -> None:
    assert refusal(content) == sentence


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9, 0.99])
def test_a_workbook_that_was_cut_off_is_damaged(cut: float) -> None:
    content = packed(book())
    assert refusal(content[: int(len(content) * cut)]) == DAMAGED


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = archive({"[Content_Types].xml": b"<Types/>", "xl/worksheets/sheet1.xml": b"\0" * 30_000_000})
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    assert len(bomb) < 100_000
    assert refusal(bomb) == TOO_MUCH


def test_less_than_20_mb_from_next_to_nothing_is_a_bomb_too() -> None:
    assert refusal(archive({"[Content_Types].xml": b"<Types/>", "xl/a.xml": b" " * 10_000_000})) == TOO_MUCH


def test_sizes_that_lie_are_not_believed() -> None:
    parts = members(packed(book())) | {"xl/worksheets/sheet1.xml": b" " * 5_000_000}
    lying = bytearray(archive(parts))
    size = (5_000_000).to_bytes(4, "little")
    while size in lying:
        place = lying.index(size)
        lying[place : place + 4] = (100).to_bytes(4, "little")
    assert refusal(bytes(lying)) == DAMAGED


def test_many_members_are_refused() -> None:
    parts = {"[Content_Types].xml": b"<Types/>"} | {f"xl/{number}.xml": os.urandom(9) for number in range(200)}
    assert refusal(archive(parts)) == (
        "This workbook has more than 200 parts. Remove pictures and sheets of other uses."
    )


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("xl/vbaProject.bin", "This workbook holds macros. Save it as .xlsx, without them."),
        ("xl/embeddings/inner.xlsx", "This workbook holds another file. Remove what is embedded in it."),
        ("xl/42.ZIP", "This workbook holds another file. Remove what is embedded in it."),
        ("../../etc/passwd", DAMAGED),
        ("/etc/passwd", DAMAGED),
        ("xl\\..\\a.xml", DAMAGED),
        ("C:/a.xml", DAMAGED),
        ("XL/workbook.xml", DAMAGED),
    ],
)
def test_a_member_that_no_workbook_needs_is_refused(name: str, sentence: str) -> None:
    assert refusal(archive(members(packed(book())) | {name: b"x"})) == sentence


def test_a_link_and_a_packing_of_another_kind_are_refused() -> None:
    file = io.BytesIO(packed(book()))
    with zipfile.ZipFile(file, "a") as made:
        link = zipfile.ZipInfo("xl/link.xml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, "/etc/passwd")
    assert refusal(file.getvalue()) == DAMAGED
    assert refusal(archive(members(packed(book())), zipfile.ZIP_LZMA)) == DAMAGED


def test_a_member_under_a_password_is_refused() -> None:
    content = bytearray(packed(book()))
    place = content.index(b"PK\x01\x02")
    content[place + 8] |= 1
    assert refusal(bytes(content)) == DAMAGED


def with_shared_strings() -> bytes:
    """A workbook that keeps its texts beside its sheets, as Excel does."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as made:
        made.add_worksheet("Study").write_string(0, 0, "title")
    return file.getvalue()


def test_billion_laughs_and_a_file_of_the_server_are_not_expanded() -> None:
    laughs = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    file = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
    for kind in (laughs, file):
        row = b'<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>'
        sheet = kind + b"<worksheet " + MAIN + b"><sheetData>" + row + b"</sheetData></worksheet>"
        assert refusal(with_sheet(sheet)) == DAMAGED
        strings = kind + b"<sst " + MAIN + b"><si><t>&b;</t></si></sst>"
        parts = members(with_shared_strings())
        assert "xl/sharedStrings.xml" in parts
        assert refusal(archive(parts | {"xl/sharedStrings.xml": strings})) == DAMAGED


def test_without_defusedxml_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openpyxl, "DEFUSEDXML", False)
    with pytest.raises(RuntimeError):
        cells.cells_of(packed(book()))


def test_the_size_that_a_sheet_claims_is_not_believed() -> None:
    row = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>far away</t></is></c></row>'
    claim = b'<dimension ref="A1:XFD1048576"/><sheetData>' + row + b"</sheetData>"
    found = read_workbook(parsing.parsed(with_sheet(b"<worksheet " + MAIN + b">" + claim + b"</worksheet>")))
    assert "Study: the column “title” is missing from row 1." in map(str, found.faults)
    assert len(found.faults) == 4


def test_a_cell_of_10_mb_is_too_long_and_no_more() -> None:
    # Letters in no order, so that it is no bomb by its ratio alone.
    letters = os.urandom(2_500_000).hex().encode() + b"x" * 5_000_000
    cell = b'<row r="2"><c r="A2" t="inlineStr"><is><t>' + letters + b"</t></is></c></row>"
    heads = b"".join(
        b'<c r="%s1" t="inlineStr"><is><t>%s</t></is></c>' % pair
        for pair in ((b"A", b"title"), (b"B", b"question stem"), (b"C", b"time zone"), (b"D", b"about"))
    )
    sheet = b"<worksheet " + MAIN + b'><sheetData><row r="1">' + heads + b"</row>" + cell + b"</sheetData></worksheet>"
    content = with_sheet(sheet)
    assert len(members(content)["xl/worksheets/sheet1.xml"]) > 9_900_000
    found = read_workbook(parsing.parsed(content))
    assert list(map(str, found.faults)) == [
        "Study, row 2, column A (title): this is longer than 200 characters.",
        "Study, row 2, column B (question stem): this is empty. Fill it in.",
    ]


def test_one_long_text_in_every_cell_never_reaches_this_process() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as made:
        sheet = made.add_worksheet("Study")
        for row in range(500):
            sheet.write_string(row, 0, "x" * 32_000)
    assert len(file.getvalue()) < 20_000
    assert refusal(file.getvalue()) == TOO_MUCH


@pytest.mark.parametrize(("what", "most"), [("MOST_MEMORY", 64 * 1024**2), ("MOST_SECONDS", 0)])
def test_what_eats_memory_or_time_ends_with_its_own_process(
    what: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = b"".join(b'<row r="%d"/>' % number for number in range(1, 400_000))
    content = with_sheet(b"<worksheet " + MAIN + b"><sheetData>" + rows + b"</sheetData></worksheet>")
    assert len(parsing.parsed(content)["sheets"]) == 5
    run = parsing.subprocess.run
    program = f"from surveys.workbooks import cells; cells.{what} = {most}; raise SystemExit(cells.main())"

    def limited(command: list[str], **options: Any) -> Any:
        return run([command[0], "-c", program], **options)

    monkeypatch.setattr(parsing.subprocess, "run", limited)
    assert refusal(content) == DAMAGED


def test_a_process_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "MOST_SECONDS", 0.001)
    assert refusal(packed(book())) == DAMAGED


def test_links_to_other_files_are_never_followed_and_what_comes_of_them_is_a_formula() -> None:
    found = read_workbook(parsing.parsed(packed(book({"Panel!A2": "='https://evil.example/[x.xlsx]Sheet1'!A1"}))))
    assert list(map(str, found.faults)) == [
        "Panel, row 2, column A (name): this is a formula. Put its value here as text."
    ]
