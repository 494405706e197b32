"""The archive of everything: what is in it, for whom it is written, and that a workbook says how to check too."""

import io
import json
import zipfile

import openpyxl

from surveys.exports.archive_files import verifier
from surveys.exports.files import audit_file, export_file, verifier_file
from surveys.feedback.models import Commitment
from surveys.rounds.models import Round
from surveys.studies.models import AuditEntry, Protocol, Study
from surveys.studies.queries import audit_digest, audit_head
from tests import factories

NAMES = ["README.txt", "study.csv", "study.xlsx", "study.json", "audit.json", "notice.txt", "verify_delphi.py"]


def archive(study: Study, round: Round | None = None) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(export_file(study, form="zip", round=round).content))


def test_the_archive_holds_each_file_as_it_is_alone(study: Study) -> None:
    file, parts = export_file(study, form="zip"), archive(study)
    assert (file.name, file.content_type) == ("four-statements.zip", "application/zip")
    assert parts.namelist() == NAMES
    assert parts.testzip() is None
    for form in ("csv", "xlsx", "json"):
        assert parts.read(f"study.{form}") == export_file(study, form=form).content
    assert parts.read("audit.json") == audit_file(study).content
    assert parts.read("verify_delphi.py") == verifier_file().content == verifier()
    assert {entry.date_time for entry in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_its_chain_is_the_whole_one_or_the_one_up_to_the_freezing_of_a_round(study: Study, round: Round) -> None:
    factories.release_round(round)
    entries = json.loads(archive(study).read("audit.json"))
    stored = list(AuditEntry.objects.filter(study=study).order_by("number"))
    assert [entry["digest"] for entry in entries] == [audit_digest(entry) for entry in stored]
    assert list(entries[0]) == ["study", "number", "at", "actor", "action", "detail", "previous", "digest"]
    assert entries[-1]["action"] == "results released"
    assert json.loads(archive(study, round).read("audit.json"))[-1]["action"] == "result frozen"
    assert audit_file(study, round=round).name == "four-statements-round-1-audit.json"


def test_its_notice_is_the_locked_one_in_plain_text(study: Study) -> None:
    text = archive(study).read("notice.txt").decode()
    study.protocol.refresh_from_db()
    for part in study.protocol.locked_notice:
        assert part["heading"] in text
        assert all(paragraph in text for paragraph in part["paragraphs"])


def test_its_readme_says_how_to_check_and_what_a_check_does_not_show(study: Study) -> None:
    text = archive(study).read("README.txt").decode()
    assert text.startswith("Four statements\n")
    assert "    python verify_delphi.py study.json --audit audit.json --head HEAD" in text
    assert "    python verify_delphi.py study.json --receipt receipt.json" in text
    assert "What this does not show" in text


def test_a_workbook_names_hashes_receipts_and_the_head(study: Study) -> None:
    book = openpyxl.load_workbook(io.BytesIO(export_file(study, form="xlsx").content))
    rows = list(book["Verification"].iter_rows(values_only=True))
    assert ("Study", "Head of the audit chain", audit_head(study.pk)) in rows
    receipts = [value for _of, what, value in rows if what == "Receipt"]
    assert receipts == list(Commitment.objects.order_by("digest").values_list("digest", flat=True))
    assert len(receipts) == 10


def test_of_a_study_that_began_before_there_was_a_notice_it_says_so(study: Study) -> None:
    Protocol.objects.filter(study=study).update(locked_notice=[], notice_digest="")
    text = archive(Study.objects.get(pk=study.pk)).read("notice.txt").decode()
    assert text == "This study began before there was a notice. Nobody was asked to agree to one.\n"
