"""The notice, results by group and the dataset of rows are part of the protocol; the audit chain only grows."""

import django.core.validators
from django.db import migrations, models

from surveys.studies.frozen import refuse_updates


class Migration(migrations.Migration):
    dependencies = [
        ("studies", "0003_names_at_meetings"),
    ]

    operations = [
        migrations.AddField(
            model_name="protocol",
            name="groups",
            field=models.CharField(
                choices=[
                    ("nobody", "Nobody: there are no results by group"),
                    ("facilitators", "Facilitators"),
                    ("panel", "Facilitators and, after the release, the panel"),
                ],
                default="nobody",
                max_length=12,
                verbose_name="who sees results by group",
            ),
        ),
        migrations.AddField(
            model_name="protocol",
            name="locked_notice",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="protocol",
            name="notice",
            field=models.TextField(
                blank=True,
                help_text="Who runs the study, who approved it, whom to ask. Each panelist reads it with the notice, and agrees.",
                validators=[django.core.validators.MaxLengthValidator(4000)],
                verbose_name="your own words in the notice",
            ),
        ),
        migrations.AddField(
            model_name="protocol",
            name="notice_digest",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="protocol",
            name="releases_rows",
            field=models.BooleanField(
                default=False, verbose_name="a dataset with a row for each panelist is made when the study is sealed"
            ),
        ),
        migrations.AlterField(
            model_name="study",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "Being set up"),
                    ("running", "Running"),
                    ("finished", "Finished"),
                    ("sealed", "Sealed"),
                ],
                default="draft",
                max_length=10,
            ),
        ),
        refuse_updates("studies_auditentry", "the audit chain only grows"),
    ]
