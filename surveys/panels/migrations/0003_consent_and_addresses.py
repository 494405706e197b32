"""To which notice a panelist agreed, and new addresses that wait."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("panels", "0002_evidence_mail"),
    ]

    operations = [
        migrations.CreateModel(
            name="AddressChange",
            fields=[
                (
                    "panelist",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="address_change",
                        serialize=False,
                        to="panels.panelist",
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="new e-mail address")),
                ("replaces", models.BooleanField(default=False)),
                ("token_hash", models.BinaryField(max_length=32, null=True, unique=True)),
            ],
        ),
        migrations.AddField(
            model_name="panelist",
            name="consent",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AlterField(
            model_name="message",
            name="kind",
            field=models.CharField(
                choices=[
                    ("invitation", "Invitation"),
                    ("reminder", "Reminder"),
                    ("link", "Personal link"),
                    ("results", "Results"),
                    ("evidence", "Evidence"),
                    ("address", "Change of address"),
                    ("sealing", "Sealing"),
                ],
                max_length=12,
            ),
        ),
    ]
