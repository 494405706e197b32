"""A sheet may be withdrawn; the column stays as it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sheets", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="sheet",
            name="state",
            field=models.SmallIntegerField(choices=[(0, "Draft"), (1, "Submitted"), (2, "Withdrawn")], default=0),
        ),
    ]
