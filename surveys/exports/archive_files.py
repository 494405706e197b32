"""Everything of a study in one ZIP archive, with the program by which anybody can check it.

Two archives of the same results are equal, byte by byte: fixed dates, a fixed order, no names of systems.
"""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from django.utils.translation import gettext as _

from surveys.exports.csv_files import study_csv
from surveys.exports.json_files import audit_json, study_json
from surveys.exports.rows import StudyExport
from surveys.exports.text import plain
from surveys.exports.xlsx_files import study_xlsx
from surveys.studies.notice import notice_of

VERIFIER = "verify_delphi.py"
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_READABLE_BY_ALL = 0o644 << 16


def verifier() -> bytes:
    """The program that checks a JSON export, as it stands here."""
    return Path(__file__).with_name(VERIFIER).read_bytes()


def study_zip(export: StudyExport) -> bytes:
    """The files of a study, its audit chain, its notice, and how to check them."""
    contents: Mapping[str, bytes] = {
        "README.txt": readme(export).encode(),
        "study.csv": study_csv(export),
        "study.xlsx": study_xlsx(export),
        "study.json": study_json(export),
        "audit.json": audit_json(export),
        "notice.txt": notice_text(export).encode(),
        VERIFIER: verifier(),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name, date_time=_EARLIEST)
            entry.create_system, entry.external_attr = 3, _READABLE_BY_ALL
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return file.getvalue()


def notice_text(export: StudyExport) -> str:
    """The notice to which each panelist agreed, or would agree now, as plain text; or that there was none."""
    protocol = export.study.protocol
    if protocol.is_locked and not protocol.notice_digest:
        return _("This study began before there was a notice. Nobody was asked to agree to one.") + "\n"
    parts = [[part.heading, *part.paragraphs] for part in notice_of(protocol)]
    return "\n\n".join("\n\n".join(map(plain, paragraphs)) for paragraphs in parts) + "\n"


def readme(export: StudyExport) -> str:
    """What the files are, and how to check them, in plain words."""
    paragraphs = [
        plain(export.study.title),
        *export.notes,
        _("These files hold the results of the closed rounds: counts and summaries, and no row for a person."),
        "\n".join(
            [
                _("study.csv     a row for each round and statement, for a statistics program"),
                _("study.xlsx    all of it as a workbook"),
                _("study.json    all of it for programs, with the hashes and the receipts"),
                _("audit.json    what staff did, each entry hashed with the one before"),
                _("notice.txt    who can see what, as each panelist agreed to it"),
                _("verify_delphi.py    the program that checks all this"),
            ]
        ),
        _("To check the results yourself you need Python 3.9 or newer, and nothing else. In this folder:"),
        "    python verify_delphi.py study.json --audit audit.json",
        _(
            "It computes every verdict and statistic anew from the counts, and every hash. Each line that it prints is "
            "one check: ok, WRONG, or not checkable with the reason. What too few answers would give away is not in "
            "the files, and then cannot be computed."
        ),
        _(
            "A mail about results ends in the head of the audit chain, a number of 64 signs. Whoever kept that mail "
            "can see that nothing before it was changed or taken out:"
        ),
        "    python verify_delphi.py study.json --audit audit.json --head HEAD",
        _("A panelist who kept a receipt can see that those answers are among the counted ones:"),
        "    python verify_delphi.py study.json --receipt receipt.json",
        _(
            "What this does not show: that the counts were made from what panelists answered. Receipts tell each "
            "panelist of their own sheet; that nobody else's was made up is told by the size of the panel, which all "
            "of it are shown."
        ),
    ]
    return "\n\n".join(paragraphs) + "\n"
