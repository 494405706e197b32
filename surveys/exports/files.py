"""Files to hand out: a study or one of its rounds, and Tables 3 and 4, as CSV, XLSX or JSON; a study as ZIP too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from surveys.consensus import HALF
from surveys.exports.archive_files import VERIFIER, study_zip, verifier
from surveys.exports.csv_files import study_csv, table_3_csv, table_4_csv
from surveys.exports.json_files import audit_json, study_json, table_3_json, table_4_json
from surveys.exports.rows import StudyExport, notes_of, study_export
from surveys.exports.tables import table_3, table_4
from surveys.exports.xlsx_files import study_xlsx, table_3_xlsx, table_4_xlsx
from surveys.rounds.models import Round
from surveys.studies.models import Study

TABLE_TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
# The archive first: it holds all the others, and what checks them.
CONTENT_TYPES: Mapping[str, str] = {"zip": "application/zip", **TABLE_TYPES}
_WRITERS: Mapping[str, Callable[[StudyExport], bytes]] = {
    "zip": study_zip,
    "csv": study_csv,
    "xlsx": study_xlsx,
    "json": study_json,
}


@dataclass(frozen=True)
class ExportFile:
    """A finished file: a name that is safe in a header and on a disk, its type, its bytes."""

    name: str
    content_type: str
    content: bytes


def check_form(form: str) -> None:
    """Raise ValueError, a sentence, for a form in which no study is written here."""
    if form == "sav":
        raise ValueError(_("SPSS files (sav) are not written yet; choose zip, csv, xlsx or json."))
    if form not in CONTENT_TYPES:
        raise ValueError(_("There is no form “%(form)s”; choose zip, csv, xlsx or json.") % {"form": form})


def _check_table_form(form: str) -> None:
    if form not in TABLE_TYPES:
        raise ValueError(_("There is no form “%(form)s”; choose csv, xlsx or json.") % {"form": form})


def export_file(study: Study, *, form: str, round: Round | None = None) -> ExportFile:
    """The closed rounds of a study, or one of them; for administrators. No row stands for a person.

    Raises ValueError, a sentence, for an unknown form or a round that has not closed.
    """
    check_form(form)
    content = _WRITERS[form](study_export(study, round=round))
    stem = study.slug if round is None else f"{study.slug}-round-{round.number}"
    return ExportFile(f"{stem}.{form}", CONTENT_TYPES[form], content)


def audit_file(study: Study, *, round: Round | None = None) -> ExportFile:
    """The audit chain as the archive holds it, without which not all of a JSON file can be checked.

    Raises ValueError, a sentence, for a round that has not closed.
    """
    stem = study.slug if round is None else f"{study.slug}-round-{round.number}"
    content = audit_json(study_export(study, round=round))
    return ExportFile(f"{stem}-audit.json", TABLE_TYPES["json"], content)


def verifier_file() -> ExportFile:
    """The program that checks a JSON file."""
    return ExportFile(VERIFIER, "text/x-python; charset=utf-8", verifier())


def table_3_file(study: Study, form: str) -> ExportFile:
    """Table 3 of a study; for its facilitators. Raises ValueError, a sentence, for an unknown form."""
    _check_table_form(form)
    rows, notes = table_3(study), notes_of(study)
    contents: Mapping[str, Callable[[], bytes]] = {
        "csv": lambda: table_3_csv(rows, notes),
        "xlsx": lambda: table_3_xlsx(study.title, rows, notes),
        "json": lambda: table_3_json(rows),
    }
    return ExportFile(f"{study.slug}-table-3.{form}", TABLE_TYPES[form], contents[form]())


def table_4_file(study: Study, form: str, threshold: Fraction = HALF) -> ExportFile:
    """Table 4 of a study from this share up; for its facilitators. Raises ValueError, a sentence, for an unknown form.

    The file's name says the percentage where it is not a half.
    """
    _check_table_form(form)
    rows, notes = table_4(study, threshold), notes_of(study)
    contents: Mapping[str, Callable[[], bytes]] = {
        "csv": lambda: table_4_csv(rows, notes),
        "xlsx": lambda: table_4_xlsx(study.title, rows, notes),
        "json": lambda: table_4_json(rows),
    }
    stem = f"{study.slug}-table-4" if threshold == HALF else f"{study.slug}-table-4-from-{threshold * 100}"
    return ExportFile(f"{stem}.{form}", TABLE_TYPES[form], contents[form]())
