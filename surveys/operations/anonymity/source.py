"""What the code itself allows: Q21. Read from the models and from the source that this process runs."""

import ast
from collections.abc import Iterable
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import models

import surveys.sheets
from surveys.operations.anonymity.evidence import LEASE, answer_tables
from surveys.operations.anonymity.findings import Observation
from surveys.operations.anonymity.seeded import Seeded

# Times of creation, counters and guessable draws, by the name under which they are imported or called.
UNFIT = frozenset({"uuid1", "uuid6", "uuid7", "Fernet", "MultiFernet", "TimestampSigner", "random"})
OF_PEOPLE = frozenset({"panels", "accounts"})
WATCHERS = ("django.contrib.admin", "auditlog", "simple_history", "pghistory", "rest_framework")


def source(_seeded: Seeded) -> Observation:
    """Q21: fields of answers that hold times, counters or people; who watches models; what `sheets` imports."""
    tables = set(answer_tables())
    answers = [model for model in apps.get_models() if model._meta.db_table in tables]
    package = Path(next(iter(surveys.sheets.__path__)))
    found = telling_fields(answers) + watching(settings.INSTALLED_APPS) + unfit_names(package.rglob("*.py"))
    return Observation(found=tuple(found))


def telling_fields(answers: Iterable[type[models.Model]]) -> list[str]:
    """Fields that say when, in which order, or who."""
    found = []
    for model in answers:
        for field in model._meta.get_fields():
            target = field.related_model if isinstance(field, models.ForeignKey) else None
            is_person = isinstance(target, type) and target._meta.app_label in OF_PEOPLE
            if (model._meta.db_table, field.name) == LEASE:
                continue
            if isinstance(field, models.DateField | models.TimeField | models.AutoField) or is_person:
                found.append(f"{model.__name__}.{field.name} is a {type(field).__name__}")
    return found


def watching(installed: Iterable[str]) -> list[str]:
    """Installed applications that would show or record rows behind the application's back."""
    return [f"{name} is installed" for name in installed if name.split(".apps")[0] in WATCHERS]


def unfit_names(paths: Iterable[Path]) -> list[str]:
    """Imports and calls of what tells times or can be guessed."""
    found = []
    for path in sorted(paths):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: set[str] = set()
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None) or ""}
            elif isinstance(node, ast.Attribute):
                names = {node.attr}
            found += [f"{path.name} names {name}" for name in sorted(names & UNFIT)]
    return found
