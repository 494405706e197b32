"""Results of option surveys, and comments that belong to a vignette, grouped under themes.

The table of comments is made anew and not altered: SQLite would rebuild it with row numbers. The next migration takes
the old one away: PostgreSQL does not alter a table in the transaction that filled it.

There is no way back: the old table has no place for comments on options.
"""

import uuid
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from surveys.sheets.rowless import CreateRowlessModel


def carry_comments_over(apps: Any, schema_editor: Any) -> None:
    old, new = apps.get_model("feedback", "Comment"), apps.get_model("feedback", "VignetteComment")
    for comment in old.objects.select_related("asked").order_by("id").iterator():
        new.objects.create(
            id=comment.id,
            vignette_id=comment.asked.vignette_id,
            asked_id=comment.asked_id,
            original=comment.original,
            body=comment.body,
            state=comment.state,
            hidden_because=comment.hidden_because,
        )


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0002_results_never_change"),
        ("rounds", "0002_option_surveys"),
        ("studies", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SurveyResult",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("tally", models.JSONField()),
                ("missing", models.PositiveIntegerField()),
                ("one_joined_or_left", models.BooleanField(default=False)),
                (
                    "vignette",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="survey_result",
                        to="rounds.askedvignette",
                    ),
                ),
            ],
            options={"ordering": ("vignette__number",)},
        ),
        migrations.CreateModel(
            name="Theme",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120, verbose_name="theme")),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="themes", to="studies.study"
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("study", "name"),
                        name="feedback_one_theme_a_name",
                        violation_error_message="There is already a theme with this name.",
                    )
                ],
            },
        ),
        CreateRowlessModel(
            name="VignetteComment",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("reason", "Reason"),
                            ("factor", "Factor that is left out"),
                            ("new_option", "Suggested option"),
                            ("clearer_wording", "Suggested wording"),
                        ],
                        default="reason",
                        max_length=16,
                    ),
                ),
                ("original", models.TextField()),
                ("body", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Not looked at yet"),
                            ("published", "Published"),
                            ("hidden", "Hidden"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("hidden_because", models.CharField(blank=True, max_length=300)),
                (
                    "asked",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comments",
                        to="rounds.askedstatement",
                    ),
                ),
                (
                    "theme",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="comments",
                        to="feedback.theme",
                    ),
                ),
                (
                    "vignette",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comments",
                        to="rounds.askedvignette",
                    ),
                ),
            ],
            options={"ordering": ("id",)},
        ),
        migrations.RunPython(carry_comments_over),
    ]
