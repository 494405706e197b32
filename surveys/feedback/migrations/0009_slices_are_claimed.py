from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("feedback", "0008_agreement")]

    operations = [
        # Counts of slices that were cut otherwise; the tally begins anew, from the sheets.
        migrations.RunSQL("DELETE FROM feedback_partialtally", migrations.RunSQL.noop),
        migrations.AlterField("partialtally", "box", models.BinaryField(default=b"")),
        migrations.AddField("partialtally", "claimed_until", models.DateTimeField(null=True)),
        migrations.AddField("partialtally", "is_counted", models.BooleanField(default=False)),
        migrations.AddField("partialtally", "first", models.UUIDField(default=None), preserve_default=False),
    ]
