"""Say whether this installation keeps the promise."""

import json
import logging
import sys
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from surveys.operations.refusal import Refusal
from surveys.safeguards.findings import Finding, Level, Section
from surveys.safeguards.promise import asked, checked

SOMETHING_REFUSES = 1
WORDS = {Level.OK: "ok", Level.WARNS: "warning", Level.REFUSES: "REFUSED"}


class Command(BaseCommand):
    help = (
        "Checks database, keys, logs and programs of this installation: does it keep the promise? Exits 1 where it "
        "does not; then no round opens. Run it where the server runs, with the server's environment."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Nothing is needed."""
        parser.add_argument("--json", action="store_true", help="print one JSON object instead")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print every check. Exits 1 where one refuses, 2 where the database is away."""
        try:
            sections = _examined()
        except Refusal as refusal:
            self.stderr.write(str(refusal))
            sys.exit(refusal.code)
        self.stdout.write(_as_json(sections) if options["json"] else "\n".join(_lines(sections)))
        if _number(sections, Level.REFUSES):
            self.stdout.flush()
            sys.exit(SOMETHING_REFUSES)


def _examined() -> list[Section]:
    """Every section that has something to say. Raises Refusal where the database does not answer."""
    # The pool says at each try that it cannot connect; one sentence will do.
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    try:
        sections = [*checked(), asked()]
    except DatabaseError as fault:
        raise Refusal("The database does not answer, so nothing can be said of it; start it and ask again.") from fault
    return [section for section in sections if section.findings]


def _number(sections: Iterable[Section], level: Level) -> int:
    return sum(finding.level == level for section in sections for finding in section.findings)


def _lines(sections: list[Section]) -> Iterable[str]:
    for section in sections:
        yield section.title
        for finding in section.findings:
            yield from _lines_of(finding)
        yield ""
    refused, warned = _number(sections, Level.REFUSES), _number(sections, Level.WARNS)
    if refused:
        yield f"{refused} refused, {warned} with a warning: no round opens before what is refused is mended."
    else:
        yield f"Nothing is refused, {warned} with a warning: rounds can open."


def _lines_of(finding: Finding) -> Iterable[str]:
    yield f"  {WORDS[finding.level]:8} {finding.subject}"
    if finding.level != Level.OK:
        yield f"           {finding.wrong}"
        yield f"           {finding.remedy}"


def _as_json(sections: list[Section]) -> str:
    """`ok`, how many refuse and warn, and the sections with each finding as it is."""
    refused, warned = _number(sections, Level.REFUSES), _number(sections, Level.WARNS)
    return json.dumps(
        {
            "ok": not refused,
            "refuses": refused,
            "warns": warned,
            "sections": [
                {
                    "title": section.title,
                    "findings": [
                        {
                            "subject": finding.subject,
                            "level": finding.level,
                            "wrong": finding.wrong,
                            "remedy": finding.remedy,
                        }
                        for finding in section.findings
                    ],
                }
                for section in sections
            ],
        },
        ensure_ascii=False,
        indent=2,
    )
