"""Look whether studies' audit chains and frozen results are still what they were."""

import re
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from surveys.feedback.services.checking import broken_promise
from surveys.operations.finding import study_named
from surveys.operations.refusal import Refusal
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import audit_head

BROKEN = 1


class Command(BaseCommand):
    help = (
        "audit verify: computes every audit chain anew from the database, and looks whether each frozen result, its "
        "hash and its receipts are those that the chain froze. Prints the heads; exits 1 where something is broken."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take everything as text: what is wrong is then told in one sentence, without usage."""
        parser.add_argument("action", metavar="verify", help="what to do; there is only verify")
        parser.add_argument("study", metavar="STUDY", nargs="?", help="the study's short name; without it, all of them")
        parser.add_argument("--since", metavar="HEAD", default="", help="a head that somebody holds, from a mail")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each study. Exits 1 where something is broken, 2 for bad input."""
        try:
            studies = _studies(options)
        except Refusal as refusal:
            self.stderr.write(str(refusal))
            sys.exit(refusal.code)
        since = options["since"].strip().lower()
        sentences = {study: broken_promise(study, since=since) for study in studies}
        for study, broken in sentences.items():
            if broken:
                self.stderr.write(f"{study.slug}: {broken}")
            else:
                self.stdout.write(_whole(study, since))
        if any(sentences.values()):
            sys.exit(BROKEN)


def _studies(options: dict[str, Any]) -> list[Study]:
    """The studies to look at. Raises Refusal."""
    if options["action"] != "verify":
        raise Refusal(f"There is no “audit {options['action'][:40]}”; say “audit verify”.")
    since = options["since"].strip()
    if since and not re.fullmatch("[0-9a-fA-F]{64}", since):
        raise Refusal("--since takes a head of an audit chain: 64 signs, each 0 to 9 or a to f.")
    if options["study"]:
        return [study_named(options["study"])]
    if since:
        raise Refusal("Name the study to which this head belongs.")
    return list(Study.objects.select_related("protocol").order_by("slug"))


def _whole(study: Study, since: str) -> str:
    entries = AuditEntry.objects.filter(study=study)
    told = f"{study.slug}: the chain of {entries.count()} entries holds. Head: {audit_head(study.pk)}"
    if not since:
        return told
    return f"{told}. Entries since the head that was given: {entries.filter(number__gt=_number(study, since)).count()}"


def _number(study: Study, head: str) -> int:
    return AuditEntry.objects.get(study=study, digest=head).number
