"""What is asked of a file before anything in it is unpacked: that it is an XLSX workbook, and no bomb."""

import io
import stat
import zipfile

from django.utils.translation import gettext as _

LARGEST_FILE = 5 * 1024 * 1024
LARGEST_CONTENT = 20 * 1024 * 1024
MOST_MEMBERS = 200
MOST_RATIO = 100

_ZIP = b"PK\x03\x04"
# Old .xls files, and workbooks under a password.
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IS_ENCRYPTED = 0x1
_WAYS_TO_PACK = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ARCHIVES = (".zip", ".xlsx", ".xlsm", ".xlsb", ".docx", ".pptx", ".jar", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar")
_NEEDED = "[Content_Types].xml"


class WorkbookUnreadable(Exception):
    """The file as a whole cannot be read; the message is a sentence for the page."""


def check_archive(content: bytes) -> None:
    """Raise WorkbookUnreadable for a file that is no XLSX workbook or would unpack into too much."""
    if not content:
        raise WorkbookUnreadable(_("This file is empty."))
    if len(content) > LARGEST_FILE:
        raise WorkbookUnreadable(_("This file is larger than 5 MB."))
    if content.startswith(_COMPOUND_FILE):
        raise WorkbookUnreadable(
            _("This is an old .xls file, or it is protected by a password. Save it as .xlsx without a password.")
        )
    if not content.startswith(_ZIP):
        raise WorkbookUnreadable(_("This is not an XLSX workbook. Save the spreadsheet as “Excel workbook (.xlsx)”."))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as fault:
        raise damaged() from fault
    _check_sizes(members, len(content))
    _check_members(members)


def damaged() -> WorkbookUnreadable:
    """What is said of a workbook that does not hold what its format promises."""
    return WorkbookUnreadable(_("This workbook is damaged. Open it in your spreadsheet program and save it again."))


def too_much() -> WorkbookUnreadable:
    """What is said of a workbook that would take far more room than it does as a file."""
    return WorkbookUnreadable(_("This workbook would unpack into too much. Copy its rows into the empty template."))


def _check_sizes(members: list[zipfile.ZipInfo], size: int) -> None:
    if len(members) > MOST_MEMBERS:
        raise WorkbookUnreadable(_("This workbook has more than 200 parts. Remove pictures and sheets of other uses."))
    unpacked = sum(member.file_size for member in members)
    if unpacked > min(LARGEST_CONTENT, MOST_RATIO * size):
        raise too_much()


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    if _NEEDED not in names:
        raise WorkbookUnreadable(_("This is not an XLSX workbook. Save the spreadsheet as “Excel workbook (.xlsx)”."))
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise WorkbookUnreadable(_("This workbook holds macros. Save it as .xlsx, without them."))
    if any(name.lower().endswith(_ARCHIVES) for name in names):
        raise WorkbookUnreadable(_("This workbook holds another file. Remove what is embedded in it."))
    if len(set(map(str.lower, names))) < len(names) or any(map(_is_odd, members)):
        raise damaged()


def _is_odd(member: zipfile.ZipInfo) -> bool:
    """Whether no spreadsheet program would have packed it so: a path out of the file, a link, another packing."""
    parts = member.filename.split("/")
    return (
        ".." in parts
        or member.filename.startswith("/")
        or any(sign in member.filename for sign in "\\:\0")
        or stat.S_ISLNK(member.external_attr >> 16)
        or bool(member.flag_bits & _IS_ENCRYPTED)
        or member.compress_type not in _WAYS_TO_PACK
    )
