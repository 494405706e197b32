"""Write the frozen results of a study to a file."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from surveys.exports.files import CONTENT_TYPES, ExportFile, audit_file, check_form, export_file, verifier_file
from surveys.operations.finding import round_of_study, study_named
from surveys.operations.output import STANDARD_OUTPUT, write_output
from surveys.operations.refusal import Refusal, whole_number
from surveys.rounds.models import Round
from surveys.studies.models import Study

ARCHIVE = "zip"


class Command(BaseCommand):
    help = (
        "Writes the closed rounds of a study, or one of them, to a file: counts and summaries, no row for a person. "
        "Beside it stand the program that checks it and the audit chain; a ZIP holds them."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take everything as text: what is wrong is then told in one sentence, without usage."""
        parser.add_argument("study", metavar="STUDY", help="the study's short name, as in its address")
        parser.add_argument("--round", metavar="N", help="this round only, by its number over all votes")
        parser.add_argument("--format", help=", ".join(CONTENT_TYPES))
        parser.add_argument("--output", metavar="FILE", help="where to write; - is standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file whole or not at all; exit 2 with one sentence where it cannot be."""
        try:
            study, round = _asked(options)
            file = _file(study, round, options["format"])
            write_output(file.content, options["output"])
            if options["format"] != ARCHIVE and options["output"] != STANDARD_OUTPUT:
                self._write_beside(Path(options["output"]), study, round)
        except Refusal as refusal:
            self.stderr.write(str(refusal))
            sys.exit(refusal.code)

    def _write_beside(self, output: Path, study: Study, round: Round | None) -> None:
        """Put the verifier and the audit chain beside the file; another file of that name stays, and is told of.

        Only a chain that goes on in the new one is replaced: one that does not is evidence.
        """
        for file in (verifier_file(), audit_file(study, round=round)):
            path = output.with_name(file.name)
            if not path.exists() or _goes_on(path, file.content):
                write_output(file.content, str(path))
            elif path.is_dir() or path.read_bytes() != file.content:
                self.stderr.write(f"{path} is there already and is another file; it was left as it is.")


def _goes_on(path: Path, content: bytes) -> bool:
    """Whether the file is an audit chain whose entries begin the new one."""
    try:
        before, after = json.loads(path.read_bytes()), json.loads(content)
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(before, list) and isinstance(after, list) and after[: len(before)] == before


def _asked(options: dict[str, Any]) -> tuple[Study, Round | None]:
    """The study, and the round if one was named. Raises Refusal."""
    for name in ("format", "output"):
        if not options[name]:
            raise Refusal(f"Give --{name}.")
    try:
        check_form(options["format"])
    except ValueError as fault:
        raise Refusal(str(fault)) from fault
    study, number = study_named(options["study"]), options["round"]
    if number is None:
        return study, None
    return study, round_of_study(study, whole_number(number, what="the number of a round"))


def _file(study: Study, round: Round | None, form: str) -> ExportFile:
    try:
        return export_file(study, form=form, round=round)
    except ValueError as fault:
        raise Refusal(str(fault)) from fault
