"""Copies of the keystore: to make one, to bring keys back from one, and which keys there are."""

import getpass
import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.operations.refusal import Refusal
from surveys.sheets.key_copies import CopyRefused, Restored, bring_back, copy_keys, last_copied_on
from surveys.sheets.keystore import KeyStoreError, key_fingerprint
from surveys.studies.models import Study
from surveys.studies.queries import database_now

VARIABLE = "DELPHI_KEYS_PASSPHRASE"


class Command(BaseCommand):
    help = (
        "Copies the keystore into one encrypted file (backup --to FILE), brings lost keys back from it (restore --from "
        f"FILE), or lists which study has a key (list). The passphrase is asked for, or taken from {VARIABLE}."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take everything as optional: what is missing is then told in one sentence, without usage."""
        parser.add_argument("what", nargs="?", default="", metavar="backup|restore|list")
        parser.add_argument("--to", default="", metavar="FILE")
        parser.add_argument("--from", default="", metavar="FILE", dest="source")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; exit 2 with one sentence on standard error where that cannot be."""
        try:
            self.stdout.write(_done(options["what"], options["to"], options["source"]))
        except (Refusal, CopyRefused, KeyStoreError) as fault:
            self.stderr.write(str(fault))
            sys.exit(2)
        except DatabaseError:
            self.stderr.write(_("The database does not answer or has no tables yet: run `manage.py migrate` first."))
            sys.exit(2)


def _done(what: str, to: str, source: str) -> str:
    if what == "list":
        return _list()
    if what == "backup" and to:
        return _backup(Path(to))
    if what == "restore" and source:
        return _restore(Path(source))
    raise Refusal(_("Say `keys backup --to FILE`, `keys restore --from FILE` or `keys list`."))


def _backup(to: Path) -> str:
    n = copy_keys(to=to, passphrase=_passphrase(twice=True), today=database_now().date())
    text = ngettext(
        "%(n)d key is in %(file)s. Give the file and its passphrase to somebody who has no backup of the database, "
        "and have it deleted within 30 days: a sealed study's key lives on in it until then.",
        "%(n)d keys are in %(file)s. Give the file and its passphrase to somebody who has no backup of the database, "
        "and have it deleted within 30 days: a sealed study's key lives on in it until then.",
        n,
    )
    return text % {"n": n, "file": to}


def _restore(source: Path) -> str:
    sealed = Study.objects.filter(status=Study.Status.SEALED).values_list("pk", flat=True)
    restored = bring_back(source=source, passphrase=_passphrase(twice=False), sealed=set(sealed))
    return "\n".join(_told(restored))


def _told(restored: Restored) -> list[str]:
    told = [
        _("Brought back: %(n)d.") % {"n": len(restored.brought_back)},
        _("There already, and left as they are: %(n)d.") % {"n": len(restored.had_already)},
    ]
    if restored.sealed:
        told.append(
            _("Of sealed studies, and not brought back: %(n)d. Delete this file.") % {"n": len(restored.sealed)}
        )
    return told


def _list() -> str:
    last = last_copied_on()
    copied = _("Last copied on %(day)s.") % {"day": last.isoformat()} if last else _("Never copied yet.")
    studies = Study.objects.order_by("slug")
    return "\n".join([*(f"{study.slug}  {study.status}  {_fingerprint(study)}" for study in studies), copied])


def _fingerprint(study: Study) -> str:
    try:
        return key_fingerprint(study.pk)
    except KeyStoreError:
        return _("no key")


def _passphrase(*, twice: bool) -> str:
    given = os.environ.get(VARIABLE, "")
    if given:
        return given
    if not sys.stdin.isatty():
        raise Refusal(_("Give the passphrase in %(name)s, or at a terminal.") % {"name": VARIABLE})
    typed = getpass.getpass(_("Passphrase: "))
    if twice and getpass.getpass(_("Once more: ")) != typed:
        raise Refusal(_("The two passphrases differ; nothing was written."))
    return typed
