"""When a study may stop is part of the protocol. A protocol that is locked already promised nothing of the kind."""

import django.core.validators
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def promise_nothing_anew(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("studies", "Protocol").objects.filter(locked_at__isnull=False).update(stable_percent=None)


class Migration(migrations.Migration):
    dependencies = [
        ("studies", "0004_notice_and_groups"),
    ]

    operations = [
        migrations.AddField(
            model_name="protocol",
            name="most_rounds",
            field=models.PositiveSmallIntegerField(
                blank=True,
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="limit of rating rounds",
            ),
        ),
        migrations.AddField(
            model_name="protocol",
            name="stable_percent",
            field=models.PositiveSmallIntegerField(
                blank=True,
                default=15,
                null=True,
                validators=[django.core.validators.MaxValueValidator(50)],
                verbose_name="ratings moved little where at most this many percent moved by a band",
            ),
        ),
        migrations.RunPython(promise_nothing_anew, migrations.RunPython.noop),
    ]
