"""Which files may be attached to the evidence: known by their content, never by their name. No database."""

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from django.utils.translation import gettext as _

LARGEST_FILE = 10 * 1024 * 1024
LONGEST_STEM = 100
MOST_PARTS = 2000
LARGEST_PACKAGE = 100 * 1024 * 1024
LARGEST_TYPES = 2 * 1024 * 1024
"""What the parts that say what the others are, and what belongs to what, may take together."""

_OOXML = "application/vnd.openxmlformats-officedocument."
_MAIN_PARTS = {
    f"{_OOXML}wordprocessingml.document.main+xml": "docx",
    f"{_OOXML}presentationml.presentation.main+xml": "pptx",
}
_TYPES_PART = "[Content_Types].xml"
_PLAIN_PACKING = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
# Macros, controls, and objects of other programs: what an office program would run.
_RUNS = re.compile(r"vbaproject|vbadata|activex|oleobject|macroenabled", re.IGNORECASE)
_PDF_RUNS = re.compile(rb"/(JavaScript|Launch)\b")
# A sign of a name in a PDF can be written by its number.
_PDF_SIGN = re.compile(rb"#([0-9A-Fa-f]{2})")
_PNG = b"\x89PNG\r\n\x1a\n"


class EvidenceError(Exception):
    """Why the evidence cannot be changed so; the message is a sentence for the page."""


class FileRefused(EvidenceError):
    """The file is none of those that may be attached."""


@dataclass(frozen=True)
class Kind:
    """A kind of file: the endings that its name may have, the first of them usual, and its content type."""

    endings: tuple[str, ...]
    content_type: str


KINDS = {
    "pdf": Kind(("pdf",), "application/pdf"),
    "docx": Kind(("docx",), f"{_OOXML}wordprocessingml.document"),
    "pptx": Kind(("pptx",), f"{_OOXML}presentationml.presentation"),
    "png": Kind(("png",), "image/png"),
    "jpeg": Kind(("jpg", "jpeg"), "image/jpeg"),
}


@dataclass(frozen=True)
class CheckedFile:
    """A file that may be kept: its name is safe in a header and on a disk, its type is that of its content."""

    name: str
    content_type: str
    content: bytes


def checked_file(name: str, content: bytes) -> CheckedFile:
    """The file under a safe name and its true type. Raises FileRefused, whose message is a sentence."""
    if not content:
        raise FileRefused(_("This file is empty."))
    if len(content) > LARGEST_FILE:
        raise FileRefused(_("This file is larger than 10 MB."))
    found = next((kind for begins, kind in _BEGINNINGS if content.startswith(begins)), None)
    if found is None:
        raise FileRefused(_("This is none of the files that can be attached: PDF, DOCX, PPTX, PNG or JPEG."))
    kind = KINDS[found(content)]
    last = re.split(r"[/\\]", name)[-1]
    stem, _dot, ending = last.rpartition(".")
    if ending.lower() not in kind.endings:
        words = {"ending": kind.endings[0].upper()}
        raise FileRefused(_("The content of this file is %(ending)s, and its name says otherwise.") % words)
    return CheckedFile(f"{_safe_stem(stem)}.{kind.endings[0]}", kind.content_type, content)


def _safe_stem(stem: str) -> str:
    """Letters, digits, spaces, - and _ of the name, without the last ending; `file` where nothing is left."""
    signs = (sign if sign.isalnum() or sign in " -_()" else "-" for sign in unicodedata.normalize("NFC", stem))
    clean = re.sub(r"-{2,}", "-", " ".join("".join(signs).split())).strip(" -_")
    return clean[:LONGEST_STEM].strip(" -_") or "file"


def _pdf(content: bytes) -> str:
    body = content.rstrip(b"\0\t\n\f\r ")
    if not body.endswith(b"%%EOF") or _is_archive(content):
        raise _damaged()
    if _PDF_RUNS.search(_PDF_SIGN.sub(lambda sign: bytes.fromhex(sign[1].decode()), content)):
        raise FileRefused(_("This PDF holds scripts or starts programs. Print it to a new PDF and attach that."))
    return "pdf"


def _png(content: bytes) -> str:
    """A PNG is whole and nothing follows its last chunk."""
    place, names = len(_PNG), []
    while place + 12 <= len(content):
        names.append(content[place + 4 : place + 8])
        place += 12 + int.from_bytes(content[place : place + 4], "big")
    if place != len(content) or names[:1] != [b"IHDR"] or names[-1:] != [b"IEND"] or _is_archive(content):
        raise _damaged()
    return "png"


def _jpeg(content: bytes) -> str:
    if not content.rstrip(b"\0").endswith(b"\xff\xd9") or _is_archive(content):
        raise _damaged()
    return "jpeg"


def _is_archive(content: bytes) -> bool:
    """Whether the end of the file makes it a ZIP archive as well, whatever its beginning says."""
    return zipfile.is_zipfile(io.BytesIO(content))


def _office(content: bytes) -> str:
    """Which document a ZIP archive is, by its main part; within limits, and without anything that runs."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive.infolist())
            damaged = archive.testzip()
            types = archive.read(_TYPES_PART)
            related = [archive.read(part) for part in archive.infolist() if _tells_of_others(part)]
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, RuntimeError, NotImplementedError, zlib.error) as fault:
        raise _damaged() from fault
    if damaged is not None:
        raise _damaged()
    for relationships in related:
        _check_relationships(relationships)
    return _main_part(types)


def _tells_of_others(part: zipfile.ZipInfo) -> bool:
    return part.filename.lower().endswith(".rels")


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    """Refuse what could grow beyond all measure, lies outside the archive, is packed oddly or would be run."""
    names = [part.filename for part in parts]
    total = sum(part.file_size for part in parts)
    types_size = sum(part.file_size for part in parts if part.filename == _TYPES_PART or _tells_of_others(part))
    if len(parts) > MOST_PARTS or total > LARGEST_PACKAGE or types_size > LARGEST_TYPES:
        raise FileRefused(_("Unpacked, this file is too large."))
    is_odd = any(part.compress_type not in _PLAIN_PACKING or part.flag_bits & 1 for part in parts)
    leads_out = any(name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) for name in names)
    if is_odd or leads_out or len({name.lower() for name in names}) != len(names):
        raise _damaged()
    if any(_RUNS.search(name) for name in names):
        raise _runs()


def _check_relationships(content: bytes) -> None:
    """Refuse what an office program would fetch by itself: a template with macros, a picture that tells who reads."""
    for element in _parsed(content).iter():
        is_outside = element.get("TargetMode", "").lower() == "external"
        if is_outside and not element.get("Type", "").endswith("/hyperlink"):
            raise FileRefused(
                _(
                    "This document fetches something from elsewhere when it is opened, such as a template or a linked"
                    " picture. Save it as a PDF and attach that."
                )
            )


def _parsed(content: bytes) -> Element:
    try:
        root: Element = ElementTree.fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as fault:
        raise _damaged() from fault
    return root


def _main_part(types: bytes) -> str:
    named = [element.get("ContentType", "") for element in _parsed(types).iter()]
    if any(_RUNS.search(name) for name in named):
        raise _runs()
    kinds = {_MAIN_PARTS[name] for name in named if name in _MAIN_PARTS}
    if len(kinds) != 1:
        raise FileRefused(_("This is none of the files that can be attached: PDF, DOCX, PPTX, PNG or JPEG."))
    return kinds.pop()


def _damaged() -> FileRefused:
    return FileRefused(_("This file is damaged, or is not what it says."))


def _runs() -> FileRefused:
    return FileRefused(_("This document holds macros or objects of other programs. Save it as a PDF and attach that."))


_BEGINNINGS: tuple[tuple[bytes, Callable[[bytes], str]], ...] = (
    (b"%PDF-", _pdf),
    (_PNG, _png),
    (b"\xff\xd8\xff", _jpeg),
    (b"PK\x03\x04", _office),
)
