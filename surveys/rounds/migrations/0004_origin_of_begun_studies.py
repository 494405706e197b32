"""What studies that began before lineage was recorded ask now is their origin, not news to their panels.

The way back leaves the recorded steps.
"""

from collections.abc import Iterator
from typing import Any

from django.db import migrations

REASON = "Part of the questionnaire when its lineage began to be recorded."


def record_origins(apps: Any, schema_editor: Any) -> None:
    step_model, round_model = apps.get_model("vignettes", "LineageStep"), apps.get_model("rounds", "Round")
    for study in apps.get_model("studies", "Study").objects.exclude(status="draft"):
        opened = round_model.objects.filter(study=study, opened_at__isnull=False)
        if not opened.exists() or step_model.objects.filter(study=study).exists():
            continue
        at = opened.order_by("opened_at").values_list("opened_at", flat=True)[0]
        steps = [
            step_model(study=study, number=number, kind=kind, step="add", after=[facts], reason=REASON, at=at)
            for number, (kind, facts) in enumerate(_items(apps, study), start=1)
        ]
        step_model.objects.bulk_create(steps)
        opened.update(after_step=len(steps))


def _items(apps: Any, study: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """Every item by its kind, with what a step keeps of it."""
    for one in apps.get_model("vignettes", "Vignette").objects.filter(study=study).order_by("position", "pk"):
        yield "vignette", {"id": str(one.pk), "wording": one.title, "aspect": one.aspect, "text": one.text}
    for one in apps.get_model("vignettes", "Option").objects.filter(study=study).order_by("position", "pk"):
        facts = {"wording": one.name, "category": one.category, "explanation": one.explanation}
        yield "option", {"id": str(one.pk), **facts}
    statements = apps.get_model("vignettes", "Statement").objects.filter(vignette__study=study)
    for one in statements.select_related("vignette").order_by("vignette__position", "position", "pk"):
        yield "statement", {"id": str(one.pk), "wording": one.text, "vignette": one.vignette.title}


class Migration(migrations.Migration):
    dependencies = [
        ("rounds", "0003_what_was_asked_never_changes"),
        ("studies", "0003_names_at_meetings"),
        ("vignettes", "0003_steps_never_change"),
    ]
    operations = [migrations.RunPython(record_origins, migrations.RunPython.noop)]
