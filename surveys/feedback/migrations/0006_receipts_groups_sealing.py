"""Receipts, results by group and sealing, in tables of their own.

The frozen results gain columns that may be null, which SQLite adds without rebuilding their table.
"""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from surveys.sheets.rowless import CreateRowlessModel
from surveys.studies.frozen import refuse_updates


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0005_survey_results_never_change"),
        ("rounds", "0004_origin_of_begun_studies"),
        ("studies", "0004_notice_and_groups"),
    ]

    operations = [
        # Counts of slices that wait say nothing of receipts and groups yet: a closing round is counted anew.
        migrations.RunSQL("DELETE FROM feedback_partialtally", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Sealing",
            fields=[
                (
                    "study",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="sealing",
                        serialize=False,
                        to="studies.study",
                    ),
                ),
                ("announced_at", models.DateTimeField()),
                ("announced_by", models.CharField(max_length=254)),
                ("not_before", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("confirmed_by", models.CharField(blank=True, max_length=254)),
                ("copies_until", models.DateField(null=True)),
                ("key_fingerprint", models.CharField(blank=True, max_length=64)),
                ("key_destroyed_at", models.DateTimeField(null=True)),
                ("dataset", models.JSONField(null=True)),
                ("no_dataset_because", models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.AddField(
            model_name="roundresult",
            name="hashed",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="roundresult",
            name="withdrew",
            field=models.PositiveIntegerField(null=True),
        ),
        CreateRowlessModel(
            name="Commitment",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="commitments", to="rounds.round"
                    ),
                ),
            ],
            options={
                "ordering": ("digest",),
            },
        ),
        CreateRowlessModel(
            name="GroupResult",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("group", models.CharField(max_length=60)),
                ("counts", models.JSONField()),
                ("abstained", models.PositiveIntegerField()),
                ("missing", models.PositiveIntegerField()),
                ("hides_counts", models.BooleanField(default=False)),
                (
                    "asked",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="group_results",
                        to="rounds.askedstatement",
                    ),
                ),
            ],
            options={
                "ordering": ("asked__number", "group"),
                "constraints": [models.UniqueConstraint(fields=("asked", "group"), name="feedback_one_result_a_group")],
            },
        ),
        refuse_updates("feedback_commitment", "a frozen result never changes"),
        refuse_updates("feedback_groupresult", "a frozen result never changes"),
    ]
