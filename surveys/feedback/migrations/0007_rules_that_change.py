"""Each round keeps the rule by which it was judged, and each statement the statistics of its pairs.

The columns may be null, which SQLite adds without rebuilding their tables.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0006_receipts_groups_sealing"),
    ]

    operations = [
        migrations.AddField(
            model_name="result",
            name="stability",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="roundresult",
            name="groups",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="roundresult",
            name="rule",
            field=models.JSONField(null=True),
        ),
    ]
