"""Workbooks as people and attackers make them: with another program than the one that writes ours."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl

from surveys.workbooks.cells import cells_of
from surveys.workbooks.reading import Reading, read_workbook

STEM = "would be my main choice(s)."
ROWS: Mapping[str, Sequence[Sequence[Any]]] = {
    "Study": [
        ["title", "question stem", "time zone", "about"],
        ["Next steps", STEM, "America/Chicago", "What comes next?\n\nAsked of ten panelists."],
    ],
    "Vignettes": [
        ["title", "aspect", "text"],
        ["Base case", None, "A woman of 30."],
        ["Aged 70", "70 years old, not 30", "A woman of 70."],
    ],
    "Options": [
        ["name", "category", "explanation"],
        ["TMS", "Add", "transcranial magnetic stimulation"],
        ["lithium", "Add", None],
        ["ECT; bilateral", "Switch", None],
    ],
    "Statements": [
        ["vignette title", "options", "wording"],
        ["Base case", "lithium; TMS", None],
        ["aged 70", '"ECT; bilateral"', "ECT comes first."],
        ["Aged 70", None, "Nothing should be changed."],
    ],
    "Panel": [["name", "email", "group"], ["Anna Berg", "anna@example.org", "Nurse"]],
}


def book(changes: Mapping[str, Any] | None = None, without: Sequence[str] = ()) -> openpyxl.Workbook:
    """The workbook of ROWS without some sheets; `changes` are new values by place, such as "Options!B3"."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in ROWS.items():
        if name not in without:
            sheet = made.create_sheet(name)
            for row in rows:
                sheet.append(row)
    for place, value in (changes or {}).items():
        name, cell = place.split("!")
        made[name][cell] = value
    return made


def packed(made: openpyxl.Workbook) -> bytes:
    """The workbook as a file."""
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def read(made: openpyxl.Workbook, staff: Sequence[str] = ()) -> Reading:
    """What is read from the workbook, in this process."""
    return read_workbook(cells_of(packed(made)), staff=staff)


def faults(made: openpyxl.Workbook, staff: Sequence[str] = ()) -> list[str]:
    """The sentences that refuse the workbook."""
    reading = read(made, staff)
    assert (reading.content is None) == bool(reading.faults)
    return [str(fault) for fault in reading.faults]


def members(content: bytes) -> dict[str, bytes]:
    """The parts of a workbook's archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive(parts: Mapping[str, bytes], way: int = zipfile.ZIP_DEFLATED) -> bytes:
    """These parts as an archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", way) as made:
        for name, part in parts.items():
            made.writestr(name, part)
    return file.getvalue()


def with_sheet(xml: bytes) -> bytes:
    """The workbook of ROWS, the XML of its first sheet, Study, replaced."""
    return archive(members(packed(book())) | {"xl/worksheets/sheet1.xml": xml})
