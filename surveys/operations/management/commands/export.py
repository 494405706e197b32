"""Write the frozen results of a study to a file."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from surveys.exports.files import CONTENT_TYPES, check_form, export_file
from surveys.operations.finding import round_of_study, study_named
from surveys.operations.output import write_output
from surveys.operations.refusal import Refusal, whole_number


class Command(BaseCommand):
    help = "Writes the closed rounds of a study, or one of them, to a file: counts and summaries, no row for a person."
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
            content = _content(options)
            write_output(content, options["output"])
        except Refusal as refusal:
            self.stderr.write(str(refusal))
            sys.exit(refusal.code)


def _content(options: dict[str, Any]) -> bytes:
    for name in ("format", "output"):
        if not options[name]:
            raise Refusal(f"Give --{name}.")
    try:
        check_form(options["format"])
        study = study_named(options["study"])
        number = options["round"]
        round = None
        if number is not None:
            round = round_of_study(study, whole_number(number, what="the number of a round"))
        return export_file(study, form=options["format"], round=round).content
    except ValueError as fault:
        raise Refusal(str(fault)) from fault
