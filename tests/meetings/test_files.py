"""Which files may be attached: known by their content, whatever their name says."""

import io
import struct
import zipfile

import pytest

from surveys.meetings.services.files import LARGEST_FILE, LARGEST_TYPES, MOST_PARTS, FileRefused, checked_file
from tests.meetings.documents import DOCX, JPEG, OOXML, PDF, PNG, PPTX, SHEET, WORD, WORD_WITH_MACROS, package

NONE_OF_THESE = "This is none of the files that can be attached: PDF, DOCX, PPTX, PNG or JPEG."
DAMAGED = "This file is damaged, or is not what it says."
RUNS = "This document holds macros or objects of other programs. Save it as a PDF and attach that."
FETCHES = (
    "This document fetches something from elsewhere when it is opened, such as a template or a linked picture."
    " Save it as a PDF and attach that."
)
TOO_LARGE_UNPACKED = "Unpacked, this file is too large."

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
EXE = b"MZ\x90\x00" + b"\0" * 100
BOMB = package(parts={"word/media/zeros.bin": b"\0" * (101 * 1024 * 1024)})


def archive(names: list[str]) -> bytes:
    """A document with these further parts."""
    return package(parts=dict.fromkeys(names, b"x"))


def lying_bomb() -> bytes:
    """A document of which one part says that it is far smaller than it is."""
    content = bytearray(package(parts={"zeros.bin": b"\0" * 5_000_000}))
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        found = content.rindex(signature)
        content[found + place : found + place + 4] = struct.pack("<I", 10)
    return bytes(content)


def twice_the_same_part() -> bytes:
    file = io.BytesIO(DOCX)
    with zipfile.ZipFile(file, "a") as opened, pytest.warns(UserWarning, match="Duplicate name"):
        opened.writestr("main.xml", "<other/>")
    return file.getvalue()


def with_entities() -> bytes:
    types = '<!DOCTYPE t [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Types>&b;</Types>'
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("[Content_Types].xml", types)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kept", "content_type"),
    [
        ("Lithium.pdf", PDF, "Lithium.pdf", "application/pdf"),
        ("Lithium.PDF", PDF, "Lithium.pdf", "application/pdf"),
        ("a.docx", DOCX, "a.docx", f"{OOXML}wordprocessingml.document"),
        ("a.pptx", PPTX, "a.pptx", f"{OOXML}presentationml.presentation"),
        ("a.png", PNG, "a.png", "image/png"),
        ("a.jpeg", JPEG, "a.jpg", "image/jpeg"),
        ("a.jpg", JPEG, "a.jpg", "image/jpeg"),
    ],
)
def test_what_may_be_attached_is_kept_under_its_true_type(
    name: str, content: bytes, kept: str, content_type: str
) -> None:
    checked = checked_file(name, content)
    assert (checked.name, checked.content_type, checked.content) == (kept, content_type, content)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.svg", SVG, NONE_OF_THESE),
        ("a.html", HTML, NONE_OF_THESE),
        ("a.pdf", HTML, NONE_OF_THESE),
        ("a.png", SVG, NONE_OF_THESE),
        ("a.exe", EXE, NONE_OF_THESE),
        ("review.pdf", EXE, NONE_OF_THESE),
        ("a.pdf", b" " + PDF, NONE_OF_THESE),
        ("a.pdf", b"", "This file is empty."),
        ("a.pdf", PDF.replace(b"\n%%EOF", b" " * LARGEST_FILE + b"\n%%EOF"), "This file is larger than 10 MB."),
        ("a.xlsx", package(SHEET), NONE_OF_THESE),
        ("a.docx", package("application/zip"), NONE_OF_THESE),
        ("a.docx", PDF, "The content of this file is PDF, and its name says otherwise."),
        ("review.pdf.exe", PDF, "The content of this file is PDF, and its name says otherwise."),
        ("review", PDF, "The content of this file is PDF, and its name says otherwise."),
        ("a.pptx", DOCX, "The content of this file is DOCX, and its name says otherwise."),
    ],
)
def test_anything_else_is_refused_with_one_sentence(name: str, content: bytes, sentence: str) -> None:
    with pytest.raises(FileRefused) as refused:
        checked_file(name, content)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", PDF + HTML),
        ("a.pdf", PDF + DOCX),
        ("a.pdf", PDF + DOCX + b"%%EOF"),
        ("a.png", PNG + HTML),
        ("a.png", PNG[:-12]),
        ("a.png", PNG + DOCX),
        ("a.jpg", JPEG + HTML),
        ("a.jpg", JPEG + DOCX),
        ("a.docx", DOCX[:-30]),
        ("a.docx", DOCX[:60] + b"\xff" * 20 + DOCX[80:]),
        ("a.docx", twice_the_same_part()),
        ("a.docx", with_entities()),
        ("a.docx", lying_bomb()),
        ("a.docx", archive(["../../etc/passwd"])),
        ("a.docx", archive(["/etc/passwd"])),
        ("a.docx", package(packing=zipfile.ZIP_BZIP2)),
        ("a.docx", package(packing=zipfile.ZIP_LZMA)),
        ("a.docx", b"PK\x03\x04" + b"\0" * 100),
    ],
)
def test_what_is_two_files_in_one_or_broken_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(FileRefused) as refused:
        checked_file(name, content)
    assert str(refused.value) == DAMAGED


@pytest.mark.parametrize(
    "content",
    [
        package(WORD_WITH_MACROS),
        package(WORD, {"word/vbaProject.bin": b"x"}),
        package(WORD, {"word/VBAPROJECT.BIN": b"x"}),
        package(WORD, {"word/activeX/activeX1.xml": b"x"}),
        package(WORD, {"word/embeddings/oleObject1.bin": b"x"}),
    ],
)
def test_a_document_that_would_run_something_is_refused(content: bytes) -> None:
    with pytest.raises(FileRefused) as refused:
        checked_file("renamed.docx", content)
    assert str(refused.value) == RUNS


@pytest.mark.parametrize("kind", ["attachedTemplate", "oleObject", "image", "frame"])
def test_a_document_that_would_fetch_something_when_it_is_opened_is_refused(kind: str) -> None:
    content = package(WORD, {"word/_rels/main.xml.rels": relationship(kind, "http://example.org/a.dotm", "External")})
    with pytest.raises(FileRefused) as refused:
        checked_file("a.docx", content)
    assert str(refused.value) == FETCHES


@pytest.mark.parametrize(("kind", "mode"), [("hyperlink", "External"), ("image", "Internal")])
def test_a_document_may_link_to_pages_and_hold_its_pictures(kind: str, mode: str) -> None:
    content = package(WORD, {"word/_rels/main.xml.rels": relationship(kind, "https://example.org/", mode)})
    assert checked_file("a.docx", content).name == "a.docx"


def test_relationships_that_cannot_be_read_are_refused() -> None:
    for rels in (b"<", with_entities(), relationship("hyperlink", "a", "External") + b" " * LARGEST_TYPES):
        with pytest.raises(FileRefused):
            checked_file("a.docx", package(WORD, {"word/_rels/main.xml.rels": rels}))


def relationship(kind: str, target: str, mode: str) -> bytes:
    """A part that relates another to one thing inside or outside the document."""
    name = f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    one = f'<Relationship Id="r1" Type="{name}" Target="{target}" TargetMode="{mode}"/>'
    return f'<Relationships xmlns="{space}">{one}</Relationships>'.encode()


@pytest.mark.parametrize("word", [b"/JavaScript", b"/Launch", b"/J#61vaScript", b"/#4caunch"])
def test_a_pdf_that_would_run_something_is_refused(word: bytes) -> None:
    with pytest.raises(FileRefused, match="This PDF holds scripts or starts programs"):
        checked_file("a.pdf", PDF.replace(b"/Type", b"/S " + word + b" /Type"))


@pytest.mark.parametrize("content", [BOMB, archive([f"{n}.xml" for n in range(MOST_PARTS)])])
def test_a_bomb_is_refused_before_it_is_unpacked(content: bytes) -> None:
    assert len(content) < LARGEST_FILE
    with pytest.raises(FileRefused) as refused:
        checked_file("a.docx", content)
    assert str(refused.value) == TOO_LARGE_UNPACKED


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\me\\Review of lithium.pdf", "Review of lithium.pdf"),
        ("review.exe.pdf", "review-exe.pdf"),
        ('a"\r\nSet-Cookie: x=1\r\n.pdf', "a-Set-Cookie- x-1.pdf"),
        ("evil\u202efdp.pdf", "evil-fdp.pdf"),
        ("<script>.pdf", "script.pdf"),
        (".pdf", "file.pdf"),
        ("a\0b.pdf", "a-b.pdf"),
        ("Übersicht zu Lithium (2).pdf", "Übersicht zu Lithium (2).pdf"),
        (f"{'x' * 300}.pdf", f"{'x' * 100}.pdf"),
    ],
)
def test_the_name_that_is_kept_is_safe_in_a_header_and_on_a_disk(name: str, kept: str) -> None:
    assert checked_file(name, PDF).name == kept
