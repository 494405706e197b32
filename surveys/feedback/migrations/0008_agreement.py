"""A round keeps the figures of agreement; the column may be null, which SQLite adds without rebuilding."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0007_rules_that_change"),
    ]

    operations = [
        migrations.AddField(
            model_name="roundresult",
            name="agreement",
            field=models.JSONField(null=True),
        ),
    ]
